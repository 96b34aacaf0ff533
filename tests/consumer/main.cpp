// Includes only the headers, and links nothing.
#include <assay/assay.hpp>
#include <cstdio>

int main() {
  const auto x = assay::fp8_e4m3_t(17.3f);
  static_assert(assay::fp8_e4m3_t(464.0f) == assay::fp8_e4m3_t(448.0f));
  std::printf("17.3 in e4m3fn is %g\n", static_cast<double>(x));
  return static_cast<double>(x) == 18.0 ? 0 : 1;
}
