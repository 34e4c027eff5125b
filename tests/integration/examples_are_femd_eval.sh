#!/bin/bash
# The examples in C of the README and of client.h, compiled as they stand there: they meet what femd eval says of the same
# case, whose crystal is turned. CC is the compiler.
. "$FEMD_SOURCE/tests/integration/lib.sh"
case_folder=$FEMD_SOURCE/cases/copper-notch
start_server
start_worker worker

build() { # build NAME: NAME.c with what was taken out of a document
    includes=$(printf -- '-I%s ' "$FEMD_SOURCE"/{client,proto}/include)
    # shellcheck disable=SC2086
    "$CC" -std=c99 -Wall -Wextra -Wno-unused-result $includes "$scratch/$1.c" -o "$scratch/$1" -L"$FEMD_BIN/../lib" -lfemd -Wl,-rpath,"$FEMD_BIN/../lib" \
        >"$scratch/$1.log" 2>&1 || fail "the example of $1 does not compile"
    ! grep -q warning "$scratch/$1.log" || fail "the example of $1 compiles with warnings"
}
at_address() { sed "s,tcp://127.0.0.1:5600,$address,"; }

# client.h: the block of its first comment; words behind ;   are no C
{
    printf '#include <stdio.h>\n#include "femd/femd.h"\nint main(void) {\n'
    sed -n '/^ \*   femd_error err/,/^ \*   femd_client_close/s/^ \* //p' "$FEMD_SOURCE/client/include/femd/client.h" |
        sed 's/;    *[A-Za-z].*/;/' | at_address
    printf 'return rc == FEMD_OK ? 0 : 1;\n}\n'
} >"$scratch/header.c"
build header
(cd "$case_folder" && timeout 60 "$scratch/header") >"$scratch/header.out" 2>"$scratch/header.log" || fail "the example of client.h ended with $?"
S11=$(femd eval "$case_folder" --strain 0.01 0 0 0 0 0 --json | grep -o '"stress": \[[^,]*' | head -n 1 | sed 's/.*\[//')
[ "$(sed -n 's/S11 = \(.*\) Pa/\1/p' "$scratch/header.out")" = "$S11" ] || fail "client.h: $(cat "$scratch/header.out"), femd eval: $S11"

# README: its lines between what they need and a print of the answer
{
    cat <<'C'
#include <stdio.h>
#include <femd/femd.h>
enum { n = 2 };
static femd_response responses[n];
static const femd_hash *accepted(void) {
    static femd_hash state[n];
    for (int i = 0; i < n; i++) state[i] = responses[i].state_out;
    return state;
}
#define states accepted()
int main(void) {
    const double F[9] = {1.01, 0.002, 0, 0, 1, 0, 0, 0, 0.999};
    const uint64_t points[n] = {0, 1};
    const uint32_t step = 1;
    femd_error err = FEMD_ERROR_INIT;
    femd_client *client = NULL;
    femd_hash material;
    femd_capabilities capabilities;
    femd_batch *batch = NULL;
    femd_request requests[n] = {{.point = 0}, {.point = 1}};
    double P[9], A[81];
    for (int i = 0; i < n; i++) {
        requests[i].wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT;
        if (femd_strain_from_F(F, requests[i].value, &err) != FEMD_OK) return 1;
    }
C
    sed -n '/^## Your own solver/,/^## /{/^```c$/,/^```$/{/^```/!p}}' "$FEMD_SOURCE/README.md" | at_address
    cat <<'C'
    if (err.code != 0) return fprintf(stderr, "%s\n", err.text), 2;
    femd_first_piola(F, responses[1].S, responses[1].D, P, A);
    for (int i = 0; i < 9; i++) printf("%.17g ", P[i]);
    for (int i = 0; i < 81; i++) printf("%.17g ", A[i]);
    femd_client_close(&client);
    return responses[0].status;
}
C
} >"$scratch/readme.c"
build readme
(cd "$case_folder" && timeout 60 "$scratch/readme") >"$scratch/readme.out" 2>"$scratch/readme.log" || fail "the example of the README ended with $?"
femd eval "$case_folder" --F 1.01 0.002 0 0 1 0 0 0 0.999 --json >"$scratch/eval.json"
numbers() { tr -cs '0-9.e+-' '\n' | grep '[0-9]'; }
for key in first_piola A; do grep -o "\"$key\": \[\[[^\"]*" "$scratch/eval.json" | head -n 1 | sed 's/.*": //'; done | numbers >"$scratch/eval.out"
numbers <"$scratch/readme.out" >"$scratch/numbers.out"
[ "$(wc -l <"$scratch/eval.out")" = 90 ] || fail "femd eval gives no P and A"
cmp -s "$scratch/numbers.out" "$scratch/eval.out" || fail "README: $(head -n 3 "$scratch/numbers.out"), femd eval: $(head -n 3 "$scratch/eval.out")"
