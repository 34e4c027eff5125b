#!/bin/bash
# A worker that hangs, or is stopped for ever, is ended and replaced; `femd run` says so and the run goes on with the same results, or ends
# with words where every worker hangs. One that hangs while opening is called hung too, and honours SIGTERM.
. "$FEMD_SOURCE/tests/integration/lib.sh"
hang="--task-deadline $patience --engine faulty=$FEMD_FAULTY_ENGINE --workers 2 $here/hang.json"

# an engine that stops its own process looks like a link that was lost, at every trial: it ends the run all the same; it is looked at last
start stops femd run --out "$scratch/stops" $hang --set materials.m.parameters.mode=5
stops=$pid

# every worker hangs at the same points: the run ends
timeout $((90 * patience)) femd run --out "$scratch/always" $hang >"$scratch/always.log" 2>&1
[ $? = 4 ] || fail "a point that hangs every worker: the run did not end with 4"
grep -q "worker . (pid [0-9]*) hangs.*it is killed, to be replaced" "$scratch/always.log" || fail "always: nothing is said of the worker that hangs"
grep -q "ended several workers and is not tried again: it ended [0-9]* workers; suspect is the engine faulty" "$scratch/always.log" || fail "always: no words of why it ended"
grep -q '"status": *"pool-lost"' "$scratch/always/summary.json" || fail "always: the summary does not say pool-lost"

# one hangs once: the same results as without
FAULTY_ONCE=$scratch/flag run_case once $hang
[ -f "$scratch/flag" ] || fail "once: nothing hung"
grep -q "hangs.*it is killed, to be replaced" "$scratch/once.log" || fail "once: nothing is said"
touch "$scratch/flag"
FAULTY_ONCE=$scratch/flag run_case never $hang
! grep -q hangs "$scratch/never.log" || fail "never: something hung"
same_outputs "$scratch/never" "$scratch/once" || fail "a worker that hung changed the results"

# one is stopped for ever
run_case undisturbed --workers 2 "$here/slow.json"
start stopped femd run --workers 2 --out "$scratch/stopped.out" "$here/slow.json"
run=$pid
wait_until 30 grep -qs "step 1" "$scratch/stopped.log" || fail "stopped: the run did not start"
worker=$(for p in $(descendants $run); do [ "$(cat /proc/$p/comm 2>/dev/null)" = femd-worker ] && echo $p; done | head -n 1)
kill -STOP $worker || fail "stopped: no worker"
exit_within 120 $run
[ $code = 0 ] || fail "stopped: exit code $code"
grep -q "(pid $worker) is stopped by a signal, and the server has lost it: it is killed" "$scratch/stopped.log" || gone $worker || fail "stopped: the worker is left"
same_outputs "$scratch/undisturbed" "$scratch/stopped.out" || fail "a worker that was stopped changed the results"

# by hand: whoever hangs in a point ends by itself, after more than twice the time that it has, and within 5 s where it is told to
other=ipc://$scratch/other
start other femd-server --bind "$other" --task-deadline $patience --silence 2
other_server=$pid
for one in hanger told; do
    start $one femd-worker --connect "$other" --engine "faulty=$FEMD_FAULTY_ENGINE"
    eval $one=$pid
done
start lost femd-macro --connect "$other" --out "$scratch/lost" "$here/hang.json"
hangs() { [ "$(grep -c "is dropped: no sign of progress" "$scratch/other.log")" -ge 2 ]; }
wait_until 30 hangs || fail "by hand: no worker hangs in a point"
kill -TERM $told
kill -9 $other_server

# one that hangs while it opens the material is called hung; SIGTERM ends it within the opening
start_server --task-deadline $patience
FAULTY_OPEN=1 start opener femd-worker --connect "$address" --engine "faulty=$FEMD_FAULTY_ENGINE"
opener=$pid
start macro femd-macro --connect "$address" --out "$scratch/byhand" --set materials.m.parameters.limit=1 "$here/hang.json"
macro=$pid
opening() { status_of | grep -q '"state":"opening"'; }
wait_until 20 opening || fail "the worker does not open the material"
kill -TERM $opener
exit_within 3 $opener
[ $code = 0 ] || fail "SIGTERM while opening: exit code $code"
grep -q "leaves (worker" "$scratch/server.log" || fail "SIGTERM while opening: the server was not told"
FAULTY_OPEN=1 start opener2 femd-worker --connect "$address" --engine "faulty=$FEMD_FAULTY_ENGINE"
wait_until 20 grep -q "is dropped: no sign of progress" "$scratch/server.log" || fail "a worker that hangs while opening is not noticed"
start healthy femd-worker --connect "$address" --engine "faulty=$FEMD_FAULTY_ENGINE"
exit_within 60 $macro
[ $code = 0 ] || fail "by hand: exit code $code"

# whoever hangs does not outlive its server for ever
start_server_anew() {
    kill -9 $server
    gone $server || sleep 0.2
    rm -f "$scratch/socket"
    start_server --task-deadline 60 --silence 2
}
start_server_anew
FAULTY_OPEN=1 start left femd-worker --connect "$address" --engine "faulty=$FEMD_FAULTY_ENGINE"
left=$pid
start alone femd-macro --connect "$address" --out "$scratch/alone" "$here/hang.json"
wait_until 20 opening || fail "the worker that is to be left does not open the material"
kill -9 $server
exit_within 15 $left
[ $code = 4 ] || fail "a worker that hangs while opening, its server gone: exit code $code"
grep -q "is gone, while a material is opened" "$scratch/left.log" || fail "nothing is said of the server that is gone"
exit_within 15 $told
[ $code = 0 ] || fail "told to end in a point that hangs: exit code $code"
exit_within 25 $hanger
[ $code = 4 ] || fail "a worker that hangs in a point: exit code $code"
grep -q "has shown no sign of progress" "$scratch/hanger.log" || fail "nothing is said of the engine that hangs"
exit_within 120 $stops
[ $code = 4 ] || fail "a point that stops every worker: the run did not end with 4"
grep -q "point [0-9]* .cell [0-9]*, material m. of step 3: .*it ended [0-9]* workers; suspect is the engine faulty" "$scratch/stops.log" || fail "stops: no words of why it ended"
exit 0
