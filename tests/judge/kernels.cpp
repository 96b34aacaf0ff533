// All kernels: honest ones pass in every form that a claim allows, wrong ones fail.
#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>

#include <assay/format/name.hpp>
#include <assay/reference/truth_of.hpp>
#include <assay/rounding/name.hpp>
#include <support/budget.hpp>

#include "cases.hpp"

using namespace assay;

namespace test {

bool can_be_judged(std::string_view kernel) { return has_emulation(kernel); }

}  // namespace test

namespace {

/// Everything that a kernel can be asked to do differently without doing it wrong.
std::vector<arithmetic> honest_forms(std::string_view kernel, const claim& claimed) {
  std::vector<arithmetic> all{claimed.base};
  for (const char* order : {"lanes:32", "pairwise:4", "split_k:3", "blocked:32", "reversed"}) {
    arithmetic with = claimed.base;
    with.order = parse_arithmetic(kernel, std::vector<key_value>{{"order", order}}).order;
    all.push_back(with);
  }
  for (const attribute_info& choice : variants_of(kernel)) {
    if (choice.type != attribute_info::kind::choice) continue;
    std::istringstream words{std::string(choice.choices)};
    for (std::string word; words >> word;) {
      const bool skipped = (word == "naive") || (word == "outside") || (word == "one_pass") || word == "log" ||
                           (choice.name == "variance" && word == "shifted") ||
                           (choice.name == "form" && (word == "sigmoid" || word == "direct")) || word == "difference" ||
                           ((kernel == "tanh" || choice.name == "activation") && word == "steps");
      if (skipped) continue;
      arithmetic with = claimed.base;
      with.variants[std::string(choice.name)] = word;
      all.push_back(with);
    }
  }
  return all;
}

struct tally {
  std::size_t runs = 0, failures = 0;
  std::vector<double> shares;
  std::string first;

  double median() {
    if (shares.empty()) return 0;
    std::sort(shares.begin(), shares.end());
    return shares[shares.size() / 2];
  }
};

void judge_form(tally& t, const kernel_call& call, const claim& claimed, const arithmetic& form, format to,
                const std::string& setting) {
  std::vector<tensor> got;
  try {
    got = test::results_of(call, form, to);
  } catch (const std::invalid_argument&) {  // some forms only go with another choice
    got = test::results_of(call, claimed.base, to);
  }
  const verdict v = judge(call, got, claimed, {.worst = 1, .diagnose = false});
  ++t.runs;
  if (to == binary32 && claimed.base.compute)  // elsewhere the store is all there is
    t.shares.push_back(v.largest_share);
  if (!v.pass && t.failures++ == 0) {
    t.first =
        setting + ", into " + std::string(format_name(to)) + ", computed as " + to_string(form) + "\n" + summary(v);
  }
}

std::string setting_of(std::string_view kernel, format f, std::size_t lines, std::size_t n, test::spread how) {
  std::ostringstream text;
  text << kernel << " on " << format_name(f) << ", " << lines << " x " << n << ", spread " << static_cast<int>(how);
  return text.str();
}

void judge_honest(tally& t, std::mt19937_64& random, std::string_view kernel, int runs) {
  const format formats[]{bfloat16, binary16, binary32};
  const char* claims[]{"fp32-accumulate", "fp32-accumulate", "native"};
  for (int run = 0; run < runs; ++run) {
    const format f = formats[random() % 3];
    const std::string words = claims[random() % 3];
    const auto how = static_cast<test::spread>(random() % 4);
    const std::size_t lines = 1 + random() % 12, n = 1 + random() % 70;
    const kernel_call call = test::random_call(random, kernel, f, lines, n, how);
    const claim claimed = parse_claim(kernel, words);
    const std::vector<arithmetic> forms = honest_forms(kernel, claimed);
    const arithmetic form = forms[random() % forms.size()];
    const format to = random() % 2 == 0 ? f : formats[random() % 3];
    judge_form(t, call, claimed, form, to, setting_of(kernel, f, lines, n, how));
  }
}

/// Subnormal numbers, flushed in any place that a claim can name.
void judge_flushing(tally& t, std::mt19937_64& random, std::string_view kernel, int runs) {
  const format formats[]{bfloat16, binary16, binary32, e4m3fn, e2m1fn};
  for (int run = 0; run < runs; ++run) {
    const format f = formats[random() % 5], to = formats[random() % 3];
    std::string words = random() % 3 == 0 && f.width() >= 16 ? "native" : "fp32-accumulate";
    const auto policy = [&] { return std::string(name_of_value(static_cast<subnormals>(1 + random() % 3))); };
    if (random() % 2 == 0) words += " subnormals=" + policy();
    if (random() % 3 == 0) words += " load=ties_to_even:" + policy();
    if (random() % 3 == 0) words += " order=any accumulate=floating:binary32:" + policy();
    if (random() % 3 == 0) words += " to=" + std::string(format_name(to)) + ":" + policy();
    const std::size_t lines = 1 + random() % 6, n = 1 + random() % 40;
    kernel_call call = test::random_call(random, kernel, f, lines, n, test::spread::normal);
    for (const input_info& in : call.info().inputs) {
      if (in.elements != input_info::kind::real || !call.has_input(in.name) || random() % 4 == 0) continue;
      tensor x = call.input(in.name);
      const format of = x.type().layout;
      for (std::size_t i = 0; i < x.size(); ++i) {  // up to the least normal number
        if (random() % 2 == 0)
          x.set(i, random() % ((std::uint64_t{1} << of.fraction_bits) + 1) | (x[i] & of.sign_mask()));
      }
      call.set_input(in.name, std::move(x));
    }
    const claim claimed = parse_claim(kernel, words);
    const std::vector<arithmetic> forms = honest_forms(kernel, claimed);
    judge_form(t, call, claimed, forms[random() % forms.size()], to,
               setting_of(kernel, f, lines, n, {}) + ", " + words);
  }
}

/// Kernels with both a truth and an emulation.
std::vector<std::string_view> judged_kernels() {
  std::vector<std::string_view> all;
  for (const kernel_info& k : kernels) {
    if (!has_emulation(k.name)) continue;
    std::mt19937_64 random(1);
    try {
      const kernel_call call = test::random_call(random, k.name, binary32, 2, 4, test::spread::normal);
      reference::truth_of(call);
    } catch (const std::logic_error&) {
      continue;
    }
    all.push_back(k.name);
  }
  return all;
}

using judge_some = void (*)(tally& t, std::mt19937_64& random, std::string_view kernel, int runs);

void none_fails(judge_some judge, unsigned seed, int runs) {
  for (const std::string_view kernel : judged_kernels()) {
    std::mt19937_64 random(seed);
    tally t;
    judge(t, random, kernel, runs);
    INFO(t.failures << " of " << t.runs << " runs; the first: " << t.first);
    CHECK(t.failures == 0);
    if (runs > 1000) WARN(kernel << ": " << t.runs << " runs, median of the largest share of the bound " << t.median());
  }
}

}  // namespace

TEST_CASE("Honest kernels pass in every form that their claim allows") {
  none_fails(judge_honest, 11, test::fewer(12));
}

TEST_CASE("Variances in one pass, of x or of x - x_0, pass where the claim says so, wherever x_0 lies", "[slow]") {
  std::mt19937_64 random(14);
  for (const char* words : {"native", "fp32-accumulate"}) {
    for (const char* form : {"one_pass", "shifted"}) {
      for (const char* kernel : {"variance", "layer_norm", "group_norm", "batch_norm"}) {
        for (int run = 0; run < test::fewer(32); ++run) {
          const format f = random() % 2 == 0 ? binary16 : bfloat16;
          const auto how = static_cast<test::spread>(random() % 4);
          kernel_call call = test::random_call(random, kernel, f, 2 + random() % 8, 2 + random() % 60, how);
          const claim claimed = parse_claim(kernel, std::string(words) + " variance=one_pass");
          arithmetic with = claimed.base;
          with.variants["variance"] = form;
          const verdict v = judge(call, test::results_of(call, with, f), claimed, {.diagnose = false});
          INFO(kernel << ' ' << words << ' ' << form << ": " << summary(v));
          CHECK(v.pass);
        }
      }
    }
  }
}

TEST_CASE("Hundreds of thousands of honest lines hold their bounds", "[.prove]") { none_fails(judge_honest, 12, 1500); }

TEST_CASE("Kernels that flush subnormal numbers are honest where the claim says so") {
  none_fails(judge_flushing, 15, test::fewer(16));
}

TEST_CASE("Thousands of kernels that flush are honest", "[.prove]") { none_fails(judge_flushing, 16, 1500); }

TEST_CASE("Probabilities stored in the operand format are honest where the claim says so, in all lines together, too",
          "[slow]") {
  for (const format f : {bfloat16, binary16}) {
    std::mt19937_64 random(13);
    kernel_call call("attention");
    for (const char* name : {"q", "k", "v"}) {
      call.set_input(name, test::random_tensor(random, f, {2, 40, 32}, test::spread::normal));
    }
    for (const bool is_stated : {false, true}) {
      const claim claimed = is_stated ? parse_claim("attention", "tensor-core operand=" + std::string(format_name(f)))
                                      : default_claim(call);
      for (const char* algorithm : {"three_pass", "flash"}) {
        arithmetic form = claimed.base;
        form.variants["algorithm"] = algorithm;
        form.stores["probabilities"] = {f, {}};
        const verdict v = judge(call, test::results_of(call, form, f), claimed, {.diagnose = false});
        INFO(summary(v));
        CHECK(v.pass);
      }
    }
  }
}
