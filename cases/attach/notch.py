"""What the scripts of this folder share: the command line, the mesh of cases/copper-notch, the curve that they write."""
import argparse
import os
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def arguments(host):
    parser = argparse.ArgumentParser(description=f"The notched copper crystal of cases/copper-notch by {host}, at a server of femd.")
    parser.add_argument("address", help="of the server, as femd serve prints it")
    parser.add_argument("--case", default=f"{HERE}/../copper-notch", help="folder or file with the material copper")
    parser.add_argument("--mesh", default=f"{HERE}/../copper-notch/notch.msh")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--tolerance", type=float, default=1e-8, help="of Newton, of the largest nodal force")
    parser.add_argument("--curve", help="CSV to be written: displacement_m, reaction_N")
    parser.add_argument("--displacement", help=".npy to be written: nodes (um) and their displacements (um) at the end, (2, n, 3)")
    return parser.parse_args()


def sections(path):
    """The sections of an ASCII file of Gmsh 4.1, a list of words per line."""
    found, name = {}, None
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith("$"):
                name = None if line.startswith("$End") else line[1:].strip()
                found.setdefault(name, [])
            elif name:
                found[name].append(line.split())
    return found


def mesh(path):
    """Corners (n, 3) in um and tetrahedra (m, 4), indices of corners."""
    def blocks(lines):
        at = 1
        for _ in range(int(lines[0][0])):
            n = int(lines[at][3])
            yield lines[at], n, at + 1
            at += 1 + n if lines is elements else 1 + 2 * n

    found = sections(path)
    nodes, elements = found["Nodes"], found["Elements"]
    place = {int(nodes[at + k][0]): [float(x) for x in nodes[at + n + k][:3]] for _, n, at in blocks(nodes) for k in range(n)}
    cells = [[int(tag) for tag in line[1:]] for head, n, at in blocks(elements) if head[2] == "4" for line in elements[at:at + n]]
    used = {tag: i for i, tag in enumerate(sorted({tag for cell in cells for tag in cell}))}
    return np.array([place[tag] for tag in used]), np.array([[used[tag] for tag in cell] for cell in cells])


class Curve:
    """Prints each increment and writes the CSV; at the end one line of figures, which the script run collects."""

    def __init__(self, host, path):
        self.host, self.begin, self.rows = host, time.time(), [(0.0, 0.0)]
        self.file = open(path, "w") if path else None  # noqa: SIM115
        if self.file:
            self.file.write("displacement_m,reaction_N\n0,0\n")

    def add(self, displacement, reaction):
        print(f"{self.host}: grip {1e9 * displacement:.6g} nm, force {1e3 * reaction:.10g} mN", flush=True)
        if self.file:
            self.file.write(f"{displacement:.17g},{reaction:.17g}\n")

    def end(self, evaluations, solutions, adapter):
        seconds = time.time() - self.begin
        print(f'{{"host": "{self.host}", "evaluations": {evaluations}, "solutions": {solutions}, "seconds": {seconds:.3f}, '
              f'"adapter_seconds": {adapter:.3f}}}')
        if self.file:
            self.file.close()
