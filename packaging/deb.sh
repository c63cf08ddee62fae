#!/bin/sh
# Build the Debian package and its source package in build/deb: deb.sh VERSION
# [dpkg-buildpackage's options].  packaging/debian becomes debian/ in an
# unpacked source archive, and nowhere else.
set -eu
cd "$(dirname "$0")/.."
version=$1
shift
rm -rf build/deb
mkdir -p build/deb
packaging/dist.sh "baredot-$version" "build/deb/baredot_$version.orig.tar.gz"
cd build/deb
tar -xzf "baredot_$version.orig.tar.gz"
cd "baredot-$version"
cp -R packaging/debian debian
dpkg-buildpackage --no-sign "$@"
cd ..
echo "build/deb: $(echo *.deb)"
