#!/bin/sh
# Build and run every test.  The last line: N passed, N failed, N skipped.
# Two lanes at once: what only computes, and what runs the program and servers.
set -u
cd "$(dirname "$0")/.."
mkdir -p build
began=$(date +%s)
child=
packed="archive fix_archive"	# they compute, too

make_targets() {
	for t in tests/test_*.c; do echo "build/tests/$(basename "$t" .c)"; done
	echo build/baredot build/san/baredot
	echo build/faults/act_driver build/faults/act_fault.so
	echo build/tests/archive_driver
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

computing() {
	trap 'kill $child 2>/dev/null; exit 1' TERM
	for t in tests/test_*.c; do
		name=$(basename "$t" .c)
		CMOCKA_MESSAGE_OUTPUT=TAP tap computing "$name" \
		    "build/tests/$name"
	done
	tap computing fuzz tests/fuzz/run.sh "${FUZZ_SECONDS:-2}"
	tap computing lint tests/lint.sh
	for t in $packed; do
		tap computing "cli/test_$t" /usr/bin/python3 \
		    "tests/cli/test_$t.py"
	done
	return 0
}

running() {
	for t in tests/cli/test_*.py; do
		name=$(basename "$t" .py)
		case " $packed " in *" ${name#test_} "*) continue ;; esac
		tap running "cli/$name" /usr/bin/python3 "$t"
	done
}

if ! make --no-print-directory -j2 $(make_targets) >build/check.build.log 2>&1
then
	cat build/check.build.log
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
fi
: >build/check.computing.log
: >build/check.running.log
computing &
lane=$!
trap 'kill $lane $child 2>/dev/null; exit 1' INT TERM
running
wait $lane ||
	echo "not ok - computing: it did not come to its end" \
	    >>build/check.computing.log
cat build/check.computing.log build/check.running.log >build/check.log

failed=$(grep -ac '^not ok' build/check.log)
skipped=$(grep -ac '^ok.*# SKIP' build/check.log)
passed=$(($(grep -ac '^ok' build/check.log) - skipped))
echo "$(($(date +%s) - began)) s"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
