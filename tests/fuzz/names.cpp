// Everything that is read from text: formats, numbers, accumulators, orders. What is read prints, and reads back alike.
#include <cstdlib>

#include <assay/accumulate/grammar.hpp>
#include <assay/format/name.hpp>
#include <assay/number/text.hpp>

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto f = assay::parse_format(text)) {
    check(f->is_valid());
    check(assay::parse_format(assay::format_name(*f)) == *f);
  }
  for (const assay::format f : {assay::binary16, assay::e4m3fn, assay::binary64, assay::e8m0fnu}) {
    const auto number = assay::parse(text, f);
    if (!number) continue;
    check((number.code & ~f.code_mask()) == 0);
    const auto again = assay::parse(assay::to_text({number.code, f}).view(), f);
    check(again && again.code == number.code);
  }
  try {
    const assay::accumulator a = assay::parse_accumulator(text);
    check(assay::parse_accumulator(assay::to_string(a)) == a);
  } catch (const std::invalid_argument&) {
  }
  try {
    const assay::summation_order o = assay::parse_order(text);
    check(assay::parse_order(assay::to_string(o)) == o);
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
