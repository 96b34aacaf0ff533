// Claims: what a kernel says it does, with as much left open as it leaves open. The verdict follows from it.
//
// A claim is an arithmetic (kernel/arithmetic.hpp) and what may differ from it. A claim that leaves nothing open is
// `exact`: bits must be equal. All others are families, whose members the judge must not tell apart:
//
//   sums        any of `accumulators`, in any order unless the order is stated
//   functions   every elementary function within `function_ulps` of its real value, in ulps of the compute format
//   operations  rounded to the compute format by the arithmetic's mode, in any algebraically equal arrangement that
//               docs/judging.md lists for the kernel; sums and products fused or not
//   variance    by one of the algorithms up to `variance` (each includes the ones before it; one_pass also that of x - x_0)
//   store       by the arithmetic's conversion, or by any faithful one where `any_rounding` is set
//
// As text, a claim is words with blanks between them: a preset's name or none, then key=value in any order,
//
//   exact                         nothing is left open. dot, gemm, sum and conv2d mean it, too, by stating one accumulator
//                                 that is not floating, or one accumulator and an order; order=any takes it back
//   accumulate=ACCUMULATOR[|...]  alternatives, in the words of accumulate/grammar.hpp
//   order=any|ORDER
//   function_ulps=NUMBER
//   variance=two_pass|welford|one_pass
//   to=FORMAT[:MODE][:POLICY...]  or to=...:any for any faithful rounding
//   operand=FORMAT                what may be stored between two products (attention's probabilities, partial sums)
//   and every other key of an arithmetic: compute=, rounding=, overflow=, subnormals=, load=, order=, variants, ...
//
// for example "tensor-core to=bfloat16 function_ulps=4", "accumulate=floating:binary16 order=pairwise exact".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <assay/catalogue/call.hpp>
#include <assay/kernel/arithmetic.hpp>

namespace assay {

/// In the order of how much they lose: relative errors of about n u, n kappa u and n kappa^2 u, with
/// kappa^2 = mean(x^2) / variance (Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983). The last
/// may be of x - x_0, too.
enum class variance_algorithm : std::uint8_t { two_pass, welford, one_pass };

/// What results are clamped to that stand for integers; see requantised.hpp. The output is then whole_number_format.
struct whole_number_range {
  std::int64_t low = 0, high = 0;
};

/// The integers below 2^21 in magnitude, as a fixed-point format: sign and magnitude with an ulp of 1.
inline constexpr format whole_number_format{1, 20, -19, encoding::finite};

struct claim {
  std::string name;         ///< the text that it was made from, for reports
  arithmetic base;          ///< the arithmetic itself, or the family's plainest member
  bool exact = false;       ///< bits must be equal to base's
  bool is_default = false;  ///< no claim was made: this one was chosen by the inputs' formats

  std::vector<accumulator> accumulators;  ///< sums are kept in any of these; empty: in base's
  bool any_order = true;
  double function_ulps = 4;
  variance_algorithm variance = variance_algorithm::welford;
  bool any_rounding = false;
  std::optional<format> operand;  ///< intermediate operands of a further product may be rounded to this format
  std::optional<whole_number_range> whole_numbers;  ///< results are these, clamped; zero has no sign

  /// base.accumulate or what it stands for, and the alternatives.
  std::vector<accumulator> all_accumulators(format storage) const;
};

/// A preset: one row.
struct claim_preset {
  std::string_view name;
  std::string_view settings;  ///< in the words above
  std::string_view what;      ///< one sentence for people
};

inline constexpr std::array claim_presets{
    claim_preset{"fp32-accumulate", "compute=binary32 accumulate=floating:binary32",
                 "sums in fp32, every addition rounded to nearest; everything else in fp32"},
    claim_preset{"tensor-core",
                 "compute=binary32 accumulate=floating:binary32|floating:binary32:toward_zero|"
                 "aligned:group=32,fraction=23,out=binary32,round=toward_zero",
                 "sums in fp32 as matrix units make them: aligned terms, truncated; everything else in fp32"},
    claim_preset{"hopper-fp8",
                 "compute=binary32 "
                 "accumulate=aligned:group=32,fraction=13,out=binary32,kept=e8m13,round=toward_zero|floating:binary32",
                 "Hopper's fp8 matrix unit: terms aligned and cut to 13 fraction bits, sums kept in 14 bits"},
    claim_preset{"deepseek-fp8",
                 "compute=binary32 "
                 "accumulate=aligned:group=32,fraction=13,out=binary32,kept=e8m13,round=toward_zero/promote:128/"
                 "floating:binary32|floating:binary32",
                 "Hopper's fp8 matrix unit, its sums moved on into fp32 every 128 products"},
    claim_preset{"ada-fp8",
                 "compute=binary32 "
                 "accumulate=aligned:group=16,fraction=13,out=binary32,kept=e8m13,round=toward_zero|floating:binary32",
                 "Ada's fp8 matrix unit: terms aligned and cut to 13 fraction bits, sums kept in 14 bits"},
    claim_preset{"tf32", "compute=binary32 load=ties_to_even accumulate=floating:binary32 operand=tf32",
                 "operands of products rounded to tf32, sums in fp32"},
    claim_preset{"bf16-native", "compute=bfloat16 function_ulps=1", "every operation rounded to bfloat16"},
    claim_preset{"fp16-native", "compute=binary16 function_ulps=1", "every operation rounded to binary16"},
    claim_preset{"native", "native function_ulps=1", "every operation rounded to the inputs' own format"},
    claim_preset{"fp64", "compute=binary64", "everything in binary64"},
    claim_preset{"int8", "compute=binary32 accumulate=exact", "exact integer sums; scales and what follows in fp32"},
    claim_preset{"correctly-rounded", "compute=binary64 accumulate=exact exact",
                 "the real value, rounded once when it is stored"},
};

/// Throws std::invalid_argument, whose text says what was found and what was expected.
claim parse_claim(std::string_view kernel, std::string_view text);

/// What is assumed where nothing was claimed: sums in fp32 as matrix units make them for product kernels of formats of
/// up to 16 bits (with 13-bit fp8 units for fp8), to nearest elsewhere; binary64 for binary64.
claim default_claim(const kernel_call& call);

/// The claim in words, for reports.
std::string describe(const claim& c);

}  // namespace assay
