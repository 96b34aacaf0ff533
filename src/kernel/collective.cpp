// all_reduce, reduce_scatter.
#include <assay/kernel/collective.hpp>

#include "families.hpp"
#include "lines.hpp"

namespace assay::kernel {

namespace {

/// Both kernels: what each element's sum is when the ranks' tensors have `shape`. Chunks have equal lengths, rounded
/// up.
std::vector<tensor> run_sums(const kernel_call& call, const arithmetic& with, unsigned threads, const extents& shape,
                             bool sent_to_all) {
  const tensor& x = call.input("x");
  const std::size_t ranks = x.shape()[0], n = ranks == 0 ? shape.count() : x.size() / ranks;
  const auto form = choice<collective_form>(with, collective_variants[0]);
  const cast* wire = with.store_at("wire");
  const std::size_t chunks = std::max<std::size_t>(1, chunks_of(form, ranks));
  const std::size_t chunk = std::max<std::size_t>(1, (n + chunks - 1) / chunks);
  tensor y(element_type::of(*with.to), shape);
  constexpr std::size_t run = 256;
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    using value = typename A::value;
    for_each_line<A>(with, (n + run - 1) / run, run * ranks, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      const std::size_t length = std::min(run, n - l * run);
      std::vector<value> v(length * ranks), of_element(ranks), out(length);
      for (std::size_t r = 0; r < ranks; ++r) {
        io.load(x, r * n + l * run, 1, std::span(v).subspan(r * length, length), l * ranks + r);
      }
      for (std::size_t i = 0; i < length; ++i) {
        for (std::size_t r = 0; r < ranks; ++r) of_element[r] = v[r * length + i];
        out[i] = reduced(a, line_out<A>(of_element), (l * run + i) / chunk, form, wire);
        if (sent_to_all) out[i] = a.through(wire, out[i]);
      }
      io.store(out, y, l * run, 1, l);
    });
  });
  return only(std::move(y));
}

const extents& shape_of_ranks(const kernel_call& call) {
  const extents& shape = call.input("x").shape();
  if (shape.rank() == 0) throw std::invalid_argument("x has the shape (); expected (ranks, ...).");
  return shape;
}

std::vector<tensor> run_all_reduce(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const extents& shape = shape_of_ranks(call);
  return run_sums(call, with, threads, extents(std::span(shape.begin() + 1, shape.end())), true);
}

std::vector<tensor> run_reduce_scatter(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const extents& shape = shape_of_ranks(call);
  if (shape.rank() < 2 || (shape[0] != 0 && shape[1] % shape[0] != 0)) {
    throw std::invalid_argument("x has the shape " + to_string(shape) +
                                "; expected (ranks, n, ...), ranks dividing n.");
  }
  std::vector<std::size_t> sizes(shape.begin(), shape.end());
  sizes[1] = shape[0] == 0 ? 0 : shape[1] / shape[0];
  return run_sums(call, with, threads, extents(std::span<const std::size_t>(sizes)), false);
}

constexpr kernel_row collective_rows[] = {
    {"all_reduce", collective_variants, collective_stores, run_all_reduce},
    {"reduce_scatter", collective_variants, collective_stores, run_reduce_scatter},
};

}  // namespace

family collective_family() { return collective_rows; }

}  // namespace assay::kernel
