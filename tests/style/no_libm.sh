#!/bin/sh
# no_libm.sh SOURCE NM LIBRARY: no function of the mathematics library whose last bits differ from machine to machine is needed
# by the library: answers would. (sqrt, fabs, floor and the like are exact.) numerics/portable.h has femd's own.
set -u
nm=$2 library=$3 # the source folder is not read
"$nm" -A -P "$library" > /dev/null 2>&1 || { echo "$library: no library"; exit 1; }
found=$("$nm" -A -P "$library" 2>/dev/null | awk '
    $3 == "U" && $2 ~ /^_*(a?(sin|cos|tan)h?|atan2|sincos|exp|exp2|exp10|expm1|log|log2|log10|log1p|pow|cbrt|hypot|erfc?|[lt]gamma|j[01n]|y[01n])(f|l|_finite)?(@.*)?$/ {
        split($1, part, /[][]/); print part[2] ": needs " $2 }' | sort -u)
[ -z "$found" ] && exit 0
echo "$found"
echo "FAILED: use numerics/portable.h"
exit 1
