#!/bin/bash
# lone_failure.sh MPIEXEC PROGRAM: a failure of one rank ends all ranks in bounded time, unless they agree on it.
set -u
run() { timeout 30 "$1" -n 2 --oversubscribe --bind-to none "$2" "$3" >"$log" 2>&1; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
fail() { echo "FAILED: $*"; cat "$log"; exit 1; }
run "$1" "$2" hang
code=$?
[ $code = 4 ] || fail "hang: exit code $code"
grep -q "rank 1 failed alone" "$log" || fail "hang: no words"
for mode in agree twice; do
    run "$1" "$2" $mode || fail "$mode: exit code $?"
    grep -q "both heard" "$log" || fail "$mode: nobody heard"
done
exit 0
