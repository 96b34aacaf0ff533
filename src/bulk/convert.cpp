// The bulk conversions: arguments checked, then the fastest way that is exact.
#include <assay/bulk/convert.hpp>

#include <algorithm>
#include <array>

#include "kernels.hpp"
#include "spans.hpp"

namespace assay {
namespace {

using namespace bulk;

constexpr std::size_t chunk = 1024;  // floats between two kernels: 4 KiB of the first-level cache

/// The element-by-element path: get(i) gives the operand of element i.
template <class Get>
void convert_each(std::size_t n, const Get& get, const code_writer& put, format to, conversion how,
                  random_stream random) {
  for (std::size_t i = 0; i < n; ++i) put(i, convert(get(i), to, how, word_of(how, random, i)).code);
}

/// Makes floats chunk by chunk, and hands each chunk to use(first index, floats, count).
template <class Make, class Use>
void by_chunks(std::size_t n, const Make& make, const Use& use) {
  std::array<float, chunk> floats;
  for (std::size_t i = 0; i < n; i += chunk) {
    const std::size_t now = std::min(chunk, n - i);
    make(i, floats.data(), now);
    use(i, floats.data(), now);
  }
}

const encode_plan& plan_encoding(format to, conversion how) {
  static constexpr encode_plan no_kernel;
  if (!have_kernels()) return no_kernel;
  return remembered(to, how, [&] { return make_encode_plan(to, how, nan_result::converted); });
}
const decode_plan& plan_decoding(format from, conversion how) {
  return remembered(from, how, [&] { return make_decode_plan(from, flushes_inputs(how.on_subnormal)); });
}

/// A vector kernel reads codes of f as floats exactly, under this policy.
bool decodes_exactly(format f, conversion how) {
  return have_kernels() && fits_binary32(f) && (how.on_overflow != overflow::saturate_finite || !f.has_infinity());
}

/// Of codes of at most 8 bits there are so few that each is converted once, by the scalar path.
template <class Out>
void convert_by_table(const_code_span in, std::span<Out> out, format from, conversion how) {
  constexpr format to = std::is_same_v<Out, float> ? binary32 : binary64;
  using bits = std::conditional_t<std::is_same_v<Out, float>, std::uint32_t, std::uint64_t>;
  std::array<Out, 256> table;
  for (std::uint64_t code = 0; code < table.size(); ++code) {
    table[code] = std::bit_cast<Out>(static_cast<bits>(convert(encoded{code, from}, to, how).code));
  }
  const auto* codes = static_cast<const std::uint8_t*>(in.data());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = table[codes[i]];
}

template <class Out>
void convert_to_native_each(const_code_span in, std::span<Out> out, format from, conversion how, random_stream random) {
  if (storage_bytes(from) == 1 && how.mode != rounding::stochastic) return convert_by_table(in, out, from, how);
  constexpr format to = std::is_same_v<Out, float> ? binary32 : binary64;
  const code_reader get(in);
  convert_each(
      out.size(),
      [&](std::size_t i) {
        return encoded{get(i), from};
      },
      code_writer(out.data(), static_cast<int>(sizeof(Out))), to, how, random);
}

random_stream advanced(random_stream random, std::size_t n) { return {random.seed, random.first + n}; }

void* element(code_span out, std::size_t i) {
  return static_cast<std::byte*>(out.data()) + i * static_cast<std::size_t>(out.element_bytes());
}
const void* element(const_code_span in, std::size_t i) {
  return static_cast<const std::byte*>(in.data()) + i * static_cast<std::size_t>(in.element_bytes());
}

}  // namespace

void convert(std::span<const float> in, code_span out, format to, conversion how, random_stream random) {
  require_valid(to, how);
  require_sizes("input", in.size(), "output", out.size());
  require_storage("output", out.element_bytes(), to);
  const encode_plan& plan = plan_encoding(to, how);
  if (plan.path != encode_path::scalar) {
    return encode_floats(plan, in.data(), out.data(), out.element_bytes(), in.size(), random);
  }
  convert_each(
      in.size(), [&](std::size_t i) { return encode(in[i]); }, code_writer(out), to, how, random);
}

void convert(std::span<const double> in, code_span out, format to, conversion how, random_stream random) {
  require_valid(to, how);
  require_sizes("input", in.size(), "output", out.size());
  require_storage("output", out.element_bytes(), to);
  const bool is_default = how.on_overflow == overflow::ieee && how.on_subnormal == subnormals::keep;
  if (to == binary32 && have_kernels() && is_default && how.mode == rounding::ties_to_even) {
    return floats_from_doubles(in.data(), static_cast<float*>(out.data()), in.size());
  }
  // 32 random bits see further than the odd float's last bit.
  const bool odd_floats_suffice = odd_floats_round_alike(to, how);
  conversion rest = how;
  rest.on_subnormal = flushes_outputs(how.on_subnormal) ? subnormals::flush_outputs : subnormals::keep;
  const encode_plan& plan = plan_encoding(to, rest);
  if (plan.path == encode_path::scalar || !odd_floats_suffice || how.mode == rounding::stochastic) {
    return convert_each(
        in.size(), [&](std::size_t i) { return encode(in[i]); }, code_writer(out), to, how, random);
  }
  by_chunks(
      in.size(),
      [&](std::size_t i, float* floats, std::size_t n) {
        floats_from_doubles_to_odd(in.data() + i, floats, n, flushes_inputs(how.on_subnormal));
      },
      [&](std::size_t i, const float* floats, std::size_t n) {
        encode_floats(plan, floats, element(out, i), out.element_bytes(), n, {});
      });
}

void convert(const_code_span in, std::span<float> out, format from, conversion how, random_stream random) {
  require_valid(from, how);
  require_sizes("input", in.size(), "output", out.size());
  require_storage("input", in.element_bytes(), from);
  if (decodes_exactly(from, how) && !flushes_outputs(how.on_subnormal)) {
    const decode_plan& plan = plan_decoding(from, how);
    return decode_floats(plan, in.data(), in.element_bytes(), out.data(), out.size());
  }
  convert_to_native_each(in, out, from, how, random);
}

void convert(const_code_span in, std::span<double> out, format from, conversion how, random_stream random) {
  require_valid(from, how);
  require_sizes("input", in.size(), "output", out.size());
  require_storage("input", in.element_bytes(), from);
  if (!decodes_exactly(from, how)) return convert_to_native_each(in, out, from, how, random);
  // Floats are never subnormal as doubles.
  const decode_plan& plan = plan_decoding(from, how);
  by_chunks(
      in.size(),
      [&](std::size_t i, float* floats, std::size_t n) {
        decode_floats(plan, element(in, i), in.element_bytes(), floats, n);
      },
      [&](std::size_t i, const float* floats, std::size_t n) { doubles_from_floats(floats, out.data() + i, n); });
}

void convert(const_code_span in, format from, code_span out, format to, conversion how, random_stream random) {
  require_valid(from, how);
  require_valid(to, how);
  require_sizes("input", in.size(), "output", out.size());
  require_storage("input", in.element_bytes(), from);
  require_storage("output", out.element_bytes(), to);
  conversion rest = how;  // the input's subnormals are flushed as it is decoded
  rest.on_subnormal = flushes_outputs(how.on_subnormal) ? subnormals::flush_outputs : subnormals::keep;
  const encode_plan& encoding_plan = plan_encoding(to, rest);
  if (encoding_plan.path == encode_path::scalar || !fits_binary32(from)) {
    const code_reader get(in);
    return convert_each(
        in.size(),
        [&](std::size_t i) {
          return encoded{get(i), from};
        },
        code_writer(out), to, how, random);
  }
  const decode_plan& decoding_plan = plan_decoding(from, how);
  by_chunks(
      in.size(),
      [&](std::size_t i, float* floats, std::size_t n) {
        decode_floats(decoding_plan, element(in, i), in.element_bytes(), floats, n);
      },
      [&](std::size_t i, const float* floats, std::size_t n) {
        encode_floats(encoding_plan, floats, element(out, i), out.element_bytes(), n, advanced(random, i));
      });
}

}  // namespace assay
