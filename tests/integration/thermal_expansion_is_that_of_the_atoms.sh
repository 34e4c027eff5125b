#!/bin/bash
# thermal_expansion_is_that_of_the_atoms.sh: cases/thermal-expansion, its small size: a free block grows as one RVE without
# stress does, a bar between walls is pressed as one RVE between walls, and by -E alpha dT in a small step, as far as the
# derivatives of the table are even.
. "$FEMD_SOURCE/tests/integration/lib.sh"
case_folder=$FEMD_SOURCE/cases/thermal-expansion
mapfile -t small < <(check_expected "$case_folder/expected.json")
run_case held --workers 1 "$case_folder" "${small[@]}"
check_expected "$case_folder/expected.json" "$scratch/held" || fail "thermal-expansion does not meet its expected.json"
run_case free --workers 1 "$case_folder" "${small[@]}" --set 'boundary[1]={"on":"right","traction":[0,0,0]}'
run_case little --workers 1 "$case_folder" "${small[@]}" --set steps.count=1 --set 'boundary[4].temperature="=100+t"' \
    --set 'boundary[5].temperature="=100+t"'
answer() { name=$1 && shift && femd eval "$case_folder" --json "$@" >"$scratch/$name.json" 2>/dev/null || fail "eval $*"; }
answer grown --temperature 400 --pressure 0
answer pressed --temperature 400 --strain 0 0 0 0 0 0 --stress 22=0 --stress 33=0
answer virgin --temperature 100 --strain 0 0 0 0 0 0 --want stress,tangent,thermal-stress
python3 - "$scratch" <<'PYTHON' || fail "the body does not expand as its atoms"
import json, sys
def read(name): return json.load(open(sys.argv[1] + "/" + name))
def last(run): return read(run + "/summary.json")["steps"][-1]
bad = 0
def near(what, value, wanted, tolerance):
    global bad
    print(what, value, wanted)
    bad |= not abs(value - wanted) <= tolerance
free, held, little = last("free"), last("held"), last("little")
for c in range(3):
    near("free strain", free["strain"][c], read("grown.json")["strain"][c], 1e-8 * 0.0045)
    near("free strain", free["strain"][3 + c], 0, 1e-8 * 0.0045)
    near("free stress", free["stress"][c], 0, 10)
    near("held strain", held["strain"][c], read("pressed.json")["strain"][c], 1e-8 * 0.0045)
near("held stress", held["stress"][0], read("pressed.json")["stress"][0], 1e-8 * 2.6e8)
virgin = read("virgin.json")
D, b = virgin["tangent"], [-s for s in virgin["thermal_stress"]]
D = D if isinstance(D[0], list) else [D[6 * i:6 * i + 6] for i in range(6)]
young, alpha = (D[0][0] - D[0][1]) * (D[0][0] + 2 * D[0][1]) / (D[0][0] + D[0][1]), b[0] / (D[0][0] + 2 * D[0][1])
near("little stress", little["stress"][0], -young * alpha, 5e-3 * young * alpha)
sys.exit(bad)
PYTHON
