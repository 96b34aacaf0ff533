// The judge's hypotheses for a kernel. Where two explain the same, the first is named: the simplest tables come first,
// those that know the kernel before those that are made from the catalogue.
#include <assay/judge/hypothesis.hpp>

#include <algorithm>
#include <iterator>

#include "hypothesis/tables.hpp"

namespace assay {
namespace {

/// Mistakes whose effect can be smaller than what a claim allows each element.
constexpr std::string_view hiding[] = {
    "flushed_inputs",        "tf32_inputs_cut",      "bf16_inputs_cut", "fp16_inputs_cut",   "k_tail_1_dropped",
    "k_head_1_dropped",      "activation_gelu_tanh", "log2e_in_bf16",   "unbiased_variance", "eps_0",
    "smoothing_over_others", "temperature_missing"};

}  // namespace

std::vector<hypothesis> known_hypotheses(const kernel_call& call, const claim& /*claimed*/) {
  using namespace detail;
  std::vector<hypothesis> all;
  const std::string_view kernel = call.name();
  const auto is_about = [&](std::string_view word) { return kernel.find(word) != std::string_view::npos; };
  add_places(all);
  add_stores(all, call);
  add_sums(all, call);
  add_encodings(all);
  if (is_any(kernel, {"dot", "gemm", "conv2d", "attention", "lstm_cell", "gru_cell", "rnn_cell", "gemm_backward"}))
    add_products(all);
  if (kernel == "gemm") {
    add_scales(all);
    add_integers(all);
  }
  if (is_about("softmax") || is_any(kernel, {"attention", "logsumexp", "cross_entropy"})) add_softmax(all);
  if (kernel == "attention") add_attention(all);
  if (is_about("norm") || kernel == "variance") add_norms(all);
  add_cells(all, call);
  if (is_any(kernel, {"all_reduce", "reduce_scatter"})) add_collectives(all, call);
  add_losses(all, call);
  add_forms(all, call);
  add_moved(all);
  if (is_any(kernel, {"dot", "gemm"})) add_blocks_of_k(all);
  add_attributes(all, call);
  add_inputs(all, call);
  add_factors(all);
  for (hypothesis& h : all) {
    h.hides = std::find(std::begin(hiding), std::end(hiding), h.name) != std::end(hiding);
  }
  return all;
}

}  // namespace assay
