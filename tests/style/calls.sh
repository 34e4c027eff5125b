#!/bin/sh
# calls.sh SOURCE NM LIBRARY...: within a library no files call each other in a circle (or use each other's tables), by the
# symbols that its objects define and need. Then each file can be understood, tested and replaced with those below it alone.
set -u
nm=$2 # the source folder is not read
shift 2
edges=$(mktemp) && loops=$(mktemp) || exit 1
trap 'rm -f "$edges" "$loops"' EXIT
bad=0
for library in "$@"; do
    "$nm" -A -P "$library" 2>/dev/null | awk '
        { split($1, part, /[][]/); file = part[2]; sub(/(\.c)?\.o:?$/, "", file) }
        $3 ~ /^[TDBRVWC]$/ { home[$2] = file }
        $3 == "U" { need[++count] = $2; who[count] = file }
        END { for (k = 1; k <= count; k++) if (need[k] in home && home[need[k]] != who[k]) print who[k], home[need[k]] }
    ' | sort -u > "$edges"
    [ -s "$edges" ] || { echo "$library: no file of it calls another; is it a library of objects?"; bad=1; continue; }
    tsort < "$edges" > /dev/null 2> "$loops" || bad=1
    sed "s,^tsort: *,$(basename "$library"): ,; s,-: input.*,these call each other in a circle:," "$loops"
done
[ $bad = 0 ] || echo "FAILED: give what both need a file of its own, below them"
exit $bad
