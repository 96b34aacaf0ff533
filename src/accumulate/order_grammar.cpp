// Orders as text: see grammar.hpp for the grammar.
#include <algorithm>
#include <array>

#include <assay/accumulate/grammar.hpp>

#include "words.hpp"

namespace assay {

namespace {

constexpr std::array kinds = std::to_array<std::string_view>(
    {"sequential", "reversed", "pairwise", "blocked", "split_k", "lanes", "warp", "tree", "permuted"});

[[noreturn]] void fail(std::string_view whole, std::string_view found, const std::string& expected) {
  words::fail("order", whole, found, expected);
}

/// Sums of terms in infix form, + joining from left to right, as postfix. Without recursion: text nests as it likes.
order::tree read_tree(std::string_view whole, std::string_view text) {
  order::tree tree;
  std::vector<bool> open{false};  // of each parenthesis being read: whether a + waits for its right side
  bool want_term = true;
  const auto close_term = [&] {
    if (open.back()) tree.postfix.push_back(order::tree::add);
    open.back() = false;
    want_term = false;
  };
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const bool is_digit = c >= '0' && c <= '9';
    if (want_term && c == '(') {
      open.push_back(false);
      ++i;
    } else if (want_term && is_digit) {
      std::size_t end = i;
      while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
      const auto index = words::number<std::int64_t>(text.substr(i, end - i));
      if (!index) fail(whole, text.substr(i, end - i), "a term's index below 2^63");
      tree.postfix.push_back(*index);
      close_term();
      i = end;
    } else if (!want_term && c == '+') {
      open.back() = true;
      want_term = true;
      ++i;
    } else if (!want_term && c == ')' && open.size() > 1) {
      open.pop_back();
      close_term();
      ++i;
    } else {
      fail(whole, text.substr(i, 1), want_term ? "a term's index or (" : open.size() > 1 ? "+ or )" : "+ or the end");
    }
  }
  if (want_term) fail(whole, "the end", "a term's index or (");
  if (open.size() > 1) fail(whole, "the end", ")");
  return tree;
}

std::string write_tree(const order::tree& tree) {
  std::vector<std::string> stack;
  for (const std::int64_t node : tree.postfix) {
    if (node != order::tree::add || stack.size() < 2) {
      stack.push_back(std::to_string(node));
      continue;
    }
    const std::string right = std::move(stack.back());
    stack.pop_back();
    std::string& left = stack.back();
    const bool is_sum = right.find('+') != std::string::npos;
    left += is_sum ? "+(" + right + ")" : "+" + right;
  }
  std::string text = "tree:";
  for (const std::string& sum : stack) text += sum;
  return text;
}

std::string text_of(const order::sequential&) { return "sequential"; }
std::string text_of(const order::reversed&) { return "reversed"; }
std::string text_of(const order::pairwise& o) {
  return o.block == 1 ? "pairwise" : "pairwise:" + std::to_string(o.block);
}
std::string text_of(const order::blocked& o) { return "blocked:" + std::to_string(o.size); }
std::string text_of(const order::split_k& o) { return "split_k:" + std::to_string(o.parts); }
std::string text_of(const order::lanes& o) { return "lanes:" + std::to_string(o.count); }
std::string text_of(const order::tree& o) { return write_tree(o); }
std::string text_of(const order::permuted& o) { return "permuted:" + std::to_string(o.seed); }

}  // namespace

summation_order parse_order(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const std::string_view rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  const bool has_rest = colon != std::string_view::npos;
  const auto no_number = [&] {
    if (has_rest) fail(text, rest, "nothing after " + std::string(kind));
  };
  const auto number = [&](const std::string& what) {
    const auto value = words::number<std::size_t>(rest);
    if (!has_rest || !value || *value == 0) fail(text, has_rest ? rest : "nothing", what + ", 1 or more");
    return *value;
  };
  if (kind == "sequential") return no_number(), order::sequential{};
  if (kind == "reversed") return no_number(), order::reversed{};
  if (kind == "pairwise") return order::pairwise{has_rest ? number("the terms of a block") : 1};
  if (kind == "blocked") return order::blocked{number("the terms of a block")};
  if (kind == "split_k") return order::split_k{number("the number of parts")};
  if (kind == "warp") return no_number(), order::lanes{32};
  if (kind == "lanes") {
    const order::lanes o{has_rest ? number("a power of two up to 65536") : 32};
    if ((o.count & (o.count - 1)) != 0 || o.count > 65536) fail(text, rest, "a power of two up to 65536");
    return o;
  }
  if (kind == "tree")
    return has_rest ? read_tree(text, rest) : (fail(text, "nothing", "a tree such as ((0+1)+2)"), order::tree{});
  if (kind == "permuted") {
    const auto seed = words::number<std::uint64_t>(rest);
    if (!seed) fail(text, has_rest ? rest : "nothing", "a seed from 0 to 18446744073709551615");
    return order::permuted{*seed};
  }
  std::string list;
  for (const std::string_view known : kinds) list += (list.empty() ? "" : ", ") + std::string(known);
  fail(text, kind, "one of " + list + words::suggestion(kind, kinds));
}

std::string to_string(const summation_order& o) {
  return std::visit([](const auto& x) { return text_of(x); }, o);
}

}  // namespace assay
