#!/bin/bash
# A worker is restarted three times; when all are gone for good the run says so and ends with code 4.
. "$FEMD_SOURCE/tests/integration/lib.sh"
start doomed femd run --workers 1 --out "$scratch/doomed.out" --set steps.count=1000 "$here/slow.json"
run=$pid
kill_worker() { for p in $(descendants $run); do [ "$(cat /proc/$p/comm 2>/dev/null)" = femd-worker ] && kill -9 $p && kills=$((kills + 1)); done; gone $run; }
kills=0
wait_until 60 kill_worker || fail "the run goes on without workers"
exit_within 5 $run
[ $code = 4 ] || fail "exit code $code, not 4"
[ $kills -ge 4 ] || fail "only $kills workers were ever started: no restart was tried"
grep -q "worker" "$scratch/doomed.log" || fail "no words about the workers"
