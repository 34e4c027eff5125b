#!/bin/bash
# Runs whose points answer under other boundary conditions of the RVE: told in the log, kept apart in a store, the same bits for
# any number of workers, and no checkpoint goes on under another one.
. "$FEMD_SOURCE/tests/integration/lib.sh"
store=$scratch/store
argon='{"engine":"native","structure":{"lattice":"fcc","a":"5.3 angstrom","species":["Ar"],"repeat":[3,3,3],"vacancies":{"count":1,"seed":7}},"potential":{"style":"lj","epsilon":"0.0103 eV","sigma":"3.405 angstrom","cutoff":"8.2 angstrom"},"boundary_condition":"minimal"}'

# condition NAME CONDITION: a run and its repetition, with one store
condition() {
    run_case "$1" --workers 1 --store "$store" --set steps.count=1 --set "materials.copper.boundary_condition=$2" "${@:3}" "$here/small.json"
    [ "$(reused "$1")" = 0 ] || fail "$1: answers of another condition were taken from the store"
    run_case "$1-again" --workers 2 --store "$store" --set steps.count=1 --set "materials.copper.boundary_condition=$2" "${@:3}" "$here/small.json"
    [ "$(reused "$1-again")" -gt 20 ] || fail "$1: the second run found $(reused "$1-again") answers in the store"
    same_outputs "$scratch/$1" "$scratch/$1-again" || fail "$1: other results"
}
# the whole run stands last in the summary
reused() { grep -o '"reused": *[0-9]*' "$scratch/$1/summary.json" | tail -n 1 | grep -o '[0-9]*$'; }

condition periodic '"periodic"'
condition kubc '"kubc"'
condition cluster '"minimal"' --set "materials.copper=$argon"
same_outputs "$scratch/periodic" "$scratch/kubc" >/dev/null 2>&1 && fail "kubc answers as periodic"
for out in log.txt summary.json; do
    grep -q 'boundary condition kubc: 28 of 31 atoms are held, 1 plane of atoms at each face of 4, 4 and 4' "$scratch/kubc/$out" || fail "$out does not tell how many atoms are held"
    grep -q 'without vacancies and voids the crystal has D11' "$scratch/cluster/$out" || fail "$out does not tell what the perfect crystal answers"
done
grep -q 'answers carry the note free-surfaces' "$scratch/cluster/log.txt" || fail "the note is not told"

timeout 60 femd run --quiet --resume --set steps.count=2 --set 'materials.copper.boundary_condition={"type":"kubc","planes":1}' --out "$scratch/periodic" "$here/small.json" 2>"$scratch/resume.log"
[ $? = 2 ] || fail "a run goes on under another condition"
grep -q 'boundary_condition was' "$scratch/resume.log" || fail "not told why: $(cat "$scratch/resume.log")"

timeout 60 femd check --set materials.copper.method=md --set 'materials.copper.boundary_condition="kubc"' "$here/small.json" >"$scratch/check.log" 2>&1
[ $? = 2 ] || fail "md under kubc is taken"
grep -q '"md" does not answer under the boundary condition "kubc"' "$scratch/check.log" || fail "not told why: $(cat "$scratch/check.log")"
