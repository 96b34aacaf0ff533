#include "dot_diagnosis.hpp"

#include <algorithm>

#include <assay/accumulate/accumulator.hpp>
#include <assay/format/name.hpp>
#include <assay/number/arithmetic.hpp>
#include <assay/rounding/name.hpp>

#include "dot_element.hpp"
#include "dot_rows.hpp"

namespace assay::detail {
namespace {

using reference::dot_row;

/// An explanation, and whether it accounts for one result.
struct hypothesis {
  std::string explanation;
  bool bit_for_bit = true;
  std::function<bool(const dot_row&, std::uint64_t got)> explains;
};

bool same_bits(std::uint64_t a, std::uint64_t b, format f) { return a == b || (f.is_nan_code(a) && f.is_nan_code(b)); }

hypothesis emulated(std::string explanation, dot_model model, format output) {
  return {std::move(explanation), true, [model = std::move(model), output](const dot_row& row, std::uint64_t got) {
            return same_bits(model(row) & output.code_mask(), got, output);
          }};
}

/// A row changed before the kernel sees it.
using row_change = std::function<dot_row(dot_row)>;

/// The claimed kernel where the claim says all, else its most usual form: in sequence, fused.
dot_model claimed_kernel(const dot_claim& claim) {
  switch (claim.what) {
    case dot_claim::kind::model: return claim.model;
    case dot_claim::kind::any_order:
      return sequential_dot(claim.accumulator, claim.accumulate, true, claim.output, claim.store);
    case dot_claim::kind::correctly_rounded: break;
  }
  return [output = claim.output, store = claim.store](const dot_row& row) {
    return reference::dot(row, output, store).code;
  };
}

/// Both forms of a changed row: the claimed kernel's bits, and, where the claim leaves the order open, its bounds.
void add_change(std::vector<hypothesis>& all, const std::string& explanation, const dot_claim& claim,
                row_change change) {
  all.push_back(emulated(
      explanation, [kernel = claimed_kernel(claim), change](const dot_row& row) { return kernel(change(row)); },
      claim.output));
  if (claim.what != dot_claim::kind::any_order) return;
  all.push_back({explanation, false, [claim, change](const dot_row& row, std::uint64_t got) {
                   return judge_element(change(row), got, claim).what == finding::fine;
                 }});
}

void add_changes(std::vector<hypothesis>& all, const dot_problem& problem, const dot_claim& claim) {
  const std::size_t length = problem.a.line_length();
  std::vector<std::size_t> tails;
  for (std::size_t n = 1; n < length && n <= 128; n *= 2) tails.push_back(n);
  for (const unsigned tile : {8u, 16u, 32u, 64u, 128u}) {
    if (length % tile != 0 && length > tile) tails.push_back(length % tile);
  }
  std::sort(tails.begin(), tails.end());
  tails.erase(std::unique(tails.begin(), tails.end()), tails.end());
  for (const std::size_t n : tails) {
    const std::string products = n == 1 ? "product is" : std::to_string(n) + " products are";
    add_change(all, "the last " + products + " missing", claim, [n](dot_row row) {
      row.a = row.a.first(row.a.size() - n);
      row.b = row.b.first(row.b.size() - n);
      return row;
    });
    add_change(all, "the first " + products + " missing", claim, [n](dot_row row) {
      row.a = row.a.subspan(n);
      row.b = row.b.subspan(n);
      return row;
    });
  }
  if (problem.c.has_data()) {
    add_change(all, "c is not added", claim, [](dot_row row) {
      row.c = 0;
      return row;
    });
    add_change(all, "c is subtracted", claim, [](dot_row row) {
      row.c ^= row.c_format.sign_mask();
      return row;
    });
  }
}

/// A sum in sequence, under its usual names.
std::string sum_in_words(format f, conversion how, bool fused) {
  return "the sum is kept in " + format_name(f) + ", rounded " + std::string(name_of_value(how.mode)) +
         (fused ? " (products fused)" : " (products rounded first)");
}

void add_accumulators(std::vector<hypothesis>& all, const dot_claim& claim) {
  std::vector<format> formats{binary32, bfloat16, binary16, tf32};
  for (const format f : {claim.output, claim.accumulator}) {
    if (std::find(formats.begin(), formats.end(), f) == formats.end()) formats.push_back(f);
  }
  for (const format f : formats) {
    if (!f.is_signed()) continue;
    for (const rounding mode : {rounding::ties_to_even, rounding::toward_zero}) {
      for (const bool fused : {true, false}) {
        all.push_back(emulated(sum_in_words(f, {mode}, fused),
                               sequential_dot(f, {mode}, fused, claim.output, claim.store), claim.output));
      }
    }
  }
  all.push_back(emulated(
      "the sum is exact and rounded once, when it is stored",
      [output = claim.output, store = claim.store](const dot_row& row) {
        return reference::dot(row, output, store).code;
      },
      claim.output));
}

void add_storing(std::vector<hypothesis>& all, const dot_problem& problem, const dot_claim& claim) {
  all.push_back({"nothing was written: the results are zero", true,
                 [output = claim.output](const dot_row&, std::uint64_t got) { return decode(got, output).is_zero(); }});
  if (problem.c.has_data()) {
    all.push_back(emulated(
        "no product was added: the results are c",
        [output = claim.output, store = claim.store](const dot_row& row) {
          return convert(encoded{row.c, row.c_format}, output, store).code;
        },
        claim.output));
  }
  const format f = claim.what == dot_claim::kind::any_order ? claim.accumulator : binary32;
  if (holds_all_of(claim.output, f)) return;  // nothing is rounded when it is stored
  for (const rounding mode : {rounding::toward_zero, rounding::ties_to_even, rounding::ties_to_away}) {
    conversion store = claim.store;
    if (store.mode == mode) continue;
    store.mode = mode;
    all.push_back(emulated("the sum, in " + format_name(f) + ", is stored with " + std::string(name_of_value(mode)),
                           sequential_dot(f, claim.accumulate, true, claim.output, store), claim.output));
  }
  for (const format middle : {bfloat16, binary16, binary32}) {
    if (middle == f || middle == claim.output || holds_all_of(middle, f) || holds_all_of(claim.output, middle))
      continue;
    all.push_back(emulated(
        "the sum, in " + format_name(f) + ", is rounded twice: to " + format_name(middle) + ", then to " +
            format_name(claim.output),
        [inner = sequential_dot(f, claim.accumulate, true, middle, {}), middle, claim](const dot_row& row) {
          return convert(encoded{inner(row), middle}, claim.output, claim.store).code;
        },
        claim.output));
  }
}

void add_subnormals(std::vector<hypothesis>& all, const dot_claim& claim) {
  if (claim.what != dot_claim::kind::any_order) return;
  for (const subnormals policy : {subnormals::flush_inputs, subnormals::flush_outputs, subnormals::flush_both}) {
    conversion how = claim.accumulate;
    how.on_subnormal = policy;
    all.push_back(emulated("subnormal numbers are flushed to zero (" + std::string(name_of_value(policy)) + ")",
                           sequential_dot(claim.accumulator, how, true, claim.output, claim.store), claim.output));
  }
}

/// Units that compute alike are one hypothesis.
void add_matrix_units(std::vector<hypothesis>& all, const dot_problem& problem, const dot_claim& claim) {
  std::vector<std::pair<const accumulate::matrix_unit*, std::string>> units;
  for (const accumulate::matrix_unit& row : accumulate::matrix_units) {
    const format c = problem.c.has_data() ? problem.c.layout() : row.output();
    if (row.has_scales() || row.output() != claim.output) continue;
    if (!unfit_accumulator(accumulate::unit{row}, problem.a.layout(), problem.b.layout(), c, problem.a.line_length())
             .empty()) {
      continue;
    }
    const auto alike = std::find_if(units.begin(), units.end(), [&](const auto& unit) {
      return unit.first->fused == row.fused && unit.first->compose == row.compose;
    });
    if (alike == units.end()) {
      units.emplace_back(&row, row.name);
    } else {
      alike->second += ", " + std::string(row.name);
    }
  }
  for (const auto& [row, names] : units) {
    all.push_back(emulated("it is the matrix unit " + names,
                           dot_model_of(accumulate::unit{*row}, order::sequential{}, claim.output, claim.store),
                           claim.output));
  }
}

}  // namespace

std::vector<hypothesis_report> diagnose_dot(const dot_problem& problem, const dot_claim& claim,
                                            const diagnosis_sample& sample) {
  std::vector<hypothesis> all;
  add_storing(all, problem, claim);
  add_accumulators(all, claim);
  add_matrix_units(all, problem, claim);
  add_changes(all, problem, claim);
  add_subnormals(all, claim);

  std::vector<hypothesis_report> reports;
  row_reader rows(problem, claim);
  const auto count = [&](const hypothesis& h, const std::vector<std::size_t>& indices) {
    return static_cast<std::size_t>(std::count_if(indices.begin(), indices.end(), [&](std::size_t i) {
      return h.explains(rows.read(i), problem.got[i] & claim.output.code_mask());
    }));
  };
  const bool any_fails = !sample.failing().empty();
  for (const hypothesis& h : all) {
    if (!any_fails && !h.bit_for_bit) continue;  // bounds distinguish nothing where the claim's own hold
    const std::size_t failing = count(h, sample.failing());
    if (any_fails && 2 * failing <= sample.failing().size()) continue;
    reports.push_back({"", h.explanation, failing, sample.failing().size(), count(h, sample.others()),
                       sample.others().size(), h.bit_for_bit});
  }
  if (!any_fails) {
    std::erase_if(reports, [](const hypothesis_report& h) { return 2 * h.others_explained <= h.others; });
  }
  // Bits prove more than bounds; among equals the simpler explanation, which comes first in the list, stays first.
  std::stable_sort(reports.begin(), reports.end(), [](const hypothesis_report& x, const hypothesis_report& y) {
    const auto explained = [](const hypothesis_report& h) { return h.failing_explained + h.others_explained; };
    if (explained(x) != explained(y)) return explained(x) > explained(y);
    return x.bit_for_bit && !y.bit_for_bit;
  });
  constexpr std::size_t most = 5;
  if (reports.size() > most) reports.resize(most);
  return reports;
}

}  // namespace assay::detail
