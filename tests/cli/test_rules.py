"""Rules of the user's own: files, reports, exit statuses, and time."""
import hashlib
import json
import os
import sys
import time

sys.dont_write_bytecode = True
from cli import (CLEAN, FINDINGS, TOP, USAGE, baredot, check, folder, read,
                 run, same, scan, test, write)

try:
    from jsonschema import Draft202012Validator
except ImportError:
    Draft202012Validator = None

CONFIG = 78
MAIL = (b"From: a@example.com\nSubject: one\n two\nX-Odd: \xff\n\n"
        b"first line\nsecond line, password: secret\nthird\n")
SMUGGLED = MAIL.replace(b"\n", b"\r\n") + (
    b"text\n.\r\nMAIL FROM:<x@example.com>\r\nRCPT TO:<y@example.com>\r\n"
    b"DATA\r\nReceived: from a by b\r\nFrom: z@example.com\r\n\r\nforged\r\n")


def rule(name, scope, pattern=None, message="found it", **more):
    lines = ["scope = " + scope, "message = '%s'" % message]
    if pattern is not None:
        lines.append("pattern = '%s'" % pattern)
    lines += ["%s = %s" % i for i in more.items()]
    return ("rule %s {\n\t" % name + "\n\t".join(lines) + "\n}\n").encode()


def scanned(rules, mail=MAIL, *args, **more):
    """The records of a scan of one message with these rules alone."""
    with folder() as tmp:
        write(tmp + "/a.rules", rules)
        write(tmp + "/a.eml", mail)
        ran = scan("--no-default-rules", "--rules", tmp + "/a.rules",
                   "--all", *args,
                   tmp + "/a.eml", **more)
        valid(ran)
        return ran


def valid(ran):
    """By the schema, where it can be checked."""
    records = ran.records()
    if Draft202012Validator is None:
        return
    path = os.path.join(TOP, "scanner", "report", "report.schema.json")
    schema = Draft202012Validator(json.loads(read(path)))
    for r in records:
        for error in schema.iter_errors(r):
            while error.context:
                error = min(error.context, key=lambda e: len(e.context or []))
            raise AssertionError("%s: %s" % (list(error.absolute_path),
                                             error.message[:300]))


def findings(ran, code="rule.match"):
    (m,) = ran.of_type("message")
    return {f["rule"]: f for f in m["findings"] if f["code"] == code}


# --- what is found, and where

@test
def every_scope_says_where_it_was():
    ran = scanned(rule("field", "header-field", "^one two$",
                       field="Subject") +
                  rule("block", "header-block", "^X-Odd:") +
                  rule("line", "body-line", "password") +
                  rule("raw", "raw", "(?s)third.$"))
    got = {n: (f["count"], f["offsets"]) for n, f in findings(ran).items()}
    same(got, {"field": (1, [MAIL.index(b"Subject")]),
               "block": (1, [MAIL.index(b"X-Odd")]),
               "line": (1, [MAIL.index(b"password")]),
               "raw": (1, [MAIL.index(b"third")])})
    same(ran.status, FINDINGS)


@test
def what_follows_a_look_alike_is_searched():
    ran = scanned(rule("after", "after-dot", "^RCPT TO:"), SMUGGLED)
    same(findings(ran)["after"]["offsets"], [SMUGGLED.index(b"RCPT")])
    same(findings(scanned(rule("after", "after-dot", "password"),
                          SMUGGLED)), {})


@test
def the_report_names_the_rule():
    ran = scanned(rule("line", "body-line", "line", "a \u202e message",
                       severity="high"))
    f = findings(ran)["line"]
    same((f["rule"], f["message"], f["severity"], f["count"]),
         ("line", "a \u202e message", "high", 2))
    same(ran.records()[-1]["rules"], {"line": {"messages": 1, "count": 2}})
    check("\u202e".encode() not in ran.out)


@test
def the_text_report_names_it_too():
    with folder() as tmp:
        write(tmp + "/a.rules", rule("line", "body-line", "line",
                                     "a \x1b[31mred\u202e one"))
        write(tmp + "/a.eml", MAIL)
        ran = baredot("scan", "-f", "text", "--rules", tmp + "/a.rules",
                      tmp + "/a.eml")
    out = ran.out.decode()
    check(r": medium rule.match line: a \x1b[31mred\u{202e} one, 2 times: "
          in out, out)
    check(r" 2  line                       a \x1b[31mred" in out, out)


@test
def the_header_says_which_files_were_used():
    text = rule("line", "body-line", "line")
    with folder() as tmp:
        paths = [write(tmp + "/%s.rules" % n, t) for n, t in
                 (("a", text), ("b", b"# none\n"))]
        ran = scan("--rules", paths[0], "--rules=" + paths[1],
                   write(tmp + "/a.eml", MAIL))
        plain = scan("--no-default-rules", tmp + "/a.eml")
    header = ran.records()[0]
    same([f["path"] for f in header["rule_files"]], paths)
    same([f["sha256"] for f in header["rule_files"]],
         [hashlib.sha256(t).hexdigest() for t in (text, b"# none\n")])
    same(header["default_rules"], True)
    other = plain.records()[0]
    same((other["rule_files"], other["default_rules"]), ([], False))
    check(other["rules_sha256"] != header["rules_sha256"])


# --- when

@test
def conditions_are_about_what_was_found():
    rules = (rule("yes", "body-line", "password",
                  when='{ "eol.bare-lf>=1", "eod.*" }') +
             rule("no", "body-line", "password", when='"eol.bare-lf>=2"') +
             rule("alone", "none", when='"eod.lf-dot-crlf=1"') +
             rule("never", "none", when='"limit.nul"'))
    same(sorted(findings(scanned(rules, SMUGGLED, "--no-default-rules"))),
         ["alone", "yes"])
    same(findings(scanned(rules)), {})


@test
def a_rule_without_a_pattern_points_at_what_it_waited_for():
    ran = scanned(rule("alone", "none", when='"eod.lf-dot-crlf"'), SMUGGLED)
    same(findings(ran)["alone"]["offsets"], [SMUGGLED.index(b".\r\nMAIL")])


@test
def rules_need_not_have_their_reasons_reported():
    rules = (rule("yes", "body-line", "password", when='"eod.*"') +
             rule("dot", "after-dot", "^MAIL"))
    ran = scanned(rules, SMUGGLED, "--code", "rule.match",
                  "--no-default-rules")
    (m,) = ran.of_type("message")
    same(sorted(f["rule"] for f in m["findings"]), ["dot", "yes"])
    same(list(ran.records()[-1]["codes"]), ["rule.match"])
    ran = scanned(rules, SMUGGLED, "--code", "eod.*")
    check(all(f["code"].startswith("eod.") for r in ran.of_type("message")
              for f in r["findings"]))


@test
def standard_input_is_searched_too():
    rules = (rule("yes", "body-line", "password", when='"eod.*"') +
             rule("dot", "after-dot", "^MAIL") +
             rule("all", "body-line", "first"))
    with folder() as tmp:
        path = write(tmp + "/a.rules", rules)
        ran = scan("--no-default-rules", "--rules", path, "-",
                   input=SMUGGLED)
    same(sorted(findings(ran)), ["all", "dot", "yes"])


@test
def baredots_own_rules_find_a_forged_trace():
    with folder() as tmp:
        path = write(tmp + "/a.eml", SMUGGLED)
        check("forged-trace-after-dot" in findings(scan(path)))
        same(findings(scan("--no-default-rules", path)), {})


@test
def baredots_own_rules_say_nothing_about_ordinary_mail():
    clean = [p for p in sorted(os.listdir(TOP + "/samples/eml"))
             if p.startswith("clean")]
    for r in scan("--all", *("samples/eml/" + p for p in clean)) \
            .of_type("message"):
        same([f for f in r["findings"] if f["code"].startswith("rule.")], [])


@test
def the_report_does_not_depend_on_workers():
    rules = (rule("line", "body-line", "line") +
             rule("dot", "after-dot", "^MAIL") +
             rule("from", "header-field", "example", field='"*"'))
    with folder() as tmp:
        write(tmp + "/a.rules", rules)
        for i in range(300):
            write(tmp + "/mail/%d.eml" % i, SMUGGLED if i % 7 == 0 else MAIL)
        runs = [scan("--rules", tmp + "/a.rules", "-j", str(j),
                     tmp + "/mail").records()[1:] for j in (0, 1, 3)]
    for other in runs:
        for r in other:
            r.pop("end", None), r.pop("milliseconds", None)
        same(other, runs[0])
    same(runs[0][-1]["rules"]["line"], {"messages": 300, "count": 600})


# --- files that are wrong

@test
def a_wrong_file_stops_the_scan_with_all_that_is_wrong():
    text = (b"rule a {\n  scope = bdy\n  pattern = 'a['\n}\n"
            b"rule b {\n  message = m\n  when = nothing\n}\n")
    with folder() as tmp:
        path = write(tmp + "/a.rules", text)
        for args in (("scan", "--rules", path, TOP + "/samples/eml"),
                     ("rules", "check", path),
                     ("rules", "list", "--rules", path)):
            ran = baredot(*args)
            same(ran.status, CONFIG, args)
            same(ran.out, b"", args)
            lines = ran.err.splitlines()
            same([line.split(": ")[1][len(path):] for line in lines],
                 [":1:1", ":2:11", ":3:16", ":7:10"], ran.err)
            check("did you mean body-line?" in lines[1], lines)


@test
def a_file_that_cannot_be_read_is_a_wrong_file():
    with folder() as tmp:
        for path in (tmp + "/none", tmp):
            ran = baredot("scan", "--rules", path, "samples/eml")
            same(ran.status, CONFIG)
            check(path + ": cannot be read: " in ran.err, ran.err)


@test
def what_a_wrong_file_says_is_shown_safely():
    with folder() as tmp:
        path = write(tmp + "/a.rules", b"rule a { scope = '\x1b[31m\xff' }")
        ran = baredot("rules", "check", path)
    check(r"'\x1b[31m\xff'" in ran.err, ran.err)


@test
def no_report_is_begun_for_a_wrong_file():
    with folder() as tmp:
        path = write(tmp + "/a.rules", b"rule")
        ran = baredot("scan", "-o", tmp + "/report", "--rules", path,
                      "samples/eml")
        same(ran.status, CONFIG)
        same(sorted(os.listdir(tmp)), ["a.rules"])


@test
def names_must_differ_from_those_of_baredot():
    with folder() as tmp:
        path = write(tmp + "/a.rules", rule("text-lost-to-nuls", "raw", "never"))
        args = ("scan", "--rules", path, "samples/eml/clean.lf.eml")
        same(baredot(*args).status, CONFIG)
        same(baredot(*args, "--no-default-rules").status, CLEAN)


@test
def check_and_list_say_what_there_is():
    with folder() as tmp:
        path = write(tmp + "/a.rules", rule("mine", "body-line", "x"))
        ran = baredot("rules", "check", path, "tests/bench/body.rules")
        same(ran.status, CLEAN)
        same(ran.out.decode(), path + ": 1 rule, nothing is wrong\n"
             "tests/bench/body.rules: 10 rules, nothing is wrong\n")
        own = baredot("rules", "list").out
        both = baredot("rules", "list", "--rules", path).out
        same(both[:len(own)], own)
        same(both[len(own):].split(), b"mine medium body-line found it"
             .split())
        same(baredot("rules", "list", "--no-default-rules").out, b"")


@test
def wrong_words_are_a_usage_error():
    for args in ((), ("chek", "x"), ("check",), ("list", "x"),
                 ("list", "--rules")):
        ran = baredot("rules", *args)
        same(ran.status, USAGE, args)
        check("baredot help rules" in ran.err, ran.err)
    same(baredot("help", "rules").status, CLEAN)


# --- time

def hostile():
    body = (b"a" * 990 + b"!\n") * 3000
    return MAIL + b".\r\n" + body


@test
def no_pattern_can_stall_a_scan():
    slow = ["(a+)+$", "a*(?=a*[bc])", "(a|a)*[bc]", "(.*)(.*)(.*)[bc]",
            "(?:a|aa)+$", "a*a*a*a*[bc]"]
    rules = b"".join(rule("r%d-%s" % (i, scope), scope, p, **more)
                     for i, p in enumerate(slow) for scope, more in
                     (("body-line", {}), ("after-dot", {}),
                      ("header-block", {}), ("raw", {"limit": 65536})))
    with folder() as tmp:
        write(tmp + "/a.rules", rules)
        for i in range(8):
            write(tmp + "/mail/%d.eml" % i, hostile())
        start = time.monotonic()
        ran = scan("--rules", tmp + "/a.rules", "-j", "1", tmp + "/mail")
        took = time.monotonic() - start
    valid(ran)
    same(ran.status, FINDINGS)
    same(len(ran.of_type("unreadable")), 0)
    for m in ran.of_type("message"):
        check(any(f["code"] == "rule.gave-up" and f["rule"] == "r0-body-line"
                  for f in m["findings"]), m["path"])
    check(took < 50, "it took %.0f s" % took)


@test
def a_rule_that_gives_up_leaves_the_others_alone():
    ran = scanned(rule("slow", "body-line", "^(a+)+$") +
                  rule("quick", "body-line", "^a{5}"), hostile())
    same(findings(ran)["quick"]["count"], 3000)
    f = findings(ran, "rule.gave-up")["slow"]
    same((f["count"], f["severity"], f["message"]), (1, "low", "found it"))


run()
