#!/bin/bash
# femd eval: the orientation beside a material turns its answer, in a case and in a file of its own; constants that LAMMPS measures stand beside
# dS/dE; an atom's energy is told against free ones; a sampled volume has its error, and so has the fraction
# of each species, be it one that none was seen of.
. "$FEMD_SOURCE/tests/integration/lib.sh"
numbers() { # KEY FILE: the first numbers behind it, rounded to 6 digits
    grep -o "\"$1\": [^a-z]*" "$2" | head -n 1 | tr -d '[],":a-z_' | awk '{for (i = 1; i <= NF; i++) printf "%.6g ", $i; print ""}'
}
material() { # ORIENTATION: copper at 10 GPa
    printf '{"engine": "native", %s "structure": {"lattice": "fcc", "a": "3.615 angstrom", "species": ["Cu"]},
        "potential": {"style": "eam/alloy", "file": "Cu_mishin1.eam.alloy"}, "reference": {"temperature": 0, "pressure": "10 GPa"}}' "$1"
}
turned='"orientation": {"axis": [0, 0, 1], "angle": "45 deg"},'
material "" >"$scratch/straight.json"
material "$turned" >"$scratch/turned.json"
printf '{"femd": 1, "mesh": {"box": {"size": [1, 1, 1], "cells": [1, 1, 1]}}, "materials": {"m": %s}, "boundary": [{"on": "left", "displacement": [0, 0, 0]}],
    "steps": {"count": 1}}' "$(material "$turned")" >"$scratch/case.json"
for name in straight turned case; do
    femd eval "$scratch/$name.json" --strain 0.01 0 0 0 0 0 --json >"$scratch/$name.out" 2>"$scratch/$name.log" || fail "femd eval $name"
done
[ "$(numbers stress "$scratch/turned.out")" = "$(numbers stress "$scratch/case.out")" ] || fail "a case and a material turn differently"
[ "$(numbers stress "$scratch/turned.out")" != "$(numbers stress "$scratch/straight.out")" ] || fail "the orientation of a material is ignored"
grep -qF '"axes": "turned"' "$scratch/turned.out" && grep -qF '"axes": "rve"' "$scratch/straight.out" || fail "the axes are not told"
femd eval "$scratch/turned.json" --want stress | grep -q "^  axes  *the solver's" || fail "the axes are not told in the table"

# D11 - p, D12 + p, D44 - p, by the rows of the table
femd eval "$scratch/straight.json" >"$scratch/pressed.log" 2>&1 || fail "femd eval at 10 GPa"
awk '/^  tangent D 11/ {d11 = $4; d12 = $5} /^  tangent D 23/ {d44 = $7} /^  constants B 11/ {b11 = $4; b12 = $5} /^  constants B 23/ {b44 = $7}
    function off(a, b) {return a > b + 0.01 || a < b - 0.01}
    END {exit !d11 || !b11 || off(b11, d11 - 10) || off(b12, d12 + 10) || off(b44, d44 - 10)}' "$scratch/pressed.log" || fail "constants at 10 GPa"

# an atom: at rest in the reference and strained
femd eval "$here/small.json" --strain 0.01 0 0 0 0 0 >"$scratch/atom.log" 2>&1 || fail "femd eval small.json"
grep -q '^  energy of an atom  *-3\.[0-9]*  eV against free atoms (-3\.[0-9]* at rest in the reference)$' "$scratch/atom.log" || fail "the energy of an atom"
femd eval "$here/small.json" --strain 0.01 0 0 0 0 0 --json >"$scratch/atom.out" 2>&1 || fail "femd eval --json"
awk -v RS=', "' '/^atoms/ {n = $2} /^volume/ {v = $2} /^energy_density/ && !u {u = $2} /^energy_per_atom":/ && !e {e = $2} /^energy_per_atom_of_reference/ {r = $2}
    END {change = (e - r) * n / (u * v); exit !(change > 0.9999999 && change < 1.0000001)}' "$scratch/atom.out" || fail "energies of atoms in JSON"
femd eval "$here/small.json" --strain 0.01 0 0 0 0 0 --want stress --json >"$scratch/no_energy.out" 2>&1 || fail "femd eval --want stress"
grep -q '"energy_per_atom":' "$scratch/no_energy.out" && fail "the energy of the reference is told as that of a strained atom"
grep -q '"energy_per_atom_of_reference": -' "$scratch/no_energy.out" || fail "the energy of the reference"

# a sampled volume
cat >"$scratch/argon.json" <<'JSON'
{"engine": "native", "method": "md", "md": {"block": "2 ps", "equilibration": "2 ps", "max_steps": 6000},
 "structure": {"lattice": "fcc", "a": "5.35 angstrom", "species": ["Ar"], "masses": ["39.948 u"], "repeat": [2, 2, 2]},
 "potential": {"style": "lj", "epsilon": "10.32 meV", "sigma": "3.405 angstrom", "cutoff": "6.5 angstrom"}, "reference": "as-given"}
JSON
femd eval "$scratch/argon.json" --temperature 40 --pressure 0 --json >"$scratch/argon.out" 2>"$scratch/argon.log" || fail "femd eval argon"
sed 's/.*"errors": //' "$scratch/argon.out" | grep -q '"J": 0\.000[0-9]*[1-9]' || fail "J has no error"
femd eval "$scratch/argon.json" --temperature 40 --pressure 0 | grep -A1 "^  J = det F" | grep -q "^    its error" || fail "J has no error in the table"

# fractions: a third of each species would stand there at equal weights; xenon is dear
cat >"$scratch/mixture.json" <<'JSON'
{"engine": "native", "method": "semi-grand", "semi-grand": {"species": ["Ar", "Kr", "Xe"], "masses": ["40 u", "40 u", "40 u"], "replicas": 3,
  "block": "2 ps", "equilibration": "2 ps", "max_steps": 4000},
 "structure": {"lattice": "fcc", "a": "5.35 angstrom", "species": ["Ar"], "repeat": [2, 2, 2]},
 "potential": {"style": "lj", "epsilon": "10.32 meV", "sigma": "3.405 angstrom", "cutoff": "6.5 angstrom"}, "reference": "as-given"}
JSON
mixture() { femd eval "$scratch/mixture.json" --temperature 40 --chemical-potential Kr=0 --chemical-potential Xe=-0.2 --want composition "$@"; }
mixture >"$scratch/mixture.log" 2>&1 || fail "femd eval of a mixture"
awk '/^    its error/ && name != "" {error[name] = $3} {name = ""} /^  composition/ {x[name = "first"] = $2} /^    2nd species/ {x[name = "second"] = $3}
    /^    3rd species/ {x[name = "third"] = $3} /^    4th species/ {exit 1} /^    dx2\/d delta mu/ {x[name = "response"] = $4}
    END {exit !(x["first"] > 0.3 && x["second"] > 0.3 && x["third"] == 0 && error["first"] > 0 && error["second"] == error["first"] && error["third"] > 0 &&
        error["third"] < error["first"] && x["response"] > 40 && error["response"] > 0)}' "$scratch/mixture.log" || fail "fractions and their errors in the table"
mixture --json >"$scratch/mixture.out" 2>&1 || fail "femd eval --json of a mixture"
sed 's/.*"errors": //' "$scratch/mixture.out" | grep -q '"composition_3": [0-9.e-]*[1-9]' || fail "none seen has no error"
