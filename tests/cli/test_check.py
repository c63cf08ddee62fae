"""--check: what KumoMTA would say of a message, in every report."""
import sys

sys.dont_write_bytecode = True
from cli import (CLEAN, FINDINGS, USAGE, baredot, check, folder, run, same,
                 scan, test, write)

HEAD = (b"Date: Mon, 02 Jan 2006 15:04:05 -0700\r\nMIME-Version: 1.0\r\n"
        b"Message-ID: <1@example.com>\r\n")
ISSUES = "Message has conformance issues: "


def said(ran):
    """(would_reject, {code: offsets}) of the only message."""
    (r,) = ran.of_type("message") or [{"findings": []}]
    return (r.get("would_reject"),
            {f["code"]: f["offsets"] for f in r["findings"]
             if f["code"].startswith("conform.")})


def scan_one(data, *args):
    with folder() as d:
        write(d + "/m.eml", data)
        return scan(*args, d)


@test
def each_flag_that_is_checked_is_a_finding_and_the_answer_lists_them():
    ran = scan_one(HEAD + b"Subject : x\r\n\r\nb\xe4r\nx\r\n", "--check",
                   "NAME_ENDS_WITH_SPACE|NON_CANONICAL_LINE_ENDINGS|"
                   "LINE_TOO_LONG")
    same(ran.status, FINDINGS)
    at = len(HEAD)
    same(said(ran), (ISSUES + "NAME_ENDS_WITH_SPACE|"
                     "NON_CANONICAL_LINE_ENDINGS",
                     {"conform.name-ends-with-space": [at + 7],
                      "conform.non-canonical-line-endings": [at + 18]}))


@test
def all_is_every_flag():
    ran = scan_one(b"From: a@example.com\r\nSubject: x\r\n\r\nb\xe4r\r\n",
                   "--check=all", "-c", "eol.*")
    same(said(ran)[0], ISSUES + "MISSING_DATE_HEADER|"
         "MISSING_MESSAGE_ID_HEADER|MISSING_MIME_VERSION|"
         "NEEDS_TRANSFER_ENCODING")


@test
def a_message_without_them_is_clean():
    ran = scan_one(HEAD + b"Subject: x\r\n\r\ntext\r\n", "--check", "all",
                   "--all")
    same(ran.status, CLEAN)
    same(said(ran), (None, {}))


@test
def what_cannot_be_parsed_is_said_in_kumomtas_words():
    ran = scan_one(HEAD + b"Subject: x\r\nr\xc3\xa4: x\r\n\r\n", "--check",
                   "LINE_TOO_LONG")
    same(said(ran), ("invalid header: header name must be comprised of "
                     "printable US-ASCII characters. Found 195",
                     {"conform.parse-error": [len(HEAD) + 13]}))


@test
def an_lf_store_is_judged_as_it_would_arrive():
    data = (HEAD + b"Subject: x\r\n\r\ntext\r\n").replace(b"\r\n", b"\n")
    same(scan_one(data, "--check", "all").status, CLEAN)
    same(said(scan_one(data, "--check", "all", "--eol", "wire"))[0],
         ISSUES + "NON_CANONICAL_LINE_ENDINGS")
    # 77 letters, CR and LF on the way
    same(said(scan_one(data + b"x" * 77 + b"\n", "--check", "all"))[0],
         ISSUES + "LINE_TOO_LONG")
    same(scan_one(data + b"x" * 76 + b"\n", "--check", "all").status, CLEAN)


@test
def asking_for_the_codes_is_the_same():
    data = HEAD + b"Subject : x\r\n\r\nb\xe4r\nx\r\n"
    same(said(scan_one(data, "--code", "conform.*")),
         said(scan_one(data, "--check", "all")))
    same(said(scan_one(data, "-c", "+conform.name-ends-with-space"))[0],
         ISSUES + "NAME_ENDS_WITH_SPACE")
    same(said(scan_one(data, "-c", "conform.*,-conform.missing*"
                       ",-conform.needs*"))[0],
         ISSUES + "NAME_ENDS_WITH_SPACE|NON_CANONICAL_LINE_ENDINGS")
    same(said(scan_one(data, "-c", "*")), (None, {}))


@test
def without_it_nothing_is_checked():
    same(scan_one(HEAD + b"Subject : x\r\n\r\ntext\r\n").status, CLEAN)


@test
def a_pipe_gives_the_same():
    data = HEAD + b"Subject : x\r\n\r\nb\xe4r\nx\r\n"
    same(said(scan("--check", "all", "-", input=data)),
         said(scan_one(data, "--check", "all")))


@test
def an_unknown_flag_is_explained_in_kumomtas_words():
    ran = baredot("scan", "--check", "LINE_TOO_LONG|spoon", ".")
    same(ran.status, USAGE)
    same(ran.err.splitlines()[0],
         "baredot: invalid MessageConformance flag 'spoon', possible values "
         "are 'INVALID_MIME_HEADERS', 'LINE_TOO_LONG', "
         "'MISSING_COLON_VALUE', 'MISSING_DATE_HEADER', "
         "'MISSING_MESSAGE_ID_HEADER', 'MISSING_MIME_VERSION', "
         "'NAME_ENDS_WITH_SPACE', 'NEEDS_TRANSFER_ENCODING', "
         "'NON_CANONICAL_LINE_ENDINGS'")


@test
def the_text_report_has_the_answer_with_v():
    with folder() as d:
        write(d + "/m.eml", b"From: a@example.com\r\nSubject: x\r\n\r\n")
        args = ("scan", "-f", "text", "--check", "MISSING_DATE_HEADER", d)
        answer = ("/m.eml:1:0: note: KumoMTA would say: " + ISSUES +
                  "MISSING_DATE_HEADER\n").encode()
        check(answer in baredot(*args, "-v").out)
        check(answer not in baredot(*args).out)


run()
