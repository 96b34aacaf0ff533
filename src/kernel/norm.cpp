// layer_norm, rms_norm, batch_norm, group_norm.
#include "forms.hpp"
#include "lines.hpp"

namespace assay::kernel {

namespace {

/// An optional input's elements. Throws std::invalid_argument for another number of them than `due`.
template <class A>
std::vector<typename A::value> load_optional(line_io<A>& io, const kernel_call& call, std::string_view name,
                                             std::size_t due) {
  if (!call.has_input(name)) return {};
  const tensor& t = call.input(name);
  if (t.size() != due) {
    throw std::invalid_argument(std::string(name) + " has the shape " + to_string(t.shape()) + "; expected " +
                                std::to_string(due) + " elements for x of shape " + to_string(call.input("x").shape()) +
                                ".");
  }
  return io.load_all(t);
}

std::vector<tensor> run_layer_norm(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const tensor& x = call.input("x");
  const axis_lines lines = lines_of_last(x.shape(), call.integer("axes"));
  const normalise_form form = normalise_form_of(with);
  const double eps = eps_of(call);
  const cast* point = with.store_at("normalised");
  tensor y(element_type::of(*with.to), x.shape());
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    line_io<A> parameters(with);
    const auto weight = load_optional<A>(parameters, call, "weight", lines.length);
    const auto bias = load_optional<A>(parameters, call, "bias", lines.length);
    if (x.size() == 0) return;
    for_each_line<A>(with, lines.count(), lines.length, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      std::vector<typename A::value> v(lines.length);
      io.load(x, lines.first(l), 1, v, l);
      layer_norm(a, line<A>(v), line<A>(weight), line<A>(bias), eps, line_out<A>(v), form, point);
      io.store(v, y, lines.first(l), 1, l);
    });
  });
  return only(std::move(y));
}

std::vector<tensor> run_rms_norm(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const tensor& x = call.input("x");
  const axis_lines lines = lines_of_last(x.shape(), call.integer("axes"));
  const normalise_form form = normalise_form_of(with);
  const double eps = eps_of(call);
  // The kernel's own cast, when it has one and the arithmetic does not say another.
  cast own;
  const cast* point = with.store_at("normalised");
  if (const std::string name = call.choice("cast_before_weight"); point == nullptr && name != "none") {
    own.to = *find_named_format(name);
    point = &own;
  }
  tensor y(element_type::of(*with.to), x.shape());
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    line_io<A> parameters(with);
    const auto weight = load_optional<A>(parameters, call, "weight", lines.length);
    if (x.size() == 0) return;
    for_each_line<A>(with, lines.count(), lines.length, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      std::vector<typename A::value> v(lines.length);
      io.load(x, lines.first(l), 1, v, l);
      rms_norm(a, line<A>(v), line<A>(weight), eps, line_out<A>(v), form, point);
      io.store(v, y, lines.first(l), 1, l);
    });
  });
  return only(std::move(y));
}

/// x as (N, C, elements of a channel). Throws std::invalid_argument below two axes.
struct channel_layout {
  std::size_t samples, channels, size;

  explicit channel_layout(const extents& shape) {
    if (shape.rank() < 2) {
      throw std::invalid_argument("x has the shape " + to_string(shape) + "; expected (N, C, ...).");
    }
    samples = shape[0];
    channels = shape[1];
    size = 1;
    for (std::size_t axis = 2; axis < shape.rank(); ++axis) size *= shape[axis];
  }
};

/// Channel by channel values, each repeated; nothing from nothing.
template <class Value>
std::vector<Value> repeated(std::span<const Value> each, std::size_t times) {
  std::vector<Value> all;
  all.reserve(each.size() * times);
  for (const Value& v : each) all.insert(all.end(), times, v);
  return all;
}

std::vector<tensor> run_group_norm(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const tensor& x = call.input("x");
  const channel_layout layout(x.shape());
  const std::int64_t groups = call.integer("groups");
  if (groups < 1 || layout.channels % static_cast<std::size_t>(groups) != 0) {
    throw std::invalid_argument("groups is " + std::to_string(groups) + "; expected a divisor of the " +
                                std::to_string(layout.channels) + " channels.");
  }
  const auto group_count = static_cast<std::size_t>(groups);
  const std::size_t channels = layout.channels / group_count, length = channels * layout.size;
  const normalise_form form = normalise_form_of(with);
  const double eps = eps_of(call);
  const cast* point = with.store_at("normalised");
  tensor y(element_type::of(*with.to), x.shape());
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    using value = typename A::value;
    line_io<A> parameters(with);
    const auto weight = load_optional<A>(parameters, call, "weight", layout.channels);
    const auto bias = load_optional<A>(parameters, call, "bias", layout.channels);
    if (x.size() == 0) return;
    for_each_line<A>(with, layout.samples * group_count, length, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      const auto of_group = [&](const std::vector<value>& all) {
        const auto own = std::span<const value>(all).subspan(all.empty() ? 0 : l % group_count * channels,
                                                             all.empty() ? 0 : channels);
        return repeated(own, layout.size);
      };
      const std::vector<value> w = of_group(weight), b = of_group(bias);
      std::vector<value> v(length);
      io.load(x, l * length, 1, v, l);
      layer_norm(a, line<A>(v), line<A>(w), line<A>(b), eps, line_out<A>(v), form, point);
      io.store(v, y, l * length, 1, l);
    });
  });
  return only(std::move(y));
}

std::vector<tensor> run_batch_norm(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const tensor& x = call.input("x");
  const channel_layout layout(x.shape());
  const std::size_t n = layout.samples * layout.size;
  const normalise_form form = normalise_form_of(with);
  const double eps = eps_of(call), momentum = call.number("momentum");
  const bool training = call.flag("training"), has_running = call.has_input("running_mean");
  if (has_running != call.has_input("running_var") || (!training && !has_running)) {
    throw std::invalid_argument("batch_norm needs running_mean and running_var, both, in inference.");
  }
  if (training && n < 2) {
    throw std::invalid_argument("batch_norm in training has " + std::to_string(n) +
                                " element in a channel; expected 2 or more.");
  }
  const cast* point = with.store_at("normalised");
  const element_type type = element_type::of(*with.to);
  const extents per_channel = training && has_running ? extents{layout.channels} : extents{0};
  std::vector<tensor> results{tensor(type, x.shape()), tensor(type, per_channel), tensor(type, per_channel)};
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    using value = typename A::value;
    line_io<A> parameters(with);
    const auto weight = load_optional<A>(parameters, call, "weight", layout.channels);
    const auto bias = load_optional<A>(parameters, call, "bias", layout.channels);
    const auto running_mean = load_optional<A>(parameters, call, "running_mean", layout.channels);
    const auto running_var = load_optional<A>(parameters, call, "running_var", layout.channels);
    for_each_line<A>(with, layout.channels, n, threads, [&](A& a, line_io<A>& io, std::size_t channel) {
      const auto own = [&](const std::vector<value>& all) {
        return all.empty() ? std::vector<value>() : std::vector<value>(n, all[channel]);
      };
      const std::vector<value> w = own(weight), b = own(bias);
      std::vector<value> v(n);
      const auto each_sample = [&](const auto& use) {
        for (std::size_t s = 0; s < layout.samples; ++s) {
          const std::size_t stream = s * layout.channels + channel;
          use(std::span(v).subspan(s * layout.size, layout.size), stream * layout.size, stream);
        }
      };
      each_sample([&](auto part, std::size_t first, std::size_t stream) { io.load(x, first, 1, part, stream); });
      line_statistics<value> of{};
      if (training) {
        of = statistics_of(a, line<A>(v), form.statistics, static_cast<double>(n));
        if (has_running) {
          const value share = a.constant(momentum), rest = a.constant(1 - momentum);
          const value unbiased =
              a.multiply(of.variance, a.constant(static_cast<double>(n) / (static_cast<double>(n) - 1)));
          const auto moved = [&](value now, value before) {
            return a.add(a.multiply(share, now), a.multiply(rest, before));
          };
          const value mean = moved(of.mean, running_mean[channel]), var = moved(unbiased, running_var[channel]);
          io.store({&mean, 1}, results[1], channel, 1, channel);
          io.store({&var, 1}, results[2], channel, 1, channel);
        }
      } else {
        of = {running_mean[channel], running_var[channel]};
      }
      normalise(a, line<A>(v), of, line<A>(w), line<A>(b), eps, line_out<A>(v), form, point);
      each_sample(
          [&](auto part, std::size_t first, std::size_t stream) { io.store(part, results[0], first, 1, stream); });
    });
  });
  return results;
}

constexpr kernel_row norm_rows[] = {
    {"layer_norm", layer_norm_variants, normalise_stores, run_layer_norm},
    {"rms_norm", rms_norm_variants, normalise_stores, run_rms_norm},
    {"batch_norm", layer_norm_variants, normalise_stores, run_batch_norm},
    {"group_norm", layer_norm_variants, normalise_stores, run_group_norm},
};

}  // namespace

family norm_family() { return norm_rows; }

}  // namespace assay::kernel
