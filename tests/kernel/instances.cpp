// The fast scalar arithmetics are the general one, bit for bit, operation by operation.
#include <catch2/catch.hpp>

#include <kernel/support.hpp>

#include <assay/accumulate/grammar.hpp>
#include <assay/kernel/emulated.hpp>
#include <assay/kernel/machine.hpp>
#include <assay/kernel/rounded_machine.hpp>

using namespace test;
using namespace assay::kernel;
using assay::arithmetic;
using assay::binary32;
using assay::binary64;
using assay::cast;
using assay::elementary;

namespace {

template <class A>
typename A::value value_of(std::uint64_t code, format f) {
  if constexpr (std::is_same_v<A, emulated>)
    return {code};
  else
    return static_cast<typename A::value>(assay::to_double(code, f));
}
template <class Value>
std::uint64_t code_of(Value x, format f) {
  std::uint64_t code = 0;
  if constexpr (std::is_floating_point_v<Value>)
    code = assay::convert(x, f).code;
  else
    code = x.code;
  return f.is_nan_code(code) ? f.nan_code() : code;
}

/// All results of one arithmetic on some operands, as codes.
template <class A>
std::vector<std::uint64_t> results_of(A& a, format f, const std::vector<std::uint64_t>& codes,
                                      const std::vector<cast>& casts) {
  using value = typename A::value;
  std::vector<value> x;
  for (const std::uint64_t code : codes) x.push_back(value_of<A>(code, f));
  std::vector<std::uint64_t> all;
  const auto put = [&](value v) { all.push_back(code_of(v, f)); };
  for (std::size_t i = 0; i + 2 < x.size(); ++i) {
    const value u = x[i], v = x[i + 1], w = x[i + 2];
    put(a.add(u, v));
    put(a.subtract(u, v));
    put(a.multiply(u, v));
    put(a.divide(u, v));
    put(a.fma(u, v, w));
    put(a.sqrt(u));
    put(a.negate(u));
    put(a.absolute(u));
    all.push_back((a.less(u, v) ? 1u : 0u) + (a.is_nan(u) ? 2u : 0u) + (a.is_infinite(u) ? 4u : 0u));
    for (const cast& c : casts) put(a.through(&c, u));
  }
  for (const double c : {0.0, 1.0, -1e-5, 0.1, 1e9, 1e-300}) put(a.constant(c));
  put(a.lowest());
  return all;
}

template <class A>
std::vector<std::uint64_t> functions_of(A& a, format f, const std::vector<std::uint64_t>& codes) {
  std::vector<std::uint64_t> all;
  for (const auto& row : assay::elementary_functions) {
    for (const std::uint64_t code : codes) all.push_back(code_of(a.call(row.value, value_of<A>(code, f)), f));
  }
  return all;
}

template <class A>
std::vector<std::uint64_t> sums_of(A& a, format f, const std::vector<std::uint64_t>& codes) {
  const auto term = [&](std::size_t i) { return value_of<A>(codes[i], f); };
  const auto mirrored = [&](std::size_t i) { return value_of<A>(codes[codes.size() - 1 - i], f); };
  std::vector<std::uint64_t> all;
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{7}, codes.size()}) {
    all.push_back(code_of(a.sum(n, term), f));
    all.push_back(code_of(a.dot(n, term, mirrored), f));
  }
  return all;
}

struct instance {
  format f;
  assay::overflow on_overflow;
};

std::vector<instance> instances(std::vector<format> formats) {
  std::vector<instance> all;
  for (const format f : formats) {
    all.push_back({f, assay::overflow::ieee});
    if (f != binary32 && f != binary64) all.push_back({f, assay::overflow::saturate_finite});
  }
  return all;
}

arithmetic arithmetic_in(const instance& of, std::string_view accumulator = "", std::string_view order = "sequential") {
  arithmetic with = arithmetic::upcast(of.f);
  with.how.on_overflow = of.on_overflow;
  if (!accumulator.empty()) with.accumulate = assay::parse_accumulator(accumulator);
  with.order = assay::parse_order(order);
  return with.resolved(of.f);
}

template <class A>
void check_instance(const instance& of, random_source& random) {
  const oracle::limits limits(of.f);
  CAPTURE(of.f.exponent_bits, of.f.fraction_bits, static_cast<int>(of.f.nonfinite), static_cast<int>(of.on_overflow));
  const arithmetic with = arithmetic_in(of);
  REQUIRE(A::serves(with));
  A fast(with);
  emulated general(with);
  std::vector<std::uint64_t> codes;
  for (int i = 0; i < 3000; ++i) {
    codes.push_back(i % 2 == 0 ? biased_code(random, limits) : code_beside(random, limits, codes.back(), 12));
  }
  const std::vector<cast> casts{{assay::bfloat16, {}},
                                {assay::binary16, {assay::rounding::toward_zero}},
                                {assay::e4m3fn, {assay::rounding::ties_to_even, assay::overflow::saturate_finite}}};
  CHECK(results_of(fast, of.f, codes, casts) == results_of(general, of.f, codes, casts));
  codes.resize(of.f.width() > 32 ? 40 : 300);
  CHECK(functions_of(fast, of.f, codes) == functions_of(general, of.f, codes));

  std::vector<std::uint64_t> terms;
  for (int i = 0; i < 150; ++i) terms.push_back(assay::convert(normal(random), of.f).code);
  for (const char* accumulator :
       {"", "binary32:rounded", "binary64:rounded", "binary32", "exact", "bfloat16:rounded"}) {
    for (const char* order : {"sequential", "pairwise", "lanes:8", "blocked:16"}) {
      const arithmetic sums = arithmetic_in(of, accumulator, order);
      A fast_sums(sums);
      emulated general_sums(sums);
      CAPTURE(accumulator, order);
      CHECK(sums_of(fast_sums, of.f, terms) == sums_of(general_sums, of.f, terms));
    }
  }
}

}  // namespace

TEST_CASE("float and double are binary32 and binary64") {
  random_source random(31);
  check_instance<machine<float>>({binary32, {}}, random);
  check_instance<machine<double>>({binary64, {}}, random);
}

TEST_CASE("formats of up to 11 digits through float are those formats") {
  random_source random(32);
  for (const instance& of : instances({assay::binary16,
                                       assay::bfloat16,
                                       assay::e4m3fn,
                                       assay::e5m2,
                                       assay::e4m3,
                                       assay::e3m4,
                                       {5, 9, 15},
                                       {6, 5, 31},
                                       {3, 2, 3},
                                       {8, 3, 127}})) {
    check_instance<rounded_machine<float>>(of, random);
  }
}

TEST_CASE("formats of up to 25 digits through double are those formats") {
  random_source random(33);
  for (const instance& of : instances({assay::tf32, {8, 13, 127}, {6, 24, 31}, {5, 10, 15}, {8, 23, 130}})) {
    check_instance<rounded_machine<double>>(of, random);
  }
}

TEST_CASE("tf32 products below its normal range are not left to float") {
  CHECK_FALSE(rounded_machine<float>::serves(arithmetic::upcast(assay::tf32).resolved(binary32)));
}

TEST_CASE("a cast that flushes its inputs flushes what is subnormal in the compute format, whatever carries it") {
  for (const format f : {assay::binary16, assay::bfloat16, assay::tf32, binary32}) {
    assay::kernel_call call("relu");
    assay::tensor x(assay::element_type::of(f), {2});
    x.set(0, f.fraction_mask());  // the largest subnormal number, and the least normal one
    x.set(1, f.fraction_mask() + 1);
    call.set_input("x", x);
    for (const char* to : {"binary64", "binary64:flush_inputs"}) {
      arithmetic with = assay::parse_arithmetic("relu", std::string("native to=") + to);
      const assay::tensor y = assay::run_kernel(call, with)[0];
      INFO(assay::format_name(f) << ' ' << to);
      CHECK((assay::to_double(y[0], binary64) == 0) == (std::string(to) != "binary64"));
      CHECK(assay::to_double(y[1], binary64) == assay::to_double(x[1], f));
    }
  }
}
