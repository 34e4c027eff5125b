#!/bin/bash
# libfemd_mfront, loaded by a host of MFront's generic interface: all its symbols, each stress measure and tangent with the figures of
# femd eval, a body that slips, cuts, threads, and words for what cannot be. FEMD_MFRONT_LIBRARY is the library.
. "$FEMD_SOURCE/tests/integration/lib.sh"
unset FEMD_MATERIAL
copper='{"engine":"native","structure":{"lattice":"fcc","a":"3.615 angstrom","species":["Cu"],"repeat":[2,2,2],"vacancies":{"count":1,"seed":7}},"potential":{"style":"eam/alloy","file":"Cu_mishin1.eam.alloy"},"orientation":{"axis":[1,2,3],"angle":"40 deg"}}'
slip='{"engine":"native","structure":{"lattice":"fcc","a":"3.615 angstrom","species":["Cu"],"orient":[[1,-1,0],[1,1,-2],[1,1,1]],"repeat":[3,2,2],"vacancies":{"count":3,"seed":7}},"potential":{"style":"eam/alloy","file":"Cu_mishin1.eam.alloy"}}'
soft='{"engine":"elastic","young":1e9,"poisson":0.3}'
echo "{\"femd\":1,\"materials\":{\"copper\":$copper,\"soft\":$soft,\"slip\":$slip}}" >"$scratch/case.json"
echo "$soft" >"$scratch/soft.json"
host() { # host NAME ARGS...: output in NAME.log
    timeout 60 mfront_host "$FEMD_MFRONT_LIBRARY" "$@" >"$scratch/$1.log" 2>"$scratch/$1.err.log"
    code=$?
}
passes() {
    host "$@"
    [ $code = 0 ] || fail "$1 ended with $code"
}
evaluate() { femd eval "$scratch/case.json" --json "$@" || fail "femd eval $*"; }

start_server
start_worker first
export FEMD_MFRONT=$scratch/case.json FEMD_RUN=mfront-host
echo "$address" >"$scratch/pool.address" # as femd serve --address-file leaves it
FEMD_CONNECT=$address
export FEMD_CONNECT
evaluate -m copper --F 1.01 0.002 0 0.003 1 -0.001 0.001 0 0.995 >"$scratch/finite.json"
evaluate -m copper --strain 0.01 -0.002 0.003 0.004 -0.005 0.006 >"$scratch/small.json"
passes figures "$scratch/finite.json" "$scratch/small.json"

from=()
way=()
for g in 0.06 0.12 0.09 0.06; do
    way+=("$scratch/way.${#way[@]}.json")
    evaluate -m slip --F 1 0 0 0 1 $g 0 0 1 "${from[@]}" --save-state "$scratch/state.new" >"${way[-1]}"
    mv "$scratch/state.new" "$scratch/state"
    from=(--state "$scratch/state")
done
passes history "${way[@]}"
grep -q "client of run mfront-host, " "$scratch/server.log" || fail "a process alone is not the run FEMD_RUN"
passes threads
passes failures
grep -q "take a newer host" "$scratch/failures.err.log" || fail "an older host is not told so"
[ "$(grep -c "det F" "$scratch/failures.err.log")" = 1 ] || fail "the same is said more than once"

# one material of the file, by the environment, as the only one; the address in a file
S11=$(femd eval "$scratch/soft.json" --F 1.05 0.02 -0.03 0.04 0.97 0.05 -0.01 0.06 1.02 --json | grep -o '"first_piola": \[\[[^,]*' | sed 's/.*\[//')
for how in "FEMD_MATERIAL=soft" "FEMD_MFRONT=$scratch/soft.json" "FEMD_MATERIAL=SOFT FEMD_CONNECT=$scratch/pool.address"; do
    # shellcheck disable=SC2086
    said=$(env $how timeout 30 mfront_host "$FEMD_MFRONT_LIBRARY" alone 2>/dev/null)
    [ "$said" = "1 $S11 1 " ] || fail "$how: $said, femd eval: $S11"
done
said=$(FEMD_MATERIAL=soft FEMD_STRESS_UNIT=0.5 OMPI_COMM_WORLD_RANK=3 OMPI_COMM_WORLD_SIZE=4 timeout 30 mfront_host "$FEMD_MFRONT_LIBRARY" alone 2>/dev/null)
[ "${said% }" = "1 $(awk "BEGIN { printf \"%.17g\", 2 * $S11 }") 12884901889" ] || fail "in units of half a Pa, as rank 3: $said, femd eval: $S11 Pa"
said_of() { # said_of WORDS ENV...
    words=$1
    shift
    said=$(env "$@" timeout 30 mfront_host "$FEMD_MFRONT_LIBRARY" alone 2>/dev/null)
    case $said in "-1 "*"libfemd_mfront: "*"$words"*) ;; *) fail "$*: $said, not \"$words\"" ;; esac
}
said_of "there is: 1 copper, 2 soft, 3 slip" FEMD_RUN=other
said_of "FEMD_CONNECT is not set" -u FEMD_CONNECT
said_of "FEMD_MFRONT is not set" -u FEMD_MFRONT
for unit in MPa 0 -1 nan; do said_of "FEMD_STRESS_UNIT=$unit is no number" FEMD_MATERIAL=soft FEMD_STRESS_UNIT=$unit; done

# the environment of docs/attach.md, beside the cases as in a checkout
page_block mfront "$scratch/environment.sh"
(
    cd "$scratch" && ln -s "$FEMD_SOURCE/cases" cases && . ./environment.sh && unset FEMD_RUN
    timeout 30 mfront_host "$FEMD_MFRONT_LIBRARY" alone >page.log 2>/dev/null
    [ -e "$FEMD_MFRONT_STATES" ]
) || fail "the environment of docs/attach.md leaves no states"
P11=$(femd eval "$FEMD_SOURCE/cases/copper-notch" --F 1.05 0.02 -0.03 0.04 0.97 0.05 -0.01 0.06 1.02 --json | grep -o '"first_piola": \[\[[^,]*' | sed 's/.*\[//')
[ "$(cat "$scratch/page.log")" = "1 $P11 1 " ] || fail "the environment of docs/attach.md: $(cat "$scratch/page.log"), femd eval: $P11"

# a restart with another server, where the points are another rank's: the host saves its points, the library the states that they name
export FEMD_MFRONT_STATES=$scratch/states OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=0
passes begins "$scratch/points" "${way[@]}"
[ -s "$scratch/states.0" ] || fail "no states were saved"
grep -q "run mfront-host.0: step 1 is committed, 40 states" "$scratch/server.log" || fail "a process of MPI is no run of its own"
FEMD_MFRONT_STATES=$scratch/nowhere/states host begins "$scratch/other" "${way[@]}"
grep -q "libfemd_mfront: cannot write $scratch/nowhere/states" "$scratch/begins.err.log" || fail "states that cannot be written are not told of"
export OMPI_COMM_WORLD_RANK=1
kill "$server" "$worker"
exit_within 10 "$server"
exit_within 10 "$worker"
rm -f "$scratch/socket"
start_server
start_worker second
FEMD_MFRONT_STATES= host goes_on "$scratch/points" "${way[@]}"
grep -q "a state needed by the request is held nowhere" "$scratch/goes_on.log" || fail "without the states it goes on"
head -c 500 "$scratch/states.0" >"$scratch/damaged"
FEMD_MFRONT_STATES=$scratch/damaged host goes_on "$scratch/points" "${way[@]}"
grep -q "the file of states ends early" "$scratch/goes_on.log" || fail "a damaged file is not told of"
passes goes_on "$scratch/points" "${way[@]}"
