// Matrix products: accumulators, orders, tails, tiles.
#include <cmath>

#include <assay/number/convert.hpp>

#include "mutation.hpp"

namespace detection {

namespace {

/// a of a gemm, changed.
template <class Change>
auto change_a(Change change) {
  return with_call([change](kernel_call& call, random_source& random) {
    const tensor a = call.input("a");
    call.set_input("a", mapped(a, [&](std::size_t i, std::size_t k, std::uint64_t code) {
                     return change(a, i, k, code, random);
                   }));
    return true;
  });
}

auto tail_dropped(std::size_t n) {
  return change_a([n](const tensor& a, std::size_t, std::size_t k, std::uint64_t code, random_source&) {
    return k + n >= columns_of(a) ? 0 : code;
  });
}

/// Rows and columns both keep the tail of the step before.
auto tail_stale(std::size_t n) {
  return with_call([n](kernel_call& call, random_source&) {
    const tensor a = call.input("a"), b = call.input("b");
    const std::size_t length = columns_of(a);
    if (length < 2 * n) return false;
    call.set_input("a", mapped(a, [&](std::size_t i, std::size_t k, std::uint64_t code) {
                     return k + n >= length ? a[i * length + k - n] : code;
                   }));
    call.set_input("b", mapped(b, [&](std::size_t k, std::size_t j, std::uint64_t code) {
                     return k + n >= length ? b[(k - n) * columns_of(b) + j] : code;
                   }));
    return true;
  });
}

/// Partial sums of `parts` parts of k pass through a small format before they are added in binary32.
auto split_k_through(format wire, std::size_t parts) {
  return [wire, parts](const trial& t, random_source&) -> results {
    const tensor &a = t.call.input("a"), &b = t.call.input("b");
    const std::size_t m = rows_of(a), n = columns_of(b), length = columns_of(a);
    std::vector<float> sums(m * n, 0.0f);
    for (std::size_t part = 0; part < parts; ++part) {
      const std::size_t first = length * part / parts, last = length * (part + 1) / parts;
      trial one = t;
      one.call.set_input("a", mapped(a, [&](std::size_t, std::size_t k, std::uint64_t code) {
                           return k < first || k >= last ? 0 : code;
                         }));
      const std::vector<tensor> partial = run_honest(one, "to=binary32");
      for (std::size_t i = 0; i < sums.size(); ++i) {
        sums[i] += to_float(convert(encoded{partial[0][i], binary32}, wire).code, wire);
      }
    }
    std::vector<tensor> all = run_honest(t);
    const format out = all[0].type().layout;
    for (std::size_t i = 0; i < sums.size(); ++i) all[0].set(i, convert(sums[i], out).code);
    return all;
  };
}

/// Codes cut to fewer fraction bits toward zero.
auto inputs_cut_to(format narrow) {
  return with_call([narrow](kernel_call& call, random_source&) {
    for (const char* name : {"a", "b"}) {
      const tensor x = call.input(name);
      const format f = x.type().layout;
      if (f.fraction_bits <= narrow.fraction_bits) return false;
      call.set_input(name, mapped(x, [&](std::size_t, std::size_t, std::uint64_t code) {
                       const auto cut = convert(encoded{code, f}, narrow, {rounding::toward_zero});
                       return convert(encoded{cut.code, narrow}, f).code;
                     }));
    }
    return true;
  });
}

/// Terms of one sign, whose sums grow: each truncation errs the same way.
void make_positive(trial& t, random_source&) {
  for (const char* name : {"a", "b"}) {
    const tensor x = t.call.input(name);
    const std::uint64_t magnitude = x.type().layout.magnitude_mask();
    t.call.set_input(name, mapped(x, [&](std::size_t, std::size_t, std::uint64_t code) { return code & magnitude; }));
  }
}

/// The same terms over and over: sums of at least 2048 products of one sign.
void make_long(trial& t, random_source& random) {
  make_positive(t, random);
  const tensor a = t.call.input("a"), b = t.call.input("b");
  const std::size_t length = columns_of(a), times = (2047 + length) / length;
  tensor longer_a(a.type(), {rows_of(a), times * length}), longer_b(b.type(), {times * length, columns_of(b)});
  t.call.set_input(
      "a", mapped(longer_a, [&](std::size_t i, std::size_t k, std::uint64_t) { return a[i * length + k % length]; }));
  t.call.set_input("b", mapped(longer_b, [&](std::size_t k, std::size_t j, std::uint64_t) {
                     return b[k % length * columns_of(b) + j];
                   }));
}

/// Results in binary32, which a short format's rounding does not hide.
void store_binary32(trial& t, random_source& random) {
  make_positive(t, random);
  for (std::string* words : {&t.claim, &t.honest}) *words = words->substr(0, words->rfind("to=")) + "to=binary32";
}

/// Sums of about 1, where the two forms of gelu differ.
void make_small_sums(trial& t, random_source&) {
  double most = 0;
  const std::vector<tensor> honest = run_honest(t, "to=binary32");
  for (std::size_t i = 0; i < honest[0].size(); ++i) most = std::max(most, std::abs(to_double(honest[0][i], binary32)));
  t.call.set("alpha", 0.75 * 4 / most);
  t.call.set("beta", 0.5 * 4 / most);
  const tensor bias = t.call.input("bias");
  t.call.set_input("bias", mapped(bias, [&](std::size_t, std::size_t, std::uint64_t code) {
                     return convert(to_double(code, binary32) * 4 / most, binary32).code;
                   }));
}

}  // namespace

void add_product_mutations(std::vector<mutation>& all) {
  all.insert(
      all.end(),
      {
          {"bf16 accumulator", "gemm", "bf16_accumulator compute_bfloat16",
           with_arithmetic("accumulate=floating:bfloat16")},
          {"fp16 accumulator", "gemm", "fp16_accumulator compute_binary16",
           with_arithmetic("accumulate=floating:binary16")},
          {"fp16 after each fused addition", "gemm_unit", "fp16_fused fp16_accumulator",
           with_arithmetic("accumulate=aligned:group=16,fraction=25,out=binary16,round=ties_to_even")},
          {"14-bit sums never promoted", "gemm_fp8", "unpromoted_14_bits",
           with_arithmetic("accumulate=aligned:group=32,fraction=13,out=binary32,kept=e8m13,round=toward_zero"),
           make_long},
          {"truncated fp32 sums", "gemm", "fp32_truncated", with_arithmetic("accumulate=floating:binary32:toward_zero"),
           store_binary32},
          {"split-k partial sums in bf16", "gemm", "split_k", split_k_through(bfloat16, 4)},
          {"split-k partial sums in fp16", "gemm", "split_k", split_k_through(binary16, 2)},
          {"last product dropped", "gemm", "k_tail_1_dropped", tail_dropped(1)},
          {"last 8 products dropped", "gemm", "k_tail_8_dropped", tail_dropped(8)},
          {"last 16 products dropped", "gemm", "k_tail_16_dropped", tail_dropped(16)},
          {"first product dropped", "gemm", "k_head_1_dropped",
           change_a([](const tensor&, std::size_t, std::size_t k, std::uint64_t code, random_source&) {
             return k == 0 ? 0 : code;
           })},
          {"stale tail of 8", "gemm", "k_tail_8_stale", tail_stale(8)},
          {"stale tail of 16", "gemm", "k_tail_16_stale", tail_stale(16)},
          {"last 8 products twice", "gemm", "k_tail_8_twice",
           change_a([](const tensor& a, std::size_t, std::size_t k, std::uint64_t code, random_source&) {
             const format f = a.type().layout;
             return k + 8 >= columns_of(a) ? convert(2 * to_double(code, f), f).code : code;
           })},
          {"one element unwritten", "gemm", "unwritten", with_results([](tensor& y, random_source& random) {
             y.set(random.below(y.size()), 0);
             return true;
           })},
          {"one row zero", "gemm", "row_zero unwritten", with_results([](tensor& y, random_source& random) {
             const std::size_t n = columns_of(y), row = random.below(rows_of(y));
             for (std::size_t j = 0; j < n; ++j) y.set(row * n + j, 0);
             return true;
           })},
          {"one tile repeated", "gemm", "repeated", with_results([](tensor& y, random_source&) {
             const std::size_t n = columns_of(y);
             if (n < 16 || rows_of(y) < 16) return false;
             for (std::size_t i = 0; i < 8; ++i)
               for (std::size_t j = 0; j < 8; ++j) y.set(i * n + j + 8, y[i * n + j]);
             return true;
           })},
          {"two columns exchanged", "gemm", "columns_moved", with_results([](tensor& y, random_source& random) {
             const std::size_t n = columns_of(y), j = random.below(n - 1);
             for (std::size_t i = 0; i < rows_of(y); ++i) {
               const std::uint64_t kept = y[i * n + j];
               y.set(i * n + j, y[i * n + j + 1]);
               y.set(i * n + j + 1, kept);
             }
             return true;
           })},
          {"one element negated", "gemm", "negated", with_results([](tensor& y, random_source& random) {
             const std::size_t i = random.below(y.size());
             y.set(i, y[i] ^ y.type().layout.sign_mask());
             return true;
           })},
          {"offset wraps: late rows read early ones", "gemm", "rows_moved a_axis_0",
           with_call([](kernel_call& call, random_source&) {
             const tensor a = call.input("a");
             const std::size_t rows = rows_of(a), n = columns_of(a);
             call.set_input("a", mapped(a, [&](std::size_t i, std::size_t k, std::uint64_t code) {
                              return i >= rows - rows / 4 ? a[(i - (rows - rows / 4)) * n + k] : code;
                            }));
             return true;
           })},
          {"inputs cut to tf32", "gemm", "tf32 inputs_tf32 compute_tf32 operand", inputs_cut_to(tf32)},
          {"inputs cut to bf16", "gemm", "bf16_inputs inputs_bfloat16 compute_bfloat16 operand",
           inputs_cut_to(bfloat16)},
          {"alpha missing", "gemm_epilogue", "alpha_missing",
           with_call([](kernel_call& call, random_source&) { return call.set("alpha", 1), true; })},
          {"beta missing", "gemm_epilogue", "beta_missing",
           with_call([](kernel_call& call, random_source&) { return call.set("beta", 1), true; })},
          {"bias missing", "gemm_epilogue", "bias_missing", with_call([](kernel_call& call, random_source&) {
             call.set_input("bias", mapped(call.input("bias"),
                                           [](std::size_t, std::size_t, std::uint64_t) { return std::uint64_t{0}; }));
             return true;
           })},
          {"gelu by tanh for gelu by erf", "gemm_epilogue", "activation_gelu_tanh gelu_tanh",
           with_call([](kernel_call& call, random_source&) { return call.set("activation", "gelu_tanh"), true; }),
           make_small_sums},
          {"no activation", "gemm_epilogue", "activation_none no_activation",
           with_call([](kernel_call& call, random_source&) { return call.set("activation", "none"), true; })},
      });
}

}  // namespace detection
