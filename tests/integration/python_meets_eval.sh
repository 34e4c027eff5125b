#!/bin/bash
# The Python package femd: arrays in and out equal femd eval to the bit, cuts and errors are raised with words, and what is saved
# goes on with another server. Debian's python3 and numpy; skipped without.
. "$FEMD_SOURCE/tests/integration/lib.sh"
python=/usr/bin/python3
"$python" -c 'import numpy' 2>/dev/null || { echo "skipped: $python has no numpy (python3-numpy)"; exit 77; }
export PYTHONPATH=$FEMD_SOURCE/client/adapters/python FEMD_LIBRARY=$FEMD_BIN/../lib/libfemd.so PYTHONDONTWRITEBYTECODE=1
mkdir "$scratch/work"
ln -s "$FEMD_SOURCE/cases/copper-notch" "$scratch/copper-notch"
ask() { timeout 60 "$python" "$here/python_meets_eval.py" "$address" "$scratch/work" "$@" >"$scratch/python.log" 2>&1 || fail "python3 ended with $?"; }
start_server
start_worker worker
ask first "$scratch/states"
[ -s "$scratch/states" ] || fail "no states were saved"
kill "$server" "$worker"
exit_within 10 "$server"
exit_within 10 "$worker" # or the next server has one
rm -f "$scratch/socket"
start_server
ask interrupted "$scratch/states"
grep -q "^interrupted" "$scratch/python.log" || fail "Ctrl-C does not end a wait"
start_worker again
ask saved "$scratch/states"
grep -q "goes on" "$scratch/python.log" || fail "the saved run did not go on"
