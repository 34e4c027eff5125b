#!/bin/bash
# A body that has slipped is another one: a run that shears a crystal with three vacancies beyond its slip and back must end where
# `femd eval` ends from state to state, and far from where the virgin crystal is at the same strain. Every part of the way has to
# hand the state on: commit, request, server, worker, engine.
. "$FEMD_SOURCE/tests/integration/lib.sh"
crystal='{"engine":"native","structure":{"lattice":"fcc","a":"3.615 angstrom","species":["Cu"],"orient":[[1,-1,0],[1,1,-2],[1,1,1]],"repeat":[3,2,2],"vacancies":{"count":3,"seed":7}},"potential":{"style":"eam/alloy","file":"Cu_mishin1.eam.alloy"}}'
echo "$crystal" >"$scratch/crystal.json"
shear='"gradient":[[0,0,0],[0,0,0.12],[0,0,0]],"table":[[0,0],[0.5,1],[1,0.5]]'
sides=$(for side in left right front back bottom top; do echo "{\"on\":\"$side\",$shear}"; done | paste -sd,)
cat >"$scratch/case.json" <<EOF
{"femd":1,"title":"slip and back","seed":1,"mesh":{"box":{"size":["1 um","1 um","1 um"],"cells":[1,1,1]}},"element":{"type":"Q1"},
 "materials":{"crystal":$crystal},"boundary":[$sides],"steps":{"count":4}}
EOF
run_case run --workers 2 "$scratch/case.json"

# stress13 of femd eval at a gradient, from a state or virgin: E of F = 1 + G
stress() {
    g=$1
    shift
    strain=$(awk -v g="$g" 'BEGIN { printf "0,0,%.17g,%.17g,0,0", g * g / 2, g }')
    timeout 120 femd eval "$scratch/crystal.json" --strain "$strain" --want stress,tangent --json "$@" >"$scratch/eval.json" 2>"$scratch/eval.log" || fail "femd eval at $g"
    python3 -c 'import json,sys; print("%.17g" % json.load(open(sys.argv[1]))["stress"][3])' "$scratch/eval.json" 2>/dev/null ||
        tr -d ' \n' <"$scratch/eval.json" | sed 's/.*"stress":\[//' | cut -d, -f4
}
virgin=$(stress 0.06)
from=()
for g in 0.06 0.12 0.09 0.06; do
    back=$(stress $g "${from[@]}" --save-state "$scratch/state.new")
    mv "$scratch/state.new" "$scratch/state"
    from=(--state "$scratch/state")
done
got=$(awk -F, 'NR == 1 { for (k = 1; k <= NF; k++) if ($k == "S23") column = k } END { print $column }' "$scratch/run/history.csv")
echo "S23 at the end: run $got, evaluations from state to state $back, virgin $virgin"
awk -v a="$got" -v b="$back" -v v="$virgin" 'BEGIN { d = a - b; s = v < 0 ? -v : v; if (d < 0) d = -d; e = v - b; if (e < 0) e = -e; exit !(d <= 1e-7 * s && e > 0.5 * s) }' ||
    fail "the run ends at S23 = $got, states lead to $back, the virgin crystal has $virgin"
