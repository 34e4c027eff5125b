#!/bin/bash
# A liquid has no shape that the pressure as an unknown could find: refused by run and check, which name the key; with
# element.shear_regularisation it runs, that is told everywhere, ranks agree and a run that goes on has the same bits.
. "$FEMD_SOURCE/tests/integration/lib.sh"
json=$here/liquid_has_a_declared_modulus.json
bare() { sed 's/, "shear_regularisation": 2//' "$json"; }
bare >"$scratch/bare.json"
for command in check run; do
    timeout 60 femd $command $([ $command = run ] && echo --out "$scratch/refused") "$scratch/bare.json" >"$scratch/$command.log" 2>&1
    [ $? = 2 ] || fail "femd $command takes a liquid"
    grep -q "materials.liquid: its lowest shear stiffness at no strain is .*that of a liquid.*element.shear_regularisation" "$scratch/$command.log" ||
        fail "femd $command does not name what a liquid needs"
done
refuse() {
    words=$1
    shift
    timeout 60 femd check "$json" "$@" >"$scratch/refused.log" 2>&1
    [ $? = 2 ] || fail "$* was not refused"
    grep -qF "$words" "$scratch/refused.log" || fail "$*: other words than \"$words\""
}
refuse 'element.shear_regularisation: belongs to element.formulation "u-p"' --set element.formulation=displacement
refuse 'element.shear_regularisation: ' --set element.shear_regularisation=0
refuse 'element.shear_regularisation: ' --set 'element.shear_regularisation="2 nm"'
refuse 'is 0.5 of the bulk modulus of materials.liquid' --set element.shear_regularisation=1000
refuse 'element.shear_regularisation does not lift it above these' --set element.shear_regularisation=1e-7

femd check "$json" >"$scratch/check.log" || fail "femd check refuses the vessel"
grep -q "modulus *2 Pa at all points" "$scratch/check.log" || fail "femd check does not tell the modulus"
run_case one --workers 1 "$json" --set solver.rtol=1e-12
run_case two --workers 2 --ranks 2 "$json" --set solver.rtol=1e-12
run_case again --workers 1 --ranks 2 "$json" --set solver.rtol=1e-12
same_outputs "$scratch/two" "$scratch/again" || fail "1 and 2 workers differ"
same_outputs "$scratch/one" "$scratch/two" 1e-7 || fail "1 and 2 ranks differ" # shapes are as soft as a thousandth of the bulk
grep -q "element.shear_regularisation: all points resist changes of their shape by 2 Pa more" "$scratch/one/log.txt" || fail "the log says nothing"
sed '/"body_force"/d' "$json" >"$scratch/gas.json"
gas=(--workers 1 "$scratch/gas.json" --set 'boundary[5].table=[[0,0],[1,1]]')
run_case whole "${gas[@]}"
run_case parts "${gas[@]}" --set steps.count=2 --set steps.end_time=0.5
timeout 60 femd run --quiet --resume --out "$scratch/parts" "${gas[@]}" >"$scratch/resume.log" 2>&1 || fail "the run does not go on"
grep -q '"resumed_from": 2' "$scratch/parts/summary.json" || fail "the run did not go on from step 2"
cmp "$scratch/whole/history.csv" "$scratch/parts/history.csv" || fail "a run that goes on tells other numbers"
timeout 60 femd run --quiet --resume --out "$scratch/one" "$json" --set element.shear_regularisation=3 >"$scratch/other.log" 2>&1
[ $? = 2 ] || fail "a run goes on with another modulus"
grep -q "element.shear_regularisation was 2 and is 3" "$scratch/other.log" || fail "other words for another modulus"
python3 - "$scratch/one" <<'PYTHON' || fail "told otherwise: $(tail -n 1 "$scratch/one/history.csv")"
import csv, json, sys
rows = list(csv.DictReader(open(sys.argv[1] + "/history.csv")))
steps = json.load(open(sys.argv[1] + "/summary.json"))["steps"]
for row, step in zip(rows, steps):
    told = step["regularisation"]
    assert told["modulus"] == 2 and told["energy"] == float(row["regularisation_energy"]) > 0
    assert told["stress_max"] == float(row["regularisation_stress"]) > 0
last = steps[-1]
work = sum(last["work"][k] for k in ("reactions", "surface_loads", "following_loads", "body_force"))
assert abs(last["work"]["balance"]) < 1e-10 * work
assert abs(last["energy"] + last["regularisation"]["energy"] - work) < 2e-2 * work
# the gas and the weight, 20 + 2 * depth, on 2 m^2 and on 1 m^2 that is a hundredth less when it is pressed
assert abs(last["reactions"]["bottom"][2] - 44) < 1e-6 and abs(last["reactions"]["left"][0] - 21) < 0.3
PYTHON
