#!/bin/bash
# What is uneven in a table of a potential is told by femd check and femd eval, in the table and in JSON, and by femd run to the user,
# into its log and into its summary; a smooth potential of long reach gets no line.
. "$FEMD_SOURCE/tests/integration/lib.sh"
words="F'' of Cu has a kink at density 1.000"
femd check "$here/small.json" >"$scratch/check.log" 2>&1 || fail "femd check"
grep -q "^  remarks  *$words" "$scratch/check.log" || fail "femd check is silent"
femd eval "$here/small.json" --want stress >"$scratch/eval.log" 2>&1 || fail "femd eval"
grep -q "^  remarks  *$words" "$scratch/eval.log" || fail "femd eval is silent"
femd eval "$here/small.json" --want stress --json >"$scratch/json.log" 2>&1 || fail "femd eval --json"
grep -q "\"potential_notes\": \[\"$words[^\"]*\"\]" "$scratch/json.log" || fail "femd eval --json is silent"
lj() { # of a cutoff
    femd eval "$here/small.json" --want stress --json --set \
        "materials.copper.potential={\"style\":\"lj\",\"epsilon\":\"0.4 eV\",\"sigma\":\"2.3 angstrom\",\"cutoff\":\"$1 angstrom\"}"
}
lj 14 >"$scratch/smooth.log" 2>&1 || fail "femd eval with lj"
grep -qF '"potential_notes": []' "$scratch/smooth.log" || fail "a smooth potential is remarked on"
lj 5 >"$scratch/short.log" 2>&1 || fail "femd eval with lj"
grep -qF '"potential_notes": ["cutoff and smoothing change C11 by ' "$scratch/short.log" || fail "what a short cutoff does is not told"
femd run "$here/small.json" --workers 1 --set steps.count=1 --out "$scratch/out" >"$scratch/run.log" 2>&1 || fail "femd run"
grep -q "^femd: materials.copper: $words" "$scratch/run.log" || fail "femd run is silent"
grep -qF "[femd] materials.copper: $words" "$scratch/out/log.txt" || fail "log.txt is silent"
grep -q "\"remarks\": {\"copper\": \[\"$words" "$scratch/out/summary.json" || fail "summary.json is silent"
