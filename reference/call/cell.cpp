#include <assay/reference/cells.hpp>

#include "families.hpp"

namespace assay::reference {

namespace {

cell_inputs inputs_of(const kernel_call& call) {
  return {.x = call.view("x"),
          .h = call.view("h"),
          .w_ih = call.view("w_ih"),
          .w_hh = call.view("w_hh"),
          .b_ih = call.view("b_ih"),
          .b_hh = call.view("b_hh")};
}

constexpr call_row cell_rows[] = {
    {"lstm_cell",
     [](const kernel_call& call, const request& want) {
       lstm_results t = lstm_cell(inputs_of(call), call.view("c"), want);
       return all_of(std::move(t.h), std::move(t.c));
     }},
    {"gru_cell", [](const kernel_call& call, const request& want) { return only(gru_cell(inputs_of(call), want)); }},
    {"rnn_cell",
     [](const kernel_call& call, const request& want) {
       const bool relu = call.choice("nonlinearity") == "relu";
       return only(rnn_cell(inputs_of(call), relu ? nonlinearity::relu : nonlinearity::tanh, want));
     }},
};

}  // namespace

family cell_family() { return cell_rows; }

}  // namespace assay::reference
