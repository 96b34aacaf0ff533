// The door: checks the problem, then sends each batch to the first route that serves it.
#include <assay/bulk/gemm.hpp>

#include <thread>

#include "routes.hpp"

namespace assay {

void gemm(const gemm_problem& problem) {
  using namespace gemm_kernels;
  const shape size = check(problem);
  const std::size_t threads =
      problem.threads != 0 ? problem.threads : std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
  progress_stage told("emulation", "elements", problem.batches * size.m * size.n);
  for (std::size_t b = 0; b < problem.batches; ++b) {
    output out(problem, size, b);
    if (size.m != 0 && size.n != 0) {
      const batch work{problem, size, rows_of_a(problem, b), columns_of_b(problem, b), threads, out, told};
      if (!block_scaled_route(work) && !integer_route(work) && !float_route(work) && !rounded_route(work) &&
          !unit_route(work) && !exact_route(work)) {
        element_route(work);
      }
    }
    out.finish_batch();
  }
}

}  // namespace assay
