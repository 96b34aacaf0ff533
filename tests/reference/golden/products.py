"""Kernels of products: dot, gemm, conv2d, attention, recurrent cells, and gemm's gradients, each written out as sums."""
import itertools

from rounding import *

rng = random.Random(2)


class Array:
    """Numbers of a format, in C order."""

    def __init__(self, name, kind, shape, high=2.0):
        self.name, self.kind, self.shape = name, kind, shape
        count = 1
        for n in shape:
            count *= n
        self.codes = [draw(rng, kind, -high, high) for _ in range(count)]
        self.values = [decode(c, kind) for c in self.codes]

    def __getitem__(self, place):
        at = 0
        for i, n in zip(place, self.shape):
            at = at * n + i
        return self.values[at]

    def put(self):
        put_input(self.name, self.kind, self.shape, self.codes)


def case(kernel, inputs, results, **attributes):
    print("kernel", kernel)
    for name, value in attributes.items():
        print("set", name, value)
    for array in inputs:
        array.put()
    for name, shape, values in results:
        put_results(shape, values, name=name)


def places(*shape):
    return itertools.product(*(range(n) for n in shape))


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


ACTIVATIONS = {
    "none": lambda x: x,
    "relu": lambda x: max(x, mpf(0)),
    "gelu": lambda x: x * mpmath.ncdf(x),
    "gelu_tanh": lambda x: x / 2 * (1 + mpmath.tanh(mpmath.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3))),
    "silu": lambda x: x * sigmoid(x),
    "sigmoid": sigmoid,
    "tanh": mpmath.tanh,
}


def dots():
    a, b, c = Array("a", "bfloat16", (2, 2, 7)), Array("b", "e5m2", (2, 2, 7)), Array("c", "binary32", (2, 2))
    y = [c[i, j] + sum(a[i, j, k] * b[i, j, k] for k in range(7)) for i, j in places(2, 2)]
    case("dot", [a, b, c], [("y", (2, 2), y)])


def gemms():
    m, n, k = 3, 4, 6
    for activation, f in ACTIVATIONS.items():
        a, b = Array("a", "binary16", (m, k)), Array("b", "bfloat16", (n, k))
        c, bias = Array("c", "binary32", (m, n)), Array("bias", "binary32", (n,))
        a_scale, b_scale = Array("a_scale", "binary32", (m, 1)), Array("b_scale", "bfloat16", (2, 2))
        alpha, beta = mpf(0.75), mpf(-1.5)
        y = [f(alpha * sum(a_scale[i, 0] * a[i, t] * b_scale[t // 3, j // 2] * b[j, t] for t in range(k))
               + beta * c[i, j] + bias[(j,)]) for i, j in places(m, n)]
        case("gemm", [a, b, c, bias, a_scale, b_scale], [("y", (m, n), y)], transpose_b="true", alpha="0.75",
             beta="-1.5", activation=activation)


def gradients():
    m, k, n = 2, 3, 4
    a, b, dy = Array("a", "binary16", (m, k)), Array("b", "bfloat16", (k, n)), Array("dy", "e5m2", (m, n))
    da = [sum(dy[i, j] * b[t, j] for j in range(n)) for i, t in places(m, k)]
    db = [sum(a[i, t] * dy[i, j] for i in range(m)) for t, j in places(k, n)]
    case("gemm_backward", [a, b, dy], [("da", (m, k), da), ("db", (k, n), db)])


def convolutions():
    x, w, bias = Array("x", "bfloat16", (1, 4, 5, 6)), Array("weight", "binary16", (2, 2, 3, 2)), Array("bias", "binary32", (2,))
    p, q = (5 + 2 - 3) // 2 + 1, (6 + 4 - 3) // 1 + 1

    def at(c, i, j):
        return x[0, c, i, j] if 0 <= i < 5 and 0 <= j < 6 else mpf(0)

    y = [bias[(o,)] + sum(w[o, c, r, s] * at(o * 2 + c, i * 2 + r - 1, j + 2 * s - 2) for c, r, s in places(2, 3, 2))
         for o, i, j in places(2, p, q)]
    case("conv2d", [x, w, bias], [("y", (1, 2, p, q), y)], stride="2,1", padding="1,2", dilation="1,2", groups="2")


def attentions():
    heads, groups, l, s, e, d = 4, 2, 3, 5, 3, 2
    for causal, scale in (("none", None), ("top_left", None), ("bottom_right", mpf(0.25))):
        q, k = Array("q", "bfloat16", (1, heads, l, e)), Array("k", "binary16", (1, groups, s, e))
        v, bias = Array("v", "binary32", (1, groups, s, d)), Array("bias", "binary32", (l, s))
        mask = [1] * (l * s)
        mask[1] = mask[7] = 0
        factor = 1 / mpmath.sqrt(e) if scale is None else scale
        y = []
        for h, i in places(heads, l):
            last = {"none": s, "top_left": i, "bottom_right": i + s - l}[causal]
            seen = [j for j in range(s) if j <= last and mask[i * s + j]]
            weights = [mpmath.exp(factor * sum(q[0, h, i, t] * k[0, h // 2, j, t] for t in range(e)) + bias[i, j])
                       for j in seen]
            y += [sum(w * v[0, h // 2, j, n] for w, j in zip(weights, seen)) / sum(weights) for n in range(d)]
        attributes = {"causal": causal} | ({"scale": "0.25"} if scale is not None else {})
        print("kernel attention")
        for name, value in attributes.items():
            print("set", name, value)
        for array in (q, k, v, bias):
            array.put()
        put_input("mask", "mask", (l, s), mask)
        put_results((1, heads, l, d), y)


def cells():
    n, i, h = 2, 3, 2
    for kernel, gates in (("lstm_cell", 4), ("gru_cell", 3), ("rnn_cell", 1)):
        x, state, c = Array("x", "bfloat16", (n, i)), Array("h", "binary16", (n, h)), Array("c", "binary32", (n, h))
        w_ih, w_hh = Array("w_ih", "binary16", (gates * h, i)), Array("w_hh", "bfloat16", (gates * h, h))
        b_ih, b_hh = Array("b_ih", "binary32", (gates * h,)), Array("b_hh", "binary32", (gates * h,))
        inputs = [x, state] + ([c] if kernel == "lstm_cell" else []) + [w_ih, w_hh, b_ih, b_hh]
        first, second = [], []
        for m, j in places(n, h):
            of_x = [b_ih[(g * h + j,)] + sum(x[m, t] * w_ih[g * h + j, t] for t in range(i)) for g in range(gates)]
            of_h = [b_hh[(g * h + j,)] + sum(state[m, t] * w_hh[g * h + j, t] for t in range(h)) for g in range(gates)]
            s = [a + b for a, b in zip(of_x, of_h)]
            if kernel == "lstm_cell":
                second.append(sigmoid(s[1]) * c[m, j] + sigmoid(s[0]) * mpmath.tanh(s[2]))
                first.append(sigmoid(s[3]) * mpmath.tanh(second[-1]))
            elif kernel == "gru_cell":
                new = mpmath.tanh(of_x[2] + sigmoid(s[0]) * of_h[2])
                first.append((1 - sigmoid(s[1])) * new + sigmoid(s[1]) * state[m, j])
            else:
                first.append(mpmath.tanh(s[0]))
        case(kernel, inputs, [("h", (n, h), first)] + ([("c", (n, h), second)] if second else []))


head("products.py")
for kernels in (dots, gemms, gradients, convolutions, attentions, cells):
    kernels()
