#!/bin/bash
# All parts of a run are killed with -9 in the middle of a step. --resume goes on from the checkpoint, and what was evaluated after
# it is not evaluated again: the journal's end brings to the store what had not come there. The three levels of durability have the
# same bits, and what does not go together is refused.
. "$FEMD_SOURCE/tests/integration/lib.sh"
many=(--set mesh.box.cells=[2,2,1] --set steps.count=12 --set 'materials.copper.structure.repeat=[3,3,3]' "$here/small.json")
number() { grep -o "\"$2\": *[0-9]*" "$scratch/$1/summary.json" | tail -n 1 | grep -o '[0-9]*$'; }
# dead PID...: none of them holds a lock any more
dead() { for part; do case $(cut -d" " -f3 "/proc/$part/stat" 2>/dev/null) in "" | Z | X) ;; *) return 1 ;; esac; done; }
rows() { [ "$(grep -c . "$1" 2>/dev/null)" -gt "$2" ]; }

run_case whole --workers 2 --durability none "${many[@]}"
run_case replica --workers 2 --durability replica "${many[@]}"
same_outputs "$scratch/whole" "$scratch/replica" || fail "replica: other results"

start run femd run --quiet --workers 2 --out "$scratch/out" --store "$scratch/store" --durability store "${many[@]}"
run=$pid
wait_until 60 rows "$scratch/out/history.csv" 2 || fail "no two steps"
sleep 0.2
parts=$(descendants "$run")
kill -9 $parts "$run" 2>/dev/null
wait "$run" 2>/dev/null
wait_until 10 dead $parts || fail "a part outlives kill -9"
[ -s "$scratch/out/journal" ] || fail "no journal is left"
done_before=$(($(grep -c . "$scratch/out/history.csv") - 1))
[ "$done_before" -lt 12 ] || fail "the run was too quick to be killed"
run_case out --resume --workers 2 --store "$scratch/store" --durability store "${many[@]}"
same_outputs "$scratch/whole" "$scratch/out" || fail "other results"
[ "$(number out reused)" -gt 0 ] || fail "what was evaluated after the checkpoint was evaluated again"
[ ! -e "$scratch/out/journal" ] || fail "a journal is left"

for wrong in "--durability store" "--durability twice" "--durability store --any-build"; do
    timeout 60 femd run --quiet $wrong --out "$scratch/none" "$here/small.json" >"$scratch/wrong.log" 2>&1
    [ $? = 2 ] && [ ! -e "$scratch/none" ] || fail "femd run $wrong is taken"
done
for wrong in "--journal $scratch/j" "--durability store --store $scratch/s" "--durability none --store $scratch/s --journal $scratch/j" "--durability x"; do
    timeout 10 femd-server --bind "ipc://$scratch/refused" $wrong >"$scratch/wrong.log" 2>&1
    [ $? = 2 ] || fail "femd-server $wrong is taken"
done
echo "killed after step $done_before; $(number out reused) evaluations taken from the store"
