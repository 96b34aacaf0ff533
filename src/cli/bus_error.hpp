// What becomes of the program when an input that it has mapped loses its end.
#pragma once

namespace assay::cli {

/// From now on a page of a mapped file that is there no more, which the system reports by SIGBUS, ends the program in
/// one sentence and the exit code of bad input.
void explain_bus_errors();

}  // namespace assay::cli
