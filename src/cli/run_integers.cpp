#include "run_integers.hpp"

#include <cmath>

#include <fmt/format.h>

#include <assay/accumulate/grammar.hpp>
#include <assay/bulk/gemm.hpp>
#include <assay/number/convert.hpp>
#include <assay/tensor/describe.hpp>

#include "arguments.hpp"
#include "integer_files.hpp"

namespace assay::cli {
namespace {

element_type tensor_type(integer_format f) { return element_type::integer(f.bits <= 8 ? 8 : f.bits, f.is_signed); }

/// What gemm() refuses, in the words of the command.
void compute(const gemm_problem& p) try { gemm(p); } catch (const std::invalid_argument& error) {
  const std::string_view text = error.what();
  throw usage_error(fmt::format("{}.", text.starts_with("gemm: ") ? text.substr(6) : text));
}

/// The matrices of a call, or its dot products as 1 x K by K x 1.
struct integer_product {
  integers a, b, c;
  std::vector<std::int32_t> bias;
  gemm_problem p;
  extents shape;
  std::size_t m = 1, n = 1;

  integer_product(input_files& files, const kernel_options& options)
      : a(files, "a", text_of(options.inputs(), "a")), b(files, "b", text_of(options.inputs(), "b")) {
    if (options.kernel().name == "dot") {
      dots();
    } else {
      matrices(options);
    }
    if (const std::string file = text_of(options.inputs(), "c"); !file.empty()) {
      c = integers(files, "c", file);
      if (c.codes.shape() != shape) refuse_shape("c", c.codes.shape(), shape);
      p.c = c.view();
      p.c.rows = m, p.c.columns = n, p.c.batch_stride = m * n;
    }
    if (const std::string file = text_of(options.inputs(), "bias"); !file.empty()) {
      const integers all(files, "bias", file);
      if (all.codes.shape() != extents{n}) refuse_shape("bias", all.codes.shape(), {n});
      bias = all.narrow("bias");
      p.integer_bias = {bias.data(), n};
    }
    p.d = {.rows = m, .columns = n, .batch_stride = m * n};
  }

 private:
  void dots() {
    const extents& all = a.codes.shape();
    if (all.rank() == 0) throw usage_error("a has shape (); expected at least one axis, along which to sum.");
    if (b.codes.shape() != all) refuse_shape("b", b.codes.shape(), all);
    const std::size_t k = all[all.rank() - 1];
    shape = all.without_last();
    p.batches = shape.count();
    p.a = a.view(), p.b = b.view();
    p.a.rows = 1, p.a.columns = k, p.a.batch_stride = k;
    p.b.rows = k, p.b.columns = 1, p.b.batch_stride = k;
  }
  void matrices(const kernel_options& options) {
    std::optional<std::size_t> batches;
    p.a = matrix_of(a, "a", batches), p.b = matrix_of(b, "b", batches);
    p.transpose_a = is_on(options.attributes(), "transpose_a");
    p.transpose_b = is_on(options.attributes(), "transpose_b");
    m = p.transpose_a ? p.a.columns : p.a.rows, n = p.transpose_b ? p.b.rows : p.b.columns;
    p.batches = batches.value_or(1);
    shape = batches ? extents{*batches, m, n} : extents{m, n};
  }
  static matrix matrix_of(const integers& x, const char* name, std::optional<std::size_t>& batches) {
    const extents& s = x.codes.shape();
    if (s.rank() != 2 && s.rank() != 3) {
      throw usage_error(fmt::format("{} has shape {}; expected two axes, or three with a batch.", name, to_string(s)));
    }
    matrix view = x.view();
    view.rows = s[s.rank() - 2], view.columns = s[s.rank() - 1];
    if (s.rank() == 3) {
      if (batches && *batches != s[0]) {
        throw usage_error(fmt::format("{} has shape {}; expected a batch of {}.", name, to_string(s), *batches));
      }
      batches = s[0];
      view.batch_stride = view.rows * view.columns;
    }
    return view;
  }
};

/// What has no meaning where integers come out.
void refuse_others(const kernel_options& kernel, const arithmetic_options& with) {
  const auto refuse = [](const std::string& option, const char* instead) {
    throw usage_error(
        fmt::format("{} is of floating-point results; with integers in --to expected {}.", option, instead));
  };
  for (const char* name : {"a_scale", "b_scale"}) {
    if (!text_of(kernel.inputs(), name).empty()) refuse(option_name(name), "--requantise and --factor");
  }
  for (const char* name : {"alpha", "beta"}) {
    if (!text_of(kernel.attributes(), name).empty()) refuse(option_name(name), "--requantise and --factor");
  }
  const std::string activation = text_of(kernel.attributes(), "activation");
  if (!activation.empty() && activation != "none") refuse("--activation", "--clamp");
  for (const std::string& option : with.given()) {
    if (option == "--accumulate" || option == "--order" || option == "--to") continue;
    refuse(option, "--accumulate and --order");
  }
}

/// Keeps what gemm_requantisation points to.
struct requantisation {
  std::vector<float> scales;
  std::vector<std::int32_t> multipliers, shifts;

  void set_factors(gemm_requantisation& r, const std::vector<double>& all) {
    for (const double factor : all) {
      const bool is_scale = r.by == requantiser::float_scale;
      if (!std::isfinite(factor) || (!is_scale && factor < 0) ||
          (is_scale && !std::isfinite(static_cast<float>(factor)))) {
        throw usage_error(fmt::format("factor holds {}; expected {}.", factor,
                                      is_scale ? "numbers of binary32" : "numbers that are not negative"));
      }
      scales.push_back(static_cast<float>(factor));
      const fixed_point_multiplier fixed = is_scale ? fixed_point_multiplier{} : fixed_point(factor);
      multipliers.push_back(fixed.multiplier), shifts.push_back(fixed.shift);
    }
    if (r.by == requantiser::float_scale) {
      r.scales = {scales.data(), scales.size()};
    } else {
      r.multipliers = {multipliers.data(), multipliers.size()}, r.shifts = {shifts.data(), shifts.size()};
    }
  }
};

requantiser way_named(const std::string& name) {
  constexpr std::pair<std::string_view, requantiser> ways[]{{"float_scale", requantiser::float_scale},
                                                            {"double_rounding", requantiser::double_rounding},
                                                            {"single_rounding", requantiser::single_rounding}};
  for (const auto& [word, way] : ways) {
    if (name == word) return way;
  }
  const std::string_view words[]{ways[0].first, ways[1].first, ways[2].first};
  throw usage_error(fmt::format("--requantise is '{}'; expected float_scale, double_rounding or single_rounding.{}",
                                name, did_you_mean(name, words)));
}

}  // namespace

void integer_options::add_to(CLI::App& command, const char* ways) {
  const auto add = [&](const char* name, std::string& value, const char* what, const char* word) {
    command.add_option(name, value, what)->type_name(word)->group("Integers");
  };
  add("--zero-a", zero_a_, "Zero point of a: a number, or a file with one for each row of a", "N|FILE");
  add("--zero-b", zero_b_, "Zero point of b: a number, or a file with one for each column of b", "N|FILE");
  add("--requantise", requantise_, "With integers in --to: how sums become small integers", ways);
  add("--factor", factor_, "What the sums are multiplied by: a number, or a file with one for each column",
      "NUMBER|FILE");
  add("--zero-y", zero_y_, "Zero point of the result", "N");
  add("--clamp", clamp_, "A range narrower than the type's, as a merged ReLU leaves", "N,N");
}

std::optional<tensor> integer_options::run(input_files& files, const kernel_options& kernel,
                                           const arithmetic_options& with, unsigned threads) const {
  const auto target = target_of(with.value("to"));
  if (!target) {
    for (const auto& [name, text] : {std::pair{"--requantise", requantise_}, std::pair{"--factor", factor_},
                                     std::pair{"--zero-y", zero_y_}, std::pair{"--clamp", clamp_}}) {
      if (!text.empty())
        throw usage_error(fmt::format("{} is of integer results; expected an integer type in --to.", name));
    }
    return std::nullopt;
  }
  refuse_others(kernel, with);
  integer_product product(files, kernel);
  gemm_problem& p = product.p;
  const std::vector<std::int32_t> zero_a = zero_points(files, zero_a_, "zero-a", product.m),
                                  zero_b = zero_points(files, zero_b_, "zero-b", product.n);
  p.zero_a = {zero_a.data(), zero_a.size()}, p.zero_b = {zero_b.data(), zero_b.size()};
  if (zero_a.empty()) p.zero_a = {};
  if (zero_b.empty()) p.zero_b = {};
  const std::string accumulate = with.value("accumulate"), order = with.value("order");
  p.with = as_usage([&] { return parse_accumulator(accumulate.empty() ? "integer:32" : accumulate); });
  if (!order.empty()) p.order = as_usage([&] { return parse_order(order); });
  requantisation kept;
  if (!requantise_.empty()) {
    p.requantise.by = way_named(requantise_);
    p.requantise.mode = target->mode;
    p.requantise.range = range_of(zero_y_, clamp_);
    if (factor_.empty()) throw usage_error("--requantise needs --factor, what the sums are multiplied by.");
    kept.set_factors(p.requantise, factors(files, factor_, product.n));
  } else if (!factor_.empty() || !zero_y_.empty() || !clamp_.empty()) {
    throw usage_error("--factor, --zero-y and --clamp are of --requantise; expected it too.");
  }
  tensor y(tensor_type(target->type), product.shape);
  p.d.type = target->type;
  p.d.codes = y.bytes().data();
  p.threads = threads;
  compute(p);
  return y;
}

named_texts integer_options::texts() const {
  named_texts all;
  for (const auto& [name, text] :
       {std::pair{"zero_a", &zero_a_}, std::pair{"zero_b", &zero_b_}, std::pair{"requantise", &requantise_},
        std::pair{"factor", &factor_}, std::pair{"zero_y", &zero_y_}, std::pair{"clamp", &clamp_}}) {
    if (!text->empty()) all[name] = *text;
  }
  return all;
}

void integer_options::move(input_files& files, kernel_call& call, const kernel_options& kernel) const {
  move_zero_points(files, call, kernel.inputs(), zero_a_, zero_b_);
}

void move_zero_points(input_files& files, kernel_call& call, const named_texts& inputs, const std::string& zero_a,
                      const std::string& zero_b) {
  for (const auto& [input, text] : {std::pair{"a", zero_a}, std::pair{"b", zero_b}}) {
    if (text.empty()) continue;
    const integers x(files, input, text_of(inputs, input));  // whose elements are integers
    tensor numbers = call.input(input);
    const extents& shape = numbers.shape();
    const bool is_gemm = call.name() == "gemm", is_a = *input == 'a';
    const bool transposed = is_gemm && call.flag(is_a ? "transpose_a" : "transpose_b");
    const std::size_t rank = shape.rank(), columns = rank == 0 ? 1 : shape[rank - 1],
                      rows = rank < 2 ? 1 : shape[rank - 2];
    const bool by_rows = is_a != transposed;
    const auto zeros = zero_points(files, text, is_a ? "zero-a" : "zero-b", !is_gemm ? 1 : by_rows ? rows : columns);
    for (const std::int32_t zero : zeros) {
      if (zero >= x.type.min() && zero <= x.type.max()) continue;
      throw usage_error(fmt::format("a zero point of {} is {}; expected a number of its own type, {} to {}.", input,
                                    zero, x.type.min(), x.type.max()));
    }
    const format f = numbers.type().layout;
    for (std::size_t e = 0; e < numbers.size(); ++e) {
      const std::size_t line = by_rows ? e / columns % rows : e % columns;
      const std::int64_t moved = x[e] - zeros[zeros.size() == 1 ? 0 : line];
      numbers.set(e, convert(static_cast<double>(moved), f).code);
    }
    call.set_input(input, std::move(numbers));
  }
}

}  // namespace assay::cli
