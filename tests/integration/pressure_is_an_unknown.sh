#!/bin/bash
# With the pressure as an unknown: ranks agree, with heat beside it too; the fields hold
# the pressure, and what does not go with it is refused by name.
. "$FEMD_SOURCE/tests/integration/lib.sh"
json=$here/pressure_is_an_unknown.json
run_case one --workers 1 "$json" --set solver.rtol=1e-12
run_case two --workers 2 --ranks 2 "$json" --set solver.rtol=1e-12
same_outputs "$scratch/one" "$scratch/two" 1e-10 || fail "1 and 2 ranks differ"
grep -q 'Name="pressure"' "$scratch/one/step_0003.pvtu" || fail "the fields have no pressure"
grep -q '"cuts": 0' "$scratch/one/summary.json" || fail "steps were cut"
for turn in 1 2; do
    run_case iterated$turn --workers 1 --ranks 2 "$json" --set solver.direct=false --set solver.rtol=1e-12 --set solver.ksp_rtol=1e-11
done
same_outputs "$scratch/iterated1" "$scratch/iterated2" || fail "two runs by iterations differ"
python3 - "$scratch/one" "$scratch/iterated1" <<'PYTHON' || fail "iterations end elsewhere than the factor"
import csv, sys
rows = [list(csv.DictReader(open(run + "/history.csv")))[-1] for run in sys.argv[1:]]
for key in ("energy", "E11", "E33", "right.mz", "left.mz", "work_surface_loads"):
    a, b = (float(row[key]) for row in rows)
    assert abs(a - b) <= 1e-8 * abs(a), (key, a, b)
PYTHON
warm=$here/pressure_is_an_unknown_and_heat.json
run_case warm --workers 1 "$warm"
run_case pair --workers 2 --ranks 2 "$warm"
same_outputs "$scratch/warm" "$scratch/pair" 1e-8 || fail "1 and 2 ranks differ in heat"
grep -q 'Name="temperature"' "$scratch/warm/step_0003.pvtu" || fail "the fields have no temperature"
refuse() {
    words=$1
    shift
    timeout 60 femd check "$json" "$@" >"$scratch/refused.log" 2>&1
    [ $? = 2 ] || fail "$* was not refused"
    grep -qF "$words" "$scratch/refused.log" || fail "$*: other words than \"$words\""
}
up='element.formulation "u-p"'
refuse "element.type: $up is one of P2" --set element.type=P1
refuse "steps.control: $up does not go with" --set steps.control=arc-length
refuse "physics: $up solves for a displacement" --set physics=thermal --set 'heat={"initial":300}' --set 'boundary=[{"on":"left","temperature":300}]' 
refuse "boundary[4]: $up does not go with turned, rigid or periodic" --set 'boundary[4]={"on":"top","rigid":{}}'
copper='{"engine":"native","method":"md","structure":{"lattice":"fcc","a":"3.615 angstrom","species":["Cu"],"repeat":[2,2,2]},"potential":{"style":"eam/alloy","file":"Cu_mishin1.eam.alloy"},"thermal":{"conductivity":1,"heat_capacity":3e6}}'
json=$warm refuse "materials.rubber: its stresses are sampled" --set "materials.rubber=$copper"

# Sampled stresses: argon pulled by 20 MPa moves as without a pressure (E11 -0.00436, E22 -0.00864), within noise.
cat >"$scratch/argon.json" <<'ARGON'
{"femd": 1, "seed": 3, "temperature": "30 K", "accuracy": 0.1, "mesh": {"box": {"size": ["10 nm", "10 nm", "10 nm"], "cells": [1, 1, 1]}},
 "element": {"type": "P2", "formulation": "u-p"}, "materials": {"argon": {"engine": "native", "method": "md", "reference": "as-given",
   "structure": {"lattice": "fcc", "a": "5.35 angstrom", "species": ["Ar"], "masses": ["39.948 u"], "repeat": [2, 2, 2]},
   "potential": {"style": "lj", "epsilon": "0.0104 eV", "sigma": "3.4 angstrom", "cutoff": "5 angstrom"}, "md": {"block": "1 ps", "max_steps": 40000}}},
 "boundary": [{"on": "left", "displacement": [0, 0, 0]}, {"on": "right", "traction": ["20 MPa", 0, 0]}], "steps": {"count": 1}}
ARGON
run_case argon --workers 2 "$scratch/argon.json"
python3 - "$scratch/argon/history.csv" <<'PYTHON' || fail "sampled: $(tail -n 1 "$scratch/argon/history.csv")"
import csv, sys
last = list(csv.DictReader(open(sys.argv[1])))[-1]
assert abs(float(last["E11"]) + 0.00436) < 3e-4 and abs(float(last["E22"]) + 0.00864) < 3e-4 and abs(float(last["S11"]) - 2e7) < 5e5
PYTHON
