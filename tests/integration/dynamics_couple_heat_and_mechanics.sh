#!/bin/bash
# dynamics_couple_heat_and_mechanics.sh: argon whose stress and thermal stress are sampled is heated and pressed; the work
# of its stress counts, how strong the coupling is stands with its error, the same for any number of workers.
. "$FEMD_SOURCE/tests/integration/lib.sh"
run_case two --workers 2 "$here/coupled.json"
python3 - "$scratch/two" <<'PYTHON' || fail "the coupling is not what the atoms say"
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1] + "/history.csv")))
for row in rows:
    delta, error, kelvin = (float(row[k]) for k in ("coupling_delta", "coupling_delta_error", "coupling_error"))
    print(delta, error, kelvin, row["T_mean"])
    assert 0.1 < delta < 0.4 and 0 < error < 0.2 * delta and 0 < kelvin < 1
# 3e-8 W for 5e-10 s in 2e-24 m^3 of 0.9 MJ/(m^3 K), that the work of the stress adds to
rise = 3e-8 * 5e-10 / (2e-24 * 0.9e6)
assert 0.75 * rise < float(rows[-1]["T_mean"]) - 40 < 0.9 * rise
PYTHON
run_case one --workers 1 "$here/coupled.json"
same_outputs "$scratch/one" "$scratch/two" || fail "1 and 2 workers differ"
# One way nothing of it acts, and how strong it is stands there as well.
run_case alone --workers 2 "$here/coupled.json" --set heat.coupling=one-way --set steps.count=1
python3 - "$scratch/alone" <<'PYTHON' || fail "one way does not tell how strong the coupling is"
import csv, json, sys
row = list(csv.DictReader(open(sys.argv[1] + "/history.csv")))[-1]
delta, error = float(row["coupling_delta"]), float(row["coupling_delta_error"])
assert 0.1 < delta < 0.4 and 0 < error < 0.2 * delta and float(row["stress.heat"]) == 0
assert "coupling_delta_unknown" not in json.load(open(sys.argv[1] + "/summary.json"))
PYTHON
