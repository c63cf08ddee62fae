#!/bin/sh
# Make the source archive: dist.sh NAME-VERSION FILE.tar.gz
# In a git checkout of what is committed; elsewhere, in an unpacked source
# archive, of all that is there but build/.  The same files give the same
# bytes, whoever makes it and when: the time of all of them is
# SOURCE_DATE_EPOCH, else that of the commit, else that of the newest file.
set -eu
case $2 in /*) file=$2 ;; *) file=$PWD/$2 ;; esac
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

tree=.
if [ -e .git ]; then
	git diff --quiet HEAD ||
		echo "dist: what is not committed is not in it" >&2
	tree=$dir/tree
	mkdir "$tree"
	git archive HEAD >"$dir/head.tar"
	tar -xf "$dir/head.tar" -C "$tree"
	when=$(git log -1 --format=%ct)
else
	when=$(find . -path ./build -prune -o -type f -printf '%Ts\n' |
	    sort -n | tail -n 1)
fi
tar -C "$tree" --exclude=./build --sort=name --format=ustar \
    --mtime="@${SOURCE_DATE_EPOCH:-$when}" --owner=0 --group=0 \
    --numeric-owner --mode=u+rw,go=rX --transform="s|^\.|$1|" \
    -cf "$dir/tar" .
gzip -9n <"$dir/tar" >"$dir/gz"
mv "$dir/gz" "$file"
