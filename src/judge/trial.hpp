// The check of one call: its parts are judged on several threads, what they find is put together in their order, then
// come the tests that look at everything, and the diagnosis.
#pragma once

#include <optional>

#include "elements.hpp"

namespace assay::detail {

class trial {
 public:
  /// Throws std::invalid_argument for results that do not fit the call or the claim.
  trial(const kernel_call& call, std::span<const tensor> got, claim claimed, const judge_options& options);
  trial(const trial&) = delete;
  trial& operator=(const trial&) = delete;

  verdict run();

 private:
  std::vector<format> outputs() const;
  /// Of empty results: that there are none. A file that was never filled must not pass.
  void require_no_results() const;
  void judge_elements();
  void decide_suspects();
  void finish_elements();

  const kernel_call& call_;
  const judge_options& options_;
  claim claim_;
  std::span<const tensor> results_;
  partition parts_;
  court court_;
  std::optional<roundings> how_;
  std::vector<painter> painters_;
  charge charge_;
  verdict v_;
  tally found_;
};

}  // namespace assay::detail
