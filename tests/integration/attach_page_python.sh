#!/bin/bash
# docs/attach.md, its blocks of Python as they are: the program equals femd eval to the bit, goes on on another server, and the bars
# of GetFEM and dolfinx (where they are installed) carry a force between those of one point with free and with held sides.
. "$FEMD_SOURCE/tests/integration/lib.sh"
python=/usr/bin/python3
"$python" -c 'import numpy' 2>/dev/null || { echo "skipped: $python has no numpy (python3-numpy)"; exit 77; }
export PYTHONPATH=$FEMD_SOURCE/client/adapters/python FEMD_LIBRARY=$FEMD_BIN/../lib/libfemd.so PYTHONDONTWRITEBYTECODE=1
export XDG_CACHE_HOME=$scratch/cache OMPI_MCA_mpi_yield_when_idle=1 OMP_NUM_THREADS=1
mkdir "$scratch/checkout"
cd "$scratch/checkout" || exit 1
ln -s "$FEMD_SOURCE/cases" cases
pool() {
    rm -f "$scratch/socket"
    start_server
    start_worker one
    one=$worker
    start_worker two
    echo "$address" >pool.address
}
page_block python "$scratch/stretch.py"
page_block python_restart "$scratch/stretch_on.py"
page_block getfem "$scratch/bar_getfem.py"
page_block dolfinx "$scratch/bar_dolfinx.py"
pool
timeout 60 "$python" "$scratch/stretch.py" >"$scratch/stretch.out" 2>"$scratch/stretch.log" || fail "the program ended with $?"
from=()
for load in 0.01 0.02 0.03; do
    femd eval cases/copper-notch --F 1"${load#0}" 0 0 0 1 0 0 0 1 --json "${from[@]}" --save-state "$scratch/state.$load" >"$scratch/eval.json"
    from=(--state "$scratch/state.$load")
    P=$(grep -o '"first_piola": \[\[[^,]*' "$scratch/eval.json" | head -n 1 | sed 's/.*\[//')
    A=$(grep -o '"A": \[\[[^,]*' "$scratch/eval.json" | head -n 1 | sed 's/.*\[//')
    echo "$load P11 = $P Pa, dP11/dF11 = $A Pa" >>"$scratch/eval.out"
done
head -n 2 "$scratch/eval.out" | cmp -s - "$scratch/stretch.out" || fail "$(cat "$scratch/stretch.out"); femd eval: $(cat "$scratch/eval.out")"

force_of() { # force_of NAME COMMAND...: 0.04 on a length of 2 gives 2 % of strain
    name=$1
    shift
    timeout $((120 * patience)) "$@" >"$scratch/$name.out" 2>"$scratch/$name.log" || fail "$name ended with $?"
    [ "$(grep -c '^load' "$scratch/$name.out")" = 2 ] || fail "$name: $(cat "$scratch/$name.out")"
    force=$(sed -n 's/^load 1 force //p' "$scratch/$name.out")
    "$python" - "$force" "$free" "$held" <<'PYTHON' || fail "$name: a force of $force, sides free $free, held $held"
import sys
force, free, held = map(float, sys.argv[1:])
sys.exit(not 0 < free < force < held)
PYTHON
    echo "$name: $force"
}
held=$(sed -n '2s/.*P11 = \(.*\) Pa, .*/\1/p' "$scratch/eval.out")
free=$("$python" - "$address" <<'PYTHON'
import sys
import numpy as np
import femd
law = femd.Client(sys.argv[1]).material("cases/copper-notch", "copper").points(1)
F = np.diag([1.02, 1, 1])
for _ in range(6):  # the other components but F21, F31, F32 (a rotation) until their stresses are none
    P, A = law(F)
    inner = [1, 2, 4, 5, 8]
    F.flat[inner] -= np.linalg.solve(A[0].reshape(9, 9)[np.ix_(inner, inner)], P[0].flat[inner])
assert abs(P[0].flat[inner]).max() < 1, P
print(P[0, 0, 0])
PYTHON
)
if "$python" -c 'import getfem' 2>/dev/null; then force_of getfem "$python" "$scratch/bar_getfem.py"; fi
if "$python" -c 'import dolfinx' 2>/dev/null; then
    force_of dolfinx "$python" "$scratch/bar_dolfinx.py"
    ! command -v mpirun >/dev/null || force_of dolfinx-2 mpirun --oversubscribe -n 2 "$python" -m mpi4py "$scratch/bar_dolfinx.py"
fi

# another server, and the states of the first
kill "$server" "$one" "$worker"
exit_within 10 "$server"
exit_within 10 "$one"
exit_within 10 "$worker"
pool
timeout 60 "$python" "$scratch/stretch_on.py" >"$scratch/on.out" 2>"$scratch/on.log" || fail "the restart ended with $?"
[ "$(cat "$scratch/on.out")" = "$(sed -n '3s/, dP11.*/, increment 3/p' "$scratch/eval.out")" ] || fail "$(cat "$scratch/on.out"); femd eval: $(tail -n 1 "$scratch/eval.out")"
