#!/bin/bash
# A pool with keys over tcp: the run ends with the bits of one without; each wrong key ends at once, with words that name the cause;
# a key that is revoked ends the connections it has; a run's name is its key's; admins quarantine, release, drain.
. "$FEMD_SOURCE/tests/integration/lib.sh"
unset FEMD_KEY FEMD_KEYS
export HOME=$scratch
keys=$scratch/keys
femd keygen "$keys" >"$scratch/keygen.log" || fail "no keys"
for name in spare ann bob; do
    role=client
    [ $name = spare ] && role=worker
    femd keygen "$keys" --role $role --name $name >>"$scratch/keygen.log" || fail "no key for $name"
done

start server femd-server --bind "tcp://127.0.0.1:*" --keys "$keys" --grace 2 --heartbeat 30 --log "$scratch/log"
server=$pid
wait_until 10 grep -q listening "$scratch/server.log" || fail "the server did not start"
address=$(sed -n 's/.*listening on //p' "$scratch/server.log")

# refused CODE SECONDS WORDS COMMAND...: ends with the code, in time, with the words
refused() {
    want=$1 most=$2 words=$3
    shift 3
    timeout "$most" "$@" >"$scratch/refused.log" 2>&1
    got=$?
    [ $got = "$want" ] || fail "$* ended with $got, not $want"
    grep -q -- "$words" "$scratch/refused.log" || fail "$* did not say \"$words\""
}
claims() { sed "s/^role .*/role $2/" "$keys/$1.key" >"$scratch/$1-as-$2.key" && chmod 600 "$scratch/$1-as-$2.key"; }
claims client worker
claims worker client
femd keygen --own "$scratch/stranger.key" --server "$(sed -n 's/^server //p' "$keys/client.key")" --role client --name stranger >/dev/null
femd keygen "$scratch/elsewhere" >/dev/null
small=$here/small.json
case=$here/slow.json
solve="femd-macro --quiet --connect $address --out $scratch/no"
refused 2 10 "wants keys" $solve $small
refused 2 10 "wants keys" femd-worker --connect $address
refused 2 10 "of role worker, and here one of role client" $solve --key "$keys/worker.key" $small
refused 2 10 "is that of a worker here, and this peer says that it is a client" $solve --key "$scratch/worker-as-client.key" $small
refused 2 10 "is that of a client here, and this peer says that it is a worker" femd-worker --connect $address --key "$scratch/client-as-worker.key"
refused 2 10 "does not let the key stranger in" $solve --key "$scratch/stranger.key" $small
refused 2 10 "is not its own" $solve --key "$scratch/elsewhere/client.key" $small
claims ann admin
refused 2 10 "says that it is an admin" femd admin stop --connect $address --key "$scratch/ann-as-admin.key"
chmod 640 "$keys/bob.key"
refused 2 10 "others may read" $solve --key "$keys/bob.key" $small
chmod 600 "$keys/bob.key"
refused 2 10 "is another machine, and there is no key" femd-worker --connect tcp://192.0.2.1:5600
refused 2 10 "refused, since anybody who can reach it" femd-server --bind "tcp://0.0.0.0:*"
refused 2 10 "wants no keys" femd-server --bind "tcp://0.0.0.0:*" --insecure --keys "$keys"
start plain femd-server --bind "tcp://127.0.0.1:*"
plain=$pid
wait_until 10 grep -q listening "$scratch/plain.log" || fail "the plain server did not start"
there=$(sed -n 's/.*listening on //p' "$scratch/plain.log")
refused 2 10 "works without keys" femd-macro --quiet --connect "$there" --key "$keys/client.key" --out "$scratch/no" $small
refused 2 10 "has no keys, and anybody could say" femd admin stop --connect "$there"
kill $plain

# The run, while a connection sends garbage, many say nothing, and a worker in quarantine gets nothing.
port=${address##*:}
for i in $(seq 40); do exec {silent}<>"/dev/tcp/127.0.0.1/$port"; done
head -c 3000 /dev/urandom >"/dev/tcp/127.0.0.1/$port" 2>/dev/null
start worker1 femd-worker --connect $address --key "$keys/worker.key"
first=$pid
start worker2 femd-worker --connect $address --key "$keys/spare.key"
second=$pid
admin() { timeout 10 femd admin "$@" --connect $address --key "$keys/admin.key" 2>&1; }
number_of() { admin list | sed -n "s/^ *worker \([0-9]*\), pid $1,.*/\1/p"; }
two() { [ -n "$(number_of $first)" ] && [ -n "$(number_of $second)" ]; }
wait_until 20 two || fail "the workers did not come: $(admin list)"
quarantined=$(number_of $second)
admin quarantine $quarantined --reason "to be looked at" >"$scratch/admin.log" || fail "no quarantine"
FEMD_KEY=$keys/ann.key start macro femd-macro --connect $address --run beam --out "$scratch/keyed" $case
macro=$pid
wait_until 30 grep -q "step 1" "$scratch/macro.log" || fail "the solver did not start"
kill -STOP $first # the run stands still meanwhile
refused 2 10 "run \"beam\" is another key's" $solve --key "$keys/bob.key" --run beam $small
refused 2 10 "is connected already" $solve --key "$keys/ann.key" --run beam $small
admin list >"$scratch/list.log"
grep -q "quarantined, 0 answers: to be looked at" "$scratch/list.log" || fail "the worker in quarantine is not seen, or worked"
grep -q "^  beam " "$scratch/list.log" || fail "an admin does not see the run"
timeout 10 femd status --connect $address --key "$keys/ann.key" >"$scratch/ann.log" 2>&1
grep -q "^  beam " "$scratch/ann.log" || fail "a client does not see its own run"
timeout 10 femd status --connect $address --key "$keys/bob.key" >"$scratch/bob.log" 2>&1
grep -q " 2 workers:" "$scratch/bob.log" || fail "a client has no status"
grep -q "^  beam " "$scratch/bob.log" && fail "a client sees another's run"
admin release $quarantined >"$scratch/admin.log" || fail "no release"
kill -CONT $first # what it was given it keeps: the rest is for both
busy() { admin list | grep -q "worker $quarantined, .*, [1-9][0-9]* answers"; }
wait_until 20 busy || fail "the worker that was released gets no work"
femd keygen "$keys" --revoke spare >/dev/null || fail "spare was not revoked"
exit_within 5 $second
[ $code = 4 ] || fail "the revoked worker ended with $code, not 4"
grep -q "not in the server's list of keys any more" "$scratch/worker2.log" || fail "the revoked worker has no words"
refused 2 10 "was taken out of it" femd-worker --connect $address --key "$keys/spare.key"
exit_within 120 $macro
[ $code = 0 ] || fail "the solver ended with $code"
run_case calm --workers 1 $case
same_outputs "$scratch/calm" "$scratch/keyed" || fail "keys changed the result"

# A list that cannot be read changes nothing; a client that is revoked ends with 4; a drained server ends with its last run.
start victim femd-macro --connect $address --key "$keys/bob.key" --out "$scratch/victim" --set steps.count=1000 $case
victim=$pid
start last femd-macro --connect $address --key "$keys/ann.key" --out "$scratch/last" "$small"
last=$pid
wait_until 30 grep -q "step 1" "$scratch/victim.log" || fail "the second solver did not start"
cp "$keys/allowed" "$scratch/good"
echo "client eve nonsense" >>"$keys/allowed"
wait_until 5 grep -q "the list of keys stays as it was.*line 6" "$scratch/log" || fail "a broken list was not told"
gone $victim && fail "a broken list ended a client"
cp "$scratch/good" "$keys/allowed"
femd keygen "$keys" --revoke bob >/dev/null || fail "bob was not revoked"
kill -HUP $server
exit_within 5 $victim
[ $code = 4 ] || fail "the revoked client ended with $code, not 4"
grep -q "not in the server's list of keys any more" "$scratch/victim.log" || fail "the revoked client has no words"
exit_within 60 $last
[ $code = 0 ] || fail "the other client ended with $code"
admin drain >"$scratch/admin.log" || fail "no drain"
exit_within 70 $server
[ $code = 0 ] || fail "the drained server ended with $code"
exit_within 10 $first
[ $code = 0 ] || fail "the worker of a server that has ended, ended with $code"
