#!/bin/bash
# The disk of journal and store is full while a run commits, then has room again: the server begins its journal anew, and one that
# is killed with -9 after that is gone on from with the same bits. Needs to mount a small file system: without root it is skipped.
. "$FEMD_SOURCE/tests/integration/lib.sh"
disk=$scratch/disk
mkdir "$disk"
mount -t tmpfs -o size=16m femd-test "$disk" 2>"$scratch/mount.log" || {
    echo "SKIPPED: a small file system cannot be mounted here ($(cat "$scratch/mount.log"))"
    exit 77
}
unmount() {
    code=$?
    umount -l "$disk"
    (exit $code)
    leave
}
trap unmount EXIT
few=(--set mesh.box.cells=[1,1,1] --set steps.count=14 --set 'materials.copper.structure.repeat=[2,2,2]' "$here/small.json")
kept=(--store "$disk/store" --journal "$disk/journal" --durability store)

run_case whole --workers 1 "${few[@]}"
start_server "${kept[@]}"
start_worker worker
head -c 1G /dev/zero >"$disk/filler" 2>/dev/null
start solver femd-macro --quiet --connect "$address" --out "$scratch/out" "${few[@]}"
solver=$pid
wait_until 30 grep -q "until there is room" "$scratch/server.log" || fail "nobody is told that the disk is full"
committed() { status_of | grep -Eq '"last_step":[2-9]'; }
wait_until 30 committed || fail "the run does not go on"
kill -STOP "$solver" && ! gone "$solver" || fail "the run was over before anything could be done"
grep -q "begun anew" "$scratch/server.log" && fail "a journal on a full disk"
rm "$disk/filler"
wait_until 20 grep -q "there is room again: the journal .* is begun anew" "$scratch/server.log" || fail "the journal stays given up"
kill -9 "$server"
wait_until 10 gone "$server" || fail "the server does not end"
rm -f "$scratch/socket"
start again femd-server --bind "$address" "${kept[@]}"
wait_until 10 grep -q "records of the journal are replayed" "$scratch/again.log" || fail "the journal is not read"
kill -CONT "$solver"
exit_within 60 "$solver"
[ $code = 0 ] || fail "the run ended with $code"
same_outputs "$scratch/whole" "$scratch/out" || fail "other results"
exit 0
