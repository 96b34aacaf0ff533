// A user's hypothesis, from words.
#include <stdexcept>

#include <assay/kernel/arithmetic.hpp>

#include "tables.hpp"

namespace assay {

hypothesis parse_hypothesis(std::string_view kernel, std::string_view text) {
  kernel_call settings(kernel);  // only for its attributes
  std::string words;
  detail::for_each_word(text, ' ', [&](std::string_view word) {
    if (word.empty()) return;
    const std::size_t equals = word.find('=');
    const std::string_view key = word.substr(0, equals);
    if (equals != word.npos && detail::has_attribute_named(settings, key)) {
      try {
        settings.set_text(key, word.substr(equals + 1));
        return;
      } catch (const std::invalid_argument&) {
        // The kernel's own choices may share an attribute's name: eps=outside.
        try {
          parse_arithmetic(kernel, word);
        } catch (const std::invalid_argument&) {
          settings.set_text(key, word.substr(equals + 1));  // what was expected of the attribute says more
        }
      }
    }
    words += (words.empty() ? "" : " ") + std::string(word);
  });
  if (words.empty() && settings.attributes().empty()) {
    throw std::invalid_argument("a hypothesis is empty; expected key=value of " + std::string(kernel) +
                                "'s attributes or of an arithmetic.");
  }
  if (!words.empty()) parse_arithmetic(kernel, words);
  hypothesis h{std::string(text), "it computes with " + std::string(text)};
  if (!settings.attributes().empty()) {
    h.change_whole_call = [given = settings.attributes()](kernel_call& call) {
      for (const auto& [name, value] : given) call.set(name, value);
      return true;
    };
  }
  if (!words.empty()) {
    h.change_arithmetic = [words](const kernel_call& call, arithmetic& with) {
      const std::optional<format> to = with.to;
      with = parse_arithmetic(call.name(), to_string(with) + " " + words);
      with.to = to;  // the format of the results is what it is; how they are rounded may be another
      return true;
    };
  }
  return h;
}

}  // namespace assay
