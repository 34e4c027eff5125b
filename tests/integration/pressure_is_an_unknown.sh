#!/bin/bash
# With the pressure as an unknown: ranks agree, with heat beside it too; the fields hold
# the pressure, and what does not go with it is refused by name.
. "$FEMD_SOURCE/tests/integration/lib.sh"
json=$here/pressure_is_an_unknown.json
run_case one --workers 1 "$json" --set solver.rtol=1e-12
run_case two --workers 2 --ranks 2 "$json" --set solver.rtol=1e-12
same_outputs "$scratch/one" "$scratch/two" 1e-10 || fail "1 and 2 ranks differ"
grep -q 'Name="pressure"' "$scratch/one/step_0003.pvtu" || fail "the fields have no pressure"
grep -q '"cuts": 0' "$scratch/one/summary.json" || fail "steps were cut"
warm=$here/pressure_is_an_unknown_and_heat.json
run_case warm --workers 1 "$warm"
run_case pair --workers 2 --ranks 2 "$warm"
same_outputs "$scratch/warm" "$scratch/pair" 1e-8 || fail "1 and 2 ranks differ in heat"
grep -q 'Name="temperature"' "$scratch/warm/step_0003.pvtu" || fail "the fields have no temperature"
refuse() {
    words=$1
    shift
    timeout 60 femd check "$json" "$@" >"$scratch/refused.log" 2>&1
    [ $? = 2 ] || fail "$* was not refused"
    grep -qF "$words" "$scratch/refused.log" || fail "$*: other words than \"$words\""
}
up='element.formulation "u-p"'
refuse "element.type: $up is one of P2" --set element.type=P1
refuse "steps.control: $up does not go with" --set steps.control=arc-length
refuse "physics: $up solves for a displacement" --set physics=thermal --set 'heat={"initial":300}' --set 'boundary=[{"on":"left","temperature":300}]' 
refuse "solver.direct: $up is solved directly" --set solver.direct=false
refuse "boundary[4]: $up does not go with turned, rigid or periodic" --set 'boundary[4]={"on":"top","rigid":{}}'
copper='{"engine":"native","method":"md","structure":{"lattice":"fcc","a":"3.615 angstrom","species":["Cu"],"repeat":[2,2,2]},"potential":{"style":"eam/alloy","file":"Cu_mishin1.eam.alloy"}}'
refuse "materials.rubber: its stresses are sampled" --set "materials.rubber=$copper" --set temperature=300
