// The operations on codes by MPFR: each is computed once, to far more digits than any format has, and rounded by the
// oracle into as many formats and policies as a test asks for. MPFR decides the special cases too.
#pragma once

#include <support/mpfr_oracle.hpp>

namespace oracle {

/// A code read: its value for MPFR, and what MPFR cannot know of it.
struct operand {
  real value{real::default_precision};
  nan_bits nan;
  bool subnormal = false;

  void read(std::uint64_t code, const limits& in) {
    value_of(code, in, value);
    subnormal = in.is_subnormal(code);
    if (in.is_nan(code)) nan = nan_of(code, in);
  }
  bool is_nan() const { return mpfr_nan_p(value.get()) != 0; }
  bool is_signalling() const { return is_nan() && nan.signalling(); }
  /// As a policy that flushes inputs sees it: the zero of its sign.
  void flush() {
    if (subnormal) mpfr_set_zero(value, mpfr_signbit(value.get()) ? -1 : 1);
  }
};

inline bool flushes_input(const conversion& how) {
  return how.on_subnormal == assay::subnormals::flush_inputs || how.on_subnormal == assay::subnormals::flush_both;
}

enum class operation : std::uint8_t { add, subtract, multiply, divide, remainder, fma, sqrt };

constexpr const char* name_of(operation op) {
  constexpr const char* names[] = {"add", "subtract", "multiply", "divide", "remainder", "fma", "sqrt"};
  return names[static_cast<int>(op)];
}

/// The result of one operation before it is rounded into a format.
struct outcome {
  /// 128 bits and MPFR's ternary value: enough for binary64 with 32 random bits and a digit to spare.
  real value{real::default_precision};
  int ternary = 0;
  bool negative_if_downward = false;  ///< a zero sum of opposite signs is -0 when rounding downward
  exceptions raised = exceptions::none;

  void compute(operation op, const operand& a, const operand& b, const operand& c) {
    mpfr_clear_flags();
    ternary = apply(op, a, b, c, MPFR_RNDZ);
    raised = exceptions::none;
    negative_if_downward = false;
    if (mpfr_zero_p(value.get()) && ternary == 0 && !mpfr_signbit(value.get()) &&
        (op == operation::add || op == operation::subtract || op == operation::fma)) {
      apply(op, a, b, c, MPFR_RNDD);
      negative_if_downward = mpfr_signbit(value.get()) != 0;
      mpfr_setsign(value, value, 0, MPFR_RNDN);
    }
    const bool unary = op == operation::sqrt, ternary_operation = op == operation::fma;
    const bool nan_enters = a.is_nan() || (!unary && b.is_nan()) || (ternary_operation && c.is_nan());
    if (mpfr_nan_p(value.get())) {
      const bool signalling =
          a.is_signalling() || (!unary && b.is_signalling()) || (ternary_operation && c.is_signalling());
      // IEEE 754, 7.2 c leaves infinity * 0 + NaN open; the library raises invalid, as x86 and Arm do.
      const bool no_product = ternary_operation && ((mpfr_inf_p(a.value.get()) && mpfr_zero_p(b.value.get())) ||
                                                    (mpfr_zero_p(a.value.get()) && mpfr_inf_p(b.value.get())));
      if (!nan_enters || signalling || no_product) raised = exceptions::invalid;
    }
    if (mpfr_divby0_p()) raised = exceptions::divide_by_zero;
  }

  /// Places the result among the numbers of a format: once, for any number of policies.
  void place(rounder& into) { at_ = into.place(value, ternary); }

  /// After place.
  rounded finish(const rounder& into, const conversion& how, std::uint32_t random = 0) {
    if (at_.kind == value_kind::zero && negative_if_downward) at_.negative = how.mode == rounding::downward;
    rounded r = into.finish(at_, how, random);
    r.raised = r.raised | raised;
    return r;
  }

 private:
  int apply(operation op, const operand& a, const operand& b, const operand& c, mpfr_rnd_t mode) {
    switch (op) {
      case operation::add: return mpfr_add(value, a.value, b.value, mode);
      case operation::subtract: return mpfr_sub(value, a.value, b.value, mode);
      case operation::multiply: return mpfr_mul(value, a.value, b.value, mode);
      case operation::divide: return mpfr_div(value, a.value, b.value, mode);
      case operation::remainder: return mpfr_remainder(value, a.value, b.value, mode);
      case operation::fma: return mpfr_fma(value, a.value, b.value, c.value, mode);
      case operation::sqrt: return mpfr_sqrt(value, a.value, mode);
    }
    throw std::logic_error("oracle: unknown operation");
  }

  placement at_;
};

/// Conversion to another format, one operand and any number of policies.
class conversion_outcome {
 public:
  /// Reads a code; flush says whether the policies to come flush inputs.
  void compute(std::uint64_t code, const limits& in, rounder& into, bool flush) {
    from_.read(code, in);
    if (flush) from_.flush();
    at_ = into.place(from_.value);
  }
  rounded finish(const rounder& into, const conversion& how, std::uint32_t random = 0) const {
    if (!from_.is_nan()) return into.finish(at_, how, random);
    rounded r = into.round_nan(from_.nan);
    if (from_.is_signalling()) r.raised = r.raised | exceptions::invalid;
    return r;
  }

 private:
  operand from_;
  placement at_;
};

}  // namespace oracle
