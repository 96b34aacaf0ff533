// Which sums the machine's own additions make, and which go through the general accumulators.
#pragma once

#include <vector>

#include <assay/kernel/scalar.hpp>
#include <assay/kernel/short_rounding.hpp>

namespace assay::kernel {

/// What a running sum is kept in when terms are added in sequence and products are rounded on their own.
enum class sum_place : std::uint8_t {
  compute,      ///< the compute format: each addition is one of the arithmetic's
  in_binary32,  ///< float, for smaller compute formats
  in_binary64,  ///< double
  general,      ///< anything else, on codes
};

inline sum_place sum_place_of(const arithmetic& with) {
  const auto* sum = std::get_if<accumulate::floating>(&*with.accumulate);
  if (sum == nullptr || with.order != summation_order(order::sequential{}) ||
      sum->multiply != accumulate::multiplication::rounded) {
    return sum_place::general;
  }
  if (sum->in == *with.compute && sum->how == with.how) return sum_place::compute;
  if (sum->how != conversion{}) return sum_place::general;
  // Terms are cast to what the sum is kept in, which must hold them all.
  const format f = *with.compute;
  const bool float_holds = f.precision() <= 24 && f.min_ulp_exponent() >= -149 && f.max_exponent() <= 127;
  if (sum->in == binary32 && float_holds) return sum_place::in_binary32;
  return sum->in == binary64 ? sum_place::in_binary64 : sum_place::general;
}

/// term(0) + term(1) + ... in a Sum.
template <class Sum, class Term>
Sum added_in(std::size_t n, const Term& term) {
  Sum s = 0;
  for (std::size_t i = 0; i < n; ++i) s += static_cast<Sum>(term(i));
  return s;
}
template <class Sum, class Left, class Right>
Sum products_added_in(std::size_t n, const Left& left, const Right& right) {
  Sum s = 0;
  for (std::size_t i = 0; i < n; ++i) s += static_cast<Sum>(left(i)) * static_cast<Sum>(right(i));
  return s;
}

/// Sums on codes by the general accumulators: what is left over.
template <class Code>
class coded_sums {
 public:
  /// `with` is resolved, and neither its accumulator nor its rounding is stochastic in what is asked here.
  explicit coded_sums(const arithmetic& with) : with_(&with) {}

  template <class CodeOf>
  std::uint64_t sum(std::size_t n, const CodeOf& term) {
    gather(left_, n, term);
    return assay::sum(*with_->accumulate, with_->order, code_vector(left_, *with_->compute), {}, *with_->compute,
                      with_->how)
        .code;
  }
  template <class Left, class Right>
  std::uint64_t dot(std::size_t n, const Left& left, const Right& right) {
    gather(left_, n, left);
    gather(right_, n, right);
    return assay::dot(*with_->accumulate, with_->order, code_vector(left_, *with_->compute),
                      code_vector(right_, *with_->compute), {}, *with_->compute, with_->how)
        .code;
  }

 private:
  template <class CodeOf>
  static void gather(std::vector<Code>& into, std::size_t n, const CodeOf& term) {
    into.resize(n);
    for (std::size_t i = 0; i < n; ++i) into[i] = static_cast<Code>(term(i));
  }

  const arithmetic* with_;
  std::vector<Code> left_, right_;
};

/// Whether an accumulator draws random words, which differ from sum to sum: emulated knows how.
inline bool is_stochastic(const accumulator& a) {
  const auto draws = [](const accumulate::plain_accumulator& p) {
    const auto* f = std::get_if<accumulate::floating>(&p);
    return f != nullptr && f->how.mode == rounding::stochastic;
  };
  if (const auto* f = std::get_if<accumulate::floating>(&a)) return f->how.mode == rounding::stochastic;
  const auto* p = std::get_if<accumulate::promotion>(&a);
  return p != nullptr && (draws(p->inner.which) || draws(p->outer.which));
}

/// Casts of numbers held in T, the fast ones without codes. Remembers the last cast it was asked for.
template <class T>
class machine_cast {
 public:
  /// x in the cast's format; from there into the compute format is the caller's step.
  T operator()(const cast& point, T x) {
    if (&point != last_) {
      last_ = &point;
      fast_ = short_rounding<T>::serves(point.to, point.how);
      if (fast_) round_ = short_rounding<T>(point.to, point.how);
    }
    if (fast_) [[likely]]
      return round_(x);
    const rounded there = convert(encode(x), point.to, point.how);
    return static_cast<T>(to_double(there.code, point.to));
  }

 private:
  const cast* last_ = nullptr;
  bool fast_ = false;
  short_rounding<T> round_;
};

/// Stochastic casts draw random words: emulated's business.
inline bool has_stochastic_store(const arithmetic& with) {
  for (const auto& [name, c] : with.stores) {
    if (c.how.mode == rounding::stochastic) return true;
  }
  return false;
}

/// Whether a cast flushes what is subnormal in the compute format: a carrier with a wider range does not show it.
inline bool has_flushing_store(const arithmetic& with) {
  for (const auto& [name, c] : with.stores) {
    if (flushes_inputs(c.how.on_subnormal)) return true;
  }
  return flushes_inputs(with.to_how.on_subnormal);
}

}  // namespace assay::kernel
