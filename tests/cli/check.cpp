// `assay check` of any kernel, its specs, suites and reports, as a user runs them.
#include <catch2/catch.hpp>

#include <cmath>

#include <assay/catalogue/kernels.hpp>
#include <assay/file/npy.hpp>
#include <assay/number/convert.hpp>

#include "program.hpp"

using namespace assay;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// x.npy (float32, 24 x 60); right.npy and wrong.npy: its softmax in binary32 and in bfloat16, stored as bfloat16.
struct softmax_files {
  scratch_folder folder;

  softmax_files() {
    tensor x(element_type::of(binary32), {24, 60});
    std::uint64_t seed = 3;
    for (std::size_t i = 0; i < x.size(); ++i) {
      seed = seed * 6364136223846793005 + 1442695040888963407;
      x.set(i, convert(static_cast<double>(seed >> 40) * 0x1p-22 - 2, binary32).code);
    }
    write_npy(folder / "x.npy", x);
    REQUIRE(run(folder, "run softmax --x x.npy -o right.npy --to bfloat16 -q").code == 0);
    REQUIRE(run(folder, "run softmax --x x.npy -o wrong.npy --compute bfloat16 --to bfloat16 -q").code == 0);
  }
  std::string spec(const std::string& got, const std::string& more = "") const {
    return R"({"kernel": "softmax", "inputs": {"x": "x.npy"}, "got": ")" + got + ":bfloat16\"" + more + "}";
  }
};

const std::string check_softmax = "check softmax --x x.npy ";

/// The rest of the line after the first occurrence of a mark.
std::string rest_of_line(const std::string& text, const std::string& mark) {
  const std::size_t at = text.find(mark);
  REQUIRE(at != std::string::npos);
  const std::size_t start = at + mark.size();
  return text.substr(start, text.find('\n', start) - start);
}

}  // namespace

TEST_CASE("check has a command for every kernel of the catalogue, with a --got for each result") {
  const scratch_folder folder;
  for (const kernel_info& kernel : kernels) {
    INFO(kernel.name);
    const outcome o = run(folder, "check " + std::string(kernel.name) + " --help");
    CHECK(o.code == 0);
    CHECK_THAT(o.out, Contains("--claim TEXT") && Contains("tensor-core") && Contains("Examples:"));
    for (const result_info& r : kernel.results) {
      std::string name(r.name);
      std::replace(name.begin(), name.end(), '_', '-');
      CHECK_THAT(o.out, Contains(kernel.results.size() == 1 ? "--got FILE" : "--got-" + name + " FILE"));
    }
  }
}

TEST_CASE("check passes a right softmax and fails one in bfloat16, names its fault and repeats the failure") {
  const softmax_files f;
  const outcome right = run(f.folder, check_softmax + "--got right.npy:bfloat16");
  CHECK(right.code == 0);
  CHECK_THAT(right.out, StartsWith("PASS  softmax; claim: ") && !Contains("reproduce"));
  const outcome wrong = run(f.folder, check_softmax + "--got wrong.npy:bfloat16");
  CHECK(wrong.code == 1);
  CHECK_THAT(wrong.out, StartsWith("FAIL  softmax; claim: ") && Contains("worst elements") && Contains("where\n") &&
                            Contains("every operation is rounded to bfloat16"));
  CHECK_THAT(wrong.out, !Contains("\x1b["));
  const outcome again = run(f.folder, rest_of_line(wrong.out, "reproduce: assay "));
  CHECK(again.code == 1);
  CHECK_THAT(again.out, Contains("results  1440: ") || Contains("results  1: "));
  CHECK(run(f.folder, check_softmax + "--got wrong.npy:bfloat16 --claim bf16-native").code == 0);
  CHECK(run(f.folder, check_softmax + "--got wrong.npy:bfloat16 --compute bfloat16 --exact").code == 0);
  CHECK(run(f.folder, check_softmax + "--got right.npy:bfloat16 --claim bf16-native --exact").code == 1);
  CHECK(run(f.folder, check_softmax + "--got wrong.npy:bfloat16 -q").out.empty());
  CHECK_THAT(run(f.folder, check_softmax + "--got wrong.npy:bfloat16 --json").out,
             Contains("\"pass\": false") && Contains("\"tests\"") && Contains("\"reproduce\": \"assay check softmax"));
}

TEST_CASE("A spec says the same as options do, with files relative to its own folder") {
  const softmax_files f;
  std::filesystem::create_directory(f.folder / "sub");
  for (const char* name : {"x.npy", "right.npy", "wrong.npy"}) {
    std::filesystem::rename(f.folder / name, f.folder / "sub" / name);
  }
  write_all(f.folder / "sub/right.json",
            f.spec("right.npy", R"(, "attributes": {"axis": -1}, "claim": "fp32-accumulate")"));
  write_all(f.folder / "sub/wrong.json", f.spec("wrong.npy", R"(, "worst": 2)"));
  write_all(f.folder / "sub/exact.json", f.spec("wrong.npy", R"(, "claim": {"compute": "bfloat16", "exact": true})"));
  CHECK(run(f.folder, "check --spec sub/right.json").code == 0);
  CHECK(run(f.folder, "check --spec sub/exact.json").code == 0);
  const outcome wrong = run(f.folder, "check --spec sub/wrong.json");
  CHECK(wrong.code == 1);
  CHECK_THAT(wrong.out, Contains("reproduce: assay check --spec sub/wrong.json --only "));
  CHECK(run(f.folder, rest_of_line(wrong.out, "reproduce: assay ")).code == 1);
}

TEST_CASE("A user's own suspicion is tried first, from an option or a spec, and refused in words where it is none") {
  const softmax_files f;
  REQUIRE(run(f.folder, "run softmax --x x.npy -o warm.npy --temperature 0.93 --to bfloat16 -q").code == 0);
  const outcome o = run(f.folder, check_softmax + "--got warm.npy:bfloat16 --suspect temperature=0.93");
  CHECK(o.code == 1);
  CHECK_THAT(o.out, Contains("bit for bit: it computes with temperature=0.93"));
  write_all(f.folder / "s.json", f.spec("warm.npy", R"(, "suspects": ["temperature=0.93 compute=binary32"])"));
  CHECK_THAT(run(f.folder, "check --spec s.json").out, Contains("it computes with temperature=0.93 compute=binary32"));
  for (const char* wrong : {"temperature=hot", "warmth=2", "''", "accumulate=float33"}) {
    INFO(wrong);
    const outcome bad = run(f.folder, check_softmax + "--got warm.npy:bfloat16 --suspect " + wrong);
    CHECK(bad.code == 2);
    CHECK_THAT(bad.error, Contains("expected"));
  }
  write_all(f.folder / "t.json", f.spec("warm.npy", R"(, "suspects": "temperature=0.93")"));
  CHECK_THAT(run(f.folder, "check --spec t.json").error, Contains("suspects is \"temperature=0.93\"; expected a list"));
}

TEST_CASE("A suite runs every spec, prints a table, and writes JUnit's XML") {
  const softmax_files f;
  write_all(f.folder / "a.json", f.spec("right.npy"));
  write_all(f.folder / "b.json", f.spec("wrong.npy"));
  const outcome o = run(f.folder, "check --suite . --junit out.xml");
  CHECK(o.code == 1);
  CHECK_THAT(o.out, Contains("pass   a.json") && Contains("FAIL   b.json") &&
                        Contains("2 checks: 1 pass, 1 fail, 0 cannot be run"));
  const std::string xml = read_all(f.folder / "out.xml");
  CHECK_THAT(xml, StartsWith("<?xml") && Contains("tests=\"2\" failures=\"1\" errors=\"0\"") &&
                      Contains("<testcase classname=\"assay.softmax\" name=\"a.json\"") &&
                      Contains("<failure message=\""));
  write_all(f.folder / "c.json", "{\"kernel\": \"softmax\"");
  const outcome broken = run(f.folder, "check --suite . --threads 2 --json");
  CHECK(broken.code == 2);
  CHECK_THAT(broken.out, Contains("\"pass\": 1") && Contains("\"error\": 1") && Contains("c.json: line 1 is not JSON"));
  std::filesystem::remove(f.folder / "b.json");
  std::filesystem::remove(f.folder / "c.json");
  CHECK(run(f.folder, "check --suite .").code == 0);
}

TEST_CASE("What is wrong with a spec is said with its file, key, what was found and what was expected") {
  const softmax_files f;
  const auto refused = [&](const std::string& text, const std::string& sentence) {
    write_all(f.folder / "s.json", text);
    check_refusal(f.folder, "check --spec s.json", sentence);
  };
  refused("[]", "s.json: the file is []; expected an object");
  refused("{", "s.json: line 1 is not JSON");
  refused(R"({"kernel": "softmax"})", "s.json: inputs is missing; expected files by name");
  refused(R"({"kernel": "sotfmax"})", "s.json: there is no kernel \"sotfmax\". Did you mean softmax?");
  refused(R"({"kernel": 3})", "s.json: kernel is 3; expected a kernel's name");
  refused(f.spec("right.npy", R"(, "clam": "exact")"), "there is no key 'clam'; expected one of kernel,");
  refused(f.spec("right.npy", R"(, "attributes": {"axs": 1})"), "there is no attribute 'axs'; expected one of axis,");
  refused(f.spec("right.npy", R"(, "attributes": {"axis": {}})"), "attributes.axis is {}; expected a string,");
  refused(f.spec("right.npy", R"(, "confidence": 2)"), "confidence is 2; expected a number from 0 to 1");
  refused(f.spec("right.npy", R"(, "worst": -1)"), "worst is -1; expected an integer from 0");
  refused(f.spec("right.npy", R"(, "claim": 7)"), "claim is 7; expected a text");
  refused(f.spec("none.npy"), "none.npy: cannot be opened");
  refused(R"({"kernel": "layer_norm_backward", "inputs": {}, "got": "a"})",
          "by the results' names, dx, dweight, dbias");
  check_refusal(f.folder, "check --spec none.json", "none.json: cannot be opened");
  check_refusal(f.folder, "check --suite none", "--suite is none");
}

TEST_CASE("check refuses what cannot be judged in one sentence") {
  const softmax_files f;
  check_refusal(f.folder, "check", "A kernel, --spec or --suite is required");
  check_refusal(f.folder, "check --spec a --suite b", "expected one of them");
  check_refusal(f.folder, "check --json softmax --x x.npy --got right.npy:bfloat16", "is given before the kernel");
  check_refusal(f.folder, check_softmax, "--got is required");
  check_refusal(f.folder, check_softmax + "--got x.npy --claim fp23", "fp32-accumulate");
  check_refusal(f.folder, check_softmax + "--got x.npy --confidence 2", "--confidence");
  check_refusal(f.folder, check_softmax + "--got right.npy:bfloat16 --to binary16", "expected binary16");
  check_refusal(f.folder, check_softmax + "--got right.npy:bfloat16 --only 1440", "there are 1440 results");
  check_refusal(f.folder, "check layer_norm_backward --x x.npy --dy x.npy", "--got-dx is required");
}

TEST_CASE("study measures each arithmetic against the truth") {
  const softmax_files f;
  const outcome o = run(f.folder,
                        "study softmax --x x.npy --to bfloat16 --arithmetic upcast:binary64 --arithmetic native "
                        "--arithmetic compute=bfloat16");
  CHECK(o.code == 0);
  CHECK_THAT(o.out, StartsWith("arithmetic") && Contains("\nupcast:binary64") && Contains("\ncompute=bfloat16"));
  // Rounded once from a sum in binary64 every element is the truth but for chance; in bfloat16 most are not.
  CHECK_THAT(rest_of_line(o.out, "upcast:binary64"), Contains("100.0%"));
  CHECK_THAT(rest_of_line(o.out, "compute=bfloat16"), !Contains("100.0%"));
  CHECK_THAT(run(f.folder, "study softmax --x x.npy --json").out, Contains("\"correctly_rounded\""));
  check_refusal(f.folder, "study softmax --x x.npy --arithmetic compute=bfloat61", "expected a format");
  check_refusal(f.folder, "study softmx --x x.npy", "There is no kernel 'softmx'. Did you mean softmax?");
}
