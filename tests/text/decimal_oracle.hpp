// The code that a text must round to, found by comparing the text's exact value with the format's numbers and the
// points halfway between them. MPFR reads and compares; of the library only decode is used.
#pragma once

#include <mpfr.h>

#include <assay/format/decode.hpp>
#include <assay/rounding/conversion.hpp>
#include <random>
#include <string>

namespace assay_test {

/// An MPFR number that frees itself.
class big_float {
 public:
  explicit big_float(mpfr_prec_t precision = 2400) { mpfr_init2(value_, precision); }
  big_float(const big_float&) = delete;
  big_float& operator=(const big_float&) = delete;
  ~big_float() { mpfr_clear(value_); }
  operator mpfr_ptr() { return value_; }
  operator mpfr_srcptr() const { return value_; }

 private:
  mpfr_t value_;
};

/// A positive real number given by a text, as its leading bits and whether anything follows them.
class text_value {
 public:
  explicit text_value(const std::string& text) {
    has_more_ = mpfr_strtofr(value_, text.c_str(), nullptr, 0, MPFR_RNDZ) != 0;
  }
  /// Compares with a number of fewer bits than are kept here.
  int compare(mpfr_srcptr x) const {
    const int order = mpfr_cmp(value_, x);
    return order != 0 ? order : has_more_ ? 1 : 0;
  }

 private:
  big_float value_;
  bool has_more_ = false;
};

struct expectation {
  std::uint64_t code;
  bool inexact;
};

class decimal_oracle {
 public:
  explicit decimal_oracle(assay::format f) : f_(f) {}

  expectation round(const text_value& v, bool negative, assay::conversion how, std::uint32_t random = 0) {
    using assay::rounding;
    if (negative && !f_.is_signed()) return {f_.nan_code(), false};
    const auto finish = [&](std::uint64_t magnitude, bool inexact) {
      const bool has_sign = negative && (magnitude != 0 || f_.has_negative_zero());
      return expectation{magnitude | (has_sign ? f_.sign_mask() : 0), inexact};
    };
    std::uint64_t low = 0, high = f_.max_finite_code() + 1;  // the answer is in [low, high)
    set(below_, 0);
    if (v.compare(below_) < 0) return finish(0, true);  // only without a zero
    while (high - low > 1) {
      const std::uint64_t middle = low + (high - low) / 2;
      set(below_, middle);
      (v.compare(below_) >= 0 ? low : high) = middle;
    }
    set(below_, low);
    if (v.compare(below_) == 0) return finish(low, false);

    const auto decoded = assay::decode(low, f_);
    const bool is_largest = low == f_.max_finite_code();
    const bool at_zero = decoded.is_zero();
    // The gap above: to the next code, or as wide as the last binade's.
    if (is_largest) {
      mpfr_set_ui_2exp(above_, 1, ulp_exponent(decoded), MPFR_RNDN);
      mpfr_add(above_, below_, above_, MPFR_RNDN);
    } else {
      set(above_, low + 1);
    }
    const bool beyond = v.compare(above_) >= 0;
    mpfr_add(middle_, below_, above_, MPFR_RNDN);
    mpfr_div_2ui(middle_, middle_, 1, MPFR_RNDN);
    const int to_middle = beyond ? 1 : v.compare(middle_);
    const bool odd = !at_zero && (decoded.significand & 1) != 0;
    bool up = false;
    switch (how.mode) {
      case rounding::ties_to_even: up = to_middle > 0 || (to_middle == 0 && odd); break;
      case rounding::ties_to_away: up = to_middle >= 0; break;
      case rounding::toward_zero: break;
      case rounding::upward: up = !negative; break;
      case rounding::downward: up = negative; break;
      case rounding::to_odd: up = !odd && !is_largest; break;
      case rounding::stochastic: {
        // Up when t / 2^n <= fraction with t = 2^n - r: compare v with below + gap * t / 2^n.
        const std::uint64_t steps = std::uint64_t{1} << how.random_bits;
        const std::uint64_t t = steps - (random & (steps - 1));
        mpfr_sub(middle_, above_, below_, MPFR_RNDN);
        mpfr_mul_ui(middle_, middle_, t, MPFR_RNDN);
        mpfr_div_2ui(middle_, middle_, static_cast<unsigned long>(how.random_bits), MPFR_RNDN);
        mpfr_add(middle_, middle_, below_, MPFR_RNDN);
        up = beyond || v.compare(middle_) >= 0;
        break;
      }
    }
    if (is_largest && up) {
      if (f_.has_infinity()) return finish(f_.infinity_code(), true);
      if (!f_.has_nan()) return finish(low, true);
      return {f_.nan_code() | (negative && f_.has_signed_nan() ? f_.sign_mask() : 0), true};
    }
    return finish(low + (up ? 1 : 0), true);
  }

  /// The point halfway between a code and the next, as exact decimal text with that many digits.
  std::string halfway_above(std::uint64_t code, int digits) {
    set(below_, code);
    set(above_, code + 1);
    mpfr_add(middle_, below_, above_, MPFR_RNDN);
    mpfr_div_2ui(middle_, middle_, 1, MPFR_RNDN);
    char* text = nullptr;
    mpfr_asprintf(&text, "%.*Re", digits, static_cast<mpfr_srcptr>(middle_));
    std::string result(text);
    mpfr_free_str(text);
    return result;
  }

 private:
  void set(mpfr_ptr x, std::uint64_t code) {
    const auto v = assay::decode(code, f_);
    mpfr_set_ui_2exp(x, v.significand, v.exponent, MPFR_RNDN);
  }
  int ulp_exponent(const assay::unpacked<std::uint64_t>& v) const {
    return v.exponent;  // decoded values keep their format's last place at bit 0
  }

  assay::format f_;
  big_float below_, above_, middle_;
};

}  // namespace assay_test
