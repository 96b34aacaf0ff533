"""Losses and the gradients of cross_entropy, mse, gelu and silu."""
from rounding import *

head("losses.py")
rng = random.Random(3)
LN = lambda x: mpmath.log(x) if x > 0 else mpf("-inf")
PAIRS = {
    "mse": lambda x, t: (x - t) ** 2,
    "l1": lambda x, t: abs(x - t),
    "huber": lambda x, t: (x - t) ** 2 / 2 if abs(x - t) <= 1 else abs(x - t) - mpf(1) / 2,
    "smooth_l1": lambda x, t: (x - t) ** 2 / 2 if abs(x - t) < 1 else abs(x - t) - mpf(1) / 2,
    "bce": lambda x, t: -(t * max(LN(x), -100) + (1 - t) * max(LN(1 - x), -100)),
    "bce_with_logits": lambda x, t: -(t * LN(1 / (1 + mpmath.exp(-x))) + (1 - t) * LN(1 / (1 + mpmath.exp(x)))),
    "kl_div": lambda x, t: t * (LN(t) - x) if t else mpf(0),
}


def reductions(shape, values, divisor=None):
    yield "none", shape, values
    yield "sum", (), [sum(values)]
    yield "mean", (), [sum(values) / (len(values) if divisor is None else divisor)]


for kernel, loss in PAIRS.items():
    for source in ("binary32", "bfloat16"):
        n = 12
        low, high = (0, 1) if kernel == "bce" else (-3, 3)
        target_low, target_high = (0, 1) if kernel in ("bce", "bce_with_logits", "kl_div") else (-3, 3)
        codes = [draw(rng, source, low, high) for _ in range(n)]
        targets = [draw(rng, "binary32", target_low, target_high) for _ in range(n)]
        values = [loss(decode(a, source), decode(b, "binary32")) for a, b in zip(codes, targets)]
        for reduction, shape, results in reductions((n,), values):
            print("kernel", kernel)
            print("set reduction", reduction)
            put_input("x", source, (n,), codes)
            put_input("target", "binary32", (n,), targets)
            put_results(shape, results)

for source, n, c, eps, weighted, spread in [("bfloat16", 5, 7, "0", False, 6), ("binary32", 4, 5, "0.125", True, 20),
                                            ("binary16", 3, 9, "0.25", False, 3), ("binary32", 4, 3, "0", True, 80)]:
    codes = [draw(rng, source, -spread, spread) for _ in range(n * c)]
    x = [decode(v, source) for v in codes]
    weight_codes = [draw(rng, "binary32", 0.25, 2) for _ in range(c)]
    weight = [decode(v, "binary32") if weighted else mpf(1) for v in weight_codes]
    classes = [rng.randrange(c) if i != 1 else -100 for i in range(n)]
    share_codes = [draw(rng, "binary16", 0, 1) for _ in range(n * c)]
    shares = [decode(v, "binary16") for v in share_codes]
    for has_classes in (True, False):
        losses, factors, soft, divisor = [], [], [], mpf(0)
        for i in range(n):
            line = x[i * c:(i + 1) * c]
            total = mpmath.log(sum(mpmath.exp(v) for v in line))
            due = [mpf(k == classes[i]) for k in range(c)] if has_classes else shares[i * c:(i + 1) * c]
            q = [w * ((1 - mpf(eps)) * d + mpf(eps) / c) for w, d in zip(weight, due)]
            counts = not has_classes or classes[i] != -100
            factors.append(q if counts else [mpf(0)] * c)
            soft.append([mpmath.exp(v - total) for v in line])
            losses.append(-sum(a * (v - total) for a, v in zip(q, line)) if counts else mpf(0))
            divisor += (weight[classes[i]] if has_classes else 1) if counts else 0
        for reduction, shape, results in reductions((n,), losses, divisor):
            scale = 1 / divisor if reduction == "mean" else mpf(1)
            gradient = [scale * (p * sum(q) - a) for q, y in zip(factors, soft) for a, p in zip(q, y)]
            for kernel, out_shape, out, name in [("cross_entropy", shape, results, "y"),
                                                 ("cross_entropy_backward", (n, c), gradient, "dx")]:
                print("kernel", kernel)
                print("set reduction", reduction)
                print("set label_smoothing", eps)
                put_input("x", source, (n, c), codes)
                if has_classes:
                    put_input("target", "int64", (n,), classes)
                else:
                    put_input("target_probabilities", "binary16", (n, c), share_codes)
                if weighted:
                    put_input("weight", "binary32", (c,), weight_codes)
                put_results(out_shape, out, name=name)

for source in ("binary32", "bfloat16"):
    n = 12
    codes = [draw(rng, source, -6, 6) for _ in range(n)]
    dy_codes = [draw(rng, "binary32", -2, 2) for _ in range(n)]
    target_codes = [draw(rng, "binary32", -6, 6) for _ in range(n)]
    x, dy, t = ([decode(v, f) for v in all] for all, f in ((codes, source), (dy_codes, "binary32"), (target_codes, "binary32")))
    sigmoid = lambda v: 1 / (1 + mpmath.exp(-v))
    TABLE = {
        "gelu_backward": [d * (mpmath.ncdf(v) + v * mpmath.npdf(v)) for v, d in zip(x, dy)],
        "silu_backward": [d * sigmoid(v) * (1 + v * (1 - sigmoid(v))) for v, d in zip(x, dy)],
        "mse_backward": [2 * d * (v - g) for v, d, g in zip(x, dy, t)],
    }
    for kernel, values in TABLE.items():
        print("kernel", kernel)
        put_input("x", source, (n,), codes)
        put_input("dy", "binary32", (n,), dy_codes)
        if kernel == "mse_backward":
            put_input("target", "binary32", (n,), target_codes)
            print("set reduction none")
        put_results((n,), values, name="dx")
