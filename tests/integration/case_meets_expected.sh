#!/bin/bash
# case_meets_expected.sh CASE: run a case of cases/ as its expected.json says (small size) and hold the summary against it.
. "$FEMD_SOURCE/tests/integration/lib.sh"
case_folder=$FEMD_SOURCE/cases/$1
mapfile -t arguments < <(check_expected "$case_folder/expected.json")
run_case result --workers 2 "$case_folder" "${arguments[@]}"
check_expected "$case_folder/expected.json" "$scratch/result" || fail "$1 does not meet its expected.json"
