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
exit 0
