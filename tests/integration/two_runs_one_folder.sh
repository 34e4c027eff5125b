#!/bin/bash
# A second run into the folder of a running one is refused with the first's pid and start, whoever starts it, resumed or
# not, and touches nothing there; the first one's results are those of a run alone. A killed run leaves no lock behind.
. "$FEMD_SOURCE/tests/integration/lib.sh"
slow=$here/slow.json

# refused PID COMMAND...: exit 2 with the pid and start of the run that works there, and log.txt as it was
refused() {
    owner=$1
    shift
    before=$(stat -c %i "$scratch/out/log.txt" && head -c 200 "$scratch/out/log.txt")
    timeout 60 "$@" >"$scratch/refused.log" 2>&1
    code=$?
    [ $code = 2 ] || fail "$* ended with $code, not 2"
    grep -qE "another run works in this folder \(pid $owner, started 20[0-9-]+ [0-9:]+ UTC\)" "$scratch/refused.log" || fail "$*: no pid $owner and start"
    [ "$before" = "$(stat -c %i "$scratch/out/log.txt" && head -c 200 "$scratch/out/log.txt")" ] || fail "$*: touched log.txt"
}

start first femd run --quiet --out "$scratch/out" --set steps.count=100000 "$slow" # until it is killed
first=$pid
wait_until 60 test -f "$scratch/out/checkpoint.h5" || fail "the first run did not begin"
solver=$(for one in $(descendants $first); do [ "$(cat /proc/$one/comm)" = femd-macro ] && echo $one; done)
[ -n "$solver" ] || fail "no solver of the first run"
for one in $(descendants $first); do [ "$(cat /proc/$one/comm)" != femd-worker ] || kill -STOP $one; done # the run stands still meanwhile
refused $first femd run --quiet --out "$scratch/out" "$slow"
refused $first femd run --quiet --resume --out "$scratch/out" "$slow"
start_server
start_worker worker
refused $solver femd-macro --connect "$address" --out "$scratch/out" "$slow"
refused $solver femd-macro --connect "$address" --out "$scratch/out" --resume "$slow"
kill -9 $first
exit_within 30 $first
wait_until 30 gone $solver || fail "the solver outlives its launcher"
quick=(--set steps.count=4 "$slow")
run_case out "${quick[@]}"
[ ! -e "$scratch/out/.femd.lock" ] || fail "the lock stays behind"

# Two that begin together: one of them does it all.
femd run --quiet --out "$scratch/both" "${quick[@]}" >"$scratch/a.log" 2>&1 &
one=$!
femd run --quiet --out "$scratch/both" "${quick[@]}" >"$scratch/b.log" 2>&1 &
two=$!
started="$started $one $two"
wait $one
a=$?
wait $two
b=$?
[ $((a + b)) = 2 ] && [ $((a * b)) = 0 ] || fail "two runs at once ended with $a and $b"
same_outputs "$scratch/out" "$scratch/both" || fail "the one that was left is no run alone"
exit 0
