#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <vector>

#include <assay/kernel/rounded_machine.hpp>

namespace assay::kernel {

namespace {

/// A table's name: what it is of, and its format's fields.
using table_key = std::tuple<elementary, overflow, int, int, int, encoding>;

template <class T>
std::vector<T> make_table(elementary f, format in, overflow on_overflow) {
  std::vector<T> table(std::size_t{1} << in.width());
  for (std::uint64_t code = 0; code < table.size(); ++code) {
    const rounded r = evaluate(f, {code, in}, in, {.on_overflow = on_overflow});
    table[code] = static_cast<T>(to_double(r.code, in));
  }
  return table;
}

}  // namespace

template <class T>
const T* function_table(elementary f, format in, overflow on_overflow) {
  static std::mutex guard;
  static std::map<table_key, std::vector<T>> tables;
  const std::lock_guard lock(guard);
  const table_key key{f, on_overflow, in.exponent_bits, in.fraction_bits, in.bias, in.nonfinite};
  std::vector<T>& table = tables[key];
  if (table.empty()) table = make_table<T>(f, in, on_overflow);
  return table.data();
}

template const float* function_table<float>(elementary, format, overflow);
template const double* function_table<double>(elementary, format, overflow);

}  // namespace assay::kernel
