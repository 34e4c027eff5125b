#!/bin/bash
# docs/attach.md: each of its blocks stands in a test (here, or where page_block takes it), and those of the pool and of the C
# program run as they are, one after another, with the figures of femd eval. CC is the compiler.
. "$FEMD_SOURCE/tests/integration/lib.sh"
unset FEMD_KEY FEMD_KEYS
page=$FEMD_SOURCE/docs/attach.md
[ $(($(grep -c '^```' "$page") / 2)) = "$(grep -c '^<!-- [a-z0-9_]* -->$' "$page")" ] || fail "a block of docs/attach.md has no name before it"
for name in $(sed -n 's/^<!-- \(.*\) -->$/\1/p' "$page"); do
    grep -q "page_block $name " "$here"/*.sh || fail "no test takes the block $name of docs/attach.md"
done

# the pool, from a folder beside the cases as in a checkout
mkdir "$scratch/checkout"
cd "$scratch/checkout" || exit 1
ln -s "$FEMD_SOURCE/cases" cases
page_block serve "$scratch/serve.sh"
start pool bash -c 'trap "kill -INT \$!" TERM; . "$1"; while ! wait; do :; done' - "$scratch/serve.sh"
pool=$pid
wait_until 20 test -s pool.address || fail "no pool"
started="$started $(descendants "$pid")"
address=$(cat pool.address)

includes=$(printf -- '-I%s ' "$FEMD_SOURCE"/{client,proto}/include)
compile() { # NAME OPTIONS...: $scratch/NAME.c
    name=$1
    shift
    # shellcheck disable=SC2086
    "$CC" -std=c99 -Wall -Wextra -Werror "$@" $includes "$scratch/$name.c" -o "$name" -L"$FEMD_BIN/../lib" -lfemd -Wl,-rpath,"$FEMD_BIN/../lib" >"$scratch/cc.log" 2>&1 ||
        fail "$name.c does not compile without warnings"
}
page_block c "$scratch/stretch.c"
compile stretch
cp "$scratch/stretch.c" . && mv stretch by_hand && ln -s "$FEMD_BIN/.." build
page_block install "$scratch/install.sh"
HOME=$scratch bash -e "$scratch/install.sh" >"$scratch/install.log" 2>&1 && [ -x stretch ] || fail "installed and built as the page says"
timeout 60 ./stretch "$address" >"$scratch/stretch.out" 2>"$scratch/stretch.log" || fail "the C program ended with $?"
from=()
for load in 0.01 0.02; do
    femd eval cases/copper-notch --F 1"${load#0}" 0 0 0 1 0 0 0 1 --json "${from[@]}" --save-state "$scratch/turned.$load" >"$scratch/eval.json"
    from=(--state "$scratch/turned.$load")
    wanted=$(for key in first_piola A; do grep -o "\"$key\": \[\[[^,]*" "$scratch/eval.json" | head -n 1 | sed 's/.*\[//'; done | paste -sd ' ')
    got=$(sed -n "s/^$load P11 = \(.*\) Pa, .* = \(.*\) Pa/\1 \2/p" "$scratch/stretch.out")
    [ "$got" = "$wanted" ] || fail "at $load the C program has $got, femd eval $wanted"
done

# saved, and gone on with: a third increment at a pool that was started later has the bits of one that follows at once
page_block save "$scratch/save"
page_block load "$scratch/load"
host_file() { echo "{ FILE *f = fopen(\"host\", \"$1\"); if (!f || $2(accepted, sizeof accepted, 1, f) != 1 || fclose(f)) return 3; }"; }
{ echo 'increment = 3; load = 0.02;'; host_file rb fread; cat "$scratch/load"; } >"$scratch/begin"
{ cat "$scratch/save"; host_file wb fwrite; } >"$scratch/end"
awk -v end="$scratch/end" '/femd_client_close/ { while ((getline line < end) > 0) print line } { print }' "$scratch/stretch.c" >"$scratch/saving.c"
awk -v begin="$scratch/begin" '/double load = 0, step/ { print; print "    uint32_t increment;"; while ((getline line < begin) > 0) print line; next }
    { sub(/uint32_t increment = 1;/, ";"); sub(/load < 0.02/, "load < 0.03"); print }' "$scratch/stretch.c" >"$scratch/going_on.c"
compile saving
compile going_on
timeout 60 ./saving "$address" >"$scratch/saving.out" 2>"$scratch/saving.log" || fail "the program that saves ended with $?"
cmp -s "$scratch/saving.out" "$scratch/stretch.out" || fail "saving changes the answers"

# two programs at once
page_block threads "$scratch/threads.c"
echo 'int main(void) { return 0; }' >"$scratch/openmp.c"
openmp=-fopenmp
"$CC" -fopenmp "$scratch/openmp.c" -o openmp 2>/dev/null || openmp=-Wno-unknown-pragmas
compile threads "$openmp"
page_block runs "$scratch/runs.sh"
timeout 60 bash -m "$scratch/runs.sh" >"$scratch/runs.log" 2>&1 || fail "two programs at once ended with $?"
cmp -s stretch.out "$scratch/stretch.out" || fail "beside another program the C program has other bits"
[ "$(sort -n threads.out | sed -n 's/^10 P11 = \(.*\) Pa/\1/p')" = "$(sed -n 's/^0.01 P11 = \(.*\) Pa, .*/\1/p' "$scratch/stretch.out")" ] && [ "$(wc -l <threads.out)" = 16 ] ||
    fail "points from threads: $(cat threads.out)"

# JSON alone, on ZeroMQ
if /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null; then
    page_block json stretch_json.py
    /usr/bin/python3 -c 'import zmq' 2>/dev/null || cp "$FEMD_SOURCE/tests/unit/proto/zmq_stand_in.py" zmq.py
    timeout 60 /usr/bin/python3 stretch_json.py >json.out 2>"$scratch/json.log" || fail "the JSON client ended with $?"
    /usr/bin/python3 -c 'import json; m = json.load(open("cases/copper-notch/case.json"))["materials"]["copper"]; del m["region"], m["orientation"]; json.dump(m, open("crystal.json", "w"))'
    from=()
    for load in 0.01 0.02; do
        strain=$(awk -v e="$load" 'BEGIN { printf "%.17g", e + e * e / 2 }')
        femd eval crystal.json --strain "$strain" 0 0 0 0 0 --json "${from[@]}" --save-state "$scratch/state.$load" >"$scratch/eval.json" 2>/dev/null || fail "femd eval of the crystal"
        from=(--state "$scratch/state.$load")
        wanted=$(/usr/bin/python3 -c 'import json, sys; e = json.load(open(sys.argv[1])); print("S11", e["stress"][0], "Pa, dS11/dE11", e["tangent"][0][0], "Pa")' "$scratch/eval.json")
        grep -qx "$load $wanted" json.out || fail "at $load JSON has $(grep "^$load" json.out), femd eval $wanted"
    done
fi

kill "$pool"
exit_within 10 "$pool"
[ ! -e pool.address ] || fail "the pool has not ended"
rm pool.address 2>/dev/null
start later bash -c 'trap "kill -INT \$!" TERM; . "$1"; while ! wait; do :; done' - "$scratch/serve.sh"
pool=$pid
wait_until 20 test -s pool.address || fail "no second pool"
started="$started $(descendants "$pid")"
timeout 60 ./going_on "$(cat pool.address)" >"$scratch/going_on.out" 2>"$scratch/going_on.log" || fail "the program that goes on ended with $?"
femd eval cases/copper-notch --F 1.03 0 0 0 1 0 0 0 1 --json --state "$scratch/turned.0.02" >"$scratch/eval.json" || fail "femd eval at 1.03"
wanted=$(grep -o '"first_piola": \[\[[^,]*' "$scratch/eval.json" | head -n 1 | sed 's/.*\[//')
grep -q "^0.03 P11 = $wanted Pa" "$scratch/going_on.out" || fail "restarted: $(cat "$scratch/going_on.out"), femd eval $wanted"
kill "$pool"
exit_within 10 "$pool"
