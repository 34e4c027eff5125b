#!/bin/bash
# The Fortran module: arrays in and out equal femd eval to the bit, failures have words, what is saved goes on with another server.
# Skipped without gfortran.
. "$FEMD_SOURCE/tests/integration/lib.sh"
command -v gfortran >/dev/null || { echo "skipped: there is no gfortran"; exit 77; }
module=$FEMD_SOURCE/client/adapters/fortran
folder=$scratch/work
mkdir "$folder"
echo '{"engine":"native","structure":{"lattice":"fcc","a":"3.615 angstrom","species":["Cu"],"repeat":[2,2,2],"vacancies":{"count":1,"seed":7}},"potential":{"style":"eam/alloy","file":"Cu_mishin1.eam.alloy"},"orientation":{"axis":[1,2,3],"angle":"40 deg"}}' >"$folder/copper.json"
evaluate() { # evaluate KEY... -- OPTION...: what femd eval says, the numbers of each key in a file of its name
    keys=()
    while [ "$1" != -- ]; do keys+=("$1"); shift; done
    shift
    femd eval "$folder/copper.json" --json "$@" >"$scratch/eval.json" || fail "femd eval $*"
    for key in "${keys[@]}"; do
        grep -o "\"$key\": [^\"]*" "$scratch/eval.json" | head -n 1 | sed 's/.*": //' | tr -cs '0-9.e+-' '\n' >"$folder/$key"
    done
}
strain="0.01 -0.002 0.003 0.004 -0.005 0.006"
evaluate first_piola A cauchy energy_density -- --F 1.01 0.002 0 0 1 0 0.001 0 0.999
# shellcheck disable=SC2086
evaluate stress tangent -- --strain $strain
echo "$strain" >"$folder/strain" # as it went; what is reached differs in the last digit, as the crystal is turned

(cd "$scratch" && gfortran -std=f2018 -Wall -Wextra -Werror -Wno-compare-reals "$module/femd_c.f90" "$module/femd.f90" "$here/fortran_host.f90" -o host \
    -L"$FEMD_BIN/../lib" -lfemd -Wl,-rpath,"$FEMD_BIN/../lib") >"$scratch/gfortran.log" 2>&1 || fail "the module or its test does not compile without warnings"
host() { timeout 60 "$scratch/host" "$address" "$1" "$folder" >"$scratch/$1.log" 2>&1; }

start_server
start_worker worker
host first || fail "first ended with $?"
host stops && fail "without stat a failure does not stop the program"
grep -q "femd: .*nothing.json" "$scratch/stops.log" || fail "it stops without words"

# the program of docs/attach.md, beside the cases as in a checkout
page_block fortran "$scratch/stretch.f90"
ln -s "$FEMD_SOURCE/cases" "$scratch/cases"
(cd "$scratch" && gfortran -std=f2018 -Wall -Wextra -Werror "$module/femd_c.f90" "$module/femd.f90" stretch.f90 -o stretch \
    -L"$FEMD_BIN/../lib" -lfemd -Wl,-rpath,"$FEMD_BIN/../lib" && timeout 60 ./stretch "$address" >stretch.out) >"$scratch/stretch.log" 2>&1 || fail "the program of docs/attach.md"
from=()
for load in 01 02; do
    femd eval "$scratch/cases/copper-notch" --F 1.$load 0 0 0 1 0 0 0 1 --json "${from[@]}" --save-state "$scratch/state.$load" >"$scratch/eval.json" || fail "femd eval at 1.$load"
    from=(--state "$scratch/state.$load")
    wanted=$(for key in first_piola A; do grep -o "\"$key\": \[\[[^,]*" "$scratch/eval.json" | head -n 1 | sed 's/.*\[//'; done | paste -sd ' ')
    # shellcheck disable=SC2086
    wanted=$(printf '.%s P11 = %24.16E Pa, dP11/dF11 = %24.16E Pa' $load $wanted)
    grep -qxF "$wanted" "$scratch/stretch.out" || fail "at .$load the program has $(grep "^.$load" "$scratch/stretch.out"), femd eval $wanted"
done

kill "$server" "$worker"
exit_within 10 "$server"
exit_within 10 "$worker"
rm -f "$scratch/socket"
start_server
start_worker again
host again || fail "again ended with $?"
grep -q "goes on" "$scratch/again.log" || fail "the saved run did not go on"
