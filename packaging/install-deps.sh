#!/bin/sh
# Install what this machine lacks (Debian 12): install-deps.sh [build]
# for building and testing, or for building alone.  Says what it does; does
# nothing when all is there.
set -eu

packages="gcc make pkg-config libc6-dev libssl-dev zlib1g-dev libpcre2-dev
libconfuse-dev libjansson-dev libarchive-dev libsqlite3-dev"
optional=
[ "${1:-}" = build ] || packages="$packages libcmocka-dev clang
libclang-rt-14-dev python3 python3-jsonschema python3-dkim gzip
libarchive-tools cpio zip unzip bzip2 xz-utils zstd lz4 mandoc cppcheck jq
dos2unix strace"
# Without these tests are skipped.
[ "${1:-}" = build ] || optional="libgmime-3.0-dev gnupg openssl procmail
maildrop dovecot-core dovecot-imapd mutt btrfs-progs bindfs chromium
chromium-driver slurm-wlm munge parallel openssh-client shellcheck"

command -v dpkg-query >/dev/null || {
	echo "baredot: this is not Debian; install these yourself:" $packages >&2
	exit 0
}
lacking() {
	for p in "$@"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
		    grep -q 'ok installed' || printf ' %s' "$p"
	done
}
missing=$(lacking $packages)
wanted=$(lacking $optional)
[ -n "$missing$wanted" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "baredot: installing$missing$wanted (apt-get)"
export DEBIAN_FRONTEND=noninteractive
install() { $sudo apt-get -qq install -y --no-install-recommends "$@" >/dev/null; }
$sudo apt-get -qq update || [ -z "$missing" ]
[ -z "$missing" ] || install $missing
[ -z "$wanted" ] || install $wanted ||
	echo "baredot: not installed, so some tests are skipped:$wanted" >&2
