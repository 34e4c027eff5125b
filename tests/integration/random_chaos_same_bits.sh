#!/bin/bash
# random_chaos_same_bits.sh [ROUNDS]: workers are killed, stopped, woken and added at random moments; every run finishes with the bits
# of the calm one. FEMD_SEED picks the course of events (their moments also depend on the machine).
. "$FEMD_SOURCE/tests/integration/lib.sh"
rounds=${1:-10}
RANDOM=${FEMD_SEED:-2024}
slow="--set materials.copper.structure.repeat=[5,5,5] --set steps.count=4 $here/slow.json"
run_case calm --workers 2 $slow

add_worker() {
    start "worker$round.$((++added))" femd-worker --connect "$address"
    awake+=("$pid")
}
# take LIST-NAME: a random entry of a list out of it, into $taken; fails if the list is empty
take() {
    local -n list=$1
    [ ${#list[@]} -gt 0 ] || return 1
    local i=$((RANDOM % ${#list[@]}))
    taken=${list[i]}
    list=("${list[@]:0:i}" "${list[@]:i+1}")
}
one_event() {
    events=$((events + 1))
    case $((RANDOM % 8)) in
    0 | 1) take awake && kill -9 "$taken" && killed=$((killed + 1)) ;;
    2) take awake && kill -STOP "$taken" && asleep+=("$taken") ;;
    3 | 4) take asleep && kill -CONT "$taken" 2>/dev/null && awake+=("$taken") ;;
    5) take asleep && kill -9 "$taken" 2>/dev/null ;;
    *) [ ${#awake[@]} -lt 3 ] && add_worker ;;
    esac
    still=()
    for one in "${awake[@]}"; do gone "$one" || still+=("$one"); done
    awake=("${still[@]}")
    [ ${#awake[@]} -gt 0 ] || add_worker
}
for round in $(seq "$rounds"); do
    awake=() asleep=() added=0 events=0 killed=0
    address=ipc://$scratch/socket$round
    start "server$round" femd-server --bind "$address"
    server=$pid
    wait_until 10 test -S "$scratch/socket$round" || fail "the server did not start"
    add_worker
    add_worker
    start "macro$round" femd-macro --connect "$address" --out "$scratch/out$round" $slow
    macro=$pid
    # Before that the material is being opened; three deaths there are rightly held against it.
    wait_until 60 grep -q "step 1" "$scratch/macro$round.log" || fail "round $round: the solver did not start"
    deadline=$((SECONDS + 150))
    until gone $macro; do
        [ $SECONDS -lt $deadline ] || fail "round $round: the run does not end"
        sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
        [ $events -ge 40 ] || one_event
        [ ${#awake[@]} -gt 0 ] || add_worker
    done
    exit_within 5 $macro
    [ $code = 0 ] || fail "round $round: the solver ended with $code after $events events"
    same_outputs "$scratch/calm" "$scratch/out$round" || fail "round $round: the result differs after $events events"
    echo "round $round: $events events, $killed workers killed, $added started"
    kill -TERM $server
    exit_within 10 $server
    [ $code = 0 ] || fail "round $round: the server ended with $code"
    for one in "${awake[@]}" "${asleep[@]}"; do kill -9 "$one" 2>/dev/null; done
    rm -f "$scratch/server$round.log" "$scratch/macro$round.log" "$scratch/worker$round".*.log
done
