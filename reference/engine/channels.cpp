#include "channels.hpp"

#include <stdexcept>
#include <string>

#include <assay/tensor/describe.hpp>

namespace assay::reference {

channel_shape::channel_shape(const extents& shape, const char* name) {
  if (shape.rank() < 2) {
    throw std::invalid_argument(std::string(name) + " has shape " + to_string(shape) + "; expected (N, C, ...)");
  }
  samples = shape[0];
  channels = shape[1];
  for (std::size_t i = 2; i < shape.rank(); ++i) inner *= shape[i];
}

std::size_t channel_shape::tile() const {
  constexpr std::size_t row = 64, most = std::size_t{1} << 20;
  const std::size_t fits = std::max<std::size_t>(most / std::max<std::size_t>(each(), 1), 1);
  return std::min(std::max<std::size_t>(row / std::max<std::size_t>(inner, 1), 1), fits);
}

void channel_tile::read(const reader& x, std::size_t first, std::size_t count) {
  const std::size_t inner = shape_.inner;
  std::vector<double> row(count * inner);
  for (std::size_t n = 0; n < shape_.samples; ++n) {
    const std::size_t from = (n * shape_.channels + first) * inner;
    if (count == 1) {
      x.read(from, 1, std::span(values_).subspan(n * inner, inner));
      continue;
    }
    x.read(from, 1, row);
    for (std::size_t k = 0; k < count; ++k) {
      for (std::size_t i = 0; i < inner; ++i) values_[k * pitch_ + n * inner + i] = row[k * inner + i];
    }
  }
}

void channel_tile::write(truth& t, std::size_t first, std::size_t count) const {
  const std::size_t inner = shape_.inner;
  std::vector<std::uint64_t> row(count * inner);
  for (std::size_t n = 0; n < shape_.samples; ++n) {
    const std::size_t to = (n * shape_.channels + first) * inner;
    if (count == 1) {
      put_codes(t, to, std::span(codes_).subspan(n * inner, inner));
      continue;
    }
    for (std::size_t k = 0; k < count; ++k) {
      for (std::size_t i = 0; i < inner; ++i) row[k * inner + i] = codes_[k * pitch_ + n * inner + i];
    }
    put_codes(t, to, row);
  }
}

}  // namespace assay::reference
