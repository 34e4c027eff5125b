"""compare.py all OUT: the curves of OUT in one picture, and what each solver took in one table. compare.py own RUN CURVE BEGIN:
the curve and the figures of a run of femd that began then (s), as the other solvers write theirs. Without matplotlib: an SVG is text."""
import csv
import json
import os
import sys
import time

MARKS = [("femd run", "#999999"), ("GetFEM", "#c0392b"), ("dolfinx", "#1f77b4"), ("CalculiX", "#2e8b57")]


def own(run, curve, begin):
    with open(run + "/history.csv") as f:
        rows = list(csv.DictReader(f))
    with open(curve, "w") as f:
        f.write("displacement_m,reaction_N\n0,0\n")
        f.writelines(f"{160e-9 * float(row['time']):.17g},{row['grip.x']}\n" for row in rows)
    with open(run + "/summary.json") as f:
        summary = json.load(f)
    print(json.dumps({"host": "femd run", "evaluations": sum(int(row["evaluations"]) for row in rows), "solutions":
                      sum(step["newton"] for step in summary["steps"]), "seconds": round(time.time() - float(begin), 3)}))


def curve(path):
    with open(path) as f:
        return [(float(row["displacement_m"]), float(row["reaction_N"])) for row in csv.DictReader(f)]


def at(points, x):
    """Between two points of a curve; None outside."""
    for (a, p), (b, q) in zip(points, points[1:]):
        if a <= x <= b:
            return q if x == b else p + (q - p) * (x - a) / (b - a)
    return None


def text(x, y, words, anchor="middle", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{words}</text>'


def mark(kind, x, y):
    if kind == 1:
        return f'<path d="M{x - 7:.1f} {y - 7:.1f}l14 14m0 -14l-14 14"/>'
    if kind == 2:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6"/>'
    return f'<path d="M{x:.1f} {y - 11:.1f}l10 18h-20z"/>' if kind == 3 else ""


def picture(curves):
    """One chart: femd's own curve as a broad line, the others as thin lines with marks."""
    width, height, left, top, right, bottom = 720, 480, 70, 20, 20, 55
    x_end = max(x for points in curves.values() for x, _ in points) * 1e9
    y_end = max(y for points in curves.values() for _, y in points) * 1e3
    x_step, y_step = 20 if x_end > 60 else 10, 1 if y_end > 2 else 0.5
    x_top, y_top = x_step * -(-x_end // x_step), y_step * -(-y_end // y_step)
    def px(x): return left + (width - left - right) * x / x_top  # noqa: E704
    def py(y): return height - bottom - (height - top - bottom) * y / y_top  # noqa: E704
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
           'font-family="sans-serif" font-size="14"><rect width="100%" height="100%" fill="white"/>']
    for k in range(int(x_top / x_step + 0.5) + 1):
        x = px(k * x_step)
        out += [f'<path d="M{x:.1f} {top}V{height - bottom}" stroke="#e4e4e4"/>', text(x, height - bottom + 18, f"{k * x_step:g}")]
    for k in range(int(y_top / y_step + 0.5) + 1):
        y = py(k * y_step)
        out += [f'<path d="M{left} {y:.1f}H{width - right}" stroke="#e4e4e4"/>', text(left - 8, y + 5, f"{k * y_step:g}", "end")]
    middle = (top + height - bottom) / 2
    out += [text((left + width - right) / 2, height - 10, "displacement of the grip (nm)"),
            text(20, middle, "force on the grip (mN)", more=f'transform="rotate(-90 20 {middle:.0f})"')]
    shown = [(kind, name, colour) for kind, (name, colour) in enumerate(MARKS) if name in curves]
    for row, (kind, name, colour) in enumerate(shown):
        points = [(px(1e9 * x), py(1e3 * y)) for x, y in curves[name]]
        key = top + 25 + 24 * row
        out.append(f'<g fill="none" stroke="{colour}" stroke-width="{8 if kind == 0 else 1.8}">'
                   f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/><path d="M{left + 15} {key}h36"/>')
        out += [mark(kind, x, y) for x, y in points + [(left + 33, key)]] + ["</g>", text(left + 62, key + 5, name, "start")]
    return "\n".join(out) + "\n</svg>\n"


def everything(out):
    with open(out + "/results") as f:
        results = [json.loads(line) for line in f]
    files = {"femd run": "femd-run.csv", "GetFEM": "getfem.csv", "dolfinx": "dolfinx.csv", "CalculiX": "calculix.csv"}
    curves = {name: curve(f"{out}/{file}") for name, file in files.items() if os.path.exists(f"{out}/{file}")}
    with open(out + "/comparison.svg", "w") as f:
        f.write(picture(curves))
    lines = ["| solver | force at the end (mN) | forces differ from femd run's by | evaluations | linear solutions | wall time (s) | of it the "
             "adapter (s of processor) |", "|---|---|---|---|---|---|---|"]
    for result in results:
        points = curves[result["host"]]
        differ = [abs(y / at(curves["femd run"], x) - 1) for x, y in points[1:] if any(abs(x / a - 1) < 1e-9 for a, _ in curves["femd run"][1:])]
        own = result.get("adapter_seconds")
        share = "" if own is None else f"{own:.2f} ({100 * own / result['seconds']:.1f} %)"
        lines.append(f"| {result['host']} | {1e3 * points[-1][1]:.9f} | {'' if result['host'] == 'femd run' else f'{max(differ):.1e}'} | "
                     f"{result['evaluations']:,} | {result.get('solutions', '')} | {result['seconds']:.1f} | {share} |")
    with open(out + "/table.md", "w") as f:
        f.write("\n".join(lines) + "\n")
    print("\n".join(lines))
    print(f"{out}/comparison.svg, {out}/table.md")


if sys.argv[1:2] == ["own"] and len(sys.argv) == 5:
    own(*sys.argv[2:])
elif sys.argv[1:2] == ["all"] and len(sys.argv) == 3:
    everything(sys.argv[2])
else:
    sys.exit(__doc__)
