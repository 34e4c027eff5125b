#!/bin/bash
# A disk that fills up, wherever it happens, ends the run with one message and exit code 70; every file is whole, the
# tables name no file that is not there, and with room again --resume (or, before the first checkpoint, a new run) ends
# with the results of a run that was never stopped. Needs to mount a small file system: without root it is skipped.
. "$FEMD_SOURCE/tests/integration/lib.sh"
disk=$scratch/disk
mkdir "$disk"
mount -t tmpfs -o size=64k femd-test "$disk" 2>"$scratch/mount.log" || {
    echo "SKIPPED: a small file system cannot be mounted here ($(cat "$scratch/mount.log"))"
    exit 77
}
unmount() {
    code=$?
    umount "$disk"
    (exit $code)
    leave
}
trap unmount EXIT
many=(--set mesh.box.cells=[6,4,4] --set steps.count=3 --set 'materials={"m":{"engine":"elastic","young":"100 GPa","poisson":0.3}}' "$here/small.json")
run_case whole "${many[@]}"
need=$(du -sk "$scratch/whole" | cut -f1)

# whole: no file by halves, and no name of a file that is not there
whole() {
    [ -z "$(find "$disk/out" -name '*.tmp')" ] || fail "$1: a temporary file stays"
    for file in "$disk"/out/step_*; do
        [ ! -e "$file" ] || tail -c 12 "$file" | grep -q '</VTKFile>' || fail "$1: $file is cut off"
    done
    for file in $(grep -o 'step_[0-9]*.pvtu' "$disk/out/fields.pvd" 2>/dev/null); do
        [ -s "$disk/out/$file" ] || fail "$1: fields.pvd names $file"
        for piece in $(grep -o 'step_[0-9_]*.vtu' "$disk/out/$file"); do [ -s "$disk/out/$piece" ] || fail "$1: $file names $piece"; done
    done
    for step in $(tail -n +2 "$disk/out/history.csv" 2>/dev/null | cut -d, -f1); do
        [ -s "$disk/out/step_000$step.pvtu" ] || fail "$1: a row of step $step without its fields"
    done
    [ ! -e "$disk/out/summary.json" ] || tail -n 1 "$disk/out/summary.json" | grep -qx '}' || fail "$1: summary.json is cut off"
}

full=0 resumed=0
for part in 5 25 45 55 65 75 85 92 97; do
    for ranks in 1 2; do
        [ $ranks = 1 ] || [ $part = 55 ] || [ $part = 85 ] || continue
        rm -rf "$disk/out"
        mount -o remount,size=$((need * part / 100 + 4))k "$disk" || fail "remount"
        timeout 60 femd run --quiet --ranks $ranks --out "$disk/out" "${many[@]}" >"$scratch/full.log" 2>&1
        code=$?
        mount -o remount,size=$((4 * need))k "$disk" || fail "remount"
        [ $code = 0 ] && continue
        full=$((full + 1))
        [ $code = 70 ] || fail "$part % of the room, $ranks ranks: ended with $code, not 70"
        [ "$(grep -c . "$scratch/full.log")" = 1 ] || fail "$part % of the room: not one message"
        grep -qE "No space left on device|disk full" "$scratch/full.log" || fail "$part % of the room: no word of the disk"
        whole "$part % of the room, $ranks ranks"
        [ $ranks = 1 ] || continue
        resume=
        [ -e "$disk/out/checkpoint.h5" ] && resume=--resume && resumed=$((resumed + 1))
        [ -z "$resume" ] || grep -q -- "--resume" "$scratch/full.log" || fail "$part % of the room: no word of --resume"
        timeout 60 femd run --quiet $resume --out "$disk/out" "${many[@]}" >"$scratch/again.log" 2>&1 || fail "$part % of the room: $resume ended with $?"
        same_outputs "$scratch/whole" "$disk/out" || fail "$part % of the room: other results"
    done
done

# a store that is made where there is no room is refused with words
rm -rf "$disk"/*
mount -o remount,size=64k "$disk" || fail "remount"
cat /dev/zero >"$disk/fill" 2>"$scratch/fill.log"
timeout 20 femd server --bind "ipc://$scratch/socket" --store "$disk/store" >"$scratch/store.log" 2>&1
[ $? = 2 ] && grep -q "the store $disk/store cannot be opened: No space left on device" "$scratch/store.log" || fail "a store on a full disk"
timeout 20 femd run --quiet --out "$scratch/with_store" --store "$disk/store" "${many[@]}" >"$scratch/store.log" 2>&1
[ $? = 2 ] && grep -q "No space left on device" "$scratch/store.log" || fail "a run with a store on a full disk"
[ $full -ge 8 ] && [ $resumed -ge 2 ] || fail "only $full full disks, $resumed of them resumed"
# a store can be pruned, which writes pages beside the old ones, where there is hardly room for any
rm -rf "$disk/out"
mount -o remount,size=32m "$disk" || fail "remount"
run_case stored --store "$disk/store" --engine "faulty=$FEMD_FAULTY_ENGINE" --set materials.m.parameters.limit=1 --set materials.m.parameters.state=5000 --set mesh.box.cells=[6,4,4] "$here/hang.json"
dd if=/dev/zero of="$disk/fill" bs=4k count=$(($(df -k --output=avail "$disk" | tail -n 1) / 4 - 16)) 2>/dev/null
[ "$(timeout 60 femd store size "$disk/store" | awk '$1 == "answer" {print $2}')" -gt 2000 ] || fail "the store is empty"
timeout 60 femd store prune "$disk/store" --size 0.1 >"$scratch/prune.log" 2>&1 || fail "a store on a disk with 64 KiB of room was not pruned"
left=$(awk '$1 == "answer" {print $2}' "$scratch/prune.log")
[ "$left" -lt 1000 ] || fail "$left answers are left"
timeout 60 femd store verify "$disk/store" >"$scratch/verify.log" 2>&1 || fail "a store that was pruned on a full disk is not sound"
exit 0
