// `assay run`, as a user runs it, against captures of GPUs and plain loops.
#include <catch2/catch.hpp>

#include <cmath>

#include <assay/catalogue/kernels.hpp>
#include <assay/file/npy.hpp>
#include <assay/kernel/arithmetic.hpp>
#include <assay/number/convert.hpp>

#include "program.hpp"

using namespace assay;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// A tensor of small random numbers, multiples of 1/8.
tensor small_numbers(format f, extents shape, std::uint64_t seed) {
  tensor x(element_type::of(f), shape);
  for (std::size_t i = 0; i < x.size(); ++i) {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    x.set(i, convert(static_cast<double>(seed >> 60) / 8 - 1, f).code);
  }
  return x;
}

float value(const tensor& x, std::size_t i) { return to_float(x[i], x.type().layout); }

/// a.npy (bfloat16 codes, 3 x 40), b.npy (float32, 40 x 5), c.npy (float32, 3 x 5), bias.npy (float32, 5).
struct gemm_files {
  scratch_folder folder;
  tensor a = small_numbers(bfloat16, {3, 40}, 1), b = small_numbers(binary32, {40, 5}, 2);
  tensor c = small_numbers(binary32, {3, 5}, 3), bias = small_numbers(binary32, {5}, 4);

  gemm_files() {
    write_npy(folder / "a.npy", a);
    write_npy(folder / "b.npy", b);
    write_npy(folder / "c.npy", c);
    write_npy(folder / "bias.npy", bias);
    tensor transposed(b.type(), {5, 40});
    for (std::size_t l = 0; l < 40; ++l) {
      for (std::size_t j = 0; j < 5; ++j) transposed.set(j * 40 + l, b[l * 5 + j]);
    }
    write_npy(folder / "bt.npy", transposed);
  }
  float sum(std::size_t i, std::size_t j, float start) const {
    for (std::size_t l = 0; l < 40; ++l) start = std::fma(value(a, i * 40 + l), value(b, l * 5 + j), start);
    return start;
  }
  template <class Expected>
  void check(const std::string& arguments, const Expected& expected) const {
    INFO(arguments);
    const outcome o = run(folder, "run gemm --a a.npy:bfloat16 " + arguments + " -o d.npy");
    REQUIRE(o.code == 0);
    const tensor d = read_npy(folder / "d.npy");
    REQUIRE(d.shape() == extents{3, 5});
    int wrong = 0;
    for (std::size_t i = 0; i < 15; ++i) wrong += d[i] == encode(expected(i / 5, i % 5)).code ? 0 : 1;
    CHECK(wrong == 0);
  }
};

}  // namespace

TEST_CASE("Running a matrix unit on a capture's inputs gives the capture's results, byte for byte") {
  const std::filesystem::path captures = ASSAY_CAPTURES;
  if (!std::filesystem::is_directory(captures)) {
    WARN("skipped: there are no captures at " << captures);
    return;
  }
  const scratch_folder folder;
  struct capture {
    const char *name, *unit, *in, *out;
  };
  for (const capture& x : {capture{"h100_wgmma_e4m3fn_fp32", "h100.wgmma.e4m3fn.fp32", "e4m3fn", "binary32"},
                           capture{"a100_mma_tf32_fp32", "a100.mma.tf32.fp32", "tf32", "binary32"},
                           capture{"v100_mma_fp16_fp16", "v100.mma.fp16.fp16", "binary16", "binary16"}}) {
    INFO(x.name);
    const auto file = [&](const char* name, const char* f) {
      return std::string(" --") + name + " '" + (captures / x.name / name).string() + ".npy:" + f + "'";
    };
    const outcome o = run(folder, "run dot" + file("a", x.in) + file("b", x.in) + file("c", x.out) + " -o d.npy --to " +
                                      x.out + " --accumulate unit:" + x.unit);
    REQUIRE(o.code == 0);
    CHECK_THAT(o.out, StartsWith("d.npy: dot, ") && Contains("of shape (1500,)") && Contains(x.unit));
    const format out = *find_named_format(x.out);
    const tensor got = read_npy(folder / "d.npy", out), due = read_npy(captures / x.name / "d.npy", out);
    REQUIRE(got.shape() == due.shape());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < due.size(); ++i) wrong += got[i] == due[i] ? 0u : 1u;
    CHECK(wrong == 0);
  }
}

TEST_CASE("run gemm computes the formula in its options' order") {
  const gemm_files f;
  f.check("--b b.npy --to binary32", [&](std::size_t i, std::size_t j) { return f.sum(i, j, 0); });
  f.check("--b bt.npy --transpose-b --to binary32 --threads 2",
          [&](std::size_t i, std::size_t j) { return f.sum(i, j, 0); });
  f.check("--b b.npy --c c.npy --to binary32 --addend inside",
          [&](std::size_t i, std::size_t j) { return f.sum(i, j, value(f.c, i * 5 + j)); });
  f.check("--b b.npy --c c.npy --alpha 0.3 --beta 0.7 --bias bias.npy --addend fused --to binary32",
          [&](std::size_t i, std::size_t j) {
            const float scaled = 0.7f * value(f.c, i * 5 + j);
            return std::fma(0.3f, f.sum(i, j, 0), scaled) + value(f.bias, j);
          });
  f.check("--b b.npy --c c.npy --alpha 0.3 --bias bias.npy --activation relu --to binary32",
          [&](std::size_t i, std::size_t j) {
            const float x = 0.3f * f.sum(i, j, 0) + value(f.c, i * 5 + j) + value(f.bias, j);
            return x > 0 ? x : 0;
          });
}

TEST_CASE("run gemm takes batches and integers") {
  const scratch_folder folder;
  tensor a(element_type::integer(8, true), {2, 3, 50}), b(element_type::integer(8, false), {50, 4});
  tensor bias(element_type::integer(32, true), {4});
  for (std::size_t i = 0; i < a.size(); ++i) a.set(i, (i * 37 + 11) & 255);
  for (std::size_t i = 0; i < b.size(); ++i) b.set(i, (i * 91 + 5) & 255);
  for (std::size_t j = 0; j < 4; ++j) bias.set(j, (j * 1000003 - 7) & 0xffffffffu);
  write_npy(folder / "a.npy", a);
  write_npy(folder / "b.npy", b);
  write_npy(folder / "bias.npy", bias);
  const outcome o = run(folder,
                        "run gemm --a a.npy --b b.npy:uint8 --bias bias.npy -o d.npy --to int32 "
                        "--accumulate integer:32 --json");
  CHECK(o.code == 0);
  CHECK_THAT(o.out, Contains("\"arithmetic\": \"accumulate=integer:32") && Contains("\"to\": \"int32\""));
  const tensor d = read_npy(folder / "d.npy");
  REQUIRE(d.shape() == extents{2, 3, 4});
  int wrong = 0;
  for (std::size_t row = 0; row < 6; ++row) {
    for (std::size_t j = 0; j < 4; ++j) {
      auto sum = static_cast<std::int32_t>(bias[j]);
      for (std::size_t l = 0; l < 50; ++l) {
        sum += static_cast<std::int8_t>(a[row * 50 + l]) * static_cast<std::int32_t>(b[l * 4 + j]);
      }
      wrong += static_cast<std::int32_t>(d[row * 4 + j]) == sum ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("run dot sums each row, of any number of axes, and rounds stochastically by its seed") {
  const scratch_folder folder;
  const tensor a = small_numbers(binary16, {2, 3, 7}, 5), b = small_numbers(binary16, {2, 3, 7}, 6);
  write_npy(folder / "a.npy", a);
  write_npy(folder / "b.npy", b);
  CHECK(run(folder, "run dot --a a.npy --b b.npy -o d.npy --to binary32 -q").out.empty());
  const tensor d = read_npy(folder / "d.npy");
  REQUIRE(d.shape() == extents{2, 3});
  int wrong = 0;
  for (std::size_t row = 0; row < 6; ++row) {
    float sum = 0;
    for (std::size_t l = 0; l < 7; ++l) sum = std::fma(value(a, row * 7 + l), value(b, row * 7 + l), sum);
    wrong += d[row] == encode(sum).code ? 0 : 1;
  }
  CHECK(wrong == 0);
  const auto bytes = [&](const std::string& seed) {
    CHECK(run(folder, "run dot --a a.npy --b b.npy -o s.npy --to e5m2:stochastic --seed " + seed).code == 0);
    return read_all(folder / "s.npy");
  };
  CHECK(bytes("1") == bytes("1"));
  bool differs = false;
  for (int seed = 2; seed < 12; ++seed) differs = differs || bytes("1") != bytes(std::to_string(seed));
  CHECK(differs);
}

TEST_CASE("assay check passes what assay run computed") {
  const gemm_files f;
  const tensor row = small_numbers(bfloat16, {20, 40}, 8);
  write_npy(f.folder / "x.npy", row);
  CHECK(run(f.folder, "run dot --a x.npy:bfloat16 --b x.npy:bfloat16 -o d.npy --to binary32 --order pairwise").code ==
        0);
  CHECK(run(f.folder,
            "check dot --a x.npy:bfloat16 --b x.npy:bfloat16 --got d.npy --accumulate floating:binary32 "
            "--order pairwise --exact")
            .code == 0);
}

TEST_CASE("run has a command for every kernel of the catalogue", "[slow]") {
  const scratch_folder folder;
  for (const kernel_info& kernel : kernels) {
    INFO(kernel.name);
    const outcome o = run(folder, "run " + std::string(kernel.name) + " --help");
    CHECK(o.code == 0);
    CHECK_THAT(o.out, Contains("--accumulate ") && Contains("--output FILE REQUIRED") && Contains("Examples:"));
    for (const attribute_info& variant : variants_of(kernel.name)) {
      std::string name(variant.name);
      std::replace(name.begin(), name.end(), '_', '-');
      CHECK_THAT(o.out, Contains(name + " "));
    }
  }
}

TEST_CASE("run computes in the arithmetic that its options and its text say") {
  const scratch_folder folder;
  write_npy(folder / "x.npy", small_numbers(binary16, {6, 50}, 9));
  const auto bytes = [&](const std::string& arithmetic) {
    const outcome o = run(folder, "run softmax --x x.npy -o y.npy " + arithmetic);
    INFO(arithmetic << ": " << o.error);
    CHECK(o.code == 0);
    CHECK_THAT(o.out, StartsWith("y.npy: softmax, "));
    return read_all(folder / "y.npy");
  };
  const std::string usual = bytes("");
  CHECK(bytes("--compute binary32 --to binary16") == usual);
  CHECK(bytes("--arithmetic upcast:binary32") == usual);
  CHECK(bytes("--threads 1") == usual);
  const std::string native = bytes("--arithmetic native");
  CHECK(native != usual);
  CHECK(bytes("--compute binary16") == native);
  CHECK(bytes("--arithmetic 'compute=binary32 order=pairwise' --compute native --order sequential") == native);
  CHECK(bytes("--compute binary16 --exp exp2 --divide reciprocal") != native);
  CHECK(bytes("--store-exponentials bfloat16") != usual);
  CHECK(bytes("--to bfloat16") != usual);
  CHECK_THAT(run(folder, "run softmax --x x.npy -o y.npy --compute bfloat16 --json").out,
             Contains("\"arithmetic\": \"compute=bfloat16\""));
}

TEST_CASE("run refuses an arithmetic that is none in one sentence, and writes nothing") {
  const scratch_folder folder;
  write_npy(folder / "x.npy", small_numbers(binary16, {6, 50}, 9));
  const std::string good = "run softmax --x x.npy -o y.npy ";
  check_refusal(folder, good + "--compute binary61", "compute is 'binary61'; expected a format");
  check_refusal(folder, good + "--algorithm onlin", "algorithm is 'onlin'; expected one of naive safe online split");
  check_refusal(folder, good + "--rounding up", "rounding is 'up'; expected one of");
  check_refusal(folder, good + "--arithmetic upcat", "'upcat' in an arithmetic; expected key=value");
  check_refusal(folder, good + "--accumulate floatng:binary32", "floating");
  check_refusal(folder, good + "--axis 2", "axis");
  check_refusal(folder, "run softmax --x none.npy -o y.npy", "none.npy: cannot be opened");
  CHECK(!std::filesystem::exists(folder / "y.npy"));
}

TEST_CASE("run refuses what it cannot compute in one sentence, and writes nothing") {
  const gemm_files f;
  const std::string good = "run gemm --a a.npy:bfloat16 --b b.npy -o x.npy --to binary32 ";
  check_refusal(f.folder, "run", "A subcommand is required");
  check_refusal(f.folder, "run gem", "Did you mean gemm?");
  check_refusal(f.folder, good + "--transpos-b", "Did you mean --transpose-b?");
  check_refusal(f.folder, "run gemm --a a.npy:bfloat16 --b b.npy --to binary32", "--output is required");
  check_refusal(f.folder, "run gemm --a a.npy --b b.npy -o x.npy --to binary32",
                "holds uint16; if these are the raw bits of a format, name it, as in a.npy:bfloat16");
  check_refusal(f.folder, "run gemm --a a.npy:uint8 --b b.npy -o x.npy --to binary32",
                "holds uint16, but a code of uint8 takes 8 bits");
  check_refusal(f.folder, good + "--transpose-b", "a has 40 elements to a sum, b 5");
  check_refusal(f.folder, good + "--c bias.npy", "c has the shape (5,); expected two axes");
  check_refusal(f.folder, good + "--bias c.npy", "bias has the shape (3, 5); expected (5,)");
  check_refusal(f.folder, good + "--c a.npy:bfloat16", "c has the shape (3, 40); expected (3, 5)");
  check_refusal(f.folder, good + "--accumulate unit:h100.wgma.bf16.fp32", "did you mean 'h100.wgmma.bf16.fp32'?");
  check_refusal(f.folder, good + "--accumulate unit:h100.mma.fp16.fp32", "does not take");
  check_refusal(f.folder, good + "--accumulate integer:32", "an integer accumulator takes whole numbers of 32 bits");
  check_refusal(f.folder, good + "--order 'tree:(0+1)'", "the tree has 2 terms; expected all 40");
  check_refusal(f.folder, good + "--rounding up", "rounding is 'up'; expected one of");
  check_refusal(f.folder, good + "--rounding stochastic --random-bits 40", "expected 1 to 32");
  check_refusal(f.folder, good + "--activation rely", "Did you mean relu?");
  check_refusal(f.folder, good + "--a-scale bias.npy", "a_scale has the shape (5,); expected (), or two axes");
  check_refusal(f.folder, "run gemm --a a.npy:bfloat16 --b b.npy -o x.npy --to bfloat61", "'bfloat61'");
  check_refusal(f.folder, "run gemm --a a.npy:bfloat16 --b b.npy -o x.npy --to int32",
                "a holds bfloat16; expected integers of up to 32 bits");
  check_refusal(f.folder, "run dot --a c.npy --b b.npy -o x.npy --to binary32",
                "b has the shape (40, 5); expected that of a, (3, 5)");
  check_refusal(f.folder, "run dot --a c.npy --b c.npy --c bias.npy -o x.npy --to binary32",
                "c has the shape (5,); expected (3,)");
  check_refusal(f.folder, "run dot --a missing.npy --b c.npy -o x.npy --to binary32", "missing.npy: cannot be opened");
  CHECK(!std::filesystem::exists(f.folder / "x.npy"));
}
