// The judge: whether results are what a kernel claims. Needs assay::runtime and assay::reference.
//
//   classes        NaN, infinities, saturated numbers and zeros are where they are due
//   bounds         every element lies where the claim allows: its value before it is stored is within the kernel's
//                  entrywise bound of the certified real value, and it is stored as the claim says
//   distribution   all elements together err as an honest kernel's do: no bias, no larger error, no structure
//
// Each layer can fail the check; docs/judging.md derives all three. An honest kernel fails with a probability of at
// most judge_options::confidence.
//
//   kernel_call call("softmax");
//   call.set_input("x", x);
//   const verdict v = judge(call, std::span(&got, 1), parse_claim("softmax", "fp32-accumulate"));
//
// or, in a test of one's own kernel, with arrays:
//
//   REQUIRE(judged("softmax").input("x", x, bfloat16, {rows, n}).result(y, bfloat16, {rows, n}).passes());
#pragma once

#include <cstring>
#include <optional>
#include <span>
#include <string>

#include <assay/judge/claim.hpp>
#include <assay/judge/hypothesis.hpp>
#include <assay/judge/options.hpp>
#include <assay/judge/verdict.hpp>

namespace assay {

/// `got` holds the kernel's results in the catalogue's order; those that were not asked for may be empty or left out at
/// the end. Throws std::invalid_argument for missing inputs, shapes or formats that do not fit, and a claim that the
/// kernel does not take.
verdict judge(const kernel_call& call, std::span<const tensor> got, const claim& claimed,
              const judge_options& options = {});
/// With default_claim().
verdict judge(const kernel_call& call, std::span<const tensor> got, const judge_options& options = {});

/// The verdict as a short text without colours: for a test's message.
std::string summary(const verdict& v);

/// A check in one expression.
class judged {
 public:
  explicit judged(std::string_view kernel) : call_(kernel) {}

  /// Codes of f, contiguous in C order; they are copied.
  judged& input(std::string_view name, const void* codes, format f, extents shape) {
    call_.set_input(name, copy(codes, element_type::of(f), shape));
    return *this;
  }
  judged& input(std::string_view name, const float* values, extents shape) {
    return input(name, values, binary32, shape);
  }
  judged& input(std::string_view name, const std::int64_t* values, extents shape) {
    call_.set_input(name, copy(values, element_type::integer(64, true), shape));
    return *this;
  }
  template <class Value>
  judged& set(std::string_view name, Value value) {
    call_.set(name, value);
    return *this;
  }
  /// In the catalogue's order.
  judged& result(const void* codes, format f, extents shape) {
    got_.push_back(copy(codes, element_type::of(f), shape));
    return *this;
  }
  judged& result(const float* values, extents shape) { return result(values, binary32, shape); }
  judged& claiming(std::string_view text) {
    claim_ = parse_claim(call_.name(), text);
    return *this;
  }

  verdict judge(const judge_options& options = {}) const {
    return claim_ ? assay::judge(call_, got_, *claim_, options) : assay::judge(call_, got_, options);
  }
  bool passes(const judge_options& options = {}) const { return judge(options).pass; }

 private:
  static tensor copy(const void* data, element_type type, extents shape) {
    tensor t(type, shape);
    if (!t.bytes().empty()) std::memcpy(t.bytes().data(), data, t.bytes().size());
    return t;
  }

  kernel_call call_;
  std::vector<tensor> got_;
  std::optional<claim> claim_;
};

}  // namespace assay
