#include "check_integers.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <assay/tensor/describe.hpp>

#include "arguments.hpp"
#include "integer_files.hpp"

namespace assay::cli {
namespace {

/// A number stays one; a file is found from the spec's folder.
std::string in_folder(const check_request& request, const std::string& text) {
  const bool number = !text.empty() && text.find_first_not_of("+-.0123456789eE") == std::string::npos;
  return text.empty() || number ? text : from_folder(request.folder, text);
}

void refuse_others(const check_request& request) {
  const auto refuse = [](const std::string& what, const char* instead) {
    throw usage_error(fmt::format("{} is of floating-point results; with --factor expected {}.", what, instead));
  };
  for (const char* name : {"a_scale", "b_scale"}) {
    if (!text_of(request.inputs, name).empty()) refuse(option_name(name), "the product of the scales in --factor");
  }
  for (const char* name : {"alpha", "beta"}) {
    if (!text_of(request.attributes, name).empty()) refuse(option_name(name), "it in --factor");
  }
  if (!text_of(request.inputs, "c").empty()) refuse("--c", "--bias");
  const std::string activation = text_of(request.attributes, "activation");
  if (!activation.empty() && activation != "none") refuse("--activation", "--clamp");
  if (!request.claim.empty() && request.claim != "exact") {
    refuse("the claim '" + request.claim + "'", "--requantise exact or float_scale, and --to TYPE:ROUNDING");
  }
}

requantised_by claimed_by(const check_request& request) {
  const std::string way = text_of(request.integers, "requantise");
  if (request.claim == "exact" && (way.empty() || way == "exact")) return requantised_by::exact;
  if (request.claim == "exact") {
    throw usage_error(fmt::format("--exact and --requantise {} were both given; expected one of them.", way));
  }
  if (way == "exact") return requantised_by::exact;
  if (way.empty() || way == "float_scale") return requantised_by::float_scale;
  constexpr std::string_view words[]{"exact", "float_scale"};
  throw usage_error(
      fmt::format("--requantise is '{}'; expected exact or float_scale.{}", way, did_you_mean(way, words)));
}

std::vector<float> scales_of(input_files& opened, const check_request& request, std::size_t columns) {
  const std::string text = text_of(request.integers, "factor");
  if (text.empty()) {
    throw usage_error("--factor is missing, what the sums are multiplied by; expected a number or a file.");
  }
  std::vector<float> scales;
  for (const double factor : factors(opened, in_folder(request, text), columns)) {
    scales.push_back(static_cast<float>(factor));
    if (!std::isfinite(scales.back())) {
      throw usage_error(fmt::format("factor holds {}; expected numbers of binary32.", factor));
    }
  }
  return scales;
}

std::size_t lines_of(const integer_tensor& x, const char* name, bool rows) {
  const extents& s = x.codes.shape();
  if (s.rank() != 2 && s.rank() != 3) {
    throw usage_error(fmt::format("{} has shape {}; expected two axes, or three with a batch.", name, to_string(s)));
  }
  return s[rows ? s.rank() - 2 : s.rank() - 1];
}

}  // namespace

bool is_requantised(const check_request& request) {
  return std::any_of(request.integers.begin(), request.integers.end(),
                     [](const auto& one) { return one.first != "zero_a" && one.first != "zero_b"; });
}

requantised_files read_requantised(input_files& opened, const check_request& request) {
  refuse_others(request);
  requantised_files files;
  requantised_product& p = files.product;
  const auto file = [&](const named_texts& texts, std::string_view name) {
    const std::string text = text_of(texts, name);
    if (text.empty()) throw usage_error(fmt::format("{} is missing; expected a file.", name == "y" ? "got" : name));
    return from_folder(request.folder, text);
  };
  p.claimed = claimed_by(request);
  p.a = integers(opened, "a", file(request.inputs, "a"));
  p.b = integers(opened, "b", file(request.inputs, "b"));
  p.transpose_a = is_on(request.attributes, "transpose_a");
  p.transpose_b = is_on(request.attributes, "transpose_b");
  const std::size_t m = lines_of(p.a, "a", !p.transpose_a), n = lines_of(p.b, "b", p.transpose_b);
  p.zero_a = zero_points(opened, in_folder(request, text_of(request.integers, "zero_a")), "zero-a", m);
  p.zero_b = zero_points(opened, in_folder(request, text_of(request.integers, "zero_b")), "zero-b", n);
  p.scales = scales_of(opened, request, n);
  if (const std::string bias = text_of(request.inputs, "bias"); !bias.empty()) {
    const integers all(opened, "bias", from_folder(request.folder, bias));
    if (all.codes.shape() != extents{n}) refuse_shape("bias", all.codes.shape(), {n});
    p.bias = all.narrow("bias");
  }
  const std::string to = text_of(request.integers, "to");
  const auto target = target_of(to);
  if (!to.empty() && !target) {
    throw usage_error(
        fmt::format("--to is '{}'; with --factor expected an integer type of up to 16 bits, as in uint8.", to));
  }
  const integers got(opened, "got", file(request.got, "y"), target ? std::optional(target->type) : std::nullopt);
  p.to = target ? target->type : got.type;
  if (got.type.bits != p.to.bits || got.type.is_signed != p.to.is_signed) {
    throw usage_error(fmt::format("got is {}; expected {}, which --to names.", name_of(got.type), name_of(p.to)));
  }
  if (target) p.mode = target->mode;
  p.range = range_of(text_of(request.integers, "zero_y"), text_of(request.integers, "clamp"));
  p.zero_point_inside = is_on(request.integers, "zero_y_inside");
  files.got = got.codes;
  return files;
}

report_context requantised_context(const check_request& request, const requantised_files& files) {
  report_context context;
  context.kernel = request.kernel->name;
  context.formula = "y = clamp(round(factor ((a - zero_a) (b - zero_b) + bias)) + zero_y)";
  const auto list = [&](const char* name, const std::string& type, const extents& shape, const std::string& file) {
    context.tensors.push_back({name, type, to_string(shape), file});
  };
  const requantised_product& p = files.product;
  list("a", std::string(name_of(p.a.type)), p.a.codes.shape(), text_of(request.inputs, "a"));
  list("b", std::string(name_of(p.b.type)), p.b.codes.shape(), text_of(request.inputs, "b"));
  if (!p.bias.empty()) list("bias", "int32", {p.bias.size()}, text_of(request.inputs, "bias"));
  list("got", std::string(name_of(p.to)), files.got.shape(), text_of(request.got, "y"));
  context.results.push_back({"y", files.got.shape(), whole_number_format});
  for (const auto& [name, value] : request.attributes) {
    if (!value.empty()) context.attributes.push_back({name, value});
  }
  for (const auto& [name, value] : request.integers) context.attributes.push_back({name, value});
  return context;
}

}  // namespace assay::cli
