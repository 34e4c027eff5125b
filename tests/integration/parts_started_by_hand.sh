#!/bin/bash
# Server, workers and solver on terminals of their own: no workers left -> says that it waits, goes on with a new one; solver killed
# -> server and workers serve others and its tasks are dropped; server killed -> all say so and end with code 4 within 10 s.
. "$FEMD_SOURCE/tests/integration/lib.sh"
start_server --silence 5
start_worker worker1
first=$worker
start macro femd-macro --connect "$address" --out "$scratch/hand" "$here/slow.json"
macro=$pid
wait_until 30 grep -q "step 1" "$scratch/macro.log" || fail "the solver did not start"
kill -9 $first
wait_until 15 grep -qi "waiting for workers" "$scratch/macro.log" || fail "the live line does not say that it waits for workers"
start_worker worker2
second=$worker
exit_within 120 $macro
[ $code = 0 ] || fail "the solver ended with $code after a new worker came"
run_case calm --workers 1 "$here/slow.json"
same_outputs "$scratch/calm" "$scratch/hand" || fail "losing all workers changed the result"

start victim femd-macro --connect "$address" --out "$scratch/victim" --set steps.count=1000 "$here/slow.json"
macro=$pid
wait_until 30 grep -q "step 1" "$scratch/victim.log" || fail "the second solver did not start"
sleep 0.5
kill -9 $macro
idle() { status_of >"$scratch/status.json" && grep -q '"queued":[[:space:]]*0' "$scratch/status.json"; }
wait_until 15 idle || fail "tasks of the killed solver stay queued: $(cat "$scratch/status.json")"
timeout 60 femd-macro --quiet --connect "$address" --out "$scratch/next" "$here/small.json" >"$scratch/next.log" 2>&1 || fail "another client is not served any more"

start last femd-macro --connect "$address" --out "$scratch/last" --set steps.count=1000 "$here/slow.json"
macro=$pid
wait_until 30 grep -q "step 1" "$scratch/last.log" || fail "the third solver did not start"
kill -9 $server
exit_within 10 $macro
[ $code = 4 ] || fail "the solver ended with $code, not 4, when the server died"
grep -qi "server" "$scratch/last.log" || fail "the solver has no words about the server"
exit_within 10 $second
[ $code = 4 ] || fail "the worker ended with $code, not 4, when the server died"
grep -qi "server" "$scratch/worker2.log" || fail "the worker has no words about the server"
