#!/bin/sh
# wheel.sh BUILD SOURCE: the Python package as a wheel, made without a network, installed into an empty virtual environment, where it
# finds the libfemd that FEMD_LIBRARY names. Debian's python3 with pip, setuptools and wheel; skipped without.
set -eu
build=$1 source=$2 python=/usr/bin/python3
for module in pip setuptools wheel venv numpy; do
    "$python" -c "import $module" 2>/dev/null || { echo "skipped: $python has no $module (python3-$module)"; exit 77; }
done
scratch=$(mktemp -d "${TMPDIR:-/tmp}/femd-wheel.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
export PIP_NO_INDEX=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore HOME="$scratch"
unset PYTHONPATH
cp -R "$source/client/adapters/python" "$scratch/python"
"$python" -m pip wheel --quiet --no-build-isolation --no-deps -w "$scratch/wheels" "$scratch/python" >"$scratch/log" 2>&1 || { cat "$scratch/log"; fail "pip wheel"; }
wheel=$(echo "$scratch"/wheels/*)
case $wheel in */femd-0.1.0-py3-none-any.whl) ;; *) fail "the wheel is $wheel" ;; esac
"$python" -m venv --without-pip --system-site-packages "$scratch/venv"
"$python" -m pip --python "$scratch/venv/bin/python" install --quiet --no-deps "$wheel" >"$scratch/log" 2>&1 || { cat "$scratch/log"; fail "pip install"; }
for module in $(cd "$source/client/adapters/python/femd" && ls *.py); do
    [ -f "$(find "$scratch/venv" -path "*/femd/$module")" ] || fail "$module is not in the wheel"
done
said=$(cd / && FEMD_LIBRARY="$build/lib/libfemd.so" "$scratch/venv/bin/python" -c 'import femd; from importlib.metadata import version; print(femd.__file__, femd.version(), version("femd"))') ||
    fail "import femd"
case $said in "$scratch/venv/"*" 0.1.0 0.1.0") ;; *) fail "import femd: $said" ;; esac
# without FEMD_LIBRARY and without an installed one it says what is missing
said=$(cd / && "$scratch/venv/bin/python" -c 'import femd' 2>&1) || case $said in *"no libfemd"*FEMD_LIBRARY*) ;; *) fail "import without libfemd: $said" ;; esac
