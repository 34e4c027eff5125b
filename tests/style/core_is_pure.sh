#!/bin/sh
# core_is_pure.sh SOURCE NM LIBRARY: the server's core touches nothing but memory: by the symbols that it needs from outside it
# opens no file, has no clock, no thread, no socket and no store. What is to be sent or kept it hands out as actions; what was kept,
# and the time, it is given. A symbol that is not on the list is a question to ask before it is put there.
set -u
nm=$2
core=$3
allowed='^(femd_.*|cJSON_.*|calloc|malloc|realloc|free|mem(cpy|cmp|set|move)|str(cmp|len|ncmp|chr)|v?snprintf|__(mem(cpy|set|move)|v?snprintf)_chk|__stack_chk_fail|expm1|log|fmax|fmin|__(asan|ubsan|sanitizer|tsan)_.*|_GLOBAL_OFFSET_TABLE_)$'
own=$(mktemp) || exit 1
trap 'rm -f "$own"' EXIT
"$nm" -A -P "$core" | awk '$3 ~ /^[TDBRVWC]$/ { print $2 }' | sort -u >"$own"
[ "$(wc -l <"$own")" -gt 100 ] || { echo "FAILED: $core is not the core"; exit 1; }
check() { sort -u | comm -23 - "$own" | grep -vE "$allowed"; }
found=$("$nm" -A -P "$core" | awk '$3 == "U" { print $2 }' | check)
[ -z "$found" ] || { echo "FAILED: the core needs:" $found; exit 1; }
# the check can fail
for name in open write fsync mdb_put zmq_send clock_gettime pthread_create getpid vault_write keeper_add; do
    [ "$(echo $name | check)" = $name ] || { echo "FAILED: $name would not be found out"; exit 1; }
done
