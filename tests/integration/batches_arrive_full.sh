#!/bin/bash
# An engine that likes 64 points at once gets them, through server and worker, and no answer depends on who is in a batch:
# batches of 1, 7 and 64 points on one worker or three, and with a worker killed within a batch, give the same bits.
. "$FEMD_SOURCE/tests/integration/lib.sh"
# law OUT ARGS...: a run whose engine appends the size of each batch to $scratch/sizes. One material for all of them, so
# that states have the same names; the batch comes from the environment.
law="--engine batch=$FEMD_BATCH_ENGINE --set materials.law.parameters.log=$scratch/sizes"
law() {
    rm -f "$scratch/sizes"
    run_case "$@" $law "$here/batches.json"
}
# mostly_full PERCENT BATCH: of all points so many came in batches of BATCH, and none in a larger one
mostly_full() {
    awk -v batch="$2" -v percent="$1" '{ all += $1; if ($1 == batch) full += $1; if ($1 > batch) larger++ }
        END { printf "%d points, %d in full batches, %d larger\n", all, full, larger; exit !(all && !larger && 100 * full >= percent * all) }' "$scratch/sizes"
}

timeout 60 femd check "$here/batches.json" $law >"$scratch/check.log" 2>&1 || fail "femd check ended with $?"
grep -q "ms a point, 64 of them at once" "$scratch/check.log" || fail "femd check does not time a batch"
FEMD_TEST_BATCH=64 law full --workers 1
mostly_full 80 64 || fail "batches of cheap points are not full"
# Points that are worth a message each come in batches too.
FEMD_TEST_BATCH=64 law dear --workers 2 --set materials.law.parameters.cost_us=5000 --set 'mesh.box.cells=[4,4,2]' --set steps.count=1
mostly_full 80 64 || fail "batches of dear points are not full"
for batch in 7 1; do
    FEMD_TEST_BATCH=$batch law "out$batch" --workers 3
    mostly_full 60 $batch || fail "batches of $batch are not full"
    same_outputs "$scratch/full" "$scratch/out$batch" || fail "batches of 64 and of $batch points differ"
done
# The comparison sees a law whose answers depend on the place in the batch.
FEMD_TEST_BATCH=64 law company --workers 1 --set materials.law.parameters.company=true
same_outputs "$scratch/full" "$scratch/company" >/dev/null && fail "the comparison does not see answers that depend on their company"

# Points of half a millisecond, and a worker that ends in the midst of them.
FEMD_TEST_BATCH=64 start chaos femd run --workers 2 --out "$scratch/chaos" $law --set materials.law.parameters.cost_us=500 "$here/batches.json"
run=$pid
wait_until 30 grep -q "listening on" "$scratch/chaos/log.txt" || fail "the server did not start"
address=$(sed -n 's/.*listening on \([^ ]*\).*/\1/p' "$scratch/chaos/log.txt" | head -n 1)
pick_victim() {
    victim=$(status_of | pick_worker started sole_committed)
    [ -n "$victim" ]
}
wait_until 60 pick_victim || fail "no worker came to hold a committed state alone with a started task"
kill -9 "$victim"
exit_within 120 $run
[ $code = 0 ] || fail "the run ended with $code after its worker was killed"
grep -q '"restarts": *[1-9]' "$scratch/chaos/summary.json" || fail "the summary does not count the restarted worker"
FEMD_TEST_BATCH=1 law calm --workers 2 --set materials.law.parameters.cost_us=500
same_outputs "$scratch/calm" "$scratch/chaos" || fail "a worker killed within a batch changed the result"
exit 0
