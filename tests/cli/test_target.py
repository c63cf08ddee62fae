"""--target: what a server would refuse or change, in every report."""
import sys

sys.dont_write_bytecode = True
from cli import (CLEAN, FINDINGS, USAGE, baredot, check, folder, run, same,
                 scan, test, write)

HEAD = b"From: a@example.com\r\nSubject: s\r\n\r\n"


def targets_of(ran):
    """{(code, because, reply)} over all messages."""
    return {(f["code"], f["because"], f.get("reply"))
            for r in ran.of_type("message") for f in r["findings"]
            if f["code"].startswith("target.")}


@test
def a_message_that_would_be_refused_is_listed_with_the_reply():
    with folder() as d:
        write(d + "/bad.eml", HEAD + b"one\ntwo\r\n")
        write(d + "/good.eml", HEAD + b"one\r\ntwo\r\n")
        ran = scan("--target", "cyrus", d)
        same(ran.status, FINDINGS)
        same(targets_of(ran), {("target.refuses", "eol.bare-lf",
             "554 5.6.0 Message contains bare newlines")})
        same(len(ran.of_type("message")), 1)
        same(ran.of_type("header")[0]["target"], "cyrus")


@test
def every_reason_is_listed_and_the_message_counted_once():
    with folder() as d:
        write(d + "/bad.eml", HEAD + b"one\ntwo\0\r\n")
        ran = scan("--target", "cyrus", d)
        same({b for _, b, _ in targets_of(ran)}, {"eol.bare-lf", "limit.nul"})
        same(ran.of_type("summary")[0]["codes"]["target.refuses"]["messages"],
             1)


@test
def what_is_ordinary_in_the_store_is_ordinary_for_the_server():
    with folder() as d:
        write(d + "/lf.eml", (HEAD + b"one\r\n").replace(b"\r", b""))
        ran = scan("--target", "generic", d)
        same(targets_of(ran), set())
        same(ran.status, CLEAN)
        wire = scan("--target", "generic", "--eol", "wire", d)
        same({b for _, b, _ in targets_of(wire)}, {"eol.bare-lf"})


@test
def its_codes_are_looked_for_whatever_else_was_asked():
    with folder() as d:
        write(d + "/bad.eml", HEAD + b"one\ntwo\r\n")
        ran = scan("--target", "cyrus", "--code", "limit.line-78", d)
        same(len(targets_of(ran)), 1)


@test
def the_text_report_gives_the_reply_and_the_reason():
    with folder() as d:
        write(d + "/bad.eml", HEAD + b"one\ntwo\r\n")
        ran = baredot("scan", "-f", "text", "--target", "cyrus", d)
        check(b"target.refuses: 554 5.6.0 Message contains bare newlines "
              b"(eol.bare-lf)" in ran.out, ran.out)


@test
def a_server_that_is_not_known_is_a_usage_error_that_lists_them():
    ran = baredot("scan", "--target", "cirus", "x")
    same(ran.status, USAGE)
    check("cyrus, dovecot" in ran.err, ran.err)


run()
