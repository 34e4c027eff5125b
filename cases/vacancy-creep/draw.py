"""draw.py CREEP.csv OUT.svg: creep strain along the bar after each step, and the diffusivity of a vacancy at its points."""
import csv
import sys

WIDTH, HEIGHT, LEFT, TOP, GAP, BOTTOM = 860, 380, 70, 24, 90, 60


def text(x, y, words, anchor="middle", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{words}</text>'


def panel(left, width, curves, x_ends, y_end, y_step, x_words, y_words):
    """Curves [(colour, width, points)] over temperatures, from 0 to y_end."""
    def px(x): return left + width * (x - x_ends[0]) / (x_ends[1] - x_ends[0])  # noqa: E704
    def py(y): return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y / y_end  # noqa: E704
    out = []
    for k in range(int(y_end / y_step + 1.5)):
        out += [f'<path d="M{left} {py(k * y_step):.1f}h{width}" stroke="#e4e4e4"/>', text(left - 8, py(k * y_step) + 5, f"{k * y_step:.3g}", "end")]
    for x in range(int(x_ends[0]), int(x_ends[1]) + 1, 50):
        out += [f'<path d="M{px(x):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#e4e4e4"/>', text(px(x), HEIGHT - BOTTOM + 18, x)]
    middle = (TOP + HEIGHT - BOTTOM) / 2
    out += [text(left + width / 2, HEIGHT - 14, x_words), text(left - 50, middle, y_words, more=f'transform="rotate(-90 {left - 50} {middle:.0f})"')]
    for colour, broad, points in curves:
        places = [(px(x), py(y)) for x, y in points]
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="{broad}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
    return out


def nice(top):
    step = next(s for s in (10.0 ** e * m for e in range(-6, 3) for m in (1, 2, 5)) if top / s <= 6)
    return step * -(-top // step), step


def main(source, target):
    with open(source) as f:
        rows = list(csv.DictReader(f))
    steps = sorted({int(row["step"]) for row in rows})
    along = {s: [(float(r["temperature"]), 100 * float(r["creep"])) for r in rows if int(r["step"]) == s] for s in steps}
    last = [(float(r["temperature"]), 1e9 * float(r["diffusivity"])) for r in rows if int(r["step"]) == steps[-1]]
    width = (WIDTH - LEFT - GAP - 30) / 2
    shade = [f"rgb({40 + int(190 * s / steps[-1])},60,{200 - int(160 * s / steps[-1])})" for s in steps]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" '
           'font-size="13"><rect width="100%" height="100%" fill="white"/>']
    out += panel(LEFT, width, [(shade[s], 1.6, along[s]) for s in steps], (1100, 1250), *nice(max(y for s in steps for _, y in along[s])),
                 "temperature along the bar (K)", "creep strain (%), after each step")
    out += panel(LEFT + width + GAP, width, [("#205090", 2, last)], (1100, 1250), *nice(max(y for _, y in last)),
                 "temperature along the bar (K)", "diffusivity of a vacancy (1e-9 m²/s)")
    with open(target, "w") as f:
        f.write("\n".join(out) + "\n</svg>\n")


main(*sys.argv[1:3])
