#!/bin/sh
# Give Slurm the shards of a plan that DIR does not have yet, and their merge:
#   slurm-submit.sh PLAN DIR [OPTION of sbatch]...
# Once more, after some failed, it submits those alone.
# BAREDOT, BAREDOT_OPTIONS: as in baredot-shard.sbatch.  AT_ONCE: how many
# elements may run at a time.
set -eu

fail() {
	echo "slurm-submit.sh: $2" >&2
	exit "$1"
}

here=$(dirname -- "$(realpath -- "$0")")
[ $# -ge 2 ] || fail 64 "usage: slurm-submit.sh PLAN DIR [OPTION of sbatch]..."
plan=$(realpath -m -- "$1")
dir=$(realpath -m -- "$2")
shift 2
baredot=${BAREDOT:-baredot}

umask 077
mkdir -p -- "$dir/log" || fail 2 "there is no folder for the shards"
status=0
missing=$("$baredot" merge "$dir" --plan "$plan" --missing) || status=$?
[ "$status" -eq 0 ] || [ "$status" -eq 75 ] || fail "$status" \
    "$baredot cannot say which shards are missing: status $status"
[ "$status" -eq 0 ] || [ -n "$missing" ] || exit 75	# interrupted
rm -f -- "$dir/report.ndjson" || fail 2 "an old report cannot be removed"
log=$(printf '%s\n' "$dir/log" | sed 's/%/%%/g')
after=
if [ -n "$missing" ]; then
	job=$(sbatch --parsable --output="$log/shard-%A_%a.log" \
	    "$missing${AT_ONCE:+%$AT_ONCE}" "$@" \
	    "$here/baredot-shard.sbatch" "$plan" "$dir")
	job=${job%%;*}		# of a federation: JOB;CLUSTER
	after=--dependency=afterany:$job
	echo "job $job: $missing"
fi
# shellcheck disable=SC2086	# nothing, or one word
job=$(sbatch --parsable --output="$log/merge-%j.log" $after "$@" \
    "$here/baredot-merge.sbatch" "$plan" "$dir")
echo "job ${job%%;*}: merge, to $dir/report.ndjson"
