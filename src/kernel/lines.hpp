// Lines of tensors: how values get from codes in memory into an arithmetic's values and back, and how lines are shared
// out over threads. What thread does what never shows in the results.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <assay/bulk/convert.hpp>
#include <assay/kernel/emulated.hpp>
#include <assay/kernel/machine.hpp>
#include <assay/kernel/rounded_machine.hpp>
#include <assay/progress.hpp>
#include <assay/tensor/describe.hpp>
#include <assay/tensor/tensor.hpp>

#include "gemm/parallel.hpp"

namespace assay::kernel {

/// Calls run(std::type_identity<A>) for the scalar arithmetic that computes what `with`, resolved, says, the fastest
/// there is.
template <class Run>
void with_scalar(const arithmetic& with, const Run& run) {
  if (machine<float>::serves(with)) return run(std::type_identity<machine<float>>{});
  if (machine<double>::serves(with)) return run(std::type_identity<machine<double>>{});
  if (rounded_machine<float>::serves(with)) return run(std::type_identity<rounded_machine<float>>{});
  if (rounded_machine<double>::serves(with)) return run(std::type_identity<rounded_machine<double>>{});
  run(std::type_identity<emulated>{});
}

/// The lines of a shape along one axis, or along several neighbouring ones taken together.
struct axis_lines {
  std::size_t outer = 1, length = 1, inner = 1;

  std::size_t count() const { return outer * inner; }
  /// Of line l: the index of its first element, and the distance to the next.
  std::size_t first(std::size_t l) const { return l / inner * length * inner + l % inner; }
  std::size_t step() const { return inner; }
};

/// Along an axis, counted from the last when negative. Throws std::invalid_argument for one that there is not.
axis_lines lines_along(const extents& shape, std::int64_t axis);
/// Along the last `axes` axes.
axis_lines lines_of_last(const extents& shape, std::int64_t axes);
/// The shape without the axis, or with extent 1 there.
extents reduced_shape(const extents& shape, std::int64_t axis, bool keep);
/// Throws std::invalid_argument when the input is there and has another shape.
void require_shape(const kernel_call& call, std::string_view name, const extents& due);

/// Loads and stores runs of a tensor's elements; one for each thread.
template <class A>
class line_io {
 public:
  using value = typename A::value;

  /// `with` is resolved.
  explicit line_io(const arithmetic& with) : with_(&with) {}

  /// Elements first, first + step, ... in the compute format. Stochastic loads draw from the stream of that number.
  void load(const tensor& x, std::size_t first, std::size_t step, std::span<value> out, std::uint64_t stream = 0) {
    if (out.empty()) return;
    const random_stream words{accumulate::stream_word(with_->seed ^ 1, stream), 0};
    const int bytes = x.type().bytes();
    const auto width = static_cast<std::size_t>(bytes);
    const std::byte* from = x.bytes().data() + first * width;
    if (step != 1) {
      codes_.resize(out.size() * width);
      for (std::size_t i = 0; i < out.size(); ++i) {
        std::memcpy(codes_.data() + i * width, from + i * step * width, width);
      }
      from = codes_.data();
    }
    decode(from, x.type().layout, out, words);
  }
  std::vector<value> load_all(const tensor& x, std::uint64_t stream = 0) {
    std::vector<value> all(x.size());
    load(x, 0, 1, all, stream);
    return all;
  }

  /// Rounds values into the tensor's format, NaNs as the canonical one.
  void store(std::span<const value> x, tensor& y, std::size_t first, std::size_t step, std::uint64_t stream = 0) {
    if (x.empty()) return;
    const random_stream words{accumulate::stream_word(with_->seed ^ 2, stream), 0};
    const auto width = static_cast<std::size_t>(y.type().bytes());
    std::byte* to = y.bytes().data() + first * width;
    if (step == 1) return encode(x, to, y.type().layout, words);
    codes_.resize(x.size() * width);
    encode(x, codes_.data(), y.type().layout, words);
    for (std::size_t i = 0; i < x.size(); ++i) std::memcpy(to + i * step * width, codes_.data() + i * width, width);
  }

 private:
  template <class Code, class Use>
  static void typed(std::byte* data, std::size_t n, const Use& use) {
    use(std::span<Code>(reinterpret_cast<Code*>(data), n));
  }
  /// The bytes as codes of f.
  template <class Use>
  static void with_codes(const std::byte* data, format f, std::size_t n, const Use& use) {
    auto* bytes = const_cast<std::byte*>(data);
    switch (storage_bytes(f)) {
      case 1: return typed<std::uint8_t>(bytes, n, use);
      case 2: return typed<std::uint16_t>(bytes, n, use);
      case 4: return typed<std::uint32_t>(bytes, n, use);
      default: return typed<std::uint64_t>(bytes, n, use);
    }
  }

  void decode(const std::byte* from, format in, std::span<value> out, random_stream words) {
    with_codes(from, in, out.size(), [&](auto codes) {
      const format f = *with_->compute;
      if constexpr (std::is_floating_point_v<value>) {
        // Codes of the compute format itself, or of any where the values are the compute format's carriers.
        const bool native = f == (sizeof(value) == 4 ? binary32 : binary64);
        if (native || (in == f && with_->load == conversion{})) return convert(codes, out, in, with_->load, words);
      }
      values_.resize(out.size() * static_cast<std::size_t>(storage_bytes(f)));
      with_codes(values_.data(), f, out.size(), [&](auto computed) {
        if (in == f && with_->load == conversion{}) {
          std::memcpy(computed.data(), codes.data(), codes.size_bytes());
        } else {
          convert(codes, in, computed, f, with_->load, words);
        }
        read(computed, f, out);
      });
    });
  }
  template <class Code>
  static void read(std::span<Code> codes, format f, std::span<value> out) {
    if constexpr (std::is_floating_point_v<value>) {
      convert(codes, out, f);
    } else {
      for (std::size_t i = 0; i < codes.size(); ++i) out[i] = {codes[i] & f.code_mask()};
    }
  }

  void encode(std::span<const value> x, std::byte* to, format out, random_stream words) {
    with_codes(to, out, x.size(), [&](auto codes) {
      if constexpr (std::is_floating_point_v<value>) {
        clean_.resize(x.size());
        for (std::size_t i = 0; i < x.size(); ++i) clean_[i] = x[i] != x[i] ? quiet_nan : x[i];
        convert(std::span<const value>(clean_), codes, out, with_->to_how, words);
      } else {
        const format f = *with_->compute;
        values_.resize(x.size() * static_cast<std::size_t>(storage_bytes(f)));
        with_codes(values_.data(), f, x.size(), [&](auto computed) {
          using code = typename decltype(computed)::value_type;
          for (std::size_t i = 0; i < x.size(); ++i) {
            computed[i] = static_cast<code>(f.is_nan_code(x[i].code) ? f.nan_code() : x[i].code);
          }
          convert(computed, f, codes, out, with_->to_how, words);
        });
      }
    });
  }

  static constexpr value quiet_nan = [] {
    if constexpr (std::is_floating_point_v<value>)
      return std::numeric_limits<value>::quiet_NaN();
    else
      return value{};
  }();

  const arithmetic* with_;
  std::vector<std::byte> codes_, values_;
  std::vector<value> clean_;
};

/// Calls work(a, io, l) for every line, an arithmetic and a line_io for each thread's share. `length`, a
/// line's elements, decides how many lines are one share.
template <class A, class Work>
void for_each_line(const arithmetic& with, std::size_t lines, std::size_t length, unsigned threads, const Work& work) {
  const std::size_t share = std::max<std::size_t>(1, 16384 / std::max<std::size_t>(1, length));
  progress_stage told("emulation", "elements", lines, lines * length);
  gemm_kernels::parallel_for(threads, (lines + share - 1) / share, [&](std::size_t block) {
    A a(with);
    line_io<A> io(with);
    const std::size_t first = block * share, last = std::min(lines, first + share);
    for (std::size_t l = first; l < last; ++l) {
      a.begin(l);
      work(a, io, l);
    }
    told.add(last - first);
  });
}

}  // namespace assay::kernel
