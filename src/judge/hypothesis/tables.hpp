// The tables of hypotheses, a file each. Every one adds its rows for a kernel; rows that do not apply say so when they
// are tried.
#pragma once

#include <vector>

#include "changes.hpp"

namespace assay::detail {

using hypotheses = std::vector<hypothesis>;

void add_places(hypotheses& all);                           // elements and lines not written, repeated, negated
void add_moved(hypotheses& all);                            // right values in the wrong place
void add_stores(hypotheses& all, const kernel_call& call);  // how results and intermediates are rounded
void add_sums(hypotheses& all, const kernel_call& call);    // terms left out or added twice; accumulators
void add_blocks_of_k(hypotheses& all);                      // the same in the middle of the sums
void add_encodings(hypotheses& all);                        // codes read as another format's; inputs cut
void add_scales(hypotheses& all);                           // of blocks
void add_products(hypotheses& all);                         // addends, factors, activations
void add_integers(hypotheses& all);                         // integer sums that saturate or wrap
void add_softmax(hypotheses& all);
void add_attention(hypotheses& all);
void add_norms(hypotheses& all);
void add_cells(hypotheses& all, const kernel_call& call);        // recurrent ones: gates and biases
void add_collectives(hypotheses& all, const kernel_call& call);  // ranks lost or added twice
void add_losses(hypotheses& all, const kernel_call& call);
void add_forms(hypotheses& all, const kernel_call& call);       // another algorithm, another kernel
void add_attributes(hypotheses& all, const kernel_call& call);  // any attribute of any kernel
void add_inputs(hypotheses& all, const kernel_call& call);      // any input of any kernel
void add_factors(hypotheses& all);                              // results that are a factor off

}  // namespace assay::detail
