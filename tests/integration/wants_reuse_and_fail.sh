#!/bin/bash
# What output.wants asks of a converged step: what is sampled in one step is there in the next, and what does not converge
# is marked, told and counted while the mechanics goes on; or ends the run, if the case says so.
. "$FEMD_SOURCE/tests/integration/lib.sh"
column() { awk -F, -v c="$2" 'NR==1{for(i=1;i<=NF;i++)if($i==c)n=i} NR>1{print $n}' "$1" | tr '\n' ' '; }
run_case reuse --workers 2 "$here/conductivity.json"
sweeps=$(column "$scratch/reuse/history.csv" force_evaluations)
set -- $sweeps
[ "$1" -gt 10000 ] && [ "$2" -lt 100 ] && [ "$3" -lt 100 ] || fail "the steps took $sweeps sweeps"
cut="--set materials.argon.green-kubo.segment=3e-11"
timeout 100 femd run $cut --workers 2 --out "$scratch/marked" "$here/conductivity.json" >"$scratch/marked.log" 2>&1 || fail "a conductivity that does not converge ended the run with $?"
lost=$(column "$scratch/marked/history.csv" unanswered)
set -- $lost
[ "$1" -gt 0 ] && [ "$1" -le 6 ] || fail "unanswered: $lost"
paste -d' ' <(column "$scratch/marked/history.csv" right.x) <(column "$scratch/reuse/history.csv" right.x) |
    awk '{for(i=1;i<=3;i++)if(($i-$(i+3))^2>1e-24*$i^2)exit 1; if(NF!=6)exit 1}' || fail "the mechanics has changed"
grep -q "step 1: $1 points have no answer to output.wants; the first: point" "$scratch/marked.log" || fail "the terminal does not tell"
grep -q "no answer to output.wants.* set green-kubo.segment to [0-9]* ps or more; what was asked" "$scratch/marked.log" || fail "the terminal has not the worker's words"
grep -q "step 1: $1 points have no answer" "$scratch/marked/log.txt" || fail "log.txt does not tell"
grep -q "set green-kubo.segment" "$scratch/marked/log.txt" || fail "the log has not the worker's words"
timeout 100 femd run --quiet $cut --set output.if_unanswered=stop --workers 2 --out "$scratch/stopped" "$here/conductivity.json" >"$scratch/stopped.log" 2>&1
[ $? = 3 ] || fail "if_unanswered: stop did not end the run with 3"
[ "$(column "$scratch/stopped/history.csv" step)" = "1 " ] || fail "the step that converged is not there"
grep -q "if_unanswered" "$scratch/stopped.log" || fail "the end has no words"
exit 0
