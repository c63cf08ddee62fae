#!/bin/sh
# What baredot says about samples/, and what to try next.
set -u
cd "$(dirname "$0")/.."

echo "\$ baredot scan --exit-zero samples"
build/baredot scan --format text --exit-zero samples
case $? in
0 | 2)	;;			# 2: one sample cannot be read, on purpose
*)	exit 1 ;;
esac
cat <<'END'

Now your own mail (read only, nothing is changed):  build/baredot scan ~/Maildir
And what a code means, and what to do about it:     build/baredot explain eod.lf-dot-crlf
END
