#!/bin/sh
# versions.sh SOURCE: the numbers of docs/versions.md, and of the other documents that have them, are those of the code.
set -u
cd "$1" || exit 1
bad=0
# in_code FILE PATTERN: the number that \(\) takes out of the one line that fits
in_code() { sed -n "s/$2/\1/p" "$1" | sort -u; }
# agrees WHAT FILE PATTERN: the row of docs/versions.md
agrees() {
    said=$(sed -n "s/^| $1 | \([0-9.]*\) | .*/\1/p" docs/versions.md)
    code=$(in_code "$2" "$3")
    [ -n "$said" ] && [ "$said" = "$code" ] || { echo "FAILED: $1: docs/versions.md says '$said', $2 '$code'"; bad=1; }
    rows=$((rows + 1))
}
# also FILE PATTERN: another document with the number of the row before
also() { [ "$(in_code "$1" "$2")" = "$code" ] || { echo "FAILED: $1 says '$(in_code "$1" "$2")', the code $code"; bad=1; }; }
rows=0
agrees 'release' CMakeLists.txt '^project(femd VERSION \([0-9.]*\) .*'
also client/adapters/python/pyproject.toml '^version = "\(.*\)"'
agrees 'protocol' proto/include/femd/frame.h '^#define FEMD_PROTOCOL_VERSION \([0-9]*\)$'
also proto/README.md '.* Protocol version \([0-9]*\)\. .*'
also proto/README.md '^| 4 | u16 | protocol version, \([0-9]*\) |$'
agrees 'libfemd, its SOVERSION' client/CMakeLists.txt '.* SOVERSION \([0-9]*\)$'
agrees 'engine interface, lower half of its `abi`' micro/include/femd/engine.h '^#define FEMD_ENGINE_ABI (\([0-9]*\)u .*'
also docs/micro.md '^| `abi` | .* the interface, now \([0-9]*\), .*'
agrees "table of an evaluation's key" proto/key.c '^enum { KEY_VERSION = \([0-9]*\) };$'
also proto/README.md '^| 8 | u32 | version of this table, \([0-9]*\) |$'
agrees 'state of an engine' micro/engine/state.c "^static const char MAGIC.*'A', '\([0-9]*\)'};\$"
agrees "states beside a host's own files" client/states_file.c "^static const char states_magic.*'0', '\([0-9]*\)'};\$"
agrees 'checkpoint' macro/results/checkpoint.c '^enum { FORMAT = \([0-9]*\) };$'
also docs/output.md '^| `format`, `step` | 1 | \([0-9]*\); .*'
agrees 'journal of a server' server/journal.c '^static const char magic.*"FEMD-JOURNAL-\([0-9]*\)\\n.*'
agrees 'store' server/vault_private.h '^enum { VAULT_VERSION = \([0-9]*\) };$'
agrees 'key file' proto/keys.c '^static const char title_line.*"femd key \([0-9]*\)";$'
agrees 'case file, `"femd"`' docs/case.schema.json '^    "femd": {"const": \([0-9]*\), .*'
[ "$rows" = "$(grep -c '^| [^|]* | [0-9.]* | ' docs/versions.md)" ] || { echo "FAILED: docs/versions.md has a row that nobody compares"; bad=1; }
exit $bad
