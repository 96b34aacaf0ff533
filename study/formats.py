"""The numbers of the small formats as a picture: formats.py ASSAY FIGURE.svg

Asks the program for every code, so that the figure shows what the library computes with."""
import json
import math
import pathlib
import subprocess
import sys

ROWS = ["e2m1fn", "e2m3fn", "e3m2fn", "e3m4", "e4m3fn", "e4m3", "e4m3fnuz", "e4m3b11fnuz", "e5m2", "e5m2fnuz", "binary16"]
LEFT, WIDTH, STEP, TOP = 104, 640, 24, 46
LOW, HIGH = -25, 17  # the axis, as powers of two

STYLE = """text { font: 11px sans-serif; fill: #24292f } .axis { stroke: #8884; stroke-width: 1 }
.normal { stroke: #0969da; fill: #0969da } .subnormal { stroke: #bc4c00; fill: #bc4c00 } .none { stroke: none }
@media (prefers-color-scheme: dark) {
  text { fill: #d0d7de } .normal { stroke: #58a6ff; fill: #58a6ff } .subnormal { stroke: #f0883e; fill: #f0883e }
}"""


def across(value):
    return LEFT + WIDTH * (math.log2(value) - LOW) / (HIGH - LOW)


def numbers(form):
    """The positive numbers, exactly: the program's text of a code is only as long as tells it from its neighbours."""
    fraction = 1 << form["fraction_bits"]
    for code, text in enumerate(form["codes"]):
        if text[0].isdigit() and text != "0":
            exponent, significand = divmod(code, fraction)
            yield 2.0**(max(exponent, 1) - form["bias"]) * (significand / fraction + (exponent > 0))


def row(form, y):
    """A mark for every positive number; a bar where there are too many to tell apart."""
    yield f'<text x="{LEFT - 10}" y="{y + 12}" text-anchor="end">{form["name"]}</text>'
    if form["bits"] > 8:
        smallest, largest = float(form["min_normal"]), float(form["max"])
        for kind, start, end in (("subnormal", float(form["min_positive"]), smallest), ("normal", smallest, largest)):
            yield (f'<rect class="{kind} none" x="{across(start):.1f}" y="{y + 2}" '
                   f'width="{across(end) - across(start):.1f}" height="13"/>')
        return
    smallest = 2.0**(1 - form["bias"])
    marks = {"subnormal": "", "normal": ""}
    for value in numbers(form):
        marks["normal" if value >= smallest else "subnormal"] += f"M{across(value):.1f} {y + 2}v13"
    for kind, path in marks.items():
        yield f'<path class="{kind}" d="{path}"/>'


def picture(forms):
    bottom = TOP + STEP * len(forms)
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 24} {bottom + 26}" role="img">',
           "<title>The positive numbers of the small formats, on a logarithmic axis</title>", f"<style>{STYLE}</style>",
           f'<path class="subnormal" stroke-width="1.2" d="M{LEFT} 10v13"/><text x="{LEFT + 8}" y="20">subnormal</text>',
           f'<path class="normal" stroke-width="1.2" d="M{LEFT + 90} 10v13"/><text x="{LEFT + 98}" y="20">normal</text>']
    for power in range(-24, HIGH, 4):
        x = across(2.0**power)
        svg.append(f'<path class="axis" d="M{x:.1f} {TOP - 6}V{bottom}"/>')
        svg.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">2'
                   f'<tspan dy="-4" font-size="8">{power}</tspan></text>')
    for i, form in enumerate(forms):
        svg.extend(row(form, TOP + STEP * i))
    return "\n".join(svg + ["</svg>"]) + "\n"


def main(program, figure):
    def ask(name):
        return json.loads(subprocess.run([program, "formats", name, "--codes", "--json"], check=True,
                                         capture_output=True, text=True).stdout)

    pathlib.Path(figure).write_text(picture([ask(name) for name in ROWS]))


main(*sys.argv[1:])
