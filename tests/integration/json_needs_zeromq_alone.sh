#!/bin/bash
# The JSON channel as its documents show it: the ten lines of proto/README.md in Python, and the shell's of docs/attach.md, run as
# they stand, two at once, with the figures of femd eval; a run's name that is taken is refused with words. With pyzmq where that is
# installed, else with its stand-in.
. "$FEMD_SOURCE/tests/integration/lib.sh"
python=/usr/bin/python3
[ -x "$python" ] || { echo "skipped: there is no $python"; exit 77; }
"$python" -c 'import zmq' 2>/dev/null || { cp "$FEMD_SOURCE/tests/unit/proto/zmq_stand_in.py" "$scratch/zmq.py" && export PYTHONPATH=$scratch; }
export PYTHONDONTWRITEBYTECODE=1
port_of() { sed -n 's,.*listening on tcp://127.0.0.1:\([0-9]*\).*,\1,p' "$scratch/server.log" | head -n 1; }
start server femd-server --bind 'tcp://127.0.0.1:*'
wait_until 10 sh -c "grep -q 'listening on tcp' '$scratch/server.log'" || fail "no server"
port=$(port_of)
address=tcp://127.0.0.1:$port
start_worker worker
echo '{"engine": "elastic", "young": 1e11, "poisson": 0.3}' >"$scratch/material.json"
stress=$(femd eval "$scratch/material.json" --strain 1e-3 0 0 0 0 0 --json | grep -o '"stress": \[[^]]*' | head -n 1 | sed 's/.*\[//' | tr -d ' ')
[ -n "$stress" ] || fail "femd eval"

sed -n '/^A client in ten lines/,/^## /{/^```python$/,/^```$/{/^```/!p}}' "$FEMD_SOURCE/proto/README.md" >"$scratch/ten.py"
[ "$(wc -l <"$scratch/ten.py")" = 10 ] || fail "proto/README.md has no ten lines"
page_block json_shell "$scratch/shell.sh"

# the first one stays, so that the others are there at the same time
{ cat "$scratch/ten.py"; echo 'sys.stdout.flush(); sys.stdin.readline()'; } >"$scratch/stays.py"
mkfifo "$scratch/end"
start ten bash -c 'exec "$1" "$2" "$3" "$4" <"$5"' - "$python" "$scratch/stays.py" "$address" "$scratch/material.json" "$scratch/end"
ten=$pid
exec 4>"$scratch/end"
wait_until 10 grep -q result "$scratch/ten.log" || fail "the ten lines have no answer"
grep -qF "'stress': $("$python" -c 'import json, sys; print(json.loads(sys.argv[1]))' "[$stress]")" "$scratch/ten.log" || fail "the ten lines have $(cat "$scratch/ten.log"), femd eval $stress"

timeout 20 bash "$scratch/shell.sh" "127.0.0.1:$port" "$scratch/material.json" >"$scratch/shell.log" 2>&1 || fail "the shell ended with $?"
grep -qF "\"stress\":[$stress]" "$scratch/shell.log" || fail "the shell has $(cat "$scratch/shell.log"), femd eval $stress"
grep -qF '"reused":true' "$scratch/shell.log" || fail "two that ask the same are not answered once"

sed 's/"shell"/"ten-lines"/' "$scratch/shell.sh" >"$scratch/taken.sh"
! cmp -s "$scratch/shell.sh" "$scratch/taken.sh" || fail "the shell has no run's name"
timeout 20 bash -x "$scratch/taken.sh" "127.0.0.1:$port" "$scratch/material.json" >"$scratch/taken.log" 2>&1
grep -q '"type":"error".*ten-lines' "$scratch/taken.log" || fail "a run's name that is taken is not refused with words"
echo >&4
exit_within 10 "$ten"
[ $code = 0 ] || fail "the ten lines ended with $code"
