#include "products.hpp"

namespace assay::kernel {

bool contains(format outer, format inner) {
  if (outer == inner) return true;
  if (inner.has_infinity() && !outer.has_infinity()) return false;
  if (inner.has_nan() && !outer.has_nan()) return false;
  if (inner.has_negative_zero() && !outer.has_negative_zero()) return false;
  // A format without infinities may lack codes at its top exponent: there a smaller exponent is asked for.
  const int top = outer.max_exponent() - (outer.has_infinity() ? 0 : 1);
  return inner.precision() <= outer.precision() && inner.min_ulp_exponent() >= outer.min_ulp_exponent() &&
         inner.max_exponent() <= top && (inner.is_signed() ? outer.is_signed() : true);
}

format factor_format(const tensor& x, const arithmetic& with) {
  const format own = x.type().layout;
  return with.load == conversion{} && contains(*with.compute, own) ? own : *with.compute;
}

const tensor& as_factor(const tensor& x, const arithmetic& with, tensor& loaded, std::uint64_t stream) {
  const format f = factor_format(x, with);
  if (f == x.type().layout && with.load == conversion{}) return x;
  loaded = tensor(element_type::of(f), x.shape());
  arithmetic plain;
  plain.compute = f;
  const auto values = line_io<emulated>(with).load_all(x, stream);
  line_io<emulated>(plain).store(values, loaded, 0, 1);
  return loaded;
}

namespace {

void reseed(accumulator& a, std::uint64_t word) {
  if (auto* f = std::get_if<accumulate::floating>(&a)) f->seed ^= word;
  if (auto* p = std::get_if<accumulate::promotion>(&a)) {
    for (accumulate::plain* part : {&p->inner, &p->outer}) {
      if (auto* f = std::get_if<accumulate::floating>(&part->which)) f->seed ^= word;
    }
  }
}

/// The element (i, j) of a row-major matrix on; the rest of its row, or of its column.
template <class Pointer>
basic_matrix<Pointer> part(basic_matrix<Pointer> x, std::size_t batch, std::size_t i, std::size_t j, std::size_t rows,
                           std::size_t columns) {
  if (x.codes == nullptr) return x;
  const std::size_t pitch = x.leading_dimension != 0 ? x.leading_dimension : x.columns;
  const std::size_t at = batch * x.batch_stride + i * pitch + j;
  const auto bytes = static_cast<std::size_t>(storage_bytes(std::get<format>(x.type)));
  using byte = std::conditional_t<std::is_same_v<Pointer, void*>, std::byte, const std::byte>;
  x.codes = static_cast<byte*>(x.codes) + at * bytes;
  x.rows = rows, x.columns = columns, x.leading_dimension = pitch, x.batch_stride = 0;
  return x;
}

}  // namespace

void multiply(gemm_problem p, std::uint64_t stream) {
  if (!is_stochastic(p.with)) return gemm(p);
  const std::size_t m = p.d.rows, n = p.d.columns, k = p.transpose_a ? p.a.rows : p.a.columns;
  for (std::size_t e = 0; e < p.batches * m * n; ++e) {
    const std::size_t batch = e / (m * n), i = e / n % m, j = e % n;
    const std::uint64_t word = accumulate::stream_word(accumulate::stream_word(p.seed, stream), e);
    gemm_problem one = p;
    one.batches = 1;
    one.a = p.transpose_a ? part(p.a, batch, 0, i, k, 1) : part(p.a, batch, i, 0, 1, k);
    one.b = p.transpose_b ? part(p.b, batch, j, 0, 1, k) : part(p.b, batch, 0, j, k, 1);
    one.c = part(p.c, batch, i, j, 1, 1);
    one.d = part(p.d, batch, i, j, 1, 1);
    one.seed = word;
    reseed(one.with, word);
    gemm(one);
  }
}

}  // namespace assay::kernel
