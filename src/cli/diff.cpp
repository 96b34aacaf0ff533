// assay diff A B: how far two tensors lie apart, in ulps.
#include <cmath>
#include <memory>
#include <numeric>

#include <fmt/format.h>

#include <assay/number/text.hpp>
#include <assay/tensor/describe.hpp>

#include "arguments.hpp"
#include "distance.hpp"
#include "error_map.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "terminal.hpp"

namespace assay::cli {
namespace {

using json = nlohmann::ordered_json;

struct diff_options {
  std::string a, b, format_name, shape;
  double within = 0;
  std::size_t worst = 5;
  bool json = false, quiet = false;
};

/// Two tensors, element by element.
struct comparison {
  tensor a, b;
  format in = binary32;  ///< whose ulps are counted; of integers ignored
  element_errors errors;
  ulp_histogram histogram;
  std::size_t same_bits = 0, zeros_of_other_sign = 0, nan_mismatches = 0, infinity_mismatches = 0, beyond = 0;
  double largest = 0;
  struct shown {
    std::size_t index;
    std::string a, b;
  };
  std::vector<shown> worst;  ///< elements, the worst first

  bool integers() const { return !a.type().is_floating(); }
  std::string unit() const { return integers() ? "units" : "ulps of " + format_name(in); }
};

/// Of two formats, the one whose numbers are farther apart.
format coarser(format x, format y) {
  return x.fraction_bits != y.fraction_bits ? (x.fraction_bits < y.fraction_bits ? x : y)
                                            : (x.exponent_bits < y.exponent_bits ? x : y);
}

void count_mismatch(comparison& c, encoded x, encoded y) {
  const auto p = decode(x.code & x.in.code_mask(), x.in), q = decode(y.code & y.in.code_mask(), y.in);
  (p.is_nan() || q.is_nan() ? c.nan_mismatches : c.infinity_mismatches) += 1;
}

void compare_element(comparison& c, std::size_t n, double within) {
  double apart = 0;
  if (c.integers()) {
    apart = integer_value(c.a, n) - integer_value(c.b, n);
  } else {
    const encoded x{c.a[n], c.a.type().layout}, y{c.b[n], c.b.type().layout};
    apart = ulps_apart(x, y, c.in);
    if (std::isnan(apart)) count_mismatch(c, x, y);
    const auto p = decode(x.code & x.in.code_mask(), x.in), q = decode(y.code & y.in.code_mask(), y.in);
    c.zeros_of_other_sign += p.is_zero() && q.is_zero() && p.negative != q.negative ? 1u : 0u;
  }
  const bool fine = std::abs(apart) <= within;  // written so that a NaN fails
  c.beyond += fine ? 0 : 1;
  c.largest = std::max(c.largest, std::isnan(apart) ? 0 : std::abs(apart));
  c.histogram.add(std::abs(apart));
  c.errors.ulps[n] = static_cast<float>(apart);
  c.errors.failing[n] = !fine;
}

std::string element_text(const tensor& values, std::size_t n) {
  if (!values.type().is_floating()) return fmt::format("{:.17g}", integer_value(values, n));
  const format f = values.type().layout;
  const std::uint64_t code = values[n] & f.code_mask();
  return fmt::format("{} (0x{:0{}x})", to_string(encoded{code, f}), code, (f.width() + 3) / 4);
}

/// Nothing of it is read from the files any more.
comparison compared(const diff_options& options) {
  progress_line progress("", !options.quiet);
  progress.say("reading files");
  input_files files;
  comparison c;
  const auto read = [&](const std::string& file) {
    const bool shaped = !options.shape.empty() && is_unshaped(file);
    return file_argument::parse(shaped ? with_shape(file, options.shape) : file).read(files);
  };
  c.a = read(options.a);
  c.b = read(options.b);
  if (!(c.a.shape() == c.b.shape())) {
    throw usage_error(fmt::format("{} has shape {} and {} has {}; expected equal shapes.", options.a,
                                  to_string(c.a.shape()), options.b, to_string(c.b.shape())));
  }
  if (c.a.type().is_floating() != c.b.type().is_floating()) {
    throw usage_error(fmt::format(
        "{} holds {} and {} {}; expected floating-point codes in both, or integers in both. Raw bits need their "
        "format: FILE:bfloat16.",
        options.a, to_string(c.a.type()), options.b, to_string(c.b.type())));
  }
  if (!c.integers()) {
    c.in = options.format_name.empty() ? coarser(c.a.type().layout, c.b.type().layout)
                                       : format_argument(options.format_name);
  } else if (!options.format_name.empty()) {
    throw usage_error(fmt::format("--format is {}, but the tensors hold integers.", options.format_name));
  }
  const std::size_t count = c.a.size();
  c.errors = {c.a.shape(), std::vector<float>(count), std::vector<bool>(count)};
  const bool same_type = to_string(c.a.type()) == to_string(c.b.type());
  in_counted_blocks("comparison", count, [&](std::size_t n) {
    c.same_bits += same_type && c.a[n] == c.b[n] ? 1u : 0u;
    compare_element(c, n, options.within);
  });
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto size = [&](std::size_t n) {
    return std::isnan(c.errors.ulps[n]) ? HUGE_VALF : std::abs(c.errors.ulps[n]);
  };
  const auto shown = static_cast<std::ptrdiff_t>(std::min({options.worst, count, c.beyond}));
  std::partial_sort(order.begin(), order.begin() + shown, order.end(), [&](std::size_t p, std::size_t q) {
    return c.errors.failing[p] != c.errors.failing[q] ? c.errors.failing[p]
           : size(p) != size(q)                       ? size(p) > size(q)
                                                      : p < q;
  });
  for (auto n = order.begin(); n != order.begin() + shown; ++n) {
    c.worst.push_back({*n, element_text(c.a, *n), element_text(c.b, *n)});
  }
  files.check_unchanged();
  return c;
}

void print_text(const comparison& c, const diff_options& options) {
  const std::size_t count = c.a.size();
  if (count == 0) return fmt::print("There are no elements: the shape is {}.\n", to_string(c.a.shape()));
  const bool same = c.beyond == 0;
  fmt::print("{}  {} of {} elements apart by more than {} {}; the largest distance is {:.6g}\n\n",
             same ? painted("SAME", colour::green) : painted("DIFFERENT", colour::red), c.beyond, count, options.within,
             c.unit(), c.largest);
  fmt::print("  {} of equal bits, {} zeros of unequal signs, {} NaNs in one only, {} infinities in one only\n\n",
             c.same_bits, c.zeros_of_other_sign, c.nan_mismatches, c.infinity_mismatches);
  fmt::print("distance, in {}\n{}", c.unit(), histogram_text(c.histogram, ""));
  if (!c.worst.empty()) fmt::print("\nfarthest apart\n");
  for (const auto& [n, a, b] : c.worst) {
    const float apart = c.errors.ulps[n];
    fmt::print(
        "  {:<10} {} and {}{}\n", index_text(n, c.a.shape()), a, b,
        std::isnan(apart) ? std::string(": of different classes") : fmt::format(": {:.6g} apart", std::abs(apart)));
  }
  if (!same) fmt::print("\nwhere\n{}", map_text(c.errors, 64, 16, "  "));
}

json report_json(const comparison& c, const diff_options& options) {
  json histogram = json::array(), worst = json::array();
  for (std::size_t bucket = 0; bucket < ulp_histogram::buckets; ++bucket) {
    if (c.histogram[bucket] != 0)
      histogram.push_back({{"ulps", ulp_histogram::label(bucket)}, {"count", c.histogram[bucket]}});
  }
  for (const auto& [n, a, b] : c.worst) {
    const float apart = c.errors.ulps[n];
    worst.push_back(
        {{"index", n}, {"a", a}, {"b", b}, {"distance", std::isnan(apart) ? json("other class") : json(apart)}});
  }
  return {{"same", c.beyond == 0},
          {"unit", c.unit()},
          {"shape", std::vector(c.a.shape().begin(), c.a.shape().end())},
          {"elements", c.a.size()},
          {"within", options.within},
          {"beyond", c.beyond},
          {"same_bits", c.same_bits},
          {"zeros_of_other_sign", c.zeros_of_other_sign},
          {"nan_mismatches", c.nan_mismatches},
          {"infinity_mismatches", c.infinity_mismatches},
          {"largest", c.largest},
          {"histogram", histogram},
          {"worst", worst}};
}

exit_code run(const diff_options& options) {
  if (!(options.within >= 0)) throw usage_error(fmt::format("--within is {}; expected 0 or more.", options.within));
  const comparison c = compared(options);
  if (options.json) {
    fmt::print("{}\n", report_json(c, options).dump(2));
  } else if (!options.quiet) {
    print_text(c, options);
  }
  return c.beyond == 0 ? passed : failed;
}

}  // namespace

void add_diff(CLI::App& app, action& chosen) {
  const auto options = std::make_shared<diff_options>();
  auto* command = app.add_subcommand("diff", "How far two tensors lie apart, in ulps: exit code 0 same, 1 different");
  command->add_option("A", options->a, "A file; raw bits need their format: FILE:bfloat16")->required();
  command->add_option("B", options->b, "A file of the same shape, whose ulps are counted")->required();
  command->add_option("--shape", options->shape, "Shape of raw .bin files, as in 64,128")->type_name("N,N");
  command->add_option("--format", options->format_name, "Count in ulps of this format; else of the coarser of the two")
      ->type_name("FORMAT");
  command->add_option("--within", options->within, "The distance up to which elements count as the same")
      ->type_name("ULPS")
      ->capture_default_str();
  command->add_option("--worst", options->worst, "How many elements to show")->type_name("N")->capture_default_str();
  command->add_flag("--json", options->json, "The result for machines");
  command->add_flag("-q,--quiet", options->quiet, "No output: the exit code says it");
  command->footer(
      "Zeros of either sign are the same, as are any two NaNs. Integers are compared in units.\n"
      "Examples:\n"
      "  assay diff a.npy b.npy\n"
      "  assay diff gpu.npy:bfloat16 cpu.npy --format bfloat16 --within 1");
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace assay::cli
