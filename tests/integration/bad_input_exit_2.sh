#!/bin/bash
# Bad input: a message with file, key and accepted values, exit code 2, nothing written, nothing started.
. "$FEMD_SOURCE/tests/integration/lib.sh"
base=$here/small.json

# refused WORDS... -- ARGS...: femd run must refuse with all the words, and so must femd check
refused() {
    words=()
    while [ "$1" != -- ]; do words+=("$1") && shift; done
    shift
    timeout 60 femd run --out "$scratch/out" "$@" >"$scratch/refused.log" 2>&1
    code=$?
    [ $code = 2 ] || fail "femd run $* ended with $code, not 2"
    for word in "${words[@]}"; do grep -qF -- "$word" "$scratch/refused.log" || fail "femd run $*: no word of \"$word\""; done
    [ ! -e "$scratch/out" ] || fail "femd run $* left an output folder behind"
    case " $* " in *" --ranks "*) return ;; esac
    timeout 60 femd check "$@" >"$scratch/refused.log" 2>&1
    code=$?
    [ $code = 2 ] || fail "femd check $* ended with $code, not 2"
    for word in "${words[@]}"; do grep -qF -- "$word" "$scratch/refused.log" || fail "femd check $*: no word of \"$word\""; done
}
copy() { cp "$here/small.json" "$scratch/$1"; }

refused "case.json" -- "$scratch/nowhere"
refused "small.json: materials.copper.potential.file: no such file \"Cu.eam\"" "looked in" -- "$base" --set materials.copper.potential.file=Cu.eam
refused "small.json: materials.copper.structure.species" "Xx" -- "$base" --set 'materials.copper.structure.species=["Xx"]'
refused "small.json: element.type" "\"Q9\"" "accepted" "Q1" "P2" -- "$base" --set element.type=Q9
refused "small.json: steps" "unknown key \"cuont\"" "count" -- "$base" --set steps.cuont=3
refused "small.json: materials.copper.region" "core" "all" -- "$base" --set materials.copper.region=core
refused "small.json: materials.copper.structure.a" "kelvin" "angstrom" -- "$base" --set 'materials.copper.structure.a=3.6 kelvin'
refused "small.json: boundary[0].on" "lefft" "left" -- "$base" --set 'boundary=[{"on":"lefft","displacement":[0,0,0]}]'
refused "small.json: materials.copper.structure" "wrong unit" -- "$base" --set 'materials.copper.structure.a=0.1 angstrom'
refused "small.json: boundary" "free to move in 1 of its 6 rigid ways; nothing holds it against rotation about the axis along x through" -- "$base" --set 'boundary=[{"on":"left","displacement":[0,null,null]},{"at":[0,0,0],"displacement":[0,0,0]}]'
printf 'garbage\n' >"$scratch/broken.msh"
refused "broken.msh" -- "$base" --set "mesh={\"file\":\"$scratch/broken.msh\"}"
refused "absent.msh" -- "$base" --set 'mesh={"file":"absent.msh"}'
sed 's/"seed": *1/"seed": NaN/' "$base" >"$scratch/nan.json"
refused "nan.json" -- "$scratch/nan.json"
sed '$d' "$base" >"$scratch/cut.json"
refused "cut.json:19" -- "$scratch/cut.json"
refused "--ranks 3" "2 cells" -- "$base" --ranks 3
refused "conductivity" "tangent" -- "$base" --set 'output={"wants":["conductivity"]}'
cat >"$scratch/inverted.msh" <<'MSH'
$MeshFormat
2.2 0 8
$EndMeshFormat
$PhysicalNames
2
2 1 "left"
3 2 "body"
$EndPhysicalNames
$Nodes
4
1 0 0 0
2 1 0 0
3 0 1 0
4 0 0 1
$EndNodes
$Elements
2
1 2 2 1 1 1 3 4
2 4 2 2 1 1 3 2 4
$EndElements
MSH
refused "inverted" "cell 0" -- "$base" --set "mesh={\"file\":\"$scratch/inverted.msh\"}" --set 'element.type=P1' \
    --set 'boundary=[{"on":"left","displacement":[0,0,0]}]'
refused "petsc" "nonsense" -- "$base" --set 'petsc={"ksp_type":"nonsense"}'
refused "small.json: materials.copper.method" "no method of \"stress\"" -- "$base" --set 'materials.copper.method={"conductivity":"green-kubo"}'
refused "small.json: output.probes" "outside the body" -- "$base" --set 'output={"probes":[{"name":"far","at":[1,1,1]}]}'
refused "small.json: boundary[1].displacement[0]: the expression" "gives inf" -- "$base" --set 'boundary[1].displacement[0]="=1e-10/(1-t)"'
refused "small.json: boundary[1] (\"right\"): a displacement of 1e+308 m" "up to 1e+06 times" -- "$base" --set 'boundary[1].displacement[0]=1e308'
refused "small.json: boundary[1] (\"right\"): a displacement of 3 m" -- "$base" --set 'boundary[1].displacement[0]="=3*t"'
refused "small.json: boundary[1] (\"right\"): a displacement of 3 m" -- "$base" --set 'boundary[1]={"on":"right","rigid":{"displacement":[3,null,null]}}'
refused "small.json: mesh: the box goes from 0 to 1e+300 m along y" "from 1e-50 to 1e+50 m" -- "$base" --set 'mesh.box.size[1]=1e300'
refused "small.json: steps.count: must be at most 1000000, not 1e+18" -- "$base" --set steps.count=1e18
refused "small.json: seed: must be a whole number of at most 2^53" "or a string of digits" -- "$base" --set seed=1e18
refused "small.json: boundary[1].displacement[0]: unit \"/0\"" "an expression begins with \"=\"" -- "$base" --set 'boundary[1].displacement[0]="1/0"'
printf 'cell phi1 Phi phi2\n0 0 0 0\n1 0 10 0\n7 0 20 0\n' >"$scratch/cells.txt"
refused "small.json: materials.copper[7]" "cells.txt:4" "no cell 7" -- "$base" --set "materials.copper.orientations=\"$scratch/cells.txt\""
printf 'region phi1 Phi phi2\nall 0 0 0\n# grains\nnone 0 10 0\n' >"$scratch/regions.txt"
refused "small.json: materials.copper.orientations" "\"none\"" "regions.txt:4" -- "$base" --set "materials.copper.orientations=\"$scratch/regions.txt\""
refused "small.json: mesh.file" -- "$base" --set "mesh={\"file\":\"$scratch\"}"

# A material names an engine, never a file.
user() { echo "materials.copper={\"engine\":\"user\",$1}"; }
touch "$scratch/empty.so"
refused "small.json: materials.copper" "\"library\" is refused" "--engine NAME=PATH" -- "$base" --set "$(user '"library":"/tmp/engine.so"')"
refused "small.json: materials.copper.name" "no engine \"mine\"" "knows none" -- "$base" --set "$(user '"name":"mine"')"
refused "small.json: materials.copper.name" "no engine \"mine\"" "knows batch" -- "$base" --engine "batch=$FEMD_BATCH_ENGINE" --set "$(user '"name":"mine"')"
refused "--engine mine" "absent.so" -- "$base" --engine mine=absent.so
refused "--engine mine" "empty.so" -- "$base" --engine "mine=$scratch/empty.so"
refused "NAME=PATH" -- "$base" --engine mine
for program in "femd eval $base" "femd check $base" "femd worker --connect ipc://$scratch/none" "femd-worker --connect ipc://$scratch/none"; do
    timeout 60 $program --engine mine=absent.so >"$scratch/refused.log" 2>&1
    [ $? = 2 ] && grep -qF "absent.so" "$scratch/refused.log" || fail "$program --engine mine=absent.so is not refused"
done

# femd check says so in the same words
checked() {
    timeout 60 femd check "$base" --set "mesh={\"file\":\"$scratch/inverted.msh\"}" --set 'element.type=P1' \
        --set "boundary=[{\"on\":\"$2\",\"displacement\":[0,0,0]}]" --set "materials.copper.region=$3" >"$scratch/refused.log" 2>&1
    code=$?
    [ $code = 2 ] || fail "femd check ended with $code, not 2"
    grep -qF -- "$1" "$scratch/refused.log" || fail "femd check: no word of \"$1\""
}
checked 'boundary[0].on: no physical surface "body" in inverted.msh; the mesh has: left' body all
timeout 60 femd eval "$base" --state "$base" >"$scratch/refused.log" 2>&1
[ $? = 2 ] && grep -qF -- "--state $base:" "$scratch/refused.log" || fail "femd eval takes a case for a state"
checked 'materials.copper.region: no physical volume "left" in inverted.msh; the mesh has: body' left left

# What only an answer can tell ends a run with the same words, and a record that says so.
stiff='materials.copper={"engine":"elastic","young":1e120,"poisson":0.3}'
for program in "run --workers 1 --out $scratch/stiff" check; do
    timeout 60 femd $program "$base" --set "$stiff" >"$scratch/refused.log" 2>&1
    [ $? = 2 ] && grep -q "small.json: materials.copper: its stiffness is 1.34615e+120 Pa" "$scratch/refused.log" || fail "femd $program takes a stiffness of 1e120 Pa"
done
[ -s "$scratch/stiff/log.txt" ] && grep -q '"status": "bad-input"' "$scratch/stiff/summary.json" && grep -q '"message": ".*its stiffness is' "$scratch/stiff/summary.json" || fail "the record of a run that was refused does not say so"

# A displacement beyond the body's size is taken, and told.
timeout 60 femd check "$base" --set 'boundary[1].displacement[0]="10 um"' >"$scratch/refused.log" 2>&1 || fail "femd check refuses 10 um"
grep -q 'far .*boundary\[1\] ("right") moves it by 10 um, 4.1 times its diagonal' "$scratch/refused.log" || fail "femd check does not tell a displacement beyond the body's size"
exit 0
