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
copper='{"engine":"native","method":"md","structure":{"lattice":"fcc","a":"3.615 angstrom","species":["Cu"],"repeat":[2,2,2]},"potential":{"style":"eam/alloy","file":"Cu_mishin1.eam.alloy"}}'
refuse "materials.rubber: its stresses are sampled" --set "materials.rubber=$copper" --set temperature=300
