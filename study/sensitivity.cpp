// How far each operator is from its certified truth when all of it is computed in one precision: measured, and printed
// as JSON. sensitivity.py writes it up.
//
// Inputs are numbers that all precisions hold, so that nothing but the computation errs: drawn, then rounded to e5m2
// and to e4m3fn. Outputs are stored in bfloat16 whatever the precision, and errors are in ulps of that: half an ulp is
// what storing alone costs. Every operator is computed twice: with its sums in the precision itself, and in binary32.
#include <cmath>
#include <iostream>

#include <nlohmann/json.hpp>

#include <assay/bulk/random.hpp>
#include <assay/format/name.hpp>
#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>
#include <assay/reference/truth_of.hpp>

namespace {

using namespace assay;
using json = nlohmann::ordered_json;

constexpr std::string_view precisions[]{"binary32", "tf32", "binary16", "bfloat16", "e5m2", "e4m3fn"};
constexpr format stored_in = bfloat16;

/// Numbers 0 to 1 and normal ones, the same in every run: a stream for each tensor.
class draws {
 public:
  explicit draws(std::uint64_t seed) : seed_(seed) {}
  /// Word j of block c is draw 16 j + c of 64.
  double uniform() {
    const std::uint64_t draw = next_++, counter = draw / 64 * 16 + draw % 16;
    const auto words =
        philox::block({static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), 0, 0},
                      {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
    return words[draw / 16 % 4] * 0x1p-32;
  }
  /// Box and Muller's.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * 3.14159265358979323846 * uniform());
  }

 private:
  std::uint64_t seed_, next_ = 0;
};

/// The nearest number that every precision holds.
double in_all_precisions(double x) {
  const double short_one = to_double(convert(x, e5m2, {.on_overflow = overflow::saturate_finite}).code, e5m2);
  return to_double(convert(short_one, e4m3fn, {.on_overflow = overflow::saturate_finite}).code, e4m3fn);
}

template <class Draw>
tensor drawn(extents shape, const Draw& draw) {
  static std::uint64_t streams = 0;
  draws from(++streams);
  tensor t(element_type::of(stored_in), shape);
  for (std::size_t i = 0; i < t.size(); ++i) t.set(i, convert(in_all_precisions(draw(from)), stored_in).code);
  return t;
}
tensor normal(extents shape, double deviation = 1, double mean = 0) {
  return drawn(shape, [&](draws& d) { return mean + deviation * d.normal(); });
}
/// Rows of probabilities: softmax of normal numbers, in binary64.
tensor probabilities(std::size_t rows, std::size_t length) {
  draws from(1 << 20);
  std::vector<double> e(rows * length);
  for (double& x : e) x = std::exp(from.normal());
  tensor t(element_type::of(stored_in), {rows, length});
  for (std::size_t i = 0; i < e.size(); ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < length; ++j) sum += e[i / length * length + j];
    t.set(i, convert(in_all_precisions(e[i] / sum), stored_in).code);
  }
  return t;
}
tensor indices(extents shape, std::size_t below) {
  draws from(1 << 21);
  tensor t(element_type::integer(64, true), shape);
  for (std::size_t i = 0; i < t.size(); ++i) {
    t.set(i, static_cast<std::uint64_t>(from.uniform() * static_cast<double>(below)));
  }
  return t;
}

struct study_case {
  std::string name, inputs;  ///< for people
  kernel_call call;
  std::string variants = {};
};

kernel_call call_of(std::string_view kernel, std::vector<std::pair<std::string, tensor>> inputs,
                    std::vector<std::pair<std::string, std::string>> attributes = {}) {
  kernel_call call(kernel);
  for (auto& [name, values] : inputs) call.set_input(name, std::move(values));
  for (const auto& [name, text] : attributes) call.set_text(name, text);
  return call;
}

std::vector<study_case> cases() {
  const extents rows{16, 1024}, image{2, 8, 24, 24};
  const std::string of_rows = "16 x 1024";
  std::vector<study_case> all;
  const auto add = [&](std::string name, std::string inputs, kernel_call call, std::string variants = "") {
    all.push_back({std::move(name), std::move(inputs), std::move(call), std::move(variants)});
  };
  add("relu", of_rows + ", N(0, 1)", call_of("relu", {{"x", normal(rows)}}));
  add("embedding", "table 512 x 64, N(0, 1); 256 rows",
      call_of("embedding", {{"weight", normal({512, 64})}, {"indices", indices({256}, 512)}}));
  add("max pool", "2 x 8 x 24 x 24, N(0, 1); windows 3 x 3",
      call_of("max_pool2d", {{"x", normal(image)}}, {{"window", "3,3"}}));
  add("average pool", "2 x 8 x 24 x 24, N(0, 1); windows 8 x 8",
      call_of("avg_pool2d", {{"x", normal(image)}}, {{"window", "8,8"}}));
  add("gelu", of_rows + ", N(0, 1)", call_of("gelu", {{"x", normal(rows)}}));
  add("gelu (in steps)", of_rows + ", N(0, 1)", call_of("gelu", {{"x", normal(rows)}}), "form=steps");
  add("softmax", of_rows + ", N(0, 1)", call_of("softmax", {{"x", normal(rows)}}));
  add("softmax (wide)", of_rows + ", N(0, 20)", call_of("softmax", {{"x", normal(rows, 20)}}));
  add("softmax (naive)", of_rows + ", N(0, 1)", call_of("softmax", {{"x", normal(rows)}}), "algorithm=naive");
  add("softmax (naive, wide)", of_rows + ", N(0, 20)", call_of("softmax", {{"x", normal(rows, 20)}}),
      "algorithm=naive");
  add("cross entropy", "256 x 1024, N(0, 3); the mean",
      call_of("cross_entropy", {{"x", normal({256, 1024}, 3)}, {"target", indices({256}, 1024)}}));
  add("cross entropy (each line)", "256 x 1024, N(0, 3); each line's loss",
      call_of("cross_entropy", {{"x", normal({256, 1024}, 3)}, {"target", indices({256}, 1024)}},
              {{"reduction", "none"}}));
  add("layer norm", of_rows + ", N(0, 1)", call_of("layer_norm", {{"x", normal(rows)}}));
  add("layer norm (large)", of_rows + ", N(0, 100)", call_of("layer_norm", {{"x", normal(rows, 100)}}));
  add("layer norm (shifted)", of_rows + ", N(6, 1)", call_of("layer_norm", {{"x", normal(rows, 1, 6)}}));
  add("layer norm (shifted, one pass)", of_rows + ", N(6, 1)", call_of("layer_norm", {{"x", normal(rows, 1, 6)}}),
      "variance=one_pass");
  add("batch norm", "32 x 8 x 8 x 8, N(0, 1)",
      call_of("batch_norm", {{"x", normal({32, 8, 8, 8})}}, {{"training", "true"}}));
  add("batch norm (large)", "32 x 8 x 8 x 8, N(0, 100)",
      call_of("batch_norm", {{"x", normal({32, 8, 8, 8}, 100)}}, {{"training", "true"}}));
  add("RMS norm", of_rows + ", N(0, 1)", call_of("rms_norm", {{"x", normal(rows)}}));
  add("RMS norm (large)", of_rows + ", N(0, 100)", call_of("rms_norm", {{"x", normal(rows, 100)}}));
  add("PV matmul", "P 16 x 1024, softmax of N(0, 1); V 1024 x 64, N(0, 1)",
      call_of("gemm", {{"a", probabilities(16, 1024)}, {"b", normal({1024, 64})}}));
  add("matmul", "16 x 1024, N(0, 1), by 1024 x 64, N(0, 1/32)",
      call_of("gemm", {{"a", normal(rows)}, {"b", normal({1024, 64}, 1.0 / 32)}}));
  add("attention (tiles)", "4 heads, 16 queries, 128 keys, depth 32, N(0, 1)",
      call_of("attention", {{"q", normal({4, 16, 32})}, {"k", normal({4, 128, 32})}, {"v", normal({4, 128, 32})}}),
      "algorithm=flash tile=32");
  add("conv", "1 x 32 x 10 x 10, N(0, 1); 16 filters 3 x 3, N(0, 1/16)",
      call_of("conv2d", {{"x", normal({1, 32, 10, 10})}, {"weight", normal({16, 32, 3, 3}, 1.0 / 16)}}));
  add("LSTM cell (h)", "8 samples, 128 inputs, 64 units, N(0, 1); weights N(0, 1/8)",
      call_of("lstm_cell", {{"x", normal({8, 128})},
                            {"h", normal({8, 64}, 0.5)},
                            {"c", normal({8, 64})},
                            {"w_ih", normal({256, 128}, 0.125)},
                            {"w_hh", normal({256, 64}, 0.125)}}));
  add("all_reduce (ring)", "64 ranks x 2048, N(0, 1)", call_of("all_reduce", {{"x", normal({64, 2048})}}));
  return all;
}

double value_at(const tensor& t, std::size_t i) { return to_double(t[i], t.type().layout); }

/// The gap between bfloat16's numbers around x.
double ulp_of(double x) {
  int exponent = 0;
  std::frexp(x, &exponent);
  const int least = stored_in.min_exponent();
  return std::ldexp(1.0, std::max(x == 0 ? least : exponent - 1, least) - stored_in.fraction_bits);
}

/// Errors of finite results in ulps; those that are not, counted, and zeros where the truth is a normal number.
json errors_of(const tensor& got, const tensor& truth) {
  const double least = std::ldexp(1.0, stored_in.min_exponent());
  double most = 0, squares = 0, sum = 0;
  std::size_t finite = 0, infinite = 0, nan = 0, beyond = 0, zero = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double x = value_at(got, i), due = value_at(truth, i);
    if (std::isnan(x)) {
      ++nan;
    } else if (std::isinf(x)) {
      ++infinite;
    } else {
      const double error = (x - due) / ulp_of(due);
      most = std::max(most, std::abs(error));
      squares += error * error;
      sum += error;
      beyond += std::abs(error) > 1 ? 1u : 0u;
      zero += x == 0 && std::abs(due) >= least ? 1u : 0u;
      ++finite;
    }
  }
  const double n = finite == 0 ? 1 : static_cast<double>(finite);
  json row{{"infinite", infinite}, {"nan", nan}, {"finite", finite}, {"beyond", beyond}, {"zero", zero}};
  if (finite != 0) row.update({{"max", most}, {"rms", std::sqrt(squares / n)}, {"bias", sum / n}});
  return row;
}

json measured(const study_case& c) {
  const tensor truth = reference::truth_of(c.call, {.to = binary64})[0].value;
  json row{{"name", c.name},        {"kernel", c.call.name()},   {"formula", c.call.info().formula},
           {"inputs", c.inputs},    {"variants", c.variants},    {"elements", truth.size()},
           {"own", json::object()}, {"binary32", json::object()}};
  for (const std::string_view precision : precisions) {
    const std::string with = "to=bfloat16 compute=" + std::string(precision) + " " + c.variants;
    for (const char* sums : {"own", "binary32"}) {
      const std::string whole = with + (sums[0] == 'b' ? " accumulate=floating:binary32" : "");
      const tensor got = run_kernel(c.call, parse_arithmetic(c.call.name(), whole))[0];
      row[sums][std::string(precision)] = errors_of(got, truth);
    }
  }
  return row;
}

/// Sums of n numbers k / 256 from [0, below), relative to the exact sum, over 16 sums each.
json long_sums() {
  json all = json::array();
  for (const double below : {1.0, 1.1}) {
    for (std::size_t n = 64; n <= 16384; n *= 4) {
      draws from(1 << 22);
      tensor x(element_type::of(binary32), {16, n});
      for (std::size_t i = 0; i < x.size(); ++i) {
        x.set(i, convert(std::floor(from.uniform() * below * 256) / 256, binary32).code);
      }
      const kernel_call call = call_of("sum", {{"x", x}});
      const tensor truth = reference::truth_of(call, {.to = binary64})[0].value;
      for (const std::string_view precision : precisions) {
        for (const char* order : {"sequential", "lanes:32", "pairwise"}) {
          const std::string with = "to=binary64 compute=" + std::string(precision) + " order=" + order;
          const tensor got = run_kernel(call, parse_arithmetic("sum", with))[0];
          double error = 0;
          std::size_t lost = 0;
          for (std::size_t i = 0; i < truth.size(); ++i) {
            const double relative = value_at(got, i) / value_at(truth, i) - 1;
            if (std::isfinite(relative)) error += relative;
            lost += std::isfinite(relative) ? 0u : 1u;
          }
          const std::size_t kept = truth.size() - lost;
          json row{{"below", below}, {"n", n}, {"precision", precision}, {"order", order}, {"lost", lost}};
          if (kept != 0) row["error"] = error / static_cast<double>(kept);
          all.push_back(row);
        }
      }
    }
  }
  return all;
}

}  // namespace

int main() try {
  json study{{"precisions", json::array()}, {"stored", format_name(stored_in)}, {"operators", json::array()}};
  for (const std::string_view name : precisions) {
    const format f = *parse_format(name);
    study["precisions"].push_back(name);
    study["digits"][std::string(name)] = f.precision();
    study["largest"][std::string(name)] = to_double(f.max_finite_code(), f);
  }
  for (const study_case& c : cases()) study["operators"].push_back(measured(c));
  study["sums"] = long_sums();
  std::cout << study.dump(1) << '\n';
  return 0;
} catch (const std::exception& error) {
  std::cerr << "study_sensitivity: " << error.what() << '\n';
  return 1;
}
