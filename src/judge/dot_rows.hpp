// Rows of a batch, gathered into contiguous codes.
#pragma once

#include <vector>

#include <assay/judge/dot.hpp>

namespace assay::detail {

class row_reader {
 public:
  /// A claim that flushes subnormal inputs is about the flushed a, b and c: the truth is theirs too.
  row_reader(const dot_problem& problem, const dot_claim& claim)
      : problem_(problem),
        flush_(claim.what == dot_claim::kind::any_order && flushes_inputs(claim.accumulate.on_subnormal)),
        a_(problem.a.line_length()),
        b_(problem.b.line_length()) {}

  /// Valid until the next call.
  reference::dot_row read(std::size_t i) {
    problem_.a.copy_line(i, a_);
    problem_.b.copy_line(i, b_);
    if (flush_) {
      flush(a_, problem_.a.layout());
      flush(b_, problem_.b.layout());
    }
    if (!problem_.c.has_data()) return {a_, b_, problem_.a.layout(), problem_.b.layout(), 0, problem_.got.layout()};
    const format c_format = problem_.c.layout();
    const std::uint64_t c = problem_.c[i];
    return {a_, b_, problem_.a.layout(), problem_.b.layout(), flush_ ? flushed(c, c_format) : c, c_format};
  }

 private:
  static std::uint64_t flushed(std::uint64_t code, format f) {
    return is_subnormal_in(decode(code, f), f) ? code & f.sign_mask() : code;
  }
  static void flush(std::vector<std::uint64_t>& codes, format f) {
    for (std::uint64_t& code : codes) code = flushed(code, f);
  }

  const dot_problem& problem_;
  bool flush_;
  std::vector<std::uint64_t> a_, b_;
};

}  // namespace assay::detail
