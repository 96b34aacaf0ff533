// Real GPUs on trial: every capture is what its matrix unit's claim says, bit for bit, and honest as fp32 or fp16 sums.
#include <catch2/catch.hpp>

#include <filesystem>
#include <sstream>

#include <assay/accumulate/grammar.hpp>
#include <assay/file/npy.hpp>
#include <assay/judge/dot.hpp>

using namespace assay;
namespace fs = std::filesystem;

TEST_CASE("Captured results of GPUs pass as the matrix units that gave them") {
  const fs::path captures = ASSAY_CAPTURES;
  if (!fs::is_directory(captures)) {
    WARN("skipped: there are no captures at " << captures);
    return;
  }
  std::size_t cases = 0, failures = 0;
  std::string first;
  for (const auto& folder : fs::directory_iterator(captures)) {
    if (!folder.is_directory()) continue;
    std::istringstream words(folder.path().filename().string());
    std::string gpu, instruction, in, out;
    std::getline(words, gpu, '_');
    std::getline(words, instruction, '_');
    std::getline(words, in, '_');
    std::getline(words, out, '_');
    const auto fin = find_named_format(in), fout = find_named_format(out);
    REQUIRE((fin && fout));
    const tensor a = read_npy(folder.path() / "a.npy", fin), b = read_npy(folder.path() / "b.npy", fin);
    const tensor c = read_npy(folder.path() / "c.npy", fout), d = read_npy(folder.path() / "d.npy", fout);
    const std::string unit = "unit:" + gpu + "." + instruction + "." + in + "." + out;
    const verdict v =
        judge_dot({a.view(), b.view(), c.view(), d.view()}, claim_of(parse_accumulator(unit), std::nullopt, *fout));
    ++cases;
    if (!v.pass && failures++ == 0) first = unit;
  }
  INFO("the first that fails: " << first);
  CHECK(failures == 0);
  CHECK(cases >= 40);
}

TEST_CASE("An H100 does not sum in sequence in fp32, and the diagnosis finds what it is") {
  const fs::path folder = fs::path(ASSAY_CAPTURES) / "h100_mma_fp16_fp32";
  if (!fs::is_directory(folder)) {
    WARN("skipped: there is no capture at " << folder);
    return;
  }
  const tensor a = read_npy(folder / "a.npy", binary16), b = read_npy(folder / "b.npy", binary16);
  const tensor c = read_npy(folder / "c.npy", binary32), d = read_npy(folder / "d.npy", binary32);
  const verdict v = judge_dot({a.view(), b.view(), c.view(), d.view()},
                              claim_of(accumulate::floating{binary32}, order::sequential{}, binary32));
  CHECK(!v.pass);
  REQUIRE(!v.diagnosis.empty());
  CHECK_THAT(v.diagnosis[0].explanation, Catch::Matchers::Contains("matrix unit h100.mma.fp16.fp32"));
  CHECK(v.diagnosis[0].failing_explained == v.diagnosis[0].failing);
  CHECK(v.low > 4 * v.high);  // it truncates
}
