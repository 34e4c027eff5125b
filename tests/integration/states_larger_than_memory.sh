#!/bin/bash
# States that together are much larger than a worker's memory: what it gives up goes to the server, nothing is made
# again, and the results are the same.
. "$FEMD_SOURCE/tests/integration/lib.sh"
states="--set materials.m.parameters.limit=1 --set materials.m.parameters.state=527000 $here/hang.json"
run_case roomy --workers 1 --engine "faulty=$FEMD_FAULTY_ENGINE" $states
start_server
for i in 1 2; do start worker$i femd-worker --connect "$address" --memory 1 --engine "faulty=$FEMD_FAULTY_ENGINE"; done
timeout 60 femd-macro --quiet --connect "$address" --out "$scratch/narrow" $states >"$scratch/narrow.log" 2>&1 || fail "the solver ended with $?"
same_outputs "$scratch/roomy" "$scratch/narrow" || fail "workers with little memory changed the results"
status_of >"$scratch/status.log"
grep -q '"remade":0,' "$scratch/status.log" || fail "evaluations were made again"
grep -q '"materials":\[\]' "$scratch/status.log" || fail "the material outlives its run"
# the same for people: one line a node, no raw numbers of bytes
femd status --connect "$address" >"$scratch/people.log" 2>&1 || fail "femd status ended with $?"
grep -q "^ipc:.*: femd .*, level x86-64-v3, up [0-9.]* s$" "$scratch/people.log" || fail "femd status: no first line"
grep -Eq "^  $(hostname) +2 workers: 2 idle; [0-9]+ answers, 0 states$" "$scratch/people.log" || fail "femd status: no line of the node"
grep -q "^  no runs$" "$scratch/people.log" || fail "femd status: a run where there is none"
grep -Eq "MiB of [0-9.]+ MiB: states 0.0 MiB" "$scratch/people.log" || fail "femd status: no memory"
exit 0
