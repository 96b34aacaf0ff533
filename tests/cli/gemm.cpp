// `assay run gemm` and `assay check gemm` with scales, biases, activations and integers: the same words mean the same.
#include <catch2/catch.hpp>

#include <cmath>

#include <assay/file/tensor_file.hpp>
#include <assay/number/convert.hpp>
#include <assay/number/requantise.hpp>

#include "program.hpp"

using namespace assay;
using Catch::Matchers::Contains;

namespace {

std::uint64_t next(std::uint64_t& state) {
  state = state * 6364136223846793005 + 1442695040888963407;
  return state >> 40;
}

/// Random codes of normal size, of either sign.
tensor numbers(format f, extents shape, std::uint64_t seed, double scale = 1) {
  tensor x(element_type::of(f), shape);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double v = static_cast<double>(next(seed)) / 0x1p23 - 1;
    x.set(i, convert(f.is_signed() ? scale * v : scale * std::exp2(std::floor(4 * v)), f).code);
  }
  return x;
}

tensor integers(int bits, bool is_signed, extents shape, std::uint64_t seed) {
  tensor x(element_type::integer(bits, is_signed), shape);
  for (std::size_t i = 0; i < x.size(); ++i) x.set(i, next(seed) & (bits == 8 ? 0xffu : 0xffffu));
  return x;
}

std::int64_t number(const tensor& x, std::size_t i) {
  const int unused = 64 - x.type().integer_bits;
  return x.type().what == element_type::kind::signed_integer ? static_cast<std::int64_t>(x[i] << unused) >> unused
                                                             : static_cast<std::int64_t>(x[i]);
}

void write(const scratch_folder& folder, const std::string& name, const tensor& x) {
  write_tensor(parse_output_reference((folder / name).string()), x);
}

/// What `run` computes in these words, `check` passes with the same ones, and to the bit where they leave nothing open.
void run_and_check(const scratch_folder& folder, const std::string& call, const std::string& arithmetic) {
  INFO(call << " " << arithmetic);
  const outcome ran = run(folder, "run gemm " + call + " -o y.npy " + arithmetic);
  INFO(ran.error);
  REQUIRE(ran.code == 0);
  const std::string got =
      std::string(" --got y.npy") + (arithmetic.find("bfloat16") != std::string::npos ? ":bfloat16 " : " ");
  for (const char* exact : {"", " --exact"}) {
    const outcome judged = run(folder, "check gemm " + call + got + arithmetic + exact);
    INFO(judged.out << judged.error);
    CHECK(judged.code == 0);
  }
}

}  // namespace

TEST_CASE("check gemm passes what run gemm computed in the same words: scales, bias, activation, addend") {
  const scratch_folder folder;
  const std::size_t m = 5, k = 300, n = 140;
  write(folder, "a.npy", numbers(e4m3fn, {m, k}, 1, 4));
  write(folder, "b.npy", numbers(e4m3fn, {k, n}, 2, 4));
  write(folder, "c.npy", numbers(bfloat16, {m, n}, 3));
  write(folder, "bias.npy", numbers(binary32, {n}, 4));
  write(folder, "one.npy", numbers(binary32, {}, 5));
  write(folder, "rows.npy", numbers(binary32, {m, 1}, 6));
  write(folder, "columns.npy", numbers(binary32, {1, n}, 7));
  write(folder, "a128.npy", numbers(binary32, {m, 3}, 8));
  write(folder, "b128.npy", numbers(binary32, {3, 2}, 9));
  write(folder, "amx.npy", numbers(e8m0fnu, {m, 10}, 10));
  write(folder, "bmx.npy", numbers(e8m0fnu, {10, n}, 11));
  const std::string call = "--a a.npy:e4m3fn --b b.npy:e4m3fn ", to = "--to bfloat16 --accumulate ";
  run_and_check(folder, call + "--a-scale one.npy --b-scale one.npy", to + "floating:binary32");
  run_and_check(folder, call + "--a-scale rows.npy --b-scale columns.npy --bias bias.npy --activation silu",
                to + "floating:binary32");
  run_and_check(folder, call + "--a-scale a128.npy --b-scale b128.npy --alpha 0.5",
                to + "unit:h100.wgmma.e4m3fn.fp32 --scaling fused");
  run_and_check(folder, call + "--a-scale amx.npy:e8m0fnu --b-scale bmx.npy:e8m0fnu --activation relu",
                to + "floating:binary32 --scaling scale_first");
  run_and_check(folder, call + "--c c.npy:bfloat16 --alpha 0.3 --beta 0.7 --bias bias.npy --activation gelu",
                "--to binary32 --accumulate floating:binary32 --addend fused --order pairwise");
}

TEST_CASE("check gemm passes int8 products that run gemm summed in 32 bits and scaled") {
  const scratch_folder folder;
  write(folder, "a.npy", integers(8, true, {4, 70}, 1));
  write(folder, "b.npy", integers(8, true, {70, 6}, 2));
  write(folder, "rows.npy", numbers(binary32, {4, 1}, 3, 0.01));
  write(folder, "columns.npy", numbers(binary32, {1, 6}, 4, 0.01));
  write(folder, "bias.npy", numbers(binary32, {6}, 5));
  const std::string call = "--a a.npy --b b.npy --a-scale rows.npy --b-scale columns.npy --bias bias.npy";
  run_and_check(folder, call, "--to binary32 --accumulate integer:32");
  run_and_check(folder, call + " --activation gelu_tanh", "--to bfloat16 --accumulate dp4a");
}

TEST_CASE("A zero point counts as if it had been taken off before, for integer and other results") {
  const scratch_folder folder;
  const tensor a = integers(8, false, {3, 40}, 1), b = integers(8, true, {40, 5}, 2);
  tensor rows(element_type::integer(32, true), {3}), columns(element_type::integer(32, true), {5});
  for (std::size_t i = 0; i < 3; ++i) rows.set(i, 100 + i);
  for (std::size_t j = 0; j < 5; ++j) columns.set(j, static_cast<std::uint32_t>(-7 - static_cast<int>(j)));
  write(folder, "a.npy", a);
  write(folder, "b.npy", b);
  write(folder, "rows.npy", rows);
  write(folder, "columns.npy", columns);
  const std::string call = "run gemm --a a.npy:uint8 --b b.npy --zero-a rows.npy --zero-b columns.npy -o ";
  CHECK(run(folder, call + "i.npy --to int32 -q").code == 0);
  CHECK(run(folder, call + "f.npy --to binary32 --accumulate exact -q").code == 0);
  CHECK(run(folder, call + "g.npy --to binary32 --accumulate integer:32 -q").code == 0);
  const tensor i32 = read_tensor(parse_file_reference((folder / "i.npy").string()));
  const tensor f32 = read_tensor(parse_file_reference((folder / "f.npy").string()));
  const tensor g32 = read_tensor(parse_file_reference((folder / "g.npy").string()));
  int wrong = 0;
  for (std::size_t e = 0; e < 15; ++e) {
    std::int64_t sum = 0;
    for (std::size_t l = 0; l < 40; ++l) {
      sum += (number(a, e / 5 * 40 + l) - number(rows, e / 5)) * (number(b, l * 5 + e % 5) - number(columns, e % 5));
    }
    const std::uint64_t due = encode(static_cast<float>(sum)).code;
    wrong += number(i32, e) == sum && f32[e] == due && g32[e] == due ? 0 : 1;
  }
  CHECK(wrong == 0);
  check_refusal(folder, call + "x.npy --to int32 --zero-y 3", "--factor, --zero-y and --clamp are of --requantise");
  check_refusal(folder, "run gemm --a a.npy:uint8 --b b.npy --zero-a 300 -o x.npy --to binary32",
                "a zero point of a is 300; expected a number of its own type, 0 to 255");
}

TEST_CASE("Requantised sums are those of number/requantise.hpp, by a factor for all or for each column") {
  const scratch_folder folder;
  const tensor a = integers(8, false, {3, 40}, 1), b = integers(8, true, {40, 5}, 2);
  tensor bias(element_type::integer(32, true), {5}), factors(element_type::of(binary32), {5});
  for (std::size_t j = 0; j < 5; ++j) {
    bias.set(j, 1000 * j);
    factors.set(j, encode(0.001f * static_cast<float>(j + 1)).code);
  }
  write(folder, "a.npy", a);
  write(folder, "b.npy", b);
  write(folder, "bias.npy", bias);
  write(folder, "factors.npy", factors);
  const auto due = [&](std::size_t e, const auto& scaled) {
    auto sum = static_cast<std::int32_t>(1000 * (e % 5));
    for (std::size_t l = 0; l < 40; ++l) {
      sum += static_cast<std::int32_t>((number(a, e / 5 * 40 + l) - 128) * number(b, l * 5 + e % 5));
    }
    return requantised_range{.zero_point = 3, .lowest = 0, .highest = 200}.place(scaled(sum, e % 5), uint8);
  };
  const auto wrong = [&](const std::string& how, const auto& scaled) {
    const outcome o = run(folder,
                          "run gemm --a a.npy:uint8 --b b.npy --bias bias.npy --zero-a 128 -o y.npy --zero-y 3 "
                          "--clamp 0,200 -q " +
                              how);
    INFO(how << o.error);
    REQUIRE(o.code == 0);
    const tensor y = read_tensor(parse_file_reference((folder / "y.npy").string()));
    int count = 0;
    for (std::size_t e = 0; e < 15; ++e) count += number(y, e) == due(e, scaled) ? 0 : 1;
    return count;
  };
  const auto factor = [&](std::size_t j) { return to_float(factors[j], binary32); };
  CHECK(wrong("--to uint8 --requantise float_scale --factor factors.npy",
              [&](std::int32_t x, std::size_t j) { return multiply_by_scale(x, factor(j)); }) == 0);
  CHECK(wrong("--to uint8:toward_zero --requantise float_scale --factor 0.003",
              [&](std::int32_t x, std::size_t) { return multiply_by_scale(x, 0.003f, rounding::toward_zero); }) == 0);
  CHECK(wrong("--to uint8 --requantise double_rounding --factor 0.003",
              [&](std::int32_t x, std::size_t) { return multiply_double_rounding(x, fixed_point(0.003)); }) == 0);
  CHECK(wrong("--to uint8 --requantise single_rounding --factor factors.npy", [&](std::int32_t x, std::size_t j) {
          return multiply_single_rounding(x, fixed_point(double{factor(j)}));
        }) == 0);
  const std::string good = "run gemm --a a.npy:uint8 --b b.npy -o x.npy ";
  check_refusal(folder, good + "--to uint8 --requantise float_scal --factor 1", "Did you mean float_scale?");
  check_refusal(folder, good + "--to uint8 --requantise float_scale", "--requantise needs --factor");
  check_refusal(folder, good + "--to binary32 --factor 2", "--factor is of integer results");
  check_refusal(folder, good + "--to int8 --activation relu", "expected --clamp");
  check_refusal(folder, good + "--to int8 --requantise float_scale --factor 1 --clamp 5", "expected two integers");
  check_refusal(folder, good + "--to int8:up --requantise float_scale --factor 1", "rounding mode 'up'");
  check_refusal(folder, good + "--to int8", "expected a signed format at least as wide, or requantisation");
  check_refusal(folder, good + "--to int8 --accumulate floating:binary32", "expected an integer accumulator");
  CHECK(!std::filesystem::exists(folder / "x.npy"));
}
