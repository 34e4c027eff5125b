#!/bin/sh
# includes.sh SOURCE: in every part that wings.txt names, an include leads to its own wing or to one below it, and never to
# another wing's *_private.h; no headers include each other in a circle; the folders are those of wings.txt, and
# docs/architecture.md shows them in that order.
set -u
cd "$1" || exit 1
bad=0

# "wing/file line included" of each include within a part; its include/ folder is a face to strangers.
arrows() {
    find "$1" -name '*.[ch]' -type f ! -path "$1/include/*" | LC_ALL=C sort | xargs grep -n '^#include "' /dev/null |
        sed -n "s,^$1/\([^:]*\):\([0-9]*\):#include \"\([^\"]*\)\".*,\1 \2 \3,p"
}

judge_arrows() {
    arrows "$1" | awk -v part="$1" -v wings="$2" -v edges="$edges" '
        function wing(file) { return file ~ /\// ? substr(file, 1, index(file, "/") - 1) : "." }
        BEGIN { count = split(wings, name, " "); for (k = 1; k <= count; k++) depth[name[k]] = k }
        { from = wing($1); to = wing($3) }
        $3 ~ /^femd\// || !(to in depth) { next } # of the parts below
        !(from in depth) { print part "/" $1 ": its folder is not in wings.txt"; bad = 1; next }
        depth[to] < depth[from] { print part "/" $1 ":" $2 ": includes " $3 ", which is above it"; bad = 1 }
        to != from && $3 ~ /_private\.h$/ { print part "/" $1 ":" $2 ": includes " $3 ", private to its wing"; bad = 1 }
        $1 ~ /\.h$/ { print $1, $3 > edges }
        END {
            if (!NR) { print part ": no include was found"; bad = 1 }
            exit bad
        }' || bad=1
    sort -u "$edges" | tsort > /dev/null 2> "$loops" || bad=1
    [ ! -s "$loops" ] || { bad=1; sed "s,^tsort: *,$1: ,; s,-: input.*,these include each other in a circle:," "$loops"; }
}

# The wings as folders, and as lines "part/wing/" of the architecture's map.
judge_maps() {
    folders=$(cd "$1" && ls -d */ | tr -d / | grep -v '^include$' | LC_ALL=C sort | tr '\n' ' ')
    listed=$(printf '%s\n' $2 | grep -v '^\.$' | LC_ALL=C sort | tr '\n' ' ')
    [ "$folders" = "$listed" ] || { echo "$1 has the folders $folders; wings.txt has $listed"; bad=1; }
    shown=$(sed -n "s,^ *$1/\([a-z]*\)/ .*,\1,p" docs/architecture.md | tr '\n' ' ')
    wanted=$(printf '%s\n' $2 | grep -v '^\.$' | tr '\n' ' ')
    [ "$shown" = "$wanted" ] || { echo "docs/architecture.md shows of $1/ the wings $shown; wings.txt has $wanted"; bad=1; }
}

edges=$(mktemp) && loops=$(mktemp) || exit 1
trap 'rm -f "$edges" "$loops"' EXIT
parts=0
while read -r part wings; do
    case $part in ''|\#*) continue ;; esac
    judge_arrows "$part" "$wings"
    judge_maps "$part" "$wings"
    parts=$((parts + 1))
done < tests/style/wings.txt
[ $parts -gt 0 ] || { echo "wings.txt names no part"; bad=1; }
[ $bad = 0 ] || echo "FAILED: arrows point one way, see docs/architecture.md"
exit $bad
