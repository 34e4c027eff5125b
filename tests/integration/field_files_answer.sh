#!/bin/bash
# Files as people have them (tests/field) give the stress that LAMMPS 29 Sep 2021 gives, and tell what of them was passed over; packed or
# written by femd itself they give the same. Those that would be read wrongly are refused.
. "$FEMD_SOURCE/tests/integration/lib.sh"
cp "$FEMD_SOURCE"/tests/field/* "$scratch" || fail "tests/field"
cd "$scratch" || exit 1
sheared="-0.1253 -0.30831 -0.13128 -1.5599 2.0293 3.0974"
strain="0 0 0 0 0 0"
cold="-14.7056 -14.7056 -14.7056 0 0 0"

# answers FILE REMARK S11 S22 S33 S23 S13 S12 (GPa); REMARK: words, or - for none about a file
answers() {
    file=$1 remark=$2
    shift 2
    femd eval "$file" --strain $strain --want stress --json >answer.log 2>&1 || fail "femd eval $file"
    sed -n 's/.*"J": [^,]*, "stress": \[\([^]]*\)\].*/\1/p' answer.log | tr ',' ' ' >stress.txt
    echo "$@" | paste -d' ' stress.txt - |
        awk '{ for (k = 1; k <= 6; k++) if (($k / 1e9 - $(k + 6)) ^ 2 > 1e-8) bad = 1 } END { exit bad || NR != 1 || NF != 12 }' ||
        fail "$file: stress $(cat stress.txt) Pa, not $* GPa"
    if [ "$remark" = - ]; then
        ! grep -q "passed over" answer.log || fail "$file: a remark"
    else
        grep -qF -- "$remark" answer.log || fail "$file: no remark \"$remark\""
    fi
}

# refused FILE WORDS
refused() {
    femd eval "$1" >refused.log 2>&1
    code=$?
    [ $code = 2 ] || fail "femd eval $1 ended with $code, not 2"
    grep -qF -- "$2" refused.log || fail "femd eval $1: no word of \"$2\""
}

for name in tilt_one_blank tilt_two_blanks two_blanks_types gap_ids type_labels general_triclinic; do
    answers d_$name.json - $sheared
done
answers d_charge.json "charge.data: atom style charge: its charges are passed over" $sheared
refused d_units_lj_title.json 'units_lj_title.data:1: the title says "units = lj"'
answers setfl_plain.json - $cold
answers setfl_hash.json - $cold
answers setfl_surplus.json "setfl_surplus.eam.alloy: line 9 has 1 word after the 21 numbers stated" $cold

gzip -k tilt_one_blank.data setfl_plain.eam.alloy || fail gzip
sed 's/tilt_one_blank.data/&.gz/' d_tilt_one_blank.json >packed.json
answers packed.json - $sheared
sed 's/setfl_plain.eam.alloy/&.gz/' setfl_plain.json >packed.json
answers packed.json - $cold
head -c 200 setfl_plain.eam.alloy.gz >cut.gz
sed 's/setfl_plain.eam.alloy/cut.gz/' setfl_plain.json >packed.json
refused packed.json "cut.gz is a damaged .gz file: it ends too early"

femd eval d_gap_ids.json --want stress --dump dump.xyz >dump.log 2>&1 || fail "femd eval --dump"
sed 's/gap_ids.data/dump.xyz/' d_gap_ids.json >again.json
answers again.json "dump.xyz: columns passed over: displacement, potential_energy" $sheared

strain="-0.0266 -0.0266 -0.0266 0 0 0"
answers auto_w.json - -28.963416 -28.963416 -28.963416 0 0 0
