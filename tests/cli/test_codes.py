"""What --code, --check, --target, --rules and --min-severity mean to fix and
quarantine, against what a scan with the same options shows.  Prints TAP."""
import json
import os
import shutil
import sys

sys.dont_write_bytecode = True
from cli import (CLEAN, FINDINGS, SAMPLES, USAGE, baredot, check, folder, run,
                 same, test, write)

RULES = b"""rule mine {
	severity = "low"
	message = "it says hello"
	scope = "body-line"
	pattern = "hello"
}
"""
HEAD = (b"From: a@example.org\r\nMessage-ID: <x@example.org>\r\n"
        b"MIME-Version: 1.0\r\n")
TARGETS = ("cyrus", "dovecot", "exchange-online", "gmail", "kumomta",
           "postfix", "sendmail", "stalwart", "generic")


def samples(top):
    """Messages that can be taken out, of all kinds."""
    for part in ("eml", "mbox", "Maildir", "mh", "smuggle", "dkim"):
        shutil.copytree(os.path.join(SAMPLES, part), top + "/mail/" + part)
    write(top + "/mail/hello.eml", HEAD + b"\r\nhello\r\n")
    return write(top + "/rules", RULES)


def command(name, top, *args):
    into = ["--into", top + "/q"] if name == "quarantine" else []
    ran = baredot(name, "-f", "ndjson", "-j", "1", *into, *args, "mail",
                  cwd=top)
    check(ran.status in (CLEAN, FINDINGS), ran.err)
    return ran.of_type("message")


def key(record):
    return record["path"], record["index"]


def shown(top, named, *args):
    """Messages with a finding that `named` says yes to."""
    return {key(r) for r in command("scan", top, *args)
            if any(named(f) for f in r["findings"])}


def any_of(f):
    return True


def high(f):
    return f["severity"] == "high"


def code(*prefixes):
    return lambda f: f["code"].startswith(prefixes)


def mine(f):
    return f.get("rule") == "mine"


# Options, and which findings they take a message out for.
TAKEN = [
    ([], high),
    (["-m", "medium"], any_of),
    (["-m", "high"], any_of),
    (["--code", "eol.*"], any_of),
    (["--code", "eol.*", "-m", "high"], any_of),
    (["--code", "eol.bare-lf,eod.*"], any_of),
    (["--code", "+limit.line-78"],
     lambda f: high(f) or f["code"] == "limit.line-78"),
    (["--code", "-eol.*"], high),
    (["--code", "conform.*"], any_of),
    (["--check", "all"], lambda f: high(f) or code("conform.")(f)),
    (["--check", "all", "--code", "eod.*"], any_of),
    (["--check", "all", "-m", "medium"], any_of),
    (["--target", "gmail"], lambda f: high(f) or code("target.")(f)),
    (["--target", "gmail", "-m", "medium"], any_of),
    (["--target", "gmail", "--code", "target.*"], code("target.")),
    (["--target", "exchange-online", "--code", "target.refuses"],
     code("target.refuses")),
    (["--target", "gmail", "--code", "eol.crlf"], code("eol.crlf")),
    (["--code", "rule.*"], any_of),
    (["--rules", "rules"], lambda f: high(f) or mine(f)),
    (["--rules", "rules", "-m", "high"], any_of),
    (["--rules", "rules", "--code", "rule.match"], any_of),
]


@test
def what_was_asked_for_is_taken_out():
    with folder() as top:
        samples(top)
        for args, named in TAKEN:
            want = shown(top, named, *args)
            got = {key(r) for r in command("quarantine", top, *args)
                   if r["repair"]["action"] in ("quarantine", "refused")}
            same(sorted(got), sorted(want), args)
        check(len(shown(top, mine, "--rules", "rules")) > 0, "no match")


@test
def what_a_report_names_is_taken_out():
    with folder() as top:
        samples(top)
        report = top + "/report"
        for level in ("info", "low", "medium", "high"):
            baredot("scan", "-m", level, "-f", "ndjson", "-o", report,
                    "mail", cwd=top)
            ran = baredot("quarantine", "-f", "ndjson", "--from", report,
                          "--into", top + "/q", cwd=top)
            got = {key(r) for r in ran.of_type("message")
                   if r["repair"]["action"] in ("quarantine", "refused")}
            same(got, shown(top, any_of, "-m", level), level)


@test
def and_taken_out_it_is():
    with folder() as top:
        write(top + "/mail/1.eml", HEAD + b"\r\na\nb\r\n")
        write(top + "/mail/2.eml", HEAD + b"\r\na\r\nb\r\n")
        ran = baredot("quarantine", "--code", "eol.*", "--into", "q",
                      "--apply", "-f", "ndjson", "mail", cwd=top)
        same((ran.status, os.listdir(top + "/mail")), (CLEAN, ["2.eml"]))


@test
def a_code_that_nothing_can_find_is_an_error():
    with folder() as top:
        write(top + "/mail/1.eml", HEAD + b"\r\na\nb\r\n")
        for name in ("scan", "fix", "quarantine"):
            into = ["--into", "q"] if name == "quarantine" else []
            for args, status in (
                    (["--code", "target.*"], USAGE),
                    (["--code", "target.refuses"], USAGE),
                    (["--code", "target.*", "--target", "gmail"], FINDINGS),
                    (["--code", "rule.*", "--no-default-rules"], USAGE),
                    (["--code", "rule.*"], CLEAN),
                    (["--code", "*"], FINDINGS)):
                same(baredot(name, *into, *args, "mail", cwd=top).status,
                     status, (name, args))


# --- what is behind a code

def edited(top, *args):
    return {key(r) for r in command("fix", top, *args)
            if r["repair"]["action"] == "edit"}


@test
def what_a_server_refuses_or_changes_is_repaired():
    """As with the codes that a scan says it is because of."""
    with folder() as top:
        samples(top)
        for target in TARGETS:
            for what in ("target.*", "target.refuses", "target.changes"):
                found = [f for r in command("scan", top, "--target", target)
                         for f in r["findings"] if code(what.rstrip("*"))(f)]
                because = sorted({f["because"] for f in found})
                if not because:
                    continue
                asked = ("--target", target, "--code", what)
                of = shown(top, code(what.rstrip("*")), "--target", target)
                want = edited(top, "--code", ",".join(because)) & of
                same(sorted(want - edited(top, *asked)), [], asked)
                check(edited(top, *asked) <= of, asked)
            same(edited(top, "--target", target), edited(top), target)


@test
def line_ends_that_kumomta_refuses_are_repaired():
    with folder() as top:
        samples(top)
        want = edited(top, "--code", "eol.bare-*,eol.crlf,eol.crcrlf,"
                      "eol.cr-only")
        same(len(want) > 10, True)
        name = "conform.non-canonical-line-endings"
        for args in (["--code", "conform.*"], ["--code", name],
                     ["--check", "all", "--code", "conform.*"]):
            same(sorted(edited(top, *args)), sorted(want & shown(
                top, any_of, *args)), args)
        same(edited(top, "--code", "conform.missing-date-header"), set())
        same(edited(top, "--check", "all", "--code", "eod.*"),
             edited(top, "--code", "eod.*"))


@test
def mixed_line_ends_are_repaired():
    with folder() as top:
        write(top + "/mail/1.eml", HEAD + b"\r\na\nb\nc\nd\r\ne\r\nf\r\n")
        same(edited(top, "--code", "eol.mixed"), {("mail/1.eml", 1)})


@test
def of_a_binary_part_the_real_reason_is_told():
    binary = HEAD + (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                     b"--b\r\nContent-Transfer-Encoding: %s\r\n\r\n"
                     b"x\ny\rz\r\n--b--\r\n")
    with folder() as top:
        write(top + "/mail/1.eml", binary % b"binary")
        write(top + "/mail/2.eml", HEAD + b"\r\nx\ry\r\n")
        for args, reasons in (([], {"1": "binary part"}),
                              (["--cr", "keep"], {"1": "binary part",
                                                  "2": "as the options"})):
            for r in command("fix", top, *args):
                want = reasons.get(os.path.basename(r["path"])[0])
                same(want is None, r["repair"]["action"] == "edit", r)
                check(want is None or want in r["repair"]["why"], r)
        write(top + "/mail/1.eml", binary % b"8bit")
        same(len(edited(top)), 2)


run()
