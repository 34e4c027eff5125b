#!/bin/bash
# Heat and mechanics, iterated: 2 and 4 workers, a run killed in the middle of the transient and resumed by one worker: the
# same bits; two ranks agree. And kill -9 of a worker in a step of heat alone: the same bits.
. "$FEMD_SOURCE/tests/integration/lib.sh"
run_case whole --workers 2 "$here/both.json"
run_case more --workers 4 "$here/both.json"
same_outputs "$scratch/whole" "$scratch/more" || fail "2 and 4 workers differ"
head -n 1 "$scratch/whole/history.csv" | grep -q ',work_stress,work_balance,passes,energy.heat,power.heat,first_law.heat,coupling_delta_error,coupling_error$' || fail "the account has no columns"
# What the atoms' energies grow by is work and heat, to a thousandth once the stress of the start is released.
awk -F, 'NR > 2 && !($(NF - 2) * $(NF - 2) < 1e-6 * $(NF - 4) * $(NF - 4) && $(NF - 5) > 1) { exit 1 }' "$scratch/whole/history.csv" || fail "the first law does not hold: $(cat "$scratch/whole/history.csv")"
run_case ranks --workers 2 --ranks 2 "$here/both.json"
same_outputs "$scratch/whole" "$scratch/ranks" 1e-6 || fail "1 and 2 ranks differ"

start broken femd run --workers 2 --out "$scratch/part" "$here/both.json"
wait_until 60 test -s "$scratch/part/checkpoint.h5" || fail "no checkpoint appeared"
kill -9 $pid
tree_gone() { ! pgrep -f "$scratch/part" >/dev/null; }
wait_until 20 tree_gone || fail "processes are left after the launcher was killed: $(pgrep -af "$scratch/part")"
timeout 300 femd run --quiet --workers 1 --resume --out "$scratch/part" "$here/both.json" >"$scratch/resume.log" 2>&1 || fail "resume ended with $?"
same_outputs "$scratch/whole" "$scratch/part" || fail "the resumed run differs"

# A conductivity that is sampled beside passes that are repeated: they settle, on the same bits.
sampled=(--set 'materials.argon.method={"stress":"quasiharmonic","conductivity":"green-kubo"}' --set 'materials.argon.thermal={}'
         --set 'materials.argon.quasiharmonic.mesh=[1,1,1]' --set 'materials.argon.potential.cutoff="7 angstrom"' --set heat.accuracy=0.1 --set 'heat.coupling.iterate=1e-3'
         --set 'materials.argon.green-kubo={"accuracy":0.5,"symmetry":"isotropic","min_segments":2}' --set steps.count=2)
for n in 1 4; do run_case sampled$n --workers $n "$here/both.json" "${sampled[@]}"; done
same_outputs "$scratch/sampled1" "$scratch/sampled4" || fail "1 and 4 workers differ where a conductivity is sampled"
python3 - "$scratch/sampled1/history.csv" <<'E3' || fail "samples or passes are not as they should be: $(cat "$scratch/sampled1/history.csv")"
import csv, sys
last = list(csv.DictReader(open(sys.argv[1])))[-1]
sys.exit(not (int(last["samples"]) >= 3 and float(last["flow_error"]) <= 0.1 and 2 <= int(last["passes"]) <= 12))
E3

cat >"$scratch/heat.json" <<'E2'
{"femd": 1, "physics": "thermal", "heat": {"initial": "300 K", "source": 1e17},
 "mesh": {"box": {"size": ["10 nm", "10 nm", "10 nm"], "cells": [1, 1, 1]}}, "element": {"type": "P1"},
 "materials": {"copper": {"engine": "native", "method": "quasiharmonic",
   "structure": {"lattice": "fcc", "a": "3.615 angstrom", "species": ["Cu"], "repeat": [2, 2, 1]}, "quasiharmonic": {"mesh": [2, 2, 1]},
   "potential": {"style": "eam/alloy", "file": "Cu_mishin1.eam.alloy"},
   "thermal": {"conductivity": "400 W/(m K)"}}},
 "boundary": [{"on": "left", "temperature": "=300+1e13*t"}], "steps": {"count": 12, "end_time": 4e-12}}
E2
a_killed_worker_changes_nothing "$scratch/heat.json" started
