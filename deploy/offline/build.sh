#!/bin/sh
# Makes a folder in dist/ that installs Youju without a network, by run.sh: `make offline`.
# Its wheels are for the Python that makes it (PYTHON=python3.12 for another) and for this machine's
# processor, or for that of $1: manylinux2014_x86_64, manylinux2014_aarch64.
set -eu
cd "$(dirname "$0")/../.."
version=$("${PYTHON:=python3}" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
platform=${1:-manylinux2014_$(uname -m)}
processor=${platform#manylinux2014_}
case $platform in
manylinux2014_?*) ;;
*)
  echo "wheels for $platform cannot be made: give PLATFORM=manylinux2014_x86_64 or" \
    "manylinux2014_aarch64 (Windows runs the first of them in WSL)" >&2
  exit 2
  ;;
esac
folder=dist/youju-$processor-python$version
rm -rf "$folder" build # what setuptools left there would get into the wheel
mkdir -p "$folder"
"$PYTHON" -m venv build/offline
pip() { build/offline/bin/pip --quiet --disable-pip-version-check "$@"; }

# UOS and Kylin have glibc 2.28: a wheel for a newer one would not load there
targets="--platform $platform"
for minor in 28 27 26 25 24 23 22 21 20 19 18 17; do
  targets="$targets --platform manylinux_2_${minor}_$processor"
done
pip wheel --no-deps --wheel-dir "$folder/wheels" .
# these are published as source only, and are pure Python
pip wheel --no-deps --constraint constraints.txt --wheel-dir "$folder/wheels" jieba gb2260
# shellcheck disable=SC2086 # the targets are many words
pip download --constraint constraints.txt --only-binary=:all: $targets \
  --find-links "$folder/wheels" --dest "$folder/wheels" "youju${EXTRAS:+[$EXTRAS]}"

cp -R corpus "$folder/corpus"
cp docs/offline.md "$folder/README.md"
cp docs/operating.md "$folder"
cp deploy/offline/run.sh deploy/offline/run.bat deploy/offline/no-wsl.txt "$folder"
echo "$version" >"$folder/python-version"
echo "youju${EXTRAS:+[$EXTRAS]}" >"$folder/requirements.txt"
du -sh "$folder"
