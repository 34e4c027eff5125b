#!/bin/bash
# argon_bar_follows_its_conductivity.sh [full]: cases/argon-bar, small or as it stands: as promised, the same bits for any
# number of workers, and temperatures along the bar as the transform of a k of power law has them.
. "$FEMD_SOURCE/tests/integration/lib.sh"
case_folder=$FEMD_SOURCE/cases/argon-bar
expected=$case_folder/expected${1:+-$1}.json
limit=${1:+1500}
mapfile -t arguments < <(check_expected "$expected")
run_case result --workers 2 "$case_folder" "${arguments[@]}"
check_expected "$expected" "$scratch/result" || fail "argon-bar does not meet its ${expected##*/}"
if [ $# -eq 0 ]; then
    run_case alone --workers 1 "$case_folder" "${arguments[@]}"
    same_outputs "$scratch/result" "$scratch/alone" || fail "1 and 2 workers differ"
fi
python3 - "$scratch/result/history.csv" <<'PYTHON' || fail "temperatures do not follow the transform of the conductivity"
import csv, sys
row = list(csv.DictReader(open(sys.argv[1])))[-1]
T = [60] + [float(row[name + ".T"]) for name in ("quarter", "middle", "three-quarters")] + [20]
# k = A T^-m: T^(1-m) is linear along the bar; m from the middle, and then the quarters
def off(m): return 2 * T[2] ** (1 - m) - T[0] ** (1 - m) - T[4] ** (1 - m)
low, high = -0.3, 0.999
if off(low) * off(high) > 0: low, high = 1.001, 3
for _ in range(80):
    m = (low + high) / 2
    low, high = (m, high) if off(low) * off(m) > 0 else (low, m)
for i in (1, 3):
    found = ((T[i - 1] ** (1 - m) + T[i + 1] ** (1 - m)) / 2) ** (1 / (1 - m))
    print("power", -m, "T", T[i], found)
    if abs(found - T[i]) > 0.05: sys.exit(1)
left, right = float(row["left.heat"]), float(row["right.heat"])
sys.exit(abs(left + right) > 1e-9 * left)
PYTHON
