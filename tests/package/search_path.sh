#!/bin/sh
# search_path.sh READELF FOLDER...: no program or library below the folders looks for libraries in the current folder, or in
# any other that is relative: each entry of its RPATH or RUNPATH begins with / or $ORIGIN.
set -u
readelf=$1
shift
looked=0 bad=0
for file in $(find "$@" -type f); do
    path=$("$readelf" -d "$file" 2>/dev/null | sed -n 's/.*(R\(UN\)\{0,1\}PATH).*\[\(.*\)\]$/\2:/p')
    "$readelf" -h "$file" >/dev/null 2>&1 && looked=$((looked + 1))
    while [ -n "$path" ]; do
        case ${path%%:*} in
        /* | '$ORIGIN' | '$ORIGIN'/*) ;;
        *) echo "FAILED: $file searches \"${path%%:*}\", which is no fixed folder" && bad=1 ;;
        esac
        path=${path#*:}
    done
done
echo "$looked programs and libraries"
[ $looked -gt 0 ] || { echo "FAILED: nothing to look at in $*"; exit 1; }
exit $bad
