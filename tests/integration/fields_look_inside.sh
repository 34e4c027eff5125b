#!/bin/bash
# femd fields: the files of a material at a strain hold the field whose mean the answer is; a run keeps what output.local
# names and makes the same fields of it, for any number of workers, with no old ones left; a point of the
# checkpoint is the same as what was kept of it; what has no fields is refused with words.
. "$FEMD_SOURCE/tests/integration/lib.sh"
cd "$scratch" || exit 1
refused() { # WORDS ARGS...
    words=$1
    shift
    timeout $((60 * patience)) femd fields "$@" --out refused >refused.log 2>&1
    code=$?
    [ $code -eq 2 ] || fail "femd fields $* ended with $code"
    grep -qF -- "$words" refused.log || fail "femd fields $* does not say: $words"
    [ ! -e refused ] || fail "femd fields $* left files"
}
# reads STEM: the XML, its arrays, atoms and words fit each other; prints the mean stress as the grid has it
reads() {
    python3 - "$1" <<'END' || fail "$1 does not read"
import json, math, os, re, struct, sys
stem = sys.argv[1]
name = stem + (".vti" if os.path.exists(stem + ".vti") else ".vts")
data = open(name, "rb").read()
cut = data.index(b'<AppendedData encoding="raw">\n_') + len(b'<AppendedData encoding="raw">\n_')
head = data[:cut].decode()
n = list(map(int, re.search(r'WholeExtent="0 (\d+) 0 (\d+) 0 (\d+)"', head).groups()))
cells, points = n[0] * n[1] * n[2], (n[0] + 1) * (n[1] + 1) * (n[2] + 1)
arrays, end = {}, 0
for key, parts, at in re.findall(r'Name="(\w+)" NumberOfComponents="(\d+)".*?offset="(\d+)"', head):
    size, = struct.unpack_from("<Q", data, cut + int(at))
    count = points if key in ("displacement", "Points") else cells
    assert size == 8 * int(parts) * count and int(at) == end, key
    arrays[key] = struct.unpack_from("<%dd" % (size // 8), data, cut + int(at) + 8), int(parts)
    end = int(at) + 8 + size
assert data[cut + end:] == b"\n  </AppendedData>\n</VTKFile>\n"
words = json.load(open(stem + ".json"))
assert words["grid"]["cells"] == n and set(words["fields"]) <= set(arrays)
stress, parts = arrays["stress"]
mean = [sum(stress[k::6]) / cells for k in (0, 1, 2, 4, 5, 3)]
scale = max(map(abs, words["virial_stress_Pa"])) + 1
assert all(abs(a - b) <= 1e-12 * scale and abs(b - c) <= 1e-12 * scale for a, b, c in
           zip(mean, words["mean_stress_Pa"], words["virial_stress_Pa"]))
assert words["balance"]["faces_less_atoms_eV_per_angstrom"] < 1e-12
lines = open(stem + ".xyz").read().splitlines()
columns = sum(int(k) for k in re.findall(r':[SR]:(\d+)', lines[1]))
assert len(lines) == int(lines[0]) + 2 and all(len(line.split()) == columns for line in lines[2:])
volume = 1
h = words["grid"]["cell_angstrom"]
volume = (h[0] * (h[4] * h[8] - h[5] * h[7]) - h[1] * (h[3] * h[8] - h[5] * h[6]) + h[2] * (h[3] * h[7] - h[4] * h[6]))
virial = sum(float(line.split()[8]) for line in lines[2:]) / volume * 160.2176634e9
if "velo" not in lines[1]:
    assert abs(virial - mean[0]) <= 1e-11 * scale
print(" ".join("%.10g" % v for v in mean))
END
}

cat >foam.json <<'END'
{"engine": "native", "structure": {"lattice": "fcc", "a": "3.615 angstrom", "species": ["Cu"], "repeat": [4, 4, 4],
 "voids": [{"center": [0.5, 0.5, 0.5], "radius": "3.7 angstrom"}]},
 "potential": {"style": "eam/alloy", "file": "Cu_mishin1.eam.alloy"}}
END
cat >case.json <<END
{"femd": 1, "title": "beam", "mesh": {"box": {"size": ["4 um", "1 um", "1 um"], "cells": [2, 1, 1]}}, "element": {"type": "Q1"},
 "materials": {"foam": $(cat foam.json)},
 "boundary": [{"on": "left", "displacement": [0, 0, 0]}, {"on": "right", "displacement": ["20 nm", null, null]}],
 "steps": {"count": 3}, "output": {"local": {"points": [9, 0], "grid": [4, 4, 4]}}}
END

# a material at a strain
femd fields foam.json --F 1.01 0 0 0 1.01 0 0 0 1.01 --grid 3 4 5 --kernel hardy >one.log 2>&1 || fail "femd fields foam.json"
mean=$(reads foam.fields/fields) || fail "$mean"
femd eval foam.json --F 1.01 0 0 0 1.01 0 0 0 1.01 --json >eval.json 2>eval.log || fail "femd eval"
python3 - eval.json $mean <<'END' || fail "the mean is not femd eval's stress: $mean"
import json, sys
answer = json.load(open(sys.argv[1]))["stress"] # of E, isotropic here: S = sigma J/(1.01)^2
mean = list(map(float, sys.argv[2:]))
assert all(abs(s / 1.01 - m) < 1e-8 * abs(answer[0]) for s, m in zip(answer, mean))
END
[ -e foam.fields/fields.vti ] || fail "the cell of a cube is no image"

# points of a run, by one worker and by two; what an earlier run has left is gone
timeout $((120 * patience)) femd run case.json --out a --workers 2 --quiet >a.log 2>&1 || fail "femd run"
ls a | grep local | tr '\n' ' ' >listed
for id in 0 9; do
    echo -n "local_$id.pvd"
    for step in 1 2 3; do for end in json state vti xyz; do echo -n " local_${id}_000$step.$end"; done; done
    echo -n " "
done >wanted
cmp -s listed wanted || fail "kept: $(cat listed)"
for id in 0 9; do
    for step in 1 2 3; do reads a/local_${id}_000$step >/dev/null; done
    [ "$(grep -c DataSet a/local_$id.pvd)" -eq 3 ] || fail "local_$id.pvd"
done
grep -qF '<DataSet timestep="1" part="0" file="local_9_0003.vti"/>' a/local_9.pvd || fail "the last step of local_9.pvd"
timeout $((120 * patience)) femd run case.json --out b --workers 1 --quiet --set output.local.points=[3] --set steps.count=1 >b.log 2>&1 || fail "femd run of point 3"
[ -e b/local_3_0001.vti ] || fail "point 3 was not kept"
timeout $((120 * patience)) femd run case.json --out b --workers 1 --quiet >b.log 2>&1 || fail "femd run of one worker"
ls b | grep local | tr '\n' ' ' | cmp -s wanted - || fail "kept in b: $(ls b)"
for file in a/local_*; do
    case $file in *.json) sed -i '/"source"/d' "$file" "b/${file#a/}" ;; esac
    cmp -s "$file" "b/${file#a/}" || fail "$file depends on the number of workers"
done

# what asks a material has no effect on what a run has kept
for wrong in "--strain 0.05 0 0 0 0 0" "--temperature 400" "--stress 22=0" "--state s" "--material m" "--accuracy 0.1" "--pressure 1e9"; do
    timeout 60 femd fields a --case case.json $wrong >wrong.log 2>&1
    [ $? = 2 ] && grep -q "of a run the fields are those" wrong.log || fail "$wrong of a run: $(cat wrong.log)"
done
timeout 60 femd fields foam.json --offset 1e300 0 0 >wrong.log 2>&1
[ $? = 2 ] && grep -q "offset: 1e+300" wrong.log || fail "an offset: $(cat wrong.log)"

# the committed state of a point, and all that was kept again
timeout $((60 * patience)) femd fields a --case case.json --point 9 --grid 4 4 4 --out c >c.log 2>&1 || fail "femd fields a --point 9"
cmp -s c/point-9.vti a/local_9_0003.vti || fail "the checkpoint's point is not what was kept"
timeout $((60 * patience)) femd fields a --case case.json --out d -q >d.log 2>&1 || fail "femd fields a"
cmp -s d/local_0_0002.vti a/local_0_0002.vti || fail "fields made again"
[ ! -s d.log ] || fail "--quiet"
rm -rf empty && mkdir empty && cp a/history.csv empty

# the pictures of the documents, their atoms and the energy of the boundary; coarser
docs=$FEMD_SOURCE/docs/fields
python3 "$docs/bicrystal.py" | cmp -s - "$docs/bicrystal.xyz" || fail "bicrystal.xyz is not that of bicrystal.py"
for one in "void --F 1.01,0,0,0,1,0,0,0,1 --picture stress.xx" "bicrystal --strain 0,0.01,0,0,0,0 --picture d2min --across 1"; do
    # shellcheck disable=SC2086
    set -- $one
    timeout $((60 * patience)) femd fields "$docs/$1.json" "${@:2}" --grid 4 8 4 --kernel hardy --out "$1" >pictures.log 2>&1 || fail "$one"
    reads "$1/fields" >/dev/null
    [ "$(head -c 4 "$1/fields.png" | tail -c 3)" = PNG ] || fail "$1/fields.png"
    grep -q '</svg>' "$1/fields.svg" || fail "$1/fields.svg"
done
[ -e bicrystal/fields.vts ] || fail "the cell of the bicrystal is sheared, and no box"
echo '{"engine":"native","structure":{"lattice":"fcc","a":"3.614925 angstrom","species":["Cu"]},"potential":{"style":"eam/alloy","file":"Cu_mishin1.eam.alloy"}}' >perfect.json
femd eval perfect.json --json >perfect.out 2>eval.log && femd eval "$docs/bicrystal.json" --json --dump bi.xyz >bi.out 2>eval.log || fail "femd eval of the bicrystal"
python3 - <<'END' || fail "energy of the boundary"
import json, math
one, two = (json.load(open(name)) for name in ("perfect.out", "bi.out"))
h = list(map(float, open("bi.xyz").read().split('"')[1].split()))
a, c = h[:3], h[6:]
area = math.hypot(a[1] * c[2] - a[2] * c[1], a[2] * c[0] - a[0] * c[2], a[0] * c[1] - a[1] * c[0]) * 1e-20
energy = (two["energy_per_atom_of_reference"] - one["energy_per_atom_of_reference"]) * two["atoms"] / (2 * area)
assert abs(energy - 0.953) < 0.0006, energy
END

refused "the points of this run have the numbers 0 to 15" a --case case.json --point 16
refused "is not the number of a point" a --case case.json --point -1
refused "which case is it of" a --point 1
refused "made by none of the materials" a --case case.json --set materials.foam.structure.a=3.6e-10 --point 1
refused "checkpoint.h5" empty --case case.json --point 1
refused "kept no states" empty --case case.json
refused "a point is one of a run" foam.json --point 1
refused "not both" foam.json --grid 2 2 2 --spacing "1 angstrom"
refused "not a number of cells" foam.json --grid 2 2.5 2
refused "at most" foam.json --grid 1000 1000 1000
refused "is none of stress.xx" foam.json --picture strain
refused "is none of stress.xx" foam.json --picture stress
refused "is none of stress.xx" foam.json --picture d2min.xx
refused "accepted: box, hardy" foam.json --kernel cubic
refused "at rest" foam.json --samples 20
echo '{"engine": "elastic", "young": "1 GPa", "poisson": 0.3}' >elastic.json
refused "no atoms" elastic.json
head -c 20000 a/checkpoint.h5 >empty/checkpoint.h5
refused "checkpoint.h5" empty --case case.json --point 1
# told before anything is evaluated, by femd check as by femd run
for bad in 'local.points=[16]!case.json: output.local.points: 16' 'local.points=[0,0]!named twice' 'local.points=[]!points' 'local.grid=[100,100,100]!at most 262144' \
    'local.spacing=1!not both' 'local.kernel=cubic!kernel' 'local.samples=2!output.local.samples: 2, but the atoms of materials.foam are at rest' \
    'local={"points":[0],"spacing":1e-13}!output.local: materials.foam: a grid of 14378' \
    "materials.foam=$(cat elastic.json)!output.local.points: materials.foam: its engine has no atoms" \
    'materials.foam.engine="cauchy-born"!output.local.points: materials.foam: its points keep no states'; do
    set=${bad%!*} programs="check"
    case $set in *"[16]"* | *samples* | *elastic*) programs="check,run --out e" ;; esac
    case $set in local*) set=output.$set ;; esac
    IFS=, read -r -a programs <<<"$programs"
    for program in "${programs[@]}"; do
        # shellcheck disable=SC2086
        timeout $((60 * patience)) femd $program case.json --set "$set" >e.log 2>&1
        [ $? -eq 2 ] || fail "femd $program with $set"
        grep -qF -- "${bad##*!}" e.log || fail "femd $program with $set does not say: ${bad##*!}: $(cat e.log)"
        [ ! -e e ] || fail "femd $program with $set left files"
    done
done
timeout $((60 * patience)) femd check case.json >check.log 2>&1 || fail "femd check of a case with output.local: $(cat check.log)"

# what is no file is waited for by nobody; a file that femd run does not call so is no step
mkfifo pipe && : >nothing
refused "pipe: cannot be opened: it is a pipe, not a file" pipe
refused "--state: cannot read pipe: it is a pipe" foam.json --state pipe
refused "--state: cannot read /dev/null: it is a device" foam.json --state /dev/null
refused "--state: cannot read .: it is a folder" foam.json --state .
refused "--state nothing: it is empty" foam.json --state nothing
refused "--state case.json:" foam.json --state case.json
cp a/local_9_0002.state a/local_9_02.state
timeout $((60 * patience)) femd fields a --case case.json --out d -q >d.log 2>&1 || fail "femd fields beside a file of another name"
cmp -s d/local_9.pvd a/local_9.pvd || fail "a step counts twice"
echo "fields show what is inside"
