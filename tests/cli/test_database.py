"""A report as a database (report --to sqlite): every field of every record is
in it, what is not text comes back byte for byte, and docs/queries.md says
which tables there are and what to ask."""
import base64
import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from cli import (BAREDOT, CLEAN, FINDINGS, INTERRUPTED, TOP, UNREADABLE, USAGE,
                 Skip, baredot, catches, check, folder, read, run, same, scan,
                 test, write)

FAST = os.path.join(TOP, "build", "baredot")
DOC = os.path.join(TOP, "docs", "queries.md")
MAIL = (b"From: a@example.com\r\nMessage-ID: <%s>\r\nDate: Tue, 14 Nov 2023 "
        b"22:13:20 +0000\r\n\r\ntext\r\n.\n%s\r\n")


def database(tmp, data, status=CLEAN, name="r.db", args=(), **more):
    """Open the database of these records."""
    ran = baredot("report", "--to", "sqlite", *args, tmp + "/" + name, "-",
                  input=data, **more)
    same(ran.status, status, ran.err)
    return connect(tmp + "/" + name)


def connect(path):
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    same(db.execute("PRAGMA integrity_check").fetchall()[0][0], "ok")
    same(db.execute("PRAGMA foreign_key_check").fetchall(), [])
    return db


def ndjson(records):
    return b"".join(json.dumps(r).encode() + b"\n" for r in records)


def made_up(records, codes=("eod.lf-dot-crlf",), **header):
    """A whole report with these records in it."""
    first = dict({"type": "header", "tool": "baredot", "schema": 1,
                  "command": ["baredot", "scan"], "codes": list(codes)},
                 **header)
    return ndjson([first] + records +
                  [{"type": "summary", "records": len(records) + 2}])


# --- what is to be in the database, by docs/report.md alone

class Record:
    """A JSON object; knows which of its leaves were asked for."""

    def __init__(self, o):
        self.o, self.left = o, set(self.leaves(o, ()))

    def leaves(self, v, at):
        if isinstance(v, dict):
            for k, w in v.items():
                yield from self.leaves(w, at + (k,))
        elif isinstance(v, list):
            for i, w in enumerate(v):
                yield from self.leaves(w, at + (i,))
        else:
            yield at

    def get(self, *at):
        v = self.o
        for k in at:
            if isinstance(v, dict):
                v = v.get(k)
            else:
                v = v[k] if v is not None and k < len(v) else None
        self.left.discard(at)
        return int(v) if isinstance(v, bool) else v

    def list(self, *at):
        return range(len(self.get(*at) or ()))

    def number(self, *at):
        v = self.get(*at)
        return int(v) if isinstance(v, str) else v

    def bytes(self, *at):
        """Text, and exact bytes or None."""
        text = self.get(*at)
        twin = self.get(*at[:-1], at[-1] + "_b64")
        exact = base64.b64decode(twin) if twin is not None else None
        if text is not None and "\0" in text:
            exact = exact or text.encode()
            text = text.replace("\0", "\ufffd")
        return text, exact


class Want:
    """Rows by table."""

    def __init__(self):
        self.rows = {}
        self.findings = self.outcomes = self.ends = 0

    def add(self, table, *cells):
        row = []
        for c in cells:
            row += c if isinstance(c, tuple) else [c]
        self.rows.setdefault(table, []).append(tuple(row))


def names(w, table, r, number, *at):
    for role in ("sender", "receiver"):
        for i in r.list(*at, role + "s"):
            w.add(table, number, role, r.get(*at, role + "s", i))


def want_replay(w, r, n):
    w.add("replay", n, r.get("worst"), r.number("ends_more"))
    for i in r.list("outcomes"):
        w.outcomes += 1
        w.add("replay_outcome", w.outcomes, n, r.get("outcomes", i, "outcome"))
        names(w, "replay_outcome_server", r, w.outcomes, "outcomes", i)
    for i in r.list("ends"):
        w.ends += 1
        e = ("ends", i)
        w.add("replay_end", w.ends, n, r.number(*e, "offset"),
              r.number(*e, "before"), r.bytes(*e, "message", "sender"),
              r.number(*e, "message", "recipients_more"),
              r.bytes(*e, "message", "text"))
        names(w, "replay_end_server", r, w.ends, *e)
        for k in r.list(*e, "message", "recipients"):
            w.add("replay_end_recipient", w.ends, k + 1, r.bytes(
                *e, "message", "recipients", k, "address"))


def want_finding(w, r, n, f):
    w.findings += 1
    texts = [r.get(*f, k) for k in ("code", "severity", "rule", "message",
                                    "because", "reply", "source")]
    offsets = [r.number(*f, "offsets", i) for i in r.list(*f, "offsets")]
    w.add("finding", w.findings, n, *texts, r.number(*f, "count"), offsets[0],
          *[r.number(*f, "context", k) for k in ("offset", "at")],
          bytes.fromhex(r.get(*f, "context", "hex")),
          r.get(*f, "context", "text"))
    for i, off in enumerate(offsets):
        w.add("place", w.findings, i + 1, off)
    for i in r.list(*f, "fools"):
        w.add("fools", w.findings, r.get(*f, "fools", i, "receiver"),
              r.get(*f, "fools", i, "known"))


ENDS = ("crlf", "lf", "cr", "crcrlf")
CLASSES = ("bare_cr", "bare_lf", "crlf", "crcrlf", "nul", "look_alike")


def want_message(w, r, n):
    """All but the store, which stands behind the id."""
    member = [str(r.number("member", i)) for i in r.list("member")]
    w.add("message", n, r.bytes("path"), ".".join(member) or None,
          r.get("format"), *[r.number(k) for k in ("index", "offset",
                                                   "length", "raw")],
          r.bytes("message_id"),
          *[r.get(k) for k in ("message_id_cut", "date", "sha256",
                               "content_token", "as_of", "convention")],
          *[r.number("line_ends", k) for k in ENDS],
          r.number("header_cut", "length"), r.number("header_cut", "seen"),
          *[r.number("mime", k) for k in ("parts", "depth", "unclosed")],
          r.get("severity"), r.get("would_reject"), r.number("dkim_more"),
          r.bytes("envelope", "queue_id"), r.bytes("envelope", "sender"),
          r.number("envelope", "recipients_more"),
          r.get("envelope", "arrived"))
    for i in r.list("envelope", "recipients"):
        w.add("recipient", n, i + 1,
              r.bytes("envelope", "recipients", i, "address"))
    for i in r.list("mime", "list"):
        p = ("mime", "list", i)
        w.add("part", n, i + 1, r.get(*p, "type"), r.get(*p, "encoding"),
              *[r.number(*p, k) for k in ("depth", "offset", "body", "end")],
              *[r.number(*p, "line_ends", k) for k in ENDS])
    for i in r.list("dkim"):
        d = ("dkim", i)
        big = [r.number(*d, k) for k in ("length", "uncovered")]
        w.add("signature", n, i + 1, r.bytes(*d, "domain"),
              r.bytes(*d, "selector"), r.get(*d, "algorithm"),
              r.get(*d, "canonicalization"), r.number(*d, "offset"),
              r.get(*d, "body"), r.get(*d, "why"),
              *[str(v) if v is not None and v >= 1 << 63 else v for v in big],
              *[r.get(*d, k) for k in ("as_stored", "with_crlf", "with_all")])
    for i in r.list("findings"):
        want_finding(w, r, n, ("findings", i))
    if "repair" in r.o:
        w.add("repair", n, *[r.get("repair", k) for k in ("action", "why",
                                                          "to")],
              r.number("repair", "edits"),
              *[r.number("repair", at, k) for at in ("before", "after")
                for k in CLASSES],
              *[r.number("repair", k) for k in (
                  "spaces_instead", "header_edits", "parts_encoded",
                  "new_length", "unsafe")],
              r.get("repair", "signature"), r.get("repair", "signature_text"))
    if r.get("type") == "replay":
        want_replay(w, r, n)


DIALECTS = ("messages", "any_from_line", "from_line_after_empty_line",
            "content_length_ignored", "by_content_length", "internal",
            "disputes")


def want_store(w, r, n):
    """The row behind its id."""
    w.add("store", n, r.bytes("path"), r.get("format"),
          *[r.number(k) for k in ("members", "messages", "bytes")],
          *[r.number("conventions", k) for k in ("lf", "crlf", "cr", "wire")],
          r.get("listing_settled"), r.number("not_observable", "messages"),
          r.get("not_observable", "why"),
          *[r.number("dialects", k) for k in DIALECTS])
    for i in r.list("not_observable", "codes"):
        w.add("hidden", n, r.get("not_observable", "codes", i))
    for i in r.list("dialects", "first_disputes"):
        d = ("dialects", "first_disputes", i)
        w.add("dispute", n, i + 1, r.number(*d, "offset"), r.get(*d, "kind"))


def want_header(w, r):
    w.add("report", 1, 1, r.get("version"), r.number("schema"),
          *[r.get(k) for k in ("rules_sha256", "default_rules", "host",
                               "start")], r.number("jobs"),
          *[r.get(k) for k in ("kernel", "sandbox", "eol", "forensic",
                               "redacted", "target", "min_severity")],
          r.get("merged", "plan_sha256"), r.number("merged", "shards"),
          r.get("merged", "end"), r.number("merged", "milliseconds"))
    same(r.get("tool"), "baredot")
    for i in r.list("command"):
        w.add("argument", i + 1, r.get("command", i))
    for i in r.list("rule_files"):
        w.add("rule_file", i + 1, r.bytes("rule_files", i, "path"),
              r.get("rule_files", i, "sha256"),
              r.get("rule_files", i, "content_token"))
    for role in ("sender", "receiver"):
        for i in r.list("replay", role + "s"):
            w.add("server", role, *[r.get("replay", role + "s", i, k) for k in
                                    ("name", "title", "versions", "cve",
                                     "fixed", "note", "known", "source",
                                     "pipelining", "chunking", "bdat")])
    return [r.get("codes", i) for i in r.list("codes")]


LEVELS = ("info", "low", "medium", "high")
ACTS = ("done", "same", "refused", "gone", "changed", "busy", "failed",
        "unsettled", "messages", "edits", "taken_out", "stopped")
OUTCOMES = ("whole", "refused", "unsent", "open", "cut", "smuggled")


def want_summary(w, r):
    cells = [r.number(k) for k in ("partial", "messages", "bytes", "files",
                                   "stores", "flagged")]
    cells += [r.number("messages_by_severity", k) for k in LEVELS]
    cells += [r.number(k) for k in ("unreadable", "gone", "unsettled",
                                    "stale")]
    cells += [r.number("skipped", k) for k in (
        "not_mail", "symlink", "special", "metadata", "other_file_system",
        "maildir_tmp")]
    cells += [r.get("end"), r.number("milliseconds"),
              r.number("files_not_read"), r.get("new_only")]
    cells += [r.number("new_messages_by_severity", k) for k in LEVELS]
    cells += [r.number("repairs", k) for k in ("none", "edit", "quarantine",
                                               "refused")]
    cells += [r.get("acts", "run")] + [r.number("acts", k) for k in ACTS]
    cells += [r.number("replay", "messages", k) for k in OUTCOMES]
    w.add("summary", *cells, r.number("exit_status"), r.number("records"))
    for code in r.get("codes"):
        w.add("summary_code", code, *[r.number("codes", code, k) for k in
                                      ("messages", "count")],
              r.get("codes", code, "worst"))
    for rule in r.get("rules"):
        w.add("summary_rule", rule, *[r.number("rules", rule, k) for k in
                                      ("messages", "count")])
    for i in r.list("replay", "matrix"):
        m = ("replay", "matrix", i)
        sender = r.get(*m, "sender")
        bdat = [r.get(*m, "by_bdat", k) for k in r.list(*m, "by_bdat")]
        for outcome in OUTCOMES:
            for k in r.list(*m, outcome):
                receiver = r.get(*m, outcome, k)
                w.add("matrix", sender, receiver, outcome,
                      int(receiver in bdat))


def want_plain(w, kind, r, n):
    cells = {"outcome": ("status", "why", "note"),
             "file": ("status",),
             "unreadable": ("offset", "error", "limit"),
             "skipped": ("reason",), "stale": ("offset", "reason")}[kind]
    row = [n, r.bytes("path")] + [r.get(k) for k in cells]
    if kind == "outcome":
        row += [r.bytes("new_name")] + [r.number(k) for k in (
            "messages", "edits", "taken_out", "left_alone")]
    if kind == "file":
        row += [r.number("size")] + [r.get(k) for k in (
            "sha256", "content_token", "modified")]
    w.add(kind, *row)


def wanted(data):
    w, kinds, codes = Want(), {}, []
    for n, line in enumerate(data.splitlines(), 1):
        r = Record(json.loads(line))
        kind = r.get("type")
        kinds[kind] = kinds.get(kind, 0) + 1
        if kind in ("message", "replay"):
            want_message(w, r, n)
        elif kind == "store":
            want_store(w, r, n)
        elif kind == "header":
            codes = want_header(w, r)
        elif kind == "summary":
            want_summary(w, r)
        else:
            want_plain(w, kind, r, n)
        same(r.left, set(), "fields of a %s that no column has" % kind)
    return w.rows, kinds, codes


def rows_of(db, table):
    """As `wanted` has them: stores by their records."""
    query = {
        "message": "SELECT %s FROM message m",
        "store": "SELECT %s FROM store WHERE record IS NOT NULL",
        "hidden": "SELECT s.record, code FROM hidden h JOIN store s ON "
                  "s.id = h.store_id",
        "dispute": "SELECT s.record, n, offset, kind FROM dispute d JOIN "
                   "store s ON s.id = d.store_id",
    }.get(table, "SELECT * FROM " + table)
    if "%s" in query:
        columns = [r["name"] for r in db.execute(
            "SELECT name FROM pragma_table_info(?)", (table,))]
        columns.remove({"message": "store_id", "store": "id"}[table])
        query %= ", ".join(columns)
    return [tuple(r) for r in db.execute(query)]


ASIDE = {"severity", "code"}            # of the program, not of a report


def compare(db, data):
    want, kinds, codes = wanted(data)
    tables = {r[0] for r in db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in sorted(tables - ASIDE):
        same(sorted(rows_of(db, table), key=repr),
             sorted(want.get(table, []), key=repr), table)
    same(set(want) - tables, set())
    same({r[0] for r in db.execute("SELECT code FROM code WHERE looked_for")},
         set(codes))
    return kinds


RULES = b"""rule has-text {
	scope = raw
	pattern = 'text'
	message = 'there is text'
}
"""


def merged(tmp):
    """Of two shards, with a file that was another when they were planned."""
    plan, old = tmp + "/plan", tmp + "/shards/m.eml"
    write(old, MAIL % (b"old", b"x"))
    same(baredot("plan", tmp + "/shards", "samples/eml", "-o", plan,
                 "--shards=2").status, CLEAN)
    write(old, MAIL % (b"other", b"y"))
    for i in ("1/2", "2/2"):
        check(baredot("scan", "--plan", plan, "--shard", i, "--out",
                      tmp + "/out").status in (CLEAN, FINDINGS))
    return baredot("merge", tmp + "/out", "--plan", plan, "-f", "ndjson").out


def many_reports(tmp):
    """Of all kinds: each record, and nearly each field, is in one of them."""
    rules = write(tmp + "/x.rules", RULES)
    odd = os.fsencode(tmp) + b"/store/b\xffx"
    write(odd + b"/m.eml", MAIL % (b"\xfe\0@x", b"x"))
    write(tmp + "/store/l.eml",
          b"DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=example.com;"
          b" s=s;\r\n l=18446744073709551614; h=from; bh=" +
          base64.b64encode(b"x" * 32) + b"; b=eA==\r\n" + MAIL % (b"l", b"x"))
    box = write(tmp + "/box/cur/1", MAIL % (b"1", b"\n")) and tmp + "/box"
    os.mkdir(box + "/new")
    os.mkdir(box + "/tmp")
    every = ("--forensic", "-a", "--rules", rules, "--check", "all",
             "--target", "cyrus", "--dkim")
    yield scan(*every, "samples", tmp + "/store").out
    yield scan("--redact", "--forensic", "--rules", rules, "samples/dkim",
               tmp + "/store").out
    yield baredot("replay", "-f", "ndjson", "-a", "-j0", "samples").out
    state = ("--state", tmp + "/state")
    for args in (("--baseline",), ("--new-only",), ()):
        yield baredot("scan", "-f", "ndjson", *state, *args, "samples").out
    yield merged(tmp)
    yield baredot("fix", "-f", "ndjson", "--state", tmp + "/acts", "samples",
                  tmp + "/store").out
    mailbox = write(tmp + "/mbox", b"From a@b.example Mon Jan  1 00:00:00 2024"
                    b"\n" + MAIL % (b"2", b"a\rb"))
    yield baredot("fix", "-f", "ndjson", "--state", tmp + "/acts", "--apply",
                  "--cr", "newline", box, mailbox).out
    report = write(tmp + "/report", scan(mailbox).out)
    write(mailbox, b"")
    yield baredot("fix", "-f", "ndjson", "--from", report).out


@test
def every_field_of_every_record_is_there():
    kinds, filled = set(), set()
    with folder() as tmp:
        for i, data in enumerate(many_reports(tmp)):
            db = database(tmp, data, name="%d.db" % i)
            kinds |= set(compare(db, data))
            for t, in db.execute("SELECT name FROM sqlite_master WHERE type "
                                 "= 'table'").fetchall():
                for c in db.execute("SELECT name FROM pragma_table_info(?)",
                                    (t,)).fetchall():
                    if db.execute('SELECT 1 FROM "%s" WHERE "%s" NOT NULL '
                                  'LIMIT 1' % (t, c[0])).fetchone():
                        filled.add((t, c[0]))
            empty = {(t, c[0]) for t, in db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'")
                for c in db.execute("SELECT name FROM pragma_table_info(?)",
                                    (t,))} - filled
    schema = json.loads(read(TOP + "/scanner/report/report.schema.json"))
    same(kinds, {k["$ref"].split("/")[-1] for k in
                 schema["$defs"]["record"]["oneOf"]}, "kinds of records")
    # What no store here gives.
    same(empty - {("message", "header_length"), ("message", "header_seen"),
                  ("message", "message_id_cut"), ("message", "dkim_more"),
                  ("message", "queue_id_bytes"), ("message", "sender_bytes"),
                  ("message", "recipients_more"), ("replay", "ends_more"),
                  ("recipient", "address_bytes"),
                  ("signature", "domain_bytes"),
                  ("signature", "selector_bytes"),
                  ("rule_file", "path_bytes"),
                  ("outcome", "path_bytes"), ("outcome", "why"),
                  ("outcome", "new_name_bytes"), ("file", "path_bytes"),
                  ("unreadable", "path_bytes"), ("unreadable", "beyond"),
                  ("skipped", "path_bytes"),
                  ("stale", "path_bytes"),
                  ("replay_end", "recipients_more"),
                  ("replay_end", "sender_bytes"),
                  ("replay_end", "text_bytes"),
                  ("replay_end_recipient", "address_bytes")}, set(),
         "columns that nothing was put into")


@test
def sums_are_those_of_the_summary():
    data = scan("-a", "-v", "samples").out
    last = json.loads(data.splitlines()[-1])
    with folder() as tmp:
        db = database(tmp, data)
        one = lambda sql: db.execute(sql).fetchone()[0]
        same(one("SELECT count(*) FROM message"), last["messages"])
        same(one("SELECT sum(length) FROM message"), last["bytes"])
        same(one("SELECT sum(messages) FROM store"), last["messages"])
        same(one("SELECT sum(bytes) FROM store"), last["bytes"])
        same(one("SELECT sum(flagged) FROM worst_store"), last["flagged"])
        same(one("SELECT sum(messages) FROM flagged_path"), last["flagged"])
        same(one("SELECT count(*) FROM unreadable"), last["unreadable"])
        same({r["code"]: {k: r[k] for k in ("messages", "count", "worst")}
              for r in db.execute("SELECT * FROM code_total")}, last["codes"])
        months = db.execute("SELECT * FROM month_total").fetchall()
        for k in LEVELS:
            same(sum(r[k] for r in months), last["messages_by_severity"][k])
        same(one("SELECT count(*) FROM message m JOIN store t ON t.id = "
                 "m.store_id GROUP BY t.id HAVING count(*) != t.messages"
                 ) if db.execute("SELECT 1 FROM message m JOIN store t ON "
                                 "t.id = m.store_id GROUP BY t.id HAVING "
                                 "count(*) != t.messages").fetchone()
             else None, None, "messages of a store, and those in it")


@test
def each_message_is_in_the_store_that_has_its_record():
    with folder() as tmp:
        for name in (b"plain", b"o\xffdd", b"a!b", b"with space"):
            top = os.fsencode(tmp) + b"/" + name
            write(top + b"/box.mbox", b"From a@b.example Mon Jan  1 00:00:00 "
                  b"2024\n" + MAIL % (b"1", b"x") + b"\n")
            write(top + b"/cur/m!x.eml", MAIL % (b"2", b"x"))
            write(top + b"/named.eml", MAIL % (b"3", b"x"))
            subprocess.run(["tar", "-C", top, "-cf", top + b"/t.tar",
                            "cur", "box.mbox"], check=True)
        paths = [os.path.join(d, f) for d, _, all in
                 os.walk(os.fsencode(tmp)) for f in all]
        data = scan("-a", tmp, *sorted(paths)).out
        db = database(tmp, data)
        compare(db, data)
        wrong = db.execute(
            "SELECT t.path, t.messages, count(*) FROM message m JOIN store t "
            "ON t.id = m.store_id GROUP BY t.id HAVING count(*) IS NOT "
            "t.messages").fetchall()
        # In an archive whose own name has a ! nothing tells it from a member.
        same([r[0] for r in wrong if "/a!b/" not in r[0] and
              not r[0].endswith("/a")], [])
        check(db.execute("SELECT count(*) FROM store").fetchone()[0] > 25)


HOSTILE = ("'); DROP TABLE message; --", "\"`;\\", "a\nb\tc", "\u202e", "\0x",
           "%s%n", "x" * 5000, "?1", "\ufffd", "'")


@test
def hostile_bytes_come_back_as_they_are():
    paths = [os.fsencode("/m/" + h.replace("\0", "")) for h in HOSTILE] + \
        [b"/m/\xff\xfe'\x01", bytes(range(1, 256))]
    ids = [h.encode() for h in HOSTILE] + [b"<\xff\0\xfe@x>", b"<\0>"]
    records = []
    for path, mid in zip(paths, ids):
        r = {"type": "message", "format": "eml", "index": 1, "offset": 0,
             "length": 1, "raw": True, "severity": "high", "findings": [
                 {"code": "eod.lf-dot-crlf", "severity": "high", "count": 1,
                  "offsets": [0], "context": {
                      "offset": 0, "at": 0, "hex": "00", "text": "."}}]}
        for key, exact in (("path", path), ("message_id", mid)):
            r[key] = exact.decode("utf-8", "replace")
            try:
                exact.decode()
            except UnicodeDecodeError:
                r[key + "_b64"] = base64.b64encode(exact).decode()
        records.append(r)
    with folder() as tmp:
        db = database(tmp, made_up(records))
        got = db.execute(
            "SELECT CAST(coalesce(path_bytes, path) AS BLOB), CAST(coalesce("
            "message_id_bytes, message_id) AS BLOB) FROM message ORDER BY id"
        ).fetchall()
        same([tuple(r) for r in got], list(zip(paths, ids)))
        for text, in db.execute("SELECT path FROM message UNION ALL SELECT "
                                "message_id FROM message"):
            check("\0" not in text)


@test
def what_a_later_version_writes_is_passed_over():
    new = {"type": "message", "path": "a", "format": "new", "index": 1,
           "news": {"a": [1]}, "severity": "high", "findings": [
               {"code": "new.code", "severity": "high", "count": 2,
                "offsets": [3]}]}
    with folder() as tmp:
        db = database(tmp, made_up([{"type": "news", "path": 3}, new],
                                   codes=["other.code"]))
        same([tuple(r) for r in db.execute(
            "SELECT code, title, looked_for FROM code WHERE title IS NULL "
            "ORDER BY code")], [("new.code", None, 1), ("other.code", None, 1)])
        same(db.execute("SELECT count(*) FROM found").fetchone()[0], 1)


@test
def a_report_that_was_cut_off_says_so():
    whole = scan("samples/eml").out
    cut = whole.rindex(b"\n", 0, -1) + 1
    with folder() as tmp:
        for n, end in enumerate((cut, cut + 1, cut + 40)):
            ran = baredot("report", "--to", "sqlite", tmp + "/%d" % n,
                          input=whole[:end])
            same(ran.status, UNREADABLE)
            check("not a whole report" in ran.err, ran.err)
            db = connect(tmp + "/%d" % n)
            same(db.execute("SELECT whole FROM report").fetchone()[0], 0)
            same(db.execute("SELECT count(*) FROM summary").fetchone()[0], 0)
            same(db.execute("SELECT count(*) FROM message").fetchone()[0], 63)
        for n, (more, is_whole) in enumerate((
                (b"", 1), (b"\n", 1), (whole.splitlines(True)[1], 0),
                (whole.splitlines(True)[-1], 0))):
            db = database(tmp, whole + more, CLEAN if is_whole else UNREADABLE,
                          name="w%d" % n)
            same(db.execute("SELECT whole FROM report").fetchone()[0],
                 is_whole, more)


@test
def what_is_no_report_writes_nothing():
    bad = {"type": "message", "path": "a", "index": 1 << 64}
    with folder() as tmp:
        for data, says in (
                (b"", "is empty"), (b"{}\n", "line 1 is no record"),
                (made_up([]) + b"x\n", "line 3 is no"),
                (made_up([{"type": "message", "findings": [{}]}]), "line 2"),
                (made_up([{"type": "message", "path": "a",
                           "findings": [{}]}]), "line 2"),
                (made_up([{"type": "store"}]), "line 2 cannot be used"),
                (made_up([bad, bad]), "line 2"), (made_up([bad]), "line 2"),
                (made_up([{"type": "file", "path": "a",
                           "size": "9223372036854775808"}]), "line 2"),
                (made_up([{"type": "message", "path": "a", "path_b64": "!"}]),
                 "line 2")):
            ran = baredot("report", "--to", "sqlite", tmp + "/r.db",
                          input=data)
            same((ran.status, ran.out), (UNREADABLE, b""), data[:200])
            check(says in ran.err, ran.err)
            same(os.listdir(tmp), [])


@test
def nothing_is_replaced_without_force():
    data = scan("samples/mh").out
    with folder() as tmp:
        old = write(tmp + "/old.db", b"old")
        os.chmod(old, 0o640)
        os.symlink("nowhere", tmp + "/link")
        os.mkfifo(tmp + "/fifo")
        for name in ("old.db", "link", "fifo"):
            ran = baredot("report", "--to", "sqlite", tmp + "/" + name,
                          input=data)
            same((ran.status, read(old)), (UNREADABLE, b"old"))
            check("File exists (--force replaces it)" in ran.err, ran.err)
        for name in ("fifo", "."):
            ran = baredot("report", "--to", "sqlite", "--force",
                          tmp + "/" + name, input=data)
            same(ran.status, UNREADABLE)
            check("it is no file" in ran.err, ran.err)
        same(sorted(os.listdir(tmp)), ["fifo", "link", "old.db"])
        database(tmp, data, name="old.db", args=("--force",))
        same(os.stat(old).st_mode & 0o777, 0o640)
        ran = baredot("report", "--to", "sqlite", tmp + "/new.db", umask=0o27,
                      input=data)
        same(os.stat(tmp + "/new.db").st_mode & 0o777, 0o640)
        bad = baredot("report", "--to", "sqlite", "--force", old, input=b"x")
        same(bad.status, UNREADABLE)
        connect(old)


@test
def words_and_options_mean_the_same():
    data = scan("samples/mh").out
    with folder() as tmp:
        r = write(tmp + "/r", data)
        for n, args in enumerate((("--to", "sqlite", "DB", r),
                                  ("--to=sqlite", "DB"),
                                  ("-f", "sqlite", "-o", "DB", r),
                                  ("-o", "DB", "--format=sqlite", "-"))):
            db = "%s/%d" % (tmp, n)
            ran = baredot("report", *[db if a == "DB" else a for a in args],
                          input=data)
            same((ran.status, ran.out, ran.err), (CLEAN, b"", ""))
            compare(connect(db), data)
        for args, says in ((("--to", "sqlite"), "which database"),
                           (("--to", "sql", "a"), "html or sqlite"),
                           (("--to", "sqlite", "a", "b", "c"),
                            "which report"),
                           (("-f", "sqlite", "-o", "a"), "which report"),
                           (("--force", "a"), "--force is for")):
            ran = baredot("report", *args, cwd=tmp)
            same((ran.status, ran.out), (USAGE, b""), args)
            check(says in ran.err, ran.err)
        check(not os.path.exists(tmp + "/a"))


@test
def an_interrupted_one_leaves_nothing():
    with folder() as tmp:
        p = subprocess.Popen([BAREDOT, "report", "--to", "sqlite",
                              tmp + "/r.db", "-"], stdin=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        p.stdin.write(scan("samples").out)
        p.stdin.flush()
        while not catches(p.pid, signal.SIGTERM):
            time.sleep(0.01)
        time.sleep(0.2)
        p.send_signal(signal.SIGTERM)
        same(p.wait(20), INTERRUPTED)
        same(p.stderr.read(), b"baredot: interrupted\n")
        p.stdin.close()
        same(os.listdir(tmp), [])


@test
def a_disk_that_is_full_is_told():
    def small():
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
    with folder() as tmp:
        ran = baredot("report", "--to", "sqlite", tmp + "/r.db",
                      input=scan("samples").out, preexec_fn=small)
        same(ran.status, UNREADABLE)
        check("the database: " in ran.err, ran.err)
        same(os.listdir(tmp), [])


@test
def a_name_is_no_uri():
    data = scan("samples/mh").out
    with folder() as tmp:
        for name in ("file:x?mode=memory&a=", "file:r.db", "file::memory:"):
            ran = baredot("report", "--to", "sqlite", name, input=data,
                          cwd=tmp)
            same((ran.status, ran.out, ran.err), (CLEAN, b"", ""))
            compare(connect(tmp + "/" + name), data)
        same(len(os.listdir(tmp)), 3)


@test
def codes_of_a_later_version_do_not_hide_others():
    lines = scan("samples/mh").out.splitlines(keepends=True)
    head = json.loads(lines[0])
    head["codes"] = ["new.code-%d" % i for i in range(100)] + head["codes"]
    data = ndjson([head]) + b"".join(lines[1:])
    with folder() as tmp:
        baredot("report", "--to", "sqlite", tmp + "/db", input=data)
        got = {r[0] for r in connect(tmp + "/db").execute(
            "SELECT code FROM code WHERE looked_for")}
        check(set(head["codes"]) <= got, set(head["codes"]) - got)


# By a process that is small: until it is replaced a child counts as that.
MEASURE = """if True:
    import os, subprocess, sys
    child = subprocess.Popen(sys.argv[1:])
    _, status, used = os.wait4(child.pid, 0)
    print(status, used.ru_maxrss)
"""


@test
def a_hundred_thousand_need_little_memory():
    line = ndjson([{
        "type": "message", "path": "/var/vmail/user%d/box", "index": 7,
        "format": "mbox", "severity": "high", "findings": [
            {"code": "eod.lf-dot-crlf", "severity": "high", "count": 1,
             "offsets": [1, 2, 3], "context": {
                 "offset": 0, "at": 0, "hex": "00", "text": "."}}]}])
    with folder() as tmp:
        with open(tmp + "/r", "wb") as f:
            f.write(made_up([]).splitlines(True)[0])
            for i in range(100000):
                f.write(line.replace(b"%d", b"%d" % (i // 7)))
            f.write(ndjson([{"type": "summary", "records": 100002}]))
        status, kib = map(int, subprocess.check_output(
            [sys.executable, "-c", MEASURE, FAST, "report", "--to", "sqlite",
             tmp + "/r.db", tmp + "/r"]).split())
        same(status, 0)
        check(kib < 40 << 10, "%d KiB" % kib)
        db = connect(tmp + "/r.db")
        same(db.execute("SELECT count(*) FROM place").fetchone()[0], 300000)
        same(db.execute("SELECT count(*) FROM store").fetchone()[0], 14286)


# --- docs/queries.md

def section(heading):
    text = read(DOC, "r")
    return text.split("## %s\n" % heading)[1].split("\n## ")[0]


def documented(kind):
    """Name and columns of each, as docs/queries.md has them."""
    lines = re.findall(r"^\| `(\w+)` \| [^|]+ \| (.*) \|$",
                       section("The database"), re.M)
    return {name: columns.split(", ") for name, columns in lines
            if (kind == "view") == (name in VIEWS)}


VIEWS = ("found", "worst_store", "code_total", "month_total", "flagged_path",
         "between_servers")
TYPES = {"INTEGER": " int", "BLOB": " bytes", "TEXT": "", "": " any"}


def column(c, keys):
    to = " \u2192 `%s`" % keys[c["name"]] if c["name"] in keys else ""
    return "`%s`%s%s" % (c["name"], TYPES[c["type"]], to)


@test
def the_schema_is_the_documented_one():
    with folder() as tmp:
        db = database(tmp, made_up([]))
        for kind in ("table", "view"):
            got = {}
            for name, in db.execute("SELECT name FROM sqlite_master WHERE "
                                    "type = ?", (kind,)).fetchall():
                keys = {k["from"]: k["table"] for k in db.execute(
                    "SELECT * FROM pragma_foreign_key_list(?)", (name,))}
                got[name] = [column(c, keys) if kind == "table" else
                             "`%s`" % c["name"] for c in db.execute(
                                 "SELECT * FROM pragma_table_info(?)",
                                 (name,))]
            same(got, documented(kind))
        same(db.execute("PRAGMA user_version").fetchone()[0], 1)
        same(db.execute("SELECT schema_version FROM report").fetchone()[0], 1)


BOX = (b"From a@b.example Mon Jan  1 00:00:00 2024\n"
       b"From: a@example.com\nMessage-ID: <clean@x>\n\nhi\n\n"
       b"From a@b.example Mon Jan  1 00:00:00 2024\n"
       b"From: a@example.com\nMessage-ID: <two@x>\n\nhi\n.\r\nbye\n")
DATED = b"Message-ID: <%s@x>\r\nDate: %s\r\n\r\ntext\r\n"
CUT = b"\n.\r\nmore\r\n"
MARCH, JUNE = (b"Thu, 14 Mar 2024 22:13:20 +0000",
               b"Fri, 14 Jun 2024 22:13:20 +0000")


def make_asked(tmp):
    """A store of which all answers are known."""
    for name, data in (
            ("m1", DATED % (b"m1", MARCH) + CUT),
            ("m2", DATED % (b"m2", JUNE) + CUT),
            ("m3", DATED % (b"m3", JUNE) + b"a\rb\r\n")):
        write(tmp + "/store/md/cur/" + name, data)
    write(tmp + "/store/box.mbox", BOX)
    write(os.fsencode(tmp) + b"/store/odd \xff'/m.eml",
          b"Subject: none\r\n\r\ntext" + CUT)
    write(tmp + "/store/z.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\3broken")
    for command, to in (("scan", "report"), ("replay", "replay")):
        ran = baredot(command, "-f", "ndjson", "-o", tmp + "/%s.ndjson" % to,
                      "store", cwd=tmp)
        same(ran.status, UNREADABLE)
    os.unlink(tmp + "/store/md/cur/m2")
    baredot("scan", "-f", "ndjson", "-o", tmp + "/old.ndjson", "store",
            cwd=tmp)
    write(tmp + "/store/md/cur/m2", DATED % (b"m2", JUNE) + CUT)
    for name in ("report", "replay", "old"):
        same(baredot("report", "--to", "sqlite", name + ".db",
                     name + ".ndjson", cwd=tmp).status, CLEAN)


def sha(path):
    return hashlib.sha256(read(path)).hexdigest()


def answers(tmp):
    """By hand."""
    m2 = sha(tmp + "/store/md/cur/m2")
    high = (b"box.mbox", b"md/cur/m1", b"md/cur/m2", b"odd \xff'/m.eml")
    return {
        "Is it all there?": b"true\n",
        "Which stores are worst?":
            b"2\tstore/md/cur\n1\tstore/box.mbox\n"
            b"1\tstore/odd \xef\xbf\xbd'\n",
        "Which codes were found?":
            b"4\teod.lf-dot-crlf\n3\teol.bare-lf\n1\teol.bare-cr\n"
            b"1\teol.crlf\n",
        "Which messages have a code?":
            b"store/box.mbox\t2\t<two@x>\nstore/md/cur/m1\t1\t<m1@x>\n"
            b"store/md/cur/m2\t1\t<m2@x>\nstore/odd \xef\xbf\xbd'/m.eml"
            b"\t1\t\n",
        "At which byte of the file is each?": b"".join(
            b"store/%s\t%d\teod.lf-dot-crlf\n" % (
                n.replace(b"\xff", b"\xef\xbf\xbd"), at) for n, at in zip(
                    high, (BOX.index(b".\r\nbye"),
                           *[len(DATED % (b"m1", MARCH)) + 1] * 2,
                           len(b"Subject: none\r\n\r\ntext") + 1))),
        "Which files are it, for other programs?": b"".join(
            b"%s  store/%s\n" % (sha(os.fsencode(tmp) + b"/store/" + n
                                     ).encode(), n) for n in high),
        "How many in which month?": b"-\t2\n2024-03\t1\n2024-06\t2\n",
        "What was not read, and why?": None,
        "What is in this report that was not in the last one?":
            "".join("%s\t%s\t\n" % (m2, c) for c in (
                "eod.lf-dot-crlf", "eol.bare-lf")).encode(),
        "Which receivers are fooled, by how many messages?": None,
        "Between whom would a message split?": None,
    }


@test
def every_documented_question_has_its_answer():
    for tool in ("jq", "sqlite3", "perl"):
        if shutil.which(tool) is None:
            raise Skip("no %s here" % tool)
    parts = section("Questions").split("\n### ")[1:]
    with folder() as tmp:
        make_asked(tmp)
        want = answers(tmp)
        same({p.split("\n")[0] for p in parts}, set(want))
        for part in parts:
            name = part.split("\n")[0]
            blocks = re.findall(r"^```sh\n(.*?)^```", part, re.M | re.S)
            same(len(blocks), 3, name)
            for tool, block in zip(("jq", "python3", "sqlite3"), blocks):
                check(tool in block, (name, tool))
                got = subprocess.run(["sh", "-c", block], cwd=tmp,
                                     stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, timeout=60,
                                     env=dict(os.environ, LC_ALL="C.UTF-8"))
                same(got.stderr, b"", name)
                check(got.stdout, name)
                want[name] = want[name] or got.stdout   # the first one says it
                same(got.stdout, want[name], (name, block))
        same(want["What was not read, and why?"].split(b"\t")[0],
             b"store/z.gz")
        # Of a sender that sends what is stored: those that replay names.
        pair = want["Between whom would a message split?"].split(b"\n")[0]
        n, sender, receiver = pair.decode().split("\t")
        ran = baredot("replay", "-f", "ndjson", "--from", sender, "--to",
                      receiver, "store", cwd=tmp)
        last = ran.records()[-1]
        same(sum(last["replay"]["messages"][k] for k in ("cut", "smuggled")),
             int(n))
        fooled = want["Which receivers are fooled, by how many messages?"]
        check(fooled.split(b"\n")[0].startswith(b"4\t"), fooled)


run()
