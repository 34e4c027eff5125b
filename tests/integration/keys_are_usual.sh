#!/bin/bash
# Off the loopback keys are on by themselves, and --insecure is the only way without: server and peers in a network of their own,
# with an address that is not the loopback's. The commands are those of README's third path.
. "$FEMD_SOURCE/tests/integration/lib.sh"
if [ "${1:-}" != inside ]; then
    unshare -rn true 2>/dev/null && command -v ip >/dev/null || { echo "no network of its own here (unshare -rn, ip)"; exit 77; }
    exec unshare -rn bash "$0" inside
fi
ip link set lo up && ip addr add 10.77.0.1/32 dev lo || fail "no address"
unset FEMD_KEY FEMD_KEYS
export HOME=$scratch
export OMPI_MCA_ess_singleton_isolated=1 OMPI_MCA_oob_tcp_if_include=lo # Open MPI wants a network for its daemon
at=tcp://10.77.0.1:5600

timeout 10 femd server --bind tcp://0.0.0.0:5600 >"$scratch/none.log" 2>&1
[ $? = 2 ] || fail "a server off the loopback started without keys"
grep -q "femd keygen" "$scratch/none.log" || fail "no words about keys"
start open femd server --bind tcp://0.0.0.0:5600 --insecure
open=$pid
wait_until 10 grep -q listening "$scratch/open.log" || fail "--insecure did not start"
timeout 10 femd status --connect $at >"$scratch/status.log" 2>&1 && fail "a peer went off the loopback without a key"
timeout 10 femd status --connect $at --insecure >"$scratch/status.log" 2>&1 || fail "--insecure does not connect"
kill $open
exit_within 10 $open

femd keygen >"$scratch/keygen.log" || fail "no keys"
start server femd server --bind tcp://0.0.0.0:5600
server=$pid
wait_until 10 grep -q listening "$scratch/server.log" || fail "the server did not start"
timeout 10 femd status --connect $at --insecure >"$scratch/status.log" 2>&1 && fail "--insecure gets into a server with keys"
start workers femd worker --connect $at -n 2
workers=$pid
timeout 60 femd-macro --quiet --connect $at --out "$scratch/out" "$here/small.json" >"$scratch/macro.log" 2>&1 || fail "the solver ended with $?"
run_case calm --workers 1 "$here/small.json"
same_outputs "$scratch/calm" "$scratch/out" || fail "keys changed the result"
timeout 10 femd admin list --connect $at >"$scratch/list.log" 2>&1 || fail "no list"
[ "$(grep -c "key worker" "$scratch/list.log")" = 2 ] || fail "not two workers with their key"
mv "$scratch/.femd/keys/admin.key" "$scratch/away"
timeout 10 femd status --connect $at >"$scratch/client.log" 2>&1 || fail "no status with the client's key"
mv "$scratch/away" "$scratch/.femd/keys/admin.key"
femd keygen --revoke worker >>"$scratch/keygen.log" || fail "not revoked"
exit_within 10 $workers
[ $code = 4 ] || fail "revoked workers ended with $code"
timeout 10 femd admin stop --connect $at >"$scratch/stop.log" 2>&1 || fail "no stop"
exit_within 10 $server
[ $code = 0 ] || fail "the server that was stopped ended with $code"
