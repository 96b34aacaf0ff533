// Compensated sums against the textbook algorithms in the machine's own float and double.
#include <assay/accumulate/compensated.hpp>

#include <bit>
#include <cmath>

#include <assay/accumulate/exact.hpp>

#include "vectors.hpp"

namespace {

namespace acc = assay::accumulate;
using assay::format;

template <class Real>
struct native {
  Real sum = 0, low = 0;

  void kahan(Real x) {
    const Real term = x - low, total = sum + term;
    low = (total - sum) - term;
    sum = total;
  }
  void neumaier(Real x) {
    const Real total = sum + x;
    low += std::abs(sum) >= std::abs(x) ? (sum - total) + x : (x - total) + sum;
    sum = total;
  }
  void two_sum(Real x, Real rest) {
    const Real high = sum + x, y = high - sum;
    const Real error = (sum - (high - y)) + (x - y);
    const Real total = error + (rest + low);
    sum = high + total;
    low = total - (sum - high);
  }
};

template <class Real>
void compare(test::tally& tally, test::random_source& random, const format& in, acc::compensation method) {
  using code_type = std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>;
  const acc::compensated a{in, method};
  const auto real = [](std::uint64_t code) { return std::bit_cast<Real>(static_cast<code_type>(code)); };
  std::vector<std::uint64_t> x = test::hard_codes(random, in, 30, true), y = test::hard_codes(random, in, 30, true);
  // Exponents within a third of the range: no product overflows, and none's rest underflows.
  for (auto* codes : {&x, &y})
    for (auto& code : *codes) {
      const std::uint64_t fields = (std::uint64_t{1} << in.exponent_bits) - 1,
                          t = static_cast<std::uint64_t>(in.fraction_bits);
      const std::uint64_t field = fields / 3 + (code >> t) % (fields / 3);
      code = (code & ((std::uint64_t{1} << t) - 1)) | (field << t) |
             (random() >> 63 << (in.exponent_bits + in.fraction_bits));
    }
  auto s = a.start();
  native<Real> n;
  for (std::size_t i = 0; i < x.size(); ++i) {
    a.multiply_add(s, acc::read(x[i], in), acc::read(y[i], in));
    const Real p = real(x[i]) * real(y[i]);
    if (method == acc::compensation::kahan) n.kahan(p);
    if (method == acc::compensation::neumaier) n.neumaier(p);
    if (method == acc::compensation::two_sum) n.two_sum(p, std::fma(real(x[i]), real(y[i]), -p));
    const Real total = method == acc::compensation::kahan ? n.sum : n.sum + n.low;
    const std::uint64_t got = a.result(s, in).code, expected = std::bit_cast<code_type>(total);
    tally.expect(got == expected,
                 [&] { return test::text("step ", i, ": ", test::hex(got), " for ", test::hex(expected)); });
  }
}

}  // namespace

TEST_CASE("Compensated sums are the textbook algorithms, bit for bit") {
  test::random_source random(51);
  for (const auto method : {acc::compensation::kahan, acc::compensation::neumaier, acc::compensation::two_sum}) {
    test::tally tally;
    for (int round = 0; round < 300; ++round) {
      compare<float>(tally, random, assay::binary32, method);
      compare<double>(tally, random, assay::binary64, method);
    }
    tally.require();
  }
}

TEST_CASE("Compensation keeps what a plain sum loses") {
  // 1 + 2^-24 a thousand times, in binary32: plainly nothing is added.
  const auto one = acc::read(0x3f800000, assay::binary32), tiny = acc::read(0x33800000, assay::binary32);
  for (const auto method : {acc::compensation::kahan, acc::compensation::neumaier, acc::compensation::two_sum}) {
    const acc::compensated a{assay::binary32, method};
    auto s = a.start(one);
    for (int i = 0; i < 1024; ++i) a.add(s, tiny);
    CHECK(a.result(s, assay::binary32).code == 0x3f800200);  // 1 + 2^-14
    auto halves = a.start(one), other = a.start();
    for (int i = 0; i < 512; ++i) a.add(halves, tiny), a.add(other, tiny);
    a.merge(halves, other);
    CHECK(a.result(halves, assay::binary32).code == 0x3f800200);
  }
  // A term larger than the sum: Kahan's method loses the 1, Neumaier's does not.
  const auto huge = acc::read(0x7149f2ca, assay::binary32), minus = acc::read(0xf149f2ca, assay::binary32);
  const auto run = [&](acc::compensation method) {
    const acc::compensated a{assay::binary32, method};
    auto s = a.start(one);
    a.add(s, huge);
    a.add(s, one);
    a.add(s, minus);
    return a.result(s, assay::binary32).code;
  };
  CHECK(run(acc::compensation::kahan) == 0);
  CHECK(run(acc::compensation::neumaier) == 0x40000000);
  CHECK(run(acc::compensation::two_sum) == 0x40000000);
}

TEST_CASE("A two_sum dot product is as accurate as twice the digits") {
  test::random_source random(52);
  const acc::compensated a{assay::binary32, acc::compensation::two_sum};
  const acc::exact exact;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint64_t> x(100), y(100);
    for (auto* codes : {&x, &y})
      for (auto& code : *codes) code = (random() & 0x807fffff) | 0x3f000000;
    auto s = a.start();
    auto t = exact.start();
    for (std::size_t i = 0; i < x.size(); ++i) {
      a.multiply_add(s, acc::read(x[i], assay::binary32), acc::read(y[i], assay::binary32));
      exact.multiply_add(t, acc::read(x[i], assay::binary32), acc::read(y[i], assay::binary32));
    }
    REQUIRE(a.result(s, assay::binary32).code == exact.result(t, assay::binary32).code);
  }
}

TEST_CASE("An overflowed compensated sum is the infinity of its sign, not a NaN") {
  const auto largest = acc::read(0x7f7fffff, assay::binary32), one = acc::read(0x3f800000, assay::binary32);
  for (const auto method : {acc::compensation::kahan, acc::compensation::neumaier, acc::compensation::two_sum}) {
    const acc::compensated a{assay::binary32, method};
    auto s = a.start(largest);
    a.add(s, largest);
    a.add(s, one);
    CHECK(a.result(s, assay::binary32).code == 0x7f800000);
    a.add(s, acc::read(0xff800000, assay::binary32));
    CHECK(a.result(s, assay::binary32).code == 0x7fc00000);
  }
}
