# The faults of chaos.sh, each a function that does one of its kind and prints what it does. They know $server, $solver, the
# workers awake and asleep; what is to happen later (a link that heals, a process that is woken) they leave to `later`.

say() { echo "fault $done_faults at $(step_now): $*"; }
rows_of_history() {
    rows=0
    while read -r; do rows=$((rows + 1)); done 2>/dev/null <"$scratch/out/history.csv"
}
step_now() {
    rows_of_history
    echo "step $((rows > 1 ? rows - 1 : 0))"
}
# part A B: a random number of hundredths between, as seconds
part() {
    local hundredths=$(($1 + RANDOM % ($2 - $1 + 1)))
    printf -v moment '%d.%02d' $((hundredths / 100)) $((hundredths % 100))
}
take_worker() {
    [ ${#awake[@]} -gt 0 ] || add_worker
    local i=$((RANDOM % ${#awake[@]}))
    taken=${awake[i]}
    awake=("${awake[@]:0:i}" "${awake[@]:i+1}")
}

fault_worker_killed() {
    take_worker
    say "worker $taken: kill -9"
    kill -9 "$taken"
}
fault_worker_ended() {
    take_worker
    say "worker $taken: SIGTERM"
    kill -TERM "$taken"
    expect 10 "$taken" "0 143" "a worker that was asked to end" # 143: it had but begun
}
fault_worker_stopped_for_a_moment() {
    take_worker
    part 20 250
    say "worker $taken: stopped for $moment s"
    kill -STOP "$taken"
    later "$moment" wake_worker "$taken"
}
wake_worker() { kill -CONT "$1" 2>/dev/null && awake+=("$1"); }
fault_worker_stopped_for_ever() {
    take_worker
    say "worker $taken: stopped for ever"
    kill -STOP "$taken"
}
fault_server_killed() {
    part 0 120
    say "server: kill -9, started again after $moment s"
    kill -9 "$server"
    gone_now "$server"
    idle "$moment"
    serve
}
fault_server_ended() {
    say "server: SIGTERM, another one takes its place"
    kill -TERM "$server"
    exit_within 20 "$server"
    [ "$code" = 0 ] || fail "the server that was asked to end, ended with $code"
    serve
}
fault_server_stopped_for_a_moment() {
    part 20 250
    say "server: stopped for $moment s"
    kill -STOP "$server"
    idle "$moment"
    kill -CONT "$server"
}
fault_solver_killed() {
    say "solver: kill -9, and goes on from its checkpoint"
    excuse_for "the solver was killed"
    kill -9 "$solver"
    gone_now "$solver"
}
fault_solver_ended() {
    say "solver: SIGTERM, and goes on from its checkpoint"
    excuse_for "the solver was asked to end"
    kill -TERM "$solver"
    gone_now "$solver" # a link that is cut keeps it from the last checkpoint for 7 s at most
}
fault_solver_stopped_for_a_moment() {
    part 20 300
    say "solver: stopped for $moment s"
    kill -STOP "$solver"
    idle "$moment"
    kill -CONT "$solver"
}
fault_link_cut() {
    local host=${mills[RANDOM % ${#mills[@]}]}
    part 30 "$longest_cut"
    say "link of $host with its workers: cut for $moment s"
    link_cut "$host"
    later "$moment" link_heal "$host"
}
fault_link_of_solver_cut() {
    part 30 "$longest_cut"
    say "link of the solver: cut for $moment s"
    link_cut desk
    later "$moment" link_heal desk
}
fault_connection_reset() {
    say "all connections through the proxies end"
    echo drop >"$scratch/link-desk"
    echo drop >"$scratch/link-far"
}
fault_delay() {
    say "200 ms each way between the solver, a host of workers and the server"
    for host in desk far; do echo "delay 200" >"$scratch/link-$host"; done
    later 2 undelay
}
undelay() { for host in desk far; do echo "delay 0" >"$scratch/link-$host"; done; }

# A liar is outvoted where two others can be asked.
fault_liar() {
    local how
    case $((RANDOM % 3)) in 0) how="every 20" ;; 1) how=shift ;; *) how=later ;; esac
    settle || return 0
    say "a worker that lies ($how)"
    FEMD_TEST_LIE=$how worker_at mill1
    if wait_until 8 sh -c "femd admin list --connect $direct --key $keys/admin.key | grep -q 'pid $pid,.*quarantined'"; then convicted=$((convicted + 1)); fi
    liars="$liars $pid"
    kill -9 "$pid"
}
fault_disk_full() {
    if [ -z "$small_disk" ]; then
        say "disk full: left out, a small file system cannot be mounted here"
        return
    fi
    part 50 150
    say "disk of store and journal: full for $moment s"
    # Should the server die after this, before another has taken its place, its journal says that it has given up.
    excuse_server="the disk was full"
    head -c 1G /dev/zero 2>/dev/null >"$disk/filler"
    idle "$moment"
    rm -f "$disk/filler"
}
fault_descriptors() {
    part 30 120
    say "300 connections at once, more than the server has descriptors, for $moment s"
    local fd held=()
    for i in {1..300}; do { exec {fd}<>"/dev/tcp/$head_ip/$port"; } 2>/dev/null && held+=("$fd"); done
    idle "$moment"
    for fd in "${held[@]}"; do exec {fd}<&-; done
}
fault_garbage() {
    say "garbage at the server's port, and 200 unsound messages of a peer with a key"
    { head -c 5000 /dev/urandom >"/dev/tcp/$head_ip/$port"; } 2>/dev/null
    { printf 'GET / HTTP/1.0\r\n\r\n' >"/dev/tcp/$head_ip/$port"; } 2>/dev/null
    { printf '\377\0\0\0\0\0\0\0\1\177\3' >"/dev/tcp/$head_ip/$port"; } 2>/dev/null
    timeout 10 stranger "$direct" "$keys/spare.key" noise $RANDOM || fail "the noisy peer ended with $?"
}
fault_wrong_key() {
    say "a worker with a key that nobody let in"
    timeout 10 femd-worker --connect "$direct" --key "$scratch/nobody.key" --engine "$engine" >"$scratch/refused.log" 2>&1
    code=$?
    [ $code = 2 ] || fail "a worker with a wrong key ended with $code, not 2"
    grep -q "does not let the key nobody in" "$scratch/refused.log" || fail "a worker with a wrong key has no words"
}
fault_key_revoked() {
    worker_at mill2 spare
    local revoked=$pid
    idle 0.5
    say "worker $revoked: its key is revoked"
    femd keygen "$keys" --revoke spare >/dev/null || fail "not revoked"
    expect 15 "$revoked" "2 4" "a worker whose key was revoked"
    idle 2.2
    rm -f "$keys/spare.key"
    femd keygen "$keys" --role worker --name spare >/dev/null || fail "no new key"
    idle 1.2
}
fault_old_version() {
    say "a peer of protocol version 1"
    timeout 20 stranger "$direct" "$keys/spare.key" old >"$scratch/old.log" 2>&1 || fail "a peer of an old version ended with $?"
    grep -q "protocol version 1; this femd speaks version" "$scratch/old.log" || fail "a peer of an old version: no words"
}
