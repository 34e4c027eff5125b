#!/bin/bash
# Meshes as people have them (tests/field) give the forces and energies of closed forms, or are refused with words that
# name the cause: E = 100 GPa, nu = 0, unit cubes of 1 um, so that a stretch e pulls with E e (1 + e) (1 + e/2) times the area.
. "$FEMD_SOURCE/tests/integration/lib.sh"
cp "$FEMD_SOURCE"/tests/field/mesh_* "$scratch" || fail "tests/field"
cd "$scratch" || exit 1

# answers FILE KEY WANT ARGS...: KEY is the name of a reaction (its first component, N) or "energy" (J), within 1e-4 of WANT
answers() {
    file=$1 key=$2 want=$3
    shift 3
    femd run "$file" --out out "$@" >answer.log 2>&1 || fail "femd run $file $*"
    if [ "$key" = energy ]; then
        got=$(sed -n 's/.*"energy": \([^,]*\),.*/\1/p' out/summary.json)
    else
        got=$(sed -n "s/.*\"$key\": \\[\\([^,]*\\),.*/\\1/p" out/summary.json)
    fi
    awk -v a="$got" -v b="$want" 'BEGIN { d = a - b; exit !(a != "" && d * d <= 1e-8 * b * b + 1e-60) }' || fail "$file: $key is $got, not $want"
}

# refused FILE WORDS ARGS...: exit code 2, the words on the terminal, nothing written
refused() {
    file=$1 words=$2
    shift 2
    timeout 60 femd run "$file" --out refused "$@" >refused.log 2>&1
    code=$?
    [ $code = 2 ] || fail "femd run $file $* ended with $code, not 2"
    grep -qF -- "$words" refused.log || fail "femd run $file $*: no word of \"$words\""
    [ ! -e refused ] || fail "femd run $file $* left a folder behind"
}

answers mesh_negative_tag.json right 1.0015005e-4
answers mesh_negative_tag.json left -1.0015005e-4
answers mesh_negative_tag.json right -1e-4 --set 'boundary=[{"on":"right","displacement":[0,0,0]},{"on":"left","pressure":"100 MPa"}]'
sed '0,/^3$/s//2/; /"left"/d' mesh_negative_tag_41.msh >unnamed.msh
answers mesh_negative_tag.json right 1.0015005e-4 --set 'boundary=[{"on":"11","displacement":[0,0,0]},{"on":"right","displacement":["1 nm",0,0]}]' \
    --set mesh.file=unnamed.msh
answers mesh_periodic.json right 1.0015005e-4
answers mesh_same_name_twice.json energy 2.66264e-14
refused mesh_empty_group.json 'boundary[1].on: the physical surface "nothing" of mesh_empty_group_41.msh has no faces'
answers mesh_curved.json energy 2.2300311e-14
refused mesh_curved.json '1 of 1 cells of mesh_curved_22.msh are curved' --set element.type=P1
refused mesh_curved.json '"straightn"' --set mesh.straightn=true
answers mesh_curved.json energy 8.34167e-15 --set mesh.straighten=true
answers mesh_unconnected.json energy 0
grep -qF 'the mesh has 2 parts that share no node' answer.log && grep -qrF 'the mesh has 2 parts that share no node' --include=log.txt . || fail "the two parts are not told"
refused mesh_unconnected.json "part 2 of the mesh's 2 parts" --set 'boundary=[{"on":"left","displacement":[0,0,0]}]'
refused mesh_unconnected.json "its middle is at (1.5e-06, 5e-07, 5e-07) m" --set 'boundary=[{"on":"left","displacement":[0,0,0]},{"on":"right","displacement":["1 nm",null,null]}]'

# nodes that hang, and a face cut by two diagonals: femd check says what femd run does
for way in hanging diagonals; do
    refused mesh_$way.json 'mesh: the mesh does not conform: cells'
    femd check mesh_$way.json >check.log 2>&1
    code=$?
    [ $code = 2 ] && grep -qF 'the mesh does not conform: cells' check.log || fail "femd check mesh_$way.json ended with $code"
done

# shows FILE WORDS ARGS...: femd check says so of the mesh
shows() {
    file=$1 words=$2
    shift 2
    femd check "$file" "$@" >check.log 2>&1 || fail "femd check $file $*"
    grep -qE -- "$words" check.log || fail "femd check $file $*: no word of \"$words\""
}
shows mesh_curved.json 'cells  *1 tetrahedra \(P2\), 1 of them with curved edges'
shows mesh_curved.json 'volume body  *0\.445561 um\^3 in 1 cells'
shows mesh_curved.json 'volume body  *0\.166667 um\^3 in 1 cells' --set mesh.straighten=true
shows mesh_empty_group.json 'surface nothing  *empty: no faces' --set 'boundary=[{"on":"left","displacement":[0,0,0]}]'
shows mesh_unconnected.json 'in 2 parts that share no node'
# the second cube a storey higher, at an edge of the first: each is held, and they are told to hang together by that alone
awk 'NF == 4 && $1 > 8 { $4++ } { sub(/^4 5 2 1 2 13 9 10 14 /, "4 5 2 1 2 7 9 10 8 "); print }' mesh_unconnected_22.msh >hinge.msh
shows mesh_unconnected.json 'hinge  *2 bodies hang together along edges or at nodes only, at 2 nodes, one at \(1, 0, 1\) um' --set mesh.file=hinge.msh
answers mesh_unconnected.json energy 0 --set mesh.file=hinge.msh --set 'boundary=[{"on":"left","displacement":[0,0,0]},{"on":"right","displacement":[0,0,0]}]'
grep -qF '2 bodies of the mesh hang together along edges or at nodes only: a hinge' answer.log || fail "the hinge is not told"
# held at one side it turns about that edge, and no further
turns='boundary=[{"on":"left","displacement":[0,0,0]}]'
for ranks in 1 2; do
    refused mesh_unconnected.json "free to move in 1 of its 6 rigid ways; nothing holds it against rotation about the axis along y through (1e-06, 5e-07, 1e-06) m; prescribe more components; this is body 2 of the mesh's 2 bodies, which share no face" \
        --set mesh.file=hinge.msh --set "$turns" --ranks $ranks
done
femd check mesh_unconnected.json --set mesh.file=hinge.msh --set "$turns" >check.log 2>&1 && fail "femd check takes a body that turns about a hinge"
grep -qF "rotation about the axis along y" check.log || fail "femd check does not name the turn about a hinge"
answers mesh_unconnected.json energy 0 --set mesh.file=hinge.msh --set 'boundary=[{"on":"left","displacement":[0,0,0]},{"on":"right","displacement":[null,null,0]}]'
shows mesh_unconnected.json 'size  *[0-9.]* x 1000 x 1000 km' --set mesh.scale=1e6
shows mesh_negative_tag.json 'surface right  *1 um\^2 in 1 faces'
sed '/^\$Elements/{n;s/4/5/;n;p}' mesh_unconnected_22.msh >twice.msh
shows mesh_unconnected.json 'surface left  *1 um\^2 in 1 faces' --set mesh.file=twice.msh
box='mesh={"box":{"size":["50 nm","1 nm","1 nm"],"cells":[50,1,1]}}'
held='boundary=[{"on":"left","displacement":[0,0,0]}]'
shows mesh_curved.json 'thin  *about 0.99 nm thick and 50 nm long, with edges of 1 nm: Q1 bends it too stiffly, by about 51 %' \
    --set "$box" --set "$held" --set element.type=Q1 --set 'materials.m.region=all'
shows mesh_curved.json 'memory  *about [0-9.]* GB of the solver' --set "$box" --set "$held" --set 'materials.m.region=all'
grep -q "thin" check.log && fail "P2 is told to be thin"
# two quarter rings one in the other, cut into 4 and into 4 or 5: the chords of their common arc are others
ring() {
    python3 - "$1" <<'PYTHON' >"ring$1.msh"
import sys
from math import cos, sin, pi
nodes, cells = {}, []
def node(r, k, n, z):
    at = (round(r * cos(pi / 2 * k / n), 9), round(r * sin(pi / 2 * k / n), 9), z)
    return nodes.setdefault(at, len(nodes) + 1)
for r, n in ((1, 4), (2, int(sys.argv[1]))):
    for k in range(n):
        cells.append([node(q, j, n, z) for z in (0, 1) for q, j in ((r, k), (r + 1, k), (r + 1, k + 1), (r, k + 1))])
sides = [[node(q, 0, 1, z) for q, z in ((r, 0), (r + 1, 0), (r + 1, 1), (r, 1))] for r in (1, 2)]
print('$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$PhysicalNames\n2\n2 2 "left"\n3 1 "body"\n$EndPhysicalNames\n$Nodes\n%d' % len(nodes))
for at, n in nodes.items(): print(n, *at)
print("$EndNodes\n$Elements\n%d" % (len(cells) + len(sides)))
for n, c in enumerate(cells): print(n + 1, 5, 2, 1, 1, *c)
for n, c in enumerate(sides): print(n + 100, 3, 2, 2, 2, *c)
print("$EndElements")
PYTHON
    printf '{"femd":1,"mesh":{"file":"ring%s.msh"},"element":{"type":"Q1"},"materials":{"m":{"engine":"elastic","young":1,"poisson":0.3}},"boundary":[{"on":"left","displacement":[0,0,0]}],"steps":{"count":1}}' "$1" >"ring$1.json"
}
ring 4
femd check ring4.json >ring.log 2>&1
grep -q 'does not conform' ring.log && fail "a mesh that conforms: $(cat ring.log)"
grep -qE 'cells  *8 ' ring.log || fail "a ring: $(cat ring.log)"
ring 5
femd check ring5.json >ring.log 2>&1
[ $? = 2 ] && grep -q 'does not conform: the surface of cell .* lies in cell .* of the same body' ring.log || fail "two rings that do not conform: $(cat ring.log)"
# two hexahedra that hang together by one edge, and the side of one, alone there, reaches into the other by a hundredth
cat >wedge.msh <<'WEDGE'
$MeshFormat
2.2 0 8
$EndMeshFormat
$PhysicalNames
2
2 1 "left"
3 2 "body"
$EndPhysicalNames
$Nodes
14
1 0 0 0
2 1 0 0
3 1 1 0
4 0 1 0
5 0 0 1
6 1 0 1
7 1 1 1
8 0 1 1
9 2 0 0
10 2 0.9 0.1
11 0.99 0.9 0.1
12 2 0 1
13 2 0.9 0.9
14 0.99 0.9 0.9
$EndNodes
$Elements
3
1 3 2 1 1 1 4 8 5
2 5 2 2 1 1 2 3 4 5 6 7 8
3 5 2 2 1 2 9 10 11 6 12 13 14
$EndElements
WEDGE
sed 's/ring4/wedge/' ring4.json >wedge.json
femd check wedge.json >wedge.log 2>&1
[ $? = 2 ] && grep -q 'does not conform: the surface of cell .* lies in cell .* of the same body' wedge.log || fail "a side that reaches in: $(cat wedge.log)"
# two curved tetrahedra: one in the other, and beside it where boxes meet
for shift in "0.1 0.15 0.2" "0.6 0.6 0.1"; do
    awk -v shift_by="$shift" 'BEGIN { split(shift_by, s, " ") }
        /^\$Nodes/ { print; getline; print 20; nodes = 1; next } /^\$EndNodes/ { for (i = 1; i <= 10; i++) print node[i]; nodes = 0 }
        nodes { node[$1] = $1 + 10 " " $2 + s[1] " " $3 + s[2] " " $4 + s[3] } /^\$Elements/ { print; getline; print 6; next }
        { print } $2 == 11 { printf "6 11 2 2 1"; for (i = 6; i <= 15; i++) printf " %d", $i + 10; print "" }' mesh_curved_22.msh >"two_${shift%% *}.msh"
done
femd check mesh_curved.json --set mesh.file=two_0.1.msh >two.log 2>&1
[ $? = 2 ] && grep -q 'overlap: what lies in both would count twice' two.log || fail "curved tetrahedra in one another: $(cat two.log)"
femd check mesh_curved.json --set mesh.file=two_0.6.msh >two.log 2>&1
grep -q overlap two.log && fail "curved tetrahedra beside one another: $(cat two.log)"
grep -q "part 2 of the mesh's 2 parts" two.log || fail "two curved tetrahedra: $(cat two.log)"
# who stops reading is told of no engine that died
{ timeout 60 femd check mesh_curved.json 2>"$scratch/unread.log"; echo $? >"$scratch/unread.rc"; } | true
[ ! -s "$scratch/unread.log" ] && [ "$(cat "$scratch/unread.rc")" = 141 ] || fail "nobody reads: $(cat "$scratch/unread.rc" "$scratch/unread.log")"
exit 0
