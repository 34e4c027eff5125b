#!/bin/bash
# Which shared object an engine's name means is the worker's own affair: a pool whose workers lack the name ends the run
# with 4 and words, one worker that has it does all the work beside one that has not, and a path in a case is refused.
. "$FEMD_SOURCE/tests/integration/lib.sh"
solve() { timeout 60 femd-macro --quiet --connect "$address" --out "$scratch/$1" "$here/batches.json" --set materials.law.parameters.batch=7 >"$scratch/$1.log" 2>&1; }
start_server
start without femd-worker --connect "$address"
without=$pid
solve lacking
code=$?
[ $code = 4 ] || fail "a pool without the engine: the solver ended with $code, not 4"
grep -q 'no engine "batch".*knows none.*--engine NAME=PATH' "$scratch/lacking.log" || fail "a pool without the engine: no words"
start with femd-worker --connect "$address" --engine "batch=$FEMD_BATCH_ENGINE"
with=$pid
wait_until 10 grep -q "as worker" "$scratch/with.log" || fail "the second worker did not start"
solve mixed || fail "a pool of which one worker has the engine: the solver ended with $?"
run_case alone --workers 1 --engine "batch=$FEMD_BATCH_ENGINE" --set materials.law.parameters.batch=7 "$here/batches.json"
same_outputs "$scratch/alone" "$scratch/mixed" || fail "a worker without the engine changed the result"
kill -0 $without $with || fail "a worker did not live on"
# numbers that are none are no answer
femd eval --engine "faulty=$FEMD_FAULTY_ENGINE" "$here/hang.json" --set materials.m.parameters.mode=4 --strain 0.01 0 0 0 0 0 --json >"$scratch/nan.out" 2>"$scratch/nan.log"
[ $? = 3 ] || fail "an answer that is not finite: exit code is not 3"
grep -q 'the user.s engine "faulty" (libfaulty_engine.so) answered with a number that is not finite' "$scratch/nan.log" || fail "an answer that is not finite: no words"
timeout 60 femd run --workers 1 --out "$scratch/nan" --engine "faulty=$FEMD_FAULTY_ENGINE" "$here/hang.json" --set materials.m.parameters.mode=4 --set steps.max_cuts=1 --set materials.m.parameters.limit=1e-5 >"$scratch/nanrun.log" 2>&1
[ $? = 3 ] || fail "a run whose answers are not finite: exit code is not 3"
grep -q 'given up after 2 attempts at it (2 failed in this run).*point answers failed; the first: point .* not finite' "$scratch/nanrun.log" || fail "a run whose answers are not finite: no words"
grep -q '"message": .* not finite' "$scratch/nan/summary.json" || fail "a run whose answers are not finite: no words in its record"
exit 0
