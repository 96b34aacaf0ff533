// What every reader and writer throws.
#pragma once

#include <stdexcept>

namespace assay {

/// what() is one sentence that names the file, what was found and what was expected.
class file_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace assay
