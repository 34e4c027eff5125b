#!/bin/bash
# `femd run` leaves no process and no temporary folder behind, whichever part dies and whatever ends the launcher.
. "$FEMD_SOURCE/tests/integration/lib.sh"
export TMPDIR=$scratch/tmp
mkdir "$TMPDIR"

# begin NAME: a run that has passed its first step's start; its processes are in $tree
begin() {
    start "$1" femd run --workers 2 --out "$scratch/$1.out" --set steps.count=1000 "$here/slow.json"
    run=$pid
    wait_until 30 grep -qs "step 1" "$scratch/$1.log" || fail "$1: the run did not start"
    tree=$(descendants $run)
    macro=$(for p in $tree; do [ "$(cat /proc/$p/comm 2>/dev/null)" = femd-macro ] && echo $p; done | head -n 1)
    server=$(for p in $tree; do [ "$(cat /proc/$p/comm 2>/dev/null)" = femd-server ] && echo $p; done | head -n 1)
    [ -n "$macro" ] && [ -n "$server" ] || fail "$1: parts not found"
}
ended() { # NAME EXPECTED-CODE...
    name=$1
    shift
    exit_within 30 $run
    case " $* " in *" $code "*) ;; *) fail "$name: exit code $code, not $*" ;; esac
    wait_until 10 all_gone $tree || fail "$name: processes are left"
    [ -z "$(ls -A "$TMPDIR")" ] || fail "$name: left in the temporary folder: $(ls -A "$TMPDIR")"
}
begin interrupted && kill -INT $run && ended interrupted 130
begin terminated && kill -TERM $run && ended terminated 143 130
begin macro_killed && kill -9 $macro && ended macro_killed 4
begin server_killed && kill -9 $server && ended server_killed 4
grep -q "femd-server died: signal 9" "$scratch/server_killed.log" || fail "not told that the server died: $(tail -n 3 "$scratch/server_killed.log")"
begin server_told && kill -TERM $server && ended server_told 4
grep -q "femd-server was told to end" "$scratch/server_told.log" || fail "not told that somebody ended the server: $(tail -n 3 "$scratch/server_told.log")"

begin launcher_killed && kill -9 $run
wait_until 20 all_gone $tree || fail "launcher_killed: processes are left"
exit 0
