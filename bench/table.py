"""One table from Google Benchmark's JSON files: ns an item for each compiler, and the ratio to the peer that a
benchmark's label ("PEER LIMIT") names. The least of the repetitions counts: noise only ever adds."""
import json
import pathlib
import sys

times, labels = {}, {}  # (program, benchmark) -> {preset: ns}, label
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
    if not path.stat().st_size:
        continue  # no benchmark of this program matched the filter
    preset, program = path.stem.split("-", 1)
    for run in json.loads(path.read_text())["benchmarks"]:
        if run["run_type"] != "iteration" or "items_per_second" not in run:
            continue
        key = program, run["run_name"]
        times.setdefault(key, {}).setdefault(preset, float("inf"))
        times[key][preset] = min(times[key][preset], 1e9 / run["items_per_second"])
        labels[key] = run.get("label", "")

print(f"{'ns an element or operation':<44}{'g++':>9}{'clang':>9}{'best/peer':>11}{'limit':>7}  peer")
last = None
for key, by_preset in sorted(times.items()):
    program, name = key
    if program != last:
        print(f"-- {program.removeprefix('bench_')}")
        last = program
    line = f"{name:<44}" + "".join(
        f"{by_preset[p]:9.3f}" if p in by_preset else f"{'':9}" for p in ("release", "clang"))
    peer, _, limit = labels[key].partition(" ")
    if (program, peer) in times:
        ratio = min(by_preset.values()) / min(times[program, peer].values())
        missed = " over" if limit and ratio > float(limit) else ""
        line += f"{ratio:11.2f}{limit:>7}  {peer}{missed}"
    print(line)
