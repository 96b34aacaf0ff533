// max_pool2d, avg_pool2d.
#include <assay/kernel/pool.hpp>

#include "families.hpp"
#include "lines.hpp"
#include "windows2d.hpp"

namespace assay::kernel {

namespace {

/// pool(a, the window's elements, row of outputs, column of outputs) for every window.
template <class Pool>
std::vector<tensor> pooled(const kernel_call& call, const arithmetic& with, unsigned threads, const windows2d& windows,
                           const Pool& pool) {
  const tensor& x = call.input("x");
  const std::size_t images = x.shape()[0] * x.shape()[1], places = x.shape()[2] * x.shape()[3];
  tensor y(element_type::of(*with.to), windows.outputs(x.shape()[0], x.shape()[1]));
  const std::size_t rows = windows.down().outputs(), columns = windows.across().outputs();
  if (y.size() == 0) return only(std::move(y));
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    using value = typename A::value;
    for_each_line<A>(with, images, places, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      std::vector<value> v(places), out(rows * columns), window;
      io.load(x, l * places, 1, v, l);
      for (std::size_t o = 0; o < out.size(); ++o) {
        window.clear();
        for (std::size_t r = 0; r < windows.down().window; ++r) {
          const auto row = windows.down().place(o / columns, r);
          for (std::size_t s = 0; s < windows.across().window && row; ++s) {
            const auto column = windows.across().place(o % columns, s);
            if (column) window.push_back(v[*row * windows.across().extent + *column]);
          }
        }
        out[o] = pool(a, line<A>(window), o / columns, o % columns);
      }
      io.store(out, y, l * out.size(), 1, l);
    });
  });
  return only(std::move(y));
}

std::vector<tensor> run_max_pool2d(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const auto window = two_counts(call, "window", 1);
  return pooled(call, with, threads, windows2d(call, window[0], window[1]),
                []<class A>(A& a, line<A> v, std::size_t, std::size_t) { return max_pool(a, v); });
}

std::vector<tensor> run_avg_pool2d(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const auto window = two_counts(call, "window", 1);
  const windows2d windows(call, window[0], window[1]);
  const bool counts_padding = call.flag("count_include_pad"), has_divisor = call.has("divisor_override");
  const double divisor = has_divisor ? static_cast<double>(call.integer("divisor_override")) : 0;
  if (has_divisor && divisor == 0) throw std::invalid_argument("divisor_override is 0; expected another integer.");
  const auto form = choice<mean_form>(with, mean_variant);
  return pooled(call, with, threads, windows, [&]<class A>(A& a, line<A> v, std::size_t row, std::size_t column) {
    const std::size_t padded = windows.down().padded_places(row) * windows.across().padded_places(column);
    const double n = has_divisor ? divisor : static_cast<double>(counts_padding ? padded : v.size());
    return avg_pool(a, v, n, form);
  });
}

constexpr kernel_row pool_rows[] = {
    {"max_pool2d", {}, {}, run_max_pool2d},
    {"avg_pool2d", avg_pool2d_variants, {}, run_avg_pool2d},
};

}  // namespace

family pool_family() { return pool_rows; }

}  // namespace assay::kernel
