#!/bin/bash
# libfemd_umat by a host that is no solver: both interfaces give the figures of femd eval, states go back and forth with the
# tokens, cuts hold until the next attempt, threads come and go, a restart finds its states, and what it cannot do ends the host
# with words.
. "$FEMD_SOURCE/tests/integration/lib.sh"
library=$FEMD_BIN/../lib/libFEMD.so
case=$FEMD_SOURCE/cases/copper-notch
export FEMD_UMAT=$case
drive() { # WHAT FILE...
    what=$1
    timeout $((60 * patience)) umat_driver "$library" "$@" >"$scratch/$what.log" 2>&1 || fail "$what ended with $?"
}
start_server
start_worker worker
export FEMD_CONNECT=$address
eval_at() { # NAME F...
    name=$1
    shift
    femd eval "$case" --F "$@" --json >"$scratch/$name.json" || fail "femd eval of $name"
}
eval_at turned 1.01 0.002 0 0 1 0 0.003 0 0.999
eval_at stretched 1.02 0 0 0 0.99 0 0 0 1 --save-state "$scratch/state"
eval_at later 1.024 0 0.001 0 0.99 0 0 0 1 --state "$scratch/state"
drive figures "$scratch/turned.json"
drive figures "$scratch/stretched.json"
cat >"$scratch/soft.json" <<'JSON'
{"femd": 1, "mesh": {"box": {"size": [1, 1, 1], "cells": [1, 1, 1]}}, "boundary": [{"on": "left", "displacement": [0, 0, 0]}], "steps": {"count": 1},
 "materials": {"Copper": {"engine": "elastic", "young": "100 GPa", "poisson": 0.3, "orientation": {"axis": [0, 0, 1], "angle": "30 deg"}}}}
JSON
femd eval "$scratch/soft.json" --F 1.25 0.1 0 0 0.9 0 0.05 0 1 --json >"$scratch/large.json" || fail "femd eval of large"
FEMD_UMAT=$scratch/soft.json drive figures "$scratch/large.json"
drive history "$scratch/stretched.json" "$scratch/later.json"
grep -q "libfemd_umat: 9 evaluations; 1 more" "$scratch/history.log" || fail "what is asked again: $(grep evaluations "$scratch/history.log")"
drive threads "$scratch/stretched.json" "$scratch/turned.json"
grep -q "libfemd_umat: .* evaluations; .* more were answered from the point's last one; increments cut: 0;" "$scratch/threads.log" || fail "no words at the end"
drive forked "$scratch/stretched.json"
[ "$(grep -c "libfemd_umat: .* evaluations" "$scratch/forked.log")" = 1 ] || fail "a forked child speaks for its parent"
drive cut "$scratch/turned.json"
[ "$(grep -c "tried with half its length" "$scratch/cut.log")" = 2 ] || fail "a cut has not words once for each attempt"
grep -q "element 1, point 1001: .*; the increment from 0.25 to 0.5 is to be tried with half its length" "$scratch/cut.log" || fail "words of a cut"

refused() { # WHAT WORDS
    timeout $((30 * patience)) umat_driver "$library" "$1" "$scratch/turned.json" >"$scratch/$1.log" 2>&1
    code=$?
    [ $code = 201 ] || fail "$1 ended with $code"
    [ "$(grep -c "$2" "$scratch/$1.log")" = 1 ] && grep -q "the analysis ends here" "$scratch/$1.log" && ! grep -q "umat: libfemd_umat" "$scratch/$1.log" || fail "$1 has not the words: $2"
}
refused constants "CONSTANTS=1"
refused unit "unit of stress"
refused depvar "\*DEPVAR, 6"
refused orientation "ORIENTATION"
refused initial_stress "initial stress"
refused expansion "EXPANSION"
refused temperature "in K"
refused no_number_standard "temperature is nan"
refused no_number_abaqus "temperature is nan"
refused name 'no material "IRON"; there is: 1 copper'
refused token "no token of a state"
refused plane "solid elements"
FEMD_UMAT= refused variable "FEMD_UMAT"
FEMD_CONNECT=$scratch/nothing refused address "FEMD_CONNECT"
UMAT_DRIVER_XIT=1 umat_driver "$library" unit "$scratch/turned.json" >"$scratch/xit.log" 2>&1
[ $? = 77 ] || fail "Abaqus' XIT is not what ends it"

# a restart on another server: with the files of states, by a host that has lost its state variables too, and without
export FEMD_UMAT_STATES=$scratch/states
drive save "$scratch/stretched.json" "$scratch/turned.json" "$scratch/tokens"
for file in states states.points states.end states.end.points; do [ -s "$scratch/$file" ] || fail "no $file was saved"; done
kill "$server" "$worker"
exit_within 10 "$server"
exit_within 10 "$worker"
rm -f "$scratch/socket"
start_server
start_worker again
mkdir "$scratch/keep"
cp "$scratch"/states* "$scratch/keep"
drive restart "$scratch/later.json" "$scratch/tokens"
drive restart "$scratch/later.json"
refused elsewhere "without the state that belongs to it"
rm -f "$scratch"/states*
for name in "" .points; do cp "$scratch/keep/states$name" "$scratch/states.end$name"; done # as an analysis of one step leaves them
drive restart "$scratch/later.json"
[ -s "$scratch/states" ] && [ -s "$scratch/states.points" ] || fail "what the analysis began with is not kept"
unset FEMD_UMAT_STATES
refused restart "without the state that belongs to it"
kill "$server" "$worker" # none has seen the states now
exit_within 10 "$server"
exit_within 10 "$worker"
rm -f "$scratch/socket"
start_server
start_worker third
timeout 30 umat_driver "$library" restart "$scratch/later.json" "$scratch/tokens" >"$scratch/lost.log" 2>&1
[ $? = 201 ] && grep -q "element 2, .*state" "$scratch/lost.log" || fail "a state that is lost"
