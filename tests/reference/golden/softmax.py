"""softmax, log_softmax, logsumexp, the first two's gradients, and sums, means and variances."""
from rounding import *


def softmax(x, t, keep):
    powers = [mpmath.exp(v / t) if k else mpf(0) for v, k in zip(x, keep)]
    return [p / sum(powers) for p in powers]


head("softmax.py")
rng = random.Random(2)
for source, n, spread, t, masked in [("bfloat16", 9, 4, 1, False), ("binary32", 16, 30, 0.5, True), ("binary16", 7, 2, 1, True),
                                     ("binary32", 12, 0.01, 3, False)]:
    codes = [draw(rng, source, -spread, spread) for _ in range(2 * n)]
    x = [decode(c, source) for c in codes]
    keep = [not masked or rng.random() < 0.7 or i % n == 0 for i in range(2 * n)]
    lines = [(x[i:i + n], keep[i:i + n]) for i in (0, n)]
    y = [softmax(line, mpf(t), k) for line, k in lines]
    log_total = [mpmath.log(sum(mpmath.exp(v / mpf(t)) for v, k in zip(line, kept) if k)) for line, kept in lines]
    logs = [v / mpf(t) - total if k else mpf("-inf") for (line, kept), total in zip(lines, log_total) for v, k in zip(line, kept)]
    for kernel, shape, values in [("softmax", (2, n), y[0] + y[1]), ("log_softmax", (2, n), logs), ("logsumexp", (2,), log_total)]:
        print("kernel", kernel)
        print("set temperature", t)
        put_input("x", source, (2, n), codes)
        if masked:
            put_input("mask", "mask", (2, n), [int(k) for k in keep])
        put_results(shape, values)
    everything = [True] * n
    dy_codes = [draw(rng, "binary32", -2, 2) for _ in range(2 * n)]
    dy = [decode(c, "binary32") for c in dy_codes]
    first, second = [], []
    for i in (0, n):
        y, d = softmax(x[i:i + n], mpf(t), everything), dy[i:i + n]
        weighted = sum(a * b for a, b in zip(y, d))
        first += [a * (b - weighted) / t for a, b in zip(y, d)]
        second += [(b - a * sum(d)) / t for a, b in zip(y, d)]
    for kernel, values in [("softmax_backward", first), ("log_softmax_backward", second)]:
        print("kernel", kernel)
        print("set temperature", t)
        put_input("x", source, (2, n), codes)
        put_input("dy", "binary32", (2, n), dy_codes)
        put_results((2, n), values, name="dx")
    sums = [sum(x[i:i + n]) for i in (0, n)]
    means = [s / n for s in sums]
    squares = [sum((v - means[i // n]) ** 2 for v in x[i:i + n]) for i in (0, n)]
    for kernel, values, setting in [("sum", sums, ""), ("mean", means, ""), ("variance", [s / (n - 1) for s in squares], "set correction 1"),
                                    ("variance", [s / n for s in squares], "set correction 0")]:
        print("kernel", kernel)
        if setting:
            print(setting)
        put_input("x", source, (2, n), codes)
        put_results((2,), values)
