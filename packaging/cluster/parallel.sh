#!/bin/sh
# Scan the shards of a plan that DIR does not have yet with GNU parallel, and
# merge all: DIR/report.ndjson.
#   parallel.sh PLAN DIR [OPTION of parallel]...
# Once more, after some failed, it scans those alone.  With --sshlogin the hosts
# must see the mail, PLAN and DIR by the same names.
# BAREDOT: the program.  BAREDOT_OPTIONS: more options of `baredot scan`.
set -eu
: "${2:?usage: parallel.sh PLAN DIR [OPTION of parallel]...}"
plan=$(realpath "$1")
dir=$(realpath -m "$2")
shift 2
baredot=${BAREDOT:-baredot}

# --array=3,7-9: a line for each
numbers() {
	printf '%s\n' "${1#--array=}" | tr ',' '\n' |
	    while IFS=- read -r first last; do
		seq "$first" "${last:-$first}"
	    done
}

umask 077
mkdir -p "$dir/log"
# More than one round: where a message of an mbox reaches over the border of two
# shards, the second of them is scanned again when the first is there.
for _ in 1 2 3; do
	missing=$("$baredot" merge "$dir" --plan "$plan" --missing) ||
	    [ $? -eq 75 ]
	[ -n "$missing" ] || break
	# A shard that is told to stop needs up to five seconds.
	# shellcheck disable=SC2086	# these are words
	numbers "$missing" | parallel --joblog "+$dir/log/parallel.log" \
	    --workdir "$PWD" --retries 5 --termseq TERM,10000,KILL,25 "$@" \
	    -q "$baredot" scan --plan "$plan" --shard {} --out "$dir" \
	    --exit-zero --jobs 1 ${BAREDOT_OPTIONS:-} || break
done
exec "$baredot" merge "$dir" --plan "$plan" -o "$dir/report.ndjson"
