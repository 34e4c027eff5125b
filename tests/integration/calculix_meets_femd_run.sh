#!/bin/bash
# CalculiX, built with external behaviours, with libfemd_umat on the mesh of femd run: the same reactions by each of the three
# interfaces, no more than 1.7 times the evaluations, the same where increments have to be cut, and a restart on another server.
# The blocks of docs/attach.md are its input. Skipped where CalculiX cannot be built.
. "$FEMD_SOURCE/tests/integration/lib.sh"
unset FEMD_KEY FEMD_KEYS
ccx=$("$FEMD_SOURCE/client/adapters/umat/build-calculix" 2>"$scratch/build.log") || {
    echo "skipped: $(tail -n 1 "$scratch/build.log")"
    exit 77
}
[ -x /usr/bin/python3 ] || { echo "skipped: no /usr/bin/python3, which makes CalculiX' mesh" && exit 77; }
mkdir -p "$scratch/checkout"
cd "$scratch/checkout" || exit 1
for folder in cases client tests; do ln -s "$FEMD_SOURCE/$folder" $folder; done
ln -s "$FEMD_BIN/.." build
pool() { # CASE: a pool of two workers, in the place of the one before
    [ -z "${server:-}" ] || { kill "$server" && exit_within 10 "$server"; }
    rm -f pool.address
    start serve femd serve "$1" --workers 2 --address-file pool.address
    server=$pid
    wait_until 20 test -s pool.address || fail "no pool"
    started="$started $(descendants "$server")"
}
# last FILE.dat: total force along x on the grip at the end, uN; reaction OUT: the same of a run of femd
last() { awk 'NF == 3 && $1 ~ /E/ {x = $1} END {print x}' "$1"; }
reaction() { awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == "grip.x") column = i} END {printf "%.10g\n", 1e6 * $column}' "$scratch/$1/history.csv"; }
near() { awk -v a="$1" -v b="$2" -v tolerance="$3" 'BEGIN {exit !(a * b > 0 && a / b - 1 < tolerance && b / a - 1 < tolerance)}'; }
evaluations() { sed -n 's/^libfemd_umat: \([0-9]*\) evaluations;.*/\1/p' "$1"; }
calculix() { # JOB
    timeout $((200 * patience)) "$ccx" "$1" >"$scratch/$1.log" 2>"$scratch/$1.err.log" || fail "CalculiX ended with $? at $1"
}

# the page: its input is that of cases/attach, its commands run as they are
page_block calculix_input notch.inp
cmp notch.inp "$FEMD_SOURCE/cases/attach/calculix/notch.inp" || fail "docs/attach.md has another input than cases/attach/calculix"
page_block calculix calculix.sh
pool cases/copper-notch
sed 's/$(client.*)/calculix/' calculix.sh >here.sh # the program is there already
. ./here.sh
run_case run cases/copper-notch --workers 2 --set mesh.file=notch-small.msh
near "$(last notch.dat)" "$(reaction run)" 1e-6 || fail "CalculiX has $(last notch.dat) uN, femd run $(reaction run)"
own=$(grep -o '"evaluations": [0-9]*' "$scratch/run/summary.json" | tail -n 1 | tr -dc 0-9) asked=$(evaluations "$scratch/notch.err.log")
[ "$asked" -gt 0 ] && [ $((10 * asked)) -le $((17 * own)) ] || fail "CalculiX took $asked evaluations, femd run $own"
for name in ABAQUS ABAQUSNL; do
    sed "s/@FEMD_UMAT@/@${name}_FEMD@/" notch.inp >$name.inp
    calculix $name
    [ "$(last $name.dat)" = "$(last notch.dat)" ] && [ "$(evaluations "$scratch/$name.err.log")" = "$asked" ] || fail "@${name}_: $(last $name.dat) uN"
done

# a restart of the second half on another server
export FEMD_UMAT_STATES=$scratch/states
sed -e 's/^\*STATIC/*RESTART, WRITE\n*STATIC/' -e 's/grip, 1, 1, 0.16/grip, 1, 1, 0.096/' -e 's/^0.2, 1, 1e-4, 0.2/0.3333333333333, 1, 1e-4, 0.3333333333333/' notch.inp >half.inp
calculix half
page_block calculix_restart rest.inp
cp half.rout rest.rin
pool cases/copper-notch
mv "$scratch"/states* .
timeout 60 "$ccx" rest >"$scratch/lost.log" 2>&1
[ $? = 201 ] && grep -q "libfemd_umat: element .* without the state that belongs to it" "$scratch/lost.log" || fail "states that are lost are not told"
rm -f "$scratch"/states*
mv states* "$scratch"
calculix rest
near "$(last rest.dat)" "$(last notch.dat)" 1e-6 || fail "the restarted analysis has $(last rest.dat) uN, $(last notch.dat) in one go"
unset FEMD_UMAT_STATES

# compressed in one go, beyond where the table of densities ends at Newton's trials: both solvers have to cut
cat >hard.json <<'JSON'
{"femd": 1, "mesh": {"file": "notch-small.msh", "scale": "1 um"}, "element": {"type": "P2"},
 "materials": {"copper": {"region": "crystal", "orientation": {"axis": [0, 0, 1], "angle": "45 deg"}, "engine": "cauchy-born", "structure": {"lattice": "fcc", "a": "3.615 angstrom", "species": ["Cu"]},
   "potential": {"style": "eam/alloy", "file": "Cu_mishin1.eam.alloy"}}},
 "boundary": [{"on": "symmetry_x", "displacement": [0, null, null]}, {"on": "symmetry_z", "displacement": [null, null, 0]},
   {"on": "grip", "displacement": ["-400 nm", 0, null]}],
 "steps": {"count": 1}}
JSON
cp "$FEMD_SOURCE/cases/copper-notch/notch-small.msh" .
run_case hard hard.json --workers 2
pool hard.json
export FEMD_UMAT=hard.json
sed -e 's/^0.2, 1, 1e-4, 0.2/1, 1, 1e-4, 1/' -e 's/grip, 1, 1, 0.16/grip, 1, 1, -0.4/' notch.inp >hard.inp
calculix hard
grep -q "to be tried with half its length" "$scratch/hard.err.log" && grep -q "requested by a material user routine" "$scratch/hard.log" || fail "no cut"
near "$(last hard.dat)" "$(reaction hard)" 1e-6 || fail "with cuts CalculiX has $(last hard.dat) uN, femd run $(reaction hard)"
