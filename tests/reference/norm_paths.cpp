// The norms' fast paths against their interval paths: all bits of all results.
#include <catch2/catch.hpp>

#include <assay/reference/batch_norm.hpp>
#include <assay/reference/group_norm.hpp>
#include <assay/reference/norm_backward.hpp>

#include "agreement.hpp"

using namespace assay;
using namespace assay::reference;

namespace {

/// Lines that fast paths might get wrong.
enum class lines {
  ordinary,
  few_digits,     ///< results that are rounding boundaries, or zero
  far_mean,       ///< deviations that cancel most digits
  nearly_equal,   ///< equal but for last places: results beside 1, or of tiny variances
  far_exponents,  ///< from subnormal to huge
  any_code,       ///< specials too
};

tensor draw(test::random_source& random, format f, const extents& shape, lines how) {
  tensor t(element_type::of(f), shape);
  const oracle::limits limits(f);
  const double centre = 1 + 300 * test::unit(random);
  for (std::size_t i = 0; i < t.size(); ++i) {
    const double noise = test::unit(random) + test::unit(random) + test::unit(random) - 1.5;
    double x = 2 * noise;
    switch (how) {
      case lines::ordinary: break;
      case lines::few_digits: x = static_cast<double>(random.below(9)) - 4; break;
      case lines::far_mean: x = centre + noise * 0.1; break;
      case lines::nearly_equal: x = centre; break;
      case lines::far_exponents: x *= std::ldexp(1.0, static_cast<int>(random.below(41)) - 20); break;
      case lines::any_code: t.set(i, test::biased_code(random, limits)); continue;
    }
    std::uint64_t code = test::wide(x).rounded_to(f, {});
    if (how == lines::nearly_equal && random.below(8) == 0) code += random.below(2);
    t.set(i, code);
  }
  return t;
}

struct comparison {
  test::tally tally;
  decisions fast;

  void add(const truth& quick, const truth& slow, const char* what) {
    fast += quick.decided;
    tally.expect(slow.decided.fast == 0 && slow.decided.elements() == quick.decided.elements(),
                 [&] { return test::text(what, ": ", slow.decided.fast, " elements were not decided by intervals"); });
    for (std::size_t i = 0; i < quick.value.size(); ++i) {
      tally.expect(quick.value[i] == slow.value[i], [&] {
        return test::text(what, ", element ", i, " of ", quick.value.size(), ": ", test::hex(quick.value[i]), " and ",
                          test::hex(slow.value[i]));
      });
    }
  }

  void round(test::random_source& random, format from, lines how, request want) {
    const std::size_t rows = 2 + random.below(3), n = 4 * (1 + random.below(40));
    const tensor x = draw(random, from, {rows, n}, how), dy = draw(random, from, {rows, n}, lines::ordinary),
                 w = draw(random, from, {n}, lines::ordinary), b = draw(random, from, {n}, lines::few_digits);
    tensor variance = draw(random, from, {n}, lines::ordinary);
    for (std::size_t i = 0; i < n; ++i) variance.set(i, variance[i] & ~from.sign_mask());
    const double eps = how == lines::few_digits ? 0.25 * static_cast<double>(random.below(2)) : 1e-5;
    const auto both = [&](const auto& kernel, const char* what) {
      want.intervals_only = false;
      const auto quick = kernel(want);
      want.intervals_only = true;
      const auto slow = kernel(want);
      if constexpr (std::is_same_v<std::decay_t<decltype(quick)>, truth>) {
        add(quick, slow, what);
      } else if constexpr (requires { quick.y; }) {
        add(quick.y, slow.y, what);
        add(quick.running_mean, slow.running_mean, "running_mean");
        add(quick.running_var, slow.running_var, "running_var");
      } else {
        add(quick.dx, slow.dx, what);
        add(quick.dweight, slow.dweight, "dweight");
        add(quick.dbias, slow.dbias, "dbias");
      }
    };
    const auto xs = x.view(), ws = w.view(), bs = b.view(), ds = dy.view(), vs = variance.view();
    both([&](const request& r) { return layer_norm(xs, ws, bs, {.eps = eps}, r); }, "layer_norm");
    both([&](const request& r) { return rms_norm(xs, ws, {.eps = eps}, r); }, "rms_norm");
    both([&](const request& r) { return group_norm(xs, ws, bs, {.groups = 4, .eps = eps}, r); }, "group_norm");
    both([&](const request& r) { return batch_norm(xs, ws, bs, bs, vs, {.eps = eps}, r); }, "batch_norm");
    both([&](const request& r) { return batch_norm(xs, ws, bs, bs, vs, {.eps = eps, .training = true}, r); },
         "batch_norm in training");
    both([&](const request& r) { return layer_norm_backward(xs, ws, ds, {.eps = eps}, r); }, "layer_norm_backward");
    both([&](const request& r) { return rms_norm_backward(xs, ws, ds, {.eps = eps}, r); }, "rms_norm_backward");
  }

  void run(std::uint64_t elements, std::uint64_t seed) {
    test::random_source random(seed);
    const auto outputs = test::formats_and_modes();
    constexpr format inputs[] = {bfloat16, binary16, e4m3fn, e5m2, binary32, binary64};
    constexpr lines kinds[] = {lines::ordinary,     lines::few_digits,    lines::far_mean,
                               lines::nearly_equal, lines::far_exponents, lines::any_code};
    for (std::size_t i = 0; tally.checked() < elements; ++i) {
      const auto& output = outputs[random.below(outputs.size())];
      round(random, inputs[i % std::size(inputs)], kinds[i / std::size(inputs) % std::size(kinds)],
            {.to = output.first, .how = output.second});
    }
    tally.require();
    INFO(fast.fast << " fast, " << fast.interval << " by intervals, " << fast.exact << " exact, " << fast.special
                   << " special; up to " << fast.most_bits << " bits");
    REQUIRE((fast.fast > 0 && fast.interval > 0));
    // Under sanitizers the first few kinds of lines are all there is time for.
    if (!test::is_sanitized) REQUIRE((fast.exact > 0 && fast.special > 0));
  }
};

}  // namespace

TEST_CASE("the norms' fast paths give the interval path's bits", "[reference][norm_paths]") {
  comparison().run(test::cases(200'000), 41);
}

TEST_CASE("the norms' fast paths give the interval path's bits for twenty million elements",
          "[reference][norm_paths][.prove]") {
  comparison all;
  all.run(20'000'000, 42);
  WARN(all.tally.checked() << " elements: " << all.fast.fast << " fast, " << all.fast.interval << " by intervals, "
                           << all.fast.exact << " exact, " << all.fast.special << " special; up to "
                           << all.fast.most_bits << " bits");
}
