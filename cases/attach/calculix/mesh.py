#!/usr/bin/python3
"""mesh.py MESH.msh: a mesh of straight tetrahedra of Gmsh (4.1, ASCII) as CalculiX' C3D10, with nodes halfway along the edges;
each physical group is a node set, and the volumes' are element sets. Lengths stay what they are. On standard output."""
import sys


def sections(path):
    found, name = {}, None
    for line in open(path):
        line = line.strip()
        if line.startswith("$End"):
            name = None
        elif line.startswith("$"):
            name = line[1:]
            found[name] = []
        elif name:
            found[name].append(line)
    return found


def read(path):
    """Nodes by their tags; of each physical group its elements' corners."""
    part = sections(path)
    if part["MeshFormat"][0].split()[:2] != ["4.1", "0"]:
        sys.exit(f"{path}: not an ASCII mesh of format 4.1")
    names = {tuple(line.split()[:2]): line.split('"')[1] for line in part["PhysicalNames"][1:]}
    lines = part["Entities"]
    count = [int(n) for n in lines[0].split()]
    groups, at = {}, 1
    for dimension, n in enumerate(count):
        for line in lines[at:at + n]:
            words = line.split()
            first = 4 if dimension == 0 else 7  # behind the coordinates, or the box
            groups[dimension, words[0]] = [names[str(dimension), tag] for tag in words[first + 1:first + 1 + int(words[first])]
                                           if (str(dimension), tag) in names]
        at += n
    nodes, lines, at = {}, part["Nodes"], 1
    while at < len(lines):
        n = int(lines[at].split()[3])
        for tag, place in zip(lines[at + 1:at + 1 + n], lines[at + 1 + n:at + 1 + 2 * n]):
            nodes[int(tag)] = tuple(float(x) for x in place.split()[:3])
        at += 1 + 2 * n
    elements, lines, at = {}, part["Elements"], 1
    while at < len(lines):
        dimension, entity, kind, n = lines[at].split()
        for line in lines[at + 1:at + 1 + int(n)]:
            if kind in ("2", "4"):  # triangle, tetrahedron
                for name in groups[int(dimension), entity]:
                    elements.setdefault((int(dimension), name), []).append([int(t) for t in line.split()[1:]])
        at += 1 + int(n)
    return nodes, elements


def main(path):
    nodes, elements = read(path)
    middle = {}

    def between(a, b):
        key = (min(a, b), max(a, b))
        if key not in middle:
            middle[key] = max(nodes) + 1
            nodes[middle[key]] = tuple((x + y) / 2 for x, y in zip(nodes[a], nodes[b]))
        return middle[key]

    rows, sets, number = {}, {}, 0
    for (dimension, name), corners in elements.items():
        for c in corners:
            edges = [(0, 1), (1, 2), (2, 0)] + [(0, 3), (1, 3), (2, 3)] * (dimension == 3)
            all_nodes = c + [between(c[i], c[j]) for i, j in edges]
            sets.setdefault(name, set()).update(all_nodes)
            if dimension == 3:
                number += 1
                rows.setdefault(name, []).append([number] + all_nodes)
    print("*NODE, NSET=ALL")
    for tag in sorted(nodes):
        print(tag, *(f"{x:.13g}" for x in nodes[tag]), sep=", ")  # CalculiX reads 20 characters of a number
    for name, elements_of in rows.items():
        print(f"*ELEMENT, TYPE=C3D10, ELSET={name}")
        for row in elements_of:
            print(*row, sep=", ")
    for name, tags in sets.items():
        print(f"*NSET, NSET={name}")
        for tag in sorted(tags):
            print(tag)


if __name__ == "__main__":
    main(sys.argv[1])
