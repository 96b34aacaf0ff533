#include <assay/judge/judge.hpp>

#include <cstdio>

#include "trial.hpp"

namespace assay {

verdict judge(const kernel_call& call, std::span<const tensor> got, const claim& claimed,
              const judge_options& options) {
  call.check();
  return detail::trial(call, got, claimed, options).run();
}

verdict judge(const kernel_call& call, std::span<const tensor> got, const judge_options& options) {
  call.check();
  return detail::trial(call, got, default_claim(call), options).run();
}

std::string summary(const verdict& v) {
  std::string text = std::string(v.pass ? "PASS " : "FAIL ") + v.kernel + ": " + v.claim + "\n";
  for (const test_report& t : v.tests) {
    if (!t.pass) {
      char numbers[128];
      std::snprintf(numbers, sizeof numbers, "%.4g, threshold %.4g, probability %.2g", t.statistic, t.threshold,
                    t.probability);
      text += "  " + t.layer + ", " + t.name + ": " + t.what + ": " + numbers + "\n";
    }
  }
  for (const element_report& e : v.worst) {
    char numbers[256];
    std::snprintf(numbers, sizeof numbers,
                  "  element %zu: %s: got %.9g, truth %.9g, %.4g ulp off, bound %.4g, share %.4g\n", e.index,
                  std::string(describe(e.what)).c_str(), e.got_value, e.truth_value, e.distance, e.bound, e.share);
    text += numbers;
  }
  for (const hypothesis_report& h : v.diagnosis) {
    char numbers[128];
    std::snprintf(numbers, sizeof numbers, "%zu of %zu failing, %zu of %zu others%s", h.failing_explained, h.failing,
                  h.others_explained, h.others, h.bit_for_bit ? " bit for bit" : " within bounds");
    text += "  diagnosis: " + h.explanation + " (" + (h.evidence.empty() ? numbers : h.evidence.c_str()) + ")\n";
  }
  return text;
}

}  // namespace assay
