#!/bin/bash
# A strain that kills every worker ends the run with 4, and the terminal names point, element, material and engine, however many
# workers there are; femd eval and femd check survive such an engine, and one that hangs, with words and 4.
. "$FEMD_SOURCE/tests/integration/lib.sh"
faulty="--engine faulty=$FEMD_FAULTY_ENGINE"
# of mode 3 the process ends without a trace, and what it had begun is often not told any more
for trial in "1 1" "3 1" "1 3" "3 3"; do
    set -- $trial
    out="$scratch/run$1$2"
    timeout 60 femd run --workers $2 --out "$out" $faulty --set materials.m.parameters.mode=$1 "$here/hang.json" >"$out.log" 2>&1
    [ $? = 4 ] || fail "mode $1, $2 workers: the run did not end with 4"
    grep -Eq "femd-macro: point [0-9]+ .cell [0-9]+, material m. of step 3: the request ended several workers and is not tried again: it ended [0-9]+ workers; suspect is the engine faulty" "$out.log" ||
        fail "mode $1, $2 workers: the point is not named"
    grep -Eq "died: .*, while it evaluated point [0-9]+ of step 3.* .the engine is suspect." "$out.log" || fail "mode $1, $2 workers: nothing is said at a death"
    ! grep -q "start one with" "$out.log" || fail "mode $1, $2 workers: the user is told to start workers"
    grep -q '"status": *"pool-lost"' "$out/summary.json" || fail "mode $1, $2 workers: the summary does not say pool-lost"
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
