#!/bin/bash
# case_meets_expected.sh CASE [FILE [INPUT]]: run a case of cases/ (INPUT in it, else its case.json) as its expected.json (small size) or FILE
# says and hold the summary against it.
. "$FEMD_SOURCE/tests/integration/lib.sh"
case_folder=$FEMD_SOURCE/cases/$1
expected=$case_folder/${2:-expected.json}
limit=${2:+1500}
mapfile -t arguments < <(check_expected "$expected")
run_case result --workers 2 "$case_folder${3:+/$3}" "${arguments[@]}"
check_expected "$expected" "$scratch/result" || fail "$1 does not meet its ${expected##*/}"
