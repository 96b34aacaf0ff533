#include "products.hpp"

#include <cmath>

#include <assay/format/containment.hpp>
#include <assay/number/convert.hpp>
#include <assay/number/print.hpp>

namespace assay::kernel {

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

/// The numbers of a matrix, which an integer accumulator takes as integers only: in the fewest bits that hold them all.
/// Throws std::invalid_argument for what is no integer of 32 bits.
tensor as_integers(const matrix& x, std::size_t batches, const char* what) {
  const format f = std::get<format>(x.type);
  const std::size_t pitch = x.leading_dimension != 0 ? x.leading_dimension : x.columns;
  const std::size_t count = x.rows * x.columns, all = (x.batch_stride == 0 ? 1 : batches) * count;
  code_vector codes;
  codes.data = x.codes, codes.bytes = storage_bytes(f);
  std::vector<std::int32_t> numbers(all);
  std::int32_t least = 0, most = 0;
  for (std::size_t e = 0; e < all; ++e) {
    const std::size_t at = e / count * x.batch_stride + e % count / x.columns * pitch + e % count % x.columns;
    const double v = to_double(codes[at], f);
    if (!(v >= -0x1p31 && v < 0x1p31) || v != std::trunc(v)) {
      throw std::invalid_argument(std::string(what) + " holds " + std::string(to_text({codes[at], f}).view()) +
                                  "; an integer accumulator takes whole numbers of 32 bits.");
    }
    numbers[e] = static_cast<std::int32_t>(v);
    least = std::min(least, numbers[e]), most = std::max(most, numbers[e]);
  }
  const bool is_signed = least < 0;
  const auto fits = [&](int bits) {
    return least >= -(std::int64_t{1} << (bits - 1)) && most < std::int64_t{1} << (bits - (is_signed ? 1 : 0));
  };
  const int bits = fits(8) ? 8 : fits(16) ? 16 : 32;
  tensor integers(element_type::integer(bits, is_signed), {all});
  for (std::size_t e = 0; e < all; ++e) {
    integers.set(e, static_cast<std::uint32_t>(numbers[e]) & (~std::uint32_t{0} >> (32 - bits)));
  }
  return integers;
}

void multiply_integers(gemm_problem p) {
  tensor kept[3];
  std::size_t next = 0;
  const auto take = [&](matrix& x, const char* what) {
    if (x.codes == nullptr) return;
    tensor& integers = kept[next++] = as_integers(x, p.batches, what);
    x.codes = integers.bytes().data();
    x.type = integer_format{integers.type().integer_bits, integers.type().what == element_type::kind::signed_integer};
    x.leading_dimension = 0;
    if (x.batch_stride != 0) x.batch_stride = x.rows * x.columns;
  };
  take(p.a, "a"), take(p.b, "b"), take(p.c, "c");
  gemm(p);
}

}  // namespace

void multiply(gemm_problem p, std::uint64_t stream) {
  if (std::holds_alternative<accumulate::integer>(p.with)) return multiply_integers(p);
  if (!is_stochastic(p.with)) return gemm(p);
  const std::size_t m = p.d.rows, n = p.d.columns, k = p.transpose_a ? p.a.rows : p.a.columns;
  progress_stage told("emulation", "elements", p.batches * m * n);
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
    told.add(1);
  }
}

}  // namespace assay::kernel
