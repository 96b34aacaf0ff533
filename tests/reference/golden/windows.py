"""Pooling, embedding and sums over ranks. Windows are counted by the formula of PyTorch's MaxPool2d and AvgPool2d."""
import math

from rounding import *

head("windows.py")
rng = random.Random(5)


def outputs(extent, window, stride, padding, dilation, ceil_mode):
    quotient = Fraction(extent + 2 * padding - dilation * (window - 1) - 1, stride)
    n = (math.ceil(quotient) if ceil_mode else math.floor(quotient)) + 1
    return n - 1 if ceil_mode and (n - 1) * stride >= extent + padding else n


# window, stride, padding, dilation of both axes; ceil_mode; extents.
CASES = [((2, 2), (2, 2), (0, 0), (1, 1), False, (4, 6)), ((3, 2), (2, 1), (1, 1), (1, 1), True, (5, 4)),
         ((2, 3), (3, 2), (1, 1), (1, 1), True, (6, 5)), ((2, 2), (1, 2), (1, 1), (2, 1), False, (4, 5)),
         ((3, 3), (2, 2), (1, 0), (1, 2), True, (7, 8)), ((2, 2), (3, 3), (1, 1), (1, 1), True, (4, 4))]
pair = lambda p: f"{p[0]},{p[1]}"

for window, stride, padding, dilation, ceil_mode, extents in CASES:
    codes = [draw(rng, "bfloat16", -3, 3) for _ in range(2 * extents[0] * extents[1])]
    x = [decode(c, "bfloat16") for c in codes]
    p, q = (outputs(extents[a], window[a], stride[a], padding[a], dilation[a], ceil_mode) for a in (0, 1))
    # Places of a window along an axis, counted from the input's first; those beyond the padding do not exist.
    places = lambda a, o: [i for i in (o * stride[a] - padding[a] + k * dilation[a] for k in range(window[a]))
                           if i < extents[a] + padding[a]]
    at = lambda plane, i, j: x[(plane * extents[0] + i) * extents[1] + j]
    inside = lambda a, i: 0 <= i < extents[a]
    windows = [[(plane, i, j) for i in places(0, o) for j in places(1, u)]
               for plane in range(2) for o in range(p) for u in range(q)]
    values = [[at(*t) for t in w if inside(0, t[1]) and inside(1, t[2])] for w in windows]

    def put(kernel, results, **attributes):
        print("kernel", kernel)
        for name, value in dict(window=pair(window), stride=pair(stride), padding=pair(padding),
                                ceil_mode=str(ceil_mode).lower(), **attributes).items():
            print("set", name, value)
        put_input("x", "bfloat16", (1, 2, *extents), codes)
        put_results((1, 2, p, q), results)

    put("max_pool2d", [max(v) for v in values], dilation=pair(dilation))
    if dilation == (1, 1):
        put("avg_pool2d", [sum(v) / len(w) for v, w in zip(values, windows)])
        put("avg_pool2d", [sum(v) / len(v) for v in values], count_include_pad="false")
        put("avg_pool2d", [sum(v) / 7 for v in values], divisor_override="7")

codes = [draw(rng, "binary32", -3, 3) for _ in range(5 * 3)]
rows = [4, 0, 2, 2]
print("kernel embedding")
put_input("weight", "binary32", (5, 3), codes)
put_input("indices", "int64", (2, 2), rows)
put_results((2, 2, 3), [decode(codes[3 * r + i], "binary32") for r in rows for i in range(3)])

for source, ranks, n in (("bfloat16", 4, 8), ("binary32", 3, 6)):
    codes = [draw(rng, source, -300, 300) for _ in range(ranks * n)]
    sums = [sum(decode(c, source) for c in codes[i::n]) for i in range(n)]
    for kernel, shape in (("all_reduce", (n,)), ("reduce_scatter", (ranks, n // ranks))):
        if kernel == "reduce_scatter" and n % ranks:
            continue
        print("kernel", kernel)
        put_input("x", source, (ranks, n), codes)
        put_results(shape, sums)
