#!/usr/bin/env python3
"""Writes the samples beside it: files as NumPy, ml_dtypes, safetensors and PyTorch write them, in hexadecimal.

pip install numpy ml_dtypes safetensors torch; the versions that wrote a sample stand in its first line.
"""
import collections
import io
import pathlib

import ml_dtypes
import numpy
import safetensors.torch
import torch

versions = (f"numpy {numpy.__version__}, ml_dtypes {ml_dtypes.__version__}, safetensors {safetensors.__version__}, "
            f"torch {torch.__version__}")
here = pathlib.Path(__file__).parent


def sample(name, what, write):
    file = io.BytesIO()
    write(file)
    text = file.getvalue().hex()
    lines = [text[i:i + 112] for i in range(0, len(text), 112)]
    (here / f"{name}.hex").write_text(f"# {versions}\n# {what}\n" + "\n".join(lines) + "\n")


numbers = [0.5, -2.0, 448.0]
for name in ["bfloat16", "float8_e4m3fn", "float8_e5m2", "float4_e2m1fn", "float6_e3m2fn"]:
    array = numpy.array([0.5, -2.0, 4.0], dtype=getattr(ml_dtypes, name))
    sample(f"ml_dtypes_{name}", f"numpy.save of [0.5, -2, 4] in ml_dtypes.{name}", lambda f: numpy.save(f, array))
sample("ml_dtypes_int4", "numpy.save of [1, -1, -8] in ml_dtypes.int4",
       lambda f: numpy.save(f, numpy.array([1, -1, -8], dtype=ml_dtypes.int4)))

arrays = {"x": numpy.array([[1, -2, numpy.inf]], dtype=numpy.float16), "größe": numpy.arange(4, dtype=">i4")}
sample("numpy_savez", "numpy.savez of x = float16 [[1, -2, inf]], größe = >i4 [0, 1, 2, 3]",
       lambda f: numpy.savez(f, **arrays))
sample("numpy_savez_compressed", "numpy.savez_compressed of a = float32 zeros(20, 50) but a[3, 7] = 1.5",
       lambda f: numpy.savez_compressed(f, a=numpy.where(numpy.arange(1000) == 157, 1.5, 0).astype(numpy.float32)
                                        .reshape(20, 50)))

weights = {
    "e4m3": torch.tensor(numbers).to(torch.float8_e4m3fn),
    "scale": torch.tensor([1.0, 4.0]).to(torch.float8_e8m0fnu),
    "fp4": torch.tensor([[0x21, 0xf3]], dtype=torch.uint8).view(torch.float4_e2m1fn_x2),
    "bf": torch.tensor([[1.5], [-2.0]], dtype=torch.bfloat16),
    "count": torch.tensor(7),
}
sample("safetensors_torch", "safetensors.torch.save of five tensors with metadata",
       lambda f: f.write(safetensors.torch.save(weights, metadata={"format": "pt", "by": "\"größe\""})))

state = collections.OrderedDict(
    half=torch.tensor([1.0, -2.0], dtype=torch.float16),
    transposed=torch.arange(6, dtype=torch.float32).reshape(2, 3).T,
    part=torch.arange(6, dtype=torch.int16).reshape(2, 3)[:, 1:],
    e4m3=torch.tensor(numbers).to(torch.float8_e4m3fn),
    fp4=torch.tensor([0x21, 0xf3], dtype=torch.uint8).view(torch.float4_e2m1fn_x2),
    expanded=torch.ones(1).expand(3),
    complex=torch.zeros(1, dtype=torch.complex64),
)
sample("torch_dictionary", "torch.save of an OrderedDict of seven tensors", lambda f: torch.save(state, f))
checkpoint = {"model": torch.nn.Linear(2, 1).state_dict(), "epoch": 3, "rate": 0.1,
              "extra": [torch.nn.Parameter(torch.tensor([2.5]))]}
checkpoint["model"]["weight"].copy_(torch.tensor([[1.0, -3.0]]))
sample("torch_checkpoint", "torch.save of {model: state of a Linear(2, 1), epoch: 3, rate: 0.1, extra: [Parameter]}",
       lambda f: torch.save(checkpoint, f, pickle_protocol=4))
sample("torch_one", "torch.save of one float64 tensor, [[1, 2]]",
       lambda f: torch.save(torch.tensor([[1.0, 2.0]], dtype=torch.float64), f))
sample("torch_module", "torch.save of a whole module: a pickle that wants to call", lambda f: torch.save(
    torch.nn.Identity(), f))
sample("torch_old", "torch.save before 1.6: no archive", lambda f: torch.save(
    torch.ones(1), f, _use_new_zipfile_serialization=False))
