#!/bin/bash
# femd.micro_manager, driven as preCICE's Micro Manager drives a MicroSimulation: the bits of femd.Law, one message for a serial loop,
# and what output() saved goes on with another server. Debian's python3 and numpy; skipped without.
. "$FEMD_SOURCE/tests/integration/lib.sh"
python=/usr/bin/python3
"$python" -c 'import numpy' 2>/dev/null || { echo "skipped: $python has no numpy (python3-numpy)"; exit 77; }
export PYTHONPATH=$FEMD_SOURCE/client/adapters/python FEMD_LIBRARY=$FEMD_BIN/../lib/libfemd.so PYTHONDONTWRITEBYTECODE=1
mkdir "$scratch/work"
ln -s "$FEMD_SOURCE/cases/copper-notch" "$scratch/copper-notch"
# as docs/attach.md has it
page_block micro_manager "$scratch/copper.py"
cmp -s "$scratch/copper.py" "$FEMD_SOURCE/client/adapters/micro_manager/copper.py" || fail "docs/attach.md has another copper.py"
cd "$scratch" && ln -s "$FEMD_SOURCE/cases" cases && cp "$FEMD_SOURCE/client/adapters/micro_manager/micro-manager-config.json" . || exit 1
export FEMD_CONNECT=$scratch/pool.address
for part in first restarted; do
    start_server --audit 0 # one worker: nobody could
    start_worker "$part"
    echo "$address" >pool.address
    timeout 60 "$python" "$here/micro_manager_drives.py" "$address" "$scratch/work" "$part" >"$scratch/python.log" 2>&1 || fail "python3 ended with $? ($part)"
    kill "$server" "$worker" 2>/dev/null # a worker may have left with its server
    exit_within 10 "$server"
    exit_within 10 "$worker"
    rm -f "$scratch/socket"
done
grep -q "goes on" "$scratch/python.log" || fail "the saved run did not go on"
