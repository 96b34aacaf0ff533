// The matrix instructions under test, one row each: shapes, element types, and the instruction itself.
//
// Fragment layouts are those of the PTX ISA (sections on mma.m16n8k* and on wgmma register fragments). For all of them,
// with g = lane / 4 and t = lane % 4, and n_elements the elements of a 32-bit register:
//   A register r: row g + 8 (r mod 2), elements from k = t n_elements + (K / 2) (r / 2)
//   B register r: column g,            elements from k = t n_elements + (K / 2) r
//   C and D:      rows g and g + 8, columns 2t and 2t + 1
#pragma once

#include <cstdint>

namespace assay_gpu {

/// mma.sync.m16n8kK: one warp multiplies 16 x K by K x 8.
template <int K, class Element, class Result>
struct warp_shape {
  using element = Element;  ///< raw bits of the input format; tf32 is a 32-bit word
  using result = Result;    ///< raw bits of the output format: 32 bits for fp32, 16 for fp16
  static constexpr int m = 16, n = 8, k = K, threads = 32;
  static constexpr int result_registers = sizeof(Result) == 4 ? 4 : 2;
};

/// wgmma.m64n8kK: four warps, A in registers, B in shared memory.
template <int K, class Element, class Result>
struct warpgroup_shape : warp_shape<K, Element, Result> {
  static constexpr int m = 64, threads = 128;
};

#define ASSAY_MMA_F32(name, K, element, ptx)                                                                          \
  struct name : warp_shape<K, element, std::uint32_t> {                                                               \
    __device__ static void run(const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], std::uint32_t (&d)[4]) {     \
      asm volatile("mma.sync.aligned." ptx " {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"                   \
                   : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])                                                   \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));                               \
    }                                                                                                                 \
  }
#define ASSAY_MMA_F16(name, K, element, ptx)                                                                          \
  struct name : warp_shape<K, element, std::uint16_t> {                                                               \
    __device__ static void run(const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], std::uint32_t (&d)[2]) {     \
      asm volatile("mma.sync.aligned." ptx " {%0,%1}, {%2,%3,%4,%5}, {%6,%7}, {%0,%1};"                               \
                   : "+r"(d[0]), "+r"(d[1])                                                                           \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));                               \
    }                                                                                                                 \
  }

ASSAY_MMA_F32(mma_fp16_fp32, 16, std::uint16_t, "m16n8k16.row.col.f32.f16.f16.f32");
ASSAY_MMA_F16(mma_fp16_fp16, 16, std::uint16_t, "m16n8k16.row.col.f16.f16.f16.f16");
ASSAY_MMA_F32(mma_bf16_fp32, 16, std::uint16_t, "m16n8k16.row.col.f32.bf16.bf16.f32");
ASSAY_MMA_F32(mma_tf32_fp32, 8, std::uint32_t, "m16n8k8.row.col.f32.tf32.tf32.f32");
#if defined(ASSAY_GPU_FP8)
ASSAY_MMA_F32(mma_e4m3fn_fp32, 32, std::uint8_t, "m16n8k32.row.col.f32.e4m3.e4m3.f32");
ASSAY_MMA_F16(mma_e4m3fn_fp16, 32, std::uint8_t, "m16n8k32.row.col.f16.e4m3.e4m3.f16");
ASSAY_MMA_F32(mma_e5m2_fp32, 32, std::uint8_t, "m16n8k32.row.col.f32.e5m2.e5m2.f32");
ASSAY_MMA_F16(mma_e5m2_fp16, 32, std::uint8_t, "m16n8k32.row.col.f16.e5m2.e5m2.f16");
#endif
#undef ASSAY_MMA_F32
#undef ASSAY_MMA_F16

#if defined(ASSAY_GPU_WGMMA)
#define ASSAY_WGMMA_F32(name, K, element, ptx, transpose)                                                             \
  struct name : warpgroup_shape<K, element, std::uint32_t> {                                                          \
    __device__ static void run(const std::uint32_t (&a)[4], std::uint64_t b, std::uint32_t (&d)[4]) {                 \
      asm volatile("wgmma.mma_async.sync.aligned." ptx " {%0,%1,%2,%3}, {%4,%5,%6,%7}, %8, 1, 1, 1" transpose ";"     \
                   : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])                                                   \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));                                             \
    }                                                                                                                 \
  }
#define ASSAY_WGMMA_F16(name, K, element, ptx, transpose)                                                             \
  struct name : warpgroup_shape<K, element, std::uint16_t> {                                                          \
    __device__ static void run(const std::uint32_t (&a)[4], std::uint64_t b, std::uint32_t (&d)[2]) {                 \
      asm volatile("wgmma.mma_async.sync.aligned." ptx " {%0,%1}, {%2,%3,%4,%5}, %6, 1, 1, 1" transpose ";"           \
                   : "+r"(d[0]), "+r"(d[1])                                                                           \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));                                             \
    }                                                                                                                 \
  }
ASSAY_WGMMA_F32(wgmma_fp16_fp32, 16, std::uint16_t, "m64n8k16.f32.f16.f16", ", 0");
ASSAY_WGMMA_F16(wgmma_fp16_fp16, 16, std::uint16_t, "m64n8k16.f16.f16.f16", ", 0");
ASSAY_WGMMA_F32(wgmma_bf16_fp32, 16, std::uint16_t, "m64n8k16.f32.bf16.bf16", ", 0");
ASSAY_WGMMA_F32(wgmma_tf32_fp32, 8, std::uint32_t, "m64n8k8.f32.tf32.tf32", "");
ASSAY_WGMMA_F32(wgmma_e4m3fn_fp32, 32, std::uint8_t, "m64n8k32.f32.e4m3.e4m3", "");
ASSAY_WGMMA_F16(wgmma_e4m3fn_fp16, 32, std::uint8_t, "m64n8k32.f16.e4m3.e4m3", "");
ASSAY_WGMMA_F32(wgmma_e5m2_fp32, 32, std::uint8_t, "m64n8k32.f32.e5m2.e5m2", "");
ASSAY_WGMMA_F16(wgmma_e5m2_fp16, 32, std::uint8_t, "m64n8k32.f16.e5m2.e5m2", "");
#undef ASSAY_WGMMA_F32
#undef ASSAY_WGMMA_F16
#endif

/// D = A B + C for one tile. Row-major A (m x k) and C, D (m x n); B as n columns of k elements.
template <class Instruction>
__device__ void multiply_tile(const typename Instruction::element* a, const typename Instruction::element* b,
                              const typename Instruction::result* c, typename Instruction::result* d) {
  using element = typename Instruction::element;
  constexpr int per_register = 4 / static_cast<int>(sizeof(element));
  constexpr int k = Instruction::k, n = Instruction::n;
  constexpr bool wide = sizeof(typename Instruction::result) == 4;
  const int lane = static_cast<int>(threadIdx.x) % 32, g = lane / 4, t = lane % 4;
  const int first_row = 16 * (static_cast<int>(threadIdx.x) / 32);

  std::uint32_t a_registers[4], d_registers[Instruction::result_registers];
  for (int r = 0; r < 4; ++r) {
    const int row = first_row + g + 8 * (r % 2), column = t * per_register + k / 2 * (r / 2);
    a_registers[r] = *reinterpret_cast<const std::uint32_t*>(a + row * k + column);
  }
  const auto place = [&](int r) {
    return wide ? (first_row + g + 8 * (r / 2)) * n + 2 * t + r % 2 : (first_row + g + 8 * r) * n + 2 * t;
  };
  for (int r = 0; r < Instruction::result_registers; ++r)
    d_registers[r] = *reinterpret_cast<const std::uint32_t*>(c + place(r));

  if constexpr (Instruction::threads == 32) {
    std::uint32_t b_registers[2];
    for (int r = 0; r < 2; ++r)
      b_registers[r] = *reinterpret_cast<const std::uint32_t*>(b + g * k + t * per_register + k / 2 * r);
    Instruction::run(a_registers, b_registers, d_registers);
  } else {
#if defined(ASSAY_GPU_WGMMA)
    // B without swizzle: two core matrices of 8 columns x 16 bytes, one after the other along k (PTX ISA, "matrix
    // descriptor"): address and the distance along k in units of 16 bytes.
    __shared__ alignas(128) unsigned char shared[256];
    const auto* bytes = reinterpret_cast<const unsigned char*>(b);
    for (int i = static_cast<int>(threadIdx.x); i < 256; i += Instruction::threads) {
      const int column = i / 32, byte = i % 32;
      shared[byte / 16 * 128 + column * 16 + byte % 16] = bytes[i];
    }
    asm volatile("fence.proxy.async;" ::: "memory");
    __syncthreads();
    const auto address = static_cast<std::uint64_t>(__cvta_generic_to_shared(shared));
    const std::uint64_t descriptor = (address & 0x3ffff) >> 4 | std::uint64_t{128 >> 4} << 16 | std::uint64_t{256 >> 4} << 32;
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
    Instruction::run(a_registers, descriptor, d_registers);
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
    __syncthreads();
#endif
  }
  for (int r = 0; r < Instruction::result_registers; ++r)
    *reinterpret_cast<std::uint32_t*>(d + place(r)) = d_registers[r];
}

}  // namespace assay_gpu
