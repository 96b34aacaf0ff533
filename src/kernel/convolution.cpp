// conv2d.
#include <assay/kernel/conv2d.hpp>

#include "families.hpp"
#include "products.hpp"
#include "windows2d.hpp"

namespace assay::kernel {

namespace {

struct convolution {
  const tensor &x, &weight, &bias;
  windows2d windows;
  std::size_t groups, channels, filters;  ///< of one group
  tap_order order;
  bool bias_inside;

  convolution(const kernel_call& call, const arithmetic& with)
      : x(call.input("x")),
        weight(checked(call.input("weight"))),
        bias(call.input("bias")),
        windows(call, weight.shape()[2], weight.shape()[3]),
        groups(static_cast<std::size_t>(std::max<std::int64_t>(call.integer("groups"), 0))),
        channels(weight.shape()[1]),
        order(choice<tap_order>(with, conv2d_variants[0])),
        bias_inside(choice<bias_form>(with, conv2d_variants[1]) == bias_form::inside) {
    if (groups == 0 || x.shape()[1] != channels * groups || weight.shape()[0] % groups != 0) {
      throw std::invalid_argument("groups is " + std::to_string(call.integer("groups")) + " for x of shape " +
                                  to_string(x.shape()) + " and weight of shape " + to_string(weight.shape()) +
                                  "; expected x (N, C, H, W) and weight (O, C / groups, R, S), groups dividing O.");
    }
    filters = weight.shape()[0] / groups;
    if (call.has_input("bias") && bias.shape() != extents{weight.shape()[0]}) {
      throw std::invalid_argument("bias has the shape " + to_string(bias.shape()) + "; expected " +
                                  to_string(extents{weight.shape()[0]}) + ".");
    }
  }

  std::size_t taps() const { return weight.shape()[2] * weight.shape()[3]; }
  std::size_t terms() const { return channels * taps(); }
  std::size_t places() const { return windows.down().outputs() * windows.across().outputs(); }
  std::size_t all_filters() const { return weight.shape()[0]; }

  /// The filters' codes, each term by term.
  tensor filter_rows(const tensor& codes) const {
    tensor rows(codes.type(), {all_filters(), terms()});
    for (std::size_t e = 0; e < codes.size(); ++e) {
      const std::size_t o = e / terms(), c = e % terms() / taps(), t = e % taps();
      rows.set(o * terms() + term_of(order, c, t, channels, taps()), codes[e]);
    }
    return rows;
  }

  /// What every output of an image's group is summed over, an output a row.
  tensor patches(const tensor& codes, std::size_t image, std::size_t group) const {
    const std::size_t height = x.shape()[2], width = x.shape()[3], across = windows.across().outputs();
    const std::uint64_t zero = convert(0.0, codes.type().layout).code;
    tensor rows(codes.type(), {places(), terms()});
    for (std::size_t p = 0; p < places(); ++p) {
      for (std::size_t t = 0; t < taps(); ++t) {
        const auto row = windows.down().place(p / across, t / windows.across().window);
        const auto column = windows.across().place(p % across, t % windows.across().window);
        for (std::size_t c = 0; c < channels; ++c) {
          const std::size_t plane = image * x.shape()[1] + group * channels + c;
          const std::uint64_t code = row && column ? codes[(plane * height + *row) * width + *column] : zero;
          rows.set(p * terms() + term_of(order, c, t, channels, taps()), code);
        }
      }
    }
    return rows;
  }

 private:
  static const tensor& checked(const tensor& weight) {
    if (weight.shape().rank() == 4) return weight;
    throw std::invalid_argument("weight has the shape " + to_string(weight.shape()) +
                                "; expected (O, C / groups, R, S).");
  }
};

std::vector<tensor> run_conv2d(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const convolution conv(call, with);
  tensor loaded_x, loaded_weight, loaded_bias, starts;
  const tensor& codes = as_factor(conv.x, with, loaded_x, 0);
  const tensor filters = conv.filter_rows(as_factor(conv.weight, with, loaded_weight, 1));
  const bool has_bias = call.has_input("bias"), inside = has_bias && conv.bias_inside;
  if (inside) {  // each filter's bias, once for every output
    const tensor& bias = as_factor(conv.bias, with, loaded_bias, 2);
    starts = tensor(bias.type(), {conv.all_filters(), conv.places()});
    for (std::size_t e = 0; e < starts.size(); ++e) starts.set(e, bias[e / conv.places()]);
  }
  const cast* stored = with.store_at("sums");
  const bool ends = (has_bias && !inside) || stored != nullptr;
  tensor y(element_type::of(*with.to), conv.windows.outputs(conv.x.shape()[0], conv.all_filters()));
  tensor sums(element_type::of(ends ? *with.compute : *with.to), y.shape());

  const std::size_t per_group = conv.filters * conv.places(), groups = conv.x.shape()[0] * conv.groups;
  progress_stage told("emulation", "elements", groups, y.size());
  gemm_kernels::parallel_for(y.size() == 0 ? 1 : threads, y.size() == 0 ? 0 : groups, [&](std::size_t l) {
    const std::size_t group = l % conv.groups;
    const tensor patches = conv.patches(codes, l / conv.groups, group);
    const auto width = [](const tensor& t) { return static_cast<std::size_t>(t.type().bytes()); };
    gemm_problem p;
    p.a = {.codes = filters.bytes().data() + group * conv.filters * conv.terms() * width(filters),
           .type = filters.type().layout,
           .rows = conv.filters,
           .columns = conv.terms()};
    p.b = {
        .codes = patches.bytes().data(), .type = patches.type().layout, .rows = conv.places(), .columns = conv.terms()};
    p.transpose_b = true;
    if (inside) {
      p.c = {.codes = starts.bytes().data() + group * per_group * width(starts),
             .type = starts.type().layout,
             .rows = conv.filters,
             .columns = conv.places()};
    }
    p.d = {.codes = sums.bytes().data() + l * per_group * width(sums),
           .type = sums.type().layout,
           .rows = conv.filters,
           .columns = conv.places()};
    p.with = *with.accumulate, p.order = with.order, p.to = ends ? with.how : with.to_how;
    p.seed = accumulate::stream_word(with.seed, l);
    multiply(p);
    told.add(1);
  });
  if (!ends) return only(std::move(sums));

  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    using value = typename A::value;
    arithmetic plain;
    plain.compute = with.compute;
    const std::vector<value> bias =
        has_bias && !inside ? line_io<A>(with).load_all(conv.bias, 2) : std::vector<value>();
    for_each_line<A>(with, conv.x.shape()[0] * conv.all_filters(), conv.places(), threads,
                     [&](A& a, line_io<A>& io, std::size_t l) {
                       std::vector<value> v(conv.places());
                       line_io<A>(plain).load(sums, l * v.size(), 1, v);
                       for (value& each : v) {
                         each = a.through(stored, each);
                         if (!bias.empty()) each = a.add(each, bias[l % conv.all_filters()]);
                       }
                       io.store(v, y, l * v.size(), 1, l);
                     });
  });
  return only(std::move(y));
}

constexpr kernel_row convolution_rows[] = {
    {"conv2d", conv2d_variants, conv2d_stores, run_conv2d},
};

}  // namespace

family convolution_family() { return convolution_rows; }

}  // namespace assay::kernel
