"""What is written is what report.schema.json says, and strict JSON."""
import json
import os
import re
import sys

sys.dont_write_bytecode = True
from cli import (CLEAN, FINDINGS, INTERRUPTED, TOP, UNREADABLE, Skip, baredot,
                 check, folder, interrupted, read, run, same, strict_json,
                 test, write)

try:
    from jsonschema import Draft202012Validator
except ImportError:
    Draft202012Validator = None

MAIL = b"From: alice@example.com\nSubject: one\n\ntext\n"
VARYING = ("start", "end", "milliseconds", "command")


def schema():
    path = os.path.join(TOP, "scanner", "report", "report.schema.json")
    return json.loads(read(path), object_pairs_hook=dict)


def validate(value):
    if Draft202012Validator is None:
        raise Skip("python3-jsonschema is not installed")
    for error in VALIDATOR.iter_errors(value):
        best = error
        while best.context:             # the branch that came nearest
            best = min(best.context, key=lambda e: len(e.context or []))
        raise AssertionError("%s: %s" % (list(best.absolute_path),
                                         best.message[:300]))


VALIDATOR = Draft202012Validator(schema()) if Draft202012Validator else None


def plain_bytes(out):
    """No control character but \\n: C0, DEL, C1 in UTF-8."""
    check(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", out),
          "a control character")
    out.decode("utf-8")


def check_ndjson(ran):
    """All that holds for every NDJSON report; returns its records."""
    plain_bytes(ran.out)
    check(ran.out.endswith(b"\n"))
    records = ran.records()
    for r in records:
        validate(r)
    kinds = [r["type"] for r in records]
    same((kinds[0], kinds[-1]), ("header", "summary"))
    same((kinds.count("header"), kinds.count("summary")), (1, 1))
    last = records[-1]
    same(last["records"], len(records), "summary.records")
    same(last["exit_status"], ran.status, "summary.exit_status")
    return records


def both(*args, **more):
    """The same scan as NDJSON and as JSON: the same records."""
    lines = check_ndjson(baredot("scan", "-f", "ndjson", *args, **more))
    ran = baredot("scan", "-f", "json", *args, **more)
    plain_bytes(ran.out)
    document = strict_json(ran.out)
    validate(document)
    same(document["records"][-1]["records"], len(document["records"]))
    same([fixed(r) for r in document["records"]], [fixed(r) for r in lines])
    return lines


def fixed(r):
    return {k: v for k, v in r.items() if k not in VARYING}


@test
def the_schema_is_a_schema():
    if Draft202012Validator is None:
        raise Skip("python3-jsonschema is not installed")
    Draft202012Validator.check_schema(schema())


@test
def the_schema_leaves_nothing_open():
    def look(s, at):
        if isinstance(s, dict):
            if s.get("type") == "object":
                check("additionalProperties" in s, at)
            for k, v in s.items():
                look(v, at + "/" + k)
        elif isinstance(s, list):
            for i, v in enumerate(s):
                look(v, "%s/%d" % (at, i))
    look(schema(), "")


@test
def the_schema_knows_every_code():
    listed = baredot("explain").out.decode().split("\n")[:-1]
    same(schema()["$defs"]["code"]["enum"], [x.split()[0] for x in listed])


@test
def the_schema_refuses_what_is_wrong():
    good = baredot("scan", "-f", "ndjson", "samples").records()
    message = next(r for r in good if r.get("findings"))
    for change in ({"type": "other"}, {"index": 0}, {"length": -1},
                   {"findings": []}, {"new": 1}, {"severity": "bad"},
                   {"path_b64": "%"}, {"offset": 2.5}):
        bad = dict(message, **change)
        try:
            validate(bad)
        except AssertionError:
            continue
        raise AssertionError("accepted: %r" % change)
    for key in ("path", "format", "sha256", "line_ends", "findings"):
        bad = {k: v for k, v in message.items() if k != key}
        try:
            validate(bad)
        except AssertionError:
            continue
        raise AssertionError("accepted without " + key)


@test
def the_samples():
    both("samples")


@test
def the_samples_with_all_hash_and_v():
    lines = both("--all", "--hash", "-v", "samples")
    check(all("sha256" in r for r in lines if r["type"] == "message"))


@test
def the_samples_redacted():
    args = ("--redact", "--hash", "-v", "--dkim", "samples")
    lines = check_ndjson(baredot("scan", "-f", "ndjson", *args))
    for r in lines:
        check("sha256" not in r and ("content_token" in r) ==
              (r["type"] == "message"), r)
    validate(strict_json(baredot("scan", "-f", "json", *args).out))


@test
def all_without_hash_has_no_needless_sums():
    for r in both("--all", "samples/eml"):
        if r["type"] == "message":
            same("sha256" in r, bool(r["findings"]))


@test
def every_eol_code_and_severity_option():
    for args in (("--eol", "lf"), ("--eol", "crlf"), ("--eol", "wire"),
                 ("--code", "*"), ("--min-severity", "high"), ("-j", "0"),
                 ("--kernel", "portable"), ("--dkim",),
                 ("--check", "all")):
        check_ndjson(baredot("scan", "-f", "ndjson", *args, "samples"))


@test
def what_is_kept_between_scans():
    with folder() as tmp:
        args = ("--state", tmp + "/state", "samples")
        fresh = check_ndjson(baredot("scan", "-f", "ndjson", *args))
        kept = check_ndjson(baredot("scan", "-f", "ndjson", *args))
        for _ in range(2):
            validate(strict_json(baredot("scan", "-f", "json", *args).out))
        check_ndjson(baredot("scan", "-f", "ndjson", "--new-only", *args))
        check(any("as_of" in r for r in kept), "nothing was kept")
        same([fixed({k: v for k, v in r.items() if k not in
                     ("as_of", "files_not_read")}) for r in kept],
             [fixed({k: v for k, v in r.items() if k != "files_not_read"})
              for r in fresh])


@test
def nothing_at_all():
    with folder() as tmp:
        lines = both(tmp)
        same([r["type"] for r in lines], ["header", "summary"])


@test
def an_empty_mbox_that_was_named():
    with folder() as tmp:
        path = write(tmp + "/empty", b"")
        lines = both("--format-in", "mbox", path)
        same([r["type"] for r in lines], ["header", "store", "summary"])


@test
def what_cannot_be_read():
    with folder() as tmp:
        same(both(tmp + "/missing")[1]["type"], "unreadable")
        whole = read(os.path.join(TOP, "samples", "gzip", "truncated.gz"))
        path = write(tmp + "/cut.gz", whole[:40])
        same(both(path)[1]["type"], "unreadable")


@test
def an_mbox_that_breaks_off_in_the_middle():
    # Long enough that the first messages are read before the damage.
    import gzip
    box = b"".join(b"From a@example.com Tue Nov 14 22:13:20 2023\n" + MAIL +
                   b"%d\n" % i + os.urandom(600).hex().encode() + b"\n\n"
                   for i in range(400))
    with folder() as tmp:
        path = write(tmp + "/box.gz", gzip.compress(box)[:-2000])
        lines = both(path)
        bad = [r for r in lines if r["type"] == "unreadable"]
        same(len(bad), 1)
        check(bad[0]["offset"] > 100000, bad)


@test
def names_and_ids_of_any_bytes():
    with folder() as tmp:
        for i, name in enumerate((b"a\nb.eml", b"\xff\xfe.eml",
                                  "\u202e\u200b\x85.eml".encode())):
            write(os.fsencode(tmp) + b"/" + name,
                  b"From: a@example.com\nMessage-ID: <\x1b[31m\xff\x80" +
                  b"%d>\nSubject: x\n\n\r\n" % i)
        both("--all", "-v", tmp)
        both("--all", "-v", tmp + "/missing\udcff\n")


@test
def a_message_id_that_is_too_long():
    with folder() as tmp:
        path = write(tmp + "/a.eml", b"Message-ID: <" + b"x" * 3000 +
                     b">\nFrom: a@example.com\n\n")
        r = both("--all", path)[1]
        same(r["message_id_cut"], True)
        same(len(r["message_id"]), 998)


@test
def a_folded_message_id_is_kept_up_to_998_bytes():
    for last, cut in ((198, False), (199, True)):
        value = [b"a" * 400, b"b" * 400, b"c" * last]
        with folder() as tmp:
            path = write(tmp + "/a.eml", b"From: a@example.com\nMessage-ID: " +
                         b"\n ".join(value) + b"\n\n")
            r = both("--all", path)[1]
        same(r["message_id"].encode(), b"".join(value)[:998])
        same(r.get("message_id_cut", False), cut)


@test
def an_interrupted_run():
    ran = interrupted("-f", "ndjson")
    same(ran.status, INTERRUPTED)
    records = check_ndjson(ran)
    same(records[-1]["partial"], True)
    check(records[-1]["messages"] > 50)


@test
def an_interrupted_run_as_one_document():
    ran = interrupted("-f", "json")
    same(ran.status, INTERRUPTED)
    document = strict_json(ran.out)
    validate(document)
    same(document["records"][-1]["partial"], True)
    same(document["records"][-1]["records"], len(document["records"]))


@test
def the_exit_status_is_in_the_summary():
    for args, status in ((("samples/eml/clean.lf.eml",), CLEAN),
                         (("samples/eml/eol.crlf.lf.eml",), FINDINGS),
                         (("samples/gzip",), UNREADABLE)):
        ran = baredot("scan", "-f", "ndjson", *args)
        same(ran.status, status)
        same(check_ndjson(ran)[-1]["exit_status"], status)


@test
def replays_are_what_the_schema_says():
    for more in ((), ("--all",), ("--from", "gmx-2023", "--to", "exim*")):
        ran = baredot("replay", "-f", "ndjson", *more, "samples")
        records = check_ndjson(ran)
        check(any(r["type"] == "replay" for r in records))
        check(not any(r["type"] == "message" for r in records))
        document = strict_json(baredot("replay", "-f", "json", *more,
                                       "samples").out)
        validate(document)
        same([fixed(r) for r in document["records"]],
             [fixed(r) for r in records])


run()
