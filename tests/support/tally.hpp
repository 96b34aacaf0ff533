// Counts mismatches of a sweep and remembers the first: Catch's assertions are too slow for millions.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

#include <assay/rounding/conversion.hpp>
#include <support/text.hpp>

namespace test {

class tally {
 public:
  /// Counts one comparison; `describe` is only called, and must give a string, for the first that fails.
  template <class Describe>
  void expect(bool holds, Describe describe) {
    ++checked_;
    if (holds) return;
    if (mismatches_++ == 0) first_ = describe();
  }
  /// The same for code and exceptions.
  template <class Describe>
  void expect_same(assay::rounded got, assay::rounded expected, Describe describe) {
    expect(got.code == expected.code && got.raised == expected.raised, [&] {
      return text(describe(), ": got ", hex(got.code), " raising ", static_cast<int>(got.raised), ", expected ",
                  hex(expected.code), " raising ", static_cast<int>(expected.raised));
    });
  }
  void add(const tally& other) {
    checked_ += other.checked_;
    if (mismatches_ == 0) first_ = other.first_;
    mismatches_ += other.mismatches_;
  }

  std::uint64_t checked() const { return checked_; }
  std::uint64_t mismatches() const { return mismatches_; }
  const std::string& first() const { return first_; }

  /// The one assertion of a sweep. A sweep that checked nothing proves nothing.
  void require() const {
    INFO("first of " << mismatches_ << " mismatches in " << checked_ << ": " << first_);
    REQUIRE(mismatches_ == 0);
    REQUIRE(checked_ > 0);
  }

 private:
  std::uint64_t checked_ = 0, mismatches_ = 0;
  std::string first_;
};

}  // namespace test
