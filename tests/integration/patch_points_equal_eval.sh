#!/bin/bash
# Patch test on distorted Q1, P1 and P2 meshes: every point equals the single `femd eval` to 1e-10, Newton converges quadratically.
. "$FEMD_SOURCE/tests/integration/lib.sh"
case=$FEMD_SOURCE/cases/patch
F="1.012 0.006 -0.004  0.003 0.992 0.005  0.002 0.007 1.004" # I + the gradient of case.json
timeout 60 femd eval "$case" --F $F --want stress,tangent --json >"$scratch/eval.json" 2>"$scratch/eval.log" || fail "femd eval ended with $?"
for type in Q1 P1 P2; do
    run_case $type --workers 2 "$case" --set element.type=$type --set 'mesh.box.cells=[2,2,1]'
    patch_equals_eval "$scratch/eval.json" "$scratch/$type/checkpoint.h5" 1e-10 || fail "$type: points differ from femd eval"
done
# A deformation that is another one must be seen.
timeout 60 femd eval "$case" --F 1.012 0.006 -0.004 0.003 0.992 0.005 0.002 0.007 1.0041 --want stress,tangent --json >"$scratch/other.json"
patch_equals_eval "$scratch/other.json" "$scratch/Q1/checkpoint.h5" 1e-10 >/dev/null && fail "another deformation passes"
exit 0
