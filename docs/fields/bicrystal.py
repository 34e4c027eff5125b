#!/usr/bin/env python3
"""bicrystal.py [SHIFT]: extended XYZ of a bicrystal of fcc copper with two symmetric tilt boundaries, Sigma 5 (210)[001].

Along the second axis lie PERIODS repeats [210] of one grain and as many of its mirror image; the mirror planes are the
boundaries. Of two atoms nearer than TOO_NEAR one goes. SHIFT (angstrom) moves the mirrored grain along the first axis.
"""
import sys
from math import sqrt

A, PERIODS, WIDE, DEEP, TOO_NEAR = 3.614925, 3, 2, 2, 1.8
shift = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
u, v = (2, 1, 0), (-1, 2, 0)  # normal of the boundary, and along it
root = sqrt(5.0)
wide, high, deep = A * root * WIDE, A * root * PERIODS, A * DEEP
atoms = []
for i in range(-40, 41):
    for j in range(-40, 41):
        for k in range(2 * DEEP):
            if (i + j + k) % 2:
                continue
            x = (v[0] * i + v[1] * j) / 2 / root * A
            y = (u[0] * i + u[1] * j) / 2 / root * A
            if -1e-6 <= x < wide - 1e-6 and -1e-6 <= y < high + 1e-6:
                atoms.append((x, y, k * A / 2, 0))
grain = [a for a in atoms]
mirror = [((x + shift) % wide, (2 * high - y) % (2 * high), z, 1) for x, y, z, _ in atoms]
kept = []


def apart(a, b):
    d = [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
    for c, size in enumerate((wide, 2 * high, deep)):
        d[c] -= size * round(d[c] / size)
    return sqrt(sum(q * q for q in d))


for atom in grain + mirror:
    if all(apart(atom, other) > TOO_NEAR for other in kept):
        kept.append(atom)
print(len(kept))
print('Lattice="%.9f 0 0 0 %.9f 0 0 0 %.9f" Properties=species:S:1:pos:R:3 pbc="T T T"' % (wide, 2 * high, deep))
for x, y, z, _ in kept:
    print("Cu %.9f %.9f %.9f" % (x, y, z))
