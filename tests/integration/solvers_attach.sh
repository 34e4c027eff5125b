#!/bin/bash
# femd serve: the address is one line on standard output and in a file; a solver that attaches gets the bits of femd run;
# a worker that dies is replaced; the end, by a signal or by an admin, leaves nothing behind; off the loopback there are keys.
. "$FEMD_SOURCE/tests/integration/lib.sh"
unset FEMD_KEY FEMD_KEYS
export OMPI_MCA_oob_tcp_if_include=lo

# serve NAME ARGS...: its address is $address, its pid $serve
serve() {
    name=$1
    shift
    start "$name" bash -c 'out=$1; shift; TMPDIR=$1; shift; export TMPDIR; exec "$@" >"$out"' - "$scratch/$name.out" "$private" femd serve "$here/small.json" --address-file "$scratch/at" "$@"
    serve=$pid
    wait_until 20 test -e "$scratch/at" || fail "$name: no address"
    address=$(cat "$scratch/at")
    wait_until 5 test -s "$scratch/$name.out" || fail "$name: no line"
    [ "$(cat "$scratch/$name.out")" = "$address" ] || fail "$name: standard output is not the address alone"
    [ "$(stat -c %a "$scratch/at")" = 600 ] || fail "$name: others may read the address"
}
solve() { # OUT ARGS...
    out=$1
    shift
    timeout 60 femd-macro --quiet --connect "$address" --out "$scratch/$out" "$@" "$here/small.json" >"$scratch/$out.log" 2>&1 ||
        fail "the solver ended with $?"
}
nothing_is_left() {
    [ ! -e "$scratch/at" ] || fail "$1: the address is still there"
    [ -z "$(ls "$private")" ] || fail "$1: something is left: $(ls "$private")"
    all_gone $2 || fail "$1: a process is left"
}
private=$scratch/tmp # where its folder is made, which nobody else uses
mkdir "$private"

run_case calm --workers 1 "$here/small.json"
serve usual --workers 2
folder=$(dirname "${address#ipc://}")
[ "$(stat -c %a "$folder")" = 700 ] || fail "others may enter the server's folder"
solve attached
same_outputs "$scratch/calm" "$scratch/attached" || fail "a solver that attaches has other bits"
kill -9 "$(pgrep -P "$serve" -x femd-worker | head -n 1)"
wait_until 10 grep -q "starting it again" "$scratch/usual.log" || fail "a worker that died is not replaced"
wait_until 10 sh -c "femd status --connect $address | grep -q ' 2 workers'" || fail "there are not two workers again"
parts=$(descendants "$serve")
kill -INT "$serve"
exit_within 10 "$serve"
[ $code = 0 ] || fail "Ctrl-C ends it with $code"
nothing_is_left "Ctrl-C" "$parts"

HOME=$scratch serve keyed --bind 'tcp://0.0.0.0:*' --workers 1
keys=$scratch/.femd/keys
[ "$(stat -c %a "$keys/worker.key")" = 600 ] && grep -q "client.key" "$scratch/keyed.log" || fail "no keys, or no words about them"
[ "${address%:*}" = "tcp://$(hostname)" ] || fail "$address is no address for another machine"
address=tcp://127.0.0.1:${address##*:}
timeout 10 femd status --connect "$address" >"$scratch/stranger.log" 2>&1 && fail "a peer without a key got in"
solve with_key --key "$keys/client.key"
same_outputs "$scratch/calm" "$scratch/with_key" || fail "keys changed the result"
parts=$(descendants "$serve")
timeout 10 femd admin stop --connect "$address" --key "$keys/admin.key" >"$scratch/stop.log" 2>&1 || fail "no stop"
exit_within 10 "$serve"
[ $code = 0 ] || fail "an admin ends it with $code"
grep -q "was told to end" "$scratch/keyed.log" && ! grep -q "starting it again" "$scratch/keyed.log" || fail "words of its end"
nothing_is_left "an admin" "$parts"

# without a case: a file of materials is enough for somebody else's solver
echo '{"materials":{"a":{"engine":"elastic","young":"1 GPa","poisson":0.3},"b":{"engine":"elastic","young":"1 GPa","poisson":0.2}}}' >"$scratch/two.json"
echo '{"engine":"elastic","young":"1 GPa","poisson":0.3}' >"$scratch/one.json"
for file in one two; do
    start "$file" env TMPDIR="$private" femd serve "$scratch/$file.json" --address-file "$scratch/at" --workers 1
    alone=$pid
    wait_until 20 test -e "$scratch/at" || fail "$file.json is not served"
    kill -INT "$alone"
    exit_within 10 "$alone"
    sed -i 's/0\.[32]}/0.7}/' "$scratch/$file.json"
    TMPDIR=$private timeout 20 femd serve "$scratch/$file.json" --workers 1 >"$scratch/$file.log" 2>&1
    [ $? = 2 ] && grep -q "$file.json: .*poisson" "$scratch/$file.log" || fail "$file.json is wrong, and not refused"
done

# refused before anything starts, or as soon as it cannot be told where the server is
TMPDIR=$private timeout 20 femd serve "$scratch/nothing" >"$scratch/refused.log" 2>&1
[ $? = 2 ] || fail "a case that is not there"
sed 's/Cu_mishin1/nowhere/' "$here/small.json" >"$scratch/bad.json"
TMPDIR=$private timeout 20 femd serve "$scratch/bad.json" >"$scratch/bad.log" 2>&1
[ $? = 2 ] && grep -q "materials.copper.potential.file" "$scratch/bad.log" || fail "a material that is wrong is not refused"
TMPDIR=$private timeout 20 femd serve "$here/small.json" -n 1 --address-file "$scratch/no/at" >"$scratch/file.log" 2>&1
[ $? = 2 ] && grep -q -- "--address-file" "$scratch/file.log" || fail "an address that cannot be written"
[ -z "$(ls "$private")" ] || fail "a refusal leaves something behind"
