#include "check.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

#include <assay/accumulate/dot.hpp>
#include <assay/format/name.hpp>

#include "integer_parts.hpp"

namespace assay::gemm_kernels {

void fail(const std::string& why) { throw std::invalid_argument("gemm: " + why); }

namespace {

using std::to_string;

std::string dimensions(std::size_t rows, std::size_t columns) { return to_string(rows) + " x " + to_string(columns); }

/// Where a matrix lies in memory: `lines` pieces of `line` bytes, `pitch` bytes apart.
struct extent {
  std::uintptr_t first = 0;
  std::size_t line = 0, lines = 0, pitch = 0, batches = 0, batch_pitch = 0;

  bool is_empty() const { return line == 0 || lines == 0 || batches == 0; }
  std::size_t matrix_bytes() const { return (lines - 1) * pitch + line; }
  std::uintptr_t last() const { return first + (batches - 1) * batch_pitch + matrix_bytes(); }
};

/// a * b, or an error when the bytes of the matrix cannot be counted.
std::size_t product(std::size_t a, std::size_t b, const char* name) {
  if (a != 0 && b > std::numeric_limits<std::ptrdiff_t>::max() / a) {
    fail(std::string(name) + " is larger than memory can be");
  }
  return a * b;
}

template <class Pointer>
extent check_matrix(const basic_matrix<Pointer>& x, const char* name, std::size_t batches) {
  const bool valid = std::visit([](const auto& type) { return type.is_valid(); }, x.type);
  if (!valid) fail(std::string("the format of ") + name + " is not valid");
  const bool by_rows = x.layout == matrix_layout::row_major;
  const std::size_t line = by_rows ? x.columns : x.rows, lines = by_rows ? x.rows : x.columns;
  const std::size_t leading = x.leading_dimension != 0 ? x.leading_dimension : line;
  if (leading < line) {
    fail(std::string("the leading dimension of ") + name + " is " + to_string(leading) + "; expected at least " +
         to_string(line) + (by_rows ? ", its columns" : ", its rows"));
  }
  const std::size_t bytes = bytes_of(x.type);
  extent e{reinterpret_cast<std::uintptr_t>(x.codes), line * bytes, lines, product(leading, bytes, name), batches,
           product(x.batch_stride, bytes, name)};
  if (e.is_empty()) return e;
  product(lines, e.pitch, name);
  product(batches, e.batch_pitch, name);
  if (x.codes == nullptr) fail(std::string(name) + " has " + dimensions(x.rows, x.columns) + " elements but no codes");
  if (e.first % bytes != 0) fail(std::string(name) + " is not aligned to its " + to_string(bytes) + "-byte codes");
  if (e.batch_pitch == 0) e.batches = 1;
  return e;
}

/// Exact for matrices side by side in one allocation with the same distance between lines; else whole ranges count.
bool overlap(const extent& x, const extent& y) {
  if (x.is_empty() || y.is_empty() || x.last() <= y.first || y.last() <= x.first) return false;
  if (x.pitch != y.pitch || x.batches != 1 || y.batches != 1) return true;
  // Where y's lines begin within x's pitch, and x's within y's.
  const bool ahead = y.first >= x.first;
  const std::size_t distance = (ahead ? y.first - x.first : x.first - y.first) % x.pitch;
  const std::size_t other = (x.pitch - distance) % x.pitch;
  return (ahead ? distance : other) < x.line || (ahead ? other : distance) < y.line;
}

void check_vector(const epilogue_vector& v, std::size_t expected, const char* name) {
  if (v.values == nullptr && v.size == 0) return;
  if (v.values == nullptr) fail(std::string("the ") + name + " has " + to_string(v.size) + " elements but no values");
  if (v.size != expected) {
    fail(std::string("the ") + name + " has " + to_string(v.size) + " elements; expected " + to_string(expected));
  }
}

template <class Vector>
void check_sizes(const Vector& v, std::size_t lines, const char* what) {
  if (v.values == nullptr && v.size == 0) return;
  if (v.values == nullptr) fail("there are " + to_string(v.size) + " " + what + " but no values");
  if (v.size != 1 && v.size != lines) {
    fail("there are " + to_string(v.size) + " " + what + "; expected 1 or " + to_string(lines));
  }
}

/// Block scales of op(A) or op(B), which has `rows` x `columns` elements.
void check_scales(const matrix& x, std::size_t rows, std::size_t columns, std::size_t block_rows,
                  std::size_t block_columns, const char* name, std::size_t batches, const extent& d) {
  if (x.codes == nullptr) return;
  const auto* f = std::get_if<format>(&x.type);
  if (f == nullptr || (*f != binary32 && *f != e8m0fnu)) {
    fail(std::string(name) + " are " + (f == nullptr ? "integers" : format_name(*f)) + "; expected binary32 or e8m0fnu");
  }
  const auto blocks = [](std::size_t size, std::size_t block) { return size / block + (size % block != 0 ? 1 : 0); };
  const std::size_t down = blocks(rows, block_rows), across = blocks(columns, block_columns);
  if (x.rows != down || x.columns != across) {
    fail(std::string(name) + " are " + dimensions(x.rows, x.columns) + "; expected " + dimensions(down, across) +
         ", one for each block of " + dimensions(block_rows, block_columns));
  }
  if (overlap(d, check_matrix(x, name, batches))) fail(std::string("D overlaps ") + name);
}

void check_block_scales(const gemm_problem& p, const shape& s, const extent& d) {
  const gemm_block_scales& b = p.block_scales;
  if (b.block_m == 0 || b.block_n == 0 || b.block_k == 0) {
    fail("blocks of scales are " + to_string(b.block_m) + ", " + to_string(b.block_n) + " and " + to_string(b.block_k) +
         " elements along m, n and k; expected 1 or more");
  }
  check_scales(b.a, s.m, s.k, b.block_m, b.block_k, "the block scales of A", p.batches, d);
  check_scales(b.b, s.k, s.n, b.block_k, b.block_n, "the block scales of B", p.batches, d);
}

bool same_place(const gemm_problem& p) {
  const strides c = strides_of(p.c), d = strides_of(p.d);
  return p.c.codes == p.d.codes && bytes_of(p.c.type) == bytes_of(p.d.type) && c.row == d.row && c.column == d.column &&
         (p.batches <= 1 || p.c.batch_stride == p.d.batch_stride);
}

}  // namespace

void check_one_or_each(const integer_vector& v, std::size_t lines, const char* what) { check_sizes(v, lines, what); }
void check_one_or_each(const epilogue_vector& v, std::size_t lines, const char* what) { check_sizes(v, lines, what); }

bool has_epilogue(const gemm_problem& p) {
  const gemm_epilogue& e = p.epilogue;
  return e.alpha != 1 || (p.c.codes != nullptr && p.c_in_epilogue) || e.row_scale.values || e.column_scale.values ||
         e.row_bias.values || e.column_bias.values || e.apply != activation::none || e.amax || e.output_scale != 1;
}

shape check(const gemm_problem& p) {
  const std::size_t m = p.transpose_a ? p.a.columns : p.a.rows, k = p.transpose_a ? p.a.rows : p.a.columns;
  const std::size_t k_of_b = p.transpose_b ? p.b.columns : p.b.rows, n = p.transpose_b ? p.b.rows : p.b.columns;
  if (k != k_of_b) {
    fail("op(A) is " + dimensions(m, k) + " and op(B) " + dimensions(k_of_b, n) + "; expected as many rows of op(B) as op(A) has columns");
  }
  if (p.d.rows != m || p.d.columns != n) {
    fail("D is " + dimensions(p.d.rows, p.d.columns) + "; expected " + dimensions(m, n));
  }
  const bool has_c = p.c.codes != nullptr;
  if (has_c && (p.c.rows != m || p.c.columns != n)) {
    fail("C is " + dimensions(p.c.rows, p.c.columns) + "; expected " + dimensions(m, n));
  }
  const extent a = check_matrix(p.a, "A", p.batches), b = check_matrix(p.b, "B", p.batches);
  const extent d = check_matrix(p.d, "D", p.batches);
  if (p.batches > 1 && !d.is_empty() && d.batch_pitch < d.matrix_bytes()) {
    fail("the batches of D are " + to_string(p.d.batch_stride) + " elements apart and overlap");
  }
  if (overlap(d, a)) fail("D overlaps A");
  if (overlap(d, b)) fail("D overlaps B");
  std::optional<format> addend;
  if (has_c) {
    const extent c = check_matrix(p.c, "C", p.batches);
    if (overlap(d, c) && !same_place(p)) fail("D overlaps C, and not element by element");
    if (!p.c_in_epilogue) {
      if (const auto* f = std::get_if<format>(&p.c.type)) addend = *f;
      if (p.epilogue.alpha != 1 || p.epilogue.beta != 1) {
        fail("sums that start from C take alpha and beta of 1 only; expected c_in_epilogue");
      }
    }
  }
  if (has_integer_parts(p)) check_integer_parts(p, {m, n, k});
  if (!p.to.is_valid()) fail("stochastic rounding takes " + to_string(p.to.random_bits) + " bits; expected 1 to 32");
  if (p.block_scales.is_on()) {
    check_block_scales(p, {m, n, k}, d);
    addend.reset();  // it meets the sum in binary32 only
  }
  // The lengths of the runs that the accumulator and the order see.
  const std::size_t block = p.block_scales.is_on() ? std::min(p.block_scales.block_k, k) : k;
  for (const std::size_t length : {block, k % std::max<std::size_t>(block, 1)}) {
    if (length == 0 && block != 0) continue;
    if (const std::string why = unfit_accumulator(p.with, p.a.type, p.b.type, addend, length); !why.empty()) fail(why);
    if (const std::string why = unfit_order(p.order, length); !why.empty()) fail(why);
  }
  check_vector(p.epilogue.row_scale, m, "row scale");
  check_vector(p.epilogue.column_scale, n, "column scale");
  check_vector(p.epilogue.row_bias, m, "row bias");
  check_vector(p.epilogue.column_bias, n, "column bias");
  return {m, n, k};
}

vectors rows_of_a(const gemm_problem& p, std::size_t batch) {
  const strides s = strides_of(p.a);
  const void* const codes = batch_of(p.a, batch);
  if (p.transpose_a) return {codes, p.a.type, p.a.columns, p.a.rows, s.column, s.row};
  return {codes, p.a.type, p.a.rows, p.a.columns, s.row, s.column};
}

vectors columns_of_b(const gemm_problem& p, std::size_t batch) {
  const strides s = strides_of(p.b);
  const void* const codes = batch_of(p.b, batch);
  if (p.transpose_b) return {codes, p.b.type, p.b.rows, p.b.columns, s.row, s.column};
  return {codes, p.b.type, p.b.columns, p.b.rows, s.column, s.row};
}

code_vector one_vector(const vectors& v, std::size_t i) {
  code_vector x;
  x.bytes = static_cast<int>(bytes_of(v.in));
  x.data = static_cast<const std::byte*>(v.codes) + i * v.between * static_cast<std::size_t>(x.bytes);
  x.size = v.length;
  x.type = v.in;
  x.stride = static_cast<std::ptrdiff_t>(v.along);
  return x;
}

}  // namespace assay::gemm_kernels
