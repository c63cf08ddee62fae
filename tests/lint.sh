#!/bin/sh
# Cheap checks of the sources; TAP lines, exit status 1 if one fails.
set -u
cd "$(dirname "$0")/.."
tab=$(printf '\t')

# What git knows, and would know if it were added.
files() { git ls-files -co --exclude-standard -- "$@" | while read -r f; do
	[ -f "$f" ] && echo "$f"; done | sort -u; }

# $1: what holds; standard input: where it does not.
none() {
	found=$(cat)
	if [ -z "$found" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		echo "$found" | head -n 40 | sed 's/^/# /'
		: >"$dir/failed"	# a variable would die with the pipe
	fi
}

skip() { echo "ok - $1 # SKIP $2"; }

has() { command -v "$1" >/dev/null 2>&1; }

c_files=$(files '*.c' '*.h')

# The headers of $1 that a file of $2 includes.
crossings() {
	for h in $(files "$1/*.h"); do
		grep -En "^#[ $tab]*include[ $tab]*\"([a-z./]*/)?$(basename \
		    "$h")\"" $(files "$2/*.c" "$2/*.h") /dev/null
	done
}

wide_lines() {
	for f in $c_files; do
		expand -t 8 "$f" | grep -En '^.{81}' | sed "s|^|$f:|"
	done
}

long_files() {
	for f in $(files 'scanner/*.[ch]' 'formats/*.[ch]' 'rules/*.[ch]'); do
		n=$(wc -l <"$f")
		[ "$n" -le 500 ] || echo "$f: $n lines"
	done
}

bad_scripts() {
	for f in $(files '*.sh' .ci/run 'packaging/debian/p*rm' \
	    packaging/debian/tests/scan); do
		sh -n "$f" 2>&1
	done
}

# The compiler flags of the Makefile, as it stands: $1 is a variable.
flags() {
	printf 'include Makefile\nprint-flags:\n\t@echo $(%s)\n' "$1" |
	    make --no-print-directory -f - print-flags
}

# As the Makefile includes and defines, but no files of other processors.
# tests/faults/ stands in for the C library: dlsym is not pedantic C.
# tests/gmime/ needs headers that may not be here.
clang_warnings() {
	echo "$(flags ALLCFLAGS)" "$(flags INC_scanner)" | tr ' ' '\n' |
	    sed "s/'//g; s/\"/\\\\\"/g" >"$dir/flags"
	echo '-DRULES_HASH=\"0\" -DSOURCE_HASH=\"0\"' | tr ' ' '\n' >>"$dir/flags"
	for f in $(files '*.c' ':!tests/faults/*' ':!tests/gmime/*'); do
		clang "@$dir/flags" -fsyntax-only "$f" 2>&1
	done
}

cppcheck_findings() {
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
	    --enable=warning,portability --suppress=missingInclude \
	    --suppress=missingIncludeSystem -D_GNU_SOURCE -D__x86_64__ \
	    -DBAREDOT_VERSION='"0"' -DRULES_HASH='"0"' \
	    -DSOURCE_HASH='"0"' $(flags INC_scanner) \
	    rules formats scanner >"$dir/cppcheck" 2>&1 || cat "$dir/cppcheck"
}

# The tables of docs/architecture.md name each module: as `NAME`, with .c or .h,
# or by a pattern, `NAME_*.c`.
unnamed_modules() {
	grep '^|' docs/architecture.md | grep -o '`[^`]*`' | tr -d '`' |
	    tr ' ' '\n' | sed 's|.*/||; s/\.[ch]$//' | sort -u >"$dir/named"
	files 'scanner/*.[ch]' 'formats/*.[ch]' 'rules/*.[ch]' |
	    sed 's|.*/||; s/\.[ch]$//' | sort -u | while read -r module; do
		while read -r name; do
			case $module in $name) continue 2 ;; esac
		done <"$dir/named"
		echo "$module"
	done
}

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

if ! git rev-parse --git-dir >/dev/null 2>&1; then
	skip "sources" "not a git checkout"
	exit 0
fi

grep -En '# *include *<(stdio|unistd|fcntl)\.h>' \
    $(files 'rules/*.c' 'rules/*.h') | none "rules/ does no I/O"
crossings rules formats | none "formats/ includes nothing of rules/"
crossings formats rules | none "rules/ includes nothing of formats/"
wide_lines | none "C lines have no more than 80 columns"
long_files | none "C files of the program have no more than 500 lines"
grep -En '(^|[^a-z_])(strcpy|strcat|sprintf|gets)\(' $c_files |
    none "no strcpy, strcat, sprintf or gets"
forks=$(grep -El '(^|[^a-z_])v?fork\(' $(files 'scanner/*.c' \
    'formats/*.c' 'rules/*.c'))
[ "$(echo "$forks" | grep -c .)" -le 1 ] && forks=
echo "$forks" | grep . | none "fork is called in one file at most"
grep -En '(^|[^a-z_])(rename|renameat2?|link|linkat|unlink|unlinkat|f?truncate)\(' \
    $(files 'scanner/*.c' 'formats/*.c' 'rules/*.c' | grep -Ev \
    '^scanner/(act/|output\.c|shard_write\.c|state_file\.c)') /dev/null |
    none "only scanner/act/ and files of our own change names"
grep -InE "$(printf '/%s/' work)" $(files) /dev/null |
    none "no paths of one machine"
unnamed_modules | none "docs/architecture.md names every module"
bad_scripts | none "shell scripts parse"

if has cppcheck; then
	cppcheck_findings | none "cppcheck finds nothing"
else
	skip "cppcheck finds nothing" "no cppcheck here"
fi
if has clang; then
	clang_warnings | none "clang warns of nothing"
else
	skip "clang warns of nothing" "no clang here"
fi
if [ -z "$(files 'man/*.1')" ]; then
	skip "mandoc finds nothing" "no man pages yet"
elif has mandoc; then
	mandoc -Tlint -Wwarning $(files 'man/*.1') 2>&1 |
	    none "mandoc finds nothing"
else
	skip "mandoc finds nothing" "no mandoc here"
fi
[ ! -e "$dir/failed" ]
