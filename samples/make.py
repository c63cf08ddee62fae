#!/usr/bin/python3
"""Make every sample beside this script, and what a scan must say about it.

    samples/make.py [FOLDER]

writes FOLDER/samples/* and FOLDER/tests/golden/*.ndjson (FOLDER: the
repository).  Each sample is put together piece by piece, and whoever puts a
piece down that matters says there and then what it is: at("code severity").
So the expected records come from what was planted, not from the program that
is tested.  Everything is made up, on example.com, .net and .org.
"""
import base64
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import zipfile

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
        self.dkim = []                  # what is said of each signature
        self.mime = None                # what the report says of its parts

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
    if mail.mime:
        r["mime"] = mail.mime
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
    if mail.dkim:
        r["dkim"] = mail.dkim
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


class Queued(Single):
    """A message in a mail queue: what the file holds, and who is to get it."""

    def __init__(self, form, mail, data, raw=False, **envelope):
        super().__init__(form, mail)
        self.bytes, self.raw, self.envelope = bytes(data), raw, envelope
        self.envelope["recipients"] = [
            {"address": a} for a in envelope["recipients"]]

    def records(self, path, asked):
        r = message_record(path, self.form, 1, 0, self.raw, self.mail, asked)
        return [dict(r, envelope=self.envelope)]


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


class Framed:
    """Messages, each with its length or a line around it; text between them
    that cannot be read."""

    def __init__(self, form, data=b"", many=True):
        self.form, self.many = form, many
        self.data, self.parts = bytearray(data), []

    def message(self, mail, before, after):
        self.data += before
        self.parts.append((len(self.data), mail))
        self.data += mail.data + after
        return self

    def bad(self, data, why):
        self.parts.append((len(self.data), why))
        self.data += data
        return self

    @property
    def bytes(self):
        return bytes(self.data)

    @property
    def mail(self):
        return self.parts[0][1]

    def records(self, path, asked):
        out, index = [], 0
        for at, part in self.parts:
            index += 1
            if isinstance(part, Mail):
                out.append(message_record(path, self.form, index, at, True,
                                          part, asked))
            else:
                out.append({"type": "unreadable", "path": path, "offset": at,
                            "error": part})
        if self.many:
            out.append(store_record(path, self.form, [
                p for _, p in self.parts if isinstance(p, Mail)]))
        return out


class Other:
    """A file that is no mail: a record of why it was left out."""

    def __init__(self, data, kind, key, why, **more):
        self.bytes, self.record = data, dict({"type": kind, key: why}, **more)

    def records(self, path, asked):
        return [dict(self.record, path=path)]


class Archive:
    """A tar or a zip, its members in their order."""

    def __init__(self, form, members, compressed=False):
        self.form, self.members = form, members
        out = io.BytesIO()
        if form == "zip":
            with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
                for name, m in members:
                    z.writestr(zipfile.ZipInfo(name), m.bytes)
        else:
            with tarfile.open(fileobj=out, mode="w",
                              format=tarfile.USTAR_FORMAT) as t:
                for name, m in members:
                    info = tarfile.TarInfo(name)
                    info.size = len(m.bytes)
                    t.addfile(info, io.BytesIO(m.bytes))
        self.bytes = gzip.compress(out.getvalue(), 9, mtime=0) \
            if compressed else out.getvalue()

    def records(self, path, asked):
        out = []
        for i, (name, m) in enumerate(self.members):
            for r in m.records(path + "!" + name, asked):
                if r["type"] == "message":
                    r["member"] = [i + 1] + r.get("member", [])
                    r["raw"] = False
                out.append(r)
        own = store_record(path, self.form, [
            m.mail for _, m in self.members if isinstance(m, Single)])
        own["members"] = len(self.members)
        return out + [own]


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


FORMS = ("as-stored", "with-crlf", "with-all")
SIGNED = b"Hello Bob,\r\n.\r\nsee you.\r\n"


def dkim_messages():
    """Bodies that are, or are not, what was signed: dkim/NAME.END.eml.

    Only messages with another finding are compared, so each has one: its own
    lone dot, or the line end that makes the difference."""
    out = {}

    def add(name, end, code, signed, forms, alg=b"rsa-sha256", tags=b"",
            why=None, **facts):
        """signed: the body when it was; forms: in which it still matches."""
        mail = Mail("%s.%s" % (name, NAME[end]), end)
        out["dkim/%s.eml" % mail.name] = mail
        fact = {"domain": "example.com", "selector": "s2023",
                "algorithm": alg.decode(),
                "canonicalization": "relaxed/simple",
                "offset": len(mail.data),
                "body": ([f for f in FORMS if f in forms] + ["mismatch"])[0]}
        if why:
            fact.update(body="unusable", why=why)
        else:
            fact.update({f.replace("-", "_"): f in forms for f in FORMS})
        mail.dkim.append(dict(fact, **facts))
        if code:
            mail.at(code)
        mail.line(b"DKIM-Signature: v=1; a=" + alg + b"; c=relaxed/simple;")
        mail.line(b"\td=example.com; s=s2023; h=From:To:Subject; " + tags)
        if signed is not None:
            h = hashlib.sha1 if b"sha1" in alg else hashlib.sha256
            mail.line(b"\tbh=" + base64.b64encode(h(signed).digest()) + b";")
        return mail.line(b"\tb=bm90IGEgc2lnbmF0dXJl").header()

    def dot(mail, *more):
        mail.line(b"Hello Bob,")
        mail.at("eod.%s-dot-%s info" % (NAME[mail.end], NAME[mail.end]))
        return mail.line(b".").body(b"see you.", *more)

    dot(add("matches", CRLF, None, SIGNED, FORMS))
    dot(add("matches", LF, None, SIGNED, FORMS[1:]))
    dot(add("body-mismatch", LF, "dkim.body-mismatch low", SIGNED, ()),
        b"-- ", b"list footer")
    dot(add("length", CRLF, "dkim.length low", SIGNED, FORMS,
            tags=b"l=%d;" % len(SIGNED), length=len(SIGNED), uncovered=18),
        b"-- ", b"list footer")
    dot(add("rsa-sha1", LF, "dkim.rsa-sha1 info", SIGNED, (),
            alg=b"rsa-sha1", why="rsa-sha1 is obsolete (RFC 8301)"))
    dot(add("unusable", LF, "dkim.unusable low", None, (), why="no bh="))

    text = b"one\r\ntwo\r\n"
    add("fix-restores", CRLF, "dkim.fix-restores info", text, FORMS[1:]) \
        .put(b"one").brk(LF).line(b"two")
    add("fix-restores.crcrlf", CRLF, "dkim.fix-restores info", text,
        FORMS[2:]).put(b"one").brk(b"\r\r\n").line(b"two")
    add("fix-breaks", CRLF, "dkim.fix-breaks low", b"one\ntwo\r\n",
        FORMS[:1]).put(b"one").brk(LF).line(b"two")
    # Sent from a store that keeps LF, the CR is there as it was signed.
    add("fix-breaks", LF, "dkim.fix-breaks low", b"one\rtwo\r\n",
        FORMS[1:2]).put(b"one").brk(CR).line(b"two")
    return {path: Single("eml", mail) for path, mail in out.items()}


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


class Parts:
    """The parts of a mail, noted while they are written: the mail itself,
    then each part that begins with open() and ends with close()."""

    def __init__(self, mail, kind="text/plain", encoding="7bit"):
        self.mail, self.list, self.stack = mail, [], []
        self.begin(0, kind, encoding)

    def begin(self, offset, kind, encoding):
        self.stack.append({"type": kind, "encoding": encoding,
                           "depth": len(self.stack), "offset": offset})
        self.list.append(self.stack[-1])
        return self.text()

    def text(self):
        """Its body begins here."""
        self.stack[-1]["body"] = len(self.mail.data)
        return self

    def open(self, kind="text/plain", encoding="7bit", boundary=None):
        """A part begins: its header, as it is needed."""
        start = len(self.mail.data)
        if kind != "text/plain":
            self.mail.line(b"Content-Type: " + kind.encode() + (
                b"; boundary=" + boundary if boundary else b""))
        if encoding != "7bit":
            self.mail.line(b"Content-Transfer-Encoding: " +
                           encoding.encode())
        self.mail.line()
        return self.begin(start, kind, encoding)

    def close(self):
        part = self.stack.pop()
        part["end"] = len(self.mail.data)
        part["line_ends"] = line_ends(self.mail.data[part["body"]:])
        return self

    def done(self, unclosed=False):
        while self.stack:
            self.close()
        self.mail.mime = {
            "parts": len(self.list), "unclosed": unclosed,
            "depth": max(p["depth"] for p in self.list), "list": self.list}


def mixed(boundary=b"b"):
    return [b"MIME-Version: 1.0",
            b"Content-Type: multipart/mixed; boundary=" + boundary]


def messages_with_parts():
    """A message for each code of mime.*, in LF or CRLF."""
    out = {}

    def add(name, end, *fields):
        mail = Mail("%s.%s" % (name, NAME[end]), end)
        out["eml/%s.eml" % mail.name] = mail
        return mail.header(*fields)

    # Cut off in an attachment.
    for end in (LF, CRLF):
        mail = add("mime.unclosed", end, *mixed())
        parts = Parts(mail, "multipart/mixed")
        mail.line(b"--b")
        parts.open()
        mail.put(b"See the attachment.")
        parts.close()
        mail.line().line(b"--b")
        parts.open("image/png", "base64")
        mail.line(b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4")
        mail.at("mime.unclosed medium")
        parts.done(unclosed=True)
    # The outer half of a split: it ends in the middle, no line end is odd.
    mail = add("mime.unclosed.inner", LF, *mixed())
    parts = Parts(mail, "multipart/mixed")
    mail.line(b"--b")
    parts.open("multipart/alternative", boundary=b"inner")
    mail.line(b"--inner")
    parts.open()
    mail.put(b"one").brk(CRLF).put(b"two")
    parts.close().close()
    mail.line().at("mime.unclosed medium").line(b"--b--")
    parts.done(unclosed=True)

    # The field's second line was lost.
    mail = Mail("mime.no-boundary.lf", LF).fields(b"MIME-Version: 1.0")
    out["eml/%s.eml" % mail.name] = mail
    mail.at("mime.no-boundary low")
    mail.line(b"Content-Type: multipart/mixed;").line()
    parts = Parts(mail, "multipart/mixed")
    mail.line(b"--b").line().line(b"text").line(b"--b--")
    parts.done()

    mail = Mail("mime.duplicate-field.lf", LF)
    out["eml/%s.eml" % mail.name] = mail
    mail.fields(*mixed())
    mail.at("mime.duplicate-field low")
    mail.line(b"Content-Type: multipart/mixed; boundary=other").line()
    parts = Parts(mail, "multipart/mixed")
    mail.line(b"--b")
    parts.open()
    mail.put(b"a").brk(CRLF).put(b"b")
    parts.close()
    mail.line().line(b"--b--")
    parts.done()

    # The part at depth 31 is the last that is described.
    mail = add("mime.nesting", CRLF, *mixed(b"b0"))
    parts = Parts(mail, "multipart/mixed")
    for i in range(1, 32):
        mail.line(b"--b%d" % (i - 1))
        if i == 31:
            mail.at("mime.nesting low")
        parts.open("multipart/mixed", boundary=b"b%d" % i)
    mail.line(b"--b31").line().put(b"a").brk(LF).put(b"b")
    for i in reversed(range(31)):
        parts.close()
        mail.line().put(b"--b%d--" % i)
    mail.line()
    parts.done()

    # Lines of their own in a binary part: nothing else is odd.
    mail = add("mime.binary-eol", CRLF, *mixed())
    parts = Parts(mail, "multipart/mixed")
    mail.line(b"--b")
    parts.open()
    mail.put(b"The data are below.")
    parts.close()
    mail.line().line(b"--b")
    parts.open("application/octet-stream", "binary")
    for byte in (LF, CR, LF):
        mail.put(b"data").at("mime.binary-eol info").at(
            "eol.bare-%s info" % NAME[byte]).put(byte)
    mail.put(b"data")
    parts.close()
    mail.line().line(b"--b--")
    parts.done()

    for end in (LF, CRLF):
        odd = CRLF if end == LF else LF
        mail = add("mime.attached-eol", end, *mixed())
        parts = Parts(mail, "multipart/mixed")
        mail.line(b"--b")
        parts.open("message/rfc822")
        start = len(mail.data)
        for text in (b"From: carol@example.net", b"Subject: attached", b"",
                     b"kept with other line ends"):
            mail.put(text).at("mime.attached-eol info").brk(odd)
        parts.begin(start, "text/plain", "7bit")
        parts.stack[-1]["body"] = mail.data.index(b"kept with")
        mail.put(b"the end")
        parts.close().close()
        mail.line().line(b"--b--")
        parts.done()
    for path in list(out):
        out[path] = Single("eml", out[path])
    return out


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
    moz = (b"X-Mozilla-Status: 0001", b"X-Mozilla-Status2: 00000000",
           b"X-Mozilla-Keys: " + b" " * 40)
    out["mozilla"] = Mbox() \
        .separator(b"From - Tue Nov 14 22:13:20 2023" + LF).message(
            Mail("mozilla.1", LF).header(*moz).body(), LF) \
        .separator(b"From - Tue Nov 14 22:13:21 2023" + LF).message(
            Mail("mozilla.2", LF).header(*moz).put(b"a").brk(CR).line(b"b"),
            LF) \
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


PLIST = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" \
"http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>date-received</key>
	<integer>1700000000</integer>
	<key>flags</key>
	<integer>8623750145</integer>
</dict>
</plist>
"""


def framed():
    """Stores of servers and readers whose messages have something around."""
    out = {}

    def emlx(mail, form="emlx"):
        return Framed(form, many=False).message(
            mail, b"%-10d\n" % len(mail.data), PLIST)

    out["apple/1.emlx"] = emlx(plain("apple.1"))
    out["apple/2.emlx"] = emlx(Mail("apple.2", LF).header()
                               .put(b"one").brk(CR).line(b"two"))
    out["apple/3.partial.emlx"] = emlx(Mail("apple.3", LF).header()
                                       .at("eod.space-dot info").line(b" ."),
                                       "emlx-partial")
    mail = plain("apple.4")
    out["apple/4.emlx"] = Other(
        b"%-10d\n" % (len(mail.data) - 9) + mail.data + PLIST, "unreadable",
        "error", "its first line says %d bytes, and the message does not end "
        "there" % (len(mail.data) - 9))
    out["apple/4.emlx"].record["offset"] = 0

    head, meta = b"2 M1e C65539a00\n", b"\n\1\3\nR65539a00\nV%x\nG%s\n\n"

    def dbox(box, mail):
        return box.message(
            mail, b"\1\2N          %016X\n" % len(mail.data),
            meta % (len(mail.data) + mail.data.count(b"\n"),
                    hashlib.md5(mail.data).hexdigest().encode()))

    out["dbox/u.1"] = dbox(Framed("dbox", head), plain("sdbox.1"))
    box = dbox(Framed("dbox", head), plain("mdbox.1"))
    box.bad(b"\1\2N          %016X\n" % 99 + bytes(plain("lost").data) +
            meta % (0, b"0"), "the header of a message says 99 bytes, and it "
            "does not end there")
    out["dbox/m.1"] = dbox(box, Mail("mdbox.3", LF).header().put(b"one")
                           .brk(CR).line(b"two").at("eod.lf-dot-lf info")
                           .line(b"."))
    # Where Dovecot keeps a CRLF, as with the hidden mail_save_crlf.
    out["dbox/m.2"] = dbox(Framed("dbox", head), Mail("mdbox-crlf", CRLF)
                           .header().put(b"one").brk(LF).body())

    line = b"\1\1\1\1\n"
    out["mmdf/inbox"] = Framed("mmdf") \
        .message(plain("mmdf.1"), line, line) \
        .message(Mail("mmdf.2", LF).header().put(b"a").brk(CRLF)
                 .line(b"b").at("eod.lf-dot-lf info").line(b"."), line, line) \
        .message(plain("mmdf.3"), line + ALICE + LF, line)
    out["cyrus/1."] = Single("cyrus", plain("cyrus.1", CRLF))
    out["cyrus/2."] = Single("cyrus", Mail("cyrus.2", CRLF).header()
                             .put(b"one").brk(LF).body())
    out["cyrus/cyrus.header"] = metadata(b"")
    return out


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


def archives():
    def dot(name):
        return Mail(name, CRLF).header().line().line(b"goodbye") \
            .brk(LF).at("eod.lf-dot-crlf high").line(b".").body()

    box = Mbox().separator(ALICE + LF).message(plain("takeout.1"), LF) \
        .separator(ALICE + LF).message(plain("takeout.2"), b"") \
        .readers(2, 2, 2)
    takeout = Archive("zip", [
        ("Takeout/archive_browser.html", Other(
            b"<html>\n", "skipped", "reason", "not mail")),
        ("Takeout/Mail/Inbox.mbox", box),
        ("Takeout/one.eml", Single("eml", dot("takeout.3")))])
    return {
        "archives/takeout.zip": takeout,
        "archives/backup.tar.gz": Archive("tar", [
            ("user/Maildir/cur/1700000020.M1P1.example.org:2,S", Single(
                "maildir", Mail("backup.1", LF).header().line()
                .put(b"a").brk(CR).line(b"b"))),
            ("user/Maildir/new/1700000021.M1P1.example.org", Single(
                "maildir", plain("backup.2"))),
            ("user/export/takeout.zip", takeout)], compressed=True),
    }


def smuggled():
    """What is left of attempts to smuggle, and mail about them."""
    out = {}
    mail_from, rcpt_to = b"MAIL FROM:<boss@example.com>", \
        b"RCPT TO:<bob@example.net>"
    block = (b"From: Boss <boss@example.com>", b"Subject: not from me", b"",
             b"Pretend.")
    dialogue = (mail_from, rcpt_to, b"DATA") + block
    own = {LF: "eod.lf-dot-lf info", CRLF: "eod.crlf-dot-crlf info"}

    def add(name, end):
        mail = Mail("%s.%s" % (name, NAME[end]), end)
        out["smuggle/%s.eml" % mail.name] = mail
        return mail.header().line(b"goodbye") if name.startswith("attempt") \
            else mail.header()

    for end in (LF, CRLF):
        # Kept as it came.
        add("attempt.kept", end).put(b"the end").brk(LF) \
            .at("eod.lf-dot-crlf high", "smuggle.attempt high").put(b".") \
            .brk(CRLF).body(*dialogue)
        # All breaks made one: then it is an ordinary lone dot.
        add("attempt.dot", end).at(own[end], "smuggle.attempt high") \
            .line(b".").body(*dialogue)
        # The line of the dot was dropped.
        add("attempt.dropped", end).at("smuggle.attempt high") \
            .body(*dialogue)
        # Spaces for the breaks beside the dot; and the dot was not alone.
        add("attempt.spaces", end).at(
            "eod.space-dot info", "eod.dot-space info",
            "smuggle.attempt high").line(b" . ").body(*dialogue)
        add("attempt.joined", end).put(b"the end ") \
            .at("smuggle.attempt high").put(b". ").body(*dialogue)
        # CR became LF, so that there are empty lines.
        add("attempt.empty-lines", end).at(own[end], "smuggle.attempt high") \
            .line(b".").body(mail_from, b"", rcpt_to, b"", b"BDAT 60 LAST",
                             b"", *block)
    add("probe.inbound", LF) \
        .line(b"TESTING '...' as \"fake\" end-of-data sequence!").line() \
        .at("smuggle.probe medium") \
        .body(b"mail FROM:<smuggled@example.com>", rcpt_to, b"data",
              b"From: smuggled@example.com", b"To: bob@example.net",
              b"Subject: SMUGGLED EMAIL ('...')", b"", b"it works")
    add("probe.outbound", LF).line(b"SMUGGLINGSTART").line() \
        .at("eod.space-dot info", "smuggle.probe medium").line(b" .") \
        .body(b"", b"SMUGGLINGEND")
    add("verbs", LF).line(b"Then type").line().at("smuggle.verbs low") \
        .body(mail_from, rcpt_to, b"", b"and so on.")

    def quote(mark):
        return [(mark + text).rstrip() for text in dialogue]

    add("quoted.list", LF).body(
        b"On Tuesday Alice wrote:", b"> What do they send?  A lone dot, then")\
        .at("smuggle.quoted info").body(*quote(b"> ")) \
        .body(b"", b"RCPT TO may be there more than once.  The dot is",
              b"what matters, see RFC 5321.")
    add("quoted.diff", LF).body(
        b"--- a/tests/smuggle.txt", b"+++ b/tests/smuggle.txt",
        b"@@ -1,2 +1,9 @@", b" Hello") \
        .at("smuggle.quoted info").body(*quote(b"+")).body(b" ") \
        .at("eod.lf-dot-lf info").line(b".").line(b"-- ")
    add("quoted.telnet", LF).body(
        b"The server says no:", b"", b"$ telnet mx.example.net 25",
        b"220 mx.example.net ESMTP") \
        .at("smuggle.quoted info").body(
            b"EHLO client.example.com", b"250-mx.example.net",
            b"250 8BITMIME", mail_from, b"250 2.1.0 Ok", rcpt_to,
            b"250 2.1.5 Ok", b"DATA", b"354 End data with <CR><LF>.<CR><LF>",
            *block) \
        .at("eod.lf-dot-lf info").body(
            b".", b"550 5.7.1 no", b"QUIT", b"221 2.0.0 Bye")
    add("quoted.here-document", LF).body(b"    nc mx 25 <<END") \
        .at("smuggle.quoted info").body(*quote(b"    ")) \
        .body(b"    END", b"", b"rcpt to is where it hangs.")
    add("quoted.rfc", LF).body(b"   In this example, from RFC 5321:", b"",
                               b"      S: 220 example.net") \
        .at("smuggle.quoted info").body(
            b"      C: EHLO example.com", b"      S: 250 example.net",
            b"      C: " + mail_from, b"      S: 250 OK",
            b"      C: " + rcpt_to, b"      S: 250 OK", b"      C: DATA",
            b"      S: 354 Start mail input", b"      C: Blah blah", b"",
            b"rcpt to comes behind mail from.")
    add("quoted.fence", LF).line(b"```smtp").at("smuggle.quoted info") \
        .body(*dialogue).line(b"```")
    return {path: Single("eml", mail) for path, mail in out.items()}


BEGAN = 1700000000                      # 2023-11-14T22:13:20Z


class PostfixFile:
    """A queue file, record by record, as cleanup(8) writes it."""

    def __init__(self, *recipients, sizes=True):
        self.data = bytearray()
        if sizes:
            self.record(b"C", b" " * 95)
        self.record(b"T", b"%d 123456" % BEGAN)
        self.record(b"A", b"rewrite_context=local")
        self.record(b"S", b"alice@example.com")
        for address in recipients:
            self.record(b"O", address).record(b"R", address)
        self.record(b"M", b"")
        self.start, self.sizes = len(self.data), sizes

    def record(self, kind, data):
        n, head = len(data), bytearray(kind)
        while n > 127:
            head.append(n & 127 | 128)
            n >>= 7
        head.append(n)
        self.data += head + data
        return self

    def content(self, data):
        lines = bytes(data).split(LF)
        for line in lines[:-1]:
            self.record(b"N", line)
        if lines[-1]:
            self.record(b"L", lines[-1])
        return self

    def pointer(self, to=0, at=None):
        """A p record, here or over the one that is there."""
        data = b"p\x0f%15d" % to
        if at is None:
            self.data += data
        else:
            self.data[at:at + len(data)] = data
        return self

    def end(self):
        size = len(self.data) - self.start
        self.record(b"X", b"").record(b"E", b"")
        if self.sizes:
            self.data[2:97] = b"%15d %15d %15d %15d %15d %15d" % (
                size, self.start, 1, 0, size, 0)
        return self


def spools():
    """Queues of mail servers: samples/SERVER/."""
    return {**postfix(), **exim(),
            **opensmtpd(), **kumomta(), **haraka(), **pickup(),
            **sendmail(), **qmail(), **courier()}


def exim():
    """Two files for each message: the body in ID-D."""
    out = {}

    def head(id, mail, *options):
        fields = b""
        for name in bytes(mail.data).split(mail.end * 2)[0].split(mail.end):
            fields += b"%03d  %s\n" % (len(name) + 1, name)
            fields += b"%03d* X-Old: not sent\n" % len(b"X-Old: not sent\n")
        return b"\n".join((
            id + b"-H", b"Debian-exim 101 103", b"<alice@example.com>",
            b"%d 0" % BEGAN, b"-received_time_usec .123456",
            b"-aclm _note 9", b"two\nlines", b"--helo_name mail.example.com",
            *options, b"YN carol@example.org", b"NN dave@example.org", b"2",
            b"bob@example.net", b"erin@example.net  0,-1#1", b"", fields))

    def add(id, mail, *options):
        name = id.decode()
        body = bytes(mail.data).split(mail.end * 2, 1)[1]
        if not options:
            options = (b"-body_linecount %d" % body.count(LF),)
        out["exim/input/%s-H" % name] = Queued(
            "exim", mail, head(id, mail, *options), queue_id=name,
            sender="alice@example.com", arrived="2023-11-14T22:13:20Z",
            recipients=["bob@example.net", "erin@example.net"])
        out["exim/input/%s-D" % name] = Other(
            id + b"-D\n" + body, "skipped", "reason",
            "the body of a message of Exim: see %s-H" % name)

    add(b"1r2KQK-0001Ab-0C", Mail("exim.1", LF).header()
        .at("eod.lf-dot-lf info").line(b".").body())
    # What came by BDAT is kept as it came, and sent so.
    add(b"1r2KQK-00000001Abc-000D", Mail("exim.2", CRLF).header()
        .put(b"goodbye").brk(LF).at("eod.lf-dot-crlf high").put(b".")
        .brk(CRLF).at("eod.stuffed-dot info").line(b"..").body(),
        b"-spool_file_wireformat")
    out["exim/input/1r2KQK-0001Ab-0E-D"] = Other(
        b"1r2KQK-0001Ab-0E-D\nhello\n", "unreadable", "error",
        "half of a message of Exim: there is no 1r2KQK-0001Ab-0E-H")
    return out


def opensmtpd():
    """A file for each recipient beside the message; all of it compressed, or
    encrypted: the key is lost."""
    out, arrived = {}, "2023-11-14T22:13:20Z"

    def add(id, mail, *recipients, pack=bytes):
        folder = "opensmtpd/queue/%s/%s/" % (id[:2], id)
        out[folder + "message"] = Queued(
            "opensmtpd", mail, pack(mail.data), pack is bytes, queue_id=id,
            sender="alice@example.com", recipients=recipients,
            arrived=arrived)
        for i, who in enumerate(recipients):
            out["%s%s%08x" % (folder, id, i + 77)] = metadata(pack(
                b"version: 3\ndispatcher: out\ntype: mta\n"
                b"smtpname: mx.example.net\nhelo: mail.example.com\n"
                b"sockaddr: 192.0.2.1\nsender: alice@example.com\n"
                b"rcpt: list@example.net\ndest: %s\nctime: %d\n"
                b"last-try: 0\nlast-bounce: 0\nttl: 0\nretry: 0\n"
                % (who.encode(), BEGAN)))

    add("7c0cec1a", Mail("opensmtpd.1", LF).header().put(b"goodbye").brk(CR)
        .put(b"no line of its own").brk(LF)
        .at("eod.lf-dot-lf info").line(b".").body(),
        "bob@example.net", "carol@example.org")
    add("7c0cec1b", plain("opensmtpd.2"), "bob@example.net",
        pack=lambda data: gzip.compress(bytes(data), 9, mtime=0))
    out["opensmtpd/queue/7c/7c0cec1c/message"] = Other(
        b"\1" + bytes(range(128, 192)), "skipped", "reason",
        "encrypted by OpenSMTPD: only the server can read it, with the key "
        "of its queue")
    return out


def kumomta():
    """Two trees: messages as they came, and their envelopes."""
    at = "data/04/af/c0/00/833b11eeb3c89f6bdeced846"
    mail = Mail("kumomta.1", CRLF).header().put(b"goodbye") \
        .at("eol.bare-lf medium", "eol.mixed low").put(LF) \
        .at("eod.lf-dot-crlf high").line(b".").body()
    return {
        "kumomta/data/" + at: Queued(
            "kumomta", mail, mail.data, True, sender="alice@example.com",
            queue_id=at[5:].replace("/", ""), arrived="2023-11-14T22:13:20Z",
            recipients=["bob@example.net", "carol@example.org"]),
        "kumomta/meta/" + at: metadata(
            b'{"sender":"alice@example.com","recipient":["bob@example.net",'
            b'"carol@example.org"],"meta":{"received_via":"192.0.2.1"},'
            b'"schedule":null}')}


def haraka():
    """JSON, and the message as it is sent, dots doubled."""
    mail = Mail("haraka.1", CRLF).header() \
        .at("eod.crlf-dot-crlf info").line(b".").line(b"..x") \
        .put(b"no break").brk(CR).put(b"for Haraka").brk(CRLF).body()
    todo = b'\n{\n\t"queue_time": %d123,\n\t"domain": "example.net",' \
        b'\n\t"rcpt_to": [\n\t\t{\n\t\t\t"original": "<bob@example.net>"' \
        b'\n\t\t}\n\t],\n\t"mail_from": {\n\t\t"original": ' \
        b'"<alice@example.com>"\n\t},\n\t"notes": {},\n\t"uuid": ' \
        b'"0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0.1.1"\n}\n' % BEGAN
    head = len(todo).to_bytes(4, "big") + todo
    lines = bytes(mail.data).split(CRLF)
    data = CRLF.join(b"." + x if x[:1] == b"." else x for x in lines)
    name = "haraka/%s1700000000123_1700000000123_0_71_aBcDeF_%d_mx.example.net"
    return {
        name % ("", 1): Queued(
            "haraka", mail, head + data, sender="alice@example.com",
            queue_id="0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0.1.1",
            recipients=["bob@example.net"], arrived="2023-11-14T22:13:20Z"),
        name % ("", 2): Other(
            head + b"Subject: x\r\n\r\nhello\r\n.\r\nbye\r\n", "unreadable",
            "error", "a damaged queue file of Haraka: a lone dot that is not "
            "doubled, and ends the data when it is sent, at byte %d"
            % (len(head) + 21), offset=21),
        name % ("error.", 3): Other(
            head[:90], "unreadable", "error", "a damaged queue file of "
            "Haraka: cut off, at byte 90"),
        name % ("__tmp__.", 4): metadata(head[:90])}


def pickup():
    """For IIS and Exchange the first fields are the envelope."""
    mail = Mail("pickup.1", CRLF).line(b"x-sender: alice@example.com") \
        .line(b"x-receiver: bob@example.net").header() \
        .at("eod.crlf-dot-crlf info").line(b".").body()
    replay = Mail("pickup.2", CRLF) \
        .line(b"X-Sender: <alice@example.com> BODY=7bit") \
        .line(b"X-Receiver: <bob@example.net> NOTIFY=NEVER") \
        .line(b"X-Receiver: <carol@example.org>") \
        .line(b"X-CreatedBy: MSExchange15").header().put(b"goodbye") \
        .brk(CR).line(b"and hello").body()
    return {
        "pickup/1.eml": Queued(
            "pickup", mail, mail.data, True, sender="alice@example.com",
            recipients=["bob@example.net"]),
        "pickup/replay.eml": Queued(
            "pickup", replay, replay.data, True, sender="alice@example.com",
            recipients=["bob@example.net", "carol@example.org"])}


def sendmail():
    """The header in qfID, the body in dfID, beside it or in ../df."""
    out = {}

    def add(folders, kind, id, mail):
        header, body = bytes(mail.data).split(LF * 2, 1)
        fields = b"".join(b"H?%s?%s\n" % (
            b"D" if f.startswith(b"Date") else b"", f)
            for f in header.split(LF))
        qf = (b"V8\nT%d\nK0\nN0\nP30042\nI254/1/77\nMDeferred: no route\n"
              b"\tto host\nFbs\n$_root@localhost\n${daemon_flags}c u\n"
              b"S<alice@example.com>\nrRFC822; bob@example.net\n"
              b"RPFD:<bob@example.net>\nRPFD:<erin@example.net>\n"
              b"H?P?Return-Path: <\x81g>\n%s.\n" % (BEGAN, fields))
        out["sendmail/%s/%s%s" % (folders[0], kind, id)] = Queued(
            "sendmail", mail, qf, queue_id=id, sender="alice@example.com",
            arrived="2023-11-14T22:13:20Z",
            recipients=["bob@example.net", "erin@example.net"])
        above = "" if folders[0] == folders[1] else "../qf/"
        out["sendmail/%s/df%s" % (folders[1], id)] = Other(
            body, "skipped", "reason", "the body of a message of sendmail: "
            "see %s%s%s" % (above, kind, id))
        return qf

    qf = add(("mqueue", "mqueue"), "qf", "3AEMDKn0004242",
             Mail("sendmail.1", LF).header(b"X-Folded: a", b"\tb")
             .at("eod.lf-dot-lf info").line(b".").put(b"c").brk(CR)
             .line(b"d").body())
    out["sendmail/mqueue/tf3AEMDKn0004242"] = Other(
        qf[:90], "skipped", "reason", "a queue file that sendmail was "
        "writing: see qf3AEMDKn0004242")
    # In quarantine; its body is what mail begins like.
    add(("q1/qf", "q1/df"), "hf", "3AEMDKn0004243",
        Mail("sendmail.2", LF).header().body(
            b"From: Carol", b"To: Dave", b"Subject: forwarded"))
    out["sendmail/mqueue/qf3AEMDKn0004244"] = Other(
        qf, "unreadable", "error", "half of a message of sendmail: there is "
        "no df3AEMDKn0004244 below what was named")
    return out


def qmail():
    """mess/N/ID; before and after qmail-send has looked at it."""
    why = "a part of what qmail knows of a message, which is in mess/"
    out = {"qmail/lock/sendmutex": Other(b"", "skipped", "reason", "empty")}

    def add(id, mail, recipients, **files):
        n = "%d/%d" % (id % 23, id)
        out["qmail/mess/" + n] = Queued(
            "qmail", mail, mail.data, raw=True, queue_id=str(id),
            sender="alice@example.com", recipients=recipients)
        for folder, data in files.items():
            name = str(id) if folder in ("todo", "intd", "bounce") else n
            out["qmail/%s/%s" % (folder, name)] = Other(
                data, "skipped", "reason", why)

    add(457, Mail("qmail.1", LF).header().put(b"a").brk(CR).line(b"b")
        .body(), ["bob@mx.example.net", "erin@example.net"],
        info=b"Falice@example.com\0",
        local=b"Tbob@mx.example.net\0Dcarol@mx.example.net\0",
        remote=b"Ddave@example.org\0Terin@example.net\0",
        bounce=b"To: dave@example.org:\nFrom: here\n\n")
    todo = b"u1000\0p4242\0Falice@example.com\0Tbob@example.net\0"
    add(461, Mail("qmail.2", LF).header().at("eod.lf-dot-lf info").line(b".")
        .put(b"a").brk(CR).line(b"b").body(), ["bob@example.net"], todo=todo, intd=todo)
    return out


def courier():
    """DID, and CID with the envelope."""
    mail = (Mail("courier.1", LF).header().put(b"a").brk(CR).line(b"b")
            .at("eod.stuffed-dot info").line(b"..").body())
    id = "00000000000001C9.%016X.00001092" % BEGAN
    control = (b"salice@example.com\nfdns; localhost\ne\nt\nM%s\n"
               b"rbob@example.net\nR\nN\nrcarol@example.org\nR\nN\n"
               b"ulocal\nE1796578349\nI1 R 250 Ok.\nS1 1700000100 r\n"
               b"A1700000200\n" % id.encode())
    return {
        "courier/msgs/57/D457": Queued(
            "courier", mail, mail.data, raw=True, queue_id=id,
            sender="alice@example.com", arrived="2023-11-14T22:13:20Z",
            recipients=["bob@example.net"]),
        "courier/msgs/57/C457": Other(
            control, "skipped", "reason",
            "the envelope of a message of Courier: see D457"),
        "courier/msgq/170000/C457.1700000200": Other(
            control, "skipped", "reason", "not mail")}


def postfix():
    bob, arrived = b"bob@example.net", "2023-11-14T22:13:20Z"

    def add(place, name, mail, data, *recipients):
        out["postfix/%s/%s" % (place, name)] = Queued(
            "postfix", mail, data, queue_id=name, sender="alice@example.com",
            recipients=recipients or ["bob@example.net"], arrived=arrived)

    out = {}
    mail = plain("postfix.1")
    add("active", "4D5E6F7A8B", mail,
        PostfixFile(bob).content(mail.data).end().data)
    # No line end is stored: a CR is one of the text, also before the end.
    mail = Mail("postfix.2", LF).header().put(b"goodbye").brk(CR) \
        .at("eod.cr-dot-lf medium").put(b".").brk(LF) \
        .line(b"MAIL FROM:<a@example.com>").put(b"kept").brk(CRLF) \
        .line(b"as sent") \
        .at("eod.lf-dot-lf info").line(b".").body()
    file = PostfixFile(bob, b"carol@example.org").content(mail.data).end()
    add("deferred/4", "4A1B2C3D4E", mail, file.data, "bob@example.net",
        "carol@example.org")
    cut = file.data[:-4]
    out["postfix/deferred/4/4F00D00D00"] = Other(
        bytes(cut), "unreadable", "error", "a Postfix queue file that is cut "
        "off in its message, at byte %d" % len(cut), offset=len(mail.data))
    # A milter replaced the subject: the new one is behind the end.
    mail = Mail("postfix.3", LF).header(b"X-Filter: passed") \
        .at("limit.line-78 info").put(b"a long line of " + b"x" * 900) \
        .at("eol.no-final info")
    head, body = bytes(mail.data).split(b"X-Filter: passed\n")
    file = PostfixFile(bob).content(head)
    here = len(file.data)
    file.pointer().record(b"w", b"X-Filter: not seen")
    back = len(file.data)
    file.content(body[:513])
    file.content(body[513:]).pointer().end()
    file.pointer(len(file.data), here).content(b"X-Filter: passed\n") \
        .pointer(back)
    add("hold", "3pXyZw4TqBzKm", mail, file.data)
    mail = plain("postfix.4")
    add("maildrop", "4B0B0B0B0B", mail,
        PostfixFile(bob, sizes=False).content(mail.data).end().data)
    return out


def others():
    return {
        "other/notes.txt": Other(b"Buy milk.\nNote: this is no mail\n",
                                 "skipped", "reason", "not mail"),
        "other/empty": Other(b"", "skipped", "reason", "empty"),
        "other/outlook.pst": Other(
            b"!BDN\0\0\0\0SM\x17\0", "skipped", "reason",
            "an Outlook pst or ost file: convert it with readpst"),
        "other/secret.asc": Other(
            b"-----BEGIN PGP MESSAGE-----\n\nAAAA\n"
            b"-----END PGP MESSAGE-----\n", "skipped", "reason",
            "encrypted with OpenPGP: decrypt it first"),
    }


def all_samples():
    out = {}
    for some in (loose_messages(), dkim_messages(), messages_with_parts(),
                 smuggled(), maildirs(), mh(), mboxes(), framed(), compressed(),
                 archives(), spools(), others()):
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
        if isinstance(entry, Single) or \
                isinstance(entry, Framed) and not entry.many:
            singles.append(entry)
    if singles:
        forms = {s.form for s in singles}
        out.append(store_record(path, forms.pop() if len(forms) == 1 else
                                "files", [s.mail for s in singles]))
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
        "files": len({r["path"] for r in records if r["type"] == "message" or
                      r["type"] == "unreadable" and "offset" in r}),
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
