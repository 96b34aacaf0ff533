"""Writes a study's measurements up: sensitivity.py MEASURED.json PAGE.md FIGURES

Every number on the page, and every sentence about one, is made from the measurements here."""
import html
import json
import math
import pathlib
import sys

SHORT = {"binary32": "fp32", "tf32": "tf32", "binary16": "fp16", "bfloat16": "bf16", "e5m2": "fp8 e5m2",
         "e4m3fn": "fp8 e4m3fn"}
FIT = 0.01  # the share of outputs that may be more than an ulp off, in a precision that is said to do


def broken(cell):
    return cell["infinite"] + cell["nan"]


def fits(cell):
    return broken(cell) == 0 and cell["beyond"] <= FIT * cell["finite"]


def number(x):
    if x == 0:
        return "0"
    if abs(x) >= 100000:
        return f"{x:.1e}".replace("e+0", "e").replace("e+", "e")
    return f"{x:.0f}" if abs(x) >= 100 else f"{x:.1f}" if abs(x) >= 10 else f"{x:.2f}"


def listed(names):
    names = list(names)
    if not names:
        return "none"
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


# ---- figures ----

def colour(rms):
    """White for half an ulp and less, dark red from 256 ulps, where nothing of a bfloat16 significand is left."""
    share = min(max(math.log2(max(rms, 0.5) / 0.5) / 9, 0), 1)
    return f"rgb({round(255 - 95 * share)},{round(255 - 215 * share)},{round(255 - 220 * share)})", share > 0.55


def heat_map(study, sums, title):
    label, width, step, top = 210, 86, 20, 46
    precisions, rows = study["precisions"], study["operators"]
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {label + width * len(precisions) + 10} '
           f'{top + step * len(rows) + 10}" font-family="sans-serif" font-size="11">',
           '<rect width="100%" height="100%" fill="white"/>', f'<text x="8" y="16" font-size="12">{title}</text>']
    for i, precision in enumerate(precisions):
        svg.append(f'<text x="{label + width * i + width / 2}" y="{top - 8}" text-anchor="middle">'
                   f"{SHORT[precision]}</text>")
    for j, row in enumerate(rows):
        y = top + step * j
        svg.append(f'<text x="{label - 8}" y="{y + 14}" text-anchor="end">{html.escape(row["name"])}</text>')
        for i, precision in enumerate(precisions):
            cell, x = row[sums][precision], label + width * i
            fill, dark = colour(cell["rms"]) if cell["finite"] else ("#222", True)
            text = number(cell["rms"]) if cell["finite"] else "nothing finite"
            if cell["finite"] and broken(cell):
                fill, dark, text = "#7a4fa3", True, f"{100 * broken(cell) / row['elements']:.2g}% lost"
            svg.append(f'<rect x="{x}" y="{y}" width="{width - 2}" height="{step - 2}" fill="{fill}" stroke="#ddd"/>')
            svg.append(f'<text x="{x + width / 2 - 1}" y="{y + 13}" text-anchor="middle" '
                       f'fill="{"white" if dark else "black"}">{text}</text>')
    return "\n".join(svg + ["</svg>"]) + "\n"


LINES = {"binary32": "#1b6ca8", "tf32": "#2a7f62", "binary16": "#e08e0b", "bfloat16": "#c0392b", "e5m2": "#7a4fa3",
         "e4m3fn": "#555555"}


def sum_picture(study, below):
    left, top, width, height, low, high = 60, 30, 420, 260, 1e-8, 1
    rows = [r for r in study["sums"] if r["below"] == below and r["order"] == "sequential"]
    counts = sorted({r["n"] for r in rows})
    across = lambda n: left + width * math.log(n / counts[0]) / math.log(counts[-1] / counts[0])
    down = lambda e: top + height * math.log(high / min(max(e, low), high)) / math.log(high / low)
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 110} {top + height + 40}" '
           'font-family="sans-serif" font-size="11">', '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="{left}" y="16" font-size="12">relative error of sums of n uniform numbers below {below:g}, '
           "one after another</text>"]
    for exponent in range(-8, 1, 2):
        y = down(10.0 ** exponent)
        svg.append(f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        svg.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">1e{exponent}</text>')
    for n in counts:
        svg.append(f'<text x="{across(n):.1f}" y="{top + height + 16}" text-anchor="middle">{n}</text>')
    labels = []
    for precision in study["precisions"]:
        points = [(across(r["n"]), down(abs(r["error"]))) for r in rows if r["precision"] == precision and "error" in r]
        if not points:
            continue
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        svg.append(f'<polyline points="{path}" fill="none" stroke="{LINES[precision]}" stroke-width="2"/>')
        labels.append([points[-1][1], precision])
    labels.sort()
    for a, b in zip(labels, labels[1:]):
        b[0] = max(b[0], a[0] + 13)
    for y, precision in labels:
        svg.append(f'<text x="{left + width + 8}" y="{y + 4:.1f}" fill="{LINES[precision]}">{SHORT[precision]}</text>')
    return "\n".join(svg + ["</svg>"]) + "\n"


# ---- prose ----

def sentences(study):
    rows, digits, largest = study["operators"], study["digits"], study["largest"]
    names = lambda some: listed(r["name"] for r in some) + "."
    every = [r for r in rows if all(fits(r["own"][p]) for p in study["precisions"])]
    yield "**Any precision, fp8 included**, does for " + names(every)
    bare = [r for r in rows if r not in every and fits(r["own"]["bfloat16"])]
    yield "**bf16 throughout** does for " + names(bare)
    rescued = [r for r in rows if not fits(r["own"]["bfloat16"]) and fits(r["binary32"]["bfloat16"])]
    yield "**bf16 with sums in fp32**, but not without, does for " + names(rescued)
    rest = [r for r in rows if not fits(r["own"]["bfloat16"]) and not fits(r["binary32"]["bfloat16"])]
    eleven = [r for r in rest if fits(r["binary32"]["tf32"]) or fits(r["own"]["tf32"])]
    yield (f"**{digits['tf32']} digits in the other steps, too**, where bf16 has {digits['bfloat16']}, are needed with sums in "
           "fp32 for " + names(eleven))
    full = [r for r in rest if r not in eleven and fits(r["own"]["binary32"])]
    yield "**fp32 in every step**, and no other of these precisions, does for " + names(full)
    beyond = [r for r in rest if not fits(r["own"]["binary32"])]
    if beyond:
        yield ("**Another algorithm** is needed where not even fp32 does: " +
               listed(f"{r['name']} ({describe(r, 'own', 'binary32')})" for r in beyond) + ".")
    ranged = [r for r in rows if broken(r["own"]["binary16"]) > broken(r["own"]["tf32"]) or
              r["own"]["binary16"].get("rms", 0) > 4 * r["own"]["tf32"].get("rms", math.inf)]
    yield (f"**Range, not digits**: fp16 and tf32 have {digits['binary16']} digits both, but fp16, which ends at "
           f"{largest['binary16']:g}, does far worse in " +
           listed(f"{r['name']} ({describe(r, 'own', 'binary16')}; tf32 {describe(r, 'own', 'tf32')})"
                  for r in ranged) +
           ". What leaves the range at its upper end are sums of squares, after which everything is divided by infinity "
           "and becomes zero, and exponentials of logits whose maximum was not taken off; at its lower end small "
           "probabilities.")
    wide = lambda r, precision: r["binary32"][precision]
    cured = [r for r in ranged if broken(wide(r, "binary16")) <= broken(wide(r, "tf32")) and
             wide(r, "binary16").get("rms", math.inf) <= 4 * wide(r, "tf32").get("rms", 0)]
    yield ("Sums in fp32 cure that in " + listed(r["name"] for r in cured) + " of these: the sum's result is rounded "
           "into the precision before it is used.")
    for precision in ("e5m2", "e4m3fn"):
        lost = [r for r in rows if broken(r["own"][precision])]
        yield (f"{SHORT[precision]}, which ends at {largest[precision]:g}, loses results altogether in {len(lost)} of "
               f"{len(rows)} rows" + (": " + names(lost) if lost else "."))


def describe(row, sums, precision):
    cell = row[sums][precision]
    parts = []
    if cell["infinite"]:
        parts.append(f"{cell['infinite']} of {row['elements']} infinite")
    if cell["nan"]:
        parts.append(f"{cell['nan']} of {row['elements']} NaN")
    if cell["finite"]:
        parts.append(f"RMS error {number(cell['rms'])}")
    if cell["zero"]:
        parts.append(f"{cell['zero']} of {row['elements']} wrongly zero")
    return ", ".join(parts)


def off(row):
    if "error" not in row:
        return "all overflow"
    percent = 100 * row["error"]
    if percent == 0:
        return "exact"
    if abs(percent) >= 10:
        return f"{percent:+.1f}%"
    return f"{percent:+.2g}%" if abs(percent) >= 1e-4 else f"{percent:+.0e}%"


def sum_table(study, below):
    rows = [r for r in study["sums"] if r["below"] == below]
    counts = sorted({r["n"] for r in rows})
    lines = ["| precision | order | " + " | ".join(f"n = {n}" for n in counts) + " |",
             "| --- " * (len(counts) + 2) + "|"]
    for precision in study["precisions"]:
        for order in ("sequential", "lanes:32", "pairwise"):
            cells = [next(r for r in rows if (r["precision"], r["order"], r["n"]) == (precision, order, n))
                     for n in counts]
            lines.append(f"| {SHORT[precision]} | {order} | " + " | ".join(off(c) for c in cells) + " |")
    return lines


def sum_sentences(study):
    for below in sorted({r["below"] for r in study["sums"]}):
        at = {(r["precision"], r["order"]): r for r in study["sums"] if r["below"] == below and r["n"] == 4096}
        told = lambda p, order="sequential": (f"{SHORT[p]} is exact" if off(at[p, order]) == "exact" else
                                              f"{SHORT[p]} is off by {off(at[p, order])}")
        yield (f"4096 uniform numbers below {below:g}, added one after another: " +
               listed(told(p) for p in ("binary16", "bfloat16", "tf32", "binary32")) +
               f". In 32 lanes {told('bfloat16', 'lanes:32')}, in pairs {told('bfloat16', 'pairwise')}.")


def tables(study):
    for row in study["operators"]:
        yield f"### {row['name']}"
        yield ""
        variants = f", `{row['variants']}`" if row["variants"] else ""
        yield f"`{row['kernel']}`: {row['formula']}{variants}. {row['inputs']}. {row['elements']} outputs."
        yield ""
        yield ("| precision | max | RMS | bias | beyond 1 | zero | infinite | NaN | max, fp32 sums | RMS, fp32 sums | "
               "beyond 1, fp32 sums | lost, fp32 sums |")
        yield "| --- " * 12 + "|"
        for precision in study["precisions"]:
            own, wide = row["own"][precision], row["binary32"][precision]
            share = lambda cell: f"{100 * cell['beyond'] / cell['finite']:.3g}%" if cell["finite"] else "-"
            shown = lambda cell, key: number(cell[key]) if cell["finite"] else "-"
            yield (f"| {SHORT[precision]} | {shown(own, 'max')} | {shown(own, 'rms')} | {shown(own, 'bias')} | "
                   f"{share(own)} | {own['zero']} | {own['infinite']} | {own['nan']} | {shown(wide, 'max')} | "
                   f"{shown(wide, 'rms')} | {share(wide)} | {broken(wide)} |")
        yield ""


def page(study):
    yield from f"""# Which operators need which precision

Made by `./dev study sensitivity`: every number below is measured, and the sentences follow from the numbers.

Each operator is computed by Assay's emulation with all of its steps in one precision, and compared with the certified
truth. The inputs are numbers that every precision holds, so that only the computation errs. The output is stored in
{study["stored"]}, and errors are in ulps of it: half an ulp is what storing alone may cost;
{2 ** study["digits"][study["stored"]]} are a whole significand. *Bias* is the mean of the signed errors. *Zero* counts
outputs that are zero though the truth is a normal number, *infinite* and *NaN* those that are not finite though it is;
the latter are in no other column. e4m3fn has no infinity: overflow makes NaNs. tf32 rounds every step to its
{study["digits"]["tf32"]} digits here, unlike matrix units, which round their inputs alone: beside fp16, which has as many
digits, it shows what range does. fp8 is computed without scales.

A precision *does* for an operator when all outputs are finite and at most {FIT:.0%} of them are more than an ulp off
(*beyond 1*). Outputs near zero, where terms cancel, have large errors in their own small ulps, and show in *max* and
*RMS*.

"With sums in fp32" keeps every sum and product of vectors in fp32 and rounds it once; all other steps stay in the
precision.

![RMS errors in ulps of the output](figures/sensitivity-own.svg)

![The same with sums in fp32](figures/sensitivity-sums.svg)

## What the numbers say
""".splitlines()
    yield ""
    for sentence in sentences(study):
        yield "- " + sentence
    yield ""
    yield "## Long sums"
    yield ""
    yield ("A sum that has grown so large that half an ulp of it exceeds a term stands still: swamping. Where it stands "
           "still depends on the largest term, and so does the error; the mean of 16 sums is shown.")
    yield ""
    for sentence in sum_sentences(study):
        yield "- " + sentence
    yield ""
    for below in sorted({r["below"] for r in study["sums"]}):
        yield f"![Errors of sums of numbers below {below:g}](figures/sensitivity-sums-{below:g}.svg)"
        yield ""
        yield f"Uniform numbers from 0 to {below:g}, multiples of 1/256:"
        yield ""
        yield from sum_table(study, below)
        yield ""
    yield "## Operator by operator"
    yield ""
    yield from tables(study)


def main(arguments):
    study = json.loads(pathlib.Path(arguments[0]).read_text())
    figures = pathlib.Path(arguments[2])
    figures.mkdir(parents=True, exist_ok=True)
    (figures / "sensitivity-own.svg").write_text(
        heat_map(study, "own", "RMS error in ulps of bf16, everything in the precision above"))
    (figures / "sensitivity-sums.svg").write_text(
        heat_map(study, "binary32", "RMS error in ulps of bf16, sums in fp32"))
    for below in sorted({r["below"] for r in study["sums"]}):
        (figures / f"sensitivity-sums-{below:g}.svg").write_text(sum_picture(study, below))
    text = "\n".join(page(study)).rstrip() + "\n"
    pathlib.Path(arguments[1]).write_text(text)


main(sys.argv[1:])
