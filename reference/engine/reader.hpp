// Codes as doubles: exact, and quick for formats of up to 16 bits.
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include <assay/format/decode.hpp>
#include <assay/tensor/view.hpp>

namespace assay::reference {

class reader {
 public:
  /// Throws std::invalid_argument, naming the input, for a format with numbers that binary64 does not hold.
  reader(const code_view& view, const char* name);

  const code_view& view() const { return view_; }
  std::size_t size() const { return view_.size(); }

  /// The n-th element in C order.
  double operator[](std::size_t n) const { return value(view_[n]); }
  /// out.size() elements from the n-th on, `step` elements in C order apart.
  void read(std::size_t n, std::size_t step, std::span<double> out) const;
  /// A matrix of `rows` rows, `row_step` elements in C order apart, transposed: each of `columns` columns becomes a
  /// line.
  void read_transposed(std::size_t n, std::size_t row_step, std::size_t columns, std::size_t rows, double* out) const;
  /// All of it.
  std::vector<double> all() const;

 private:
  double value(std::uint64_t code) const { return table_.empty() ? wide_value(code) : table_[code & mask_]; }
  double wide_value(std::uint64_t code) const;

  code_view view_;
  std::uint64_t mask_;
  std::vector<double> table_;
};

}  // namespace assay::reference
