#!/bin/bash
# A program that evaluates says at once that there is no room for its linear algebra (OpenBLAS would ask for it without end), and a
# solver that is told to end while its server does not answer ends within the time that batch systems leave it.
. "$FEMD_SOURCE/tests/integration/lib.sh"
start_server --quiet
without_room() { # CODE COMMAND...
    want=$1
    shift
    (ulimit -v 150000 && exec timeout 20 "$@") >"$scratch/small.log" 2>&1
    code=$?
    [ $code = "$want" ] || fail "$1 without room ended with $code, not $want"
    grep -q "no room for the 128 MiB that the linear algebra works in" "$scratch/small.log" || fail "$1 without room has no words"
}
export OPENBLAS_NUM_THREADS=1
without_room 4 femd-worker --connect "$address"
without_room 4 femd eval "$here/small.json"

start_worker worker
start macro femd-macro --connect "$address" --out "$scratch/out" --set steps.count=10000 --set output.checkpoint_every=10000 "$here/small.json"
macro=$pid
wait_until 30 sh -c "[ \$(grep -c . $scratch/out/history.csv) -gt 3 ]" || fail "the solver did not start"
kill -STOP $server
kill -TERM $macro
exit_within 10 $macro
kill -CONT $server
[ $code = 143 ] || fail "a solver without an answer, told to end, ended with $code, not 143"
grep -q "no checkpoint of step [0-9]* (the server does not answer); begin anew" "$scratch/macro.log" || fail "it does not say that there is no checkpoint"
! grep -q "go on with" "$scratch/macro.log" || fail "it tells to go on from nothing"
exit 0
