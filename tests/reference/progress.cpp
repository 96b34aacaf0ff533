// What an observer of truths hears.
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

#include <assay/progress.hpp>
#include <assay/reference/gemm.hpp>
#include <assay/reference/norm_backward.hpp>
#include <assay/reference/softmax.hpp>

#include "wide.hpp"

using namespace assay;

namespace {

struct report {
  std::string what, unit;
  std::size_t done, total;
};

/// What an observer hears while `work` runs.
template <class Work>
std::vector<report> heard(const Work& work) {
  std::vector<report> all;
  const observed watching([&](const stage_progress& p) {
    all.push_back({std::string(p.what), std::string(p.unit), p.done, p.total});
  });
  work();
  return all;
}

/// Each stage starts at 0, grows, and ends at its total. How many there are.
std::size_t whole_stages(const std::vector<report>& all) {
  std::size_t stages = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_first = all[i].done == 0, is_last = i + 1 == all.size() || all[i + 1].done == 0;
    stages += is_first ? 1 : 0;
    if (!is_first) {
      REQUIRE(i != 0);
      CHECK(all[i].done > all[i - 1].done);
      CHECK(all[i].total == all[i - 1].total);
      CHECK(all[i].what == all[i - 1].what);
    }
    if (is_last) CHECK(all[i].done == all[i].total);
  }
  return stages;
}

tensor random_tensor(extents shape, std::uint64_t seed) {
  test::random_source random(seed);
  std::vector<double> values(shape.count());
  for (double& v : values) v = test::unit(random) * 2 - 1;
  return test::tensor_of(binary32, shape, values);
}

bool same(const tensor& a, const tensor& b) { return std::ranges::equal(a.bytes(), b.bytes()); }

}  // namespace

TEST_CASE("An observed truth counts its elements to the last, forwards, and is the same truth", "[reference]") {
  using clock = std::chrono::steady_clock;
  reference::request want{.to = bfloat16, .enclosure = true, .intervals_only = true};
  tensor x;
  reference::truth alone;
  // Long enough for reports in between, on any machine.
  auto taken = clock::duration::zero();
  for (std::size_t rows = 600; taken < std::chrono::milliseconds(250); rows *= 2) {
    x = random_tensor({rows, 64}, 1);
    want.threads = 1;
    const clock::time_point start = clock::now();
    alone = reference::softmax(x.view(), {}, want);
    taken = clock::now() - start;
  }
  for (const unsigned threads : {1U, 3U}) {
    want.threads = threads;
    reference::truth watched;
    const auto all = heard([&] { watched = reference::softmax(x.view(), {}, want); });
    CHECK(whole_stages(all) == 1);
    CHECK(all.size() > 2);
    CHECK(all.back().what == "truth");
    CHECK(all.back().unit == "elements");
    CHECK(all.back().total == x.size());
    CHECK(same(watched.value, alone.value));
    CHECK(same(watched.lower, alone.lower));
    CHECK(same(watched.upper, alone.upper));
    CHECK(watched.decided == alone.decided);
  }
}

TEST_CASE("A truth of several stages tells each from its start to its end", "[reference]") {
  const tensor x = random_tensor({40, 24}, 2), dy = random_tensor({40, 24}, 3);
  CHECK(whole_stages(heard([&] { reference::layer_norm_backward(x.view(), {}, dy.view()); })) == 4);
}

TEST_CASE("A product tells of its elements", "[reference]") {
  const tensor a = random_tensor({300, 20}, 4), b = random_tensor({20, 300}, 5);
  const auto all = heard([&] { reference::gemm({.a = a.view(), .b = b.view()}, {}, {.threads = 2}); });
  CHECK(whole_stages(all) == 1);
  CHECK(all.back().total == 90000);
}

TEST_CASE("The innermost observer hears, an empty one silences, and afterwards nobody does", "[reference]") {
  const tensor x = random_tensor({4, 8}, 6);
  std::size_t outer = 0, inner = 0;
  {
    const observed watching([&](const stage_progress&) { ++outer; });
    {
      const observed closer([&](const stage_progress&) { ++inner; });
      reference::softmax(x.view(), {}, {});
    }
    {
      const observed nobody(nullptr);
      reference::softmax(x.view(), {}, {});
    }
    CHECK(inner != 0);
    CHECK(outer == 0);
    reference::softmax(x.view(), {}, {});
    CHECK(outer == inner);
  }
  reference::softmax(x.view(), {}, {});
  CHECK(outer == inner);
}

TEST_CASE("A stage counts what all threads add exactly, and what runs within it tells nothing", "[reference]") {
  const tensor x = random_tensor({4, 8}, 7);
  for (const std::size_t amount : {std::size_t{4000}, std::size_t{7}, std::size_t{1} << 60}) {
    const auto all = heard([&] {
      progress_stage told("work", "things", 4000, amount);
      std::vector<std::thread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
          for (int i = 0; i < 1000; ++i) told.add(1);
        });
      }
      reference::softmax(x.view(), {}, {});
      for (std::thread& thread : threads) thread.join();
    });
    CHECK(whole_stages(all) == 1);
    CHECK(all.back().what == "work");
    CHECK(all.back().total == amount);
  }
}
