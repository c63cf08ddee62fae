#!/bin/sh
# Measure build/baredot against what else does the work, and print a table.
# docs/benchmarks.md says what each row is.  Exit status 1: a `must` was missed.
#
#	BENCH_SIZE=1G	size of the mbox; everything else follows it
#	BENCH_RUNS=5	pairs per row
#	BENCH_DIR=DIR	where to make the stores
#	BENCH_DISK=DIR	where to repair copies of them: no tmpfs, its syncs
#			cost nothing
#	BENCH_KEEP=1	leave them there
# shellcheck disable=SC2086,SC2016,SC2317  # $scan is a command and its options
set -eu
cd "$(dirname "$0")/../.."
export LC_ALL=C
baredot=${BAREDOT:-build/baredot}
runs=${BENCH_RUNS:-5}
bin=build/bench
kinds="cr lf lfdot alternate nul oneline dots spacedot dotnul"
missed=0

die() { echo "bench: $*" >&2; exit 2; }
say() { echo "bench: $*" >&2; }

# 64M -> 67108864
to_bytes() {
	case $1 in
	*[!0-9KMG]* | *[KMG]?* | [KMG]* | '') die "not a size: $1" ;;
	*K) echo $((${1%K} * 1024)) ;;
	*M) echo $((${1%M} * 1048576)) ;;
	*G) echo $((${1%G} * 1073741824)) ;;
	*) echo "$1" ;;
	esac
}

build() {
	cc=${CC:-cc}
	mkdir -p "$bin"
	"$cc" -O2 -o "$bin/gen" tests/bench/gen.c -lm
	"$cc" -O2 -o "$bin/floor" tests/bench/floor.c -pthread
	"$cc" -O2 -o "$bin/pair" tests/bench/pair.c
}

# In memory if there is room: the disk is not what is measured.
choose_base() {
	free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
	if [ -n "${BENCH_DIR:-}" ]; then
		echo "$BENCH_DIR"
	elif [ "${free:-0}" -gt 8388608 ] && [ -w /dev/shm ]; then
		echo /dev/shm
	else
		echo build/bench/data
	fi
}

clean_up() {
	if [ "${BENCH_KEEP:-}" = 1 ]; then
		say "kept $data"
	else
		rm -rf "$data"
	fi
}

# made NAME KIND ...: make a store, and see that a scan of it finds what gen
# planted: a fast wrong answer is worth nothing.
made() {
	name=$1
	kind=$2
	shift 2
	manifest=$("$bin/gen" "$kind" "$data/$name" "$@")
	say "$name: $manifest"
	$scan -j2 "$data/$name" |
	    /usr/bin/python3 tests/bench/agree.py "$manifest" ||
	    die "$name: the scan does not find what was planted"
}

make_stores() {
	made clean.mbox mbox "$size" lf
	made dirty.mbox mbox "$size" lf dirty
	made Maildir maildir "$files"
}

# calc EXPRESSION: awk's answer.
calc() { awk "BEGIN { print ($1) }"; }
round() { awk "BEGIN { printf \"%.${2}f\n\", $1 }"; }

# row WHAT OURS OTHER RATIO VALUE OP MUST AIM UNIT
row() {
	word=ok
	if [ "$(calc "$5 $6 $7")" != 1 ]; then
		word=MISS
		missed=1
	fi
	echo "| $1 | $2 | $3 | $4 | $6 $7$9 | $6 $8$9 | $word |"
}

# The seconds of A and B and the ratio A / B go to $a, $b and $ratio.
pair() {
	result=$("$bin/pair" "$runs" "$@") || die "could not measure: $*"
	a=${result%% *}
	ratio=${result##* }
	b=${result#* }
	b=${b% *}
}

# at_most WHAT MUST AIM -- ours ... -- other ...
at_most() {
	what=$1 must=$2 aim=$3
	shift 3
	pair "$@"
	row "$what" "$(round "$a" 3)" "$(round "$b" 3)" "$(round "$ratio" 2)" \
	    "$ratio" "<=" "$must" "$aim" ""
}

# faster WHAT MUST AIM -- other ... -- ours ...
faster() {
	what=$1 must=$2 aim=$3
	shift 3
	pair "$@"
	row "$what" "$(round "$b" 3)" "$(round "$a" 3)" "$(round "$ratio" 1)" \
	    "$ratio" ">=" "$must" "$aim" ""
}

# worst KIND: 10^6 bytes in a second, and the ratio to wc -l.
worst() {
	"$bin/gen" worst "$data/worst.eml" "$size" "$1" >/dev/null
	pair -- $scan -j1 "$data/worst.eml" -- wc -l "$data/worst.eml"
	rm -f "$data/worst.eml"
	speed=$(calc "$size / 1000000 / $a")
	row "worst $1, -j1, / wc -l: $(round "$speed" 0) MB/s" \
	    "$(round "$a" 3)" "$(round "$b" 3)" "$(round "$ratio" 2)" \
	    "$speed" ">=" 300 800 " MB/s"
}

# replayed WHAT PATH: from all senders to all receivers, and the ratio to a scan.
replayed() {
	pair -- $replay -j1 "$2" -- $scan -j1 "$2"
	speed=$(calc "$size / 1000000 / $a")
	row "replay of $1, all to all, -j1, / scan: $(round "$speed" 0) MB/s" \
	    "$(round "$a" 3)" "$(round "$b" 3)" "$(round "$ratio" 2)" \
	    "$speed" ">=" 100 200 " MB/s"
}

replay_rows() {
	replayed "the dirty mbox" "$data/dirty.mbox"
	for kind in $kinds; do
		"$bin/gen" worst "$data/worst.eml" "$size" "$kind" >/dev/null
		replayed "$kind" "$data/worst.eml"
		rm -f "$data/worst.eml"
	done
}

# memory WHAT PATH
memory() {
	result=$(/usr/bin/python3 tests/bench/rss.py $scan -j2 "$2") ||
	    die "could not measure: $1"
	row "RssAnon of the largest process, $1, -j2" "${result% *} MiB" - - \
	    "${result% *}" "<=" 24 12 " MiB"
}

dos2unix_rows() {
	if ! command -v dos2unix >/dev/null; then
		echo "| dos2unix is not installed: two rows skipped |||||||"
		return
	fi
	faster "dos2unix -i / ours, mbox, -j1" 12 20 \
	    -- dos2unix -i "$data/clean.mbox" \
	    -- $scan -j1 "$data/clean.mbox"
	faster "dos2unix -i / ours, Maildir, -j2" 12 20 \
	    -- sh -c 'find "$1" -type f -print0 | xargs -0 dos2unix -i' \
	    sh "$data/Maildir" -- $scan -j2 "$data/Maildir"
}

speed_rows() {
	at_most "LF mbox, -j1 / wc -l" 1.4 0.9 \
	    -- $scan -j1 "$data/clean.mbox" -- wc -l "$data/clean.mbox"
	at_most "LF mbox, -j2 / wc -l" 0.9 0.6 \
	    -- $scan -j2 "$data/clean.mbox" -- wc -l "$data/clean.mbox"
	at_most "Maildir, -j2 / floor 2" 1.6 1.2 \
	    -- $scan -j2 "$data/Maildir" -- "$bin/floor" 2 "$data/Maildir/cur"
	dos2unix_rows
	at_most "dirty mbox / clean mbox, both ours, -j1" 8 5 \
	    -- $scan -j1 "$data/dirty.mbox" -- $scan -j1 "$data/clean.mbox"
	at_most "ten rules on header fields / none, both ours, -j1" 1.5 1.2 \
	    -- $scan -j1 --rules tests/bench/header.rules "$data/clean.mbox" \
	    -- $scan -j1 "$data/clean.mbox"
	at_most "ten rules on body lines / none, both ours, -j1" 4 2 \
	    -- $scan -j1 --rules tests/bench/body.rules "$data/clean.mbox" \
	    -- $scan -j1 "$data/clean.mbox"
	for kind in $kinds; do
		worst "$kind"
	done
}

# unpacked WHAT MUST AIM FILE COMMAND: ours, and what the command makes of FILE
# piped to wc -l.
unpacked() {
	at_most "$1 / $5, wc -l" "$2" "$3" -- $scan -j1 "$4" \
	    -- sh -c "$5 \"\$1\" | wc -l" sh "$4"
	rm -f "$4"
}

# The Maildir and the clean mbox, packed.
archive_rows() {
	for tool in bsdtar gzip zstd xz; do
		command -v "$tool" >/dev/null || {
			echo "| $tool is not installed: archives skipped |||||||"
			return
		}
	done
	x="bsdtar -xOf"
	(cd "$data" && bsdtar -cf m.tar.gz --gzip Maildir)
	unpacked "Maildir.tar.gz, -j1" 1.0 0.9 "$data/m.tar.gz" "$x"
	(cd "$data" && bsdtar -cf m.tar.zst --zstd Maildir)
	unpacked "Maildir.tar.zst, -j1" 0.8 0.6 "$data/m.tar.zst" "$x"
	(cd "$data" && bsdtar -cf m.zip --format zip Maildir)
	unpacked "Maildir.zip, -j1" 0.9 0.75 "$data/m.zip" "$x"
	gzip -c "$data/clean.mbox" >"$data/b.gz"
	unpacked "mbox.gz, -j1" 1.1 0.75 "$data/b.gz" "gzip -dc"
	zstd -qc "$data/clean.mbox" >"$data/b.zst"
	unpacked "mbox.zst, -j1" 1.1 0.75 "$data/b.zst" "zstd -qdc"
	xz -1 -T0 -c "$data/clean.mbox" >"$data/b.xz"
	unpacked "mbox.xz, -j1" 1.1 0.75 "$data/b.xz" "xz -dc"
}

# acted KIND WHICH: as pair, by tests/bench/acting.py; $rate: messages a second.
acted() {
	result=$(/usr/bin/python3 tests/bench/acting.py "$1" "$2" "$disk" \
	    "$runs") || die "could not measure: $1"
	read -r a b ratio rate <<-EOF
	$result
	EOF
}

# On the disk: every message, or the file, is changed and synced.
repair_rows() {
	disk=${BENCH_DISK:-build/bench}
	[ "$(stat -f -c %T "$disk")" != tmpfs ] ||
		die "$disk is a tmpfs, where a sync costs nothing (BENCH_DISK)"
	acted mbox "$data/dirty.mbox"
	row "fix --apply of the dirty mbox / cp, sync" "$(round "$a" 3)" \
	    "$(round "$b" 3)" "$(round "$ratio" 2)" "$ratio" "<=" 4 2.5 ""
	acted ndjson "$data/dirty.mbox"
	row "the same, with a report in NDJSON" "$(round "$a" 3)" \
	    "$(round "$b" 3)" "$(round "$ratio" 2)" "$ratio" "<=" 4 2.5 ""
	acted maildir 2000
	row "fix --apply of 2,000 dirty messages / cp -a, sync: \
$(round "$rate" 0)/s" "$(round "$a" 3)" "$(round "$b" 3)" \
	    "$(round "$ratio" 2)" "$rate" ">=" 300 800 "/s"
	acted sparse "$data/Maildir"
	row "fix --apply where 1 message in 1,000 is dirty / scan" \
	    "$(round "$a" 3)" "$(round "$b" 3)" "$(round "$ratio" 2)" \
	    "$ratio" "<=" 1.5 1.2 ""
}

# kept KIND WHICH: as pair, by tests/bench/nightly.py.
kept() {
	disk=${BENCH_DISK:-build/bench}
	result=$(/usr/bin/python3 tests/bench/nightly.py "$1" "$2" "$disk" \
	    "$runs") || die "could not measure: $1"
	read -r a b ratio <<-EOF
	$result
	EOF
}

# What was scanned before: the state is on the disk, as at night.
nightly_rows() {
	kept again "$data/Maildir"
	row "Maildir, unchanged, --state, -j2 / the first time" \
	    "$(round "$a" 3)" "$(round "$b" 3)" "$(round "$ratio" 2)" \
	    "$ratio" "<=" 0.5 0.35 ""
	kept grown "$data/clean.mbox"
	ms=$(calc "$a * 1000")
	row "mbox with 1 MiB more, --state, / all of it: $(round "$ms" 0) ms" \
	    "$(round "$a" 3)" "$(round "$b" 3)" "$(round "$ratio" 2)" \
	    "$ms" "<=" 100 30 " ms"
}

# sharded WHAT PATH...: by tests/bench/sharding.py.
sharded() {
	what=$1
	shift
	result=$(BENCH_RUNS=$runs /usr/bin/python3 tests/bench/sharding.py \
	    "$what" "$data" "$@") || die "could not measure: $what"
	read -r a b ratio <<-EOF
	$result
	EOF
}

# Many scans as one: processor time, not seconds.
shard_rows() {
	sharded overhead "$data/clean.mbox" "$data/dirty.mbox" "$data/Maildir"
	row "plan, 16 shards and merge / one scan, -j1, processor time" \
	    "$(round "$a" 3)" "$(round "$b" 3)" "$(round "$ratio" 2)" \
	    "$ratio" "<=" 1.1 1.05 ""
	sharded balance "$data/clean.mbox" "$data/Maildir"
	row "the largest of 16 shards / their mean, processor time" \
	    "$(round "$a" 3)" "$(round "$b" 3)" "$(round "$ratio" 2)" \
	    "$ratio" "<=" 1.2 1.1 ""
	sharded merge "$data/clean.mbox" "$data/dirty.mbox" "$data/Maildir"
	row "merge of 16 shards, $(round "$b" 0) records: \
$(round "$ratio" 0)/s" "$(round "$a" 3)" - - \
	    "$ratio" ">=" 300000 600000 "/s"
}

memory_rows() {
	memory "clean mbox" "$data/clean.mbox"
	memory "dirty mbox" "$data/dirty.mbox"
	memory "Maildir" "$data/Maildir"
	"$bin/gen" worst "$data/worst.eml" $((size * 2)) oneline >/dev/null
	memory "one line of two mbox sizes" "$data/worst.eml"
	rm -f "$data/worst.eml"
	(cd "$data" && bsdtar -cf m.tar.zst --zstd Maildir) 2>/dev/null &&
	    memory "Maildir.tar.zst" "$data/m.tar.zst"
}

[ -x "$baredot" ] || die "no $baredot: make first"
scan="$baredot scan --exit-zero -f ndjson"
replay="$baredot replay --exit-zero -f ndjson"
size=$(to_bytes "${BENCH_SIZE:-1G}")
[ "$size" -ge 1048576 ] || die "BENCH_SIZE: 1M at least"
files=$((size * 50000 / 1073741824))
build
base=$(choose_base)
mkdir -p "$base"
data=$(mktemp -d "$base/baredot-bench.XXXXXX")
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
say "stores in $data, $runs pairs for each row"
make_stores

echo "| what | ours, s | other, s | ratio | must | aim | |"
echo "|---|---|---|---|---|---|---|"
speed_rows
replay_rows
archive_rows
repair_rows
nightly_rows
shard_rows
memory_rows
exit $missed
