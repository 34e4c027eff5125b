#!/bin/bash
# The server is killed with -9 again and again, at random moments of a coupled run, and started again in its place: clients and
# workers come back, the run goes on from journal and store, and ends with the bits of a run that was left alone. In the last round
# a worker goes with it each time, so that states are lost with their holders too. FEMD_SEED and FEMD_ROUNDS repeat and lengthen it.
. "$FEMD_SOURCE/tests/integration/lib.sh"
RANDOM=${FEMD_SEED:-20261}
many=(--set mesh.box.cells=[2,2,1] --set steps.count=9 --set 'materials.copper.structure.repeat=[3,3,3]' "$here/small.json")

run_case whole --workers 2 "${many[@]}"

named() { descendants "$1" | while read -r one; do grep -qx "$2" "/proc/$one/comm" 2>/dev/null && echo "$one"; done | head -n 1; }
works() { [ -n "$(named "$run" femd-macro)" ] && [ -n "$(named "$run" femd-server)" ]; }
works_or_ended() { gone "$run" || works; }
killed=0 met=0 rounds=${FEMD_ROUNDS:-2}
for round in $(seq 1 "$rounds"); do
    rm -rf "$scratch/store"
    start run$round femd run --quiet --workers 2 --out "$scratch/out$round" --store "$scratch/store" --durability store "${many[@]}"
    run=$pid
    wait_until 20 works || fail "round $round: no solver"
    for blow in 1 2 3; do
        wait_until 20 works_or_ended || fail "round $round: no server came back"
        sleep 0.$((RANDOM % 9))
        gone "$run" && break
        victim=$(named "$run" femd-server)
        [ -n "$victim" ] || continue
        [ "$round" = "$rounds" ] && kill -9 "$(named "$run" femd-worker)" 2>/dev/null
        kill -9 "$victim" 2>/dev/null && killed=$((killed + 1))
        sleep 0.6
    done
    exit_within 120 "$run"
    [ $code = 0 ] || fail "round $round: the run ended with $code"
    same_outputs "$scratch/whole" "$scratch/out$round" || fail "round $round: other results"
    [ ! -e "$scratch/out$round/journal" ] || fail "round $round: a journal is left"
    met=$((met + $(grep -c 'records of the journal are replayed' "$scratch/out$round/log.txt")))
    femd store verify "$scratch/store" >"$scratch/verify.log" || fail "round $round: the store is damaged: $(cat "$scratch/verify.log")"
done
[ $killed -ge $rounds ] && [ $met -ge $rounds ] || fail "the server was killed $killed times, and went on $met times"
grep -q 'starting it again' "$scratch/run1.log" || fail "nobody was told"
echo "killed $killed times, $met journals replayed"
