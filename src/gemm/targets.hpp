// The instruction sets that GEMM kernels are compiled for on x86: AVX2, AVX-512, and portable code for the rest.
// Between them nothing has a fused multiply-add, and each would cost compile time.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
