#!/bin/bash
# A host that says nothing of what it accepts: in two ranks with threads, saved, and gone on with at another server, it gets the
# bits of one rank that was never stopped.
. "$FEMD_SOURCE/tests/integration/lib.sh"
echo '{"engine":"native","structure":{"lattice":"fcc","a":"3.615 angstrom","species":["Cu"],"repeat":[2,2,2],"vacancies":{"count":1,"seed":7}},"potential":{"style":"eam/alloy","file":"Cu_mishin1.eam.alloy"}}' >"$scratch/copper.json"
host() { # NAME ARGUMENTS...
    name=$1
    shift
    start "$name" timeout 60 bash -c 'out=$1; shift; exec "$@" >"$out"' - "$scratch/$name.out" sweeping_host "$address" "$scratch/copper.json" "$@"
}
pool() { start_server --audit 0; start_worker "worker$1"; }
end_pool() {
    kill "$server" "$worker"
    exit_within 10 "$server"
    exit_within 10 "$worker"
    rm -f "$scratch/socket"
}
two_ranks() { # NAME FIRST LAST SAVE LOAD
    host "$1.0" 0 2 "$2" "$3" "$4" "$5"
    zero=$pid
    load=$5
    [ "$5" = - ] || load=$5.1
    host "$1.1" 1 2 "$2" "$3" "$4.1" "$load"
    for one in $zero $pid; do
        exit_within 60 "$one"
        [ $code = 0 ] || fail "$1 ended with $code"
    done
}
pool 1
host whole 0 1 1 6 - -
exit_within 60 "$pid"
[ $code = 0 ] || fail "one rank ended with $code"
two_ranks early 1 3 "$scratch/states" -
end_pool
pool 2
two_ranks late 4 6 "$scratch/again" "$scratch/states"
sort "$scratch/whole.out" >"$scratch/wanted"
[ "$(wc -l <"$scratch/wanted")" = 36 ] || fail "one rank has $(wc -l <"$scratch/wanted") answers"
cat "$scratch"/early.?.out "$scratch"/late.?.out | sort | cmp -s - "$scratch/wanted" || fail "other bits after the restart"
end_pool
# without the file of states the tokens are refused, at once and with words
cp "$scratch/states.host" "$scratch/bare.host"
printf 'FEMDST01\0\0\0\0\0\0\0\0' >"$scratch/bare"
pool 3
host bare 0 1 4 4 - "$scratch/bare"
exit_within 60 "$pid"
[ $code = 1 ] && grep -q "state" "$scratch/bare.log" || fail "tokens of another server were taken: $code"
end_pool
