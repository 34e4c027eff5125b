#!/bin/bash
# A worker that is sure and wrong, on the real programs: with --audit 1 and three workers it is outvoted, and the run ends
# with the bits of an undisturbed one; of two the run ends with 4; with a smaller share it ends with one or the other, and
# never with other numbers; a worker alone cannot be audited, and that is told.
. "$FEMD_SOURCE/tests/integration/lib.sh"
engine=batch=$FEMD_BATCH_ENGINE
# pool SHARE LIE HONEST: a server, a liar and so many honest workers
pool() {
    start_server --audit "$1"
    pids=$server
    FEMD_TEST_LIE=$2 start liar femd-worker --connect "$address" --engine "$engine"
    liar=$pid
    pids="$pids $liar"
    for i in $(seq 1 "$3"); do
        start "honest$i" femd-worker --connect "$address" --engine "$engine"
        pids="$pids $pid"
    done
    all_here() { [ "$(status_of | tr , '\n' | grep -c '"level"')" -gt "$3" ] && [ "$(grep -l 'as worker' "$scratch"/liar.log "$scratch"/honest*.log 2>/dev/null | wc -l)" = $(($3 + 1)) ]; }
    wait_until 20 all_here "$@" || fail "the workers did not come"
}
end_pool() {
    kill $pids 2>/dev/null
    for one in $pids; do exit_within 10 "$one"; done
    rm -f "$scratch"/honest*.log
}
solve() {
    timeout 120 femd-macro --quiet --connect "$address" --out "$scratch/$1" "$here/batches.json" >"$scratch/$1.log" 2>&1
    code=$?
}
told() { sed -n "s/.*\"$2\": *\([0-9]*\).*/\1/p" "$scratch/$1/summary.json" | head -n 1; }

run_case calm --workers 1 --engine "$engine" "$here/batches.json"

for lie in "every 20" shift later; do
    name=outvoted-${lie%% *}
    pool 1 "$lie" 2
    solve "$name"
    [ $code = 0 ] || fail "$lie: a liar among three: the solver ended with $code"
    same_outputs "$scratch/calm" "$scratch/$name" || fail "$lie: a liar among three changed the result"
    [ "$(told "$name" convicted)" = 1 ] || fail "$lie: the summary tells of no conviction"
    status_of >"$scratch/status.log"
    grep -q '"quarantined"' "$scratch/status.log" || fail "$lie: nobody is in quarantine"
    end_pool
done

pool 1 "every 20" 1
solve two
[ $code = 4 ] || fail "a liar beside one other: the solver ended with $code, not 4"
grep -q "two different answers were given" "$scratch/two.log" || fail "a liar beside one other: no words"
end_pool

pool 0.02 later 2
solve share
if [ $code = 0 ]; then
    same_outputs "$scratch/calm" "$scratch/share" || fail "a smaller share: other numbers and 0"
else
    [ $code = 4 ] || fail "a smaller share: the solver ended with $code"
    grep -q "step [0-9]* and what follows is in doubt.*go on from step" "$scratch/share.log" || fail "a smaller share: no words"
fi
end_pool

pool 1 "every 20" 0
solve alone
[ $code = 0 ] || fail "a worker alone: the solver ended with $code"
[ "$(told alone unaudited)" -gt 0 ] || fail "a worker alone: nobody is told that nothing was audited"
end_pool
exit 0
