#!/bin/sh
# run.sh SECONDS: run every fuzz target for that long; TAP lines.
# run.sh smoke SECONDS: the same without a fuzzer, see smoke.c.
# Seeds: tests/fuzz/seeds/TARGET/, when there is one.
set -u
cd "$(dirname "$0")/../.."
smoke=
[ "${1:-}" = smoke ] && smoke=yes && shift
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

# $1: target; then folders with seeds.  What it wrote: $dir/log.
smoke_target() {
	target=smoke_${1#fuzz_}
	last=build/$1.last
	shift
	make --no-print-directory "build/tests/$target" >"$dir/log" 2>&1 ||
		return 1
	"build/tests/$target" "$seconds" "$last" "$@" >"$dir/log" 2>&1
}

fuzz_target() {
	make --no-print-directory "build/tests/$1" >"$dir/log" 2>&1 ||
		return 1
	mkdir -p "$dir/$1"
	target=$1
	shift
	"build/tests/$target" -max_total_time="$seconds" -max_len=8192 \
	    -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
	    -artifact_prefix="build/$target." "$dir/$target" "$@" \
	    >"$dir/log" 2>&1
}

run_target() {
	[ -d "tests/fuzz/seeds/$1" ] && set -- "$1" "tests/fuzz/seeds/$1"
	if [ -n "$smoke" ]; then smoke_target "$@"; else fuzz_target "$@"; fi
}

if [ -z "$smoke" ] && ! has_fuzzer; then
	echo "ok - fuzz # SKIP clang with libFuzzer is not here"
	exit 0
fi
for t in tests/fuzz/fuzz_*.c; do
	[ -e "$t" ] || continue
	name=$(basename "$t" .c)
	if run_target "$name"; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p
		    s/ runs$//p' "$dir/log")
		echo "ok - $name: ${runs:-0} runs"
	else
		echo "not ok - $name: failed; what fed it is in build/$name.*"
		tail -n 40 "$dir/log"
		failed=1
	fi
done
exit $failed
