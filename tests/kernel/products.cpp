// dot and gemm against loops of rounded operations, against gemm() itself, and against the truth.
#include <catch2/catch.hpp>

#include <assay/bulk/gemm.hpp>
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

constexpr std::size_t m = 5, n = 7, k = 20;

kernel_call product_call(random_source& random, format in, double deviation = 1) {
  kernel_call call("gemm");
  call.set_input("a", normal_tensor(random, in, {m, k}, deviation));
  call.set_input("b", normal_tensor(random, in, {k, n}, deviation));
  return call;
}

/// Sums of products from first to last of k, in that arithmetic.
nums sums_of(scalars& s, const kernel_call& call, std::size_t first = 0, std::size_t last = k, const nums& start = {}) {
  const nums a = load_all(s, call.input("a")), b = load_all(s, call.input("b"));
  nums all;
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      num sum = start.empty() ? s(0) : start[i * n + j];
      for (std::size_t l = first; l < last; ++l) sum = sum + a[i * k + l] * b[l * n + j];
      all.push_back(sum);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("a product's sums are its products, rounded and added one by one") {
  random_source random(11);
  for (const auto& compute : compute_formats) {
    scalars s(compute.in);
    const kernel_call call = product_call(random, binary16);
    CAPTURE(compute.name);
    const std::string with = std::string("compute=") + compute.name;
    CHECK(differences(run(call, with), sums_of(s, call)) == 0);
    CHECK(differences(run(call, with, 3), run(call, with)) == 0);
    const std::string wide = with + " to=binary64";
    CHECK(differences(run(call, wide + " order=reversed"), run(call, wide)) != 0);
  }
}

TEST_CASE("a product's end is alpha, c, bias and activation, each rounded in the compute format") {
  random_source random(12);
  for (const auto& compute : compute_formats) {
    scalars s(compute.in);
    kernel_call call = product_call(random, binary16);
    call.set_input("c", normal_tensor(random, binary16, {m, n}));
    call.set_input("bias", normal_tensor(random, binary16, {n}));
    call.set("alpha", attribute_value(0.7));
    call.set("beta", attribute_value(-1.3));
    call.set("activation", "silu");
    const nums sums = sums_of(s, call), c = load_all(s, call.input("c")), bias = load_all(s, call.input("bias"));
    nums rounded, fused;
    for (std::size_t e = 0; e < m * n; ++e) {
      const auto silu = [&](num x) { return s.call(assay::elementary::silu, x); };
      rounded.push_back(silu(s(0.7) * sums[e] + s(-1.3) * c[e] + bias[e % n]));
      fused.push_back(silu(fma(s(0.7), sums[e], s(-1.3) * c[e]) + bias[e % n]));
    }
    CAPTURE(compute.name);
    const std::string with = std::string("to=bfloat16 compute=") + compute.name;
    CHECK(differences(run(call, with), rounded) == 0);
    CHECK(differences(run(call, with + " addend=fused"), fused) == 0);
  }
}

TEST_CASE("sums may start from c, and pass through a store") {
  random_source random(13);
  for (const auto& compute : compute_formats) {
    scalars s(compute.in);
    kernel_call call = product_call(random, e4m3fn);
    call.set_input("c", normal_tensor(random, e4m3fn, {m, n}));
    const nums c = load_all(s, call.input("c"));
    CAPTURE(compute.name);
    const std::string with = std::string("compute=") + compute.name;
    CHECK(differences(run(call, with + " addend=inside to=binary16"), sums_of(s, call, 0, k, c)) == 0);
    nums stored = sums_of(s, call);
    for (std::size_t e = 0; e < m * n; ++e) stored[e] = s.through(stored[e], bfloat16) + c[e];
    CHECK(differences(run(call, with + " store.sums=bfloat16 to=binary16"), stored) == 0);
  }
}

TEST_CASE("a block's scales enter in the named way") {
  random_source random(14);
  for (const auto& compute : compute_formats) {
    if (compute.in == e4m3fn) continue;  // products of scales overflow it
    scalars s(compute.in);
    kernel_call call = product_call(random, e4m3fn);
    call.set_input("a_scale", normal_tensor(random, binary32, {m, 2}));  // blocks of ten
    call.set_input("b_scale", normal_tensor(random, binary32, {4, 1}));  // of five
    const nums p = load_all(s, call.input("a_scale")), q = load_all(s, call.input("b_scale"));
    nums one_by_one(m * n, s(0)), scale_first = one_by_one, fused = one_by_one, factors = one_by_one;
    const nums a = load_all(s, call.input("a")), b = load_all(s, call.input("b"));
    for (std::size_t block = 0; block < 4; ++block) {
      const nums d = sums_of(s, call, 5 * block, 5 * block + 5);
      for (std::size_t e = 0; e < m * n; ++e) {
        const num left = p[e / n * 2 + block / 2], right = q[block];
        one_by_one[e] = one_by_one[e] + (d[e] * left) * right;
        scale_first[e] = scale_first[e] + d[e] * (left * right);
        fused[e] = fma(d[e] * left, right, fused[e]);
        for (std::size_t l = 5 * block; l < 5 * block + 5; ++l) {
          factors[e] = factors[e] + (a[e / n * k + l] * left) * (b[l * n + e % n] * right);
        }
      }
    }
    CAPTURE(compute.name);
    const std::string with = std::string("to=binary32 compute=") + compute.name + " scaling=";
    CHECK(differences(run(call, with + "one_by_one"), one_by_one) == 0);
    CHECK(differences(run(call, with + "scale_first"), scale_first) == 0);
    CHECK(differences(run(call, with + "fused"), fused) == 0);
    CHECK(differences(run(call, with + "factors"), factors) == 0);
  }
}

TEST_CASE("stored transposed or in a batch, factors give the same sums") {
  random_source random(15);
  const kernel_call call = product_call(random, binary16);
  const auto transposed = [](const tensor& x) {
    tensor t(x.type(), {x.shape()[1], x.shape()[0]});
    for (std::size_t e = 0; e < x.size(); ++e) t.set(e % x.shape()[1] * x.shape()[0] + e / x.shape()[1], x[e]);
    return t;
  };
  kernel_call turned("gemm");
  turned.set_input("a", transposed(call.input("a")));
  turned.set_input("b", transposed(call.input("b")));
  turned.set("transpose_a", attribute_value(true));
  turned.set("transpose_b", attribute_value(true));
  for (const char* scale : {"a_scale", "b_scale"}) {  // of ones: blocks are cut out of the stored matrices
    tensor ones(assay::element_type::of(binary32), scale[0] == 'a' ? extents{1, 4} : extents{2, 1});
    for (std::size_t i = 0; i < ones.size(); ++i) ones.set(i, 0x3f800000);
    kernel_call scaled = turned, plain = call;
    scaled.set_input(scale, ones);
    plain.set_input(scale, ones);
    CHECK(differences(run(scaled, ""), run(plain, "")) == 0);
    CHECK(differences(run(scaled, "scaling=factors"), run(call, "")) == 0);
  }
  const tensor due = run(call, "");
  CHECK(differences(run(turned, ""), due) == 0);

  kernel_call batch("gemm");
  tensor both(call.input("a").type(), {2, m, k});
  for (std::size_t e = 0; e < both.size(); ++e) both.set(e, call.input("a")[e % (m * k)]);
  batch.set_input("a", both);
  batch.set_input("b", call.input("b"));
  const tensor got = run(batch, "");
  REQUIRE(got.shape() == extents{2, m, n});
  std::size_t wrong = 0;
  for (std::size_t e = 0; e < got.size(); ++e) wrong += got[e] != due[e % (m * n)] ? 1u : 0u;
  CHECK(wrong == 0);
}

TEST_CASE("without a step after the sum, an exact product is the truth: the accumulator is rounded once") {
  random_source random(16);
  for (const format in : {binary16, bfloat16, e4m3fn}) {
    const kernel_call call = product_call(random, in, 10);
    CHECK(differences(run(call, "accumulate=exact to=bfloat16"), truth(call, bfloat16)) == 0);
    // Rows as a batch of products.
    kernel_call dot("dot"), rows("gemm");
    const auto give = [&](const char* name, extents of_dot, extents of_rows) {
      const tensor x = normal_tensor(random, in, of_dot);
      tensor again(x.type(), of_rows);
      std::copy(x.bytes().begin(), x.bytes().end(), again.bytes().begin());
      dot.set_input(name, x);
      rows.set_input(name, again);
    };
    give("a", {9, 200}, {9, 1, 200});
    give("b", {9, 200}, {9, 200, 1});
    give("c", {9}, {9, 1, 1});
    tensor due = truth(rows, binary16), got = run(dot, "accumulate=exact to=binary16");
    CHECK(std::equal(got.bytes().begin(), got.bytes().end(), due.bytes().begin(), due.bytes().end()));
  }
}

TEST_CASE("without products a sum is zero, scaled or not, and its end is done") {
  kernel_call call("gemm");
  call.set_input("a", tensor(assay::element_type::of(binary16), {2, 0}));
  call.set_input("b", tensor(assay::element_type::of(binary16), {0, 3}));
  call.set_input("bias", tensor_of(binary16, {3}, {1, 2, 3}));
  const tensor due = tensor_of(binary16, {2, 3}, {1, 2, 3});
  CHECK(differences(run(call, ""), due) == 0);
  call.set_input("a_scale", tensor_of(binary16, {2, 1}, {5}));
  CHECK(differences(run(call, ""), due) == 0);
  CHECK(differences(run(call, "scaling=factors"), due) == 0);
}

TEST_CASE("a matrix unit gets the codes that it takes, whatever the compute format") {
  random_source random(17);
  const kernel_call call = product_call(random, e4m3fn);
  const tensor got = run(call, "accumulate=unit:h100.wgmma.e4m3fn.fp32 to=binary32");
  assay::gemm_problem p;
  tensor due(assay::element_type::of(binary32), {m, n});
  p.a = {.codes = call.input("a").bytes().data(), .type = e4m3fn, .rows = m, .columns = k};
  p.b = {.codes = call.input("b").bytes().data(), .type = e4m3fn, .rows = k, .columns = n};
  p.d = {.codes = due.bytes().data(), .type = binary32, .rows = m, .columns = n};
  p.with = assay::parse_arithmetic("gemm", "accumulate=unit:h100.wgmma.e4m3fn.fp32").accumulate.value();
  assay::gemm(p);
  CHECK(differences(got, due) == 0);
}

TEST_CASE("sums that round stochastically draw words of their own, the same for any number of threads") {
  random_source random(18);
  kernel_call call("gemm");
  call.set_input("a", tensor_of(binary16, {4, 64}, {1.0009765625}));
  call.set_input("b", tensor_of(binary16, {64, 4}, {0.0999755859375}));
  const std::string with = "compute=binary16 rounding=stochastic seed=5";
  const tensor y = run(call, with);
  std::size_t equal = 0;
  for (std::size_t e = 1; e < y.size(); ++e) equal += y[e] == y[0] ? 1u : 0u;
  CHECK(equal < y.size() - 1);
  CHECK(differences(run(call, with, 3), y) == 0);
  CHECK(differences(run(call, "compute=binary16 rounding=stochastic seed=6"), y) != 0);
}

TEST_CASE("shapes of products that do not fit are refused in a sentence") {
  random_source random(19);
  kernel_call call = product_call(random, binary16);
  call.set_input("c", normal_tensor(random, binary16, {m, n + 1}));
  CHECK_THROWS_WITH(run(call, ""), "c has the shape (5, 8); expected (5, 7).");
  call = product_call(random, binary16);
  call.set_input("b", normal_tensor(random, binary16, {k + 1, n}));
  CHECK_THROWS_WITH(run(call, ""), "a has 20 elements to a sum, b 21; expected as many.");
  call = product_call(random, binary16);
  call.set_input("a_scale", normal_tensor(random, binary16, {3, 1}));  // stretches of two: the third has one, fine
  CHECK_NOTHROW(run(call, ""));
  call.set_input("a_scale", normal_tensor(random, binary16, {4, 1}));  // stretches of two: nothing left for a fourth
  CHECK_THROWS_WITH(run(call, ""), Catch::Contains("a_scale has the shape (4, 1)"));
}
