// How others decide whether a kernel's results are right, written from their definitions, beside Assay's judge.
//
// Every method but the last sees what its users give it: the results and a reference, here the certified truth in
// binary64, which is kinder to them than the fp32 or fp64 references in use.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "trial.hpp"

namespace detection {

struct comparison {
  std::span<const double> got, reference;
  std::span<const double> same_precision;  ///< of the kernel computed in its storage format throughout; may be empty
  format output;
  std::size_t length = 1;  ///< terms of a sum
};

struct method {
  std::string_view name;
  std::string_view definition;
  bool (*accepts)(const comparison& c);
};

std::span<const method> peer_methods();

}  // namespace detection
