#!/bin/bash
# Arc-length control through the whole program: an engine whose stress falls beyond a strain of 5 % is followed past its
# peak, down the softening branch, and a run that ended on the way goes on where it stood; loads of which no path can be
# followed are refused by check and run.
. "$FEMD_SOURCE/tests/integration/lib.sh"
column() { awk -F, -v c="$2" 'NR==1{for(i=1;i<=NF;i++)if($i==c)n=i} NR>1{print $n}' "$1"; }
cat >"$scratch/bar.json" <<'EOF'
{"femd": 1, "mesh": {"box": {"size": ["1 um", "1 um", "1 um"], "cells": [1, 1, 1]}}, "element": {"type": "Q1"},
 "materials": {"m": {"engine": "user", "name": "faulty", "parameters": {"limit": 9, "softening": 2.5e8}}},
 "boundary": [{"on": "left", "displacement": [0, null, null]}, {"on": "front", "displacement": [null, 0, null]},
              {"on": "bottom", "displacement": [null, null, 0]}, {"on": "right", "traction": ["5 GPa", 0, 0]}],
 "output": {"probes": [{"name": "end", "at": ["1 um", 0, 0]}]},
 "steps": {"count": 10, "control": "arc-length", "max_steps": 24}}
EOF
case="--engine faulty=$FEMD_FAULTY_ENGINE $scratch/bar.json"
run_case whole --workers 1 $case
paste -d' ' <(column "$scratch/whole/history.csv" load_factor) <(column "$scratch/whole/history.csv" end.ux) |
    awk '{u = $2 / 1e-6; E = u + u * u / 2; P = (1 + u) * 1e11 * E * exp(-E * E / 0.005)
          if (($1 * 5e9 - P) ^ 2 > 1e-14 * P * P) exit 1
          if ($1 > peak) peak = $1
          last = $1
          if (u < gone) exit 1
          gone = u}
         END {if (NR != 24 || !(last < 0.5 * peak) || !(peak > 0.62 && peak < 0.65)) exit 1}' || fail "the path is not that of the law"
grep -q "step .*: unstable" "$scratch/whole/log.txt" || fail "the peak is not told"
grep -q "step .*: unstable" "$scratch/whole.log" || fail "--quiet hides that the body is unstable"
run_case part --workers 1 --set steps.max_steps=9 $case
timeout 60 femd run --quiet --resume --workers 1 --out "$scratch/part" $case >"$scratch/resumed.log" 2>&1 || fail "--resume ended with $?"
[ "$(column "$scratch/part/history.csv" end.ux)" = "$(column "$scratch/whole/history.csv" end.ux)" ] || fail "a resumed path is another"
for entry in '"follower_pressure": 1e6' '"turned": {"axes": {"axis": [0, 1, 0], "angle": 0}, "displacement": [null, null, 0]}'; do
    for what in check "run --workers 1 --out $scratch/refused"; do
        timeout 60 femd $what --set "boundary[3]={\"on\": \"right\", $entry}" $case >"$scratch/refused.log" 2>&1
        [ $? = 2 ] || fail "$what of arc-length control with $entry did not end with 2"
        grep -q '"arc-length" does not go with turned, rigid, periodic or follower_pressure' "$scratch/refused.log" || fail "$what: no words for $entry"
    done
    [ ! -e "$scratch/refused" ] || fail "a refused run left its folder"
done
exit 0
