#!/bin/sh
# Install what building and testing needs and this machine lacks (Debian 12).
# Says what it does; does nothing when all is there.
set -eu

packages="gcc make pkg-config libc6-dev libssl-dev zlib1g-dev libpcre2-dev
libconfuse-dev libcmocka-dev clang libclang-rt-14-dev python3 python3-jsonschema gzip mandoc cppcheck jq
dos2unix strace"

command -v dpkg-query >/dev/null || {
	echo "baredot: this is not Debian; install these yourself:" $packages >&2
	exit 0
}
missing=
for p in $packages; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
	    grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "baredot: installing$missing (apt-get)"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get -qq update
$sudo apt-get -qq install -y --no-install-recommends $missing >/dev/null
