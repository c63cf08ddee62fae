"""Every option, every command, and the exit statuses."""
import gzip
import os
import pty
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
from cli import (BAREDOT, BY_OPTION, CLEAN, FINDINGS, INTERRUPTED, TOP,
                 UNREADABLE, USAGE, Ran, Skip, baredot, check, folder,
                 interrupted, read, run, same, scan, strict_json, test, write)

LF_MAIL = b"From: a@example.com\nSubject: lf\n\ntext\n"
CRLF_MAIL = LF_MAIL.replace(b"\n", b"\r\n")
BOX = (b"From a@example.com Tue Nov 14 22:13:20 2023\n" + LF_MAIL + b"\n") * 2
OPTIONS = ("format output all hash incremental state new-only baseline cron "
           "metrics-file syslog nice plan shard out checkpoint "
           "code check min-severity forensic "
           "redact require-sandbox dkim eol target senders receivers servers "
           "rules no-default-rules format-in files0-from one-file-system tmp "
           "unpack unpack-limits jobs timeout file-timeout kernel exit-zero "
           "color progress verbose help").split()


def eml(name):
    return "samples/eml/%s.eml" % name


def usage(*args, says, **more):
    """A usage error: 64, nothing on standard output, a message that helps."""
    ran = baredot(*args, **more)
    same(ran.status, USAGE, args)
    same(ran.out, b"", args)
    check(all(line.startswith("baredot: ")
              for line in ran.err.splitlines()), ran.err)
    for word in says:
        check(word in ran.err, "%r: no %r in %r" % (args, word, ran.err))
    return ran.err


def codes_of(ran):
    """{code: severity} of the only message."""
    (r,) = ran.of_type("message") or [{"findings": []}]
    return {f["code"]: f["severity"] for f in r["findings"]}


def findings(name, *args):
    return codes_of(scan(*args, eml(name)))


# --- commands

@test
def no_arguments_say_where_help_is():
    usage(says=["no command", "baredot help"])


@test
def an_unknown_command_says_where_help_is():
    usage("scna", "samples", says=["scna", "baredot help"])


@test
def help_lists_the_commands():
    for args in (("help",), ("--help",), ("-h",)):
        ran = baredot(*args)
        same((ran.status, ran.err), (CLEAN, ""))
        for word in (b"scan", b"explain", b"--version"):
            check(word in ran.out)


@test
def help_scan_lists_every_option_and_status():
    ran = baredot("help", "scan")
    same((ran.status, ran.err), (CLEAN, ""))
    text = ran.out.decode()
    same(re.findall(r"^  (?:-\w, |    )--([a-z0-9-]+)", text, re.M), OPTIONS)
    for status in ("0 no findings", "1 findings", "2 something", "64 usage",
                   "75"):
        check(status in text, status)
    check(max(map(len, text.splitlines())) < 80, "wider than a terminal")
    same(re.findall(r"^ +(?:-\w, )?--\S*[A-Z][a-z].*", text, re.M), [],
         "text right behind an option")
    same(baredot("scan", "--help").out, ran.out)
    same(baredot("scan", "-h", "nowhere").out, ran.out)


@test
def help_on_something_else_is_a_usage_error():
    usage("help", "nothing", says=["nothing", "baredot help"])


@test
def version_is_that_of_the_makefile():
    want = re.search(rb"^VERSION = (.*)$", read(TOP + "/Makefile"), re.M)
    for args in (("--version",), ("version",)):
        same(baredot(*args).out, b"baredot " + want.group(1) + b"\n")


def all_codes():
    return [line.split()[0] for line in
            baredot("explain").out.decode().splitlines()]


@test
def explain_lists_every_code():
    listed = baredot("explain").out.decode().splitlines()
    same(len(listed), 57)
    for line in listed:
        check(re.fullmatch(r"(eol|eod|limit|mime|dkim|smuggle|conform|rule|"
                           r"target)\.[a-z0-9-]+ +"
                           r"(info|low|medium|high) +\S.*", line), line)


@test
def explain_prints_every_part_of_every_code():
    for code in all_codes():
        ran = baredot("explain", code)
        same((ran.status, ran.err), (CLEAN, ""))
        text = ran.out.decode()
        check(text.startswith(code + ": "), code)
        check("usual severity: " in text, code)
        for part in ("What it means", "Who is affected", "What to do",
                     "Source"):
            check(re.search("\n\n%s\n  \\S" % part, text), (code, part))
        check(max(map(len, text.splitlines())) < 80, code)


@test
def explain_takes_globs_and_lists():
    text = baredot("explain", "eod.*").out.decode()
    same(text.count("\n---\n"), 14)
    text = baredot("explain", "eol.crlf", "limit.nul").out.decode()
    check("eol.crlf: " in text and "limit.nul: " in text)


@test
def explain_suggests_the_nearest_code():
    for wrong, right in (("eod.lf-dot-crl", "eod.lf-dot-crlf"),
                         ("eol.barecr", "eol.bare-cr"),
                         ("limit.nulls", "limit.nul"),
                         ("bare-lf", "eol.bare-lf")):
        usage("explain", wrong, says=[wrong, "did you mean %s?" % right])


# --- usage errors

@test
def nothing_to_scan_is_a_usage_error():
    usage("fix", "-", says=["standard input cannot be changed", "./-"])
    usage("quarantine", "a", "-", "--into", "q",
          says=["standard input cannot be changed"])
    usage("scan", says=["what should be scanned", "file", "folder", "-"])


@test
def unknown_options_are_named():
    for args, name in ((("--bogus",), "--bogus"), (("-Z",), "-Z"),
                       (("-aZ",), "-Z"), (("-Za",), "-Z"),
                       (("-vZa",), "-Z"), (("--bogus=1",), "--bogus=1"),
                       (("samples", "--later"), "--later")):
        err = usage("scan", *args, "samples", says=["help scan"])
        check("no option %s\n" % name in err, (args, err))


@test
def an_ambiguous_option_is_not_called_unknown():
    err = usage("scan", "--form", "text", "samples", says=["--form"])
    check("more than one" in err, err)


@test
def options_may_be_shortened():
    same(scan("--hel").out, baredot("help", "scan").out)


@test
def an_argument_that_is_not_taken_is_named():
    err = usage("scan", "--all=yes", "samples", says=["--all"])
    check("takes no argument" in err, err)


@test
def missing_arguments_are_named():
    for name in ("-f", "--format", "-o", "--code", "--eol", "-j", "-m"):
        err = usage("scan", "samples", name, says=["needs an argument"])
        check(" %s needs" % name in err, err)
    err = usage("scan", "samples", "-af", says=["needs an argument"])
    check(" -f needs" in err, err)


@test
def wrong_values_are_refused_with_the_right_ones():
    for option, value, says in (
            ("--format", "xml", ["text, ndjson, json or html"]),
            ("-f", "xml", ["--format", "text, ndjson, json or html"]),
            ("--format", "", ["text, ndjson, json or html"]),
            ("--format-in", "pst", ["mbox, eml, emlx, dbox, mmdf, postfix, exim, "
             "opensmtpd, kumomta, haraka, pickup, sendmail, qmail, courier"]),
            ("--min-severity", "bad", ["info, low, medium or high"]),
            ("--eol", "cr", ["auto, lf, crlf or wire"]),
            ("--jobs", "-1", ["0 to 256"]), ("--jobs", "257", ["0 to 256"]),
            ("--jobs", "1x", ["0 to 256"]), ("--jobs", "", ["0 to 256"]),
            ("--timeout", "soon", ["seconds"]),
            ("--timeout", "-5", ["seconds"]),
            ("--color", "blue", ["auto, always or never"]),
            ("--progress", "x", ["auto, always or never"])):
        name = option if option.startswith("--") else "--format"
        usage("scan", option, value, "samples", says=says + [name, value])
    usage("scan", "--kernel", "sse9", "samples", says=["kernel", "sse9"])


@test
def usage_errors_show_no_control_bytes():
    # A name that a shell's * put there may look like an option.
    for args in (("scan", "--\x1b[31m"), ("scan", "-\x1b"),
                 ("scan", "--format", "\x1b]0;x\x07", "samples"),
                 ("scan", "--code", "\x1b[2J", "samples"),
                 ("explain", "\x1b[2J\u009b"), ("help", "\x1b"), ("\x1b[1m",),
                 ("scan", "--eol", "\u202e", "samples")):
        err = usage(*args, says=[])
        check(not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", err),
              repr(err))


@test
def an_unknown_code_suggests_the_nearest():
    usage("scan", "--code", "eol.bare_cr", "samples",
          says=["eol.bare_cr", "did you mean eol.bare-cr?"])
    usage("scan", "-c", "+limit.line78", "samples",
          says=["limit.line78", "did you mean limit.line-78?"])
    usage("scan", "-c", "eol.*,nothing.*", "samples", says=["nothing.*"])


# --- what is scanned

@test
def two_dashes_end_the_options():
    with folder() as tmp:
        write(tmp + "/-rf", CRLF_MAIL)
        write(tmp + "/--all", LF_MAIL)
        ran = scan("--all", "--", "-rf", "--all", cwd=tmp)
        same(ran.status, CLEAN)
        same([r["path"] for r in ran.of_type("message")], ["-rf", "--all"])


@test
def options_may_follow_paths():
    same(len(scan("samples/mh", "--all").of_type("message")), 3)


@test
def standard_input_as_a_pipe():
    ran = scan("--all", "-", input=CRLF_MAIL)
    (r,) = ran.of_type("message")
    same((r["path"], r["format"], r["length"], r["convention"]),
         ("-", "eml", len(CRLF_MAIL), "crlf"))


@test
def standard_input_with_workers():
    ran = baredot("scan", "-f", "ndjson", "--all", "-j", "2", "-", input=BOX)
    same([r["index"] for r in ran.of_type("message")], [1, 2])


@test
def standard_input_as_a_file():
    with folder() as tmp:
        with open(write(tmp + "/in", BOX), "rb") as f:
            ran = scan("--all", "--hash", "-", stdin=f)
        piped = scan("--all", "--hash", "-", input=BOX)
        same(len(ran.of_type("message")), 2)
        same(ran.of_type("message"), piped.of_type("message"))


@test
def standard_input_that_is_compressed():
    ran = scan("--all", "-", input=gzip.compress(BOX))
    same([r["raw"] for r in ran.of_type("message")], [False, False])


@test
def standard_input_that_is_no_mail_or_empty():
    for data in (b"", b"no mail\n"):
        ran = scan("-", input=data)
        same(ran.status, CLEAN)
        check("no mail was found" in ran.err, ran.err)
        same(ran.records()[-1]["skipped"]["not_mail"], 1)


@test
def a_file_called_dash_is_not_standard_input():
    with folder() as tmp:
        write(tmp + "/-", LF_MAIL)
        ran = scan("--all", "./-", cwd=tmp)
        same(ran.of_type("message")[0]["path"], "./-")
        ran = scan("--all", ".", cwd=tmp)
        same(ran.of_type("message")[0]["path"], "./-")


NAMES = b"samples/mh/1\0samples/mh/2\0\0samples/eml/clean.crlf.eml"


@test
def names_from_a_file():
    with folder() as tmp:
        ran = scan("--all", "--files0-from", write(tmp + "/names", NAMES))
        same([r["path"] for r in ran.of_type("message")],
             [n.decode() for n in NAMES.split(b"\0") if n])
        same(ran.status, FINDINGS)


@test
def names_from_standard_input():
    ran = scan("--all", "--files0-from=-", "samples/mh/10", input=NAMES)
    same([r["path"] for r in ran.of_type("message")], [
        "samples/mh/10", "samples/mh/1", "samples/mh/2",
        "samples/eml/clean.crlf.eml"])


@test
def names_from_a_missing_file():
    ran = scan("--files0-from", "nowhere.list")
    same(ran.status, UNREADABLE)
    (r,) = ran.of_type("unreadable")
    same(r["path"], "nowhere.list")
    check("No such file" in r["error"], r)


@test
def names_from_an_empty_file():
    ran = scan("--files0-from", "-", input=b"")
    same((ran.status, ran.records()[-1]["messages"]), (CLEAN, 0))
    ran = scan("--files0-from", "-", input=b"\0\0\0")
    same((ran.status, ran.records()[-1]["messages"]), (CLEAN, 0))


@test
def names_that_are_missing_do_not_stop_the_others():
    ran = scan("--all", "--files0-from", "-",
               input=b"gone\0samples/mh/1\0")
    same(ran.status, UNREADABLE)
    same(ran.of_type("unreadable")[0]["path"], "gone")
    same(ran.of_type("message")[0]["path"], "samples/mh/1")


@test
def the_format_can_be_told():
    with folder() as tmp:
        box = write(tmp + "/box", BOX)
        (r,) = scan("--all", "--format-in", "eml", box).of_type("message")
        same((r["format"], r["offset"], r["length"]), ("eml", 0, len(BOX)))
        text = write(tmp + "/text", b"no mail\n")
        same(scan("--all", text).of_type("message"), [])
        (r,) = scan("--all", "--format-in", "eml", text).of_type("message")
        same(r["findings"][0]["code"], "limit.no-header-end")
        ran = scan("--all", "--format-in", "mbox", box)
        same(len(ran.of_type("message")), 2)


@test
def tmp_of_a_maildir_is_scanned_on_demand():
    def paths(*args):
        return [r["path"] for r in
                scan("--all", *args, "samples/Maildir").of_type("message")]
    more = set(paths("--tmp")) - set(paths())
    same(more, {"samples/Maildir/tmp/1700000006.M1P6.example.org"})
    same(set(paths()) - set(paths("--tmp")), set())


@test
def a_part_of_a_maildir_can_be_named():
    for part in ("cur", "new", "tmp"):
        for r in scan("--all", "samples/Maildir/" + part).of_type("message"):
            same(r["format"], "maildir", part)


@test
def another_file_system_is_left_out_on_demand():
    with folder() as tmp:
        write(tmp + "/1", LF_MAIL)
        os.mkdir(tmp + "/other")
        script = ('mount -t tmpfs none "$1/other" && printf "%s" "$2" '
                  '>"$1/other/2" && shift 2 && exec "$@"')
        def inside(*args):
            done = subprocess.run(
                ["unshare", "-m", "sh", "-c", script, "sh", tmp,
                 LF_MAIL.decode(), BAREDOT, "scan", "-f", "ndjson", "-v",
                 "-a", *args, tmp], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
            if not done.stdout:
                raise Skip("cannot mount a file system here")
            return Ran(done)
        if shutil.which("unshare") is None:
            raise Skip("no unshare(1)")
        same(len(inside().of_type("message")), 2)
        for option in ("-x", "--one-file-system"):
            ran = inside(option)
            same(len(ran.of_type("message")), 1)
            same(ran.records()[-1]["skipped"]["other_file_system"], 1)
            same(ran.of_type("skipped")[0]["path"], tmp + "/other")


@test
def v_lists_what_was_skipped():
    with folder() as tmp:
        write(tmp + "/1", LF_MAIL)
        os.symlink("1", tmp + "/link")
        os.mkfifo(tmp + "/fifo")
        write(tmp + "/dovecot.index", b"x")
        write(tmp + "/notes", b"no mail")
        ran = scan("-v", tmp)
        same(ran.status, CLEAN)
        got = {os.path.basename(r["path"]): r["reason"]
               for r in ran.of_type("skipped")}
        same(sorted(got), ["dovecot.index", "fifo", "link", "notes"])
        check("symbolic link" in got["link"] and "FIFO" in got["fifo"])
        ran = scan(tmp)
        same(ran.of_type("skipped"), [])
        s = ran.records()[-1]["skipped"]
        same((s["symlink"], s["special"], s["metadata"], s["not_mail"]),
             (1, 1, 1, 1))
        # A link that the user names is followed.
        same(len(scan("-a", tmp + "/link").of_type("message")), 1)


# --- what is reported

@test
def text_is_for_terminals_and_ndjson_for_the_rest():
    same(baredot("scan", eml("clean.lf")).records()[0]["type"], "header")
    check(b" with findings" in terminal("scan", eml("clean.lf")))


@test
def formats_by_name():
    check(baredot("scan", "-f", "text", "samples/mh").out.startswith(
        b"samples/mh/10:1:151: info eod.stuffed-dot: "))
    check(baredot("scan", "--format=json", "samples/mh").out.startswith(
        b'{"records":[\n{"type":"header",'))
    check(baredot("scan", "-fndjson", "samples/mh").out.startswith(
        b'{"type":"header",'))


@test
def all_has_a_record_for_every_message():
    for option in ("-a", "--all", "--hash"):
        same(len(scan(option, "samples/mh").of_type("message")), 3, option)
    same(len(scan("samples/mh").of_type("message")), 2)
    text = baredot("scan", "-f", "text", "--all", eml("clean.lf")).out
    check(b": no findings (" in text, text)


def codes(*args):
    found = set()
    for r in scan(*args, "samples").of_type("message"):
        found |= {f["code"] for f in r["findings"]}
    return found


@test
def code_lists_and_globs():
    every = {c for c in all_codes() if not c.startswith(BY_OPTION)}
    usual = every - {"limit.line-78"}
    same(codes(), usual)
    same(codes("--code", "eol.crlf"), {"eol.crlf"})
    same(codes("-c", "eol.crlf,limit.nul"), {"eol.crlf", "limit.nul"})
    same(codes("-c", "eod.*"), {c for c in every if c.startswith("eod.")})
    same(codes("-c", "*"), every)
    same(codes("-c", "*-dot-*"), {c for c in every if "-dot-" in c})
    same(codes("-c", "+limit.line-78"), every)
    same(codes("-c", "-eol.*"),
         {c for c in usual if not c.startswith("eol.")})
    same(codes("-c", "eol.*,-eol.crlf,+limit.nul"),
         {c for c in every if c.startswith("eol.")} - {"eol.crlf"} |
         {"limit.nul"})


@test
def code_changes_the_exit_status():
    same(scan("-c", "eol.bare-cr", eml("eol.crlf.lf")).status, CLEAN)
    same(scan("-c", "eol.crlf", eml("eol.crlf.lf")).status, FINDINGS)
    header = scan("-c", "eol.crlf", eml("eol.crlf.lf")).records()[0]
    same(header["codes"], ["eol.crlf"])


@test
def min_severity_leaves_out_what_is_below():
    levels = ["info", "low", "medium", "high"]
    for i, level in enumerate(levels):
        ran = scan("--min-severity", level, "samples/eml")
        seen = {f["severity"] for r in ran.of_type("message")
                for f in r["findings"]}
        same(seen, set(levels[i:]))
        by = ran.records()[-1]["messages_by_severity"]
        same([bool(by[x]) for x in levels], [x in seen for x in levels])


@test
def min_severity_changes_the_exit_status():
    name = eml("eod.cr-dot-lf.lf")      # medium
    for level, status in (("info", 1), ("low", 1), ("medium", 1),
                          ("high", 0)):
        same(scan("-m", level, name).status, status, level)


@test
def eol_lf_judges_by_lf():
    same(findings("clean.lf", "--eol", "lf"), {})
    same(findings("clean.crlf", "--eol", "lf"), {"eol.crlf": "low"})
    same(findings("eod.crlf-dot-crlf.crlf", "--eol=lf"),
         {"eol.crlf": "low", "eod.crlf-dot-crlf": "high"})
    same(findings("eod.lf-dot-lf.lf", "--eol=lf"), {"eod.lf-dot-lf": "info"})
    same(findings("eol.cr-only.cr", "--eol=lf"), {"eol.bare-cr": "medium"})


@test
def eol_crlf_judges_by_crlf():
    same(findings("clean.crlf", "--eol", "crlf"), {})
    same(findings("clean.lf", "--eol", "crlf"), {"eol.bare-lf": "medium"})
    same(findings("eod.lf-dot-lf.lf", "--eol=crlf"),
         {"eol.bare-lf": "medium", "eod.lf-dot-lf": "high"})
    same(findings("eod.crlf-dot-crlf.crlf", "--eol=crlf"),
         {"eod.crlf-dot-crlf": "info"})
    same(findings("eod.stuffed-dot.lf", "--eol=crlf"),
         {"eol.bare-lf": "medium", "eod.stuffed-dot": "medium"})


@test
def eol_wire_judges_what_goes_out_as_it_is():
    same(findings("clean.crlf", "--eol", "wire"), {})
    same(findings("clean.lf", "--eol", "wire"), {"eol.bare-lf": "medium"})
    same(findings("eod.crlf-dot-crlf.crlf", "--eol=wire"),
         {"eod.crlf-dot-crlf": "high"})
    same(findings("eod.stuffed-dot.crlf", "--eol=wire"), {})
    same(findings("eol.no-final.crlf", "--eol=wire"), {"eol.no-final": "low"})
    # The line before the first one is the DATA command's.
    for mode, want in (("wire", {"eod.crlf-dot-crlf": "high"}),
                       ("crlf", {})):
        ran = scan("--format-in", "eml", "--eol", mode, "-c", "eod.*", "-",
                   input=b".\r\nFrom: a@example.com\r\n\r\n")
        same(codes_of(ran), want, mode)


@test
def eol_is_in_the_report():
    for mode in ("auto", "lf", "crlf", "wire"):
        ran = scan("-a", "--eol", mode, eml("clean.crlf"))
        same(ran.records()[0]["eol"], mode)
        same(ran.of_type("message")[0]["convention"],
             "crlf" if mode == "auto" else mode)


@test
def every_kernel_says_the_same():
    want = scan("-a", "samples").records()
    same(len(want) > 100, True)
    ran_some = 0
    for name in ("portable", "avx2", "avx512", "neon"):
        ran = scan("-a", "--kernel", name, "samples")
        if ran.status == USAGE:
            check("no kernel called " + name in ran.err)
            continue
        ran_some += 1
        same(ran.records()[0]["kernel"], name)
        same(ran.records()[1:-1], want[1:-1], name)
    check(ran_some >= 1)


@test
def any_number_of_jobs_says_the_same():
    want = scan("-a", "samples").records()
    for jobs in ("1", "2", "5"):
        ran = scan("-a", "-j", jobs, "samples")
        same(ran.records()[0]["jobs"], int(jobs))
        same(ran.records()[1:-1], want[1:-1], jobs)


@test
def standard_input_may_be_slow():
    slow = subprocess.Popen(["sh", "-c", "sleep 3; cat samples/mh/2"],
                            cwd=TOP, stdout=subprocess.PIPE)
    ran = baredot("scan", "-f", "ndjson", "-j", "1", "--timeout", "1",
                  "-", "samples/mh", stdin=slow.stdout)
    slow.stdout.close()
    slow.wait()
    same(ran.status, FINDINGS)
    same(ran.of_type("unreadable"), [])
    same(ran.records()[-1]["messages"], 4)


def terminal(*args, env=None):
    """What is written when standard output is a terminal."""
    ours, theirs = pty.openpty()
    own = dict(os.environ, TERM="xterm", LC_ALL="C")
    own.pop("NO_COLOR", None)
    own.update(env or {})
    p = subprocess.Popen([BAREDOT, *args], cwd=TOP, env=own, stdout=theirs,
                         stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(theirs)
    out = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:                 # EIO: the other end was closed
            break
        if not part:
            break
        out += part
    os.close(ours)
    p.wait()
    return out.replace(b"\r\n", b"\n")


@test
def color_when_it_is_wanted():
    one = ("scan", "-f", "text", eml("eol.crlf.lf"))
    check(b"\x1b[" not in baredot(*one).out)
    check(b"\x1b[" not in baredot(*one, "--color=never").out)
    check(b"\x1b[32mlow\x1b[0m" in baredot(*one, "--color=always").out)
    check(b"\x1b[32mlow\x1b[0m" in terminal(*one))
    check(b"\x1b[" not in terminal(*one, "--color=never"))
    check(b"\x1b[" not in terminal(*one, env={"NO_COLOR": "1"}))
    check(b"\x1b[" in terminal(*one, env={"NO_COLOR": ""}))
    check(b"\x1b[" in terminal(*one, "--color=always",
                               env={"NO_COLOR": "1"}))
    check(b"\x1b" not in baredot("scan", "-f", "ndjson", "--color=always",
                                 "samples").out)


@test
def progress_when_it_is_wanted():
    def shown(*args):
        """Standard error of a scan that has to wait for its input."""
        a, b = os.pipe()
        def late():
            os.write(b, LF_MAIL)
            os.close(b)
        timer = threading.Timer(0.6, late)
        timer.start()
        try:
            return baredot("scan", "-j", "1", *args, "samples/mh", "-",
                           stdin=a).err
        finally:
            timer.join()
            os.close(a)
    check(re.search(r"\r[0-9]+ messages, [01] kB, [0-9] kB/s, \d s",
                    shown("--progress=always")))
    same(shown("--progress=never"), "")
    same(shown(), "")


# --- -o

def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@test
def o_writes_the_whole_report():
    with folder() as tmp:
        path = tmp + "/report"
        for option in (("-o", path), ("--output=" + path,)):
            ran = baredot("scan", "-f", "text", *option, "samples/mh")
            same((ran.status, ran.out), (FINDINGS, b""))
            check(read(path).startswith(b"samples/mh/10:1:"))
        ran = baredot("scan", "-o", path, "samples/mh")
        check(read(path).startswith(b'{"type":"header"'), "by its format")
        same(os.listdir(tmp), ["report"])


@test
def o_gives_the_mode_that_the_umask_leaves():
    with folder() as tmp:
        for mask in (0o022, 0o077, 0o002, 0):
            path = "%s/%o" % (tmp, mask)
            baredot("scan", "-o", path, "samples/mh", umask=mask)
            same(mode_of(path), 0o666 & ~mask)


@test
def o_leaves_nothing_behind_when_it_fails():
    with folder() as tmp:
        for path in (tmp + "/none/report", tmp):
            ran = baredot("scan", "-o", path, "samples/mh")
            same(ran.status, UNREADABLE)
            check(path in ran.err and "cannot write the report" in ran.err)
        same(os.listdir(tmp), [])
        ran = baredot("scan", "-o", "/dev/full", "samples")
        same(ran.status, UNREADABLE)
        check("cannot write the report" in ran.err, ran.err)


@test
def o_leaves_an_old_report_alone_when_it_fails():
    with folder() as tmp:
        path = write(tmp + "/report", b"old")
        # The file cannot grow: as on a full disk.
        def small():
            import resource
            import signal
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        ran = baredot("scan", "-j", "0", "-o", path, "samples",
                      preexec_fn=small)
        same(ran.status, UNREADABLE)
        check("cannot write the report" in ran.err, ran.err)
        same(read(path), b"old")
        same(os.listdir(tmp), ["report"])
        usage("scan", "-o", path, "--bogus", says=[])
        same(read(path), b"old")


def as_nobody(*args):
    """Run as a user whom permissions stop."""
    more = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
    try:
        return baredot(*args, **more)
    except PermissionError:
        raise Skip("cannot run as another user here")


@test
def o_cannot_write_where_nobody_may():
    with folder() as tmp:
        path = write(tmp + "/report", b"old")
        os.chmod(path, 0o666)
        os.chmod(tmp, 0o555)
        ran = as_nobody("scan", "-o", path, "samples/mh")
        os.chmod(tmp, 0o700)
        same(ran.status, UNREADABLE)
        check("cannot write the report: Permission denied" in ran.err)
        same(read(path), b"old")
        same(os.listdir(tmp), ["report"])


@test
def what_permissions_forbid_is_unreadable():
    with folder() as tmp:
        os.chmod(tmp, 0o755)
        write(tmp + "/1", CRLF_MAIL)
        os.chmod(write(tmp + "/2", LF_MAIL), 0)
        os.chmod(os.path.dirname(write(tmp + "/sub/1", LF_MAIL)), 0)
        ran = as_nobody("scan", "-f", "ndjson", "-a", tmp)
        same(ran.status, UNREADABLE)
        same([(r["path"], "Permission denied" in r["error"])
              for r in ran.of_type("unreadable")],
             [(tmp + "/2", True), (tmp + "/sub", True)])
        same([r["path"] for r in ran.of_type("message")], [tmp + "/1"])


@test
def o_writes_to_devices_and_fifos_as_they_are():
    ran = baredot("scan", "-o", "/dev/stdout", "samples/mh")
    check(ran.out.startswith(b'{"type":"header"'))
    same(baredot("scan", "-o", "/dev/null", "samples/mh").status, FINDINGS)


# --- exit statuses

@test
def status_0_no_findings_or_info_alone():
    for name in ("clean.lf", "clean.crlf", "eod.lf-dot-lf.lf",
                 "eod.crlf-dot-crlf.crlf", "eod.stuffed-dot.crlf",
                 "eol.no-final.lf", "eod.space-dot.lf"):
        same(baredot("scan", eml(name)).status, CLEAN, name)
    same(baredot("scan", "-f", "text", "samples/other").status, CLEAN)


@test
def status_1_findings():
    for name in ("eol.crlf.lf", "eol.bare-cr.lf", "eod.cr-dot-cr.crlf"):
        same(baredot("scan", eml(name)).status, FINDINGS, name)


@test
def status_2_wins_over_1():
    for form in ("text", "ndjson", "json"):
        ran = baredot("scan", "-f", form, eml("eol.crlf.lf"), "nowhere")
        same(ran.status, UNREADABLE, form)
        check("1 could not be read" in ran.err, ran.err)
    same(baredot("scan", "nowhere", eml("clean.lf")).status, UNREADABLE)
    same(baredot("scan", "samples/gzip").status, UNREADABLE)


@test
def status_75_interrupted():
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        ran = interrupted("-f", "text", sig=sig)
        same(ran.status, INTERRUPTED, sig)
        check(b"\nInterrupted: this is what was scanned so far" in ran.out)
    check(re.search(rb"\n[0-9]+ messages in ", ran.out))


@test
def an_interrupted_report_says_so_in_its_file_too():
    with folder() as tmp:
        whole = tmp + "/report"
        same(scan("-o", whole, "samples/mh").status, FINDINGS)
        before = read(whole)
        ran = interrupted("-o", whole)
        same(ran.status, INTERRUPTED)
        check("so far is in " + whole + ".partial" in ran.err)
        last = strict_json(read(whole + ".partial").splitlines()[-1])
        same((last["partial"], last["exit_status"]), (True, INTERRUPTED))
        same(read(whole), before, "the last whole report is still there")


@test
def a_replaced_report_keeps_its_mode_and_a_link_stays_one():
    with folder() as tmp:
        real, link = tmp + "/real", tmp + "/link"
        same(scan("-o", real, "samples/mh").status, FINDINGS)
        os.chmod(real, 0o600)
        os.symlink("real", link)
        same(scan("-o", link, "samples/eml").status, FINDINGS)
        check(os.path.islink(link))
        same(mode_of(real), 0o600)
        check(b"samples/eml" in read(real))


@test
def exit_zero_silences_findings_alone():
    same(scan("--exit-zero", eml("eod.cr-dot-cr.lf")).status, CLEAN)
    same(scan("--exit-zero", "nowhere").status, UNREADABLE)
    same(baredot("scan", "--exit-zero", "--bogus").status, USAGE)


@test
def a_report_that_cannot_be_written_is_status_2():
    with open("/dev/full", "wb") as full:
        ran = baredot("scan", "samples", stdout=full)
    same(ran.status, UNREADABLE)
    check("cannot write the report" in ran.err, ran.err)


@test
def no_mail_is_said_aloud():
    with folder() as tmp:
        ran = scan(tmp)
        same(ran.status, CLEAN)
        check("no mail was found" in ran.err)


run()
