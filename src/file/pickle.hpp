// A reader of pickles that can only build inert data: Python's pickle is a small program for a stack machine, and this
// machine has no instruction that calls, imports or looks up anything. After Python's pickletools.py, protocols 2 to 5.
//
// Calls become values of kind `call` that name what would have been called; whoever reads them knows the few names that
// mean a tensor. Every name is asked for first, and any that is not allowed ends the reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::detail {

struct pickle_value {
  enum class kind : std::uint8_t {
    none,
    boolean,
    integer,
    real,
    text,
    tuple,
    list,
    dictionary,
    global,
    call,
    persistent
  };

  kind what = kind::none;
  std::int64_t integer = 0;        ///< of boolean and integer
  std::string text;                ///< of text, and the dotted name of a global
  std::vector<std::size_t> items;  ///< indices: elements; key, value, key, value; function, arguments; persistent id
};

struct pickle {
  std::vector<pickle_value> values;
  std::size_t root = 0;

  const pickle_value& operator[](std::size_t index) const { return values[index]; }
};

/// `allowed` says whether a dotted name may occur. collections.OrderedDict is a dictionary by itself. Throws
/// file_error.
pickle parse_pickle(std::span<const std::byte> bytes, const std::function<bool(std::string_view)>& allowed,
                    std::string_view name);

}  // namespace assay::detail
