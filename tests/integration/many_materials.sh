#!/bin/bash
# More materials than a pool used to keep, each slow to open: a pool opens each about once, however many workers it has,
# the results do not depend on that, and nothing of a run is left behind.
. "$FEMD_SOURCE/tests/integration/lib.sh"
cd "$scratch" || exit 1
count=70
# a bar of cubes, a region each
awk -v n=$count 'BEGIN {
    printf "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$PhysicalNames\n%d\n2 1 \"left\"\n2 2 \"right\"\n", n + 2
    for (i = 1; i <= n; i++) printf "3 %d \"g%d\"\n", i, i
    printf "$EndPhysicalNames\n$Nodes\n%d\n", 4 * (n + 1)
    for (i = 0; i <= n; i++) for (k = 0; k < 4; k++) print 4 * i + k + 1, i, k % 2, int(k / 2)
    printf "$EndNodes\n$Elements\n%d\n", n + 2
    print 1, 3, 2, 1, 1, 1, 3, 4, 2
    m = 4 * n
    print 2, 3, 2, 2, 2, m + 1, m + 2, m + 4, m + 3
    for (i = 1; i <= n; i++) { a = 4 * (i - 1); print i + 2, 5, 2, i, i, a + 1, a + 5, a + 6, a + 2, a + 3, a + 7, a + 8, a + 4 }
    print "$EndElements" }' >bar.msh
awk -v n=$count 'BEGIN {
    printf "{\"femd\":1,\"mesh\":{\"file\":\"bar.msh\",\"scale\":\"1 um\"},\"element\":{\"type\":\"Q1\"},\"materials\":{"
    for (i = 1; i <= n; i++) printf "%s\"m%d\":{\"region\":\"g%d\",\"engine\":\"user\",\"name\":\"faulty\",\"parameters\":{\"limit\":1,\"mode\":0,\"state\":200,\"reference\":0.005,\"number\":%d}}", (i > 1 ? "," : ""), i, i, i
    print "},\"boundary\":[{\"on\":\"left\",\"displacement\":[0,0,0]},{\"on\":\"right\",\"displacement\":[\"100 nm\",\"5 nm\",0]}],\"steps\":{\"count\":1}}" }' >bar.json
# opened FILE: how often a material was opened
opened() { wc -l <"$1"; }
FAULTY_OPENED=$scratch/one run_case one.out --workers 1 --engine "faulty=$FEMD_FAULTY_ENGINE" bar.json
[ "$(opened one)" = $count ] || fail "one worker opened $count materials $(opened one) times"
FAULTY_OPENED=$scratch/two run_case two.out --workers 2 --engine "faulty=$FEMD_FAULTY_ENGINE" bar.json
[ "$(opened two)" -lt $((count + 24)) ] || fail "two workers opened $count materials $(opened two) times"
same_outputs one.out two.out || fail "the number of workers changed the results"
# by hand, twice in a row on one pool: the materials go with the run, and come again with the next
start_server
export FAULTY_OPENED=$scratch/hand
for i in 1 2; do start worker$i femd-worker --connect "$address" --engine "faulty=$FEMD_FAULTY_ENGINE"; done
for i in 1 2; do
    timeout 60 femd-macro --quiet --connect "$address" --out hand$i bar.json >macro$i.log 2>&1 || fail "run $i ended with $?"
    same_outputs one.out hand$i || fail "run $i by hand has other results"
    status_of >status.log
    grep -q '"materials":\[\]' status.log || fail "the materials outlive their run"
done
grep -q '"memory":{[^}]*"materials":0,' status.log || fail "their bytes outlive their run"
exit 0
