// The names of rounding modes and policies, written once: what options, files and reports call them.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include <assay/rounding/conversion.hpp>

namespace assay {

template <class Value>
struct named_value {
  std::string_view name;
  Value value;
};

inline constexpr std::array rounding_names{
    named_value<rounding>{"ties_to_even", rounding::ties_to_even},
    named_value<rounding>{"ties_to_away", rounding::ties_to_away},
    named_value<rounding>{"toward_zero", rounding::toward_zero},
    named_value<rounding>{"upward", rounding::upward},
    named_value<rounding>{"downward", rounding::downward},
    named_value<rounding>{"to_odd", rounding::to_odd},
    named_value<rounding>{"stochastic", rounding::stochastic},
};
inline constexpr std::array overflow_names{
    named_value<overflow>{"ieee", overflow::ieee},
    named_value<overflow>{"saturate_finite", overflow::saturate_finite},
    named_value<overflow>{"to_nan", overflow::to_nan},
};
inline constexpr std::array subnormals_names{
    named_value<subnormals>{"keep", subnormals::keep},
    named_value<subnormals>{"flush_inputs", subnormals::flush_inputs},
    named_value<subnormals>{"flush_outputs", subnormals::flush_outputs},
    named_value<subnormals>{"flush_both", subnormals::flush_both},
};

constexpr const auto& names_of(rounding) { return rounding_names; }
constexpr const auto& names_of(overflow) { return overflow_names; }
constexpr const auto& names_of(subnormals) { return subnormals_names; }

/// The name of a mode or policy.
template <class Value>
constexpr std::string_view name_of_value(Value value) {
  for (const auto& row : names_of(value))
    if (row.value == value) return row.name;
  return {};
}

/// The mode or policy of a name, if there is one.
template <class Value>
constexpr std::optional<Value> find_named_value(std::string_view name) {
  for (const auto& row : names_of(Value{}))
    if (row.name == name) return row.value;
  return std::nullopt;
}

}  // namespace assay
