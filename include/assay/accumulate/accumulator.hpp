// The run-time accumulator: any of the folder's, and dot products over codes in memory with it. Needs assay::runtime.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <assay/accumulate/order.hpp>
#include <assay/accumulate/promoted.hpp>

namespace assay {

namespace accumulate {

using plain_accumulator = std::variant<floating, aligned, unit, fixed, integer, exact, compensated>;

/// A plain_accumulator with the interface of the others; what it is is looked up at each step.
struct plain {
  plain_accumulator which;

  bool operator==(const plain&) const = default;

  using state = std::variant<floating::state, aligned::state, unit::state, fixed::state, integer::state, exact::state,
                             compensated::state>;

  state start(operand c = {}, std::uint64_t stream = 0) const;
  void multiply_add(state& s, operand a, operand b) const;
  void add(state& s, operand x) const;
  void merge(state& into, const state& from) const;
  operand value(const state& s) const;
  rounded result(const state& s, format to, conversion how = {}, std::uint32_t random = 0) const;
};

format carrier_of(const plain& a);
operand partial_sum(const plain& a, const plain::state& s, format carrier);

using promotion = promoted<plain, plain>;

}  // namespace accumulate

using accumulator =
    std::variant<accumulate::floating, accumulate::aligned, accumulate::unit, accumulate::fixed, accumulate::integer,
                 accumulate::exact, accumulate::compensated, accumulate::promotion>;

/// What the codes of a vector stand for.
using element = std::variant<format, integer_format>;

/// A vector of codes in memory, one an element of 1, 2, 4 or 8 bytes, `stride` elements apart.
struct code_vector {
  const void* data = nullptr;
  std::size_t size = 0;
  int bytes = 4;
  element type = binary32;
  std::ptrdiff_t stride = 1;

  code_vector() = default;
  template <std::unsigned_integral Code>
  code_vector(std::span<const Code> codes, element of)
      : data(codes.data()), size(codes.size()), bytes(sizeof(Code)), type(of) {}
  template <std::unsigned_integral Code>
  code_vector(const std::vector<Code>& codes, element of) : code_vector(std::span<const Code>(codes), of) {}

  std::uint64_t operator[](std::size_t i) const;
};

/// Why this accumulator cannot take n products of these elements, with an addend of that format if there is one; empty
/// when it can. Also what is wrong with the accumulator itself.
std::string unfit_accumulator(const accumulator& a, element left, element right, std::optional<format> addend,
                              std::size_t n);

/// The operand that an accumulator reads: as accumulate::read, but tf32 units cut a binary32 (see read_for).
accumulate::operand read_element(const accumulator& a, std::uint64_t code, element type);

/// c + sum of a_i b_i in that order and accumulator, rounded at the end into `out` by `how`. Throws
/// std::invalid_argument, before any work, when lengths differ or the order or the accumulator does not fit.
rounded dot(const accumulator& with, const summation_order& in, const code_vector& a, const code_vector& b, encoded c,
            format out, conversion how = {}, std::uint32_t random = 0);

/// c + sum of x_i, likewise.
rounded sum(const accumulator& with, const summation_order& in, const code_vector& x, encoded c, format out,
            conversion how = {}, std::uint32_t random = 0);

}  // namespace assay
