#!/bin/bash
# Heat that cannot be right is refused by check and by run, with what is wrong, and leaves nothing: what an expression or
# a table makes of a boundary is looked at like a number.
. "$FEMD_SOURCE/tests/integration/lib.sh"
cat >"$scratch/bar.json" <<'EOF2'
{"femd": 1, "physics": "thermal", "heat": {"initial": "300 K"},
 "mesh": {"box": {"size": ["3 mm", "1 mm", "1 mm"], "cells": [3, 1, 1]}}, "element": {"type": "Q1"},
 "materials": {"m": {"engine": "elastic", "young": "1 GPa", "poisson": 0.3, "thermal": {"conductivity": 1, "heat_capacity": 1e6}}},
 "boundary": [{"on": "left", "temperature": 300}, {"on": "right", "heat_flux": 1e3}], "steps": {"count": 2, "end_time": 1}}
EOF2
refused() {
    words=$1 && shift
    for what in check "run --workers 1 --out $scratch/out"; do
        timeout 60 femd $what "$scratch/bar.json" "$@" >"$scratch/refused.log" 2>&1
        [ $? = 2 ] || fail "$what $* did not end with 2"
        grep -qF -- "$words" "$scratch/refused.log" || fail "$what $*: no word of \"$words\": $(cat "$scratch/refused.log")"
    done
    [ ! -e "$scratch/out" ] || fail "a refused run left its folder: $*"
}
convection() { echo "boundary[1]={\"on\":\"right\",\"convection\":{\"coefficient\":\"$1\",\"ambient\":300}}"; }
refused 'coefficient: -1 W/(m^2 K) at (0.003, ' --set "$(convection '=-1+0*x')"
refused 'coefficient: -' --set "$(convection '=1-2*t')"
refused 'boundary[0] ("left"): temperature: -100 K' --set 'boundary[0].temperature="=300-400*t"'
refused 'boundary[0] ("left"): temperature: -300 K' --set 'boundary[0]={"on":"left","temperature":300,"table":[[0,1],[1,-1]]}'
refused 'leave one of them out there' --set 'boundary[1]={"on":"top","temperature":301}'
refused 'and time 0; 1e60 at most can be computed with' --set 'boundary[1].heat_flux="=1e200"'
steady='heat={"initial":300,"transient":false}'
refused 'nothing decides the level of a steady temperature' --set "$steady" --set 'boundary[0]={"on":"left","heat_flux":1}'
refused 'nothing decides the level of a steady temperature' --set "$steady" --set 'boundary[0]={"on":"left","heat_flux":1}' --set "$(convection '=0*x')"
for k in 0 -1 '[400,-400,400,0,0,0]'; do
    timeout 60 femd check "$scratch/bar.json" --set "materials.m={\"engine\":\"elastic\",\"young\":1e9,\"poisson\":0.3,\"conductivity\":$k,\"thermal\":{\"heat_capacity\":1e6}}" >"$scratch/refused.log" 2>&1
    [ $? = 2 ] && grep -q 'no positive conductivity' "$scratch/refused.log" || fail "check takes a conductivity of $k"
done
# iterations of heat that ask nothing cost nothing beside those of mechanics
both=(--set physics=thermomechanical --set 'boundary=[{"on":"left","displacement":[0,0,0]},{"on":"left","temperature":300}]')
evaluations() { timeout 60 femd check "$scratch/bar.json" "${both[@]}" "$@" | grep -F -- "$words" >/dev/null || fail "check $*: no word of \"$words\""; }
words='evaluations              192 (2 steps, about 4 evaluations of each point a step)' evaluations
words='evaluations              336 (2 steps, about 7 evaluations of each point a step)' evaluations --set 'materials.m={"engine":"elastic","young":1e9,"poisson":0.3,"heat_capacity":1e6,"thermal":{"conductivity":1}}'
# a convection that begins at nothing is none of these, nor is a body that only radiates
run_case grows --workers 1 "$scratch/bar.json" --set "$steady" --set 'boundary[0]={"on":"left","heat_flux":1}' --set "$(convection '=1e3*t')"
# a step too short for what the body stores is told
run_case short --workers 1 "$scratch/bar.json" --set steps.end_time=1e-30
grep -q 'of the load (0.001 W) is not in balance: flows of heat are not known better, by round-off' "$scratch/short/log.txt" || fail "a step below round-off is not told"
exit 0
