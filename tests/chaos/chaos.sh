#!/bin/bash
# chaos.sh [--faults N] [--seed S]: one coupled run on several hosts (network namespaces, or proxies where the kernel refuses
# those), with keys, a journal, a store and every answer audited, to which N faults happen: every kind once, then kinds as
# they come, chosen by the seed (their moments also depend on the machine). It ends with the bits of a run that was left
# alone. A solver that was killed, or whose server was told to end, goes on with --resume; it must not end by itself.
. "$FEMD_SOURCE/tests/chaos/hosts.sh"
faults=100 seed=${FEMD_SEED:-20261}
while [ $# -gt 0 ]; do
    case $1:${2:-} in
    --faults:[1-9]*) faults=$2 ;;
    --seed:[0-9]*) seed=$2 ;;
    *) echo "usage: chaos [--faults N] [--seed S]" >&2; exit 2 ;;
    esac
    shift 2
done
. "$FEMD_SOURCE/tests/chaos/faults.sh"
RANDOM=$seed
exec 2>"$scratch/shell.log" # says of every child that was killed
trap 'code=$?; [ $code = 0 ] || echo "the seed was $seed, after $done_faults of $faults faults: chaos --faults $faults --seed $seed"; [ -z "$small_disk" ] || umount -l "$disk"; (exit $code); leave' EXIT
done_faults=0 small_disk= excuse= excuse_server= finished= convicted=0 liars= resumed=0 served=0 number=0
awake=() queue=() owed=() mills=(mill1 mill2)
longest_cut=$((faults >= 50 ? 1200 : 250))
workers=5
engine=batch=$FEMD_BATCH_ENGINE
case_file="--set steps.count=$((faults + 20)) $FEMD_SOURCE/tests/chaos/blocks.json"
exec {never}<> <(:)
idle() { read -rt "$1" -u "$never"; true; }

# ---- the pool ----
keys=$scratch/keys disk=$scratch/disk
femd keygen "$keys" >/dev/null && femd keygen "$keys" --role worker --name spare >/dev/null || fail "no keys"
femd keygen --own "$scratch/nobody.key" --server "$(sed -n 's/^server //p' "$keys/client.key")" --role worker --name nobody >/dev/null || fail "no key"
mkdir "$disk"
mount -t tmpfs -o size=200m femd-chaos "$disk" 2>/dev/null && small_disk=1
for host in desk mill1 mill2 far; do host_add $host; done

port='*'
[ $FEMD_HOSTS = namespaces ] && port=5600
# The solver may end because of this, until it has done two steps more.
excuse_for() {
    excuse=$1
    rows_of_history
    excused_at=$rows
}
serve() {
    served=$((served + 1))
    [ -z "$excuse_server" ] || excuse_for "$excuse_server"
    excuse_server=
    start server$served prlimit --nofile=128:128 -- femd-server --bind "tcp://$head_ip:$port" --keys "$keys" --store "$disk/store" \
        --store-size 32 --durability store --journal "$disk/journal" --audit 1 --heartbeat 1.5 --silence 40 --log "$scratch/server.log"
    server=$pid
    wait_until 10 grep -q "listening on" "$scratch/server$served.log" || wait_until 5 listening || fail "the server does not start"
}
listening() { [ "$(grep -c "listening on" "$scratch/server.log")" -ge $served ]; }
worker_at() {
    on "$1"
    number=$((number + 1))
    start "worker$number" $on femd-worker --connect "${address_of[$1]}" --key "$keys/${2:-worker}.key" --engine "$engine"
}
add_worker() {
    local places=(mill1 mill2 far)
    worker_at "${places[number % 3]}"
    awake+=("$pid")
}
solve() {
    on desk
    start "solver$resumed" $on femd-macro --connect "${address_of[desk]}" --key "$keys/client.key" --run chaos --out "$scratch/out" ${1:-} $case_file
    solver=$pid
}
serve
port=$(sed -n 's/.*listening on .*://p' "$scratch/server.log" "$scratch/server1.log" | head -n 1)
direct=tcp://$head_ip:$port
declare -A address_of
for host in desk mill1 mill2 far; do
    address_of[$host]=$direct
    [ $FEMD_HOSTS = namespaces ] && [ "${host#mill}" != "$host" ] && continue
    host_proxy $host "$port"
    address_of[$host]=tcp://$head_ip:$proxy_port
done

# ---- what goes on beside the faults ----
ended() {
    local stat=
    read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
    case ${stat##*) } in Z*) return 0 ;; *) return 1 ;; esac
}
gone_now() { exit_within 10 "$1"; }
later() {
    local us=${EPOCHREALTIME/./} delay=${1/./}
    [ "$delay" = "$1" ] && delay=${1}00
    queue+=("$((us + 10#$delay * 10000)) ${*:2}")
}
# expect SECONDS PID CODES WORDS: it has ended by then, with one of the codes
expect() { owed+=("$((SECONDS + $1 + 1)) $2 ${3// /,} ${*:4}"); }
do_what_is_due() {
    local rest=() one
    for one in "${queue[@]}"; do
        if [ "${one%% *}" -le "${EPOCHREALTIME/./}" ]; then ${one#* }; else rest+=("$one"); fi
    done
    queue=("${rest[@]}")
}
look_after_what_must_end() {
    local rest=() one until who codes words
    for one in "${owed[@]}"; do
        read -r until who codes words <<<"$one"
        if ended "$who"; then
            wait "$who"
            code=$?
            case ",$codes," in *,$code,*) ;; *) fail "$words ($who) ended with $code" ;; esac
        elif [ $SECONDS -gt "$until" ]; then
            fail "$words ($who) goes on"
        else
            rest+=("$one")
        fi
    done
    owed=("${rest[@]}")
}
look_after_solver() {
    if ! ended "$solver"; then
        [ -z "$excuse" ] || { rows_of_history && [ $rows -lt $((excused_at + 2)) ]; } || excuse=
        return 0
    fi
    wait "$solver"
    code=$?
    [ $code = 0 ] && finished=1 && return 0
    [ -n "$excuse" ] || fail "the solver ended with $code: $(tail -n 3 "$scratch/solver$resumed.log")"
    case $code in 4 | 137 | 143) ;; *) fail "the solver ended with $code after: $excuse" ;; esac
    echo "  the solver ended with $code ($excuse): --resume"
    resumed=$((resumed + 1)) excuse=
    resume=--resume
    [ -e "$scratch/out/checkpoint.h5" ] || { resume= && rm -rf "$scratch/out"; }
    solve $resume
}
tend() {
    local one still=()
    do_what_is_due
    look_after_what_must_end
    ended "$server" && fail "the server ended by itself"
    look_after_solver
    for one in "${awake[@]}"; do ended "$one" || still+=("$one"); done
    awake=("${still[@]}")
    while [ ${#awake[@]} -lt $workers ]; do add_worker; done
}
# Three sound workers and more are at work, and no link is cut; fails if the run is over before.
settle() {
    local i
    for i in {1..200}; do
        tend
        [ -z "$finished" ] || return 1
        [ ${#queue[@]} -gt 0 ] || [ "$(timeout 5 femd admin list --connect "$direct" --key "$keys/admin.key" 2>/dev/null | grep -c "worker .*[1-9][0-9]* answers")" -lt 4 ] || return 0
        idle 0.1
    done
    fail "the pool does not come to rest"
}

for i in {1..5}; do add_worker; done
solve
kinds=($(declare -F | sed -n 's/^declare -f \(fault_.*\)/\1/p'))
# Every kind once, in an order of the seed; then as they come.
for ((i = ${#kinds[@]} - 1; i > 0; i--)); do
    j=$((RANDOM % (i + 1)))
    one=${kinds[i]} && kinds[i]=${kinds[j]} && kinds[j]=$one
done
FEMD_TEST_HURRY=1 run_case calm --workers 2 --engine "$engine" $case_file &
calm=$!
wait_until 30 test -e "$scratch/out/history.csv" || fail "the solver did not start"
while [ $done_faults -lt $faults ]; do
    tend
    [ -z "$finished" ] || fail "the run ended after $done_faults faults: it is too short"
    done_faults=$((done_faults + 1))
    kind=$((done_faults <= ${#kinds[@]} ? done_faults - 1 : RANDOM % ${#kinds[@]}))
    ${kinds[kind]}
    part 10 60
    idle "$moment"
done
# The rest in a hurry.
export FEMD_TEST_HURRY=1
workers=8
until=$((SECONDS + 120))
until [ -n "$finished" ] && [ ${#owed[@]} = 0 ]; do
    tend
    [ $SECONDS -lt $until ] || fail "the run does not end"
    idle 0.1
done
wait $calm || fail "the undisturbed run failed"
same_outputs "$scratch/calm" "$scratch/out" || fail "the result differs after $done_faults faults"
kill -TERM $server
exit_within 20 $server
[ $code = 0 ] || fail "the server ended with $code"
femd store verify "$disk/store" >"$scratch/verify.log" || fail "the store is damaged: $(cat "$scratch/verify.log")"
echo "$done_faults faults, seed $seed: the bits of an undisturbed run; $served servers, $number workers, $resumed times resumed, $convicted of $(set -- $liars; echo $#) liars convicted"
