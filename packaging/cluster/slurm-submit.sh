#!/bin/sh
# Give Slurm the shards of a plan that DIR does not have yet, and their merge:
#   slurm-submit.sh PLAN DIR [OPTION of sbatch]...
# Once more, after some failed, it submits those alone.
# BAREDOT, BAREDOT_OPTIONS: as in baredot-shard.sbatch.  AT_ONCE: how many
# elements may run at a time.
set -eu
here=$(dirname "$(realpath "$0")")
: "${2:?usage: slurm-submit.sh PLAN DIR [OPTION of sbatch]...}"
plan=$(realpath "$1")
dir=$(realpath -m "$2")
shift 2

umask 077
mkdir -p "$dir/log"
missing=$("${BAREDOT:-baredot}" merge "$dir" --plan "$plan" --missing) ||
    [ $? -eq 75 ]
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
