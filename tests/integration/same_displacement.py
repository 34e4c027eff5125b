"""same_displacement.py OUT NODES CURVE: nodal displacements and the forces on the grip of a run of femd and of another solver."""
import csv
import glob
import re
import sys

import numpy as np


def field(path, name):
    """Vectors of a .vtu, as it has them: raw doubles behind their length."""
    with open(path, "rb") as f:
        raw = f.read()
    start = raw.index(b"_", raw.index(b"<AppendedData")) + 1
    offset = start + int(re.search(rb'<DataArray type="Float64" Name="%s"[^>]*offset="(\d+)"' % name.encode(), raw).group(1))
    size = int(np.frombuffer(raw, np.uint64, 1, offset)[0])
    return np.frombuffer(raw, np.float64, size // 8, offset + 8).reshape(-1, 3)


out, nodes, curve = sys.argv[1:]
last = sorted(glob.glob(out + "/step_*_0.vtu"))[-1]
x, u = field(last, "Points"), field(last, "displacement")
y, v = np.load(nodes)
assert len(x) == len(y), (len(x), len(y))


def order(points):
    return np.lexsort(np.round(points, 7).T)


i, j = order(x), order(y)
apart = abs(x[i] - y[j]).max()
differ = abs(u[i] - v[j]).max() / abs(u).max()
print(f"nodes {len(x)}, apart {apart:.2g}, displacements differ by {differ:.2g} of the largest")
assert apart < 1e-9 and 0 < abs(u).max() and differ < 1e-10
with open(out + "/history.csv") as f:
    forces = [float(row["grip.x"]) for row in csv.DictReader(f)]
with open(curve) as f:
    mine = [float(row["reaction_N"]) for row in csv.DictReader(f)]
assert len(mine) == len(forces) + 1 and mine[0] == 0
differ = max(abs(a / b - 1) for a, b in zip(mine[1:], forces))
print(f"forces differ by {differ:.2g}")
assert differ < 1e-10
