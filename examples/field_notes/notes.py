"""Judges real kernels with `assay check` and writes what it says: notes.py ASSAY FOLDER PAGE.md VERSIONS...

FOLDER holds what the programs beside this file dumped. Each note is the program's own text under its own command."""
import pathlib
import subprocess
import sys

# title, what is judged, `assay check` arguments
NOTES = [
    ("OpenBLAS sgemm",
     "A 96 x 512 by 512 x 80 product in fp32. It promises no order, so any fp32 sum is right.",
     ["gemm", "--a", "sgemm_a.npy", "--b", "sgemm_b.npy", "--got", "sgemm_d.npy", "--claim",
      "fp32-accumulate to=binary32"]),
    ("oneDNN matmul, bfloat16",
     "bfloat16 in and out, sums in fp32.",
     ["gemm", "--a", "bf16_a.npy:bfloat16", "--b", "bf16_b.npy:bfloat16", "--got", "bf16_d.npy:bfloat16", "--claim",
      "fp32-accumulate to=bfloat16"]),
    ("oneDNN matmul, uint8 by int8",
     "Inputs over the whole range, sums in int32. Processors without VNNI add pairs of products in 16 bits, which saturate.",
     ["gemm", "--a", "int8_a.npy:uint8", "--b", "int8_b.npy", "--got", "int8_d.npy", "--claim", "int8"]),
    ("oneDNN matmul, uint8 by int8, limited to the instructions of AVX2",
     "The same product with DNNL_MAX_CPU_ISA=AVX2.",
     ["gemm", "--a", "int8_a.npy:uint8", "--b", "int8_b.npy", "--got", "int8_d_avx2.npy", "--claim", "int8"]),
    ("oneDNN softmax",
     "64 rows of 1000 numbers in fp32.",
     ["softmax", "--x", "softmax_x.npy", "--got", "softmax_y.npy", "--claim", "fp32-accumulate to=binary32"]),
    ("NumPy float16 sum along rows",
     "4096 numbers between 0 and 1, one row after another in memory. The claim is a sum in fp32.",
     ["sum", "--x", "half_x.npy", "--got", "half_sum_rows.npy", "--claim", "fp32-accumulate to=binary16"]),
    ("NumPy float16 sum along columns",
     "The same numbers, but the sum runs across memory. The same claim.",
     ["sum", "--x", "half_x.npy", "--got", "half_sum_columns.npy", "--claim", "fp32-accumulate to=binary16"]),
    ("NumPy float16 mean",
     "NumPy's documentation says that means of float16 are computed in float32.",
     ["mean", "--x", "half_x.npy", "--got", "half_mean.npy", "--claim", "fp32-accumulate to=binary16"]),
    ("NumPy float16 matmul",
     "A 64 x 256 by 256 x 48 product. The claim is sums in fp32.",
     ["gemm", "--a", "half_a.npy", "--b", "half_b.npy", "--got", "half_d.npy", "--claim",
      "fp32-accumulate to=binary16"]),
]


def main(program, folder, page, versions):
    text = ["# Field notes", "",
            "What Assay says of kernels that others wrote, run on one machine. Written by `./dev field-notes`; do not edit.",
            "", "Versions: " + "; ".join(versions) + ".", ""]
    for title, what, arguments in NOTES:
        if not all((pathlib.Path(folder) / a.split(":")[0]).exists() for a in arguments if ".npy" in a):
            continue
        run = subprocess.run([program, "check", *arguments, "--worst", "2"], cwd=folder, capture_output=True, text=True)
        if run.returncode not in (0, 1):
            raise SystemExit(f"{title}: {run.stderr}")
        words = [f'"{a}"' if " " in a else a for a in arguments]
        text += [f"## {title}", "", what, "", "```", "assay check " + " ".join(words), "```", "", "```",
                 run.stdout.rstrip(), "```", ""]
        print(f"{'PASS' if run.returncode == 0 else 'FAIL'}  {title}")
    pathlib.Path(page).write_text("\n".join(text))


main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
