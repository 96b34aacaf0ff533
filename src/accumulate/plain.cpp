// accumulate::plain: every step looks up what the accumulator is.
#include <type_traits>

#include <assay/accumulate/accumulator.hpp>

namespace assay::accumulate {

namespace {
template <class Accumulator>
using state_of = typename std::remove_cvref_t<Accumulator>::state;
}  // namespace

plain::state plain::start(operand c, std::uint64_t stream) const {
  return std::visit([&](const auto& a) -> state { return a.start(c, stream); }, which);
}
void plain::multiply_add(state& s, operand a, operand b) const {
  std::visit([&](const auto& x) { x.multiply_add(std::get<state_of<decltype(x)>>(s), a, b); }, which);
}
void plain::add(state& s, operand x) const {
  std::visit([&](const auto& a) { a.add(std::get<state_of<decltype(a)>>(s), x); }, which);
}
void plain::merge(state& into, const state& from) const {
  std::visit(
      [&](const auto& a) {
        using own = state_of<decltype(a)>;
        a.merge(std::get<own>(into), std::get<own>(from));
      },
      which);
}
operand plain::value(const state& s) const { return partial_sum(*this, s, carrier_of(*this)); }
rounded plain::result(const state& s, format to, conversion how, std::uint32_t random) const {
  return std::visit([&](const auto& a) { return a.result(std::get<state_of<decltype(a)>>(s), to, how, random); },
                    which);
}

format carrier_of(const plain& a) {
  return std::visit([](const auto& x) { return carrier_of(x); }, a.which);
}
operand partial_sum(const plain& a, const plain::state& s, format carrier) {
  return std::visit([&](const auto& x) { return partial_sum(x, std::get<state_of<decltype(x)>>(s), carrier); },
                    a.which);
}

}  // namespace assay::accumulate
