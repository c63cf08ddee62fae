#!/usr/bin/python3
"""Make every sample beside this script, and what a scan must say about it.

    samples/make.py [FOLDER]

writes FOLDER/samples/* and FOLDER/tests/golden/*.ndjson (FOLDER: the
repository).  Each sample is put together piece by piece, and whoever puts a
piece down that matters says there and then what it is: at("code severity").
So the expected records come from what was planted, not from the program that
is tested.  Everything is made up, on example.com, .net and .org.
"""
import gzip
import hashlib
import json
import os
import sys

LF, CRLF, CR = b"\n", b"\r\n", b"\r"
NAME = {LF: "lf", CRLF: "crlf", CR: "cr"}
ASKED_FOR = {"limit.line-78"}           # reported only when asked for
LEVELS = ["info", "low", "medium", "high"]

# A lone dot between two breaks, when they are not the message's own.
PAIRS = {
    "crlf-dot-crlf": "high", "crlf-dot-lf": "high", "crlf-dot-cr": "medium",
    "lf-dot-crlf": "high", "lf-dot-lf": "high", "lf-dot-cr": "medium",
    "cr-dot-crlf": "medium", "cr-dot-lf": "medium", "cr-dot-cr": "high",
}
BREAK = {"lf": LF, "crlf": CRLF, "cr": CR}


class Mail:
    """One message: its bytes, and what was planted at which of them."""

    def __init__(self, name, end, convention=None):
        self.name, self.end = name, end
        self.convention = convention or NAME[end]
        self.data = bytearray()
        self.found = {}                 # code: (severity, [offset, ...])
        self.disputes = []              # (offset, kind), in an mbox
        self.id = None

    def at(self, *facts):
        """The next byte is these: "code severity", ..."""
        for fact in facts:
            code, severity = fact.split()
            level, offsets = self.found.setdefault(code, (severity, []))
            assert level == severity
            offsets.append(len(self.data))
        return self

    def dispute(self, kind):
        """The next line is one that readers of mbox disagree about."""
        self.disputes.append((len(self.data), kind))
        return self

    def put(self, data):
        self.data += data
        return self

    def line(self, text=b""):
        return self.put(text + self.end)

    def brk(self, kind):
        """A break of any kind, and what it is to this message."""
        if kind == b"\r\r\n":
            return self.at("eol.crcrlf medium").put(CR).brk(CRLF)
        if kind == CR and self.end != CR:
            self.at("eol.bare-cr medium")
        elif kind == LF and self.end == CRLF:
            self.at("eol.bare-lf medium", "eol.mixed low")
        elif kind == CRLF and self.end == LF:
            self.at("eol.crlf low", "eol.mixed low")
        return self.put(kind)

    def header(self, *more):
        """An ordinary header block, with the empty line that ends it."""
        self.fields(*more)
        return self.line()

    def fields(self, *more):
        self.id = "<%s@example.org>" % self.name
        self.line(b"From: Alice <alice@example.com>")
        self.line(b"To: Bob <bob@example.net>")
        self.line(b"Subject: sample " + self.name.encode())
        self.line(b"Date: Tue, 14 Nov 2023 22:13:20 +0000")
        self.line(b"Message-ID: " + self.id.encode())
        for field in more:
            self.line(field)
        return self

    def body(self, *lines):
        for text in lines or (b"Hello Bob,", b"", b"see you.", b"Alice"):
            self.line(text)
        return self

    def cr_only(self):
        """All breaks are CRs: say so for each."""
        for i, byte in enumerate(self.data):
            if byte == 13:
                level, offsets = self.found.setdefault("eol.cr-only",
                                                       ("medium", []))
                offsets.append(i)
        return self


def line_ends(data):
    crlf, crcrlf = data.count(b"\r\n"), data.count(b"\r\r\n")
    return {"crlf": crlf, "lf": data.count(b"\n") - crlf,
            "cr": data.count(b"\r") - crlf - crcrlf, "crcrlf": crcrlf}


def message_record(path, form, index, offset, raw, mail, asked):
    r = {"type": "message", "path": path, "format": form, "index": index,
         "offset": offset, "length": len(mail.data), "raw": raw}
    if mail.id:
        r["message_id"] = mail.id
    r["sha256"] = hashlib.sha256(mail.data).hexdigest()
    r["convention"] = mail.convention
    r["line_ends"] = line_ends(mail.data)
    ends = line_ends(mail.data)
    rarer = min(ends["crlf"], ends["lf"])
    if 4 * rarer < ends["crlf"] + ends["lf"]:
        mail.found.pop("eol.mixed", None)       # a few strays
    found = {c: f for c, f in sorted(mail.found.items())
             if asked or c not in ASKED_FOR}
    if found:
        r["severity"] = max((f[0] for f in found.values()), key=LEVELS.index)
    r["findings"] = [{"code": c, "severity": s, "count": len(o),
                      "offsets": sorted(o)[:8]}
                     for c, (s, o) in found.items()]
    return r


def store_record(path, form, mails, dialects=None):
    conventions = dict.fromkeys(["lf", "crlf", "cr", "wire"], 0)
    for mail in mails:
        conventions[mail.convention] += 1
    r = {"type": "store", "path": path, "format": form,
         "messages": len(mails), "bytes": sum(len(m.data) for m in mails),
         "conventions": conventions, "listing_settled": True}
    if conventions["lf"]:
        r["not_observable"] = {
            "messages": conventions["lf"],
            "codes": ["eol.bare-lf", "eod.crlf-dot-lf", "eod.lf-dot-crlf",
                      "eod.lf-dot-lf"]}
    if dialects:
        r["dialects"] = dialects
    return r


class Single:
    """A file that is one message."""

    def __init__(self, form, mail, compressed=False):
        self.form, self.mail, self.compressed = form, mail, compressed
        self.bytes = gzip.compress(bytes(mail.data), 9, mtime=0) \
            if compressed else bytes(mail.data)

    def records(self, path, asked):
        return [message_record(path, self.form, 1, 0, not self.compressed,
                               self.mail, asked)]


class Mbox:
    """From_ lines and messages."""

    def __init__(self, compressed=False):
        self.data = bytearray()
        self.mails = []                 # (offset, mail)
        self.disputes = []
        self.compressed = compressed
        self.members = [0]              # where gzip members start
        self.seen = {}

    def separator(self, line, dispute=None):
        if dispute:
            self.disputes.append((len(self.data), dispute))
        self.data += line
        return self

    def message(self, mail, gap):
        """gap: the empty line behind it, which is the mbox's."""
        self.mails.append((len(self.data), mail))
        self.disputes += [(len(self.data) + at, k) for at, k in mail.disputes]
        self.data += mail.data + gap
        return self

    def internal(self, mail, gap):
        self.data += mail.data + gap
        return self

    def member(self):
        self.members.append(len(self.data))
        return self

    def readers(self, any_from, blank_from, no_length, by_length=0,
                internal=0):
        """How many messages different readers see."""
        self.seen = {
            "messages": len(self.mails), "any_from_line": any_from,
            "from_line_after_empty_line": blank_from,
            "content_length_ignored": no_length,
            "by_content_length": by_length, "internal": internal,
            "disputes": len(self.disputes),
            "first_disputes": [{"offset": o, "kind": k}
                               for o, k in self.disputes]}
        return self

    @property
    def bytes(self):
        if not self.compressed:
            return bytes(self.data)
        ends = self.members[1:] + [len(self.data)]
        return b"".join(gzip.compress(bytes(self.data[a:b]), 9, mtime=0)
                        for a, b in zip(self.members, ends))

    def records(self, path, asked):
        out = [message_record(path, "mbox", i + 1, at, not self.compressed,
                              mail, asked)
               for i, (at, mail) in enumerate(self.mails)]
        out.append(store_record(path, "mbox", [m for _, m in self.mails],
                                self.seen))
        return out


class Other:
    """A file that is no mail: a record of why it was left out."""

    def __init__(self, data, kind, key, why):
        self.bytes, self.record = data, {"type": kind, key: why}

    def records(self, path, asked):
        return [dict(self.record, path=path)]


METADATA = "data of a mail server or reader, not mail"


def metadata(data):
    return Other(data, "skipped", "reason", METADATA)


# --- the samples

def loose_messages():
    """One message for each code, in LF and in CRLF: NAME.END.eml."""
    out = {}

    def add(name, end, convention=None):
        mail = Mail("%s.%s" % (name, NAME[end]), end, convention)
        out["eml/%s.eml" % mail.name] = mail
        return mail

    for end in (LF, CRLF):
        add("clean", end).header().body()

        add("eol.bare-cr", end).header().put(b"one").brk(CR) \
            .line(b"two").put(b"three").brk(CR).line(b"four").body()
        add("eol.crcrlf", end).header().put(b"once too often") \
            .brk(b"\r\r\n").body()
        add("eol.no-final", end).header().body().put(b"the last line") \
            .at("eol.no-final info")

        for name, severity in PAIRS.items():
            before, after = name.split("-dot-")
            own = before == after == NAME[end]
            add("eod." + name, end).header().put(b"goodbye") \
                .brk(BREAK[before]) \
                .at("eod.%s %s" % (name, "info" if own else severity)) \
                .put(b".").brk(BREAK[after]) \
                .line(b"MAIL FROM:<a@example.com>").body()
        add("eod.dot-crcrlf", end).header().line(b"goodbye") \
            .at("eod.dot-crcrlf high").put(b".").brk(b"\r\r\n") \
            .line(b"MAIL FROM:<a@example.com>").body()
        add("eod.dot-nul", end).header().at("eod.dot-nul high").put(b".") \
            .at("limit.nul medium").line(b"\0").body()
        add("eod.nul-dot", end).header() \
            .at("eod.nul-dot medium", "limit.nul medium").line(b"\0.").body()
        add("eod.dot-space", end).header() \
            .at("eod.dot-space info").line(b". ") \
            .line(b"between") \
            .at("eod.dot-space info").line(b".\t").body()
        add("eod.space-dot", end).header() \
            .at("eod.space-dot info").line(b" .").body()
        add("eod.stuffed-dot", end).header() \
            .at("eod.stuffed-dot info").line(b"..").body()
        odd = CRLF if end == LF else LF
        add("eod.stuffed-dot-odd", end).header().put(b"goodbye").brk(odd) \
            .at("eod.stuffed-dot medium").put(b"..").brk(odd).body()

        add("limit.line-998", end).header().line(b"x" * 70) \
            .at("limit.line-998 low", "limit.line-78 info") \
            .line(b"999 " + b"x" * 995) \
            .at("limit.line-78 info").line(b"998 " + b"x" * 994) \
            .at("limit.line-998 low", "limit.line-78 info") \
            .line(b"2000 " + b"x" * 1995)
        add("limit.line-78", end).header().line(b"78 " + b"x" * 75) \
            .at("limit.line-78 info").line(b"79 " + b"x" * 76)
        add("limit.nul", end).header().put(b"a NUL ") \
            .at("limit.nul medium").put(b"\0") \
            .at("limit.nul medium").put(b"\0").line(b"and another").body()
        add("limit.8bit-header", end).fields() \
            .put(b"X-Place: M").at("limit.8bit-header low").put(b"\xfc") \
            .line(b"nchen").line().body(b"in the body it is f\xfcr free")
        add("limit.no-header-end", end).fields() \
            .at("limit.no-header-end low").line(b"this is no header field") \
            .body()
        add("limit.no-header-end.cut", end).fields() \
            .at("limit.no-header-end low")

    # A lone LF in an LF message is its own line end; among CRLFs it is not.
    add("eol.bare-lf", CRLF).header().put(b"one").brk(LF).line(b"two") \
        .put(b"three").brk(LF).body()
    add("eol.crlf", LF).header().put(b"one").brk(CRLF).line(b"two") \
        .put(b"three").brk(CRLF).body()
    many = add("eol.mixed", CRLF).header()
    for i in range(12):                 # more than the offsets that are kept
        many.put(b"line %d" % i).brk(LF)
    many.body(*[b"and CRLF"] * 12)
    # As many of one as of the other: a loose message counts as CRLF.
    out["eml/eol.mixed.draw.eml"] = draw("eol.mixed.draw", CRLF)

    add("eol.cr-only", CR).header().body().cr_only()
    add("eod.cr-dot-cr", CR).header().line(b"goodbye") \
        .at("eod.cr-dot-cr medium").line(b".").body().cr_only()
    for path in list(out):
        out[path] = Single("eml", out[path])
    return out


def draw(name, convention):
    """Two lines end in LF, two in CRLF."""
    mail = Mail(name, convention)
    mail.put(b"From: alice@example.com").brk(CRLF)
    mail.put(b"Subject: a draw").brk(LF).brk(CRLF)
    mail.put(b"text").brk(LF)
    # The rarer kind cannot be told: the LFs are shown.
    if "eol.crlf" in mail.found:
        mail.found["eol.mixed"] = ("low", [
            i for i, b in enumerate(mail.data)
            if b == 10 and mail.data[i - 1] != 13])
    return mail


def maildir(name, end, residue):
    """new/, cur/, tmp/, a Maildir++ subfolder, and a server's own files."""
    out = {}
    n = [0]

    def add(where, flags=""):
        n[0] += 1
        mail = Mail("%s.%d" % (name.lower(), n[0]), end)
        out[where % (1700000000 + n[0])] = mail
        return mail

    add(name + "/cur/%d.M1P1.example.org:2,S").header().body()
    residue(add(name + "/cur/%d.M1P2.example.org:2,RS").header())
    add(name + "/new/%d.M1P3.example.org").header().put(b"a").brk(CR) \
        .line(b"b").body()
    add(name + "/.Sent/cur/%d.M1P4.example.org:2,S").header().put(b"bye") \
        .brk(CRLF) \
        .at("eod.crlf-dot-crlf " + ("high" if end == LF else "info")) \
        .put(b".").brk(CRLF).line(b"MAIL FROM:<a@example.com>").body()
    add(name + "/.Sent/new/%d.M1P5.example.org").header().body() \
        .put(b"not ended").at("eol.no-final info")
    for path in list(out):
        out[path] = Single("maildir", out[path])
    out[name + "/.Sent/new/1700000009.M1P9.example.org"] = \
        Single("maildir", draw(name.lower() + ".draw", LF))
    out[name + "/.Sent/maildirfolder"] = metadata(b"")
    out[name + "/dovecot-uidlist"] = metadata(
        b"3 V1700000000 N3 G00000000000000000000000000000000\n"
        b"1 :1700000001.M1P1.example.org\n")
    half = Mail("half", end).fields()
    out[name + "/tmp/1700000006.M1P6.example.org"] = Other(
        bytes(half.data), "skipped", "reason",
        "tmp/ of a Maildir (--tmp to scan it)")
    return out


def maildirs():
    out = maildir("Maildir", LF, lambda mail: mail
                  .line(b"a lone dot of our own:")
                  .at("eod.lf-dot-lf info").line(b".").body())
    out.update(maildir("Maildir-crlf", CRLF, lambda mail: mail
                       .put(b"a line of another program").brk(LF).body()))
    return out


def mh():
    return {
        "mh/1": Single("mh", Mail("mh.1", LF).header().body()),
        "mh/2": Single("mh", Mail("mh.2", LF).header().put(b"kept a CR")
                       .brk(CRLF).body()),
        "mh/10": Single("mh", Mail("mh.10", LF).header()
                        .at("eod.stuffed-dot info").line(b"..").body()),
        "mh/,4": metadata(bytes(Mail("mh.4", LF).header().body().data)),
        "mh/.mh_sequences": metadata(b"cur: 10\n"),
    }


DATE = b"Tue Nov 14 22:13:20 2023"
ALICE = b"From alice@example.com " + DATE
FROM_TEXT = b"From bob@example.net Wed Nov 15 08:00:00 2023"


def plain(name, end=LF):
    return Mail(name, end).header().body()


def with_length(name, *lines):
    size = sum(len(x) + 1 for x in lines)
    return Mail(name, LF).header(b"Content-Length: %d" % size)


def mboxes():
    out = {}
    out["mboxo.mbox"] = Mbox() \
        .separator(ALICE + LF).message(plain("mboxo.1"), LF) \
        .separator(ALICE + LF).message(
            Mail("mboxo.2", LF).header().body(b"", b">From here on"), LF) \
        .readers(2, 2, 2)
    out["mboxrd.mbox"] = Mbox() \
        .separator(ALICE + LF).message(
            Mail("mboxrd.1", LF).header()
            .body(b"", b">From here on", b"", b">>From there"), LF) \
        .separator(ALICE + LF).message(
            Mail("mboxrd.2", LF).header().put(b"bye").brk(CRLF)
            .at("eod.crlf-dot-crlf high").put(b".").brk(CRLF).body(), LF) \
        .readers(2, 2, 2)

    quoted = (b"", b">" + FROM_TEXT, b"Subject: quoted", b"")
    out["mboxcl.mbox"] = Mbox() \
        .separator(ALICE + LF).message(
            with_length("mboxcl.1", *quoted).body(*quoted), LF) \
        .separator(ALICE + LF).message(
            with_length("mboxcl.2", b"two").body(b"two"), LF) \
        .readers(2, 2, 2, by_length=2)

    # What others take for a separator is inside the Content-Length.
    lines = (b"forwarded:", b"", FROM_TEXT, b"Subject: not quoted", b"",
             b"", b"From here on it is text", b"the end")
    mail = with_length("mboxcl2.1", *lines)
    mail.line(lines[0]).line()
    mail.dispute("inside-content-length").line(lines[2])
    mail.line(lines[3]).line().line()
    mail.dispute("not-a-separator").line(lines[6]).line(lines[7])
    out["mboxcl2.mbox"] = Mbox() \
        .separator(ALICE + LF).message(mail, LF) \
        .separator(ALICE + LF).message(
            with_length("mboxcl2.2", b"two").body(b"two"), b"") \
        .readers(4, 4, 3, by_length=2)
    # A Content-Length that points nowhere is not followed.
    out["mboxcl-wrong.mbox"] = Mbox() \
        .separator(ALICE + LF).message(
            Mail("mboxcl-wrong.1", LF).header(b"Content-Length: 3").body(),
            LF) \
        .separator(ALICE + LF).message(plain("mboxcl-wrong.2"), LF) \
        .readers(2, 2, 2)

    out["thunderbird"] = Mbox() \
        .separator(b"From " + CRLF).message(plain("thunderbird.1"), CRLF) \
        .separator(b"From " + CRLF).message(plain("thunderbird.2"), CRLF) \
        .readers(2, 2, 2)
    out["takeout.mbox"] = Mbox() \
        .separator(b"From 1782560000000000001@xxx Tue Nov 14 22:13:20 +0000 "
                   b"2023" + CRLF).message(plain("takeout.1", CRLF), CRLF) \
        .separator(b"From 1782560000000000002@xxx Tue Nov 14 22:13:21 +0000 "
                   b"2023" + CRLF).message(
            Mail("takeout.2", CRLF).header().put(b"one").brk(LF).body(),
            CRLF) \
        .readers(2, 2, 2)
    out["pipermail.txt"] = Mbox() \
        .separator(b"From alice at example.com  Tue Nov 14 22:13:20 2023\n") \
        .message(plain("pipermail.1"), LF) \
        .separator(b"From bob at example.net  Wed Nov 15 08:00:00 2023\n") \
        .message(plain("pipermail.2"), LF) \
        .readers(2, 2, 2)

    mail = Mail("undated.1", LF).header().body(b"text", b"")
    mail.dispute("not-a-separator").body(b"From here on it is text: no date")
    out["undated.mbox"] = Mbox() \
        .separator(ALICE + LF).message(mail, LF) \
        .separator(ALICE + LF).message(plain("undated.2"), b"") \
        .readers(3, 3, 2)
    out["no-blank.mbox"] = Mbox() \
        .separator(ALICE + LF).message(plain("no-blank.1"), b"") \
        .separator(ALICE + LF, "no-empty-line-before") \
        .message(plain("no-blank.2"), LF) \
        .separator(ALICE + LF).message(
            plain("no-blank.3").put(b"cut off").at("eol.no-final info"),
            b"") \
        .readers(3, 2, 3)

    out["crlf.mbox"] = Mbox() \
        .separator(ALICE + CRLF).message(plain("crlf.1", CRLF), CRLF) \
        .separator(ALICE + CRLF).message(
            Mail("crlf.2", CRLF).header().line(b"goodbye")
            .at("eod.crlf-dot-crlf info").line(b".")
            .line(b"MAIL FROM:<a@example.com>"), CRLF) \
        .readers(2, 2, 2)
    out["cr.mbox"] = Mbox() \
        .separator(ALICE + CR).message(plain("cr.1", CR).cr_only(), CR) \
        .separator(ALICE + CR).message(plain("cr.2", CR).cr_only(), CR) \
        .readers(2, 2, 2)

    folder_data = Mail("folder-data", LF)
    folder_data.line(b"From: MAILER-DAEMON@example.org")
    folder_data.line(b"Subject: folder data: do not delete this message")
    folder_data.line(b"X-IMAP: 1700000000 0000000002").line()
    folder_data.line(b"Written by a mail server.")
    out["x-imap.mbox"] = Mbox() \
        .separator(b"From MAILER-DAEMON " + DATE + LF) \
        .internal(folder_data, LF) \
        .separator(ALICE + LF).message(plain("x-imap.1"), LF) \
        .readers(2, 2, 2, internal=1)
    return {"mbox/" + name: box for name, box in out.items()}


def compressed():
    half = gzip.compress(bytes(plain("truncated").data), 9, mtime=0)[:-30]
    return {
        # As Dovecot's zlib plugin stores it: no suffix tells.
        "gzip/1700000010.M1P1.example.org": Single(
            "eml", Mail("gzip.1", LF).header().put(b"a").brk(CR).line(b"b"),
            compressed=True),
        # Two files joined by cat: still one gzip file.
        "gzip/archive.mbox.gz": Mbox(compressed=True)
        .separator(ALICE + LF).message(plain("archive.1"), LF).member()
        .separator(ALICE + LF).message(
            Mail("archive.2", LF).header().at("eod.dot-space info")
            .line(b". ").body(), b"").readers(2, 2, 2),
        "gzip/truncated.gz": Other(half, "unreadable", "error",
                                   "the compressed data are cut off"),
        "gzip/notes.gz": Other(
            gzip.compress(b"no mail at all\n", 9, mtime=0), "skipped",
            "reason", "compressed: not mail"),
    }


def others():
    return {
        "other/notes.txt": Other(b"Buy milk.\nNote: this is no mail\n",
                                 "skipped", "reason", "not mail"),
        "other/empty": Other(b"", "skipped", "reason", "empty"),
        "other/archive.zip": Other(b"PK\3\4" + bytes(26), "skipped",
                                   "reason", "a zip archive"),
    }


def all_samples():
    out = {}
    for some in (loose_messages(), maildirs(), mh(), mboxes(), compressed(),
                 others()):
        out.update(some)
    return out


# --- what a scan of the folder must say, in the order of the walk

def walk(tree, path, asked):
    """The records of a folder: names in byte order, its own store last."""
    out, singles = [], []
    for name in sorted(tree, key=os.fsencode):
        entry = tree[name]
        if isinstance(entry, dict):
            if name == "tmp" and "cur" in tree:
                half = next(iter(entry.values()))
                out += half.records(path + "/tmp", asked)
            else:
                out += walk(entry, path + "/" + name, asked)
            continue
        out += entry.records(path + "/" + name, asked)
        if isinstance(entry, Single):
            singles.append(entry)
    if singles:
        forms = {s.form for s in singles}
        assert len(forms) == 1
        out.append(store_record(path, forms.pop(), [s.mail for s in singles]))
    return out


def expected(samples, asked):
    tree = {"make.py": Other(b"", "skipped", "reason", "not mail")}
    for path, sample in samples.items():
        *folders, name = path.split("/")
        at = tree
        for folder in folders:
            at = at.setdefault(folder, {})
        at[name] = sample
    records = walk(tree, "samples", asked)
    return records + [summary(records)]


def summary(records):
    messages = [r for r in records if r["type"] == "message"]
    codes, severities = {}, dict.fromkeys(LEVELS, 0)
    for r in messages:
        if "severity" in r:
            severities[r["severity"]] += 1
        for f in r["findings"]:
            c = codes.setdefault(f["code"], {"messages": 0, "count": 0,
                                             "worst": f["severity"]})
            c["messages"] += 1
            c["worst"] = max(c["worst"], f["severity"], key=LEVELS.index)
            c["count"] += f["count"]
    reasons = [r["reason"] for r in records if r["type"] == "skipped"]
    tmp = sum(r.startswith("tmp/") for r in reasons)
    meta = reasons.count(METADATA)
    bad = sum(r["type"] == "unreadable" for r in records)
    return {
        "type": "summary", "partial": False, "messages": len(messages),
        "bytes": sum(r["length"] for r in messages),
        "files": len({r["path"] for r in messages}),
        "stores": sum(r["type"] == "store" for r in records),
        "flagged": sum("severity" in r for r in messages),
        "messages_by_severity": severities, "codes": codes, "rules": {},
        "unreadable": bad, "gone": 0, "unsettled": 0,
        "skipped": {"not_mail": len(reasons) - tmp - meta, "symlink": 0,
                    "special": 0, "metadata": meta, "other_file_system": 0,
                    "maildir_tmp": tmp},
        "exit_status": 2, "records": len(records) + 2}


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(here)
    samples = all_samples()
    for path, sample in samples.items():
        write(os.path.join(top, "samples", path), sample.bytes)
    for name, asked in (("samples", False), ("samples-asked", True)):
        lines = [json.dumps(r) + "\n" for r in expected(samples, asked)]
        write(os.path.join(top, "tests", "golden", name + ".ndjson"),
              "".join(lines).encode())


if __name__ == "__main__":
    main()
