#include "pickle.hpp"

#include <cstdio>
#include <unordered_map>

#include "byte_source.hpp"
#include "fail.hpp"

namespace assay::detail {
namespace {

using kind = pickle_value::kind;

constexpr std::string_view ordered_dictionary = "collections.OrderedDict";

class machine {
 public:
  machine(std::span<const std::byte> bytes, const std::function<bool(std::string_view)>& allowed, std::string_view name)
      : rest_(bytes), size_(bytes.size()), allowed_(allowed), name_(name) {
    result_.values.push_back({});                          // None
    result_.values.push_back({kind::boolean, 0, {}, {}});  // False
    result_.values.push_back({kind::boolean, 1, {}, {}});  // True
    result_.values.push_back({kind::tuple, 0, {}, {}});    // ()
  }

  pickle run() {
    while (step(static_cast<unsigned char>(number(1)))) {
    }
    if (stack_.size() != 1 || !marks_.empty()) refuse("leaves more than one value");
    if (!rest_.empty()) refuse("goes on after its end");
    result_.root = stack_.back();
    return std::move(result_);
  }

 private:
  static constexpr std::size_t none = 0, no = 1, yes = 2, empty_tuple = 3;

  /// Carries out one instruction; false after the last.
  bool step(unsigned char code) {
    switch (code) {
      case 0x80: return protocol(number(1));
      case 0x95: number(8); return true;  // FRAME: lengths for faster reading
      case '.': return false;
      case 'N': return push(none);
      case 0x88: return push(yes);
      case 0x89: return push(no);
      case 'K': return push_integer(static_cast<std::int64_t>(number(1)));
      case 'M': return push_integer(static_cast<std::int64_t>(number(2)));
      case 'J': return push_integer(static_cast<std::int32_t>(number(4)));
      case 0x8a: return push_integer(long_integer());
      case 'G': number(8); return push_new({kind::real, 0, {}, {}});
      case 'X': return push_text(number(4));
      case 0x8c: return push_text(number(1));
      case '}': return push_new({kind::dictionary, 0, {}, {}});
      case ']': return push_new({kind::list, 0, {}, {}});
      case ')': return push(empty_tuple);
      case '(': marks_.push_back(stack_.size()); return true;
      case 't': return push_new({kind::tuple, 0, {}, take_marked()});
      case 0x85: return push_tuple(1);
      case 0x86: return push_tuple(2);
      case 0x87: return push_tuple(3);
      case 'q': return remember(number(1));
      case 'r': return remember(number(4));
      case 0x94: return remember(memo_.size());
      case 'h': return recall(number(1));
      case 'j': return recall(number(4));
      case 'c': {
        const std::string module = line();
        return push_global(module + "." + line());
      }
      case 0x93: return stack_global();
      case 'Q': return push_new({kind::persistent, 0, {}, {pop()}});
      case 'R': return call();
      case 'a': return extend(kind::list, {pop()});
      case 'e': return extend(kind::list, take_marked());
      case 's': {
        const std::size_t value = pop(), key = pop();
        return extend(kind::dictionary, {key, value});
      }
      case 'u': return extend(kind::dictionary, take_marked());
      case 'b': return build();
      default: break;
    }
    char text[32]{};
    std::snprintf(text, sizeof text, "0x%02x", code);
    refuse("has the instruction " + std::string(text) + " at its byte " + std::to_string(size_ - rest_.size() - 1) +
           ", which dictionaries of tensors do not need");
  }

  [[noreturn]] void refuse(const std::string& why) const { fail(name_, "the pickle " + why + "."); }

  std::span<const std::byte> take(std::uint64_t count) {
    if (count > rest_.size()) refuse("is cut short: it ends after " + std::to_string(size_) + " bytes");
    const auto taken = rest_.first(static_cast<std::size_t>(count));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  std::uint64_t number(std::size_t bytes) { return little_endian(take(bytes)); }
  std::string text(std::uint64_t length) {
    const auto bytes = take(length);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::string line() {
    std::string out;
    for (char c = 0; (c = static_cast<char>(number(1))) != '\n';) out += c;
    return out;
  }
  std::int64_t long_integer() {
    const std::uint64_t length = number(1);
    if (length > 8) refuse("has an integer of " + std::to_string(length) + " bytes; expected at most 8");
    if (length == 0) return 0;
    const int unused = 64 - 8 * static_cast<int>(length);
    return static_cast<std::int64_t>(number(static_cast<std::size_t>(length)) << unused) >> unused;
  }

  bool push(std::size_t index) {
    stack_.push_back(index);
    return true;
  }
  bool push_new(pickle_value value) {
    constexpr std::size_t most = 4'000'000;
    if (result_.values.size() == most) refuse("has more than 4 million values");
    result_.values.push_back(std::move(value));
    return push(result_.values.size() - 1);
  }
  bool push_integer(std::int64_t value) { return push_new({kind::integer, value, {}, {}}); }
  bool push_text(std::uint64_t length) { return push_new({kind::text, 0, text(length), {}}); }
  std::size_t pop() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) refuse("takes a value that is not there");
    const std::size_t index = stack_.back();
    stack_.pop_back();
    return index;
  }
  std::vector<std::size_t> take_marked() {
    if (marks_.empty()) refuse("takes values up to a mark that is not there");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<std::size_t> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }
  bool push_tuple(std::size_t count) {
    std::vector<std::size_t> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    return push_new({kind::tuple, 0, {}, std::move(items)});
  }

  bool protocol(std::uint64_t version) const {
    if (version < 2 || version > 5) refuse("has protocol " + std::to_string(version) + "; expected 2 to 5");
    return true;
  }
  bool remember(std::uint64_t place) {
    const std::size_t top = pop();
    memo_[place] = top;
    return push(top);
  }
  bool recall(std::uint64_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) refuse("recalls a value that it did not store");
    return push(found->second);
  }
  bool stack_global() {
    const std::size_t member = pop(), module = pop();
    if (result_[member].what != kind::text || result_[module].what != kind::text) refuse("names a global by no text");
    return push_global(result_[module].text + "." + result_[member].text);
  }
  bool push_global(std::string dotted) {
    if (dotted != ordered_dictionary && !allowed_(dotted)) {
      refuse("refers to " + in_quotes(dotted, 80) +
             ", which is no part of a dictionary of tensors: nothing is ever executed here");
    }
    return push_new({kind::global, 0, std::move(dotted), {}});
  }
  bool call() {
    const std::size_t arguments = pop(), function = pop();
    if (result_[function].what != kind::global) refuse("calls what is no global");
    if (result_[arguments].what != kind::tuple)
      refuse("calls " + in_quotes(result_[function].text) + " without a tuple");
    if (result_[function].text != ordered_dictionary) return push_new({kind::call, 0, {}, {function, arguments}});
    if (!result_[arguments].items.empty()) refuse("makes an OrderedDict with arguments; expected none");
    return push_new({kind::dictionary, 0, {}, {}});
  }
  /// Adds to the container on top of the stack.
  bool extend(kind expected, const std::vector<std::size_t>& items) {
    const std::size_t top = pop();
    pickle_value& container = result_.values[top];
    if (container.what != expected) refuse("adds items to what is no list or dictionary");
    if (expected == kind::dictionary && items.size() % 2 != 0) refuse("has a key without a value");
    container.items.insert(container.items.end(), items.begin(), items.end());
    return push(top);
  }
  /// Attributes of an OrderedDict (the _metadata of a module's state) are of no use here.
  bool build() {
    pop();
    const std::size_t top = pop();
    if (result_[top].what != kind::dictionary) refuse("sets attributes of what is no dictionary");
    return push(top);
  }

  std::span<const std::byte> rest_;
  std::size_t size_;
  const std::function<bool(std::string_view)>& allowed_;
  std::string_view name_;
  pickle result_;
  std::vector<std::size_t> stack_, marks_;
  std::unordered_map<std::uint64_t, std::size_t> memo_;
};

}  // namespace

pickle parse_pickle(std::span<const std::byte> bytes, const std::function<bool(std::string_view)>& allowed,
                    std::string_view name) {
  return machine(bytes, allowed, name).run();
}

}  // namespace assay::detail
