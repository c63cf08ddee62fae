#!/bin/sh
# Scan the shards of a plan that DIR does not have yet with GNU parallel, and
# merge all: DIR/report.ndjson.
#   parallel.sh PLAN DIR [OPTION of parallel]...
# Once more, after some failed, it scans those alone.  With --sshlogin the hosts
# must see the mail, PLAN and DIR by the same names.
# BAREDOT: the program.  BAREDOT_OPTIONS: more options of `baredot scan`.
# The status is that of baredot; it is 75 while shards are missing.
set -eu

fail() {
	echo "parallel.sh: $2" >&2
	exit "$1"
}

[ $# -ge 2 ] || fail 64 "usage: parallel.sh PLAN DIR [OPTION of parallel]..."
plan=$(realpath -m -- "$1")
dir=$(realpath -m -- "$2")
shift 2
baredot=${BAREDOT:-baredot}

# What is missing: --array=3,7-9, or nothing.
look() {
	status=0
	missing=$("$baredot" merge "$dir" --plan "$plan" --missing) ||
	    status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 75 ] || fail "$status" \
	    "$baredot cannot say which shards are missing: status $status"
	[ "$status" -eq 0 ] || [ -n "$missing" ] || exit 75	# interrupted
}

# --array=3,7-9: a line for each
numbers() {
	printf '%s\n' "${1#--array=}" | tr ',' '\n' |
	    while IFS=- read -r first last; do
		seq "$first" "${last:-$first}"
	    done
}

# As words for a shell.  Parallel puts something else for {} and the like, also
# in the middle of a path, but not where quotes stand behind the brace.
quoted() {
	for word; do
		printf "'%s' " "$(printf '%s\n' "$word" |
		    sed "s/'/'\\\\''/g; s/{/{''/g")"
	done
}

umask 077
mkdir -p -- "$dir/log" || fail 2 "there is no folder for the shards"
look
rm -f -- "$dir/report.ndjson" || fail 2 "an old report cannot be removed"
# More than one round: where a message of an mbox reaches over the border of two
# shards, the second of them is scanned again when the first is there.
# shellcheck disable=SC2086	# these are words
command="cd $(quoted "$PWD") && exec $(quoted "$baredot" scan --plan "$plan" \
    --out "$dir" --exit-zero --jobs 1 ${BAREDOT_OPTIONS:-}) --shard {}"
before=
while [ -n "$missing" ] && [ "$missing" != "$before" ]; do
	# A shard that is told to stop needs up to five seconds.
	numbers "$missing" | parallel --joblog "+$dir/log/parallel.log" \
	    --retries 5 --termseq TERM,10000,KILL,25 "$@" "$command" || break
	before=$missing
	look
done
exec "$baredot" merge "$dir" --plan "$plan" -o "$dir/report.ndjson"
