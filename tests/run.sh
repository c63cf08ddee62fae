#!/bin/sh
# Build and run every test.  The last line: N passed, N failed, N skipped.
set -u
cd "$(dirname "$0")/.."
out=build/check.log
mkdir -p build
: >"$out"

make_targets() {
	for t in tests/test_*.c; do echo "build/tests/$(basename "$t" .c)"; done
	echo build/baredot build/san/baredot
	echo build/faults/act_driver build/faults/act_fault.so
	echo build/tests/archive_driver
}

say() { echo "$*" | tee -a "$out"; }

# $1: name, rest: a command that prints TAP.
tap() {
	name=$1
	shift
	log=build/check.$name.log
	"$@" >"$log" 2>&1
	rc=$?
	# cmocka says "not ok" of a test that skipped itself.
	sed -i 's/^not ok \(.*# SKIP\)/ok \1/' "$log"
	sed "s|^\(not ok\|ok\) *[0-9]* *-* *|\1 - $name: |" "$log" |
	    grep -aE '^(not ok|ok) ' >>"$out"
	grep -aE '# SKIP' "$log" | sed "s|^|  $name: |"
	if [ $rc -ne 0 ]; then
		grep -aq '^not ok' "$log" || say "not ok - $name: exit status $rc"
		echo "--- $name"
		grep -av '^ok' "$log" | tail -n 60
	fi
}

if ! make --no-print-directory -j2 $(make_targets) >build/check.build.log 2>&1
then
	cat build/check.build.log
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
fi
for t in tests/test_*.c; do
	name=$(basename "$t" .c)
	CMOCKA_MESSAGE_OUTPUT=TAP tap "$name" "build/tests/$name"
done
for t in tests/cli/test_*.py; do
	[ -e "$t" ] && tap "$(basename "$t" .py)" /usr/bin/python3 "$t"
done
tap fuzz tests/fuzz/run.sh "${FUZZ_SECONDS:-5}"
tap lint tests/lint.sh

failed=$(grep -ac '^not ok' "$out")
skipped=$(grep -ac '^ok.*# SKIP' "$out")
passed=$(($(grep -ac '^ok' "$out") - skipped))
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
