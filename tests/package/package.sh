#!/bin/sh
# package.sh CMAKE BUILD SOURCE CC [READELF]: install into a scratch folder, move it, build the stranger with find_package and with
# pkg-config, run both; only the public headers may be there and only the symbols they name.
set -eu
cmake=$1 build=$2 source=$3 cc=$4 readelf=${5:-}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/femd-package.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

"$cmake" --install "$build" --prefix "$scratch/first" >"$scratch/install.log" 2>&1 || { cat "$scratch/install.log"; fail "install"; }
mv "$scratch/first" "$scratch/prefix" # an installed tree can be moved
prefix=$scratch/prefix

"$cmake" -S "$source/stranger" -B "$scratch/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" >"$scratch/cmake.log" 2>&1 &&
    "$cmake" --build "$scratch/build" >>"$scratch/cmake.log" 2>&1 || { cat "$scratch/cmake.log"; fail "find_package(femd)"; }
"$scratch/build/stranger" || fail "the stranger built with find_package ends with $?"

pc=$(dirname "$(find "$prefix" -name femd.pc)")
export PKG_CONFIG_PATH=$pc
"$cc" -std=c99 -Wall -Wextra -Werror -pedantic $(pkg-config --cflags femd) "$source/stranger/stranger.c" -o "$scratch/by-pc" $(pkg-config --libs femd) ||
    fail "pkg-config"
LD_LIBRARY_PATH=$(pkg-config --variable=libdir femd) "$scratch/by-pc" || fail "the stranger built with pkg-config ends with $?"

[ -z "$readelf" ] || sh "$source/search_path.sh" "$readelf" "$prefix/bin" "$(dirname "$(find "$prefix" -name libfemd.so)")" || fail "search paths"

headers=$(cd "$prefix/include/femd" && echo *)
[ "$headers" = "arrays.h buffer.h client.h engine.h error.h femd.h json.h kinematics.h pack.h pointwise.h quantities.h status.h types.h units.h" ] || fail "installed headers: $headers"

# every exported symbol is declared in a public header, and the other way round
library=$(find "$prefix" -name 'libfemd.so')
ldd "$(dirname "$library")/libFEMD.so" >"$scratch/umat.log" 2>&1 && ! grep -q 'not found' "$scratch/umat.log" || fail "libFEMD.so, which CalculiX opens, is not whole"
nm -D --defined-only "$library" | sed 's/.* //' | sort >"$scratch/exported"
tr -s ' \n' ' ' <"$prefix/include/femd/client.h" >"$scratch/one.line"
for h in arrays pointwise error kinematics quantities status types; do tr -s ' \n' ' ' <"$prefix/include/femd/$h.h" >>"$scratch/one.line"; done
grep -o 'FEMD_API [^;(]*(' "$scratch/one.line" | grep -o 'femd_[A-Za-z0-9_]*($' | tr -d '(' | sort -u >"$scratch/declared"
diff "$scratch/declared" "$scratch/exported" || fail "declared (<) and exported (>) symbols differ"

# an engine of somebody's own, built with what is installed alone, answers in the installed femd
if [ -x "$prefix/bin/femd" ]; then
    cp "$source/../unit/micro/user_engine.c" "$scratch"
    (cd "$scratch" && "$cc" -std=c11 -Wall -Wextra -Werror -fPIC -shared $(pkg-config --cflags femd-engine) user_engine.c -o user_engine.so $(pkg-config --libs femd-engine)) ||
        fail "an engine cannot be built with what is installed"
    echo '{"engine": "user", "name": "test", "parameters": {"modulus": 7e10}}' >"$scratch/user.json"
    "$prefix/bin/femd" eval "$scratch/user.json" --engine "test=$scratch/user_engine.so" --strain 0.01 0 0 0 0 0 --want stress --json >"$scratch/user.out" 2>&1 ||
        fail "the engine: $(cat "$scratch/user.out")"
    grep -q '"stress": \[700000000,' "$scratch/user.out" || fail "the engine answers $(cat "$scratch/user.out")"
fi
for file in LICENSE README.md docs/micro.md docs/case.schema.json protocol.md; do
    [ -s "$(find "$prefix/share/doc" -path "*/$file")" ] || fail "$file is not installed"
done

# what hosts load finds the library that it was installed with, and shows them nothing but its behaviours
mfront=$(find "$prefix" -name libfemd_mfront.so)
[ -n "$mfront" ] && [ -z "$(nm -D --defined-only "$mfront" | grep -v ' Femd')" ] || fail "libfemd_mfront.so: $(nm -D --defined-only "$mfront" | grep -v ' Femd')"
ldd "$mfront" | grep -q "libfemd.so.1 => $prefix/" || fail "libfemd_mfront.so does not find libfemd beside itself: $(ldd "$mfront" | grep libfemd)"
if command -v gfortran >/dev/null; then
    printf 'program p\nuse femd\nprint "(a)", femd_version()\nend program\n' >"$scratch/p.f90"
    (cd "$scratch" && gfortran "$prefix"/share/femd/fortran/femd_c.f90 "$prefix"/share/femd/fortran/femd.f90 p.f90 -o by-fortran $(pkg-config --libs femd)) || fail "the Fortran module"
    [ "$(LD_LIBRARY_PATH=$(pkg-config --variable=libdir femd) "$scratch/by-fortran")" = 0.1.0 ] || fail "the Fortran program"
fi

# the Python package finds the library that it was installed with
if /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    said=$(env -u FEMD_LIBRARY PYTHONPATH="$prefix/lib/python3/dist-packages" PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -c 'import femd, femd._library; print(femd.version(), femd._library.lib._name)') ||
        fail "import femd"
    case $said in "0.1.0 $prefix/"*) ;; *) fail "import femd: $said" ;; esac
fi

for program in "$prefix"/bin/femd*; do
    [ -x "$program" ] || continue
    "$program" --version >"$scratch/version" 2>&1 </dev/null || fail "$program --version: $(cat "$scratch/version")"
done
