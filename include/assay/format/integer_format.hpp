// An integer format as a value: what the codes of quantised tensors stand for before scale and zero point.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace assay {

/// Two's complement or unsigned integers. The narrow range leaves out the most negative value, -2^(bits-1), so that the
/// range is symmetric: -127 to 127 (TensorRT, TFLite weights).
struct integer_format {
  int bits;  ///< 2 to 64, or unsigned 1 to 63: every value fits a signed 64-bit integer
  bool is_signed = true;
  bool narrow_range = false;  ///< only for signed formats

  constexpr bool operator==(const integer_format&) const = default;

  constexpr std::int64_t max() const {
    return static_cast<std::int64_t>((std::uint64_t{1} << (is_signed ? bits - 1 : bits)) - 1);
  }
  constexpr std::int64_t min() const { return !is_signed ? 0 : narrow_range ? -max() : -max() - 1; }
  constexpr std::uint64_t code_mask() const { return ~std::uint64_t{0} >> (64 - bits); }

  constexpr bool is_valid() const {
    return is_signed ? bits >= 2 && bits <= 64 : bits >= 1 && bits <= 63 && !narrow_range;
  }
};

static_assert(std::is_trivially_copyable_v<integer_format> && std::is_aggregate_v<integer_format>);

inline constexpr integer_format int4{4}, int8{8}, int16{16}, int32{32}, int64{64};
inline constexpr integer_format uint4{4, false}, uint8{8, false}, uint16{16, false}, uint32{32, false};
inline constexpr integer_format int4_narrow{4, true, true}, int8_narrow{8, true, true};

struct named_integer_format {
  std::string_view name;
  integer_format value;
  std::string_view summary;
};

inline constexpr std::array named_integer_formats{
    named_integer_format{"int4", int4, "-8 to 7"},
    named_integer_format{"uint4", uint4, "0 to 15"},
    named_integer_format{"int8", int8, "-128 to 127"},
    named_integer_format{"uint8", uint8, "0 to 255"},
    named_integer_format{"int16", int16, "-32768 to 32767"},
    named_integer_format{"uint16", uint16, "0 to 65535"},
    named_integer_format{"int32", int32, "-2147483648 to 2147483647"},
    named_integer_format{"uint32", uint32, "0 to 4294967295"},
    named_integer_format{"int64", int64, "-9223372036854775808 to 9223372036854775807"},
    named_integer_format{"int4_narrow", int4_narrow, "-7 to 7"},
    named_integer_format{"int8_narrow", int8_narrow, "-127 to 127"},
};

struct integer_format_alias {
  std::string_view name, means;
};

inline constexpr std::array integer_format_aliases{
    integer_format_alias{"i4", "int4"},      integer_format_alias{"u4", "uint4"},
    integer_format_alias{"i8", "int8"},      integer_format_alias{"s8", "int8"},
    integer_format_alias{"u8", "uint8"},     integer_format_alias{"qint8", "int8"},
    integer_format_alias{"i16", "int16"},    integer_format_alias{"u16", "uint16"},
    integer_format_alias{"i32", "int32"},    integer_format_alias{"u32", "uint32"},
    integer_format_alias{"quint8", "uint8"}, integer_format_alias{"i64", "int64"},
};

/// The integer format of that name or alias, if there is one. Case matters.
constexpr std::optional<integer_format> find_named_integer_format(std::string_view name) {
  for (const integer_format_alias& alias : integer_format_aliases)
    if (alias.name == name) name = alias.means;
  for (const named_integer_format& row : named_integer_formats)
    if (row.name == name) return row.value;
  return std::nullopt;
}

/// The name of a format that equals one of the named rows, else an empty view.
constexpr std::string_view name_of(integer_format f) {
  for (const named_integer_format& row : named_integer_formats)
    if (row.value == f) return row.name;
  return {};
}

/// The smallest format that holds every product of one of a and one of b: widths add, and any sign stays. Two unsigned
/// formats of 64 bits together have none: is_valid() is then false.
constexpr integer_format product_format(integer_format a, integer_format b) {
  return {a.bits + b.bits, a.is_signed || b.is_signed};
}

/// The smallest integer that holds a value of I.
template <integer_format I>
using integer_storage_of = std::conditional_t<
    I.bits <= 8, std::conditional_t<I.is_signed, std::int8_t, std::uint8_t>,
    std::conditional_t<I.bits <= 16, std::conditional_t<I.is_signed, std::int16_t, std::uint16_t>,
                       std::conditional_t<I.bits <= 32, std::conditional_t<I.is_signed, std::int32_t, std::uint32_t>,
                                          std::conditional_t<I.is_signed, std::int64_t, std::uint64_t>>>>;

}  // namespace assay
