#!/bin/bash
# heat_capacity_of_dynamics_serves_heat.sh [full]: argon that is heated stores what its dynamics say, as well as is told, the
# same for any number of workers; full: its conductivity is sampled too, by Green and Kubo.
. "$FEMD_SOURCE/tests/integration/lib.sh"
json=$here/capacity.json
more=()
if [ $# -gt 0 ]; then
    python3 - "$json" "$scratch/both.json" <<'PYTHON'
import json, sys
case = json.load(open(sys.argv[1]))
argon = case["materials"]["argon"]
del argon["thermal"]
argon["method"]["conductivity"] = "green-kubo"
argon["green-kubo"] = {"accuracy": 0.2, "symmetry": "isotropic"}
argon["structure"]["repeat"] = [3, 3, 3]
case["heat"]["accuracy"] = 0.1
json.dump(case, open(sys.argv[2], "w"))
PYTHON
    json=$scratch/both.json
    limit=1500
fi
run_case two --workers 2 "$json"
python3 - "$scratch/two" "$json" <<'PYTHON' || fail "what is stored is not what the atoms say"
import csv, json, sys
case = json.load(open(sys.argv[2]))
wanted = case["heat"]["accuracy"]
k, V0, atoms = 1.380649e-23, 5.2806e-10 ** 3, 4 # 3 N k / V0 of the relaxed cell, less an anharmonic part of some percent
before = 40
for row in csv.DictReader(open(sys.argv[1] + "/history.csv")):
    mean, told = float(row["T_mean"]), float(row["stored_error"])
    c = float(row["stored.heat"]) * float(row["dt"]) / (2e-24 * (mean - before)) / (3 * atoms * k / V0)
    print(mean, c, told, row["samples"], row["flow_error"])
    assert 0.85 < c < 1.02 and 0 < told <= wanted
    before = mean
    assert ("thermal" in case["materials"]["argon"]) == (float(row["flow_error"]) == 0) and float(row["flow_error"]) <= wanted
PYTHON
run_case one --workers 1 "$json"
same_outputs "$scratch/one" "$scratch/two" || fail "1 and 2 workers differ"
