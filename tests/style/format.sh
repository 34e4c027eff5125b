#!/bin/sh
# format.sh SOURCE: every C file is as .clang-format says, and no line of one is longer than 120 columns. Other releases of
# clang-format set the same rules a little differently, so only the one named here judges.
set -u
release=14
cd "$1" || exit 1
files=$(find client macro micro proto server tests cases -name '*.[ch]' -type f | LC_ALL=C sort)
[ -n "$files" ] || { echo "FAILED: no C file under $1"; exit 1; }

tool=
for name in clang-format-$release clang-format; do
    case $("$name" --version 2>/dev/null) in *"version $release."*) tool=$name; break ;; esac
done
[ -n "$tool" ] || { echo "skipped: there is no clang-format $release here"; exit 77; }

bad=0
"$tool" --dry-run -Werror $files || bad=1
LC_ALL=C.UTF-8 grep -nE '^.{121}' $files && bad=1
[ $bad = 0 ] || echo "FAILED: run $tool -i on the files above; what it cannot break is for you to shorten"
exit $bad
