#!/bin/sh
# can_fail.sh SOURCE CC NM AR: the scripts that judge the sources pass a small tree that is in order, and find each fault that
# is put into it.
set -u
here=$(cd "$1/tests/style" && pwd) || exit 1
cc=$2 nm=$3 ar=$4
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
bad=0

# A part with two wings, each with a room.
plant() {
    rm -rf "$tree"/* && mkdir -p "$tree/part/high" "$tree/part/low" "$tree/docs" "$tree/tests/style" && cd "$tree" || exit 1
    printf '# comment\n\npart high low\n' > tests/style/wings.txt
    printf 'part/  all\n  part/high/ what is above\n  part/low/  what is below\n' > docs/architecture.md
    printf '#include <stdio.h>\nint high(void);\n' > part/high/high.h
    printf '#include "high/high.h"\n#include "low/low.h"\nstatic int high_twice(int a) {\n    return 2 * a;\n}\nint high(void) { return high_twice(low()); }\n' > part/high/high.c
    printf 'int low(void);\n' > part/low/low.h
    printf '#include "low/low.h"\nint low(void) { return 1; }\n' > part/low/low.c
}

# expect 0|1 WORDS COMMAND...: how the command ends and what it says.
expect() {
    want=$1 words=$2
    shift 2
    said=$("$@" 2>&1)
    got=$?
    case $got$said in $want*"$words"*) ;; *) echo "FAILED: expected $want and \"$words\" of $*, got $got: $said"; bad=1 ;; esac
}
includes() { expect "$1" "$2" sh "$here/includes.sh" "$tree"; }
names() { expect "$1" "$2" sh "$here/static_names.sh" "$tree" part; }
library() {
    rm -f ./*.o lib.a
    for file in part/*/*.c; do "$cc" -c -Ipart "$file" || exit 1; done
    "$ar" cr lib.a ./*.o
}
calls() {
    library
    expect "$1" "$2" sh "$here/calls.sh" "$tree" "$nm" lib.a
}
libm() {
    library
    expect "$1" "$2" sh "$here/no_libm.sh" "$tree" "$nm" lib.a
}

plant
includes 0 ""
names 0 ""
calls 0 ""
libm 0 ""
echo '#include "high/high.h"' >> part/low/low.c
includes 1 "part/low/low.c:3: includes high/high.h, which is above it"
plant
touch part/low/low_private.h
echo '#include "low/low_private.h"' >> part/high/high.h
includes 1 "includes low/low_private.h, private to its wing"
plant
echo '#include "low/other.h"' >> part/low/low.h
echo '#include "low/low.h"' > part/low/other.h
includes 1 "circle"
plant
mkdir part/new
includes 1 "part has the folders high low new ; wings.txt has high low"
plant
sed -i '/part.low/d' docs/architecture.md
includes 1 "docs/architecture.md shows of part/ the wings high ; wings.txt has high low"
plant
printf '#include "high/high.h"\nint high(void);\nint low(void) { return high(); }\n' > part/low/low.c
calls 1 "circle"
plant
printf '#include <math.h>\ndouble low_root(double a);\ndouble low_root(double a) { return sqrt(a) + exp(a); }\n' > part/low/other.c
libm 1 "other.o: needs exp"
plant
printf 'static const int *\nhigh_twice(void) { return 0; }\n' > part/low/other.c
names 1 "high_twice: part/high/high.c part/low/other.c"
[ $bad = 0 ] && echo "every fault was found"
exit $bad
