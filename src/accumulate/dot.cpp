// Dot products over codes in memory with a run-time accumulator.
#include <cstring>
#include <stdexcept>

#include <assay/accumulate/accumulator.hpp>
#include <assay/accumulate/dot.hpp>

#include "double_floating.hpp"
#include "gemm/vectors.hpp"

namespace assay {

namespace {

/// The matrix unit that reads the operands, if one does.
const accumulate::unit* reading_unit(const accumulator& a) {
  if (const auto* p = std::get_if<accumulate::promotion>(&a)) {
    return std::get_if<accumulate::unit>(&p->inner.which);
  }
  return std::get_if<accumulate::unit>(&a);
}

accumulate::operand read_with(const accumulate::unit* unit, std::uint64_t code, const element& type) {
  if (const auto* integer = std::get_if<integer_format>(&type)) return accumulate::read(code, *integer);
  const format f = std::get<format>(type);
  return unit != nullptr ? accumulate::read_for(unit->row, code, f) : accumulate::read(code, f);
}

void require_fit(const accumulator& with, const element& left, const element& right, encoded c, std::size_t n) {
  const bool has_addend = !decode(c.code, c.in).is_zero();
  const std::string why = unfit_accumulator(with, left, right, has_addend ? std::optional(c.in) : std::nullopt, n);
  if (!why.empty()) throw std::invalid_argument(why);
}

std::vector<double> decoded(const code_vector& v) {
  std::vector<double> x(v.size);
  const bool aligned = reinterpret_cast<std::uintptr_t>(v.data) % static_cast<std::size_t>(v.bytes) == 0;
  const bool usual = aligned && v.stride >= 0 && static_cast<std::size_t>(v.bytes) == gemm_kernels::bytes_of(v.type);
  if (usual) gemm_kernels::decode_run(v.data, v.type, 0, static_cast<std::size_t>(v.stride), v.size, x.data());
  for (std::size_t i = 0; i < v.size && !usual; ++i) {
    const std::uint64_t code = v[i];
    gemm_kernels::decode_run(&code, v.type, 0, 1, 1, &x[i]);
  }
  return x;
}

rounded dot_of_doubles(const accumulate::floating& with, const summation_order& in, const code_vector& a,
                       const code_vector& b, encoded c, format out, conversion how, std::uint32_t random) {
  const std::vector<double> x = decoded(a), y = decoded(b);
  return dot(
      accumulate::double_floating(with), in, a.size, [&](std::size_t i) { return x[i]; },
      [&](std::size_t i) { return y[i]; }, accumulate::read(c.code, c.in), out, how, random);
}

}  // namespace

std::uint64_t code_vector::operator[](std::size_t i) const {
  const auto* at = static_cast<const std::byte*>(data) + static_cast<std::ptrdiff_t>(i) * stride * bytes;
  const auto load = [&](auto word) {
    std::memcpy(&word, at, sizeof word);
    return std::uint64_t{word};
  };
  switch (bytes) {
    case 1: return load(std::uint8_t{});
    case 2: return load(std::uint16_t{});
    case 4: return load(std::uint32_t{});
    default: return load(std::uint64_t{});
  }
}

accumulate::operand read_element(const accumulator& a, std::uint64_t code, element type) {
  return read_with(reading_unit(a), code, type);
}

rounded dot(const accumulator& with, const summation_order& in, const code_vector& a, const code_vector& b, encoded c,
            format out, conversion how, std::uint32_t random) {
  if (a.size != b.size) {
    throw std::invalid_argument("a dot product of vectors of " + std::to_string(a.size) + " and " +
                                std::to_string(b.size) + " elements; expected equal lengths");
  }
  require_fit(with, a.type, b.type, c, a.size);
  if (const auto* sum = std::get_if<accumulate::floating>(&with);
      sum != nullptr && accumulate::double_floating::serves(*sum, a.type, b.type)) {
    return dot_of_doubles(*sum, in, a, b, c, out, how, random);
  }
  const auto* unit = reading_unit(with);
  const auto left = [&](std::size_t i) { return read_with(unit, a[i], a.type); };
  const auto right = [&](std::size_t i) { return read_with(unit, b[i], b.type); };
  return std::visit(
      [&](const auto& x) { return dot(x, in, a.size, left, right, accumulate::read(c.code, c.in), out, how, random); },
      with);
}

rounded sum(const accumulator& with, const summation_order& in, const code_vector& x, encoded c, format out,
            conversion how, std::uint32_t random) {
  require_fit(with, x.type, x.type, c, x.size);
  if (const auto* floating = std::get_if<accumulate::floating>(&with);
      floating != nullptr && accumulate::double_floating::serves(*floating, x.type, x.type)) {
    const std::vector<double> terms = decoded(x);
    return sum(
        accumulate::double_floating(*floating), in, x.size, [&](std::size_t i) { return terms[i]; },
        accumulate::read(c.code, c.in), out, how, random);
  }
  const auto* unit = reading_unit(with);
  const auto term = [&](std::size_t i) { return read_with(unit, x[i], x.type); };
  return std::visit(
      [&](const auto& a) { return sum(a, in, x.size, term, accumulate::read(c.code, c.in), out, how, random); }, with);
}

}  // namespace assay
