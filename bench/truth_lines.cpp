// The certified truth of kernels that go line by line, on 4096 x 4096 bfloat16 numbers: against the same formula in
// plain double arithmetic, and in plain MPFR numbers on fewer lines; and the interval path alone, which a binary64
// result needs for nearly every element, against MPFR at its precision.
#include <benchmark/benchmark.h>
#include <mpfr.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

#include <assay/reference/cross_entropy.hpp>
#include <assay/reference/layer_norm.hpp>
#include <assay/reference/softmax.hpp>

namespace {

using namespace assay;

constexpr std::size_t length = 4096, many = 4096, few = 4;

float number_of(std::uint64_t code) { return std::bit_cast<float>(static_cast<std::uint32_t>(code << 16)); }

tensor normal_numbers(std::size_t lines) {
  tensor x(element_type::of(bfloat16), {lines, length});
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (std::size_t i = 0; i < x.size(); ++i) x.set(i, std::bit_cast<std::uint32_t>(normal(random)) >> 16);
  return x;
}
tensor class_numbers(std::size_t lines) {
  tensor t(element_type::integer(64, true), {lines});
  for (std::size_t i = 0; i < lines; ++i) t.set(i, i * 977 % length);
  return t;
}

struct inputs {
  tensor x, classes;
  explicit inputs(std::size_t lines) : x(normal_numbers(lines)), classes(class_numbers(lines)) {}
};
const inputs& problem(std::size_t lines) {
  static const inputs large(many), small(few);
  return lines == many ? large : small;
}

// The truth ----------------------------------------------------------------------------------------------------------

using kernel = std::function<reference::truth(const inputs&, const reference::request&)>;

reference::truth softmax_of(const inputs& in, const reference::request& want) {
  return reference::softmax(in.x.view(), {}, want);
}
reference::truth layer_norm_of(const inputs& in, const reference::request& want) {
  return reference::layer_norm(in.x.view(), {}, {}, {}, want);
}
reference::truth cross_entropy_of(const inputs& in, const reference::request& want) {
  return reference::cross_entropy(in.x.view(), {.classes = &in.classes}, {}, want);
}
reference::truth losses_of(const inputs& in, const reference::request& want) {
  return reference::cross_entropy(in.x.view(), {.classes = &in.classes}, {.reduction = reference::loss_reduction::none},
                                  want);
}

void register_truth(const char* name, const kernel& f, std::size_t lines, format to, const char* label) {
  benchmark::RegisterBenchmark(name, [=](benchmark::State& state) {
    const inputs& in = problem(lines);
    for (auto _ : state) benchmark::DoNotOptimize(f(in, {.to = to}).value.bytes().data());
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(in.x.size()));
    state.SetLabel(label);
  })->Unit(benchmark::kMillisecond);
}

// Plain double loops -------------------------------------------------------------------------------------------------

std::uint16_t to_bfloat16(double v) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(v));
  return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

void read_line(const inputs& in, std::size_t line, std::vector<double>& x) {
  const std::byte* from = in.x.bytes().data() + line * length * 2;
  for (std::size_t i = 0; i < length; ++i) {
    std::uint16_t code = 0;
    std::memcpy(&code, from + 2 * i, 2);
    x[i] = static_cast<double>(number_of(code));
  }
}

double sum_of_powers(std::vector<double>& x) {  // which become the powers
  double top = -HUGE_VAL, total = 0;
  for (const double v : x) top = std::max(top, v);
  for (double& v : x) total += v = std::exp(v - top);
  return total;
}

void softmax_loop(const inputs& in, std::size_t line, std::vector<double>& x, std::uint16_t* y) {
  read_line(in, line, x);
  const double total = sum_of_powers(x);
  for (std::size_t i = 0; i < length; ++i) y[i] = to_bfloat16(x[i] / total);
}
void layer_norm_loop(const inputs& in, std::size_t line, std::vector<double>& x, std::uint16_t* y) {
  read_line(in, line, x);
  double mean = 0, variance = 0;
  for (const double v : x) mean += v;
  mean /= length;
  for (const double v : x) variance += (v - mean) * (v - mean);
  const double scale = 1 / std::sqrt(variance / length + 1e-5);
  for (std::size_t i = 0; i < length; ++i) y[i] = to_bfloat16((x[i] - mean) * scale);
}
void cross_entropy_loop(const inputs& in, std::size_t line, std::vector<double>& x, std::uint16_t* y) {
  read_line(in, line, x);
  const double top = *std::max_element(x.begin(), x.end()), of_target = x[in.classes[line]];
  y[0] = to_bfloat16(std::log(sum_of_powers(x)) + top - of_target);
}

void register_loop(const char* name, void (*loop)(const inputs&, std::size_t, std::vector<double>&, std::uint16_t*)) {
  benchmark::RegisterBenchmark(name, [=](benchmark::State& state) {
    const inputs& in = problem(many);
    std::vector<double> x(length);
    std::vector<std::uint16_t> y(many * length);
    for (auto _ : state) {
      for (std::size_t line = 0; line < many; ++line) loop(in, line, x, y.data() + line * length);
      benchmark::DoNotOptimize(y.data());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(in.x.size()));
  })->Unit(benchmark::kMillisecond);
}

// Plain MPFR ---------------------------------------------------------------------------------------------------------

/// A line of MPFR numbers and two more.
class mpfr_line {
 public:
  explicit mpfr_line(mpfr_prec_t bits) : x_(length + 2) {
    for (auto& v : x_) mpfr_init2(&v, bits);
  }
  mpfr_line(const mpfr_line&) = delete;
  mpfr_line& operator=(const mpfr_line&) = delete;
  ~mpfr_line() {
    for (auto& v : x_) mpfr_clear(&v);
  }
  mpfr_ptr operator[](std::size_t i) { return &x_[i]; }
  mpfr_ptr total() { return &x_[length]; }
  mpfr_ptr other() { return &x_[length + 1]; }
  void read(const inputs& in, std::size_t line) {
    for (std::size_t i = 0; i < length; ++i) mpfr_set_flt((*this)[i], number_of(in.x[line * length + i]), MPFR_RNDN);
  }

 private:
  std::vector<__mpfr_struct> x_;
};

void powers(mpfr_line& x) {
  mpfr_set_zero(x.total(), 1);
  for (std::size_t i = 0; i < length; ++i) {
    mpfr_exp(x[i], x[i], MPFR_RNDN);
    mpfr_add(x.total(), x.total(), x[i], MPFR_RNDN);
  }
}
void softmax_mpfr(mpfr_line& x) {
  powers(x);
  for (std::size_t i = 0; i < length; ++i) mpfr_div(x[i], x[i], x.total(), MPFR_RNDN);
}
void layer_norm_mpfr(mpfr_line& x) {
  mpfr_set_zero(x.total(), 1);
  for (std::size_t i = 0; i < length; ++i) mpfr_add(x.total(), x.total(), x[i], MPFR_RNDN);
  mpfr_div_ui(x.other(), x.total(), length, MPFR_RNDN);
  for (std::size_t i = 0; i < length; ++i) mpfr_sub(x[i], x[i], x.other(), MPFR_RNDN);
  mpfr_set_zero(x.total(), 1);
  for (std::size_t i = 0; i < length; ++i) {
    mpfr_sqr(x.other(), x[i], MPFR_RNDN);
    mpfr_add(x.total(), x.total(), x.other(), MPFR_RNDN);
  }
  mpfr_div_ui(x.total(), x.total(), length, MPFR_RNDN);
  mpfr_add_d(x.total(), x.total(), 1e-5, MPFR_RNDN);
  mpfr_rec_sqrt(x.total(), x.total(), MPFR_RNDN);
  for (std::size_t i = 0; i < length; ++i) mpfr_mul(x[i], x[i], x.total(), MPFR_RNDN);
}
void cross_entropy_mpfr(mpfr_line& x) {
  mpfr_set(x.other(), x[7], MPFR_RNDN);
  powers(x);
  mpfr_log(x.total(), x.total(), MPFR_RNDN);
  mpfr_sub(x.total(), x.total(), x.other(), MPFR_RNDN);
}

void register_mpfr(const std::string& name, void (*formula)(mpfr_line&), mpfr_prec_t bits) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    const inputs& in = problem(few);
    mpfr_line x(bits);
    for (auto _ : state) {
      for (std::size_t line = 0; line < few; ++line) {
        x.read(in, line);
        formula(x);
        benchmark::DoNotOptimize(x.total());
      }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(in.x.size()));
  })->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int argc, char** argv) {
  register_loop("softmax/loop", softmax_loop);
  register_loop("layer_norm/loop", layer_norm_loop);
  register_loop("cross_entropy/loop", cross_entropy_loop);
  for (const mpfr_prec_t bits : {256, 96}) {
    const std::string suffix = "/mpfr:" + std::to_string(bits);
    register_mpfr("softmax" + suffix, softmax_mpfr, bits);
    register_mpfr("layer_norm" + suffix, layer_norm_mpfr, bits);
    register_mpfr("cross_entropy" + suffix, cross_entropy_mpfr, bits);
  }
  // A row has one peer: those with two are measured twice.
  register_truth("softmax/truth", softmax_of, many, bfloat16, "softmax/loop 6");
  register_truth("layer_norm/truth", layer_norm_of, many, bfloat16, "layer_norm/loop 6");
  register_truth("cross_entropy/truth", cross_entropy_of, many, bfloat16, "cross_entropy/loop 6");
  register_truth("softmax/truth:again", softmax_of, many, bfloat16, "softmax/mpfr:256 0.01");
  register_truth("layer_norm/truth:again", layer_norm_of, many, bfloat16, "layer_norm/mpfr:256 0.01");
  register_truth("cross_entropy/truth:again", cross_entropy_of, many, bfloat16, "cross_entropy/mpfr:256 0.01");
  register_truth("softmax/intervals", softmax_of, few, binary64, "softmax/mpfr:96 4");
  register_truth("layer_norm/intervals", layer_norm_of, few, binary64, "layer_norm/mpfr:96 4");
  register_truth("cross_entropy/intervals", losses_of, few, binary64, "cross_entropy/mpfr:96 4");
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
