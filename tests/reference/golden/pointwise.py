"""Functions of one number, from mpmath's functions of the same names where it has them."""
from rounding import *

TABLE = {
    "exp": (mpmath.exp, -100, 88),
    "exp2": (lambda x: mpf(2) ** x, -140, 120),
    "expm1": (mpmath.expm1, -60, 88),
    "log": (mpmath.log, 0, 1000),
    "log2": (lambda x: mpmath.log(x, 2), 0, 1000),
    "log1p": (mpmath.log1p, -1, 100),
    "tanh": (mpmath.tanh, -20, 20),
    "erf": (mpmath.erf, -6, 6),
    "sqrt": (mpmath.sqrt, 0, 1000),
    "rsqrt": (lambda x: 1 / mpmath.sqrt(x), 0, 1000),
    "reciprocal": (lambda x: 1 / x, -1000, 1000),
    "sigmoid": (lambda x: 1 / (1 + mpmath.exp(-x)), -90, 30),
    "gelu": (lambda x: x * mpmath.ncdf(x), -12, 12),
    "gelu_tanh": (lambda x: x / 2 * (1 + mpmath.tanh(mpmath.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3))), -8, 8),
    "silu": (lambda x: x / (1 + mpmath.exp(-x)), -90, 30),
    "softplus": (lambda x: mpmath.log(1 + mpmath.exp(x)), -90, 30),
    "relu": (lambda x: max(x, mpf(0)), -5, 5),
    "convert": (lambda x: x, -1000, 1000),
}

head("pointwise.py")
rng = random.Random(1)
for kernel, (formula, low, high) in TABLE.items():
    for source in ("binary32", "bfloat16"):
        codes = [draw(rng, source, low, high) for _ in range(14)]
        codes += [draw(rng, source, low / 1e6, high / 1e6) for _ in range(4)]
        print("kernel", kernel)
        put_input("x", source, (len(codes),), codes)
        put_results((len(codes),), [formula(decode(c, source)) for c in codes])
