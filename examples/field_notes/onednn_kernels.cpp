// oneDNN: matmul in bfloat16 and in int8, softmax. Usage: onednn_kernels FOLDER
#include <cstdio>

#include <dnnl.hpp>

#include "dump.hpp"

using namespace field_notes;

namespace {

using dims = dnnl::memory::dims;
using data = dnnl::memory::data_type;
using tag = dnnl::memory::format_tag;

struct machine {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};

  template <class Value>
  dnnl::memory memory(std::vector<Value>& values, const dims& shape, data type) {
    return {{shape, type, tag::ab}, engine, values.data()};
  }
};

/// d = a b in whatever way oneDNN thinks best for these types.
template <class A, class B, class D>
void matmul(machine& on, std::vector<A>& a, data a_type, std::vector<B>& b, data b_type, std::vector<D>& d, data d_type,
            dnnl::memory::dim m, dnnl::memory::dim n, dnnl::memory::dim k) {
  dnnl::memory left = on.memory(a, {m, k}, a_type), right = on.memory(b, {k, n}, b_type),
               result = on.memory(d, {m, n}, d_type);
  const dnnl::matmul::desc what(left.get_desc(), right.get_desc(), result.get_desc());
  const dnnl::matmul::primitive_desc how(what, on.engine);
  std::printf("  %s\n", how.impl_info_str());
  dnnl::matmul(how).execute(on.stream, {{DNNL_ARG_SRC, left}, {DNNL_ARG_WEIGHTS, right}, {DNNL_ARG_DST, result}});
  on.stream.wait();
}

void softmax(machine& on, std::vector<float>& x, std::vector<float>& y, dnnl::memory::dim rows, dnnl::memory::dim n) {
  dnnl::memory in = on.memory(x, {rows, n}, data::f32), out = on.memory(y, {rows, n}, data::f32);
  const dnnl::softmax_forward::desc what(dnnl::prop_kind::forward_inference, in.get_desc(), 1);
  const dnnl::softmax_forward::primitive_desc how(what, on.engine);
  std::printf("  %s\n", how.impl_info_str());
  dnnl::softmax_forward(how).execute(on.stream, {{DNNL_ARG_SRC, in}, {DNNL_ARG_DST, out}});
  on.stream.wait();
}

/// Says what runs, or that the processor (or DNNL_MAX_CPU_ISA) has no such kernel.
template <class Run>
void attempt(const char* what, const Run& run) {
  std::printf("%s:\n", what);
  try {
    run();
  } catch (const dnnl::error& error) {
    std::printf("  not here: %s\n", error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: onednn_kernels FOLDER\n", stderr);
    return 2;
  }
  const std::string folder = argv[1];
  constexpr std::size_t m = 96, n = 80, k = 512;
  machine on;
  const dnnl_version_t* version = dnnl_version();
  std::printf("oneDNN %d.%d.%d\n", version->major, version->minor, version->patch);

  attempt("matmul, bfloat16 into bfloat16", [&] {
    auto a = codes_of<std::uint16_t>(normal_numbers(m * k, 1), bfloat16);
    auto b = codes_of<std::uint16_t>(normal_numbers(k * n, 2), bfloat16);
    std::vector<std::uint16_t> d(m * n);
    matmul(on, a, data::bf16, b, data::bf16, d, data::bf16, m, n, k);
    const element_type bf16 = element_type::of(bfloat16);
    dump(folder, "bf16_a", a, bf16, {m, k});
    dump(folder, "bf16_b", b, bf16, {k, n});
    dump(folder, "bf16_d", d, bf16, {m, n});
  });
  attempt("matmul, uint8 by int8 into int32", [&] {
    std::mt19937 engine(3);
    std::vector<std::uint8_t> left(m * k);
    std::vector<std::int8_t> right(k * n);
    for (auto& v : left) v = static_cast<std::uint8_t>(engine() % 256);
    for (auto& v : right) v = static_cast<std::int8_t>(static_cast<int>(engine() % 256) - 128);
    std::vector<std::int32_t> sums(m * n);
    matmul(on, left, data::u8, right, data::s8, sums, data::s32, m, n, k);
    dump(folder, "int8_a", left, element_type::integer(8, false), {m, k});
    dump(folder, "int8_b", right, element_type::integer(8, true), {k, n});
    dump(folder, "int8_d", sums, element_type::integer(32, true), {m, n});
  });
  attempt("softmax, float", [&] {
    auto x = normal_numbers(64 * 1000, 4);
    std::vector<float> y(x.size());
    softmax(on, x, y, 64, 1000);
    dump(folder, "softmax_x", x, element_type::of(binary32), {64, 1000});
    dump(folder, "softmax_y", y, element_type::of(binary32), {64, 1000});
  });
}
