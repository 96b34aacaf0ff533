// softmax, log_softmax, logsumexp.
#include "forms.hpp"
#include "lines.hpp"

namespace assay::kernel {

namespace {

/// A mask's elements as they are, or nothing when there is none. Throws std::invalid_argument for another shape than x.
const std::byte* mask_of(const kernel_call& call) {
  if (!call.has_input("mask")) return nullptr;
  const tensor& mask = call.input("mask");
  const extents& due = call.input("x").shape();
  if (mask.shape() != due) {
    throw std::invalid_argument("mask has the shape " + to_string(mask.shape()) + "; expected that of x, " +
                                to_string(due) + ".");
  }
  return mask.bytes().data();
}

/// Calls work(a, io, values of a line, its number) for every line along the axis, masked elements as -infinity.
template <class A, class Work>
void for_each_masked_line(const kernel_call& call, const arithmetic& with, const axis_lines& lines, unsigned threads,
                          const Work& work) {
  const tensor& x = call.input("x");
  const std::byte* mask = mask_of(call);
  if (x.size() == 0) return;
  for_each_line<A>(with, lines.count(), lines.length, threads, [&](A& a, line_io<A>& io, std::size_t l) {
    std::vector<typename A::value> v(lines.length);
    io.load(x, lines.first(l), lines.step(), v, l);
    if (mask != nullptr) {
      const auto out = a.lowest();
      for (std::size_t i = 0; i < v.size(); ++i) {
        if (mask[lines.first(l) + i * lines.step()] == std::byte{0}) v[i] = out;
      }
    }
    work(a, io, v, l);
  });
}

/// y = f(a, line) line by line, in place.
template <class Function>
std::vector<tensor> map_lines(const kernel_call& call, const arithmetic& with, unsigned threads, const Function& f) {
  const tensor& x = call.input("x");
  const axis_lines lines = lines_along(x.shape(), call.integer("axis"));
  tensor y(element_type::of(*with.to), x.shape());
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    for_each_masked_line<A>(call, with, lines, threads, [&](A& a, line_io<A>& io, auto& v, std::size_t l) {
      f(a, line<A>(v), line_out<A>(v));
      io.store(v, y, lines.first(l), lines.step(), l);
    });
  });
  return only(std::move(y));
}

std::vector<tensor> run_softmax(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const softmax_form form = softmax_form_of(with);
  const double temperature = temperature_of(call);
  const cast* point = with.store_at("exponentials");
  return map_lines(call, with, threads, [&]<class A>(A& a, std::span<const typename A::value> x, auto y) {
    softmax(a, x, y, form, temperature, point);
  });
}

std::vector<tensor> run_log_softmax(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const log_softmax_form form = log_softmax_form_of(with);
  const double temperature = temperature_of(call);
  return map_lines(call, with, threads, [&]<class A>(A& a, std::span<const typename A::value> x, auto y) {
    log_softmax(a, x, y, form, temperature);
  });
}

std::vector<tensor> run_logsumexp(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const tensor& x = call.input("x");
  const axis_lines lines = lines_along(x.shape(), call.integer("axis"));
  const softmax_form form = softmax_form_of(with);
  const double temperature = temperature_of(call);
  tensor y(element_type::of(*with.to), reduced_shape(x.shape(), call.integer("axis"), call.flag("keepdim")));
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    if (lines.length == 0) {  // the sum of nothing
      A a(with);
      const auto nothing = a.lowest();
      line_io<A> io(with);
      for (std::size_t i = 0; i < y.size(); ++i) io.store({&nothing, 1}, y, i, 1);
    }
    for_each_masked_line<A>(call, with, lines, threads, [&](A& a, line_io<A>& io, auto& v, std::size_t l) {
      const typename A::value r = logsumexp(a, line<A>(v), line_out<A>(v), form, temperature);
      io.store({&r, 1}, y, l, 1, l);
    });
  });
  return only(std::move(y));
}

constexpr kernel_row softmax_rows[] = {
    {"softmax", softmax_variants, softmax_stores, run_softmax},
    {"log_softmax", log_softmax_variants, {}, run_log_softmax},
    {"logsumexp", logsumexp_variants, {}, run_logsumexp},
};

}  // namespace

family softmax_family() { return softmax_rows; }

}  // namespace assay::kernel
