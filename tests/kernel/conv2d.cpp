// conv2d against loops of rounded operations.
#include <catch2/catch.hpp>

#include <kernel/scalars.hpp>

using namespace test;
using assay::attribute_value;
using assay::bfloat16;
using assay::binary16;
using assay::binary32;
using assay::kernel_call;

namespace {

struct conv_case {
  std::int64_t channels, groups, filters, stride[2], padding[2], dilation[2];
};
constexpr conv_case cases[]{
    {3, 1, 4, {1, 1}, {0, 0}, {1, 1}}, {4, 2, 6, {2, 1}, {1, 2}, {1, 1}}, {2, 2, 2, {1, 2}, {2, 0}, {2, 1}}};
constexpr std::size_t rows = 3, columns = 2, height = 6, width = 5, images = 2;

attribute_value pair(const std::int64_t (&x)[2]) { return std::vector<std::int64_t>{x[0], x[1]}; }

kernel_call conv_call(random_source& random, const conv_case& c, bool has_bias) {
  kernel_call call("conv2d");
  const auto channels = static_cast<std::size_t>(c.channels), filters = static_cast<std::size_t>(c.filters);
  call.set_input("x", normal_tensor(random, binary16, {images, channels, height, width}));
  call.set_input("weight", normal_tensor(random, binary16,
                                         {filters, channels / static_cast<std::size_t>(c.groups), rows, columns}));
  if (has_bias) call.set_input("bias", normal_tensor(random, binary16, {filters}));
  call.set("groups", attribute_value(c.groups));
  call.set("stride", pair(c.stride));
  call.set("padding", pair(c.padding));
  call.set("dilation", pair(c.dilation));
  return call;
}

/// The definition, term by term in the named order; the bias first or last.
nums convolved(scalars& s, const kernel_call& call, const conv_case& c, extents out, bool channels_last, bool inside) {
  const nums x = load_all(s, call.input("x")), w = load_all(s, call.input("weight"));
  const nums bias = load_all(s, call.input("bias"));
  const auto of_group = static_cast<std::size_t>(c.channels / c.groups), filters = static_cast<std::size_t>(c.filters);
  nums all;
  for (std::size_t e = 0; e < out.count(); ++e) {
    const std::size_t q = e % out[3], p = e / out[3] % out[2], o = e / out[3] / out[2] % filters;
    const std::size_t image = e / out[3] / out[2] / filters;
    const std::size_t group = o / (filters / static_cast<std::size_t>(c.groups));
    num sum = inside && !bias.empty() ? bias[o] : s(0);
    const auto term = [&](std::size_t channel, std::size_t i, std::size_t j) {
      const auto row =
          static_cast<std::int64_t>(p) * c.stride[0] - c.padding[0] + static_cast<std::int64_t>(i) * c.dilation[0];
      const auto column =
          static_cast<std::int64_t>(q) * c.stride[1] - c.padding[1] + static_cast<std::int64_t>(j) * c.dilation[1];
      const bool outside = row < 0 || row >= std::int64_t{height} || column < 0 || column >= std::int64_t{width};
      const std::size_t plane = image * static_cast<std::size_t>(c.channels) + group * of_group + channel;
      const num there =
          outside ? s(0)
                  : x[(plane * height + static_cast<std::size_t>(row)) * width + static_cast<std::size_t>(column)];
      sum = sum + w[((o * of_group + channel) * rows + i) * columns + j] * there;
    };
    if (channels_last) {
      for (std::size_t t = 0; t < rows * columns; ++t) {
        for (std::size_t channel = 0; channel < of_group; ++channel) term(channel, t / columns, t % columns);
      }
    } else {
      for (std::size_t channel = 0; channel < of_group; ++channel) {
        for (std::size_t t = 0; t < rows * columns; ++t) term(channel, t / columns, t % columns);
      }
    }
    all.push_back(inside || bias.empty() ? sum : sum + bias[o]);
  }
  return all;
}

}  // namespace

TEST_CASE("a convolution is its sum over channels and taps in either order, its bias first or last") {
  random_source random(31);
  for (const auto& compute : compute_formats) {
    scalars s(compute.in);
    for (const conv_case& c : cases) {
      const kernel_call call = conv_call(random, c, true), bare = conv_call(random, c, false);
      for (const bool last : {false, true}) {
        CAPTURE(compute.name, c.groups, last);
        const std::string with =
            std::string("to=binary32 compute=") + compute.name + (last ? " taps=channels_last" : "");
        const tensor y = run(call, with, 2);
        CHECK(differences(y, convolved(s, call, c, y.shape(), last, false)) == 0);
        CHECK(differences(run(call, with + " bias=inside"), convolved(s, call, c, y.shape(), last, true)) == 0);
        CHECK(differences(run(bare, with), convolved(s, bare, c, y.shape(), last, false)) == 0);
      }
    }
  }
}

TEST_CASE("an exact convolution of one rounding is the same in every order, and a store rounds before the bias") {
  random_source random(32);
  const kernel_call call = conv_call(random, cases[1], true);
  const std::string exact = "accumulate=exact bias=inside to=bfloat16";
  CHECK(differences(run(call, exact), run(call, exact + " taps=channels_last order=reversed")) == 0);
  scalars s(binary32);
  const tensor y = run(call, "to=binary32 store.sums=bfloat16");
  kernel_call bare = call;
  bare.set_input("bias", tensor_of(binary16, {6}, {0}));
  nums due = convolved(s, bare, cases[1], y.shape(), false, true);
  for (std::size_t e = 0; e < due.size(); ++e) {
    const std::size_t o = e / y.shape()[3] / y.shape()[2] % 6;
    due[e] = s.through(due[e], bfloat16) + s.load(call.input("bias"), o);
  }
  CHECK(differences(y, due) == 0);
}

TEST_CASE("convolutions whose shapes do not fit are refused in a sentence") {
  random_source random(33);
  kernel_call call = conv_call(random, cases[0], true);
  call.set("groups", attribute_value(std::int64_t{2}));
  CHECK_THROWS_WITH(run(call, ""), Catch::Contains("groups is 2 for x of shape (2, 3, 6, 5)"));
  call = conv_call(random, cases[0], true);
  call.set("dilation", attribute_value(std::vector<std::int64_t>{4, 1}));
  CHECK_THROWS_WITH(run(call, ""), "a window spans 9 places; expected 1 to 6, x and its padding.");
  call = conv_call(random, cases[0], false);
  call.set_input("bias", normal_tensor(random, binary16, {5}));
  CHECK_THROWS_WITH(run(call, ""), "bias has the shape (5,); expected (4,).");
}
