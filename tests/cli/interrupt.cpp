// Ends a running program by signal and looks at what it leaves behind.
#include <catch2/catch.hpp>

#include <assay/file/npy.hpp>

#include "program.hpp"

using namespace assay;

TEST_CASE("Ctrl-C at any moment leaves a whole file or none, and nothing beside it") {
  const scratch_folder folder;
  write_npy(folder / "x.npy", tensor(element_type::of(binary32), {1 << 20}));
  REQUIRE(run(folder, "convert x.npy -o whole.npy --to binary64 -q").code == 0);
  const auto whole = std::filesystem::file_size(folder / "whole.npy");
  int interrupted = 0;
  for (const char* signal : {"INT", "TERM"}) {
    for (int step = 1; step <= 12; ++step) {
      const std::string command = "cd '" + folder.path().string() + "' && timeout -s " + signal + " 0.0" +
                                  (step < 10 ? "0" : "") + std::to_string(step) +
                                  " '" ASSAY_PROGRAM_PATH "' convert x.npy -o y.npy --to binary64 -q";
      interrupted += std::system(command.c_str()) != 0 ? 1 : 0;
      const bool written = std::filesystem::exists(folder / "y.npy");
      CHECK(folder.entries() == (written ? 3u : 2u));
      if (written) CHECK(std::filesystem::file_size(folder / "y.npy") == whole);
      std::filesystem::remove(folder / "y.npy");
    }
  }
  CHECK(interrupted > 0);
}
