"""replay, and what scan says of receivers: the command, its rows, its report."""
import os
import sys

sys.dont_write_bytecode = True
from cli import (CLEAN, FINDINGS, UNREADABLE, USAGE, baredot, check, folder,
                 run, same, scan, test, write)

CONFIG = 78
HEAD = b"From: a@example.org\r\nSubject: outer\r\n\r\nhello\r\n"
INNER = (b"MAIL FROM:<c@example.org>\r\nRCPT TO:<d@example.org>\r\n"
         b"RCPT TO:<e@example.org>\r\nDATA\r\nFrom: c@example.org\r\n"
         b"Subject: inner\r\n\r\ntext\r\n")
LF_DOT_CRLF = HEAD + b"\n.\r\n" + INNER
# What took LF . CRLF for the end of the data: CVE-2023-51764 and others.
TOOK = {"aiosmtpd-1.4.4", "chasquid-1.12", "cisco-clean", "dovecot-2.3",
        "exim-4.87", "exim-4.97", "go-smtp-0.19", "james-3.8.0", "opensmtpd",
        "postfix-3.3", "postfix-no", "qpsmtpd", "sendmail-8.17"}


def replay(*args, **more):
    return baredot("replay", "-f", "ndjson", "-j", "0", *args, **more)


def pairs(record):
    """{(sender, receiver): outcome}"""
    found = {}
    for o in record["outcomes"]:
        for s in o["senders"]:
            for r in o["receivers"]:
                check((s, r) not in found, "twice")
                found[s, r] = o["outcome"]
    return found


def matrix(ran):
    """The same, of all messages."""
    found = {}
    for row in ran.of_type("summary")[0]["replay"]["matrix"]:
        for outcome, receivers in row.items():
            if outcome != "sender":
                found.update(((row["sender"], r), outcome)
                             for r in receivers)
    return found


@test
def a_message_that_is_smuggled_is_shown_with_its_envelope_and_text():
    with folder() as d:
        write(d + "/m.eml", LF_DOT_CRLF)
        ran = replay("--from", "gmx-2023", "--to", "postfix-no", d)
        same((ran.status, ran.err), (FINDINGS, ""))
        (r,) = ran.of_type("replay")
        same((r["worst"], r["convention"]), ("smuggled", "crlf"))
        same(pairs(r), {("gmx-2023", "postfix-no"): "smuggled"})
        (end,) = r["ends"]
        same((end["offset"], end["before"]), (len(HEAD) + 4, 0))
        same(end["message"], {
            "sender": "<c@example.org>",
            "recipients": [{"address": "<d@example.org>"},
                           {"address": "<e@example.org>"}],
            "text": "From: c@example.org\r\nSubject: inner\r\n\r\ntext\r\n"})
        same(ran.of_type("summary")[0]["replay"]["messages"]["smuggled"], 1)


@test
def who_is_fooled_is_who_is_known_to_be():
    with folder() as d:
        write(d + "/m.eml", LF_DOT_CRLF)
        ran = replay("--from", "gmx-2023", d)
        (r,) = ran.of_type("replay")
        early = {p for (_, p), o in pairs(r).items()
                 if o in ("cut", "smuggled")}
        same(early, TOOK)
        same({p for (_, p), o in pairs(r).items() if o == "cut"},
             {"opensmtpd"})
        known = {x["name"]: x["known"]
                 for x in ran.of_type("header")[0]["replay"]["receivers"]}
        same((known["cisco-clean"], known["postfix-no"], known["mox"]),
             ("prose", "measured", "source"))


@test
def the_matrix_is_the_worst_of_all_messages():
    with folder() as d:
        write(d + "/1.eml", HEAD)
        write(d + "/2.eml", HEAD + b"\n.\r\nno command\r\n")
        write(d + "/3.eml", LF_DOT_CRLF)
        for name, want in (("1.eml", "whole"), ("2.eml", "cut"),
                           ("3.eml", "smuggled"), ("", "smuggled")):
            ran = replay("--from", "gmx-2023", "--to", "postfix-no",
                         os.path.join(d, name))
            same(matrix(ran), {("gmx-2023", "postfix-no"): want}, name)
            same(ran.status, CLEAN if want == "whole" else FINDINGS)
        same(ran.of_type("summary")[0]["replay"]["messages"],
             {"whole": 1, "refused": 0, "unsent": 0, "open": 0, "cut": 1,
              "smuggled": 1})


@test
def every_pair_is_in_the_matrix_once():
    with folder() as d:
        write(d + "/m.eml", LF_DOT_CRLF)
        ran = replay(d)
        names = ran.of_type("header")[0]["replay"]
        rows = ran.of_type("summary")[0]["replay"]["matrix"]
        same([r["sender"] for r in rows], [s["name"] for s in
                                           names["senders"]])
        for row in rows:
            same(sorted(x for k, v in row.items() if k not in (
            "sender", "by_bdat")
                        for x in v),
                 sorted(x["name"] for x in names["receivers"]))


@test
def what_comes_out_does_not_depend_on_the_number_of_workers():
    with folder() as d:
        for i in range(40):
            write(d + "/%d.eml" % i, HEAD + b"x\r\n" * i + b"\n.\r\n" +
                  (INNER if i % 3 else b""))
        write(d + "/box", b"".join(
            b"From a@example.org Mon Jan  1 00:00:00 2024\n" +
            m.replace(b"\r\n", b"\n") + b"\n" for m in (HEAD, LF_DOT_CRLF)))
        one, four = (baredot("replay", "-f", "ndjson", "-j", n, d)
                     for n in ("0", "4"))
        same(one.of_type("replay"), four.of_type("replay"))
        same(matrix(one), matrix(four))


@test
def by_bdat_nothing_in_a_message_ends_it():
    with folder() as d:
        write(d + "/m.eml", LF_DOT_CRLF)
        ran = replay("--from", "exchange-online*,gmx-2023", "--to",
                     "postfix-3.3,postfix-no,postfix-reject,exim", d)
        got = matrix(ran)
        same({p: got["exchange-online-2023", p] for _, p in got},
             {"postfix-3.3": "smuggled", "postfix-no": "whole",
              "postfix-reject": "refused", "exim": "whole"})
        same(got["gmx-2023", "postfix-no"], "smuggled")
        same(got["exchange-online", "postfix-3.3"], "unsent")
        same(got["exchange-online", "postfix-no"], "whole")
        (r,) = ran.of_type("replay")
        for end in r["ends"]:
            same("postfix-no" in end["receivers"],
                 "gmx-2023" in end["senders"])
            same("exchange-online-2023" in end["senders"],
                 "postfix-3.3" in end["receivers"] and
                 "gmx-2023" not in end["senders"])
        write(d + "/m.eml", LF_DOT_CRLF.replace(b"\r\n", b"\n", 1))
        same(matrix(replay("--from", "exchange-online", "--to", "exim", "--eol",
                           "crlf", d)),
             {("exchange-online", "exim"): "refused"})


@test
def a_store_of_lf_lines_goes_out_as_whoever_sends_it_sends_it():
    with folder() as d:
        write(d + "/m.eml", HEAD.replace(b"\r", b"") + b".\nbye\n")
        got = matrix(replay(d))
        same(got["curl-old", "postfix-no"], "cut")
        same(got["exim", "postfix-no"], "whole")
        same(got["gmx-2023", "postfix-no"], "whole")
        same(got["kumomta", "sendmail-8.17"], "whole")


@test
def standard_input_is_replayed_too():
    for extra in (0, 40 << 20):         # one that cannot be read twice
        ran = replay("--from", "gmx-2023", "--to", "postfix-no", "-",
                     input=LF_DOT_CRLF[:len(HEAD)] + b"x" * 70 + b"\r\n" +
                     b"a line of text\r\n" * (extra // 16) +
                     LF_DOT_CRLF[len(HEAD):])
        same(matrix(ran), {("gmx-2023", "postfix-no"): "smuggled"}, extra)


@test
def text_says_it_for_people():
    with folder() as d:
        write(d + "/m.eml", LF_DOT_CRLF)
        ran = baredot("replay", "-f", "text", d)
        out = ran.out.decode()
        for words in ("smuggled: from ", "<c@example.org>",
                      "    | Subject: inner", "gmx-2023 (prose)",
                      "The worst for each receiver", "Whole, or unsent, for "):
            check(words in out, "%s\n%s" % (words, out))
        check("findings" not in out)


@test
def what_comes_out_is_made_safe_to_show():
    with folder() as d:
        write(d + "/m.eml", LF_DOT_CRLF.replace(b"inner", b"\x1b[31m\x07")
              .replace(b"c@", b"\x1b]0;c@"))
        for form in ("text", "ndjson", "json"):
            out = baredot("replay", "-f", form, "--color", "never", d).out
            check(b"\x1b" not in out and b"\x07" not in out, form)


@test
def the_list_shows_every_row_and_how_it_is_known():
    ran = baredot("replay", "--list")
    same((ran.status, ran.err), (CLEAN, ""))
    for words in (b"postfix-no            measured", b"cisco-clean "
                  b"          prose", b"as-is"):
        check(words in ran.out, ran.out.decode())


@test
def rows_of_ones_own_are_added_or_replace_others():
    rows = (b'receiver ours { title = "x" end = { "NUL" } known = "prose" '
            b'source = "us" }\nreceiver postfix { title = "y" end = '
            b'{ "LF . LF" } known = "measured" source = "us" }\n'
            b'sender ours { title = "z" holds = "file" lf = "keep" '
            b'stuffs = {} known = "prose" source = "us" }\n')
    with folder() as d:
        conf = write(d + "/rows.conf", rows)
        write(d + "/m/m.eml", HEAD + b"a\0b\n.\nc\r\n")
        ran = replay("--servers", conf, "--from", "ours", "--to",
                     "ours,postfix,postfix-no", d + "/m")
        same(matrix(ran), {("ours", "ours"): "cut",
                           ("ours", "postfix"): "cut",
                           ("ours", "postfix-no"): "cut"})
        ran = baredot("replay", "--list", "--servers", conf)
        check(b"  ours " in ran.out)


@test
def a_file_of_rows_that_is_wrong_is_explained():
    good = b'title = "x" known = "prose" source = "x"'
    for text, says in (
            (b"receiver a { " + good + b" }", "needs an end"),
            (b"receiver a { " + good + b' end = { "LF dot" } }', "words are"),
            (b"receiver a { " + good + b' end = { "LF?" } }', "optional"),
            (b"receiver a { " + good + b' end = { "LF" } pipelining = "no" }',
             "pipelining is not no"),
            (b"receiver a { " + good + b" end = { LF } bdat_refuses = { LF } }",
             "does not offer"),
            (b"sender a { " + good + b" holds = lf bdat_lf = keep }",
             "does not send by BDAT"),
            (b'receiver a { title = "x" end = { "LF" } }', "needs title"),
            (b'receiver "a b" { ' + good + b' end = { "LF" } }', "a name"),
            (b'receiver all { ' + good + b' end = { "LF" } }', "a name"),
            (b"sender a { " + good + b" }", "needs holds"),
            (b"sender a { " + good + b' holds = "lf" stuffs = { x } }',
             "stuffs takes"),
            (b"\n\nnonsense = 1", "rows.conf:3:"),
            (b"receiver a { " + good + b" ends = 1 }", "has no ends"),
            (b"receiver a { title = x title = y }", "twice"),
            (b"receiver a { title = 'x }", "does not end"),
            (b"receiver a { end = { 'LF' 'CR' } }", "comma"),
            (b"receiver a { " + good + b" end = LF }", "takes a list"),
            (b"receiver a { " + good + b" end = { LF } line = { lf } }",
             "takes one word"),
            (b"other a { }", "not a other"),
            (b"receiver a {\0", "word")):
        with folder() as d:
            conf = write(d + "/rows.conf", text)
            for command in ("replay", "scan"):
                ran = baredot(command, "--servers", conf, "samples/eml")
                same((ran.status, ran.out), (CONFIG, b""), text)
                check(says in ran.err, "%r: %s" % (text, ran.err))


@test
def a_name_that_nobody_has_is_explained():
    for args in (("replay", "--from", "nobody"), ("replay", "--to", "x*y"),
                 ("replay", "--to", ","), ("scan", "--receivers", "nobody"),
                 ("scan", "--senders", "")):
        ran = baredot(*args, "samples/eml")
        same((ran.status, ran.out), (USAGE, b""), args)
        check(ran.err.startswith("baredot: no "), ran.err)


@test
def what_cannot_be_read_is_no_clean_answer():
    with folder() as d:
        write(d + "/m.eml", HEAD)
        ran = replay(d + "/m.eml", d + "/none")
        same(ran.status, UNREADABLE)


@test
def nothing_is_written_where_mail_is():
    with folder() as d:
        write(d + "/m.eml", LF_DOT_CRLF)
        before = os.stat(d + "/m.eml")
        replay(d)
        after = os.stat(d + "/m.eml")
        same(os.listdir(d), ["m.eml"])
        same((after.st_mtime_ns, after.st_ino), (before.st_mtime_ns,
                                                 before.st_ino))


@test
def its_report_says_what_to_take_out_or_compare():
    with folder() as d:
        write(d + "/m/1.eml", LF_DOT_CRLF)
        write(d + "/m/2.eml", HEAD)
        report = d + "/r.ndjson"
        ran = baredot("replay", "-f", "ndjson", "--all", "-o", report,
                      "--from", "gmx-2023", d + "/m")
        same(ran.status, FINDINGS)
        ran = baredot("quarantine", "-f", "ndjson", "--into", d + "/q",
                      "--from", report)
        (r,) = ran.of_type("message")
        same((r["path"], r["repair"]["action"]), (d + "/m/1.eml",
                                                  "quarantine"))
        ran = baredot("verify", "-f", "ndjson", report)
        same((ran.status, ran.records()[-1]["messages"]), (CLEAN, 1))
        write(d + "/m/1.eml", LF_DOT_CRLF.replace(b"hello", b"jello"))
        check(baredot("verify", "-f", "ndjson", report).status != CLEAN)


@test
def what_is_not_sent_is_told_too():
    with folder() as d:
        write(d + "/m.eml", LF_DOT_CRLF)
        ran = replay("--all", "--from", "mox", "--to", "postfix", d)
        same(pairs(ran.of_type("replay")[0]), {("mox", "postfix"): "unsent"})
        same(ran.status, CLEAN)


# --- scan

def fools(ran):
    """{code: {receiver: known}} of the only message."""
    (r,) = ran.of_type("message")
    return {f["code"]: {x["receiver"]: x["known"] for x in f["fools"]}
            for f in r["findings"] if "fools" in f}


@test
def scan_names_whom_a_look_alike_fools():
    with folder() as d:
        write(d + "/m.eml", HEAD + b"\n.\r\nbye\r\n")
        got = fools(scan(d))
        same(set(got), {"eod.lf-dot-crlf"})
        same(set(got["eod.lf-dot-crlf"]), TOOK)
        same(got["eod.lf-dot-crlf"]["cisco-clean"], "prose")


@test
def scan_names_only_those_that_matter_here():
    with folder() as d:
        write(d + "/m.eml", HEAD + b"\n.\r\nbye\r\n")
        same(set(fools(scan("--receivers", "postfix*,mox", d))
                 ["eod.lf-dot-crlf"]), {"postfix-3.3", "postfix-no"})
        same(fools(scan("--senders", "postfix", d)), {})
        same(set(fools(scan("--senders", "postfix,gmx-2023", "--receivers",
                            "exim*", d))["eod.lf-dot-crlf"]), {"exim-4.87", "exim-4.97"})


@test
def scan_says_nothing_of_dots_that_are_ordinary():
    with folder() as d:
        write(d + "/m.eml", (HEAD + b".\nbye\n").replace(b"\r", b""))
        ran = scan(d)
        same([f["code"] for f in ran.of_type("message")[0]["findings"]],
             ["eod.lf-dot-lf"])
        same(fools(ran), {})


run()
