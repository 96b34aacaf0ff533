// Integers of every C++ type to every format, and back in every mode.
#include <assay/number/convert.hpp>
#include <support/budget.hpp>
#include <support/formats.hpp>
#include <support/mpfr_operations.hpp>
#include <support/random.hpp>
#include <support/tally.hpp>

namespace {

using namespace assay;

const std::vector<format>& some_formats() {
  static const std::vector<format> formats = [] {
    auto result = test::named_formats_up_to(64);
    for (const format& f : {format{6, 9, 31}, format{3, 1, 30}, format{3, 1, -30}, format{2, 0, 0, encoding::fn}, format{11, 40, 1000}}) {
      result.push_back(f);
    }
    return result;
  }();
  return formats;
}

template <class Integer>
class to_format {
 public:
  to_format(const format& f, test::tally& count) : into_(f), count_(count) {}
  void at(Integer i) {
    if constexpr (std::is_signed_v<Integer>) {
      mpfr_set_si(x_, i, MPFR_RNDN);
    } else {
      mpfr_set_ui(x_, i, MPFR_RNDN);
    }
    const oracle::placement place = into_.place(x_);
    for (const rounding mode : test::deterministic_modes) {
      const conversion how{mode, test::overflow_policies[turn_++ % 3]};
      count_.expect_same(convert(i, into_.in().f, how), into_.finish(place, how), [&] {
        return test::text(test::describe(into_.in().f), " from ", sizeof(i) * 8, "-bit ", +i, ' ', test::describe(how));
      });
    }
  }

 private:
  oracle::rounder into_;
  test::tally& count_;
  oracle::real x_{64};
  std::size_t turn_ = 0;
};

template <class Integer>
void every(test::tally& count) {
  for (const format& f : some_formats()) {
    to_format<Integer> check(f, count);
    constexpr int step = sizeof(Integer) == 1 ? 1 : 13 * static_cast<int>(test::stride);
    for (int i = std::numeric_limits<Integer>::min(); i <= std::numeric_limits<Integer>::max(); i += step) {
      check.at(static_cast<Integer>(i));
    }
    check.at(std::numeric_limits<Integer>::max());
  }
}

template <class Integer>
void sampled(test::tally& count) {
  using limits = std::numeric_limits<Integer>;
  test::random_source random(limits::digits);
  for (const format& f : some_formats()) {
    to_format<Integer> check(f, count);
    for (int bit = 0; bit < limits::digits; ++bit) {
      for (int d = -2; d <= 2; ++d) {
        // Powers of two and their sums: ties and near-ties of every precision.
        for (int second = 0; second < bit; second += 3) {
          const std::uint64_t magnitude =
              (std::uint64_t{1} << bit) + (std::uint64_t{1} << second) + static_cast<std::uint64_t>(d);
          check.at(static_cast<Integer>(magnitude));
          check.at(static_cast<Integer>(0 - magnitude));
        }
      }
    }
    for (std::uint64_t i = 0; i < test::cases(1000); ++i) check.at(static_cast<Integer>(random() >> random.below(64)));
    for (const Integer end : {limits::min(), limits::max(), Integer{0}}) check.at(end);
  }
}

/// Rounds x to an integer by MPFR's own functions, and reports whether that was exact.
bool round_to_integer(mpfr_ptr result, mpfr_srcptr x, rounding mode, int random_bits, std::uint32_t word) {
  switch (mode) {
    case rounding::ties_to_even: mpfr_roundeven(result, x); break;
    case rounding::ties_to_away: mpfr_round(result, x); break;
    case rounding::upward: mpfr_ceil(result, x); break;
    case rounding::downward: mpfr_floor(result, x); break;
    case rounding::toward_zero: mpfr_trunc(result, x); break;
    case rounding::to_odd:
    case rounding::stochastic: {
      mpfr_trunc(result, x);
      oracle::real rest(128);
      mpfr_frac(rest, x, MPFR_RNDN);
      if (mpfr_zero_p(rest.get())) break;
      mpfr_abs(rest, rest, MPFR_RNDN);
      bool up = false;
      if (mode == rounding::to_odd) {
        oracle::real half(64), whole(64);
        mpfr_div_2ui(half, result, 1, MPFR_RNDN);
        up = mpfr_integer_p(half) != 0;  // even: to the odd one further out
      } else {
        mpfr_mul_2si(rest, rest, random_bits, MPFR_RNDN);
        const std::uint64_t words = std::uint64_t{1} << random_bits;
        up = mpfr_get_ui(rest, MPFR_RNDZ) + word % words >= words;
      }
      if (up && mpfr_signbit(x)) mpfr_sub_ui(result, result, 1, MPFR_RNDN);
      if (up && !mpfr_signbit(x)) mpfr_add_ui(result, result, 1, MPFR_RNDN);
      break;
    }
  }
  return mpfr_equal_p(result, x) != 0;
}

template <class Integer>
rounded_integer<Integer> expected_integer(const oracle::operand& from, const conversion& how, std::uint32_t word) {
  using limits = std::numeric_limits<Integer>;
  static oracle::real whole(128), bound(128);
  if (from.is_nan()) return {0, exceptions::invalid};
  const bool negative = mpfr_signbit(from.value.get()) != 0;
  const rounded_integer<Integer> out{negative ? limits::min() : limits::max(), exceptions::invalid};
  if (mpfr_inf_p(from.value.get())) return out;
  const bool exact = round_to_integer(whole, from.value, how.mode, how.random_bits, word);
  if constexpr (std::is_signed_v<Integer>) {
    if (mpfr_cmp_si(whole, limits::min()) < 0 || mpfr_cmp_si(whole, limits::max()) > 0) return out;
    return {static_cast<Integer>(mpfr_get_si(whole, MPFR_RNDN)), exact ? exceptions::none : exceptions::inexact};
  } else {
    if (mpfr_sgn(whole.get()) < 0 || mpfr_cmp_ui(whole, limits::max()) > 0) return out;
    return {static_cast<Integer>(mpfr_get_ui(whole, MPFR_RNDN)), exact ? exceptions::none : exceptions::inexact};
  }
}

template <class Integer>
void back(const format& f, std::uint64_t code, const oracle::limits& l, test::tally& count) {
  static oracle::operand kept, flushed;
  kept.read(code, l);
  flushed.read(code, l);
  flushed.flush();
  for (int i = 0; i < 8; ++i) {
    const auto mode = static_cast<rounding>(i < 7 ? i : 6);
    const conversion how{mode, overflow::ieee, i % 2 == 0 ? subnormals::keep : subnormals::flush_inputs, i < 7 ? 3 : 32};
    const auto word = static_cast<std::uint32_t>(code * 0x9e3779b9u);
    const auto got = convert_to_integer<Integer>(encoded{code, f}, how, word);
    const auto expected = expected_integer<Integer>(oracle::flushes_input(how) ? flushed : kept, how, word);
    count.expect(got.value == expected.value && got.raised == expected.raised, [&] {
      return test::text(test::describe(f), ' ', test::hex(code), ' ', test::describe(how), " to ", 8 * sizeof(Integer),
                        " bits: got ", +got.value, ", expected ", +expected.value);
    });
  }
}

template <class... Integers>
void back_to_all(test::tally& count) {
  for (const format& f : some_formats()) {
    const oracle::limits l(f);
    test::random_source random(3);
    if (f.width() <= 8) {
      for (std::uint64_t code = 0; code < l.codes(); ++code) (back<Integers>(f, code, l, count), ...);
    } else {
      for (std::uint64_t i = 0; i < test::cases(1500); ++i) {
        std::uint64_t code = test::biased_code(random, l);
        // Half of them where integers are: between 2^-2 and 2^66.
        const auto field = static_cast<std::uint64_t>(f.bias - 2 + static_cast<int>(random.below(68)));
        if (i % 2 == 0 && field < l.top >> f.fraction_bits) code = (code & (l.sign | (l.hidden - 1))) | field << f.fraction_bits;
        (back<Integers>(f, code, l, count), ...);
      }
    }
  }
}

}  // namespace

TEST_CASE("Every 8- and 16-bit integer converts to every format with one rounding") {
  test::tally count;
  every<std::int8_t>(count);
  every<std::uint8_t>(count);
  every<std::int16_t>(count);
  every<std::uint16_t>(count);
  count.require();
}

TEST_CASE("Integers of 32 and 64 bits convert to every format with one rounding") {
  test::tally count;
  sampled<std::int32_t>(count);
  sampled<std::uint32_t>(count);
  sampled<std::int64_t>(count);
  sampled<std::uint64_t>(count);
  sampled<long long>(count);
  count.require();
}

TEST_CASE("Numbers convert to integers of every type in every mode, saturating, NaN to zero") {
  test::tally count;
  back_to_all<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t,
              std::uint64_t>(count);
  count.require();
}

static_assert(convert(std::int64_t{9007199254740993}, binary64).code == 0x4340000000000000);
static_assert(convert(std::numeric_limits<std::int64_t>::min(), binary64).code == 0xc3e0000000000000);
static_assert(convert(449, e4m3fn).code == 0x7e && convert(464, e4m3fn).code == 0x7e && convert(465, e4m3fn).code == 0x7f);
static_assert(convert_to_integer<std::int8_t>({0xdc00, binary16}).value == -128);
static_assert(convert_to_integer<std::uint8_t>({0xb800, binary16}).value == 0);
static_assert(convert_to_integer<std::int32_t>({0x4100, binary16}, {rounding::ties_to_even}).value == 2);
