#!/bin/sh
# static_names.sh SOURCE FOLDER...: the name of a static function, inline ones in headers included, stands in one file of
# all these folders, so that a name in a stack trace, a profile or a search says where it is.
set -u
cd "$1" || exit 1
shift
files=$(find "$@" -name '*.[ch]' -type f | LC_ALL=C sort)
[ -n "$files" ] || { echo "FAILED: no C file in $*"; exit 1; }

awk '
    /^static / {
        line = $0
        if (line !~ /[(;={]/ && (getline more) > 0) line = line " " more # the name stands on the next line
        gsub(/__attribute__ *\(\([^)]*\)\) */, "", line)
        at = index(line, "(")
        head = substr(line, 1, at - 1)
        if (!at || head ~ /=/ || !match(head, /[A-Za-z_][A-Za-z0-9_]*$/)) next
        name = substr(head, RSTART)
        if (!((name, FILENAME) in seen)) { seen[name, FILENAME] = 1; files[name] = files[name] " " FILENAME; count[name]++ }
        found++
    }
    END {
        for (name in count) if (count[name] > 1) { print name ":" files[name] | "LC_ALL=C sort"; bad = 1 }
        close("LC_ALL=C sort")
        if (!found) { print "no static function was found"; bad = 1 }
        if (bad) print "FAILED: a static function is named for the noun of its file, as ledger_requeue"
        exit bad
    }' $files
