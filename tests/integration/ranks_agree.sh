#!/bin/bash
# One and two ranks agree to 1e-10 of each field's maximum when Newton and the linear solver are tight.
. "$FEMD_SOURCE/tests/integration/lib.sh"
tight="--set solver.rtol=1e-12 --set solver.ksp_rtol=1e-12"
run_case one --workers 2 --ranks 1 "$here/small.json" $tight
run_case two --workers 2 --ranks 2 "$here/small.json" $tight
same_outputs "$scratch/one" "$scratch/two" 1e-10 || fail "1 and 2 ranks differ"
