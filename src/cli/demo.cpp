// assay demo: a right kernel and a subtly wrong one, judged and explained. Needs no file.
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include <assay/judge/judge.hpp>
#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>
#include <assay/reference/truth_of.hpp>

#include "arguments.hpp"
#include "report.hpp"
#include "terminal.hpp"

namespace assay::cli {
namespace {

constexpr std::size_t m = 32, n = 32, k = 256;
constexpr format in = binary16, out = binary16;

/// About normal, and the same on every machine: the sum of twelve uniform numbers.
tensor random_matrix(std::uint64_t seed, std::size_t rows, std::size_t columns) {
  tensor matrix(element_type::of(in), {rows, columns});
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    double x = -6;
    for (std::size_t draw = 0; draw < 12; ++draw) {
      x += static_cast<double>(accumulate::stream_word(seed, 12 * i + draw) >> 11) * 0x1p-53;
    }
    matrix.set(i, convert(x, in).code);
  }
  return matrix;
}

/// 1 - 2 sum(xy) / sum(x^2 + y^2), the tensor-wide difference that many test suites compare with 1e-3.
double global_difference(const tensor& x, const tensor& y) {
  double both = 0, squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double p = to_double(x[i], out), q = to_double(y[i], out);
    both += p * q;
    squares += p * p + q * q;
  }
  return 1 - 2 * both / squares;
}

exit_code run(std::uint64_t seed) {
  kernel_call call("gemm");
  call.set_input("a", random_matrix(seed, m, k));
  call.set_input("b", random_matrix(seed + 1, k, n));
  const auto results = [&](const char* kernel) {
    arithmetic with = parse_arithmetic("gemm", kernel);
    with.to = out;
    return run_kernel(call, with);
  };
  const std::vector<tensor> right_result = results("accumulate=floating:binary32 order=lanes:32"),
                            wrong_result = results("accumulate=floating:binary16 order=sequential");
  const tensor truth = std::move(reference::truth_of(call, {.to = out})[0].value);
  const claim claimed = parse_claim("gemm", "fp32-accumulate");
  const auto judge = [&](const std::vector<tensor>& got) {
    return assay::judge(call, got, claimed, {.worst = 3, .statistical_bounds = false});
  };
  const verdict first = judge(right_result), second = judge(wrong_result);

  fmt::print("{}\n\n", painted("Two kernels claim the same; one of them is wrong.", colour::bold));
  fmt::print(
      "Both multiply a {} x {} matrix by a {} x {} one, fp16 in and fp16 out, and claim to keep every sum in\n"
      "fp32. A claim does not fix the order of a sum, so their results may differ. How much they may differ from\n"
      "the truth follows from the claim and from these very inputs: n roundings of relative size u = 2^-24 can\n"
      "move a sum by at most about n u (|a_1 b_1| + ... + |a_n b_n|), and storing it in fp16 by half an ulp more.\n"
      "The truth is each sum computed exactly and rounded once.\n\n",
      m, k, k, n);
  fmt::print("{}\n\n{}\n", painted("Kernel 1: 32 lanes, as a warp sums", colour::bold), verdict_text(first, "  "));
  fmt::print(
      "Right is right: not because the numbers look close, but because no result is farther from the truth than\n"
      "fp32 sums can be, in any order. {}\n\n",
      first.correctly_rounded == first.elements
          ? "Here every result is even the truth rounded once."
          : "The few that are not the truth rounded once had sums so close to\n"
            "the middle between two fp16 numbers that fp32's own rounding tipped them over.");
  fmt::print("{}\n\n{}\n", painted("Kernel 2: in sequence", colour::bold), verdict_text(second, "  "));
  fmt::print(
      "Wrong, though it looks fine from afar: its tensor-wide difference from the truth is {:.1e}, and a common\n"
      "limit for that is 1e-3. But {} of its {} results are farther off than any fp32 sum can be, by up to\n"
      "{:.3g} times. The kernel keeps its sums in fp16: emulating that reproduces its results bit for bit.\n\n",
      global_difference(wrong_result[0], truth), second.bound_failures, second.elements, second.largest_share);
  fmt::print("reproduce: assay demo --seed {}\nnext: `assay check dot --help` judges your own kernel's results.\n",
             seed);
  // The demonstration itself has failed if the judge got either wrong.
  return first.pass && !second.pass ? passed : failed;
}

}  // namespace

void add_demo(CLI::App& app, action& chosen) {
  const auto seed = std::make_shared<std::uint64_t>(2026);
  auto* command =
      app.add_subcommand("demo", "Judges a right and a subtly wrong kernel, and explains both: no input needed");
  command->add_option("--seed", *seed, "Seed of the matrices")->capture_default_str();
  command->footer("Examples:\n  assay demo --seed 7");
  command->callback([seed, &chosen] { chosen = [seed] { return run(*seed); }; });
}

}  // namespace assay::cli
