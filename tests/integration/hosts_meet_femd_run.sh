#!/bin/bash
# hosts_meet_femd_run.sh getfem|dolfinx [full]: cases/attach/with_HOST.py, a continuum solver that is not femd's, beside femd-macro on
# the same mesh with the same pool: the same displacements, evaluations of its own, curve; then cuts and refusals (hosts_cut.py).
# Quick: a coarse mesh, crystals of 7 atoms. Debian's python3-getfem or python3-dolfinx; skipped without.
. "$FEMD_SOURCE/tests/integration/lib.sh"
host=$1
size=${2:-quick}
python=/usr/bin/python3
"$python" -c "import $host" 2>/dev/null || { echo "skipped: $python has no $host (python3-$host)"; exit 77; }
export PYTHONPATH=$FEMD_SOURCE/client/adapters/python FEMD_LIBRARY=$FEMD_BIN/../lib/libfemd.so PYTHONDONTWRITEBYTECODE=1
export XDG_CACHE_HOME=$scratch/cache OMPI_MCA_mpi_yield_when_idle=1 OMP_NUM_THREADS=1 # dolfinx compiles its forms there
case_folder=$FEMD_SOURCE/cases/copper-notch
mesh=$case_folder/notch.msh steps=5 atoms='[3,3,3]'
[ "$size" = quick ] && mesh=$case_folder/notch-small.msh steps=2 atoms='[2,1,1]'
# the case as both are to have it: $python writes it, with the paths that it names made absolute
"$python" - "$case_folder" "$mesh" "$steps" "$atoms" >"$scratch/case.json" <<'PYTHON'
import json, sys
folder, mesh, steps, atoms = sys.argv[1:]
case = json.load(open(folder + "/case.json"))
case["mesh"]["file"] = mesh
case["steps"]["count"] = int(steps)
case["materials"]["copper"]["structure"]["repeat"] = json.loads(atoms)
case["solver"] = {"rtol": 1e-11}  # the answers are compared more closely than a run usually ends
case["output"] = {}
json.dump(case, sys.stdout)
PYTHON
start_server
start_worker one
start_worker two
timeout $((900 * patience)) femd-macro --quiet --connect "$address" --out "$scratch/out" "$scratch/case.json" >"$scratch/macro.log" 2>&1 ||
    fail "femd-macro ended with $?"
attached() { # attached NAME COMMAND...: the host, compared with femd's own solver
    name=$1
    shift
    timeout $((900 * patience)) "$@" "$FEMD_SOURCE/cases/attach/with_$host.py" "$address" --case "$scratch/case.json" --mesh "$mesh" --steps "$steps" \
        --tolerance 1e-10 --curve "$scratch/$name.csv" --displacement "$scratch/$name.npy" >"$scratch/$name.log" 2>&1 || fail "$host ended with $?"
    "$python" "$here/same_displacement.py" "$scratch/out" "$scratch/$name.npy" "$scratch/$name.csv" >"$scratch/same.log" 2>&1 ||
        fail "$name and femd run differ"
    cat "$scratch/same.log"
}
attached "$host" "$python"
if [ "$host" = dolfinx ] && command -v mpirun >/dev/null; then
    attached two-ranks mpirun --oversubscribe -n 2 "$python" -m mpi4py
fi
[ "$size" = full ] && exit 0
timeout $((90 * patience)) "$python" "$here/hosts_cut.py" "$host" "$address" >"$scratch/cut.log" 2>&1 || fail "cuts with $host"
if [ "$host" = dolfinx ] && command -v mpirun >/dev/null; then
    timeout $((90 * patience)) mpirun --oversubscribe -n 2 "$python" -m mpi4py "$here/hosts_cut.py" "$host" "$address" >"$scratch/cut.log" 2>&1 || fail "cuts with $host on two ranks"
fi
exit 0
