#include <assay/judge/requantised.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <assay/format/name.hpp>
#include <assay/rounding/name.hpp>
#include <assay/tensor/describe.hpp>

#include "hypothesis/requantised.hpp"

namespace assay {
namespace {

/// A factor's place in its call: M or N lines of K numbers, and the numbers that stand for a bias behind them.
struct factor_shape {
  std::size_t batch = 1, lines = 0, length = 0;
  bool has_batch = false;

  factor_shape(const char* name, const integer_tensor& x, bool along_rows) {
    const extents& s = x.codes.shape();
    const std::size_t rank = s.rank();
    if (rank != 2 && rank != 3) {
      throw std::invalid_argument(std::string(name) + " has shape " + to_string(s) +
                                  "; expected two axes, or three with a batch.");
    }
    has_batch = rank == 3;
    if (has_batch) batch = s[0];
    lines = s[along_rows ? rank - 2 : rank - 1];
    length = s[along_rows ? rank - 1 : rank - 2];
  }
};

struct product_shape {
  factor_shape a, b;

  explicit product_shape(const requantised_product& p) : a("a", p.a, !p.transpose_a), b("b", p.b, p.transpose_b) {
    if (a.length != b.length) {
      throw std::invalid_argument("a has K = " + std::to_string(a.length) + ", b " + std::to_string(b.length) +
                                  "; expected the same.");
    }
    if (a.has_batch && b.has_batch && a.batch != b.batch) {
      throw std::invalid_argument("b has a batch of " + std::to_string(b.batch) + "; expected " +
                                  std::to_string(a.batch) + ", as a has.");
    }
  }
  extents results() const {
    if (!a.has_batch && !b.has_batch) return {a.lines, b.lines};
    return {a.has_batch ? a.batch : b.batch, a.lines, b.lines};
  }
};

void check_count(const char* name, std::size_t found, std::size_t lines, bool may_be_none, bool may_be_one) {
  if ((found == 0 && may_be_none) || (found == 1 && may_be_one) || found == lines) return;
  throw std::invalid_argument(std::string(name) + " holds " + std::to_string(found) + "; expected " +
                              (may_be_one ? "one, or " : "") + std::to_string(lines) + ".");
}

void check_zeros(const char* name, const std::vector<std::int32_t>& zeros) {
  for (const std::int32_t zero : zeros) {
    if (zero < -32768 || zero > 65535) {
      throw std::invalid_argument(std::string(name) + " is " + std::to_string(zero) +
                                  "; expected a zero point within 16 bits, -32768 to 65535.");
    }
  }
}

void check_type(const char* name, integer_format f) {
  if (f.is_valid() && f.bits <= 16) return;
  throw std::invalid_argument(std::string(name) + " has integers of " + std::to_string(f.bits) +
                              " bits; expected at most 16.");
}

void check(const requantised_product& p, const product_shape& s) {
  check_type("a", p.a.type);
  check_type("b", p.b.type);
  check_type("the result", p.to);
  check_zeros("a's zero point", p.zero_a);
  check_zeros("b's zero point", p.zero_b);
  check_count("a's zero points", p.zero_a.size(), s.a.lines, true, true);
  check_count("b's zero points", p.zero_b.size(), s.b.lines, true, true);
  check_count("bias", p.bias.size(), s.b.lines, true, false);
  check_count("scale", p.scales.size(), s.b.lines, false, true);
  if (p.scales.empty()) throw std::invalid_argument("scale holds none; expected one, or one for each column.");
  for (const float scale : p.scales) {
    if (!std::isfinite(scale)) throw std::invalid_argument("scale holds a number that is not finite.");
  }
  if (p.mode == rounding::stochastic) {
    throw std::invalid_argument("the rounding is stochastic, which has no single right integer.");
  }
  const auto text = [](std::int64_t n) { return std::to_string(n); };
  if (p.range.zero_point < p.to.min() || p.range.zero_point > p.to.max()) {
    throw std::invalid_argument("the result's zero point is " + text(p.range.zero_point) +
                                "; expected a number of its type, " + text(p.to.min()) + " to " + text(p.to.max()) +
                                ".");
  }
  if (std::max<std::int64_t>(p.range.lowest, p.to.min()) > std::min<std::int64_t>(p.range.highest, p.to.max())) {
    throw std::invalid_argument("the clamp is " + text(p.range.lowest) + " to " + text(p.range.highest) +
                                ", which holds no number of the result's type.");
  }
}

std::uint32_t as_binary32(std::int64_t n) { return std::bit_cast<std::uint32_t>(static_cast<float>(n)); }

/// What the whole numbers of the call are moved by to be the integers of the result.
std::int64_t moved_by(const requantised_product& p) { return p.zero_point_inside ? 0 : p.range.zero_point; }

whole_number_range range_of(const requantised_product& p) {
  const std::int64_t by = moved_by(p);
  return {std::max<std::int64_t>(p.range.lowest, p.to.min()) - by,
          std::min<std::int64_t>(p.range.highest, p.to.max()) - by};
}

claim claim_of(const requantised_product& p) {
  const bool exact = p.claimed == requantised_by::exact;
  const std::string mode(name_of_value(p.mode));
  claim c = parse_claim("gemm", std::string(exact ? "correctly-rounded" : "int8") +
                                    " to=" + format_name(whole_number_format) + ":" + mode + ":saturate_finite");
  c.any_order = false;
  c.whole_numbers = range_of(p);
  c.name = exact ? "correctly-rounded: the scaled sum" : "requantised in binary32: the exact sum times its scale";
  if (p.zero_point_inside) c.name += " plus the zero point";
  c.name += ", rounded to an integer by " + mode + (exact ? " once" : "") + " and clamped";
  return c;
}

/// The integers as whole numbers of the call's results.
tensor whole_numbers(const requantised_product& p, const tensor& got) {
  tensor numbers(element_type::of(whole_number_format), got.shape());
  const integer_tensor integers{got, p.to};
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::int64_t n = integers[i] - moved_by(p);
    numbers.set(
        i, n < 0 ? static_cast<std::uint64_t>(-n) | whole_number_format.sign_mask() : static_cast<std::uint64_t>(n));
  }
  return numbers;
}

/// The verdict on whole numbers as one on integers.
void move_back(const requantised_product& p, verdict& v) {
  v.integers = p.to;
  const std::int64_t by = moved_by(p);
  const auto code = [&](std::uint64_t& c) {
    const auto magnitude = static_cast<std::int64_t>(c & whole_number_format.magnitude_mask());
    const std::int64_t n = ((c & whole_number_format.sign_mask()) != 0 ? -magnitude : magnitude) + by;
    c = static_cast<std::uint64_t>(n) & p.to.code_mask();
  };
  for (element_report& e : v.worst) {
    code(e.got), code(e.truth), code(e.expected);
    for (double* value : {&e.got_value, &e.truth_value, &e.lower, &e.upper}) *value += static_cast<double>(by);
  }
}

}  // namespace

kernel_call requantised_product::call() const {
  const product_shape s(*this);
  check(*this, s);
  // A bias of 32 bits is a term of the sum: its halves, which binary32 holds, times 1 and 65536.
  const std::size_t k = s.a.length, wide = k + (bias.empty() ? 0 : 2), m = s.a.lines, n = s.b.lines;
  const auto shape = [](const factor_shape& f, std::size_t rows, std::size_t columns) {
    return f.has_batch ? extents{f.batch, rows, columns} : extents{rows, columns};
  };
  const auto zero = [](const std::vector<std::int32_t>& all, std::size_t line) {
    return all.empty() ? 0 : all[all.size() == 1 ? 0 : line];
  };
  tensor left(element_type::of(binary32), shape(s.a, m, wide)), right(element_type::of(binary32), shape(s.b, wide, n));
  for (std::size_t batch = 0; batch < s.a.batch; ++batch) {
    for (std::size_t i = 0; i < m; ++i) {
      const std::size_t to_row = (batch * m + i) * wide;
      for (std::size_t l = 0; l < k; ++l) {
        left.set(to_row + l, as_binary32(a[batch * m * k + (transpose_a ? l * m + i : i * k + l)] - zero(zero_a, i)));
      }
      if (wide != k) left.set(to_row + k, as_binary32(1)), left.set(to_row + k + 1, as_binary32(65536));
    }
  }
  for (std::size_t batch = 0; batch < s.b.batch; ++batch) {
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t first = batch * wide * n + j;
      for (std::size_t l = 0; l < k; ++l) {
        right.set(first + l * n,
                  as_binary32(b[batch * n * k + (transpose_b ? j * k + l : l * n + j)] - zero(zero_b, j)));
      }
      if (wide == k) continue;
      right.set(first + k * n, as_binary32(bias[j] & 0xffff));
      right.set(first + (k + 1) * n, as_binary32(bias[j] >> 16));
    }
  }
  tensor factors(element_type::of(binary32), scales.size() == 1 ? extents{} : extents{1, n});
  for (std::size_t j = 0; j < scales.size(); ++j) factors.set(j, std::bit_cast<std::uint32_t>(scales[j]));
  kernel_call product("gemm");
  product.set_input("a", std::move(left));
  product.set_input("b", std::move(right));
  product.set_input("b_scale", std::move(factors));
  if (zero_point_inside && range.zero_point != 0) {
    tensor addends(element_type::of(binary32), {n});
    for (std::size_t j = 0; j < n; ++j) addends.set(j, as_binary32(range.zero_point));
    product.set_input("bias", std::move(addends));
  }
  return product;
}

std::vector<hypothesis> requantised_product::hypotheses() const { return detail::requantised_hypotheses(*this); }

verdict judge(const requantised_product& product, const tensor& got, const judge_options& options) {
  const kernel_call call = product.call();
  const extents due = product_shape(product).results();
  if (got.type().is_floating() || got.type().integer_bits < product.to.bits) {
    throw std::invalid_argument("got holds " + to_string(got.type()) + "; expected integers of at least " +
                                std::to_string(product.to.bits) + " bits.");
  }
  if (got.shape() != due) {
    throw std::invalid_argument("got has shape " + to_string(got.shape()) + "; expected " + to_string(due) + ".");
  }
  judge_options how = options;
  // The bound is that of the worst case, and so near to the truth that nothing is left to be told by many elements.
  how.statistical_bounds = how.distribution = false;
  std::vector<hypothesis> all;
  if (options.hypotheses != nullptr) all = *options.hypotheses;
  for (hypothesis& h : product.hypotheses()) all.push_back(std::move(h));
  how.hypotheses = &all;
  const tensor numbers = whole_numbers(product, got);
  verdict v = judge(call, std::span(&numbers, 1), claim_of(product), how);
  move_back(product, v);
  return v;
}

}  // namespace assay
