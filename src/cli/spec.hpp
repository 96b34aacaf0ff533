// A whole check as a JSON file, so that it can be kept, shared and run again:
//
//   {
//     "kernel": "softmax",
//     "inputs": {"x": "x.npy:bfloat16"},
//     "attributes": {"axis": -1},
//     "got": "y.npy:bfloat16",            of a kernel of several results: {"dx": "dx.npy", "dweight": "dw.npy"}
//     "claim": "tensor-core to=bfloat16", or {"accumulate": "floating:binary32", "order": "pairwise", "exact": true}
//     "suspects": ["eps=1e-6", "accumulate=floating:bfloat16"],       explanations to try first
//     "confidence": 1e-6, "seed": 1, "sample": 1000000, "worst": 5
//   }
//
// Only kernel, inputs and got must be there. Files are relative to the spec's folder.
#pragma once

#include <filesystem>
#include <vector>

#include "check_request.hpp"

namespace assay::cli {

/// Throws usage_error that names the file, the key, what was found and what was expected, and file_error.
check_request read_spec(const std::filesystem::path& path);

/// The *.json files of a folder, by name. Throws usage_error where there are none.
std::vector<std::filesystem::path> specs_in(const std::filesystem::path& folder);

/// Runs all specs of the folder on `threads` threads (0: all), prints a table (or JSON), and writes a JUnit file where
/// one is named. Bad usage where a spec cannot be run; else whether all pass.
struct suite_options {
  std::filesystem::path folder;
  std::string junit;
  unsigned threads = 0;
  bool json = false, quiet = false;
};
exit_code run_suite(const suite_options& options);

}  // namespace assay::cli
