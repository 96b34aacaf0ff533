"""Norms with running statistics, and the gradients of layer_norm and rms_norm by the derivatives of every pair."""
from rounding import *

head("norms.py")
rng = random.Random(4)


def numbers(source, n, low=-3, high=3):
    codes = [draw(rng, source, low, high) for _ in range(n)]
    return codes, [decode(c, source) for c in codes]


def moments(line, centred=True):
    mean = sum(line) / len(line) if centred else mpf(0)
    return mean, sum((v - mean) ** 2 for v in line) / len(line)


def normalised(line, eps, centred=True):
    mean, square = moments(line, centred)
    return [(v - mean) / mpmath.sqrt(square + eps) for v in line]


# eps of 1e-5 is the binary64 number of that name.
for source, rows, n, eps in [("bfloat16", 2, 9, "1e-5"), ("binary32", 2, 5, "1e-5"), ("binary16", 1, 12, "0.25"),
                             ("e5m2", 3, 4, "0")]:
    e = mpf(float(eps))
    codes, x = numbers(source, rows * n)
    w_codes, w = numbers("binary32", n)
    b_codes, b = numbers("binary32", n)
    g_codes, g = numbers("bfloat16", rows * n)
    lines = [x[r * n:(r + 1) * n] for r in range(rows)]
    for kernel, centred in (("layer_norm", True), ("rms_norm", False)):
        y = [v for line in lines for v in normalised(line, e, centred)]
        print("kernel", kernel)
        print("set eps", eps)
        put_input("x", source, (rows, n), codes)
        put_input("weight", "binary32", (n,), w_codes)
        if centred:
            put_input("bias", "binary32", (n,), b_codes)
        put_results((rows, n), [v * w[i % n] + (b[i % n] if centred else 0) for i, v in enumerate(y)])

        dx, dweight = [], [mpf(0)] * n
        for r, line in enumerate(lines):
            mean, square = moments(line, centred)
            root = mpmath.sqrt(square + e)
            own = g[r * n:(r + 1) * n]
            for j in range(n):
                # y_i depends on x_j itself, through the mean, and through the root.
                direct = own[j] * w[j] - (sum(own[i] * w[i] for i in range(n)) / n if centred else 0)
                through_root = sum(own[i] * w[i] * (line[i] - mean) for i in range(n)) * (line[j] - mean) / (n * root**2)
                dx.append((direct - through_root) / root)
                dweight[j] += own[j] * (line[j] - mean) / root
        print("kernel", kernel + "_backward")
        print("set eps", eps)
        put_input("x", source, (rows, n), codes)
        put_input("weight", "binary32", (n,), w_codes)
        put_input("dy", "bfloat16", (rows, n), g_codes)
        put_results((rows, n), dx, name="dx")
        put_results((n,), dweight, name="dweight")
        if centred:
            put_results((n,), [sum(g[j::n]) for j in range(n)], name="dbias")

    # Llama's order: stored in bfloat16 between the division and the weight.
    print("kernel rms_norm")
    print("set eps", eps)
    print("set cast_before_weight bfloat16")
    put_input("x", source, (rows, n), codes)
    put_input("weight", "binary32", (n,), w_codes)
    stored = [decode(encode(v, "bfloat16"), "bfloat16") for line in lines for v in normalised(line, e, False)]
    put_results((rows, n), [v * w[i % n] for i, v in enumerate(stored)])

for source, samples, channels, inner, momentum in [("bfloat16", 3, 2, 4, "0.1"), ("binary32", 4, 3, 1, "0.25")]:
    n, e, m = samples * inner, mpf(1e-5), mpf(float(momentum))
    codes, x = numbers(source, samples * channels * inner)
    w_codes, w = numbers("binary32", channels)
    b_codes, b = numbers("binary32", channels)
    mean_codes, means = numbers("binary32", channels)
    var_codes, variances = numbers("binary32", channels, 0.5, 2)
    channel = lambda i: i // inner % channels
    of_channel = [[v for i, v in enumerate(x) if channel(i) == c] for c in range(channels)]
    own = [moments(line) for line in of_channel]
    for training in ("true", "false"):
        used = own if training == "true" else list(zip(means, variances))
        print("kernel batch_norm")
        print("set training", training)
        print("set momentum", momentum)
        put_input("x", source, (samples, channels, inner), codes)
        put_input("weight", "binary32", (channels,), w_codes)
        put_input("bias", "binary32", (channels,), b_codes)
        put_input("running_mean", "binary32", (channels,), mean_codes)
        put_input("running_var", "binary32", (channels,), var_codes)
        put_results((samples, channels, inner),
                    [(v - used[channel(i)][0]) / mpmath.sqrt(used[channel(i)][1] + e) * w[channel(i)] + b[channel(i)]
                     for i, v in enumerate(x)])
        if training == "true":
            put_results((channels,), [(1 - m) * a + m * o[0] for a, o in zip(means, own)], name="running_mean")
            put_results((channels,), [(1 - m) * a + m * o[1] * n / (n - 1) for a, o in zip(variances, own)],
                        name="running_var")

for samples, channels, inner, groups in [(2, 6, 3, 3), (1, 4, 5, 4)]:
    codes, x = numbers("binary16", samples * channels * inner)
    w_codes, w = numbers("binary32", channels)
    b_codes, b = numbers("binary32", channels)
    each = channels // groups * inner
    y = [v for i in range(0, len(x), each) for v in normalised(x[i:i + each], mpf(1e-5))]
    print("kernel group_norm")
    print("set groups", groups)
    put_input("x", "binary16", (samples, channels, inner), codes)
    put_input("weight", "binary32", (channels,), w_codes)
    put_input("bias", "binary32", (channels,), b_codes)
    put_results((samples, channels, inner), [v * w[i // inner % channels] + b[i // inner % channels]
                                             for i, v in enumerate(y)])
