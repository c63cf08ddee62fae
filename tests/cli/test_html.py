"""The page (-f html, baredot report): its structure, its counts, what is
escaped, and what is said when there is no report."""
import base64
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser

sys.dont_write_bytecode = True
from cli import (BAREDOT, CLEAN, FINDINGS, INTERRUPTED, TOP, UNREADABLE, USAGE,
                 Skip, baredot, catches, check, folder, interrupted, read, run,
                 same, scan, test, write)

VOID = {"meta", "br", "hr", "img", "input", "link", "wbr", "rect"}
FAST = os.path.join(TOP, "build", "baredot")
LEVELS = ("info", "low", "medium", "high")
ATTACK = b"<script>window.hurt=1</script>\"'><img src=x onerror=hurt()>`"
MAIL = (b"From: a@example.com\r\nMessage-ID: <%s>\r\nDate: Tue, 14 Nov 2023 "
        b"22:13:20 +0000\r\n\r\ntext\r\n.\n%s\r\n")


class Page(HTMLParser):
    """Reads a page as a browser without scripts does; fails where tags do
    not match."""

    def __init__(self, data):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.ids, self.links = [], [], [], []
        self.texts, self.css, self.js, self.policy = [], "", "", None
        self.tables = []
        self.feed(data.decode("utf-8"))
        self.close()
        same(self.open, [], "tags that are not closed")
        self.text = "".join(self.texts)

    def handle_starttag(self, tag, attrs):
        names = [k for k, _ in attrs]
        same(len(names), len(set(names)), "an attribute stands twice")
        a = dict(attrs)
        check(not any(k.startswith("on") or k in ("style", "src", "srcset",
                                                  "action", "srcdoc")
                      for k in a), a)
        check(not any("//" in (v or "") for v in a.values()), a)
        if "id" in a:
            self.ids.append(a["id"])
        if "href" in a:
            self.links.append(a["href"])
        if a.get("http-equiv") == "Content-Security-Policy":
            check("style" not in self.tags and "script" not in self.tags,
                  "the policy comes first")
            self.policy = a["content"]
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag == "th":
            check(a.get("scope") in ("row", "col"), "a th without scope")
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        same(self.open.pop() if self.open else None, tag, "an end tag")

    def handle_data(self, data):
        if "script" in self.open:
            self.js += data
        elif "style" in self.open:
            self.css += data
        else:
            self.texts.append(data)
        if self.open and ("td" in self.open or "th" in self.open):
            self.tables[-1][-1][-1] += data

    def handle_comment(self, data):
        check(False, "a comment: %r" % data[:80])

    def table(self, head, third=None):
        """The rows of the table whose first cell, or third, says that."""
        (t,) = [t for t in self.tables if t and t[0] and t[0][0] == head and
                third in (None, t[0][2])]
        return t[1:]


def page_of(data):
    """All that holds for every page."""
    check(data.startswith(b"<!DOCTYPE html>\n") and
          data.endswith(b"</html>\n"))
    check(not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", data),
          "a control character")
    check(not re.search("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]",
                        data.decode("utf-8")), "what cannot be seen")
    p = Page(data)
    same(len(p.ids), len(set(p.ids)), "an id stands twice")
    for link in p.links:
        check(link.startswith("#") and link[1:] in p.ids, link)
    same((p.tags.count("script"), p.tags.count("style"),
          p.tags.count("main"), p.tags.count("h1")), (1, 1, 1, 1))
    same(p.tags.count("table"), p.tags.count("caption"))
    check("iframe" not in p.tags and "object" not in p.tags)
    check("url(" not in p.css and "@import" not in p.css and
          "http" not in p.css + p.js)
    same(p.policy, "default-src 'none'; base-uri 'none'; form-action 'none'; "
         "style-src '%s'; script-src '%s'" % (digest(p.css), digest(p.js)))
    return p


def digest(text):
    return "sha256-" + base64.b64encode(
        hashlib.sha256(text.encode()).digest()).decode()


def number(text):
    return int(text.replace(",", "") or 0)


def report(data, *args, **more):
    """The page of these records."""
    ran = baredot("report", *args, "-", input=data, **more)
    same((ran.status, ran.err), (CLEAN, ""))
    return ran.out


def ndjson(records):
    return b"".join(json.dumps(r).encode() + b"\n" for r in records)


def made_up(messages, before=()):
    """A report around these message records, as far as a page needs it."""
    body = list(before) + messages
    return ndjson([{"type": "header", "tool": "baredot", "host": "h",
                    "start": "2026-01-01T00:00:00Z", "command": ["baredot"],
                    "min_severity": "info"}] + body +
                  [{"type": "summary", "messages": len(messages),
                    "records": len(body) + 2}])


def message(path, code="eol.bare-cr", severity="medium", **more):
    r = {"type": "message", "path": path, "format": "eml", "index": 1,
         "offset": 0, "length": 100, "raw": True, "convention": "lf",
         "severity": severity,
         "findings": [{"code": code, "severity": severity, "count": 1,
                       "offsets": [40], "context": {
                           "offset": 24, "at": 16,
                           "hex": "61" * 16 + "0d" + "62" * 23,
                           "text": "a" * 16 + "." + "b" * 23}}]}
    r.update(more)
    return r


def articles(p):
    return p.tags.count("article")


@test
def the_counts_are_those_of_the_ndjson():
    ran = scan("samples")
    p = page_of(report(ran.out))
    summary = ran.records()[-1]
    flagged = [r for r in ran.of_type("message") if r["findings"]]
    same(articles(p), summary["flagged"])
    same(p.tags.count("li") - p.tags.count("nav") * 9 - 2,
         sum(len(r["findings"]) for r in flagged))
    same(p.tags.count("pre"), sum(f["context"]["hex"] != ""
                                  for r in flagged for f in r["findings"]))
    tiles = dict(re.findall(r"\n(high|medium|low|info|messages|stores|"
                            r"not read|not observable)([\d,]+)", p.text))
    want = {k: str(v) for k, v in summary["messages_by_severity"].items()}
    want.update({"messages": str(summary["messages"]),
                 "stores": str(summary["stores"]),
                 "not read": str(summary["unreadable"]),
                 "not observable": str(sum(
                     r["not_observable"]["messages"]
                     for r in ran.of_type("store")
                     if "not_observable" in r))})
    same(tiles, want)
    rows = {r[0]: {"messages": number(r[3]), "count": number(r[4]),
                   "worst": r[2]} for r in p.table("Code")}
    same(rows, summary["codes"])
    order = [LEVELS.index(r[2]) for r in p.table("Code")]
    same(order, sorted(order, reverse=True), "the worst code first")


@test
def stores_and_folders_add_up():
    ran = scan("samples")
    p = page_of(report(ran.out))
    want = ran.records()[-1]["messages_by_severity"]
    stores = [r for t in p.tables if t and t[0] and t[0][0] == "Store" and
              t[0][2:3] == ["high"] for r in t[1:]]
    for i, level in enumerate(reversed(LEVELS)):
        same(sum(number(r[2 + i]) for r in stores), want[level], level)
        same(number(p.table("Folder")[0][2 + i]), want[level], level)
    same(number(p.table("Folder")[0][1]), len(stores))
    (eml,) = [r for r in stores if r[0] == "samples/eml"]
    mine = [r for r in ran.of_type("message")
            if r["path"].startswith("samples/eml/") and r["findings"]]
    same(sum(number(c) for c in eml[2:6]), len(mine))
    (one,) = [r for r in ran.of_type("store") if r["path"] == "samples/eml"]
    same(number(eml[1]), one["messages"])
    check(not any(r[0].startswith("samples/mbox/") and r[1] != "2"
                  for r in stores if r[0] != "samples/mbox/no-blank.mbox"))


@test
def a_file_that_was_named_is_a_store_of_its_own():
    for args in ((), ("--forensic",), ("--all",)):
        ran = scan(*args, "samples/smuggle",
                   "samples/eml/eod.lf-dot-crlf.crlf.eml")
        p = page_of(report(ran.out))
        same(sorted(r[0] for r in p.table("Store", "high")),
             ["samples/eml/eod.lf-dot-crlf.crlf.eml", "samples/smuggle"])


@test
def findings_stand_with_their_bytes_and_their_meaning():
    with folder() as tmp:
        write(tmp + "/m.eml", MAIL % (b"1@example.org", b"MAIL FROM:<b>"))
        p = page_of(scan_page(tmp + "/m.eml"))
        check("Only <CRLF>.<CRLF> ends the data of an SMTP" in p.text)
        check("2e 0a 4d 41 49 4c 20 46" in p.text and
              ".  LF M  A  I  L  ·  F" in p.text,
              "the bytes")
        check("2023-11-14T22:13:20Z" in p.text and
              "<1@example.org>" in p.text)
        check("code-eod.crlf-dot-lf" in p.ids)


def scan_page(*args):
    ran = baredot("scan", "-f", "html", "-j", "0", *args)
    same((ran.status, ran.err), (FINDINGS, ""))
    return ran.out


@test
def every_message_with_findings_has_its_date():
    """Also one that gave no reason for a second look, and in a pipe."""
    mail = MAIL[:MAIL.index(b"text")] % b"x" + b"y" * 1200 + b"\r\n"
    with folder() as tmp:
        path = write(tmp + "/m.eml", mail)
        for args in ((), ("--hash",), ("--dkim",), ("-m", "low")):
            for more in ((path,), ("-",)):
                ran = scan(*args, *more, input=mail)
                (m,) = ran.of_type("message")
                same((m["date"], [f["code"] for f in m["findings"]]),
                     ("2023-11-14T22:13:20Z", ["limit.line-998"]))
        (m,) = scan("-a", "-m", "high", path).of_type("message")
        same((m["findings"], "date" in m), ([], False))


@test
def what_is_in_mail_and_names_is_escaped():
    evil = (b"a\xff\xe2\x80\xae\x01\n" + ATTACK).replace(b"/", b"|")
    with folder() as tmp:
        path = os.path.join(os.fsencode(tmp), evil + b".eml")
        write(path, MAIL % (ATTACK + b"\x01\xff\xe2\x80\xae", ATTACK) +
              b"\0\xff</noscript></pre>--><!--")
        write(path + b"2", MAIL % (b"x", b"</title></style>"))
        data = scan_page(tmp)
        p = page_of(data)
        for marker in (b"<script>window", b"<img", b"window.hurt=1<",
                       b"\xff", b"</noscript></pre>", b"onerror=hurt()>"):
            check(marker not in data, marker)
        shown = r"""a\xff\u{202e}\x01\n<script>window.hurt=1<|script>"'>""" \
            "<img src=x onerror=hurt()>`.eml"
        check(shown in p.text, "the name, for people")
        same(articles(p), 2)


@test
def reports_that_were_edited_do_no_harm():
    bad = "</noscript></details><script>hurt()</script>"
    m = message(bad + "/x", format=bad, convention=bad, date=bad,
                message_id=bad, severity=bad, would_reject=bad,
                envelope={"sender": bad, "recipients": [{"address": bad}, 7],
                          "queue_id": bad, "arrived": bad},
                dkim=[{"domain": bad, "body": bad}, "x"],
                header_cut={"length": 5, "seen": bad},
                repair={"action": bad, "why": bad})
    m["findings"] += [{"code": bad, "severity": bad, "rule": bad,
                       "message": bad, "count": "x", "offsets": [bad, 1],
                       "context": {"hex": "zz", "at": 0, "offset": 0}},
                      {"code": "rule.match", "because": bad, "reply": bad,
                       "source": bad, "offsets": [2 ** 60], "count": 2 ** 52,
                       "context": {"hex": "00" * 5000, "at": 10 ** 12,
                                   "offset": "18446744073709551615"}},
                      None, 5, []]
    more = [{"type": "store", "path": bad, "messages": 3, "format": bad,
             "not_observable": {"messages": 2, "codes": [bad, 1]},
             "dialects": {"disputes": 3}},
            {"type": "unreadable", "path": bad, "error": bad, "limit": bad},
            {"type": "skipped", "path": bad, "reason": bad},
            {"type": "outcome", "path": bad, "status": bad, "why": bad},
            {"type": bad}, {"type": 5}, {}]
    for path in ("", "/", "!", "//", "a/", "a!", "x" * 5000):
        more.append(message(path))
    data = report(made_up([m], more))
    page_of(data)
    check(b"<script>hurt" not in data)
    check(b"&#60;script&#62;hurt" in data)


@test
def many_in_one_store_stand_in_pieces():
    p = page_of(report(made_up(
        [message("box", format="mbox", index=i, severity="low" if i % 2 else
                 "high") for i in range(1, 252)])))
    same(articles(p), 251)
    same(re.findall(r"Messages (\d+ to \d+): (\w+(?: to \w+)?)", p.text),
         [("101 to 200", "high to low"), ("201 to 251", "low")])
    same(p.tags.count("noscript"), 2)
    for n in (1, 99, 100, 101, 200, 201):
        for many in (True, False):
            p = page_of(report(made_up(
                [message("box", format="mbox", index=i) for i in range(n)] +
                [message("d%d/x" % i) for i in range(n if many else 0)])))
            same(articles(p), 2 * n if many else n)


@test
def a_code_that_a_message_has_twice_is_one_message():
    m = message("a/1", code="rule.match")
    m["findings"] = [dict(m["findings"][0], rule=r, count=2, message="says " +
                          r) for r in ("one", "two")]
    p = page_of(report(made_up([m, message("a/2", code="rule.match")])))
    same([r[:1] + r[3:5] for r in p.table("Code")], [["rule.match", "2",
                                                      "5"]])
    check("says one" in p.text and "says two" in p.text)


@test
def a_replay_has_its_matrix():
    """Each cell, as the records have it; names of the user's own escaped."""
    letters = {"smuggled": "S", "cut": "c", "open": "o", "refused": "r",
               "unsent": "-", "by_bdat": "b", "whole": "."}
    ran = baredot("replay", "-f", "ndjson", "samples/eml")
    records = ran.records()
    plan, got = records[0]["replay"], records[-1]["replay"]
    want = {r["name"] + ("*" if r["known"] == "prose" else ""): [
        next(letters[k] for k in letters if r["name"] in row.get(k, ()))
        for row in got["matrix"]] for r in plan["receivers"]}
    p = page_of(report(ran.out))
    (matrix,) = [t for t in p.tables if len(t) == len(want) + 1 and
                 t[-1][0] in want]
    same({row[0]: row[1:] for row in matrix[1:]}, want)
    same([x.rstrip("*") for x in matrix[0][1:]],
         [row["sender"] for row in got["matrix"]])
    (totals,) = [t for t in p.tables if t[1][0] == "smuggled"]
    same({row[0]: number(row[2]) for row in totals[1:]},
         dict(got["messages"], by_bdat=0))
    split = [r for r in records if r["type"] == "replay" and
             r["worst"] in ("open", "cut", "smuggled")]
    (shown,) = [t for t in p.tables if t[0][-1] == "Message-ID"]
    same([(row[0], number(row[1]), row[2]) for row in shown[1:]],
         [(r["path"], r["index"], r["worst"]) for r in split])
    check("%d of %d messages do not arrive" % (
        len(split), records[-1]["messages"]) in p.text)
    records[-1]["replay"]["matrix"][0]["sender"] = ATTACK.decode()
    records[0]["replay"]["receivers"][0]["name"] = ATTACK.decode()
    p = page_of(report(ndjson(records)))
    check(p.text.count(ATTACK.decode()) >= 2)
    # A report that was edited.
    for broken in ({"matrix": [{}] * 99}, {"matrix": 7}, {},
                   {"matrix": [{"cut": ["nobody", 7]}], "messages": 3}):
        records[-1]["replay"] = broken
        page_of(report(ndjson(records)))


@test
def rules_are_counted():
    with folder() as tmp:
        rules = write(tmp + "/r.rules", b'''rule "greets" {
	pattern = 'Hello'
	scope = body-line
	message = "says <hello>"
}
''')
        write(tmp + "/m.eml", b"From: a@example.com\n\nHello\nHello\n")
        ran = scan("--rules", rules, tmp + "/m.eml")
        want = ran.records()[-1]["rules"]
        check("rules" in page_of(report(ran.out)).ids and len(want) == 1,
              ran.err)
        p = page_of(report(ran.out))
        same({r[0]: {"messages": number(r[1]), "count": number(r[2])}
              for r in p.table("Rule")}, want)
        check("says <hello>" in p.text)
    data = report(made_up([])[:-2] + b', "rules": {"<script>": {}, "x": 1}}'
                  b"\n")
    same(page_of(data).table("Rule"), [["<script>", "0", "0"]])


@test
def many_small_stores_stand_together():
    p = page_of(report(made_up(
        [message("top/user%03d/cur/1" % i) for i in range(450)])))
    same(articles(p), 450)
    same(re.findall(r"(\d+) more stores with (\d+) messages, medium the "
                    r"worst", p.text), [("100", "100")] * 3 + [("50", "50")])
    same([r[0] for r in p.table("Folder")][0], "top")
    check("480 more stores" in p.text or "430 more stores" in p.text)


@test
def the_timeline_has_every_dated_message():
    dates = (["2023-%02d-10T00:00:00Z" % (i % 12 + 1) for i in range(200)] +
             ["1999-01-01T00:00:00Z", "2090-01-01T00:00:00Z",
              "1960-01-01T00:00:00Z", "no date"])
    messages = [message("box", format="mbox", index=i, date=d)
                for i, d in enumerate(dates)] + [message("x/1")]
    p = page_of(report(made_up(messages)))
    rows = p.table("Date")
    same(rows[0][0], "before 2023-01")
    same(rows[-1][0], "after 2023-12")
    same([r[0] for r in rows[1:-1]], ["2023-%02d" % i for i in range(1, 13)])
    same(sum(number(r[2]) for r in rows), 202)
    check("3 messages without a date" in p.text)
    for step, first in ((1, "2024-01-01"), (40, "2024-01"), (400, "2024")):
        p = page_of(report(made_up([
            message("box", format="mbox", index=i, date="%s-%02d-%02dT00:00:"
                    "00Z" % day(i * step)) for i in range(12)])))
        same(p.table("Date")[0][0], first)
        same(sum(number(r[2]) for r in p.table("Date")), 12)


def day(n):
    return 2024 + n // 336, n // 28 % 12 + 1, n % 28 + 1


@test
def from_a_file_a_pipe_and_at_once_it_is_the_same():
    with folder() as tmp:
        records = scan("samples").out
        path = write(tmp + "/r.ndjson", records)
        page = report(records)
        check(baredot("report", path).out == page)
        with open(path, "rb") as f:
            check(baredot("report", "-f", "html", "-", stdin=f).out == page)
        ran = baredot("report", path, "-o", tmp + "/r.html")
        same((ran.status, ran.out, ran.err), (CLEAN, b"", ""))
        check(read(tmp + "/r.html") == page)
        ran = baredot("scan", "-f", "html", "-j", "0", "-o",
                      tmp + "/s.html", "samples")
        same((ran.status, ran.out), (UNREADABLE, b""))
        check(bare(read(tmp + "/s.html")) == bare(page))
        ran = baredot("scan", "-f", "html", "samples")
        check(bare(ran.out) == bare(page))
        same(sorted(os.listdir(tmp)), ["r.html", "r.ndjson", "s.html"])


def bare(page):
    """Without what is of one run."""
    return re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z|"
                  rb"<dt>(Command|Sandbox)</dt>.*", b"", page)


@test
def fix_has_a_page_too():
    with folder() as tmp:
        write(tmp + "/m.eml", MAIL % (b"x", b"more\nbare"))
        ran = baredot("fix", "-f", "html", tmp + "/m.eml")
        check("repair: edit" in page_of(ran.out).text)


@test
def a_redacted_report_is_one_still():
    with folder() as tmp:
        write(tmp + "/secretbox/m.eml", MAIL % (b"secretid@example.org",
                                                b"secrettext"))
        data = scan_page("--redact", tmp)
        p = page_of(data)
        check("Redacted" in p.text and articles(p) == 1)
        for word in (b"secret", os.fsencode(tmp), b"example.org"):
            check(word not in data, word)
        check("2023-11-14T00:00:00Z" in p.text)


@test
def what_is_no_report_is_told_and_writes_nothing():
    with folder() as tmp:
        old = write(tmp + "/old.html", b"old")
        for data, says in ((b"", "is empty"), (b"{}\n", "line 1 is no"),
                           (b"<html>\n", "line 1 is no"),
                           (made_up([]) + b"x\n", "line 3 is no"),
                           (made_up([{"type": "message",
                                      "findings": [{}]}]), "line 2")):
            ran = baredot("report", "-o", old, "-", input=data)
            same((ran.status, ran.out), (UNREADABLE, b""))
            check(says in ran.err, ran.err)
            same(read(old), b"old")
        same(os.listdir(tmp), ["old.html"])
        ran = baredot("report", tmp + "/none")
        same(ran.status, UNREADABLE)
        check("cannot open" in ran.err)


@test
def a_report_that_was_cut_off_says_so():
    whole = scan("samples/eml").out
    cut = b"".join(whole.splitlines(True)[:-1])
    for more in (1, 40, len(whole) - len(cut) - 2):     # within a record
        ran = baredot("report", "-", input=whole[:len(cut) + more])
        same(ran.status, UNREADABLE)
        check("The report is not whole" in page_of(ran.out).text)
    for bad in (b"{\n", b"x" + whole):         # that is no cut
        ran = baredot("report", "-", input=bad)
        same((ran.status, ran.out), (UNREADABLE, b""))
    ran = baredot("report", "-", input=cut)
    same(ran.status, UNREADABLE)
    check("not a whole report" in ran.err)
    p = page_of(ran.out)
    check("The report is not whole" in p.text)
    check("The report is not whole" not in page_of(report(whole)).text)


@test
def a_scan_that_was_interrupted_has_a_page_of_what_was_done():
    with folder() as tmp:
        ran = interrupted("-f", "html", "-o", tmp + "/r.html")
        same(ran.status, INTERRUPTED)
        same(os.listdir(tmp), ["r.html.partial"])
        p = page_of(read(tmp + "/r.html.partial"))
        check("The scan was interrupted" in p.text and articles(p) > 0)


@test
def an_interrupted_report_leaves_nothing():
    with folder() as tmp:
        old = write(tmp + "/r.html", b"old")
        p = subprocess.Popen([BAREDOT, "report", "-o", old, "-"],
                             stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        p.stdin.write(scan("samples").out)
        p.stdin.flush()
        while not catches(p.pid, signal.SIGTERM):
            time.sleep(0.01)
        time.sleep(0.2)
        p.send_signal(signal.SIGTERM)
        same(p.wait(20), INTERRUPTED)
        same(p.stderr.read(), b"baredot: interrupted\n")
        p.stdin.close()
        same((os.listdir(tmp), read(old)), (["r.html"], b"old"))


@test
def a_full_disk_is_told():
    if not os.path.exists("/dev/full"):
        raise Skip("no /dev/full here")
    records = scan("samples").out
    with open("/dev/full", "wb") as full:
        for more in ({}, {"env": {"TMPDIR": "/nonexistent"}}):
            ran = baredot("report", "-", input=records, stdout=full, **more)
            same(ran.status, UNREADABLE)
            check("No space left" in ran.err, ran.err)


@test
def a_clean_store_has_a_page():
    with folder() as tmp:
        write(tmp + "/m.eml", b"From: a@example.com\n\ntext\n")
        ran = baredot("scan", "-f", "html", tmp)
        same(ran.status, CLEAN)
        p = page_of(ran.out)
        check("No findings in 1 message." in p.text)
        check("findings" not in p.ids and "means" not in p.ids)


@test
def usage_is_explained():
    for args, says in (((), "which report"), (("a", "b"), "which report"),
                       (("-f", "xml", "a"), "takes html"),
                       (("--nope",), "nope")):
        ran = baredot("report", *args)
        same((ran.status, ran.out), (USAGE, b""))
        check(says in ran.err, ran.err)
    for args in (("report", "--help"), ("help", "report")):
        ran = baredot(*args)
        same((ran.status, ran.err), (CLEAN, ""))
        check(b"Usage: baredot report" in ran.out and b"--output" in ran.out)


@test
def a_hundred_thousand_need_little_memory():
    with folder() as tmp:
        line = ndjson([message("/var/vmail/example.com/user%d/box",
                               format="mbox", index=7)])
        with open(tmp + "/r", "wb") as f:
            f.write(made_up([]).splitlines(True)[0])
            for i in range(110000):
                f.write(line.replace(b"%d", b"%d" % (i % 500)))
            f.write(ndjson([{"type": "summary", "messages": 110000,
                             "records": 110002}]))
        with open(tmp + "/out", "wb") as out:
            p = subprocess.Popen([FAST, "report", tmp + "/r"], stdout=out)
            _, status, used = os.wait4(p.pid, 0)
        same(status, 0)
        check(used.ru_maxrss < 32 << 10, "%d KiB" % used.ru_maxrss)
        data = read(tmp + "/out")
        same(data.count(b"<article"), 100000)
        check(b"10,000 messages are counted but not shown" in data)


run()
