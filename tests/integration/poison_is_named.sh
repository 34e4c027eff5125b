#!/bin/bash
# A strain that kills every worker ends the run with 4, and the terminal names point, element and material, however many
# workers there are; femd eval and femd check survive such an engine, and one that hangs, with words and 4.
. "$FEMD_SOURCE/tests/integration/lib.sh"
faulty="--engine faulty=$FEMD_FAULTY_ENGINE"
for workers in 1 3; do
    timeout 60 femd run --workers $workers --out "$scratch/run$workers" $faulty --set materials.m.parameters.mode=1 "$here/hang.json" >"$scratch/run$workers.log" 2>&1
    [ $? = 4 ] || fail "$workers workers: the run did not end with 4"
    grep -Eq "femd-macro: point [0-9]+ .cell [0-9]+, material m. of step 3: the request ended several workers|all workers are lost: worker .* ended while it evaluated point [0-9]+ of step 3" "$scratch/run$workers.log" ||
        fail "$workers workers: the point is not named"
    grep -q '"status": *"pool-lost"' "$scratch/run$workers/summary.json" || fail "$workers workers: the summary does not say pool-lost"
done
# ends MODE WORDS COMMAND...: with 4 and these words
ends() {
    mode=$1 words=$2
    shift 2
    timeout 20 "$@" $faulty --set "materials.m.parameters.mode=$mode" --set materials.m.parameters.limit=-1 "$here/hang.json" >"$scratch/ends.out" 2>"$scratch/ends.log"
    code=$?
    [ $code = 4 ] || fail "$* of mode $mode ended with $code, not 4"
    grep -q "$words" "$scratch/ends.log" || fail "$* of mode $mode: no words"
}
for command in "femd eval" "femd check"; do
    ends 1 "died.*signal 6" $command
    ends 2 "no sign of progress for 1 s.*--deadline" $command --deadline 1
    ends 3 "ended by itself" $command
    FAULTY_OPEN=1 ends 0 "no sign of progress for 2 s" $command --deadline 1
done
FAULTY_OPEN=1 ends 0 "no sign of progress for 2 s" femd run --task-deadline 1 --workers 1 --out "$scratch/opens"
[ ! -e "$scratch/opens" ] || fail "a run that did not begin has left a folder"
exit 0
