#!/bin/bash
# A run that was killed after some steps and resumed ends with the bits of one that was not.
. "$FEMD_SOURCE/tests/integration/lib.sh"
run_case whole --workers 2 "$here/small.json"
start broken femd run --workers 2 --out "$scratch/part" "$here/small.json"
wait_until 60 test -s "$scratch/part/checkpoint.h5" || fail "no checkpoint appeared"
kill -9 $pid
tree_gone() { ! pgrep -f "$scratch/part" >/dev/null; }
wait_until 20 tree_gone || fail "processes are left after the launcher was killed: $(pgrep -af "$scratch/part")"
timeout 300 femd run --quiet --workers 2 --resume --out "$scratch/part" "$here/small.json" >"$scratch/resume.log" 2>&1 || fail "resume ended with $?"
same_outputs "$scratch/whole" "$scratch/part" || fail "the resumed run differs"
# A stop in good order loses no committed step, however seldom checkpoints are.
start stopped femd run --workers 2 --out "$scratch/stop" --set output.checkpoint_every=50 "$here/small.json"
committed() { [ "$(wc -l <"$scratch/stop/history.csv")" -ge 2 ]; }
wait_until 60 committed || fail "no step was committed"
kill -TERM $pid
exit_within 30 $pid
[ $code = 143 ] || fail "the stopped run ended with $code"
[ -s "$scratch/stop/checkpoint.h5" ] || fail "the stopped run left no checkpoint"
last=$(tail -n 1 "$scratch/stop/history.csv" | cut -d, -f1)
timeout 300 femd run --quiet --workers 2 --resume --out "$scratch/stop" "$here/small.json" >"$scratch/resume2.log" 2>&1 || fail "resume after a stop ended with $?"
grep -q "\"resumed_from\": $last" "$scratch/stop/summary.json" || fail "the resumed run did not go on from step $last"
same_outputs "$scratch/whole" "$scratch/stop" || fail "the run resumed after a stop differs"
# Another case must not be resumed from this checkpoint.
timeout 60 femd run --quiet --resume --out "$scratch/part" "$here/small.json" --set seed=99 >"$scratch/other.log" 2>&1
[ $? = 2 ] || fail "a checkpoint of another case was accepted"
exit 0
