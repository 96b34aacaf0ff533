"""What the benchmarks measured, as one table: table.py RESULTS [--page PAGE.md FIGURE.svg]

Reads Google Benchmark's JSON files: ns an item for each compiler, and the ratio to the peer that a benchmark's label
("PEER LIMIT") names; the peer "ns" stands for one nanosecond, for limits in plain time. The least of the repetitions
counts: noise only ever adds. With --page the same table is written
as a page, with a figure of every ratio against its limit."""
import collections
import json
import math
import pathlib
import platform
import sys

COMPILERS = {"release": "g++", "clang": "clang"}
Row = collections.namedtuple("Row", "program name times peer ratio limit")


def read(folder):
    """The rows, by program and name."""
    times, labels = {}, {}  # (program, benchmark) -> {preset: ns}, label
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        if not path.stat().st_size:
            continue  # no benchmark of this program matched the filter
        preset, program = path.stem.split("-", 1)
        for run in json.loads(path.read_text())["benchmarks"]:
            if run["run_type"] != "iteration" or "items_per_second" not in run:
                continue
            key = program.removeprefix("bench_"), run["run_name"]
            by_preset = times.setdefault(key, {})
            by_preset[preset] = min(by_preset.get(preset, math.inf), 1e9 / run["items_per_second"])
            labels[key] = run.get("label", "")
    rows = []
    for (program, name), by_preset in sorted(times.items()):
        peer, _, limit = labels[program, name].partition(" ")
        found = peer == "ns" or (program, peer) in times
        unit = 1 if peer == "ns" else min(times[program, peer].values()) if found else math.nan
        ratio = min(by_preset.values()) / unit if found else None
        rows.append(Row(program, name, by_preset, peer if found else "", ratio, float(limit) if limit and found else None))
    return rows


def verdict(row):
    return "" if row.limit is None or row.ratio <= row.limit else "over"


def show(rows):
    print(f"{'ns an element or operation':<44}{'g++':>9}{'clang':>9}{'best/peer':>11}{'limit':>7}  peer")
    last = None
    for row in rows:
        if row.program != last:
            print(f"-- {row.program}")
            last = row.program
        line = f"{row.name:<44}" + "".join(
            f"{row.times[p]:9.3f}" if p in row.times else f"{'':9}" for p in COMPILERS)
        if row.ratio is not None:
            limit = "" if row.limit is None else f"{row.limit:g}"
            line += f"{row.ratio:11.2f}{limit:>7}  {row.peer} {verdict(row)}"
        print(line.rstrip())


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def page(rows, figure):
    """The table in Markdown, a section a program."""
    lines = ["# Performance", "",
             "Written by `./dev bench --page` from one run; do not edit. Times are ns an element, operation or",
             "multiply-add, the least of several repetitions; a ratio is the better compiler's time over the peer's in the same",
             "run, and the limit is the ratio that the project asks for. No time: not run with that compiler.", "",
             f"Measured on: {processor()}, one core unless a name says otherwise.", "", f"![ratios]({figure})"]
    last = None
    for row in rows:
        if row.program != last:
            lines += ["", f"## {row.program}", "", "| what | g++ | clang | ratio | limit | peer |", "| --- | --- | --- | --- | --- | --- |"]
            last = row.program
        ns = [f"{row.times[p]:.3f}" if p in row.times else "" for p in COMPILERS]
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        limit = "" if row.limit is None else f"{row.limit:g}" + (" (over)" if verdict(row) else "")
        lines.append(f"| {row.name} | {ns[0]} | {ns[1]} | {ratio} | {limit} | {row.peer} |")
    return "\n".join(lines) + "\n"


def picture(rows):
    """One bar for each row that has a limit: the ratio as a share of it, on a logarithmic scale."""
    shown = [row for row in rows if row.limit is not None]
    label, width, step, low, high = 330, 420, 14, 1 / 32, 4
    place = lambda share: label + width * math.log(min(max(share, low), high) / low) / math.log(high / low)
    height = step * len(shown) + 34
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {label + width + 20} {height}" '
           'font-family="sans-serif" font-size="10">', f'<rect width="100%" height="100%" fill="white"/>',
           f'<text x="{label}" y="12">time over the time that its limit allows: left of 1 is within</text>']
    for share in (1 / 16, 1 / 4, 1, 4):
        x = place(share)
        svg.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="18" y2="{height - 14}" stroke="{"#333" if share == 1 else "#ddd"}"/>')
        svg.append(f'<text x="{x:.1f}" y="{height - 3}" text-anchor="middle">{share:g}</text>')
    for i, row in enumerate(shown):
        y, share = 20 + step * i, row.ratio / row.limit
        colour = "#c0392b" if share > 1 else "#2a7f62"
        svg.append(f'<text x="{label - 6}" y="{y + 9}" text-anchor="end">{row.program}: {row.name}</text>')
        svg.append(f'<rect x="{label}" y="{y}" width="{place(share) - label:.1f}" height="{step - 4}" fill="{colour}"/>')
    return "\n".join(svg + ["</svg>"]) + "\n"


def main(arguments):
    rows = read(arguments[0])
    show(rows)
    if arguments[1:2] == ["--page"]:
        target, figure = map(pathlib.Path, arguments[2:4])
        figure.parent.mkdir(parents=True, exist_ok=True)
        figure.write_text(picture(rows))
        target.write_text(page(rows, figure.relative_to(target.parent)))


main(sys.argv[1:])
