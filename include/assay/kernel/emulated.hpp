// The general scalar arithmetic: any compute format, rounding, accumulator, order and function model, on codes. Every
// operation goes through the one rounding of the core. Needs assay::runtime.
#pragma once

#include <vector>

#include <assay/kernel/scalar.hpp>
#include <assay/number/convert.hpp>
#include <assay/number/order.hpp>

namespace assay::kernel {

/// One for each thread. Stochastic roundings take words of the stream of (seed, stream), in the order in which the
/// kernel asks for them: begin() starts the stream of a line.
class emulated {
 public:
  /// A code of the compute format.
  struct value {
    std::uint64_t code = 0;
  };

  /// `with` is resolved: arithmetic::resolved().
  explicit emulated(const arithmetic& with) : with_(&with), in_(*with.compute), how_(with.how) {}

  format in() const { return in_; }
  void begin(std::uint64_t stream) {
    stream_ = accumulate::stream_word(with_->seed, stream);
    draws_ = 0;
  }

  value constant(double x) const { return {convert(x, in_).code}; }
  value lowest() const {
    return {(in_.has_infinity() ? in_.infinity_code() : in_.max_finite_code()) | in_.sign_mask()};
  }
  value add(value x, value y) { return {assay::add(at(x), at(y), in_, how_, word()).code}; }
  value subtract(value x, value y) { return {assay::subtract(at(x), at(y), in_, how_, word()).code}; }
  value multiply(value x, value y) { return {assay::multiply(at(x), at(y), in_, how_, word()).code}; }
  value divide(value x, value y) { return {assay::divide(at(x), at(y), in_, how_, word()).code}; }
  value fma(value x, value y, value z) { return {assay::fma(at(x), at(y), at(z), in_, how_, word()).code}; }
  value sqrt(value x) { return {assay::sqrt(at(x), in_, how_, word()).code}; }
  value call(elementary f, value x) { return {evaluate(with_->functions, f, at(x), in_, how_, word()).code}; }

  /// A format without signs or NaNs keeps what it has.
  value negate(value x) const {
    if (!in_.is_signed() || in_.is_nan_code(x.code)) return x;
    if (!in_.has_negative_zero() && (x.code & in_.magnitude_mask()) == 0) return x;
    return {x.code ^ in_.sign_mask()};
  }
  value absolute(value x) const { return (x.code & in_.sign_mask()) != 0 ? negate(x) : x; }
  bool less(value x, value y) const { return compare(at(x), at(y)) < 0; }
  bool is_nan(value x) const { return in_.is_nan_code(x.code & in_.code_mask()); }
  bool is_infinite(value x) const { return decode(x.code, in_).is_infinite(); }

  value through(const cast* point, value x) {
    if (point == nullptr) return x;
    const rounded there = convert(at(x), point->to, point->how, word_of(point->how));
    return {convert(encoded{there.code, point->to}, in_, how_, word()).code};
  }

  template <class Term>
  value sum(std::size_t n, const Term& term) {
    gather(left_, n, term);
    return {assay::sum(accumulator_of_sum(), with_->order, code_vector(left_, in_), {}, in_, how_, word()).code};
  }
  template <class Left, class Right>
  value dot(std::size_t n, const Left& left, const Right& right) {
    gather(left_, n, left);
    gather(right_, n, right);
    return {assay::dot(accumulator_of_sum(), with_->order, code_vector(left_, in_), code_vector(right_, in_), {}, in_,
                       how_, word())
                .code};
  }

 private:
  encoded at(value x) const { return {x.code, in_}; }

  std::uint32_t word() { return word_of(how_); }
  std::uint32_t word_of(const conversion& how) {
    if (how.mode != rounding::stochastic) return 0;
    return static_cast<std::uint32_t>(accumulate::stream_word(stream_, draws_++) >> 32);
  }

  template <class Term>
  static void gather(std::vector<std::uint64_t>& into, std::size_t n, const Term& term) {
    into.resize(n);
    for (std::size_t i = 0; i < n; ++i) into[i] = term(i).code;
  }

  /// Stochastic sums of one kernel draw different words.
  accumulator accumulator_of_sum() {
    accumulator a = *with_->accumulate;
    const auto reseed = [&](accumulate::floating& f) {
      if (f.how.mode == rounding::stochastic) f.seed ^= accumulate::stream_word(stream_, draws_++);
    };
    if (auto* f = std::get_if<accumulate::floating>(&a)) reseed(*f);
    if (auto* p = std::get_if<accumulate::promotion>(&a)) {
      for (accumulate::plain* part : {&p->inner, &p->outer}) {
        if (auto* f = std::get_if<accumulate::floating>(&part->which)) reseed(*f);
      }
    }
    return a;
  }

  const arithmetic* with_;
  format in_;
  conversion how_;
  std::uint64_t stream_ = 0, draws_ = 0;
  std::vector<std::uint64_t> left_, right_;
};

}  // namespace assay::kernel
