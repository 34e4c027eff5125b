#!/bin/bash
# The same case with 1, 2 and 4 workers: history, fields, checkpoint and summary are the same bits.
. "$FEMD_SOURCE/tests/integration/lib.sh"
for n in 1 2 4; do run_case "out$n" --workers $n "$here/small.json"; done
same_outputs "$scratch/out1" "$scratch/out2" || fail "1 and 2 workers differ"
same_outputs "$scratch/out1" "$scratch/out4" || fail "1 and 4 workers differ"
# The comparison itself must be able to fail.
run_case other --workers 2 "$here/small.json" --set "solver.rtol=1e-3"
same_outputs "$scratch/out1" "$scratch/other" >/dev/null && fail "the comparison sees no difference between two cases"
exit 0
