# A manual page in mdoc from a document in docs/, so that what both say stands
# once.  The document's last line says what page it is:
#
#   <!-- man: baredot-rules 5, November 29, 2026: files of rules; baredot 1 -->
#
# name, section, date, what it is, and pages to see also, commas between them.
# Understood: headings, paragraphs, lists, tables, code (fenced, indented or
# in a line), strong text, links.  A table's first column is the tag of its row.

function text(s)
{
	gsub(/\\/, "\\e", s)
	return s
}

# Hyphens that may be copied.
function code(s)
{
	s = text(s)
	gsub(/-/, "\\-", s)
	return s
}

# A link to a document that is a page too, else its words.
function link(words, target)
{
	sub(/#.*/, "", target)
	sub(/.*\//, "", target)
	if (target in page)
		return words == target ? "\\fB" page[target] "\\fR" : \
		    words " (\\fB" page[target] "\\fR)"
	return words
}

# What stands in a line: code, strong text, links.
function line(s,   out, at, inner, cut)
{
	out = ""
	while (match(s, /`[^`]*`|\*\*[^*]*\*\*|!?\[[^]]*\]\([^)]*\)/)) {
		out = out text(substr(s, 1, RSTART - 1))
		inner = substr(s, RSTART, RLENGTH)
		s = substr(s, RSTART + RLENGTH)
		if (inner ~ /^`/)
			out = out "\\fB" code(substr(inner, 2,
			    length(inner) - 2)) "\\fR"
		else if (inner ~ /^\*/)
			out = out "\\fI" text(substr(inner, 3,
			    length(inner) - 4)) "\\fR"
		else if (inner !~ /^!/) {
			cut = index(inner, "](")
			out = out link(text(substr(inner, 2, cut - 2)),
			    substr(inner, cut + 2, length(inner) - cut - 2))
		}
	}
	return out text(s)
}

# Words behind a request: none is taken for a macro of its own.
function plain(s,   n, i, words, out)
{
	n = split(s, words, " ")
	out = ""
	for (i = 1; i <= n; i++)
		out = out (i > 1 ? " " : "") (words[i] ~ \
		    /^[A-Z%][a-z][a-z]?$/ ? "\\&" : "") words[i]
	return out
}

# Words in lines of 78 bytes; each sentence begins one, and none begins like a
# request.
function put(s,   n, i, words, out)
{
	n = split(s, words, " ")
	out = ""
	for (i = 1; i <= n; i++) {
		if (out != "" && length(out) + length(words[i]) > 77) {
			print guarded(out)
			out = ""
		}
		out = out (out == "" ? "" : " ") words[i]
		if (words[i] ~ /[.!?](\\fR)?["')]*$/) {
			print guarded(out)
			out = ""
		}
	}
	if (out != "")
		print guarded(out)
}

function guarded(s)
{
	return (s ~ /^[.']/ ? "\\&" : "") s
}

# End what is open: a paragraph, a list, a table.
function flush()
{
	words = line(words)
	if (words ~ /[^ ]/) {
		if (spaced && kind == "")
			print ".Pp"
		put(words)
		spaced = 1
	}
	words = ""
}

function close_list()
{
	flush()
	if (kind != "")
		print ".El"
	kind = ""
}

function open_list(what, how)
{
	flush()
	if (kind != what) {
		close_list()
		print ".Bl " how
		kind = what
		spaced = 1
	}
}

function open_code()
{
	close_list()
	print ".Bd -literal -offset indent"
}

function row(s,   n, i, cells, label)
{
	gsub(/\\\|/, "\001", s)
	sub(/^\| */, "", s)
	sub(/ *\|$/, "", s)
	n = split(s, cells, / *\| */)
	for (i = 1; i <= n; i++)
		gsub("\001", "|", cells[i])
	if (s ~ /^[-| ]*$/ && s ~ /-/)
		return
	if (kind != "table") {
		open_list("table", "-tag -width Ds")
		heads = n
		for (i = 1; i <= n; i++)
			head[i] = cells[i] == "meaning" ? "" : cells[i]
		return
	}
	print ".It " plain(line(cells[1]))
	for (i = 2; i <= n; i++) {
		if (cells[i] == "")
			continue
		label = i <= heads ? head[i] : ""
		if (label != "")
			label = toupper(substr(label, 1, 1)) \
			    substr(label, 2) ": "
		if (i > 2)
			print ".br"
		put(label line(cells[i]))
	}
}

function section(macro, s)
{
	close_list()
	gsub(/`/, "", s)
	print macro " " (macro == ".Sh" ? toupper(text(s)) : plain(text(s)))
	spaced = 0
}

function begin(s,   name, number, date)
{
	name = number = date = also = s
	sub(/ .*/, "", name)
	sub(/^[^ ]* /, "", number)
	sub(/,.*/, "", number)
	sub(/^[^,]*, */, "", date)
	sub(/: .*/, "", date)
	sub(/^[^:]*: */, "", s)
	sub(/; .*/, "", s)
	sub(/^[^;]*; */, "", also)
	print ".\\\" Made from docs/" file " by man/from-md.awk"
	print ".Dd " date
	print ".Dt " toupper(name) " " number
	print ".Os"
	print ".Sh NAME"
	print ".Nm " name
	print ".Nd " s
	print ".Sh DESCRIPTION"
}

function see_also(   n, i, names)
{
	close_list()
	print ".Sh SEE ALSO"
	n = split(also, names, /, */)
	for (i = 1; i <= n; i++)
		print ".Xr " names[i] (i < n ? " ," : "")
}

# The documents that are pages too, and what this one is.
BEGIN {
	page["report.md"] = "baredot-report(5)"
	page["rules.md"] = "baredot-rules(5)"
	page["nightly.md"] = "baredot-nightly(7)"
	page["queries.md"] = "baredot-queries(7)"
	page["repair.md"] = "baredot-repair(7)"
	page["replay.md"] = "baredot-replay(7)"
	file = ARGV[1]
	while ((getline s <ARGV[1]) > 0)
		if (s ~ /^<!-- man: /)
			about = s
	sub(/.*\//, "", file)
	sub(/^<!-- man: /, "", about)
	sub(/ *-->$/, "", about)
	begin(about)
}

/^```/ {
	if (!fenced)
		open_code()
	else
		print ".Ed"
	fenced = !fenced
	spaced = 1
	next
}
fenced { print guarded(code($0)); next }

# Indented code: behind an empty line, outside of lists.
/^(    |\t)/ && kind == "" && (indented || words == "") {
	if (!indented)
		open_code()
	indented = 1
	sub(/^(    |\t)/, "")
	print guarded(code($0))
	next
}
indented { print ".Ed"; indented = 0; spaced = 1 }

/^<!--/ { next }
/^# / { next }
/^## / { section(".Sh", substr($0, 4)); next }
/^### / { section(".Ss", substr($0, 5)); next }
/^\|/ { row($0); next }
/^- / { open_list("bullet", "-bullet"); print ".It"; words = substr($0, 3); next }
/^[0-9]+\. / {
	open_list("enum", "-enum")
	print ".It"
	sub(/^[0-9]+\. /, "")
	words = $0
	next
}
/^$/ { if (kind == "table") close_list(); else flush(); next }
{
	# Text at the margin ends a list that an empty line ended before.
	if (kind != "" && $0 !~ /^ / && words == "")
		close_list()
	sub(/^ +/, "")
	words = words (words == "" ? "" : " ") $0
}

END {
	if (indented)
		print ".Ed"
	see_also()
}
