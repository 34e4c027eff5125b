#!/bin/bash
# cases/vacancy-creep: its small variant meets its figures, the diffusivity that a point was given is that of femd eval at its strain and
# temperature, and what a host commits is told to the pool.
. "$FEMD_SOURCE/tests/integration/lib.sh"
case_folder=$FEMD_SOURCE/cases/vacancy-creep
mapfile -t arguments < <(check_expected "$case_folder/expected.json")
FEMD=$FEMD_BIN/femd FEMD_LIBRARY_DIR=$FEMD_BIN/../lib timeout $((200 * patience)) "$case_folder/run" "${arguments[@]}" "$scratch/out" \
    >"$scratch/run.log" 2>&1 || fail "cases/vacancy-creep/run ended with $?"
check_expected "$case_folder/expected.json" "$scratch/out" || fail "vacancy-creep does not meet its expected.json"
[ "$(wc -l <"$scratch/out/creep.csv")" = 13 ] || fail "creep.csv has not three points of four steps"
IFS=, read -r _ _ _ temperature _ _ diffusivity _ < <(sed -n 2p "$scratch/out/creep.csv")
stretch=1.02065923
femd eval "$case_folder/materials.json" -m small --temperature "$temperature" --F $stretch 0 0 0 $stretch 0 0 0 $stretch --want diffusivity --json \
    >"$scratch/eval.log" 2>&1 || fail "femd eval ended with $?"
one=$(grep -o '"diffusivity": \[[^,]*' "$scratch/eval.log" | head -n 1 | sed 's/.*\[//')
# the load, which eval is not told, makes a ten-thousandth
awk -v a="$diffusivity" -v b="$one" 'BEGIN { d = a / b - 1; print a, b, d; exit !(d < 3e-4 && d > 0) }' ||
    fail "a point has the diffusivity $diffusivity, femd eval $one"
grep -q not-expanded "$scratch/eval.log" && fail "the warm crystal is called one without its expansion"
exit 0
