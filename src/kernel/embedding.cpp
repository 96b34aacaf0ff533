// embedding: rows of a table, loaded into the compute format and stored. Nothing but these two conversions rounds.
#include "families.hpp"
#include "integers.hpp"
#include "lines.hpp"

namespace assay::kernel {

namespace {

std::vector<tensor> run_embedding(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const tensor &table = call.input("weight"), &indices = call.input("indices");
  if (table.shape().rank() != 2) {
    throw std::invalid_argument("weight has the shape " + to_string(table.shape()) + "; expected (V, D).");
  }
  const std::size_t rows = table.shape()[0], width = table.shape()[1];
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const std::int64_t index = integer_at(indices, i);
    if (index < 0 || static_cast<std::uint64_t>(index) >= rows) {
      throw std::invalid_argument("index " + std::to_string(i) + " is " + std::to_string(index) + "; expected 0 to " +
                                  std::to_string(rows) + " - 1, the rows of weight.");
    }
  }
  std::vector<std::size_t> shape(indices.shape().begin(), indices.shape().end());
  shape.push_back(width);
  tensor y(element_type::of(*with.to), extents(std::span<const std::size_t>(shape)));
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    for_each_line<A>(with, indices.size(), width, threads, [&](A&, line_io<A>& io, std::size_t l) {
      std::vector<typename A::value> v(width);
      // Of a row that is named twice the same words: a table is loaded once.
      const auto row = static_cast<std::size_t>(integer_at(indices, l));
      io.load(table, row * width, 1, v, row);
      io.store(v, y, l * width, 1, l);
    });
  });
  return only(std::move(y));
}

constexpr kernel_row embedding_rows[] = {
    {"embedding", {}, {}, run_embedding},
};

}  // namespace

family embedding_family() { return embedding_rows; }

}  // namespace assay::kernel
