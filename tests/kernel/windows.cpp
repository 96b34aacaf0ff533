// Pooling, embedding and collectives against loops of rounded operations and against the truth.
#include <catch2/catch.hpp>

#include <kernel/scalars.hpp>

using namespace test;
using assay::attribute_value;
using assay::bfloat16;
using assay::binary16;
using assay::binary32;
using assay::binary64;
using assay::e4m3fn;
using assay::kernel_call;

namespace {

attribute_value pair(std::int64_t down, std::int64_t across) { return std::vector<std::int64_t>{down, across}; }

struct pool_case {
  std::int64_t window[2], stride[2], padding[2];
  bool ceil_mode;
};
constexpr pool_case pool_cases[]{{{2, 2}, {2, 2}, {0, 0}, false}, {{3, 2}, {2, 1}, {1, 0}, false},
                                 {{3, 3}, {2, 2}, {1, 1}, true},  {{2, 3}, {3, 2}, {1, 1}, true},
                                 {{1, 1}, {2, 3}, {0, 0}, true},  {{5, 6}, {1, 1}, {2, 3}, false}};

kernel_call pool_call(std::string_view name, random_source& random, const pool_case& c) {
  kernel_call call(name);
  call.set_input("x", normal_tensor(random, binary16, {2, 3, 7, 6}));
  call.set("window", pair(c.window[0], c.window[1]));
  call.set("stride", pair(c.stride[0], c.stride[1]));
  call.set("padding", pair(c.padding[0], c.padding[1]));
  call.set("ceil_mode", attribute_value(c.ceil_mode));
  return call;
}

}  // namespace

TEST_CASE("a largest element is exact: max_pool2d in any format that holds its input is the truth") {
  random_source random(21);
  for (const pool_case& c : pool_cases) {
    kernel_call call = pool_call("max_pool2d", random, c);
    CHECK(differences(run(call, ""), truth(call, binary16)) == 0);
    call.set("dilation", pair(1, 1));
    CHECK(differences(run(call, "native"), truth(call, binary16)) == 0);
  }
  kernel_call dilated("max_pool2d");
  dilated.set_input("x", normal_tensor(random, binary16, {1, 2, 9, 9}));
  dilated.set("window", pair(3, 3));
  dilated.set("padding", pair(1, 1));
  dilated.set("dilation", pair(2, 3));
  CHECK(differences(run(dilated, ""), truth(dilated, binary16)) == 0);
}

TEST_CASE("avg_pool2d adds a window's elements row by row and divides once") {
  random_source random(22);
  for (const auto& compute : compute_formats) {
    scalars s(compute.in);
    for (const pool_case& c : pool_cases) {
      for (const bool counts_padding : {true, false}) {
        kernel_call call = pool_call("avg_pool2d", random, c);
        call.set("count_include_pad", attribute_value(counts_padding));
        const std::string with = std::string("to=binary32 compute=") + compute.name;
        const tensor y = run(call, with), by_reciprocal = run(call, with + " mean=reciprocal");
        nums due, reciprocal;
        const tensor& x = call.input("x");
        for (std::size_t image = 0; image < 6; ++image) {
          for (std::size_t p = 0; p < y.shape()[2]; ++p) {
            for (std::size_t q = 0; q < y.shape()[3]; ++q) {
              num sum = s(0);
              int within = 0, padded = 0;
              for (std::int64_t i = 0; i < c.window[0]; ++i) {
                for (std::int64_t j = 0; j < c.window[1]; ++j) {
                  const auto row = static_cast<std::int64_t>(p) * c.stride[0] + i - c.padding[0];
                  const auto column = static_cast<std::int64_t>(q) * c.stride[1] + j - c.padding[1];
                  padded += row < 7 + c.padding[0] && column < 6 + c.padding[1] ? 1 : 0;
                  if (row < 0 || row >= 7 || column < 0 || column >= 6) continue;
                  ++within;
                  sum = sum + s.load(x, image * 42 + static_cast<std::size_t>(row * 6 + column));
                }
              }
              const num count = s(counts_padding ? padded : within);
              due.push_back(sum / count);
              reciprocal.push_back(sum * (s(1) / count));
            }
          }
        }
        CAPTURE(compute.name, counts_padding);
        CHECK(differences(y, due) == 0);
        CHECK(differences(by_reciprocal, reciprocal) == 0);
        CHECK(largest_error(run(call, "accumulate=exact compute=binary64 to=binary64"), truth(call, binary64)) <
              0x1p-51);
      }
    }
  }
}

TEST_CASE("windows that do not fit are refused in a sentence") {
  random_source random(23);
  kernel_call call = pool_call("max_pool2d", random, {{8, 2}, {1, 1}, {0, 0}, false});
  CHECK_THROWS_WITH(run(call, ""), "a window spans 8 places; expected 1 to 7, x and its padding.");
  call = pool_call("max_pool2d", random, {{2, 2}, {1, 1}, {0, 2}, false});
  CHECK_THROWS_WITH(run(call, ""), "padding is 2; expected at most half the window, 1.");
  call = pool_call("avg_pool2d", random, pool_cases[0]);
  call.set("divisor_override", attribute_value(std::int64_t{0}));
  CHECK_THROWS_WITH(run(call, ""), "divisor_override is 0; expected another integer.");
}

TEST_CASE("an embedding rounds its rows once, or twice through a smaller compute format") {
  random_source random(24);
  kernel_call call("embedding");
  call.set_input("weight", normal_tensor(random, binary32, {11, 8}));
  tensor indices(assay::element_type::integer(32, true), {2, 5});
  for (std::size_t i = 0; i < indices.size(); ++i) indices.set(i, random.below(11));
  call.set_input("indices", indices);
  CHECK(differences(run(call, "to=bfloat16"), truth(call, bfloat16)) == 0);
  scalars s(e4m3fn);
  nums due;
  for (std::size_t e = 0; e < 80; ++e) due.push_back(s.load(call.input("weight"), indices[e / 8] * 8 + e % 8));
  CHECK(differences(run(call, "compute=e4m3fn to=bfloat16"), due) == 0);
  indices.set(3, 11);
  call.set_input("indices", indices);
  CHECK_THROWS_WITH(run(call, ""), "index 3 is 11; expected 0 to 11 - 1, the rows of weight.");
}

namespace {

/// Messages between ranks, one after another: everything that a collective does, told by who sends to whom.
struct ranks {
  scalars& s;
  nums have;
  std::optional<format> wire;

  num sent(num x) const { return wire ? s.through(x, *wire) : x; }
  void send(std::size_t from, std::size_t to) { have[to] = have[to] + sent(have[from]); }
};

using algorithm = num (*)(ranks, std::size_t element, std::size_t elements);

num ring(ranks r, std::size_t element, std::size_t elements) {
  const std::size_t n = r.have.size(), owner = element / ((elements + n - 1) / n);
  for (std::size_t at = (owner + 1) % n; at != owner; at = (at + 1) % n) r.send(at, (at + 1) % n);
  return r.have[owner];
}
num tree(ranks r, std::size_t, std::size_t) {
  const std::size_t n = r.have.size();
  for (std::size_t d = 1; d < n; d *= 2) {
    for (std::size_t to = 0; to < n; to += 2 * d) {
      if (to + d < n) r.send(to + d, to);
    }
  }
  return r.have[0];
}
/// Every rank that is left at every step, not only those that count.
num halving(ranks r, std::size_t element, std::size_t elements) {
  std::size_t power = 1;
  while (2 * power <= r.have.size()) power *= 2;
  const std::size_t extra = r.have.size() - power;
  nums kept;
  for (std::size_t i = 0; i < extra; ++i) {
    r.send(2 * i, 2 * i + 1);
    kept.push_back(r.have[2 * i + 1]);
  }
  for (std::size_t i = 2 * extra; i < r.have.size(); ++i) kept.push_back(r.have[i]);
  r.have = kept;
  for (std::size_t d = power / 2; d > 0; d /= 2) {
    const nums before = r.have;
    for (std::size_t i = 0; i < power; ++i) r.have[i] = before[i] + r.sent(before[i ^ d]);
  }
  return r.have[element / ((elements + power - 1) / power)];
}
num gathered(ranks r, std::size_t, std::size_t) {
  for (num& x : r.have) x = r.sent(x);
  return sum_of(r.s, r.have);
}

}  // namespace

TEST_CASE("collectives add what ranks send each other, rounded on the wire at every hop") {
  const std::pair<const char*, algorithm> algorithms[]{
      {"ring", ring}, {"tree", tree}, {"halving", halving}, {"gathered", gathered}};
  random_source random(25);
  for (const std::size_t n : {1u, 2u, 3u, 4u, 7u, 8u}) {
    for (const auto& compute : compute_formats) {
      for (const bool rounds : {false, true}) {
        for (const auto& each : algorithms) {
          scalars s(compute.in);
          const std::size_t elements = 5 * n;
          kernel_call all("all_reduce"), scatter("reduce_scatter");
          const tensor x = normal_tensor(random, binary16, {n, elements});
          all.set_input("x", x);
          scatter.set_input("x", x);
          nums reduced, spread;
          for (std::size_t e = 0; e < elements; ++e) {
            ranks r{s, {}, rounds ? std::optional(e4m3fn) : std::nullopt};
            for (std::size_t rank = 0; rank < n; ++rank) r.have.push_back(s.load(x, rank * elements + e));
            spread.push_back(each.second(r, e, elements));
            reduced.push_back(r.sent(spread.back()));
          }
          CAPTURE(n, compute.name, rounds, each.first);
          const std::string with = std::string("to=binary32 compute=") + compute.name + " algorithm=" + each.first +
                                   (rounds ? " store.wire=e4m3fn" : "");
          CHECK(differences(run(all, with), reduced) == 0);
          const tensor parts = run(scatter, with);
          CHECK(parts.shape() == extents{n, 5});
          CHECK(differences(parts, spread) == 0);
        }
      }
    }
  }
}

TEST_CASE("gathered and summed exactly, a collective is the truth") {
  random_source random(26);
  kernel_call call("all_reduce");
  call.set_input("x", normal_tensor(random, bfloat16, {8, 300}, 100));
  CHECK(differences(run(call, "compute=bfloat16 algorithm=gathered accumulate=exact"), truth(call, bfloat16)) == 0);
  CHECK(differences(run(call, "compute=bfloat16"), truth(call, bfloat16)) != 0);
}
