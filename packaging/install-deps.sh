#!/bin/sh
# Install what this machine lacks (Debian 12): install-deps.sh
# [build | package | static], for building and testing, for building alone, for
# the package, for a static program.  Says what it does; does nothing when all
# is there.
set -eu

# What building takes is in the package's own list, one a line.
control=$(dirname "$0")/debian/control
packages="gcc make libc6-dev $(sed -n \
    '/^Build-Depends:/,/^[^ ]*:/s/^ \([a-z0-9.+-]*\).*/\1/p' "$control")"
package="build-essential debhelper"
optional=
case ${1:-} in
build)	;;
package)
	packages="$packages $package" ;;
static)
	packages="$packages pkg-config libstdc++-12-dev libacl1-dev libbz2-dev
	    libicu-dev liblz4-dev liblzma-dev libxml2-dev libzstd-dev
	    nettle-dev" ;;
*)
	packages="$packages libcmocka-dev clang libclang-rt-14-dev python3
	    python3-jsonschema python3-dkim gzip libarchive-tools cpio zip unzip
	    bzip2 xz-utils zstd lz4 mandoc cppcheck jq dos2unix strace"
	optional="$package lintian mmdebstrap pkg-config" ;;
esac
# Without these tests are skipped.
[ -n "${1:-}" ] || optional="$optional libgmime-3.0-dev gnupg openssl procmail
maildrop dovecot-core dovecot-imapd mutt btrfs-progs xfsprogs squashfs-tools
bindfs mergerfs fuse2fs ntfs-3g sshfs openssh-sftp-server chromium
chromium-driver sqlite3 zsh fish slurm-wlm munge
parallel openssh-client shellcheck"

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
# By env, for sudo takes variables away.
apt() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@"; }
install() { apt install -y --no-install-recommends "$@" >/dev/null; }
apt update || [ -z "$missing" ]
[ -z "$missing" ] || install $missing
[ -z "$wanted" ] || install $wanted ||
	echo "baredot: not installed, so some tests are skipped:$wanted" >&2
