// assay run dot | gemm: a kernel as the named arithmetic computes it, written to a file.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <assay/accumulate/grammar.hpp>
#include <assay/bulk/gemm.hpp>
#include <assay/number/convert.hpp>
#include <assay/tensor/describe.hpp>

#include "run_product.hpp"

#include "arguments.hpp"

namespace assay::cli {
namespace {

struct run_options {
  std::string a, b, c, bias, output, to;
  std::string accumulate = "floating:binary32", order = "sequential";
  conversion_options store;
  int random_bits = 32;
  std::uint64_t seed = 0;
  std::size_t threads = 0;
  bool transpose_a = false, transpose_b = false;
  std::optional<float> alpha, beta;
  bool json = false, quiet = false;

  void add_inputs(CLI::App& command, const char* a_text, const char* b_text, const char* c_text) {
    command.add_option("--a", a, a_text)->type_name("FILE")->required();
    command.add_option("--b", b, b_text)->type_name("FILE")->required();
    command.add_option("--c", c, c_text)->type_name("FILE");
    command.add_option("-o,--output", output, "The file to write: .npy, .npz, .safetensors, .bin")
        ->check(output_complaint)
        ->type_name("FILE")
        ->required();
    command.add_option("--to", to, "The format of the results; integers from an integer accumulator")->required();
  }
  void add_arithmetic(CLI::App& command) {
    command.add_option("--accumulate", accumulate, "What a sum is kept in")->capture_default_str();
    command.add_option("--order", order, "The order of the terms")->capture_default_str();
    store.add_to(command, true);
    command.add_option("--random-bits", random_bits, "Random bits of stochastic rounding, 1 to 32")
        ->capture_default_str();
    command.add_option("--seed", seed, "Seed of stochastic rounding; the same seed gives the same bits")
        ->capture_default_str();
    command.add_option("--threads", threads, "Threads; 0 for all; results do not depend on it")->capture_default_str();
    command.add_flag("--json", json, "The summary for machines");
    command.add_flag("-q,--quiet", quiet, "No summary");
  }
};

/// A tensor and what its codes are: of a floating-point format, or integers.
struct operand_tensor {
  tensor values;
  element type = binary32;

  const extents& shape() const { return values.shape(); }
};

std::string type_name(const element& e) {
  if (const auto* f = std::get_if<format>(&e)) return format_name(*f);
  return std::string(name_of(std::get<integer_format>(e)));
}

/// FILE, FILE:FORMAT or FILE:INTEGERS. Signed integers speak for themselves; unsigned ones may be raw bits.
operand_tensor read_operand(const std::string& text) {
  const file_argument file = file_argument::parse(text);
  const auto stated = file.reference.type ? file.reference.type->integers : std::nullopt;
  operand_tensor x;
  x.values = file.read();
  const element_type& type = x.values.type();
  const std::string path = file.reference.name();
  if (stated) {
    x.type = *stated;
  } else if (type.is_floating()) {
    x.type = type.layout;
  } else if (type.what == element_type::kind::signed_integer) {
    x.type = integer_format{type.integer_bits};
  } else {
    const std::string_view example = type.bytes() == 1 ? "e4m3fn" : type.bytes() == 2 ? "bfloat16" : "binary32";
    throw usage_error(fmt::format("{}: holds {}; say what its codes are, as in {}:{} or {}:{}.", path, to_string(type),
                                  path, example, path, to_string(type)));
  }
  return x;
}

/// An output format, of either kind.
element output_type(const std::string& name) {
  if (const auto integers = find_named_integer_format(name)) return *integers;
  return format_argument(name);
}
element_type tensor_type(const element& e) {
  if (const auto* f = std::get_if<format>(&e)) return element_type::of(*f);
  const auto i = std::get<integer_format>(e);
  return element_type::integer(i.bits <= 8 ? 8 : i.bits, i.is_signed);
}

/// What both commands ask of the arithmetic.
void set_arithmetic(gemm_problem& p, const run_options& options) {
  p.with = parse_accumulator(options.accumulate);
  p.order = parse_order(options.order);
  p.to = options.store.parse();
  if (p.to.mode == rounding::stochastic) p.to.random_bits = options.random_bits;
  if (!p.to.is_valid()) throw usage_error(fmt::format("--random-bits is {}; expected 1 to 32.", options.random_bits));
  p.seed = options.seed;
  p.threads = options.threads;
}

/// What gemm() refuses, in the words of the command.
void compute(const gemm_problem& p) try { gemm(p); } catch (const std::invalid_argument& error) {
  const std::string_view text = error.what();
  throw usage_error(fmt::format("{}.", text.starts_with("gemm: ") ? text.substr(6) : text));
}

/// Computes into a new tensor of that shape, writes it, and says so.
exit_code finish(gemm_problem& p, const run_options& options, extents shape, std::size_t k) {
  const element to = output_type(options.to);
  tensor result(tensor_type(to), shape);
  p.d.type = to;
  p.d.codes = result.bytes().data();
  compute(p);
  write_output(options.output, result);
  if (options.json) {
    const nlohmann::ordered_json report{{"output", options.output},
                                        {"a", type_name(p.a.type)},
                                        {"b", type_name(p.b.type)},
                                        {"to", type_name(to)},
                                        {"shape", std::vector(shape.begin(), shape.end())},
                                        {"products", k},
                                        {"accumulate", to_string(p.with)},
                                        {"order", to_string(p.order)}};
    fmt::print("{}\n", report.dump(2));
  } else if (!options.quiet) {
    fmt::print("{}: shape {}, each of {} products of {} and {}; {}, {}; stored as {}.\n", options.output,
               to_string(shape), k, type_name(p.a.type), type_name(p.b.type), to_string(p.with), to_string(p.order),
               type_name(to));
  }
  return passed;
}

[[noreturn]] void refuse_shape(const char* name, const extents& found, const extents& expected) {
  throw usage_error(fmt::format("{} has shape {}; expected {}.", name, to_string(found), to_string(expected)));
}

/// Each row of a and b is a product of a 1 x K by a K x 1 matrix.
exit_code run_dot(const run_options& options) {
  gemm_problem p;
  set_arithmetic(p, options);
  const operand_tensor a = read_operand(options.a), b = read_operand(options.b);
  if (a.shape().rank() == 0) throw usage_error("a has shape (); expected at least one axis, along which to sum.");
  if (!(b.shape() == a.shape())) refuse_shape("b", b.shape(), a.shape());
  const extents rows = a.shape().without_last();
  const std::size_t k = a.shape()[a.shape().rank() - 1];
  operand_tensor c;
  if (!options.c.empty()) {
    c = read_operand(options.c);
    if (!(c.shape() == rows)) refuse_shape("c", c.shape(), rows);
    p.c = {.codes = c.values.bytes().data(), .type = c.type, .rows = 1, .columns = 1, .batch_stride = 1};
  }
  p.batches = rows.count();
  p.a = {.codes = a.values.bytes().data(), .type = a.type, .rows = 1, .columns = k, .batch_stride = k};
  p.b = {.codes = b.values.bytes().data(), .type = b.type, .rows = k, .columns = 1, .batch_stride = k};
  p.d = {.rows = 1, .columns = 1, .batch_stride = 1};
  return finish(p, options, rows, k);
}

/// A matrix, or a batch of them behind each other.
matrix matrix_of(const operand_tensor& x, const char* name, std::optional<std::size_t>& batches) {
  const extents& shape = x.shape();
  if (shape.rank() != 2 && shape.rank() != 3) {
    throw usage_error(
        fmt::format("{} has shape {}; expected two axes, or three with a batch.", name, to_string(shape)));
  }
  const std::size_t rows = shape[shape.rank() - 2], columns = shape[shape.rank() - 1];
  matrix m{.codes = x.values.bytes().data(), .type = x.type, .rows = rows, .columns = columns};
  if (shape.rank() == 3) {
    if (batches && *batches != shape[0]) {
      throw usage_error(fmt::format("{} has shape {}; expected a batch of {}.", name, to_string(shape), *batches));
    }
    batches = shape[0];
    m.batch_stride = rows * columns;
  }
  return m;
}

/// A bias in binary32, exactly.
std::vector<float> floats_of(const operand_tensor& x) {
  const auto* f = std::get_if<format>(&x.type);
  if (f == nullptr || f->fraction_bits > 23 || f->exponent_bits > 8) {
    throw usage_error(fmt::format("bias holds {}; expected binary32 or a format that it contains.", type_name(x.type)));
  }
  std::vector<float> all(x.values.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = to_float(x.values[i], *f);
  return all;
}

exit_code run_gemm(const run_options& options) {
  gemm_problem p;
  set_arithmetic(p, options);
  const operand_tensor a = read_operand(options.a), b = read_operand(options.b);
  std::optional<std::size_t> batches;
  p.a = matrix_of(a, "a", batches);
  p.b = matrix_of(b, "b", batches);
  p.transpose_a = options.transpose_a;
  p.transpose_b = options.transpose_b;
  operand_tensor c, bias;
  if (!options.c.empty()) {
    c = read_operand(options.c);
    p.c = matrix_of(c, "c", batches);
  }
  p.c_in_epilogue = options.alpha || options.beta;
  p.epilogue.alpha = options.alpha.value_or(1.0f);
  p.epilogue.beta = options.beta.value_or(1.0f);
  const std::size_t m = p.transpose_a ? p.a.columns : p.a.rows, k = p.transpose_a ? p.a.rows : p.a.columns;
  const std::size_t n = p.transpose_b ? p.b.rows : p.b.columns;
  std::vector<float> floats;
  std::vector<std::int32_t> integers;
  if (!options.bias.empty()) {
    bias = read_operand(options.bias);
    if (!(bias.shape() == extents{n})) refuse_shape("bias", bias.shape(), {n});
    if (bias.type == element(int32)) {
      for (std::size_t j = 0; j < n; ++j) integers.push_back(static_cast<std::int32_t>(bias.values[j]));
      p.integer_bias = {integers.data(), n};
    } else {
      floats = floats_of(bias);
      p.epilogue.column_bias = {floats.data(), n};
    }
  }
  p.batches = batches.value_or(1);
  p.d = {.rows = m, .columns = n, .batch_stride = m * n};
  return finish(p, options, batches ? extents{*batches, m, n} : extents{m, n}, k);
}

void fill_run_dot(CLI::App& command, action& chosen) {
  const auto options = std::make_shared<run_options>();
  options->add_inputs(command, "Left factors, (..., K); raw bits need their format: FILE:bfloat16",
                      "Right factors, the same shape", "Addends, one for each row; every sum starts from its own");
  options->add_arithmetic(command);
  command.footer(
      "--rounding, --overflow and --subnormals say how the sum is stored in the format of --to. Integers are int8,\n"
      "int16 and int32 arrays, or named: FILE:uint8. Accumulators and orders: docs/accumulators-and-matrix-units.md.\n"
      "Examples:\n"
      "  assay run dot --a a.npy --b b.npy -o d.npy --to binary16 --accumulate floating:binary16:rounded\n"
      "  assay run dot --a a.npy:binary16 --b b.npy:binary16 --c c.npy:binary32 -o d.npy --to binary32 \\\n"
      "      --accumulate unit:h100.mma.fp16.fp32");
  command.callback([options, &chosen] { chosen = [options] { return run_dot(*options); }; });
}

void fill_run_gemm(CLI::App& command, action& chosen) {
  const auto options = std::make_shared<run_options>();
  options->add_inputs(command, "A, (M, K) or (batch, M, K); raw bits need their format: FILE:bfloat16",
                      "B, (K, N) or (batch, K, N)",
                      "C, (M, N) or (batch, M, N): sums start from it; with --alpha or --beta it comes after them");
  command.add_option("--bias", options->bias,
                     "(N,), added after alpha and beta in binary32; int32: integer sums start from it");
  command.add_flag("--transpose-a", options->transpose_a, "A is stored as its transpose");
  command.add_flag("--transpose-b", options->transpose_b, "B is stored as its transpose");
  command.add_option("--alpha", options->alpha, "Factor of the sums, in binary32");
  command.add_option("--beta", options->beta, "Factor of C, in binary32");
  options->add_arithmetic(command);
  command.footer(
      "docs/gemm.md has each step to the formula. Integers are int8, int16 and int32 arrays, or named: FILE:uint8.\n"
      "Examples:\n"
      "  assay run gemm --a a.npy --b b.npy -o d.npy --to binary32 --order pairwise\n"
      "  assay run gemm --a x.npy:e4m3fn --b w.npy:e4m3fn --transpose-b -o y.npy --to bfloat16 \\\n"
      "      --accumulate unit:h100.wgmma.e4m3fn.fp32/promote:128/floating:binary32\n"
      "  assay run gemm --a x.npy --b w.npy --bias b.npy -o y.npy --to int32 --accumulate integer:32");
  command.callback([options, &chosen] { chosen = [options] { return run_gemm(*options); }; });
}

}  // namespace

bool add_run_product(CLI::App& command, const kernel_info& kernel, action& chosen) {
  if (kernel.name == "dot") {
    fill_run_dot(command, chosen);
  } else if (kernel.name == "gemm") {
    fill_run_gemm(command, chosen);
  } else {
    return false;
  }
  return true;
}

}  // namespace assay::cli
