"""--redact: nothing of a message, and of nobody's name, is in the report.

Whatever is of a message or of a name has a marker in it: a word of its own,
made of letters that stand beside each other nowhere else.
"""
import base64
import gzip
import io
import itertools
import json
import os
import re
import subprocess
import tarfile
import zipfile

from harness import FROM, OPT, ROOT, SAN, check, main, same, scan, write

LETTERS = "qzwvjyk"
TOKEN = re.compile(r"[0-9a-f]{16}")


class Markers:
    """Words that are asked for by what they are for."""

    def __init__(self):
        self.of = {}
        # Every sixth: the first four letters of each are its own.
        self.words = itertools.islice(("".join(w) for w in
                                       itertools.permutations(LETTERS)),
                                      0, None, 6)

    def __call__(self, what):
        if what not in self.of:
            self.of[what] = next(self.words)
        return self.of[what]


def samples(*path):
    with open(os.path.join(ROOT, "samples", *path), "rb") as f:
        return f.read()


def mail(m, name):
    """A marker in each place of a message that a report may show."""
    def w(what):
        return m("%s of %s" % (what, name)).encode()
    return b"".join((
        b"From: \xff <", w("from"), b"@example.com>\n",
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=",
        w("domain"), b".example; s=", w("selector"),
        b"; h=from; bh=", base64.b64encode(bytes(32)), b"; b=AAAA\n",
        b"Message-ID: <", w("id"), b"@example.com>\n",
        b"Subject: \0", w("subject"), b"\n",
        b"Content-Type: multipart/mixed; boundary=b\n\n",
        b"--b\nContent-Type: application/", w("type"), b"\n",
        b"Content-Transfer-Encoding: ", w("encoding"), b"\n\n",
        w("text"), b"\r.\n", w("behind"), b"\n--b--\n",
        w("long"), b"x" * 998, b"\n"))


def queued(m):
    data = samples("postfix", "active", "4D5E6F7A8B")
    for old, what in ((b"bob@example.net", "recipient"),
                      (b"alice@example.com", "sender")):
        new = (m("a queue's " + what) + "@").encode().ljust(len(old), b"x")
        check(len(new) == len(old) and old in data, "a sample that fits")
        data = data.replace(old, new)
    return data


def archive(m):
    """A tar in a gzip: an mbox, a zip, a member that is damaged."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as z:
        z.writestr(m("member in a member") + ".eml", mail(m, "zip"))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as t:
        for name, data in ((m("member folder") + "/box.mbox",
                            FROM + mail(m, "tar")),
                           (m("inner archive") + ".zip", inner.getvalue()),
                           (m("damaged member") + ".gz",
                            gzip.compress(mail(m, "cut"))[:-9])):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def exim_id(m, what):
    w = m(what)
    return "1%s-%s-%s" % (w[:5], (w + w)[1:7], w[5:7])


def store(top, m):
    """A store, and the arguments that have it scanned."""
    user = "%s/%s@example.com" % (top, m("a folder"))
    write("%s/Maildir/cur/1700000000.M1P1.%s:2,S" % (user, m("a name")),
          mail(m, "Maildir"))
    write("%s/%s.mbox" % (user, m("an mbox")), FROM + mail(m, "mbox"))
    write("%s/%s.tar.gz" % (user, m("an archive")), archive(m))
    write("%s/active/4%s" % (user, m("a queue's ID")), queued(m))
    name = exim_id(m, "a message of Exim")
    write("%s/input/%s-H" % (user, name), samples(
        "exim", "input", "1r2KQK-0001Ab-0C-H").replace(
        b"1r2KQK-0001Ab-0C", name.encode()))
    write("%s/%s.7z" % (user, m("no archive")), b"7z\xbc\xaf\x27\x1c" +
          m("no archive's text").encode() * 9)
    write("%s/%s.txt" % (user, m("no mail")), b"no mail\n")
    rules = write("%s/%s.rules" % (top, m("a rule file")), (
        'rule "%s" {\n scope = body-line\n pattern = "%s"\n'
        ' message = "it says %s"\n severity = medium\n}\n' % (
            m("a rule's name"), m("text of Maildir"),
            m("a rule's message"))).encode())
    # Which of these names opens what it should is not asked.
    return [user, user + "/" + m("a path that is not there"),
            "--rules", rules, "-v", "--check", "all", "--code", "+limit.*"]


def decoded(out):
    """The report, and what stands in it as hex or base64."""
    yield out
    for run in re.findall(rb"[0-9A-Fa-f]{8,}", out):
        for at in range(2):
            part = run[at:]
            yield bytes.fromhex(part[:len(part) // 2 * 2].decode())
    for run in re.findall(rb'_b64":"([^"]*)"', out):
        yield base64.b64decode(run)


def runs(text, least):
    return re.findall(b"[%s]{%d,}" % (LETTERS.encode(), least),
                      text.lower())


def formats():
    """All that there are, as the program itself says."""
    ran = subprocess.run([OPT, "scan", "-f", "no-such", "."],
                         stderr=subprocess.PIPE)
    words = re.search(rb"--format takes (.*), not no-such", ran.stderr)
    found = re.split(", | or ", words.group(1).decode())
    check({"text", "ndjson", "json"} <= set(found), "formats: %s" % found)
    return found


def no_format_shows_a_marker(folder):
    """No format shows any of a message or of a name, nor as hex."""
    m = Markers()
    args = store(folder, m)
    for form in formats():
        for more in ([], ["--forensic"], ["-j0"], ["-j2", "--dkim"]):
            r = scan("--redact", "-f", form, *more, *args, exe=SAN)
            check(r.status in (1, 2) and len(r.out) > 2000, r.out)
            first, *rest = decoded(r.out)
            same(runs(first, 4), [], "in %s %s" % (form, more))
            for text in rest:
                same(runs(text, 6), [], "encoded in %s %s" % (form, more))


def without_it_they_are_shown(folder):
    """The same report without --redact has every marker."""
    m = Markers()
    args = store(folder, m)
    r = scan("--forensic", "--dkim", *args, exe=SAN)
    all_of_it = b"\n".join(decoded(r.out))
    for what, word in m.of.items():
        # Only what a rule is shown, and what is no mail, is nowhere.
        if what.startswith(("no archive's", "a path")) or "of cut" in what:
            continue
        near = re.sub("(.)", r"\1-?", word).encode()
        check(re.search(near, all_of_it, re.I) or word[:4].encode() in
              all_of_it, "no %s in what is not redacted" % what)
    text = scan("-f", "text", *args, exe=SAN).out
    for what in ("a folder", "a rule's name", "a rule's message",
                 "a queue's sender", "a queue's recipient",
                 "domain of mbox", "behind of zip"):
        check(m(what)[:4].encode() in text, "no %s in text" % what)


def plain(record):
    """What may be the same, redacted or not."""
    kept = ("type", "index", "offset", "length", "raw", "member", "format",
            "convention", "line_ends", "severity", "messages", "bytes",
            "conventions", "listing_settled", "not_observable", "dialects",
            "members", "size", "status", "codes", "limit", "flagged",
            "files", "stores", "messages_by_severity", "skipped", "records",
            "exit_status", "unreadable", "gone", "min_severity", "eol",
            "target", "default_rules", "message_id_cut")
    out = {k: v for k, v in record.items() if k in kept}
    out["findings"] = [{k: v for k, v in f.items() if k in (
        "code", "severity", "count", "offsets", "because", "reply")}
        for f in record.get("findings", [])]
    out["contexts"] = [(f["context"]["offset"], f["context"]["at"])
                       for f in record.get("findings", [])]
    out["dkim"] = [{k: v for k, v in s.items() if k not in
                    ("domain", "selector")} for s in record.get("dkim", [])]
    return out


def both(folder, *more):
    m = Markers()
    args = store(folder, m) + list(more)
    return (scan(*args, exe=SAN).whole(),
            scan("--redact", *args, exe=SAN).whole())


def the_rest_is_the_same(folder):
    """Offsets, lengths, codes, severities, counts and formats stay."""
    shown, hidden = both(folder, "--forensic")
    same([plain(r) for r in hidden.records],
         [plain(r) for r in shown.records], "what stays")
    same(hidden.status, shown.status, "the exit status")
    same((shown.records[0]["redacted"], hidden.records[0]["redacted"]),
         (False, True), "the header says so")


def breaks_and_dots_stay(folder):
    """Of a context the CRs, LFs, dots and NULs stay, all else is an x."""
    shown, hidden = both(folder)
    n = 0
    for a, b in zip(shown.messages, hidden.messages):
        for f, g in zip(a["findings"], b["findings"]):
            want = bytes(c if c in b"\r\n.\0" else 120
                         for c in bytes.fromhex(f["context"]["hex"]))
            same(bytes.fromhex(g["context"]["hex"]), want, f["code"])
            n += 1
    check(n > 30, "only %d contexts" % n)


def names_of(record):
    """What is a token in a redacted report, by its place."""
    parts = re.split("[/!]", record.get("path", "."))
    for p in parts:
        if p not in ("", ".", "..", "-", "cur", "new", "tmp"):
            yield p
    envelope = record.get("envelope", {})
    for key in ("message_id", "sha256", "content_token"):
        if key in record:
            yield record[key]
    for value in [envelope.get("queue_id"), envelope.get("sender")] + [
            a["address"] for a in envelope.get("recipients", [])]:
        if value:
            yield value
    for s in record.get("dkim", []):
        yield s["domain"]
        yield s["selector"]
    for f in record.get("findings", []):
        if f["code"].startswith("rule."):
            yield f["rule"]


def the_same_has_the_same_token(folder):
    """Equal names have equal tokens, others have others, in one report."""
    m = Markers()
    args = store(folder, m) + ["--forensic"]
    twin = "%s/%s" % (args[0], m("an mbox"))
    write(twin + "/twin.eml", mail(m, "Maildir"))
    shown, hidden = scan(*args).records, scan("--redact", *args).records
    token, back = {}, {}
    for a, b in zip(shown, hidden):
        one, other = list(names_of(a)), list(names_of(b))
        same(len(other), len(one), "names in a record")
        for x, y in zip(one, other):
            check(TOKEN.fullmatch(y), "no token: %r" % y)
            same(token.setdefault(x, y), y, "the token of " + x)
            same(back.setdefault(y, x), x, "what %s stands for" % y)
    check(len(token) > 40, "only %d names" % len(token))
    again = {n for r in scan("--redact", *args).records for n in names_of(r)}
    same(again & set(back), set(), "tokens in two reports")


def what_is_ours_stays(folder):
    """Rules that come with baredot keep their names, options theirs."""
    path = write(folder + "/x.eml",
                 b"From: a@example.com\n\n" + bytes(600) + b"\n")
    r = scan("--redact", "--min-severity=info", "-o", folder + "/r", path)
    with open(folder + "/r", "rb") as f:
        header, message, *_, summary = map(json.loads, f)
    words = header["command"]
    same(words[:2], ["baredot", "scan"], "the command")
    check("--redact" in words and "-o" in words, words)
    check([w for w in words if w.startswith("--min-severity=")][0] !=
          "--min-severity=info", words)
    check(TOKEN.fullmatch(header["host"]), header["host"])
    same(r.out, b"", "standard output")
    same([f["rule"] for f in message["findings"] if "rule" in f],
         ["text-lost-to-nuls"], "a rule of baredot's")
    same(list(summary["rules"]), ["text-lost-to-nuls"], "the same, counted")


def times_are_days(folder):
    """Of a time only the day is told."""
    shown, hidden = both(folder, "--forensic")
    n = 0
    for a, b in zip(shown.records, hidden.records):
        for x, y in ((a.get("modified"), b.get("modified")),
                     (a.get("date"), b.get("date")),
                     (a.get("envelope", {}).get("arrived"),
                      b.get("envelope", {}).get("arrived"))):
            if x:
                same(y[:19], x[:10] + "T00:00:00", "a time")
                n += 1
    check(n > 5, "only %d times" % n)


def who_needs_names_refuses_it(folder):
    """verify and fix --from say that a redacted report is of no use."""
    m = Markers()
    args = store(folder, m)
    report = write(folder + "/report", scan("--redact", "--forensic",
                                            *args).out)
    for command in (["verify", report], ["fix", "--from", report],
                    ["fix", "--apply", "--state", folder + "/state",
                     "--from", report],
                    ["quarantine", "--into", folder + "/q", "--from",
                     report]):
        ran = subprocess.run([SAN, *command], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        check(b"redacted" in ran.stderr and b"--redact" in ran.stderr,
              "%s: %s" % (command, ran.stderr))
        same(ran.returncode, 2 if command[0] == "verify" else 64, command)
        same(ran.stdout, b"", "what is said of messages")
    ran = subprocess.run([SAN, "scan", "--redact", "--servers", report,
                          folder], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    same((ran.returncode, ran.stdout), (64, b""), ran.stderr)
    check(b"--servers" in ran.stderr, ran.stderr)


# Errors whose text has a %s that is not redacted: each is a text of ours.
OURS = {
    ("formats/budget.c", "%s: more than %"),
    ("formats/dbox.c", "a message that is %s"),
    ("formats/haraka.c", "a damaged queue file of Haraka: %s, at byte %"),
    ("formats/members.c", "this libarchive does not unpack %s"),
    ("formats/packed.c", "this libarchive does not unpack %s"),
    ("formats/packed.c", "what follows the compressed data is not %s"),
    ("formats/postfix_records.c", "a damaged Postfix queue file: %s at byte "
     "%"),
    ("formats/postfix_records.c", "a Postfix queue file that is cut off %s, "
     "at byte %"),
    ("formats/sendmail.c", "a damaged queue file of sendmail: %s, before byte "
     "%"),
    ("formats/store.c", "%s%s"),
    ("scanner/open.c", "%s"),
}


def errors_of(path):
    """The text of each err_set with a %s, and whether err_plain follows."""
    with open(path) as f:
        text = f.read()
    for call in re.finditer(r"\berr_set\(", text):
        end = text.index(";", call.start())
        while text.count('"', call.start(), end) % 2:
            end = text.index(";", end + 1)
        first = re.search(r'(?:"(?:[^"\\]|\\.)*"\s*(?:PRI\w+\s*)?)+',
                          text[call.start():end])
        words = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', first.group()
                                   if first else ""))
        if re.search(r"%[.*0-9]*s", words):
            yield words, re.match(r";\s*return err_plain\(", text[end:])


def what_errors_quote_is_known(folder):
    """Each error that quotes anything but our own words has another text."""
    seen = set()
    for name in sorted(os.listdir(ROOT + "/formats")) + ["open.c"]:
        path = ("scanner/" if name == "open.c" else "formats/") + name
        if not name.endswith(".c"):
            continue
        for text, plain_too in errors_of(os.path.join(ROOT, path)):
            if not plain_too:
                check((path, text) in OURS, "%s: is what %r quotes ours? "
                      "Then OURS should have it; else it needs err_plain" % (
                          path, text))
                seen.add((path, text))
    same(OURS - seen, set(), "texts that are no more")


def reporters_are_called_in_one_place(folder):
    """Nobody but scanner/report/tell.c calls a reporter."""
    found = []
    for top, _, names in os.walk(ROOT + "/scanner"):
        for name in names:
            if name.endswith((".c", ".h")) and name != "tell.c":
                with open(os.path.join(top, name)) as f:
                    if re.search(r"reporter->(?!name\b)\w+\(", f.read()):
                        found.append(name)
    same(found, [], "files")


if __name__ == "__main__":
    main([no_format_shows_a_marker, without_it_they_are_shown,
          the_rest_is_the_same, breaks_and_dots_stay,
          the_same_has_the_same_token, what_is_ours_stays, times_are_days,
          who_needs_names_refuses_it, what_errors_quote_is_known,
          reporters_are_called_in_one_place])
