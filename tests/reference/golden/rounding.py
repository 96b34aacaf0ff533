"""Formats, rounding and the lines of a golden file, for the scripts beside this one. Needs mpmath."""
import random
import sys
from fractions import Fraction

import mpmath
from mpmath import mp, mpf

mp.dps = 400

# Exponent bits, fraction bits; all as IEEE 754 has it.
FORMATS = {"binary64": (11, 52), "binary32": (8, 23), "bfloat16": (8, 7), "binary16": (5, 10), "e5m2": (5, 2)}


def decode(code, name):
    e, f = FORMATS[name]
    sign = -1 if code >> (e + f) else 1
    field, fraction = code >> f & (2**e - 1), code & (2**f - 1)
    bias = 2 ** (e - 1) - 1
    if field == 2**e - 1:
        return mpf("nan") if fraction else sign * mpf("inf")
    return sign * mpmath.ldexp(mpf(fraction + (2**f if field else 0)), max(field, 1) - bias - f)


def encode(x, name, negative_zero=False):
    """x rounded to nearest, ties to even."""
    e, f = FORMATS[name]
    bias = 2 ** (e - 1) - 1
    if mpmath.isnan(x):
        return (2**e - 1) << f | 1 << (f - 1)
    sign = (1 if x < 0 or (x == 0 and negative_zero) else 0) << (e + f)
    if x == 0:
        return sign
    if mpmath.isinf(x):
        return sign | (2**e - 1) << f
    x = abs(x)
    exponent = max(int(mpmath.floor(mpmath.log(x, 2))) - 1, 1 - bias)  # one too low at worst is put right below
    while exponent + 1 >= 1 - bias and mpmath.ldexp(mpf(1), exponent + 1) <= x:
        exponent += 1
    scaled = mpmath.ldexp(x, f - exponent)
    below = int(mpmath.floor(scaled))
    rest = scaled - below
    significand = below + (1 if rest > mpf(1) / 2 or (rest == mpf(1) / 2 and below % 2) else 0)
    code = significand + ((exponent + bias - 1) << f)
    return sign | min(code, (2**e - 1) << f)


def draw(rng, name, low, high):
    """The code of a number near a uniformly drawn one."""
    return encode(mpf(rng.uniform(low, high)), name)


def shape_text(shape):
    return ",".join(map(str, shape)) if shape else "-"


def put_input(name, kind, shape, codes):
    mask = (1 << 64) - 1
    print("in", name, kind, shape_text(shape), *(format(c & mask, "x") for c in codes))


def put_results(shape, values, formats=("binary64", "binary32", "bfloat16"), name="y"):
    for f in formats:
        print("out", name, f, shape_text(shape), *(format(encode(v, f), "x") for v in values))


def head(script):
    print(f"# Made by {script} with mpmath {mpmath.__version__} at {mp.dps} digits. See README.md.")
