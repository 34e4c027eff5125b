#!/bin/bash
# An evaluation ever made is not made again: a case run twice with one store asks the workers for nothing the second time and
# has the same bits, and what is changed in the case costs what is new. A store that is damaged or full costs time, not answers.
. "$FEMD_SOURCE/tests/integration/lib.sh"
store=$scratch/store
small=(--set 'output.wants=["stability"]' "$here/small.json") # asked once more, of the committed points

# evaluations OUT: how many evaluations the workers of a run made
evaluations() { echo $(($(number "$1" evaluations) - $(number "$1" reused))); }
# the whole run stands last in the summary
number() { grep -o "\"$2\": *[0-9]*" "$scratch/$1/summary.json" | tail -n 1 | grep -o '[0-9]*$'; }

run_case bare --workers 1 "${small[@]}"
run_case first --workers 2 --store "$store" "${small[@]}"
[ "$(evaluations first)" = "$(number bare evaluations)" ] || fail "the first run made $(evaluations first) evaluations"
run_case second --workers 1 --store "$store" "${small[@]}"
[ "$(evaluations second)" = 0 ] || fail "the second run made $(evaluations second) evaluations"
for out in first second; do same_outputs "$scratch/bare" "$scratch/$out" || fail "$out: other results"; done
grep -q '"bit_reproducible": true' "$scratch/second/summary.json" || fail "the second run is marked"

# one step more costs that step
run_case more --workers 1 --store "$store" --set steps.count=4 --set 'boundary=[{"on":"left","displacement":[0,0,0]},{"on":"right","displacement":["20 nm","12 nm",null]}]' "${small[@]}"
[ "$(evaluations more)" -gt 0 ] || fail "another load made no evaluation"

# what looks after it
femd store size "$store" >"$scratch/size.log" || fail "femd store size"
femd store list "$store" | grep -q ' [1-9][0-9]* .*UTC' || fail "femd store list"
femd store verify "$store" >"$scratch/verify.log" || fail "femd store verify: $(cat "$scratch/verify.log")"
grep -q '^answer .* 0 damaged' "$scratch/verify.log" || fail "femd store verify says: $(cat "$scratch/verify.log")"
femd store export "$store" --out "$scratch/table.h5" | grep -q 'table.h5: [1-9][0-9]* answers$' || fail "femd store export"
[ -s "$scratch/table.h5" ] || fail "no table"
for wrong in "shake $store" "size $scratch/nowhere" "prune $store" "prune $store --size x" "export $store" "size" "list $scratch/table.h5"; do
    femd store $wrong >"$scratch/wrong.log" 2>&1
    code=$?
    [ $code = 2 ] && [ -s "$scratch/wrong.log" ] || fail "femd store $wrong ended with $code"
done
timeout 60 femd run --quiet --any-build --out "$scratch/none" "${small[@]}" 2>/dev/null
[ $? = 2 ] || fail "--any-build without a store is taken"

# a bit turned in every other entry: told by verify, taken out, evaluated again by a run
damage_store "$store" || fail "the file could not be damaged"
femd store verify "$store" >"$scratch/verify.log"
[ $? = 1 ] || fail "verify found no damage"
run_case damaged --workers 1 --store "$store" "${small[@]}"
[ "$(evaluations damaged)" -gt 0 ] || fail "damaged answers were used"
same_outputs "$scratch/bare" "$scratch/damaged" || fail "damaged: other results"
femd store verify "$store" --drop >/dev/null
femd store verify "$store" >"$scratch/verify.log" || fail "verify --drop leaves damage: $(cat "$scratch/verify.log")"
femd store prune "$store" --size 0 | grep -q '^answer *0 ' || fail "femd store prune"
run_case pruned --workers 1 --store "$store" "${small[@]}"
[ "$(evaluations pruned)" = "$(number bare evaluations)" ] || fail "answers that were pruned are still there"

# a disk that is full: told once, and the run goes on without
disk=$scratch/disk
mkdir "$disk"
if mount -t tmpfs -o size=1200k femd-test "$disk" 2>"$scratch/mount.log"; then
    trap 'umount "$disk"; leave' EXIT
    limit=120 run_case full --workers 1 --store "$disk/store" "${small[@]}"
    [ "$(grep -c 'the run goes on' "$scratch/full.log")" = 1 ] || fail "a full disk is not told once: $(cat "$scratch/full.log")"
    grep -q "No space left on device" "$scratch/full.log" || fail "no word of the disk"
    same_outputs "$scratch/bare" "$scratch/full" || fail "full: other results"
    femd store verify "$disk/store" >"$scratch/verify.log" || fail "a full disk has damaged the store: $(cat "$scratch/verify.log")"
    run_case full_again --workers 1 --store "$disk/store" "${small[@]}"
    same_outputs "$scratch/bare" "$scratch/full_again" || fail "full again: other results"
fi
echo "second run: 0 of $(number bare evaluations) evaluations"
