// dot, gemm.
#include <assay/kernel/gemm.hpp>

#include "families.hpp"
#include "products.hpp"

namespace assay::kernel {

namespace {

[[noreturn]] void refuse_shape(std::string_view name, const extents& found, const std::string& due) {
  throw std::invalid_argument(std::string(name) + " has the shape " + to_string(found) + "; expected " + due + ".");
}

std::vector<tensor> run_dot(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const tensor &a = call.input("a"), &b = call.input("b"), &c = call.input("c");
  const extents& shape = a.shape();
  if (shape.rank() == 0) refuse_shape("a", shape, "at least one axis, along which to sum");
  if (b.shape() != shape) refuse_shape("b", b.shape(), "that of a, " + to_string(shape));
  const extents rows = shape.without_last();
  if (call.has_input("c") && c.shape() != rows) refuse_shape("c", c.shape(), to_string(rows));
  const std::size_t k = shape[shape.rank() - 1];

  tensor loaded[3], y(element_type::of(*with.to), rows);
  const auto factor = [&](const tensor& x, std::size_t i) -> const tensor& { return as_factor(x, with, loaded[i], i); };
  const tensor &left = factor(a, 0), &right = factor(b, 1);
  gemm_problem p;
  p.batches = rows.count();
  p.a = {.codes = left.bytes().data(), .type = left.type().layout, .rows = 1, .columns = k, .batch_stride = k};
  p.b = {.codes = right.bytes().data(), .type = right.type().layout, .rows = k, .columns = 1, .batch_stride = k};
  if (call.has_input("c")) {
    const tensor& addend = factor(c, 2);
    p.c = {.codes = addend.bytes().data(), .type = addend.type().layout, .rows = 1, .columns = 1, .batch_stride = 1};
  }
  p.d = {.codes = y.bytes().data(), .type = *with.to, .rows = 1, .columns = 1, .batch_stride = 1};
  p.with = *with.accumulate, p.order = with.order, p.to = with.to_how, p.seed = with.seed, p.threads = threads;
  multiply(p);
  return only(std::move(y));
}

/// An input of matrices: one, or a batch of them.
struct matrices {
  const tensor* codes = nullptr;
  std::size_t batches = 0;  ///< 0: one matrix, for every batch
  std::size_t rows = 0, columns = 0;

  matrices() = default;
  matrices(const kernel_call& call, std::string_view name) {
    if (!call.has_input(name)) return;
    codes = &call.input(name);
    const extents& shape = codes->shape();
    const std::size_t rank = shape.rank();
    const bool scale = name.ends_with("_scale");
    if (rank > 3 || (rank < 2 && !(scale && rank == 0))) {
      refuse_shape(name, shape, scale ? "(), or two axes, or three with a batch" : "two axes, or three with a batch");
    }
    rows = rank == 0 ? 1 : shape[rank - 2];
    columns = rank == 0 ? 1 : shape[rank - 1];
    if (rank == 3) batches = shape[0];
  }

  explicit operator bool() const { return codes != nullptr; }
  std::size_t first(std::size_t batch) const { return batches == 0 ? 0 : batch * rows * columns; }
  matrix view() const {
    return {.codes = codes->bytes().data(),
            .type = codes->type().layout,
            .rows = rows,
            .columns = columns,
            .batch_stride = batches == 0 ? 0 : rows * columns};
  }
};

/// Where the element i of `extent` finds its scale, when there are `parts` of them.
std::size_t part_of(std::size_t i, std::size_t extent, std::size_t parts) {
  return extent == 0 ? 0 : i / ((extent + parts - 1) / parts);
}

/// One gemm call: its shapes, checked, and its end.
struct gemm_run {
  matrices a, b, c, a_scale, b_scale;
  bool transpose_a, transpose_b;
  std::size_t batches = 1, m, n, k;
  bool has_batch = false;
  gemm_end end;
  scale_form scaling;

  gemm_run(const kernel_call& call, const arithmetic& with)
      : a(call, "a"),
        b(call, "b"),
        c(call, "c"),
        a_scale(call, "a_scale"),
        b_scale(call, "b_scale"),
        transpose_a(call.flag("transpose_a")),
        transpose_b(call.flag("transpose_b")) {
    m = transpose_a ? a.columns : a.rows;
    k = transpose_a ? a.rows : a.columns;
    n = transpose_b ? b.rows : b.columns;
    const std::size_t k_of_b = transpose_b ? b.columns : b.rows;
    if (k_of_b != k) {
      throw std::invalid_argument("a has " + std::to_string(k) + " elements to a sum, b " + std::to_string(k_of_b) +
                                  "; expected as many.");
    }
    for (const matrices* x : {&a, &b, &c, &a_scale, &b_scale}) take_batch(*x);
    if (c && (c.rows != m || c.columns != n)) refuse_shape("c", c.codes->shape(), to_string(extents{m, n}));
    if (call.has_input("bias") && call.input("bias").shape() != extents{n}) {
      refuse_shape("bias", call.input("bias").shape(), to_string(extents{n}));
    }
    check_scale(a_scale, "a_scale", m, k);
    check_scale(b_scale, "b_scale", k, n);
    end = {call.number("alpha"), call.number("beta"), static_cast<activation>(choice_index(call.choice("activation"))),
           choice<addend_form>(with, addend_variant)};
    scaling = choice<scale_form>(with, scale_variant);
    if (end.beta == 0) c = {};
    if (sums_start_from_c() && (end.alpha != 1 || end.beta != 1 || has_blocks())) {
      throw std::invalid_argument("addend is inside with alpha, beta or scales; expected none of these.");
    }
  }

  bool sums_start_from_c() const { return c && end.addend == addend_form::inside; }
  /// Whether sums are scaled, in place of factors.
  bool has_blocks() const { return (a_scale || b_scale) && scaling != scale_form::factors; }
  extents shape() const { return has_batch ? extents{batches, m, n} : extents{m, n}; }

  /// The boundaries of k between which all scales stay the same.
  std::vector<std::size_t> blocks() const {
    std::vector<std::size_t> all{0};
    const auto boundary = [&](const matrices& scale, std::size_t parts, std::size_t i) {
      return scale && part_of(i, k, parts) != part_of(i - 1, k, parts);
    };
    for (std::size_t i = 1; i < k; ++i) {
      if (boundary(a_scale, a_scale.columns, i) || boundary(b_scale, b_scale.rows, i)) all.push_back(i);
    }
    all.push_back(k);
    return all;
  }

 private:
  static std::size_t choice_index(std::string_view word) {
    std::size_t at = 0, found = 0;
    assay::detail::for_each_word(catalogue::gemm_attributes[4].choices, ' ', [&](std::string_view each) {
      if (each == word) found = at;
      ++at;
    });
    return found;
  }
  void take_batch(const matrices& x) {
    if (x.batches == 0 && !(x && x.codes->shape().rank() == 3)) return;
    if (has_batch && x.batches != batches) {
      refuse_shape("a batch", x.codes->shape(), "a batch of " + std::to_string(batches));
    }
    has_batch = true;
    batches = x.batches;
  }
  static void check_scale(const matrices& scale, std::string_view name, std::size_t rows, std::size_t columns) {
    if (!scale) return;
    const auto fits = [](std::size_t parts, std::size_t extent) {
      return parts != 0 && (extent == 0 || (parts <= extent && part_of(extent - 1, extent, parts) == parts - 1));
    };
    if (!fits(scale.rows, rows) || !fits(scale.columns, columns)) {
      refuse_shape(name, scale.codes->shape(),
                   "one scale for each block of a factor of " + to_string(extents{rows, columns}));
    }
  }
};

template <class A>
class gemm_runner {
 public:
  using value = typename A::value;

  gemm_runner(const kernel_call& call, const arithmetic& with, unsigned threads, const gemm_run& run)
      : with_(with), threads_(threads), run_(run), io_(with) {
    if (run.c && !run.sums_start_from_c()) c_ = io_.load_all(*run.c.codes, 2);
    if (call.has_input("bias")) bias_ = io_.load_all(call.input("bias"), 3);
    if (run.a_scale) a_scale_ = io_.load_all(*run.a_scale.codes, 4);
    if (run.b_scale) b_scale_ = io_.load_all(*run.b_scale.codes, 5);
    end_ = run.end;
  }

  tensor operator()() {
    a_ = factor(run_.a, a_scale_, run_.a_scale, run_.transpose_a, 0);
    b_ = factor(run_.b, b_scale_, run_.b_scale, run_.transpose_b, 1);
    tensor y(element_type::of(*with_.to), run_.shape());
    if (y.size() == 0) return y;
    const cast* stored = with_.store_at("sums");
    const bool ends = !c_.empty() || !bias_.empty() || end_.alpha != 1 || end_.then != activation::none;
    if (!ends && stored == nullptr && !run_.has_blocks()) {
      sum_into(y, 0, run_.k, with_.to_how);
      return y;
    }
    const std::vector<value> sums = run_.has_blocks() ? scaled_sums() : plain_sums(0, run_.k);
    each_row([&](A& a, line_io<A>& io, std::size_t row) {
      std::vector<value> line(run_.n);
      const std::size_t first = row * run_.n, own = run_.c.batches == 0 ? first % (run_.m * run_.n) : first;
      for (std::size_t j = 0; j < run_.n; ++j) {
        line[j] = finished(a, a.through(stored, sums[first + j]), c_.empty() ? nullptr : &c_[own + j],
                           bias_.empty() ? nullptr : &bias_[j], end_);
      }
      io.store(line, y, first, 1, row);
    });
    return y;
  }

 private:
  struct factor_codes {
    tensor loaded;
    matrix view;
  };

  /// The codes that are multiplied: in the input's own format if that will do, or scaled ones.
  factor_codes factor(const matrices& x, const std::vector<value>& scale, const matrices& scales, bool transposed,
                      std::uint64_t stream) {
    factor_codes f;
    f.view = x.view();
    if (!scale.empty() && !run_.has_blocks()) {
      std::vector<value> v = io_.load_all(*x.codes, stream);
      A a(with_);
      a.begin(stream);
      const std::size_t of_matrix = x.rows * x.columns, down = transposed ? x.columns : x.rows,
                        across = transposed ? x.rows : x.columns;
      for (std::size_t e = 0; e < v.size(); ++e) {
        const std::size_t i = transposed ? e % x.columns : e % of_matrix / x.columns;
        const std::size_t j = transposed ? e % of_matrix / x.columns : e % x.columns;
        v[e] = a.multiply(v[e], scale[scales.first(e / of_matrix) + part_of(i, down, scales.rows) * scales.columns +
                                      part_of(j, across, scales.columns)]);
      }
      arithmetic plain;
      plain.compute = with_.compute;
      f.loaded = tensor(element_type::of(*with_.compute), x.codes->shape());
      line_io<A>(plain).store(v, f.loaded, 0, 1);
      f.view.codes = f.loaded.bytes().data(), f.view.type = *with_.compute;
    } else {
      const tensor& codes = as_factor(*x.codes, with_, f.loaded, stream);
      f.view.codes = codes.bytes().data(), f.view.type = codes.type().layout;
    }
    return f;
  }

  /// The sums from `first` to `last` of k.
  void sum_into(tensor& y, std::size_t first, std::size_t last, const conversion& how) {
    const auto cut = [&](matrix x, bool by_rows) {
      const auto bytes = static_cast<std::size_t>(storage_bytes(std::get<format>(x.type)));
      x.codes = static_cast<const std::byte*>(x.codes) + first * (by_rows ? x.columns : 1) * bytes;
      x.leading_dimension = x.columns;
      (by_rows ? x.rows : x.columns) = last - first;
      return x;
    };
    gemm_problem p;
    p.a = cut(a_.view, run_.transpose_a), p.transpose_a = run_.transpose_a;
    p.b = cut(b_.view, !run_.transpose_b), p.transpose_b = run_.transpose_b;
    tensor start;
    if (run_.sums_start_from_c()) {
      p.c = run_.c.view();
      const tensor& codes = as_factor(*run_.c.codes, with_, start, 2);
      p.c.codes = codes.bytes().data(), p.c.type = codes.type().layout;
    }
    p.d = {.codes = y.bytes().data(),
           .type = y.type().layout,
           .rows = run_.m,
           .columns = run_.n,
           .batch_stride = run_.m * run_.n};
    p.batches = run_.batches;
    p.with = *with_.accumulate, p.order = with_.order, p.to = how;
    p.seed = with_.seed, p.threads = threads_;
    multiply(p, first);
  }

  std::vector<value> plain_sums(std::size_t first, std::size_t last) {
    tensor sums(element_type::of(*with_.compute), run_.shape());
    sum_into(sums, first, last, with_.how);
    arithmetic plain;
    plain.compute = with_.compute;
    return line_io<A>(plain).load_all(sums);
  }

  std::vector<value> scaled_sums() {
    std::vector<value> y(run_.batches * run_.m * run_.n, A(with_).constant(0));
    const auto blocks = run_.blocks();
    progress_stage told("emulation", "elements", blocks.size() - 1, y.size());
    for (std::size_t at = 0; at + 1 < blocks.size(); ++at) {
      const std::vector<value> sums = plain_sums(blocks[at], blocks[at + 1]);
      const auto scale_at = [&](const std::vector<value>& all, const matrices& scales, std::size_t batch,
                                std::size_t row, std::size_t column) {
        return all.empty() ? nullptr : &all[scales.first(batch) + row * scales.columns + column];
      };
      each_row(
          [&](A& a, line_io<A>&, std::size_t row) {
            const std::size_t batch = row / run_.m, i = row % run_.m;
            for (std::size_t j = 0; j < run_.n; ++j) {
              const value* left =
                  scale_at(a_scale_, run_.a_scale, batch, run_.a_scale ? part_of(i, run_.m, run_.a_scale.rows) : 0,
                           run_.a_scale ? part_of(blocks[at], run_.k, run_.a_scale.columns) : 0);
              const value* right = scale_at(b_scale_, run_.b_scale, batch,
                                            run_.b_scale ? part_of(blocks[at], run_.k, run_.b_scale.rows) : 0,
                                            run_.b_scale ? part_of(j, run_.n, run_.b_scale.columns) : 0);
              value& sum = y[row * run_.n + j];
              sum = scaled_sum(a, sum, sums[row * run_.n + j], left, right, run_.scaling);
            }
          },
          at << 32);
      told.add(1);
    }
    return y;
  }

  template <class Work>
  void each_row(const Work& work, std::uint64_t stream = 0) {
    for_each_line<A>(with_, run_.batches * run_.m, run_.n, threads_, [&](A& a, line_io<A>& io, std::size_t row) {
      a.begin(row ^ stream);
      work(a, io, row);
    });
  }

  const arithmetic& with_;
  unsigned threads_;
  const gemm_run& run_;
  line_io<A> io_;
  gemm_end end_;
  factor_codes a_, b_;
  std::vector<value> c_, bias_, a_scale_, b_scale_;
};

std::vector<tensor> run_gemm(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const gemm_run run(call, with);
  tensor y;
  with_scalar(with, [&]<class A>(std::type_identity<A>) { y = gemm_runner<A>(call, with, threads, run)(); });
  return only(std::move(y));
}

constexpr kernel_row product_rows[] = {
    {"dot", {}, {}, run_dot},
    {"gemm", gemm_variants, gemm_stores, run_gemm},
};

}  // namespace

family product_family() { return product_rows; }

}  // namespace assay::kernel
