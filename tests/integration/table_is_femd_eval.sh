#!/bin/bash
# femd table: every figure is femd eval's, turned materials too; cut short or killed it goes on with what is missing and
# the table has the same bytes; points that fail are told; bad axes are refused with words and leave nothing.
. "$FEMD_SOURCE/tests/integration/lib.sh"
cd "$scratch" || exit 1
tables() { # CODE NAME ARGS...: output in NAME.log
    want=$1 name=$2
    shift 2
    timeout $((60 * patience)) femd table "$@" --out "$name" -n 1 >"$name.log" 2>&1
    code=$?
    [ $code -eq "$want" ] || fail "femd table $* ended with $code"
}
says() { grep -qF -- "$2" "$1.log" || fail "$1 does not say: $2"; }
column() { awk -F, -v name="$2" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) c = i} NR > 1 {print $c}' "$1/table.csv"; }
# same_as_eval TABLE LINE JSON: every column of a line is the figure of femd eval's JSON
same_as_eval() {
    python3 - "$1/table.csv" "$2" "$3" <<'END' || fail "$1, point $2 is not femd eval"
import csv, json, sys
row = list(csv.DictReader(open(sys.argv[1])))[int(sys.argv[2])]
answer, seen = json.load(open(sys.argv[3])), 0
order = ["xx", "yy", "zz", "yz", "xz", "xy"]
for name, text in row.items():
    path = name.split(".")
    if path[0] in ("point", "over", "seed", "notes", "message") or path[0] == "errors":
        continue
    node = answer[path[0]]
    for part in path[1:]:
        node = node[order.index(part)]
    assert text == node if name == "status" else float(text) == node and repr(float(text)) == repr(float(node)), name
    seen += 1
assert seen > 50 and row["notes"] == ";".join(answer["notes"])
END
}

# a grid, and two of its points
tables 0 whole "$here/small.json" --over strain.xx=-0.02:0.02:5,strain.12=0:0.02:3 --over "strain.zz=0.001:0.003:2"
says whole "30 points, 30 asked now, 0 without an answer"
femd eval "$here/small.json" --strain -0.02 0 0.003 0 0 0.01 --json >a.json 2>a.log || fail "femd eval"
same_as_eval whole 3 a.json
femd eval "$here/small.json" --strain 0.02 0 0.003 0 0 0.02 --json >b.json 2>b.log || fail "femd eval"
same_as_eval whole 29 b.json

# the same as arrays
hdf5_is() { # DATASET DIMENSIONS, and on standard input its values, one a line
    print_hdf5 whole/table.h5 "$1" >got.txt || fail "no $1 in table.h5"
    { echo "$2" && cat; } | cmp -s - got.txt || fail "$1 of table.h5: $(head -n 3 got.txt | tr '\n' ' ')"
}
grep -aqF 'J/m^3' whole/table.h5 || fail "no unit in table.h5"
hdf5_is axes/strain.zz 2 <<<$'0.001\n0.0030000000000000001'
hdf5_is status "5 3 2" < <(column whole status)
hdf5_is seed "5 3 2" < <(column whole seed)
hdf5_is energy_density "5 3 2" < <(column whole energy_density)
hdf5_is stress "5 3 2 6" < <(sed 1d whole/table.csv | cut -d, -f15-20 | tr , '\n')
hdf5_is tangent "5 3 2 6 6" < <(sed 1d whole/table.csv | cut -d, -f21-56 | tr , '\n')

# its polynomials, whose values at the middle of the grid are the figures there
says whole "fit.json: polynomials of order 2, 9 terms"
python3 - <<'END' || fail "fit.json"
import csv, json
fit, middle = json.load(open("whole/fit.json")), list(csv.DictReader(open("whole/table.csv")))[14:16]
assert [a["name"] for a in fit["axes"]] == ["strain.xx", "strain.xy", "strain.zz"] and fit["powers"][0] == [0, 0, 0]
for name in ("stress.xx", "tangent.xx.yy", "energy_density"):
    one = fit["fits"][name]
    assert not one["weighted"] and one["points"] == 30 and one["degrees_of_freedom"] == 21
    figure = sum(float(row[name]) for row in middle) / 2  # of the two zz about the centre
    at = dict(zip(map(tuple, fit["powers"]), one["coefficients"]))[0, 0, 0]
    assert abs(at - figure) <= one["worst"] + 1e-9 * abs(figure), name
END

for picture in stress tangent energy_density; do
    head -c 4 whole/$picture.png | grep -q PNG && grep -q "</svg>" whole/$picture.svg || fail "no picture of $picture"
done

# nothing is asked twice, without a pool; the same bytes when half is missing, its last line cut short, one spoilt
cp whole/table.csv kept.csv
cp whole/table.h5 kept.h5
sleep 1.1 # a file with times in it would be another one
tables 0 whole "$here/small.json" --over strain.xx=-0.02:0.02:5,strain.xy=0:0.02:3,strain.zz=0.001:0.003:2
says whole "30 points, 0 asked now"
cmp -s kept.csv whole/table.csv && cmp -s kept.h5 whole/table.h5 || fail "a table that was there came out otherwise"
size=$(wc -c <whole/table.journal)
head -c $((size / 2)) whole/table.journal | sed '3s/"stress":\[-/"stress":[/' >cut && cat cut >whole/table.journal
tables 0 whole "$here/small.json" --over strain.xx=-0.02:0.02:5,strain.xy=0:0.02:3,strain.zz=0.001:0.003:2
says whole "2 lines of the journal are no whole answer"
asked=$(sed -n 's/.*30 points, \([0-9]*\) asked.*/\1/p' whole.log)
[ "$asked" -ge 15 ] && [ "$asked" -le 18 ] || fail "$asked of 30 were asked again"
cmp -s kept.csv whole/table.csv && cmp -s kept.h5 whole/table.h5 || fail "a table that went on came out otherwise"
# nor do the bits of a fit hang on what OpenBLAS would choose for itself
cp whole/fit.json kept.json
OPENBLAS_CORETYPE=Prescott OPENBLAS_NUM_THREADS=2 tables 0 whole "$here/small.json" --over strain.xx=-0.02:0.02:5,strain.xy=0:0.02:3,strain.zz=0.001:0.003:2
cmp -s kept.json whole/fit.json || fail "fit.json has other bits with another core type"
# a finer grid asks what is new
tables 0 whole "$here/small.json" --over strain.xx=-0.02:0.02:9,strain.xy=0:0.02:3,strain.zz=0.001:0.003:2
says whole "54 points, 24 asked now"

# killed by force: the pool ends, what was answered stays
start killed femd table "$here/slow.json" --over strain.xx=-0.02:0.02:1000 --want stress --out killed -n 1
table=$pid
wait_until 20 grep -q OK killed/table.journal || fail "no answer is kept"
children=$(descendants "$table")
kill -9 "$table"
wait_until 20 all_gone $children || fail "the pool of a killed table stays"
[ ! -e killed/table.csv ] || fail "a killed table has left a table"
lines=$(grep -c . killed/table.journal)
[ "$lines" -lt 1000 ] || fail "it was not killed on the way"

# interrupted: the table says so, and goes on
start halted femd table "$here/slow.json" --over strain.xx=-0.02:0.02:1000 --want stress --out halted -n 1
wait_until 20 grep -q OK halted/table.journal || fail "no answer is kept"
kill -TERM "$pid"
exit_within 20 "$pid"
[ "$code" -eq 130 ] && grep -q "^femd: interrupted" halted.log && grep -q "answers are kept; the same command goes on" halted.log || fail "interrupted: exit code $code"

# no room for the answers: told, no table, and it goes on once there is room
(trap '' XFSZ && ulimit -f 8 && tables 2 full "$here/small.json" --over strain.xx=0:0.01:20 --want stress,tangent) || fail "a full disk"
says full "cannot write the journal of the table"
grep -q "are kept" full.log && fail "answers are told to be kept that are not"
[ ! -e full/table.csv ] || fail "a table of some of the points"
tables 0 full "$here/small.json" --over strain.xx=0:0.01:20 --want stress,tangent
says full "20 points, "

# a server that is there gives the same bytes
start_server
start_worker worker
tables 0 connected "$here/small.json" --over strain.xx=-0.02:0.02:5,strain.xy=0:0.02:3,strain.zz=0.001:0.003:2 --connect "$address"
cmp -s kept.csv connected/table.csv && cmp -s kept.h5 connected/table.h5 || fail "the table of another pool"

# beside its file, if nobody says where
cp "$here/small.json" beside.json
femd table beside.json --over strain.xx=0:0.01:2 --want stress -n 1 >beside.log 2>&1 && [ -s beside.table/table.csv ] || fail "beside its file"
grep -q "femd: [0-9]* fits are not good, the first: stress.xx: as many terms as points" beside.log || fail "a fit that is not good is not told"
# whose seed is 1 if nobody says another
seeds=$(column beside.table seed)
for seed in 1 2; do
    femd table beside.json --over strain.xx=0:0.01:2 --want stress -n 1 --seed $seed >seeded.log 2>&1 || fail "--seed $seed"
    [ "$(column beside.table seed)" = "$seeds" ] && same=1 || same=2
    [ $same = $seed ] || fail "--seed $seed is not what it is without"
done

# in the axes of the solver
printf '{"engine": "native", "orientation": {"axis": [0, 0, 1], "angle": "30 deg"}, "structure": {"lattice": "fcc", "a": "3.615 angstrom", "species": ["Cu"]},
    "potential": {"style": "eam/alloy", "file": "Cu_mishin1.eam.alloy"}}' >turned.json
tables 0 turned turned.json --over F.xx=0.99:1.01:2,F.12=0:0.01:2
femd eval turned.json --F "1.01 0.01 0 0 1 0 0 0 1" --json >c.json 2>c.log || fail "femd eval turned"
same_as_eval turned 3 c.json

# points without an answer
tables 3 failing "$here/small.json" --over strain.xx=-0.7:0.01:2 --want stress
says failing "femd: 1 of 2 points failed, the first: OUT_OF_DOMAIN: 2E+I is not positive definite"
[ "$(column failing status | tr '\n' ' ')" = "OUT_OF_DOMAIN OK " ] || fail "the status of points"
[ "$(column failing stress.xx | head -n 1)" = nan ] || fail "a failed point has a figure"
grep -q 'positive definite (eigenvalue -0.4)"$' failing/table.csv || fail "the words of a failed point"
tables 3 failing "$here/small.json" --over strain.xx=-0.7:0.01:2 --want stress
says failing "2 points, 0 asked now"

# what is refused
refused() { # WORDS ARGS...
    words=$1
    shift
    tables 2 refused "$here/small.json" "$@"
    says refused "$words"
    [ ! -e refused ] || fail "a refused table leaves a folder: $*"
}
refused 'unknown axis "strane"; accepted: temperature, pressure, strain.xx' --over strane=1:2:3
refused "FROM:TO:NUMBER is wanted" --over strain.xx=1:2
refused '"1" is not a whole number from 2' --over strain.xx=1:2:1
refused "is no range" --over strain.xx=1:1:3
refused "below 0 K" --over temperature=-1:3:3
refused "the axis strain.xx is given twice" --over strain.xx=0:1:2,strain.11=0:1:2
refused "axes of strain or of F, not both" --over strain.xx=0:1:2,F.xx=0:1:2
refused "a table has at most 100000" --over strain.xx=0:1:1000,strain.yy=0:1:1000
refused "--stress 11=0 prescribes the stress there" --over strain.xx=0:1:2 --stress 11=0
refused "--over AXIS=FROM:TO:NUMBER,... is missing" --want stress
refused "temperature: it has no effect on this material" --over temperature=100:400:4
refused "does not answer conductivity; it answers stress, tangent" --over strain.xx=0:0.01:2 --want conductivity
