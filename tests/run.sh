#!/bin/sh
# Build and run every test.  The last line: N passed, N failed, N skipped.
# Two lanes at once: what only computes, and what runs the program and servers;
# the one that is done helps the other from the end of its list.
set -u
cd "$(dirname "$0")/.."
mkdir -p build
began=$(date +%s)
child=

make_targets() {
	for t in tests/test_*.c; do echo "build/tests/$(basename "$t" .c)"; done
	for t in tests/fuzz/fuzz_*.c; do
		echo "build/tests/smoke_$(basename "$t" .c | sed 's/^fuzz_//')"
	done
	echo build/baredot build/san/baredot
	echo build/faults/act_driver build/faults/act_fault.so
	echo build/tests/archive_driver build/tests/wire
}

# tap LANE NAME COMMAND...: a command that prints TAP; what is worth a look of
# it, at once.
tap() {
	out=build/check.$1.log
	name=$2
	shift 2
	log=build/check.$(echo "$name" | tr / .).log
	start=$(date +%s)
	"$@" >"$log" 2>&1 &
	child=$!
	wait $child
	rc=$?
	# cmocka says "not ok" of a test that skipped itself.
	sed -i 's/^not ok \(.*# SKIP\)/ok \1/' "$log"
	sed "s|^\(not ok\|ok\) *[0-9]* *-* *|\1 - $name: |" "$log" |
	    grep -aE '^(not ok|ok) ' >>"$out"
	# All that was planned was said; where nothing is planned, something.
	said=$(grep -acE '^(not )?ok ' "$log")
	plan=$(awk -F '\\.\\.' '/^1\.\.[0-9]+$/ { n += $2 } END { print n }' "$log")
	bad=
	if [ "$said" -eq 0 ] || [ "$said" -ne "${plan:-$said}" ]; then
		bad="said $said of ${plan:-some}"
	elif [ $rc -ne 0 ] && ! grep -aq '^not ok' "$log"; then
		bad="exit status $rc"
	fi
	if [ -n "$bad" ]; then
		echo "not ok - $name: $bad" | tee -a "$log" >>"$out"
		rc=1
	fi
	{
		grep -aE '# SKIP' "$log" | sed "s|^|  $name: |"
		took=$(($(date +%s) - start))
		[ $took -lt 10 ] || echo "  $name: $took s"
		[ $rc -eq 0 ] || echo "--- $name"
		[ $rc -eq 0 ] || grep -av '^ok' "$log" | tail -n 60
	} >"$log.show"
	cat "$log.show"
}

fuzzing="smoke 1"
[ -z "${CHECK_LONG:-}" ] || fuzzing=20
computing="fuzz lint $(cd tests && echo test_*.c | sed 's/\.c\>//g')"
running=$(cd tests && echo cli/test_*.py | sed 's/\.py\>//g')

backwards() {
	turned=
	for t; do turned="$t $turned"; done
	echo "$turned"
}

# run LANE NAME: unless the other lane has it.
run() {
	mkdir "build/check.taken/$(echo "$2" | tr / .)" 2>/dev/null || return 0
	case $2 in
	fuzz) tap "$1" fuzz tests/fuzz/run.sh $fuzzing ;;
	lint) tap "$1" lint tests/lint.sh ;;
	cli/*) tap "$1" "$2" /usr/bin/python3 "tests/$2.py" ;;
	*) CMOCKA_MESSAGE_OUTPUT=TAP tap "$1" "$2" "build/tests/$2" ;;
	esac
}

# lane NAME TEST...
lane() {
	trap 'kill $child 2>/dev/null; exit 1' INT TERM
	name_of_lane=$1
	shift
	for t; do run "$name_of_lane" "$t"; done
	return 0
}

if ! make --no-print-directory -j2 $(make_targets) >build/check.build.log 2>&1
then
	cat build/check.build.log
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
fi
: >build/check.computing.log
: >build/check.running.log
rm -rf build/check.taken
mkdir build/check.taken
lane computing $computing $(backwards $running) &
other=$!
trap 'kill $other $child 2>/dev/null; exit 1' INT TERM
for t in $running $(backwards $computing); do run running "$t"; done
wait $other ||
	echo "not ok - computing: it did not come to its end" \
	    >>build/check.computing.log
cat build/check.computing.log build/check.running.log >build/check.log

failed=$(grep -ac '^not ok' build/check.log)
skipped=$(grep -ac '^ok.*# SKIP' build/check.log)
passed=$(($(grep -ac '^ok' build/check.log) - skipped))
echo "$(($(date +%s) - began)) s"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
