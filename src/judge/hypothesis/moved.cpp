// Right values in the wrong place: rows or columns exchanged, shifted, wrapped around, stored twice.
//
// What an element holds is looked for among what is due elsewhere in the part and what was got elsewhere in the whole.
// Each place where it is found votes for a displacement; the one with most votes explains the elements that it fits,
// and the rest are asked again: an exchange is two displacements.
#include <algorithm>
#include <cmath>
#include <map>

#include <assay/number/convert.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

struct displacement {
  std::ptrdiff_t rows = 0, columns = 0;
  auto operator<=>(const displacement&) const = default;
};

/// Values by size, each with its place in the whole.
class where_due {
 public:
  where_due(const emulation& e, const tensor& due, std::size_t columns) : columns_(columns) {
    const format f = due.type().layout;
    const auto add = [&](std::uint64_t code, std::size_t place) {
      const double value = to_double(code & f.code_mask(), f);
      if (std::isfinite(value) && value != 0) all_.emplace_back(value, place);
    };
    for (std::size_t i = 0; i < due.size(); ++i) add(due[i], e.places[i]);
    if (e.whole.size() <= most_of_whole) {
      for (std::size_t i = 0; i < e.whole.size(); ++i) add(e.whole[i], i);
    }
    std::sort(all_.begin(), all_.end());
    // Sums in another order differ in their last bits; a value of a small format has many doubles.
    slack_ = f.fraction_bits < 8 ? 0 : 0x1p-12;
  }

  /// Calls found(displacement) for each place that holds the value.
  template <class Found>
  void look_for(double value, std::size_t place, const Found& found) const {
    const double reach = std::abs(value) * slack_;
    auto at = std::lower_bound(all_.begin(), all_.end(), std::pair(value - reach, std::size_t{0}));
    for (std::size_t seen = 0; at != all_.end() && at->first <= value + reach && seen < most_places; ++at, ++seen) {
      if (at->second != place) found(between(place, at->second));
    }
  }

 private:
  static constexpr std::size_t most_of_whole = std::size_t{1} << 22, most_places = 4096;

  displacement between(std::size_t place, std::size_t source) const {
    const auto n = static_cast<std::ptrdiff_t>(columns_), a = static_cast<std::ptrdiff_t>(place),
               b = static_cast<std::ptrdiff_t>(source);
    return {b / n - a / n, b % n - a % n};
  }

  std::size_t columns_;
  double slack_ = 0;
  std::vector<std::pair<double, std::size_t>> all_;
};

std::string in_words(const displacement& d) {
  const auto steps = [](std::ptrdiff_t n, const char* one) {
    return std::to_string(std::abs(n)) + " " + one + (std::abs(n) == 1 ? "" : "s");
  };
  std::string text;
  if (d.rows != 0) text = steps(d.rows, "row") + (d.rows > 0 ? " below" : " above");
  if (d.columns != 0)
    text +=
        (text.empty() ? "" : " and ") + steps(d.columns, "column") + (d.columns > 0 ? " to the right" : " to the left");
  return text;
}

/// `counts(d)` says which displacements are meant.
template <class Counts>
hypothesis moved(std::string name, std::string words, const Counts& counts) {
  hypothesis h{std::move(name), std::move(words)};
  h.local = true;
  h.change_results = [counts](const emulation& e, tensor& results) {
    const extents& shape = e.whole.shape();
    const std::size_t n = shape.rank() == 0 ? 0 : shape[shape.rank() - 1];
    const format f = results.type().layout;
    if (n < 2 || e.whole.size() < 16) return false;
    struct stray {
      std::size_t at;
      std::vector<displacement> from;
    };
    std::vector<std::size_t> wrong;
    const auto value = [&](std::uint64_t code) { return to_double(code & f.code_mask(), f); };
    const std::optional<std::uint64_t> often = most_frequent_code(e.got, f);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (e.got[i] == often) continue;
      const double got = value(e.got[i]), due = value(results[i]);
      if (std::isfinite(got) && got != 0 && !(std::abs(got - due) <= std::abs(due) * 0x1p-6)) wrong.push_back(i);
    }
    constexpr std::size_t fewest = 4, most = 512;
    if (wrong.size() < fewest) return false;
    const where_due places(e, results, n);
    std::vector<stray> strays;
    const std::size_t step = (wrong.size() + most - 1) / most;
    for (std::size_t k = 0; k < wrong.size(); k += step) {
      stray s{wrong[k], {}};
      places.look_for(value(e.got[s.at]), e.places[s.at], [&](const displacement& d) {
        if (counts(d)) s.from.push_back(d);
      });
      std::sort(s.from.begin(), s.from.end());
      s.from.erase(std::unique(s.from.begin(), s.from.end()), s.from.end());
      strays.push_back(std::move(s));
    }
    const std::size_t asked = strays.size();
    std::size_t explained = 0;
    for (int turn = 0; turn < 4 && !strays.empty(); ++turn) {
      std::map<displacement, std::size_t> votes;
      for (const stray& s : strays) {
        for (const displacement& d : s.from) ++votes[d];
      }
      const auto best = std::max_element(votes.begin(), votes.end(),
                                         [](const auto& a, const auto& b) { return a.second < b.second; });
      if (best == votes.end() || best->second < std::max(fewest, asked / 5)) break;
      e.found += (e.found.empty() ? "" : "; ") + std::to_string(best->second * 100 / asked) + "% are due " +
                 in_words(best->first);
      std::erase_if(strays, [&](const stray& s) {
        const bool fits = std::binary_search(s.from.begin(), s.from.end(), best->first);
        if (fits) results.set(s.at, e.got[s.at]);
        explained += fits;
        return fits;
      });
    }
    if (explained == 0) return false;
    // Those that were not looked at are as those that were.
    if (step > 1 && explained * 10 > asked * 9) {
      for (const std::size_t i : wrong) results.set(i, e.got[i]);
    }
    return true;
  };
  return h;
}

}  // namespace

void add_moved(hypotheses& all) {
  all.push_back(moved("columns_moved", "values lie in another column than is due",
                      [](const displacement& d) { return d.rows == 0; }));
  all.push_back(moved("rows_moved", "values lie in another row than is due",
                      [](const displacement& d) { return d.columns == 0; }));
  all.push_back(moved("elements_moved", "values lie in another place than is due",
                      [](const displacement& d) { return d.rows != 0 && d.columns != 0; }));
}

}  // namespace assay::detail
