#!/bin/bash
# kill -9 of a worker that has a started task and the only worker-side copy of a committed state: the run finishes, same bits.
. "$FEMD_SOURCE/tests/integration/lib.sh"
run_case calm --workers 2 "$here/slow.json"

start chaos femd run --workers 2 --out "$scratch/chaos" "$here/slow.json"
run=$pid
wait_until 30 grep -q "listening on" "$scratch/chaos/log.txt" || fail "the server did not start"
address=$(sed -n 's/.*listening on \([^ ]*\).*/\1/p' "$scratch/chaos/log.txt" | head -n 1)
# pick_victim: the pid of a worker with a started task and states that no other worker holds
pick_victim() {
    victim=$(status_of | pick_worker started sole_committed)
    [ -n "$victim" ]
}
proven=
for try in $(seq 40); do
    wait_until 60 pick_victim || fail "no worker came to hold a committed state alone with a started task"
    kill -STOP "$victim" # frozen: what the server says of it now stays true
    sleep 0.2
    if [ "$(status_of | pick_worker started sole_committed "$victim")" = "$victim" ]; then
        proven=1
        kill -9 "$victim"
        break
    fi
    kill -CONT "$victim"
done
[ -n "$proven" ] || fail "no victim with a started task stayed"
exit_within 120 $run
[ $code = 0 ] || fail "the run ended with $code after its worker was killed"
same_outputs "$scratch/calm" "$scratch/chaos" || fail "killing a worker changed the result"
grep -q '"restarts": *[1-9]' "$scratch/chaos/summary.json" || fail "the summary does not count the restarted worker"
