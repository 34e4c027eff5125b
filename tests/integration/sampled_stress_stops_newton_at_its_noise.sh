#!/bin/bash
# sampled_stress_stops_newton_at_its_noise.sh [quick]: cases/argon-md, its small size: Newton ends at the noise of the sampled stresses and
# meets expected.json, with the same bits for 1 and 2 workers; with the plain tolerance alone it does not end. quick: a crystal of 32 atoms
# at the lattice parameter that has no pressure at 40 K instead of the search for it, blocks half as long; it meets the same figures.
. "$FEMD_SOURCE/tests/integration/lib.sh"
case_folder=$FEMD_SOURCE/cases/argon-md
mapfile -t arguments < <(check_expected "$case_folder/expected.json")
if [ "${1:-}" = quick ]; then
    argon=materials.argon
    arguments+=(--set "$argon.structure.repeat=[2,2,2]" --set "$argon.structure.a=5.374 angstrom" --set "$argon.reference=as-given"
        --set "$argon.md.block=2 ps" --set "$argon.md.equilibration=2 ps")
fi
for n in 1 2; do run_case "out$n" --workers $n "$case_folder" "${arguments[@]}"; done
check_expected "$case_folder/expected.json" "$scratch/out2" || fail "argon-md does not meet its expected.json"
same_outputs "$scratch/out1" "$scratch/out2" || fail "1 and 2 workers differ"
start plain timeout 300 femd run --quiet --workers 2 --out "$scratch/plain" "$case_folder" "${arguments[@]}" \
    --set solver.noise_stop=false --set solver.max_newton=3 --set steps.max_cuts=0
exit_within 300 "$pid"
[ "$code" = 3 ] || fail "without the noise stop the run ended with $code, not with 3"
exit 0
