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

page_block c "$scratch/stretch.c"
includes=$(printf -- '-I%s ' "$FEMD_SOURCE"/{client,proto}/include)
# shellcheck disable=SC2086
"$CC" -std=c99 -Wall -Wextra -Werror $includes "$scratch/stretch.c" -o stretch -L"$FEMD_BIN/../lib" -lfemd -Wl,-rpath,"$FEMD_BIN/../lib" >"$scratch/cc.log" 2>&1 ||
    fail "the C program does not compile without warnings"
timeout 60 ./stretch "$address" >"$scratch/stretch.out" 2>"$scratch/stretch.log" || fail "the C program ended with $?"
from=()
for load in 0.01 0.02; do
    femd eval cases/copper-notch --F 1"${load#0}" 0 0 0 1 0 0 0 1 --json "${from[@]}" --save-state "$scratch/state.$load" >"$scratch/eval.json"
    from=(--state "$scratch/state.$load")
    wanted=$(for key in first_piola A; do grep -o "\"$key\": \[\[[^,]*" "$scratch/eval.json" | head -n 1 | sed 's/.*\[//'; done | paste -sd ' ')
    got=$(sed -n "s/^$load P11 = \(.*\) Pa, .* = \(.*\) Pa/\1 \2/p" "$scratch/stretch.out")
    [ "$got" = "$wanted" ] || fail "at $load the C program has $got, femd eval $wanted"
done
timeout 10 femd status --connect "$address" >"$scratch/status.log" 2>&1 || fail "no status"
kill "$pool"
exit_within 10 "$pool"
[ ! -e pool.address ] || fail "the pool has not ended"
