// Losses.
#include <cmath>

#include <assay/number/convert.hpp>

#include "mutation.hpp"

namespace detection {

namespace {

/// A binary32 result times a factor.
auto scaled(double (*factor)(const trial&)) {
  return [factor](const trial& t, random_source&) -> results {
    std::vector<tensor> all = run_honest(t);
    for (std::size_t i = 0; i < all[0].size(); ++i) {
      all[0].set(i, convert(to_double(all[0][i], binary32) * factor(t), binary32).code);
    }
    return all;
  };
}

std::size_t ignored(const trial& t) {
  const tensor& target = t.call.input("target");
  std::size_t count = 0;
  for (std::size_t i = 0; i < target.size(); ++i) count += target[i] == static_cast<std::uint64_t>(-100);
  return count;
}

}  // namespace

void add_loss_mutations(std::vector<mutation>& all) {
  for (const char* workload : {"cross_entropy", "cross_entropy_mean"}) {
    all.insert(
        all.end(),
        {
            {"label smoothing over K - 1 classes", workload, "smoothing_over_others",
             with_call([](kernel_call& call, random_source&) {
               // eps / (K - 1) on the others is smoothing by eps K / (K - 1).
               const double k = static_cast<double>(columns_of(call.input("x")));
               call.set("label_smoothing", call.number("label_smoothing") * k / (k - 1));
               return true;
             })},
            {"label smoothing missing", workload, "smoothing_missing",
             with_call([](kernel_call& call, random_source&) { return call.set("label_smoothing", 0), true; })},
            {"logits' sums in bf16", workload, "bf16_accumulator", with_arithmetic("accumulate=floating:bfloat16")},
            {"everything in the storage format", workload, "native compute_", with_arithmetic("native to=binary32")},
            {"targets off by one", workload, "targets_plus_1", with_call([](kernel_call& call, random_source&) {
               tensor target = call.input("target");
               const std::size_t classes = columns_of(call.input("x"));
               for (std::size_t i = 0; i < target.size(); ++i) {
                 if (target[i] != static_cast<std::uint64_t>(-100)) target.set(i, (target[i] + 1) % classes);
               }
               call.set_input("target", std::move(target));
               return true;
             })},
        });
  }
  all.insert(
      all.end(),
      {
          {"ignored tokens counted in the mean", "cross_entropy_mean", "ignored_counted", scaled([](const trial& t) {
             const double n = static_cast<double>(t.call.input("target").size());
             return (n - static_cast<double>(ignored(t))) / n;
           })},
          {"sum instead of mean", "cross_entropy_mean", "reduction_sum",
           scaled([](const trial& t) { return static_cast<double>(t.call.input("target").size() - ignored(t)); })},
      });
}

}  // namespace detection
