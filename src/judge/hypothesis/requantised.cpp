// Requantised results: a row for each mistake in rounding, zero points, saturation, bias and types. Those of scales
// (another column's, the first for all) are the catalogue's, and those of rounding modes are in stores.cpp.
#include "requantised.hpp"

#include <algorithm>
#include <cmath>

#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>
#include <assay/number/integer.hpp>

#include "changes.hpp"

namespace assay::detail {
namespace {

/// What a wrong store sees of an element: the scaled sum, and how the claim would round it.
struct scaled_sum {
  double value = 0;  ///< without a zero point
  rounding mode = rounding::ties_to_even;
  std::size_t column = 0;

  std::int64_t rounded(double x) const { return quantise(encode(x), int64, {mode}).value; }
};

/// An integer of the result's type from a sum; what does not fit the type wraps around.
using wrong_store = std::function<std::int64_t(const scaled_sum&)>;

/// Results before they are rounded, in binary64.
using unrounded_results = std::function<std::optional<tensor>(const emulation&)>;

std::optional<tensor> as_emulated(const emulation& e) {
  arithmetic unrounded = e.with;
  unrounded.to = binary64;
  unrounded.to_how = {};
  return std::move(run_kernel(e.call, unrounded)[e.result]);
}

std::string type_name(integer_format f) { return (f.is_signed ? "int" : "uint") + std::to_string(f.bits); }

/// The product that a row is about, small enough for each row to keep.
struct setting {
  const requantised_product* p;
  std::size_t k;      ///< products in a sum, without those that stand for a bias
  std::int64_t zero;  ///< the result's zero point

  explicit setting(const requantised_product& product) : p(&product), zero(product.range.zero_point) {
    const extents& s = product.a.codes.shape();
    k = s[s.rank() - (product.transpose_a ? 2 : 1)];
  }
  std::int64_t clamped(std::int64_t n) const {
    const std::int64_t low = std::max<std::int64_t>(p->range.lowest, p->to.min()),
                       high = std::min<std::int64_t>(p->range.highest, p->to.max());
    return std::clamp(n, low, high);
  }
  std::int64_t wrapped(std::int64_t n) const {
    const int unused = 64 - p->to.bits;
    const std::uint64_t bits = static_cast<std::uint64_t>(n) << unused;
    return p->to.is_signed ? static_cast<std::int64_t>(bits) >> unused : static_cast<std::int64_t>(bits >> unused);
  }
  /// A scaled sum as an integer, but for the clamp.
  std::int64_t placed(const scaled_sum& s, double value) const {
    return p->zero_point_inside ? s.rounded(value + static_cast<double>(zero)) : s.rounded(value) + zero;
  }
  std::int64_t due(const scaled_sum& s) const { return placed(s, s.value); }
};

class table {
 public:
  explicit table(const requantised_product& p) : p_(p), at_(p), zero_(at_.zero) {}

  std::vector<hypothesis> rows() {
    rounding_rows();
    saturation_rows();
    zero_point_rows();
    factor_rows("a", p_.a.type, p_.zero_a);
    factor_rows("b", p_.b.type, p_.zero_b);
    bias_rows();
    pair_rows();
    call("scale_inverse", "sums are divided by the scale", [](kernel_call& c) {
      const tensor scales = c.input("b_scale");
      c.set_input("b_scale", changed_codes(scales, [](std::uint64_t code) {
                    return convert(1 / to_double(code, binary32), binary32).code;
                  }));
      return true;
    });
    return std::move(all_);
  }

 private:
  void call(std::string name, std::string words, std::function<bool(kernel_call&)> change) {
    hypothesis h{std::move(name), std::move(words)};
    h.change_call = std::move(change);
    all_.push_back(std::move(h));
  }
  void store(std::string name, std::string words, wrong_store f, std::function<bool(kernel_call&)> change = {},
             unrounded_results unrounded = as_emulated) {
    hypothesis h{std::move(name), std::move(words)};
    h.change_call = std::move(change);
    const std::int64_t by = p_.zero_point_inside ? 0 : zero_;
    const double inside = p_.zero_point_inside ? static_cast<double>(zero_) : 0;
    h.change_results = [at = at_, f = std::move(f), unrounded = std::move(unrounded), by, inside](const emulation& e,
                                                                                                  tensor& results) {
      const std::optional<tensor> made = unrounded(e);
      if (!made) return false;
      const tensor& real = *made;
      const std::size_t columns = real.shape()[real.shape().rank() - 1];
      for (std::size_t i = 0; i < results.size(); ++i) {
        const scaled_sum s{to_double(real[i], binary64) - inside, e.with.to_how.mode, i % columns};
        const std::int64_t n = at.wrapped(f(s)) - by;
        results.set(i, n < 0 ? static_cast<std::uint64_t>(-n) | whole_number_format.sign_mask()
                             : static_cast<std::uint64_t>(n));
      }
      return true;
    };
    all_.push_back(std::move(h));
  }

  void rounding_rows() {
    const auto zero = static_cast<double>(zero_);
    const auto round = [&](rounding mode, const char* name, const char* words) {
      if (p_.mode == mode) return;
      store(name, words, [at = at_, mode](scaled_sum s) {
        s.mode = mode;
        return at.clamped(at.due(s));
      });
    };
    round(rounding::toward_zero, "truncated", "results are truncated where they are to be rounded to nearest");
    round(rounding::ties_to_away, "ties_away", "ties are rounded away from zero");
    round(rounding::ties_to_even, "ties_to_even", "ties are rounded to even");
    round(rounding::downward, "floored", "results are rounded down");
    round(rounding::upward, "ceiled", "results are rounded up");
    store("ties_upward", "ties are rounded upward, floor(x + 1/2)", [at = at_](const scaled_sum& s) {
      return at.clamped(static_cast<std::int64_t>(std::floor(std::clamp(s.value, -1e9, 1e9) + 0.5)) + at.zero);
    });
    if (zero_ == 0) return;
    store("truncated_behind_zero_point", "results are truncated behind the addition of the zero point",
          [at = at_, zero](const scaled_sum& s) {
            return at.clamped(static_cast<std::int64_t>(std::trunc(std::clamp(s.value, -1e9, 1e9) + zero)));
          });
    if (p_.zero_point_inside) {
      store("zero_point_behind_rounding", "the zero point is added behind the rounding",
            [at = at_](const scaled_sum& s) { return at.clamped(s.rounded(s.value) + at.zero); });
    } else {
      store("zero_point_before_rounding", "the zero point is added before the rounding, which turns ties",
            [at = at_, zero](const scaled_sum& s) { return at.clamped(s.rounded(s.value + zero)); });
    }
  }

  void saturation_rows() {
    store("wraps", "results that do not fit wrap around where they are to saturate",
          [at = at_](const scaled_sum& s) { return at.due(s); });
    const integer_format other{p_.to.bits, !p_.to.is_signed};
    store(other.is_signed ? "saturates_as_signed" : "saturates_as_unsigned",
          "results saturate at the ends of " + type_name(other) + ", " + std::to_string(other.min()) + " to " +
              std::to_string(other.max()),
          [at = at_, other](const scaled_sum& s) { return std::clamp(at.due(s), other.min(), other.max()); });
    const std::int64_t low = std::max(other.min(), p_.to.min()), high = std::min(other.max(), p_.to.max());
    store("saturates_in_both",
          "results saturate at " + std::to_string(low) + " and " + std::to_string(high) + ", the ends of what " +
              type_name(p_.to) + " and " + type_name(other) + " have in common",
          [at = at_, low, high](const scaled_sum& s) { return std::clamp(at.due(s), low, high); });
    if (p_.to.is_signed && !p_.to.narrow_range) {
      store("saturates_symmetrically",
            "results saturate at " + std::to_string(-p_.to.max()) + ", without the least one",
            [at = at_](const scaled_sum& s) { return std::max(at.clamped(at.due(s)), -at.p->to.max()); });
    }
    if (p_.range.lowest > p_.to.min() || p_.range.highest < p_.to.max()) {
      store("clamp_missing", "results are not clamped to less than their type",
            [at = at_](const scaled_sum& s) { return std::clamp(at.due(s), at.p->to.min(), at.p->to.max()); });
      if (zero_ != 0) {
        store("clamp_before_zero_point", "results are clamped before the zero point is added",
              [at = at_](const scaled_sum& s) {
                const std::int64_t n =
                    std::clamp<std::int64_t>(at.due(s) - at.zero, at.p->range.lowest, at.p->range.highest);
                return std::clamp(n + at.zero, at.p->to.min(), at.p->to.max());
              });
      }
    }
    if (p_.range.lowest < zero_) {
      store("negative_cut", "results below the zero point become the zero point, as behind a ReLU",
            [at = at_](const scaled_sum& s) { return std::max(at.clamped(at.due(s)), at.zero); });
    }
  }

  void zero_point_rows() {
    if (zero_ == 0) return;
    store("zero_point_missing", "the result's zero point is not added",
          [at = at_](const scaled_sum& s) { return at.clamped(s.rounded(s.value)); });
    store("zero_point_subtracted", "the result's zero point is subtracted",
          [at = at_](const scaled_sum& s) { return at.clamped(s.rounded(s.value) - at.zero); });
    store("zero_point_twice", "the result's zero point is added twice",
          [at = at_](const scaled_sum& s) { return at.clamped(s.rounded(s.value) + 2 * at.zero); });
    store("zero_point_behind_clamp", "the result's zero point is added behind saturation, and wraps around",
          [at = at_](const scaled_sum& s) { return at.clamped(s.rounded(s.value)) + at.zero; });
    store("zero_point_scaled", "the result's zero point is added before the scale", [at = at_](const scaled_sum& s) {
      const float scale = at.p->scales[at.p->scales.size() == 1 ? 0 : s.column];
      return at.clamped(s.rounded(s.value + static_cast<double>(scale) * static_cast<double>(at.zero)));
    });
  }

  /// A factor whose zero point is left in or taken off wrongly, or whose codes are read as of the other signedness.
  void factor_rows(const std::string& name, integer_format type, const std::vector<std::int32_t>& zeros) {
    const bool left = name == "a", any = std::any_of(zeros.begin(), zeros.end(), [](auto z) { return z != 0; });
    const auto with_numbers = [&](const std::string& title, const std::string& words, const auto& number) {
      hypothesis h{title, words};
      // Rows of a are cut apart, and each has a zero point of its own.
      const bool whole = left && zeros.size() > 1;
      auto change = [=, k = at_.k](kernel_call& c) {
        const tensor x = c.input(name);
        const std::size_t rank = x.shape().rank(), rows = x.shape()[rank - 2], columns = x.shape()[rank - 1];
        c.set_input(name, changed_along(x, rank - 1, [&](std::size_t, std::size_t, std::size_t i, std::size_t) {
                      const std::size_t row = i / columns % rows, column = i % columns;
                      if ((left ? column : row) >= k) return x[i];  // the bias
                      const std::size_t line = left ? row : column;
                      const double zero = zeros.empty() ? 0 : zeros[zeros.size() == 1 ? 0 : line];
                      return convert(number(to_double(x[i], binary32), zero), binary32).code;
                    }));
        return true;
      };
      if (whole) {
        h.change_whole_call = std::move(change);
      } else {
        h.change_call = std::move(change);
      }
      all_.push_back(std::move(h));
    };
    if (any) {
      with_numbers("zero_" + name + "_missing", "the zero point of " + name + " is not subtracted",
                   [](double x, double zero) { return x + zero; });
      with_numbers("zero_" + name + "_added", "the zero point of " + name + " is added where it is to be subtracted",
                   [](double x, double zero) { return x + 2 * zero; });
      if (zeros.size() > 1) {
        with_numbers("zero_" + name + "_first", "the first zero point of " + name + " is taken for all",
                     [first = static_cast<double>(zeros[0])](double x, double zero) { return x + zero - first; });
      }
    }
    const integer_format other{type.bits, !type.is_signed};
    with_numbers(name + "_as_" + type_name(other), name + " is read as " + type_name(other),
                 [type, other](double x, double zero) {
                   const double all = std::ldexp(1.0, type.bits), stored = x + zero;
                   const bool beyond = stored > static_cast<double>(other.max());
                   return x + (beyond ? -all : stored < static_cast<double>(other.min()) ? all : 0);
                 });
  }

  void bias_rows() {
    if (p_.bias.empty()) return;
    const auto times = [k = at_.k](double factor) {
      return [k, factor](kernel_call& c) {
        const tensor b = c.input("b");
        const std::size_t rank = b.shape().rank(), columns = b.shape()[rank - 1], rows = b.shape()[rank - 2];
        c.set_input("b", changed_along(b, rank - 1, [&](std::size_t, std::size_t, std::size_t i, std::size_t) {
                      if (i / columns % rows < k) return b[i];
                      return convert(factor * to_double(b[i], binary32), binary32).code;
                    }));
        return true;
      };
    };
    call("bias_missing", "the bias is not added", times(0));
    call("bias_subtracted", "the bias is subtracted", times(-1));
    call("bias_twice", "the bias is added twice", times(2));
    store(
        "bias_not_scaled", "the bias is added behind the scale",
        [at = at_](const scaled_sum& s) {
          return at.clamped(at.placed(s, s.value + static_cast<double>(at.p->bias[s.column])));
        },
        times(0));
  }

  /// Of codes as they are stored: what zero points take off is exact.
  void pair_rows() {
    if (p_.a.type.bits != 8 || p_.b.type.bits != 8 || p_.zero_a.size() > 1) return;
    store(
        "pair_sums_saturate", "sums of two 8-bit products saturate in 16 bits (pmaddubsw)",
        [at = at_](const scaled_sum& s) { return at.clamped(at.due(s)); }, {},
        [at = at_](const emulation& e) { return with_saturated_pairs(at, e); });
  }
  static std::optional<tensor> with_saturated_pairs(const setting& at, const emulation& e) {
    const tensor &a = e.call.input("a"), &b = e.call.input("b");
    if (a.shape().rank() != 2 || b.shape().rank() != 2) return std::nullopt;
    std::optional<tensor> real = as_emulated(e);
    const std::size_t n = b.shape()[1], wide = a.shape()[1];
    const std::vector<std::int32_t>& zeros = at.p->zero_b;
    const double zero_a = at.p->zero_a.empty() ? 0 : at.p->zero_a[0];
    for (std::size_t i = 0; i < real->size(); ++i) {
      const std::size_t j = i % n;
      const double zero_b = zeros.empty() ? 0 : zeros[zeros.size() == 1 ? 0 : j];
      double lost = 0;
      for (std::size_t k = 0; k < at.k; k += 2) {
        double pair = 0;
        for (std::size_t l = k; l < std::min(k + 2, at.k); ++l) {
          pair += (to_double(a[i / n * wide + l], binary32) + zero_a) * (to_double(b[l * n + j], binary32) + zero_b);
        }
        lost += std::clamp(pair, -32768.0, 32767.0) - pair;
      }
      if (lost == 0) continue;
      const double scale = at.p->scales[at.p->scales.size() == 1 ? 0 : j];
      real->set(i, encode(to_double((*real)[i], binary64) + scale * lost).code);
    }
    return real;
  }

  const requantised_product& p_;
  setting at_;
  std::int64_t zero_;
  std::vector<hypothesis> all_;
};

}  // namespace

std::vector<hypothesis> requantised_hypotheses(const requantised_product& product) { return table(product).rows(); }

}  // namespace assay::detail
