#!/bin/bash
# several_hosts.sh [CUT]: server, solver of two ranks and workers on hosts of their own, with addresses of their own, started
# by hand and with keys from the usual folder, as README shows it. Workers join and leave; a host is lost after its server has
# given it up, and comes back; another is lost until its worker gives the server up, and is started again; the solver's host
# is lost for CUT seconds (2): the bits of `femd run` on one host.
. "$FEMD_SOURCE/tests/chaos/hosts.sh"
[ $FEMD_HOSTS = namespaces ] || {
    echo "SKIPPED: the kernel refuses network namespaces to this user, so there is one host only"
    exit 77
}
cut=${1:-2} silence=$((${1:-2} + 4))
engine=batch=$FEMD_BATCH_ENGINE
case_file="--set steps.count=$((3 * cut + 2 * silence + 10)) $FEMD_SOURCE/tests/chaos/blocks.json"
FEMD_TEST_HURRY=1 run_case calm --ranks 2 --workers 2 --engine "$engine" $case_file
for host in desk mill1 mill2; do host_add $host; done
head=tcp://$head_ip:5600

# keys: made at the head, and to each host only what it needs
HOME=$scratch/head femd keygen >"$scratch/keygen.log" || fail "no keys"
for host in desk:client mill1:worker mill2:worker; do
    mkdir -p -m 700 "$scratch/${host%:*}/.femd/keys"
    cp -p "$scratch/head/.femd/keys/${host#*:}.key" "$scratch/${host%:*}/.femd/keys/" || fail "no key for $host"
done
at() { # at HOST NAME COMMAND...
    on "$1"
    local home=$scratch/$1 log=$2
    shift 2
    start "$log" env HOME="$home" $on "$@"
}
on_head() { HOME=$scratch/head timeout 10 femd "$@" --connect $head; }
exactly() { [ "$(on_head admin list | sed -n "s/^ *$1 *\([0-9]*\) worker.*/\1/p")" = "${2#0}" ]; }
# comes_to SECONDS HOST COUNT: that many workers of the host are there by then
comes_to() {
    local tries=$(($1 * 4))
    while ! exactly "$2" "$3"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.25
    done
}
step() { [ "$(grep -c . "$scratch/out/history.csv" 2>/dev/null)" -gt "$1" ]; }

on mill1
HOME=$scratch/mill2 timeout 10 $on femd worker --connect $head --key "$scratch/nowhere" >"$scratch/refused.log" 2>&1
[ $? = 2 ] || fail "a worker without its key is not refused"
HOME=$scratch/head start server femd server --bind tcp://0.0.0.0:5600 --heartbeat 1.5 --silence $silence
server=$pid
wait_until 10 grep -q listening "$scratch/server.log" || fail "the server did not start"
grep -q "peers must have keys" "$scratch/server.log" || fail "the server did not take the keys by itself"
at mill1 mill1.workers unshare -u sh -c "hostname mill1; exec femd worker --connect $head -n 2 --engine $engine"
first=$pid
at mill2 mill2.worker unshare -u sh -c "hostname mill2; exec femd worker --connect $head --engine $engine"
second=$pid
at desk macro mpiexec --oversubscribe -n 2 femd-macro --connect $head --out "$scratch/out" $case_file
macro=$pid
wait_until 30 step 2 || fail "the solver did not start"
exactly mill1 2 && exactly mill2 1 || fail "not two workers on mill1 and one on mill2: $(on_head admin list)"

# join and leave
at mill2 mill2.another unshare -u sh -c "hostname mill2; exec femd worker --connect $head --engine $engine"
another=$pid
comes_to 10 mill2 2 || fail "a worker that joined is not there"
kill -TERM $second
exit_within 10 $second
[ $code = 0 ] || fail "a worker that left ended with $code"
comes_to 5 mill2 1 || fail "a worker that left is still there"

# a host is lost for longer than the silence: its worker gives the server up, and one is started again
before=$(grep -c . "$scratch/out/history.csv")
link_cut mill2
exit_within $((silence + 6)) $another
[ $code = 4 ] || fail "a worker that is cut off for longer than the silence ended with $code, not 4"
grep -q "the server at $head is gone" "$scratch/mill2.another.log" || fail "a worker that is cut off has no words"
exactly mill2 0 || fail "the worker that has ended is still there"
step "$before" || fail "the others do not go on"
link_heal mill2
at mill2 mill2.third unshare -u sh -c "hostname mill2; exec femd worker --connect $head --engine $engine"
another=$pid
comes_to 10 mill2 1 || fail "the worker that was started again is not there"

# a host is lost, the others go on, and it comes back
link_cut mill1
comes_to 10 mill1 0 || fail "the lost host is not noticed"
link_heal mill1
comes_to 20 mill1 2 || fail "the host does not come back: $(on_head admin list)"
gone $first && fail "the workers of the lost host have ended"

# the solver's host
link_cut desk
sleep "$cut"
link_heal desk
at mill1 mill1.more sh -c "FEMD_TEST_HURRY=1 exec femd worker --connect $head -n 2 --engine $engine"
exit_within 120 $macro
[ $code = 0 ] || fail "the solver ended with $code"
same_outputs "$scratch/calm" "$scratch/out" || fail "the result differs"
on_head admin stop >"$scratch/stop.log" || fail "the server is not stopped by its admin"
exit_within 20 $server
[ $code = 0 ] || fail "the server ended with $code"
exit_within 20 $another
[ $code = 0 ] || fail "a worker of a server that has ended, ended with $code"
echo "mill1 lost and back, the solver's host for $cut s: the bits of an undisturbed run"
