#!/bin/bash
# cases/attach/run with the coarse mesh: a curve of each solver that is installed, the picture, the table, and an adapter that takes
# 5 % of the time at most.
. "$FEMD_SOURCE/tests/integration/lib.sh"
python=/usr/bin/python3
"$python" -c 'import numpy' 2>/dev/null || { echo "skipped: $python has no numpy (python3-numpy)"; exit 77; }
export PYTHONPATH=$FEMD_SOURCE/client/adapters/python FEMD_LIBRARY=$FEMD_BIN/../lib/libfemd.so XDG_CACHE_HOME=$scratch/cache
FEMD=$FEMD_BIN/femd timeout $((900 * patience)) "$FEMD_SOURCE/cases/attach/run" --mesh "$FEMD_SOURCE/cases/copper-notch/notch-small.msh" --steps 2 "$scratch/out" \
    >"$scratch/run.log" 2>&1 || fail "cases/attach/run ended with $?"
"$python" - "$scratch/out" <<'PYTHON' || fail "the solvers differ"
import csv, json, sys
import xml.etree.ElementTree as tree
out = sys.argv[1]
curves = {"femd run": "femd-run", "GetFEM": "getfem", "dolfinx": "dolfinx", "CalculiX": "calculix"}
results = [json.loads(line) for line in open(out + "/results")]
assert results[0]["host"] == "femd run"
ends = []
for result in results:
    rows = list(csv.DictReader(open(f"{out}/{curves[result['host']]}.csv")))
    ends.append((float(rows[-1]["displacement_m"]), float(rows[-1]["reaction_N"])))
    print(result, ends[-1])
    assert abs(ends[-1][0] / 160e-9 - 1) < 1e-9 and abs(ends[-1][1] / ends[0][1] - 1) < 1e-5
    assert result.get("adapter_seconds", 0) <= 0.05 * result["seconds"] and result["evaluations"] < 1.7 * results[0]["evaluations"]
table = open(out + "/table.md").read()
drawn = len(tree.parse(out + "/comparison.svg").findall(".//{http://www.w3.org/2000/svg}polyline"))
assert drawn == len(results) and table.count("\n") == len(results) + 2
PYTHON
