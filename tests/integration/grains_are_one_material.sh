#!/bin/bash
# A table of orientations is one material to the server however many rows it has (more than a worker holds packs), and
# gives what the same grains give as materials of their own.
. "$FEMD_SOURCE/tests/integration/lib.sh"
cd "$scratch" || exit 1
crystal='"engine":"cauchy-born","structure":{"lattice":"fcc","a":"3.615 angstrom","species":["Cu"]},"potential":{"style":"eam/alloy","file":"Cu_mishin1.eam.alloy"}'
cat >pair.msh <<'MSH'
$MeshFormat
2.2 0 8
$EndMeshFormat
$PhysicalNames
4
2 1 "left"
2 2 "right"
3 1 "first grain"
3 2 "second"
$EndPhysicalNames
$Nodes
12
1 0 0 0
2 1 0 0
3 2 0 0
4 0 1 0
5 1 1 0
6 2 1 0
7 0 0 1
8 1 0 1
9 2 0 1
10 0 1 1
11 1 1 1
12 2 1 1
$EndNodes
$Elements
4
1 3 2 1 1 1 7 10 4
2 3 2 2 2 3 6 12 9
3 5 2 1 3 1 2 5 4 7 8 11 10
4 5 2 2 4 2 3 6 5 8 9 12 11
$EndElements
MSH
# pair NAME MATERIALS: both grains between the two ends
pair() {
    echo "{\"femd\":1,\"mesh\":{\"file\":\"pair.msh\",\"scale\":\"1 um\"},\"element\":{\"type\":\"Q1\"},\"materials\":{$2},
          \"boundary\":[{\"on\":\"left\",\"displacement\":[0,0,0]},{\"on\":\"right\",\"displacement\":[\"20 nm\",\"5 nm\",0]}],\"steps\":{\"count\":1}}" >"$1.json"
    femd run "$1.json" --out "$1.out" >"$1.log" 2>&1 || fail "femd run $1.json"
}
pair apart "\"a\":{\"region\":\"first grain\",\"orientation\":{\"euler\":[\"20 deg\",\"40 deg\",\"10 deg\"]},$crystal},\"b\":{\"region\":\"second\",\"orientation\":{\"axis\":[0,0,1],\"angle\":\"45 deg\"},$crystal}"
pair object "\"a\":{\"orientations\":{\"first grain\":{\"euler\":[\"20 deg\",\"40 deg\",\"10 deg\"]},\"second\":{\"axis\":[0,0,1],\"angle\":\"45 deg\"}},$crystal}"
printf '# Bunge\nregion phi1 Phi phi2\nfirst grain 20 40 10\nsecond 45 0 0 # about z\n' >regions.txt
pair file "\"a\":{\"orientations\":\"regions.txt\",$crystal}"
printf 'cell phi1 Phi phi2\n1 45 0 0\n0 20 40 10\n' >cells.txt
pair cells "\"a\":{\"orientations\":\"cells.txt\",$crystal}"
cmp apart.out/history.csv object.out/history.csv || fail "a table in the case gives something else"
# degrees become radians in another way: the last digits may differ
column() { awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i } END { print $c }' "$1.out/history.csv"; }
for other in file cells; do
    for name in right.x right.y right.z energy evaluations newton; do
        awk -v a="$(column apart $name)" -v b="$(column $other $name)" 'BEGIN { d = a - b; exit !(a != "" && d * d <= 1e-20 * a * a) }' ||
            fail "$other: $name is $(column $other $name), not $(column apart $name)"
    done
done
# what the table says is part of the past, not its name and its comments
printf 'region phi1 Phi phi2\nfirst grain 20 40 10\nsecond 45 0 0\n' >regions.txt
femd run file.json --out file.out --resume >resume.log 2>&1 || fail "the same table in other words is another case"
printf 'region phi1 Phi phi2\nfirst grain 20 40 10\nsecond 46 0 0\n' >regions.txt
femd run file.json --out file.out --resume >resume.log 2>&1
[ $? = 2 ] && grep -q 'a table of orientations' resume.log || fail "a run goes on with other orientations in its table"
[ "$(column object evaluations)" = 49 ] || fail "$(column object evaluations) evaluations: one of the virgin crystal and three of 16 points"

# 125 grains: few lines, one material
awk 'BEGIN { print "cell phi1 Phi phi2"; for (i = 0; i < 125; i++) print i, i * 37 % 360, i * 23 % 180, i * 71 % 360 }' >many.txt
cat >many.json <<JSON
{"femd":1,"mesh":{"box":{"size":["5 um","5 um","5 um"],"cells":[5,5,5]}},"element":{"type":"Q1"},"materials":{"copper":{"orientations":"many.txt",$crystal}},
 "boundary":[{"on":"left","displacement":[0,0,0]},{"on":"right","displacement":["5 nm",null,null]}],"steps":{"count":1}}
JSON
femd check many.json >check.log 2>&1 || fail "femd check many.json"
grep -q '125 orientations of one material' check.log && [ "$(wc -l <check.log)" -lt 40 ] || fail "femd check prints $(wc -l <check.log) lines of 125 grains"
femd run many.json --out many.out >many.log 2>&1 || fail "femd run many.json"
[ "$(column many evaluations)" = 2001 ] || fail "$(column many evaluations) evaluations of 1000 points: an orientation costs one"

# refused TABLE WORDS
refused() {
    printf "$1" >bad.txt
    timeout 60 femd run many.json --out refused --set materials.copper.orientations=bad.txt >refused.log 2>&1
    [ $? = 2 ] && grep -qF -- "$2" refused.log && [ ! -e refused ] || fail "table \"$1\": no word of \"$2\""
}
refused 'cell phi1 Phi phi2\n' 'the table is empty'
refused 'grain phi1 Phi phi2\n' 'bad.txt:1: the first line is to be'
refused 'cell phi1 Phi phi2\n0 1 2\n' 'bad.txt:2: a name and three angles'
refused 'cell phi1 Phi phi2\n\n0 1 2 x\n' 'bad.txt:3: three angles are to stand'
refused 'cell phi1 Phi phi2\n0.5 1 2 3\n' 'bad.txt:2: the number of a cell'
refused 'cell phi1 Phi phi2\n125 1 2 3\n' 'there is no cell 125 in the box, which has 125'
refused 'cell phi1 Phi phi2\n3 1 2 3\n3 1 2 4\n' 'cell 3 of the box belongs to copper[3] and to copper[3]: its table of orientations names that twice ('
refused 'cell phi1 Phi phi2\n0 1 2 3\n' 'no material covers cell 1 of the box (counted from 0): the table of orientations of copper has no line for it'
printf 'region phi1 Phi phi2\nfirst grain 20 40 10\n' >regions.txt
for program in "femd check file.json" "femd run file.json --out refused"; do
    timeout 60 $program >refused.log 2>&1
    [ $? = 2 ] && grep -qF 'the table of orientations of a has no line for its volume "second"' refused.log || fail "$program: no word of the volume that is missing"
done
# a long name is cut between its characters
name=$(printf 'ü%.0s' $(seq 21))
printf 'cell phi1 Phi phi2\n3 1 2 3\n3 1 2 4\n' >bad.txt
sed "s/\"copper\"/\"a$name\"/; s/many.txt/bad.txt/" many.json >umlauts.json
timeout 60 femd check umlauts.json >refused.log 2>&1
[ $? = 2 ] && grep -qF 'belongs to a' refused.log && iconv -f UTF-8 -t UTF-8 refused.log >/dev/null || fail "a name of umlauts is cut within one"
refused 'region phi1 Phi phi2\ngrain 1 2 3\n' 'materials.copper.orientations: unknown value "grain"; accepted for a box: all'
exit 0
