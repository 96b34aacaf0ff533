// Matrix products of tensors and of values, by the fast gemm().
#pragma once

#include <assay/bulk/gemm.hpp>
#include <assay/kernel/matrix.hpp>

#include "lines.hpp"

namespace assay::kernel {

/// The tensor's format where the compute format contains it and loading is plain, so that a matrix unit gets what it
/// takes; else the compute format, which a product's factors are then loaded into.
format factor_format(const tensor& x, const arithmetic& with);
/// x in factor_format(), its own codes or converted ones that `loaded` keeps.
const tensor& as_factor(const tensor& x, const arithmetic& with, tensor& loaded, std::uint64_t stream = 0);

/// gemm(), but sums that round stochastically draw words of their own: those of (seed, stream, element), and integer
/// accumulators take codes of any format whose numbers are whole. Throws std::invalid_argument for those that are not.
void multiply(gemm_problem p, std::uint64_t stream = 0);

/// Multiplies values; see kernel/matrix.hpp.
template <class A>
class products {
 public:
  using value = typename A::value;
  using values = value_matrix<value>;

  products(const arithmetic& with, std::uint64_t stream) : with_(&with), stream_(accumulate::stream_word(stream, 3)) {}

  void operator()(const values& l, const values& r, std::span<value> out, std::span<const value> start = {}) {
    const format in = *with_->compute;
    gemm_problem p;
    p.a = packed(l, left_);
    p.b = packed(r, right_);
    p.with = *with_->accumulate;
    p.order = with_->order;
    p.to = with_->how;
    p.seed = with_->seed ^ stream_;
    if (!start.empty()) p.c = packed(dense_matrix(start.data(), l.rows, r.columns, in), start_);
    out_ = tensor(element_type::of(in), {l.rows, r.columns});
    p.d = {.codes = out_.bytes().data(), .type = in, .rows = l.rows, .columns = r.columns};
    multiply(p, stream_++);
    line_io<A>(computing()).load(out_, 0, 1, out);
  }

 private:
  /// The arithmetic without a cast of its own, for codes that are as they should be.
  const arithmetic& computing() {
    plain_.compute = with_->compute;
    return plain_;
  }

  matrix packed(const values& x, tensor& codes) {
    codes = tensor(element_type::of(x.held_in), {x.rows, x.columns});
    line_.resize(x.columns);
    line_io<A> io(computing());
    for (std::size_t i = 0; i < x.rows; ++i) {
      for (std::size_t j = 0; j < x.columns; ++j) line_[j] = x(i, j);
      io.store(line_, codes, i * x.columns, 1);
    }
    return {.codes = codes.bytes().data(), .type = x.held_in, .rows = x.rows, .columns = x.columns};
  }

  const arithmetic* with_;
  arithmetic plain_;
  std::uint64_t stream_;
  tensor left_, right_, start_, out_;
  std::vector<value> line_;
};

}  // namespace assay::kernel
