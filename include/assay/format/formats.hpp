// The named formats, one row each. Adding a format is adding a row and its entry in the list.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include <assay/format/format.hpp>

namespace assay {

// IEEE 754-2019, table 3.5.
inline constexpr format binary16{5, 10, 15};
inline constexpr format binary32{8, 23, 127};
inline constexpr format binary64{11, 52, 1023};
// Google's brain floating point: the upper half of binary32.
inline constexpr format bfloat16{8, 7, 127};
// NVIDIA's TensorFloat-32 as a 19-bit format (in memory it lives in a binary32 with 13 zero bits).
inline constexpr format tf32{8, 10, 127};
// OCP 8-bit floating point specification (OFP8) 1.0: E4M3 has no infinity, E5M2 is IEEE-like.
inline constexpr format e4m3fn{4, 3, 7, encoding::fn};
inline constexpr format e5m2{5, 2, 15};
// IEEE-like 8-bit formats, as in ml_dtypes.
inline constexpr format e4m3{4, 3, 7};
inline constexpr format e3m4{3, 4, 3};
// Graphcore, AMD and Qualcomm, arXiv 2206.02915: one NaN in place of negative zero, bias one higher.
inline constexpr format e4m3fnuz{4, 3, 8, encoding::fnuz};
inline constexpr format e5m2fnuz{5, 2, 16, encoding::fnuz};
// HFP8 (Sun et al., NeurIPS 2019): E4M3 with bias 11.
inline constexpr format e4m3b11fnuz{4, 3, 11, encoding::fnuz};
// OCP Microscaling (MX) 1.0: elements of 6 and 4 bits, and the shared scale E8M0.
inline constexpr format e3m2fn{3, 2, 3, encoding::finite};
inline constexpr format e2m3fn{2, 3, 1, encoding::finite};
inline constexpr format e2m1fn{2, 1, 1, encoding::finite};
inline constexpr format e8m0fnu{8, 0, 127, encoding::fnu};

struct named_format {
  std::string_view name;
  format value;
  std::string_view summary;
};

inline constexpr std::array named_formats{
    named_format{"binary16", binary16, "IEEE 754 half precision"},
    named_format{"bfloat16", bfloat16, "upper half of binary32"},
    named_format{"e4m3fn", e4m3fn, "OCP FP8 E4M3: no infinity"},
    named_format{"e5m2", e5m2, "OCP FP8 E5M2: IEEE-like"},
    named_format{"binary32", binary32, "IEEE 754 single precision"},
    named_format{"binary64", binary64, "IEEE 754 double precision"},
    named_format{"tf32", tf32, "TensorFloat-32, 19 bits"},
    named_format{"e4m3", e4m3, "IEEE-like, maximum 240"},
    named_format{"e3m4", e3m4, "IEEE-like, maximum 15.5"},
    named_format{"e4m3fnuz", e4m3fnuz, "NaN at negative zero, bias 8"},
    named_format{"e5m2fnuz", e5m2fnuz, "NaN at negative zero, bias 16"},
    named_format{"e4m3b11fnuz", e4m3b11fnuz, "NaN at negative zero, bias 11"},
    named_format{"e3m2fn", e3m2fn, "OCP MX FP6, finite only"},
    named_format{"e2m3fn", e2m3fn, "OCP MX FP6, finite only"},
    named_format{"e2m1fn", e2m1fn, "OCP MX FP4, finite only"},
    named_format{"e8m0fnu", e8m0fnu, "OCP MX scale: powers of two"},
};

struct format_alias {
  std::string_view name, means;
};

inline constexpr std::array format_aliases{
    format_alias{"fp16", "binary16"},     format_alias{"float16", "binary16"}, format_alias{"half", "binary16"},
    format_alias{"bf16", "bfloat16"},     format_alias{"fp32", "binary32"},    format_alias{"float32", "binary32"},
    format_alias{"fp64", "binary64"},     format_alias{"float64", "binary64"}, format_alias{"fp8_e4m3", "e4m3fn"},
    format_alias{"fp8_e5m2", "e5m2"},     format_alias{"fp4", "e2m1fn"},       format_alias{"fp4_e2m1", "e2m1fn"},
    format_alias{"fp6_e3m2", "e3m2fn"},   format_alias{"fp6_e2m3", "e2m3fn"},  format_alias{"ue8m0", "e8m0fnu"},
};

inline constexpr format fp16 = binary16, bf16 = bfloat16, fp8_e4m3 = e4m3fn, fp8_e5m2 = e5m2;

/// The format of that name or alias, if there is one. Case matters.
constexpr std::optional<format> find_named_format(std::string_view name) {
  for (const format_alias& alias : format_aliases)
    if (alias.name == name) name = alias.means;
  for (const named_format& row : named_formats)
    if (row.name == name) return row.value;
  return std::nullopt;
}

/// The name of a format that equals one of the named rows, else an empty view.
constexpr std::string_view name_of(format f) {
  for (const named_format& row : named_formats)
    if (row.value == f) return row.name;
  return {};
}

namespace detail {
constexpr bool all_named_formats_are_valid() {
  for (const named_format& row : named_formats)
    if (!row.value.is_valid()) return false;
  return true;
}
static_assert(all_named_formats_are_valid());
}  // namespace detail

}  // namespace assay
