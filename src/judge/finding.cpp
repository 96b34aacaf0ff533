// What the judge finds, in words and by layer.
#include <assay/judge/verdict.hpp>

namespace assay {

std::string_view describe(finding what) {
  switch (what) {
    case finding::fine: return "fine";
    case finding::nan_for_a_number: return "NaN where a number is due";
    case finding::number_for_a_nan: return "a number where NaN is due";
    case finding::infinity_for_a_number: return "infinity where a number is due";
    case finding::number_for_an_infinity: return "a number where infinity is due";
    case finding::infinity_of_wrong_sign: return "infinity of the wrong sign";
    case finding::not_saturated: return "infinity where the claim saturates";
    case finding::saturated: return "the largest number where the claim does not saturate";
    case finding::beyond_bound: return "beyond the bound";
    case finding::other_bits: return "other bits than claimed";
    case finding::other_zero: break;
  }
  return "zero of the wrong sign";
}

bool is_class_failure(finding what) {
  switch (what) {
    case finding::nan_for_a_number:
    case finding::number_for_a_nan:
    case finding::infinity_for_a_number:
    case finding::number_for_an_infinity:
    case finding::infinity_of_wrong_sign:
    case finding::not_saturated:
    case finding::saturated: return true;
    case finding::fine:
    case finding::beyond_bound:
    case finding::other_bits:
    case finding::other_zero: break;
  }
  return false;
}

}  // namespace assay
