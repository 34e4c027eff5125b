#!/bin/bash
# ./femd in a tree that another user has built: programs that are older than the sources run, and that is told; what is not built there is
# refused with words. The tree is a stand-in with one file, since a whole build takes minutes.
. "$FEMD_SOURCE/tests/integration/lib.sh"
[ "$(id -u)" = 0 ] && command -v setpriv >/dev/null || exit 77
tree=$scratch/tree
mkdir -p "$tree/build/bin"
cp "$FEMD_SOURCE/femd" "$tree/femd"
cat >"$tree/build/build.ninja" <<'END'
rule copy
  command = cp $in $out
build bin/femd: copy ../source
build programs: phony bin/femd
build all: phony bin/femd
END
printf '#!/bin/sh\necho the built one: "$@"\n' >"$tree/source"
chmod 755 "$scratch" "$tree" "$tree/femd" "$tree/source"
sed -n '/^packages_run="/,/"$/p' "$tree/femd" >"$scratch/packages"
(. "$scratch/packages" && printf '%s' "$packages_run" >"$tree/build/packages-run.stamp")
ninja -C "$tree/build" programs >/dev/null || fail "the stand-in cannot be built"
other() { setpriv --reuid=65534 --regid=65534 --clear-groups sh "$tree/femd" "$@" >"$scratch/said" 2>&1; }
other status here || fail "up to date: ended with $?"
[ "$(cat "$scratch/said")" = "the built one: status here" ] || fail "up to date: $(cat "$scratch/said")"
sleep 0.01
touch "$tree/source"
other status here || fail "older programs: ended with $?"
grep -q "the sources are newer than the programs in .*belongs to root: these run as they are" "$scratch/said" || fail "older programs: nothing is told"
grep -q "the built one: status here" "$scratch/said" || fail "older programs do not run"
rm "$tree/build/bin/femd"
other status here && fail "what is not there ran"
grep -q "belongs to root, and what is asked for is not built there" "$scratch/said" || fail "not built: no words"
exit 0
