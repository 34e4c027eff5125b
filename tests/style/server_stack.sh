#!/bin/sh
# server_stack.sh SOURCE [--prove]: in server/ a room calls only rooms of a lower level. The levels stand in one place, the table
# in docs/architecture.md. A file belongs to the room whose name it has or begins with (ledger_work.c: ledger); a private header
# is for its own room alone. With --prove, copies with a wrong include each must be found out.
set -u

check() { # FOLDER: the includes of FOLDER/server against the table of FOLDER/docs/architecture.md
    awk -v folder="$1/" '
    function room_of(file,   stem) {
        stem = file; sub(/\.[ch]$/, "", stem)
        while (!(stem in level) && sub(/_[^_]*$/, "", stem)) continue
        return stem in level ? stem : ""
    }
    function say(words) { print "FAILED: " words; bad = 1 }
    FILENAME ~ /architecture\.md$/ {
        if (/^## /) server = /^## Server/
        if (server && /^ ?[0-9]+  [a-z]+  /) { level[$2] = $1 + 0; rooms++ }
        next
    }
    FNR == 1 {
        file = FILENAME; sub(/.*\//, "", file); room = room_of(file); files++; used[room]++
        if (room == "") say("server/" file " belongs to no room of the table in docs/architecture.md")
    }
    /^#include "/ {
        split($0, part, "\""); to = part[2]
        if (to ~ /\// || room == "") next
        arrows++
        other = room_of(to)
        if (other == room) next
        if (other == "") say("server/" file " includes " to ", which belongs to no room")
        else if (to ~ /_private\.h$/) say("server/" file " includes " to ", which is private to " other)
        else if (level[other] >= level[room])
            say("server/" file " (level " level[room] ") includes " to " (level " level[other] "): arrows run down")
    }
    END {
        for (name in level) if (!used[name]) say("the table has a room without files: " name)
        if (rooms < 10 || files < 20 || arrows < 50) say("only " rooms+0 " rooms, " files+0 " files, " arrows+0 " includes were read")
        exit bad
    }' "$1/docs/architecture.md" "$1"/server/*.c "$1"/server/*.h
}

prove() { # WORDS FILE LINE: with the line put before the file, the check must fail and say these words
    mkdir -p "$copy/docs" && cp -r "$source/server" "$copy/" && cp "$source/docs/architecture.md" "$copy/docs/" || exit 1
    { echo "$3"; cat "$source/$2"; } >"$copy/$2" 2>/dev/null || echo "$3" >"$copy/$2"
    if said=$(check "$copy"); then echo "FAILED: $3 in $2 was not found out"; exit 1; fi
    case $said in *"$1"*) ;; *) echo "FAILED: $3 in $2: not the words \"$1\" but: $said"; exit 1 ;; esac
    rm -rf "$copy"
}

source=$1
[ $# -gt 1 ] || { check "$source"; exit; }
check "$source" || exit 1
copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT
prove "arrows run down" server/table.c '#include "core.h"'
prove "arrows run down" server/ledger_work.c '#include "batches.h"'
prove "arrows run down" server/gets.h '#include "runs.h"'
prove "is private to ledger" server/audit.c '#include "ledger_private.h"'
prove "belongs to no room" server/cellar.c '#include "table.h"'
prove "belongs to no room" server/net.c '#include "cellar.h"'
echo "each of six wrong includes was found out"
