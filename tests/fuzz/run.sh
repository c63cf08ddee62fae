#!/bin/sh
# run.sh SECONDS: run every fuzz target for that long; TAP lines.
# Seeds: tests/fuzz/seeds/TARGET/, when there is one.
set -u
cd "$(dirname "$0")/../.."
seconds=${1:-20}
failed=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

has_fuzzer() {
	echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n);
	int LLVMFuzzerTestOneInput(const char *p, unsigned long n)
	{ return p != 0 && n > 1ul << 40; }' >"$dir/probe.c"
	"${CLANG:-clang}" -fsanitize=fuzzer,address -o "$dir/probe" \
	    "$dir/probe.c" >/dev/null 2>&1
}

# $1: target.  What it wrote: $dir/log.
run_target() {
	make --no-print-directory "build/tests/$1" >"$dir/log" 2>&1 ||
		return 1
	mkdir -p "$dir/$1"
	set -- "$1" "$dir/$1"
	[ -d "tests/fuzz/seeds/$1" ] && set -- "$@" "tests/fuzz/seeds/$1"
	target=$1
	shift
	"build/tests/$target" -max_total_time="$seconds" -max_len=8192 \
	    -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
	    -artifact_prefix="build/$target." "$@" >"$dir/log" 2>&1
}

if ! has_fuzzer; then
	echo "ok - fuzz # SKIP clang with libFuzzer is not here"
	exit 0
fi
for t in tests/fuzz/fuzz_*.c; do
	[ -e "$t" ] || continue
	name=$(basename "$t" .c)
	if run_target "$name"; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' \
		    "$dir/log")
		echo "ok - $name: ${runs:-0} runs"
	else
		echo "not ok - $name: failed; what fed it is in build/$name.*"
		tail -n 40 "$dir/log"
		failed=1
	fi
done
exit $failed
