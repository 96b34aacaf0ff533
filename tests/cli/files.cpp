// Every command reads and writes every kind of file.
#include <catch2/catch.hpp>

#include <assay/file/tensor_file.hpp>
#include <assay/number/convert.hpp>

#include "program.hpp"

using namespace assay;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

tensor numbers(format f, extents shape) {
  tensor t(element_type::of(f), shape);
  for (std::size_t i = 0; i < t.size(); ++i) t.set(i, convert(static_cast<double>(i % 5) - 2, f).code);
  return t;
}

}  // namespace

TEST_CASE("A dot product is checked on tensors of a .npz, a .safetensors and a raw file") {
  const scratch_folder folder;
  const tensor a = numbers(bfloat16, {4, 10}), b = numbers(e4m3fn, {4, 10});
  const std::vector<named_tensor> inputs{{"left", a}, {"right", b}};
  write_tensors(folder / "in.safetensors", inputs);
  write_tensors(folder / "in.npz", inputs);
  // Each row repeats -2, -1, 0, 1, 2 twice: the sum of squares is 20.
  tensor got(element_type::of(binary32), {4});
  for (std::size_t i = 0; i < 4; ++i) got.set(i, encode(20.0f).code);
  write_tensor(parse_output_reference((folder / "got.bin").string()), got);
  const std::string exact = " --got got.bin:binary32[4] --accumulate exact";
  const outcome o = run(folder, "check dot --a in.safetensors#left --b in.npz#right:e4m3fn" + exact);
  CHECK(o.code == 0);
  CHECK_THAT(o.out, StartsWith("PASS"));
  CHECK(run(folder, "check dot --a in.npz#left:bf16 --b in.safetensors#right" + exact).code == 0);
  const outcome computed = run(folder,
                               "run dot --a in.safetensors#left --b in.safetensors#right -o out.npz#d --to binary16 "
                               "--accumulate exact");
  CHECK(computed.code == 0);
  CHECK(to_double(read_tensor(parse_file_reference((folder / "out.npz#d").string()))[3], binary16) == 20);
}

TEST_CASE("Conversions keep a format in the kinds that can express it") {
  const scratch_folder folder;
  write_tensor(parse_output_reference((folder / "x.npy").string()), numbers(binary32, {2, 4}));
  const auto dtype = [&](const std::string& output, const std::string& to) {
    CHECK(run(folder, "convert x.npy -o '" + output + "' -q --to " + to).code == 0);
    return list_tensors(folder / output.substr(0, output.find('#'))).front().dtype;
  };
  CHECK(dtype("y.safetensors#größe", "e4m3fn") == "F8_E4M3");
  CHECK(dtype("y.safetensors", "e2m1fn") == "F4");
  const std::vector<named_tensor> one{{"w", numbers(bfloat16, {2})}};
  write_tensors(folder / "m.safetensors", one, {{"format", "pt"}});
  CHECK(run(folder, "convert m.safetensors -o n.safetensors -q --to e5m2").code == 0);
  CHECK(read_metadata(folder / "n.safetensors") == file_metadata{{"format", "pt"}});
  CHECK(dtype("y.npz", "e4m3fn") == "|u1");
  CHECK(dtype("y.npy", "binary16") == "<f2");
  CHECK(run(folder, "convert x.npy -o y.bin -q --to e2m1fn").code == 0);
  CHECK(read_all(folder / "y.bin").size() == 4);
  CHECK(run(folder, "convert 'y.bin:e2m1fn[2,4]' -o z.npy -q --to binary32").code == 0);
  CHECK(read_all(folder / "z.npy") == read_all(folder / "x.npy"));
}

TEST_CASE("What cannot be read or written as named is refused, and nothing appears") {
  const scratch_folder folder;
  const std::vector<named_tensor> two{{"layer.weight", numbers(bfloat16, {2})}, {"layer.bias", numbers(bfloat16, {2})}};
  write_tensors(folder / "m.safetensors", two);
  check_refusal(folder, "convert m.safetensors -o x.npy --to e5m2",
                "holds 2 tensors: 'layer.bias' and 'layer.weight'; name one, as in m.safetensors#layer.bias.");
  check_refusal(folder, "convert m.safetensors#layer.weigth -o x.npy --to e5m2", "Did you mean layer.weight?");
  check_refusal(folder, "convert m.safetensors#layer.bias:e5m2 -o x.npy --to e5m2", "holds BF16, which is bfloat16");
  check_refusal(folder, "convert m.safetensors#layer.bias -o x.pt --to e5m2", "are read, not written");
  check_refusal(folder, "convert m.safetensors#layer.bias -o x --to e5m2", "its ending names no kind of file");
  check_refusal(folder, "convert missing.npy -o x.npy#w --to e5m2", "its ending names no kind of file");
  check_refusal(folder, "convert 'm.safetensors:e5m2[3]' -o x.npy --to e5m2", "needs 3 bytes, but the file has");
  CHECK(folder.entries() == 1);
}

TEST_CASE("--shape states the shapes of raw files: of all of them, or of one by its name") {
  const scratch_folder folder;
  const tensor x = numbers(bfloat16, {4, 10}), w = numbers(bfloat16, {10});
  write_tensor(parse_output_reference((folder / "x.bin").string()), x);
  write_tensor(parse_output_reference((folder / "w.bin").string()), w);
  const auto same = [&](const std::string& by_option, const std::string& by_reference) {
    INFO(by_option << " and " << by_reference);
    const outcome o = run(folder, by_option + " -o y.npy -q"), p = run(folder, by_reference + " -o z.npy -q");
    INFO(o.error << p.error);
    CHECK(o.code == 0);
    CHECK(p.code == 0);
    CHECK(read_all(folder / "y.npy") == read_all(folder / "z.npy"));
  };
  same("truth softmax --x x.bin:bfloat16 --shape 4,10 --to binary32",
       "truth softmax --x 'x.bin:bfloat16[4,10]' --to binary32");
  same("run rms_norm --x x.bin:bfloat16 --weight w.bin:bfloat16 --shape x=4,10",
       "run rms_norm --x 'x.bin:bfloat16[4,10]' --weight w.bin:bfloat16");
  same("run rms_norm --x x.bin:bfloat16 --weight w.bin:bfloat16 --shape x=4,10 --shape weight=10",
       "run rms_norm --x 'x.bin:bfloat16[4,10]' --weight w.bin:bfloat16");
  same("convert x.bin:bfloat16 --shape 8,5 --to e5m2", "convert 'x.bin:bfloat16[8,5]' --to e5m2");
  CHECK(run(folder, "run softmax --x x.bin:bfloat16 --shape 4,10 -o y.bin").code == 0);
  CHECK(run(folder, "check softmax --x x.bin:bfloat16 --got y.bin:bfloat16 --shape 4,10").code == 0);
  CHECK(run(folder, "check softmax --x x.bin:bfloat16 --got y.bin:bfloat16 --shape x=4,10 --shape got=4,10").code == 0);
  CHECK(run(folder, "diff y.bin:bfloat16 'y.bin:bfloat16[2,20]' --shape 2,20").code == 0);
}

TEST_CASE("A --shape that does not fit is refused with what was found and what was expected") {
  const scratch_folder folder;
  write_tensor(parse_output_reference((folder / "x.bin").string()), numbers(bfloat16, {4, 10}));
  write_tensor(parse_output_reference((folder / "x.npy").string()), numbers(binary16, {4, 10}));
  const std::string call = "truth softmax --to binary32 -o y.npy ";
  check_refusal(folder, call + "--x x.bin:bfloat16 --shape 5,10",
                "x.bin: shape (5, 10) of bfloat16 needs 100 bytes, but the file has 80");
  check_refusal(folder, call + "--x x.bin:bfloat16 --shape 4,ten", "The shape [4,ten] is malformed");
  check_refusal(folder, call + "--x x.bin --shape 4,10", "with a shape expected FILE:FORMAT, as in x.bin:bfloat16");
  check_refusal(folder, call + "--x 'x.bin:bfloat16[40]' --shape x=4,10", "has a shape of its own");
  check_refusal(folder, call + "--x x.bin:bfloat16 --shape y=4,10", "'y' is no file of this command");
  check_refusal(folder, call + "--x x.npy:binary16 --shape x=5,10", "but the file has");
  check_refusal(folder, "convert x.bin --shape 4,10 -o y.npy --to e5m2", "x.bin does not say what its bytes are");
  CHECK(folder.entries() == 2);
}
