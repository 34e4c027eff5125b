#!/bin/bash
# A case whose chemical potential is an expression of place: every point answers the composition of its own place, and all outputs have it.
. "$FEMD_SOURCE/tests/integration/lib.sh"
case=$here/exchange.json
timeout $((60 * patience)) femd check "$case" >"$scratch/check.log" 2>&1 || fail "femd check ended with $?"
grep -q "output.wants  *about .* of one core" "$scratch/check.log" || fail "what the compositions cost is not told"
run_case out --workers 2 "$case"

# by size: the points of the six tetrahedra of a cell lie at 1/4, 1/2 and 3/4 of it, two each
for name in composition composition_error; do
    print_hdf5 "$scratch/out/checkpoint.h5" point/$name | tail -n +2 >"$scratch/$name.txt" || fail "no $name in the checkpoint"
done
paste "$scratch/composition.txt" "$scratch/composition_error.txt" | sort -g >"$scratch/points.log"
awk 'BEGIN { kT = 1.380649e-23 * 40; mass = (83.798 / 39.948) ^ 1.5; split("0.25 0.5 0.75 1.25 1.5 1.75", place, " ") }
    { exact = 1 / (1 + mass * exp(-1.6e-21 * (0.2 + place[int((NR + 1) / 2)]) / kT)); mean += exact / 12; off = $1 - exact
      if (off < 0) off = -off
      if (!(off < 5 * $2 && $2 < 0.015)) { print "point " NR ": " $0 ", exact " exact; bad = 1 } }
    END { print mean; exit bad || NR != 12 }' "$scratch/points.log" >"$scratch/exact.log" || fail "points have another composition"
mean=$(tail -n 1 "$scratch/exact.log")
near() { awk -v a="$1" -v b="$mean" 'BEGIN { exit !(a - b < 0.01 && b - a < 0.01) }'; }
near "$(grep -o '"composition": {"mean": [0-9.]*' "$scratch/out/summary.json" | sed 's/.* //')" || fail "the summary's composition is not about $mean"
near "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "composition") at = i } NR == 2 { print $at }' "$scratch/out/history.csv")" ||
    fail "the composition of history.csv is not about $mean"
for name in composition composition_error; do grep -aq "Name=\"$name\"" "$scratch/out/step_0001_0.vtu" || fail "no $name among the fields"; done

# potentials that nobody prescribed are missed before anything is sampled
sed '/chemical_potentials/d' "$case" >"$scratch/none.json"
femd check "$scratch/none.json" >"$scratch/none.log" 2>&1
[ $? = 2 ] || fail "a case without potentials is taken"
grep -q 'materials.mixture: it exchanges species, whose chemical potentials are to stand in "chemical_potentials"' "$scratch/none.log" || fail "not told what is missing"
