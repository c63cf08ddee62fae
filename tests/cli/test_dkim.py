"""DKIM body hashes: what another program signs, and then what is done to it.

dkimpy signs generated mails with a throw-away key.  What baredot says of each
body must be what dkimpy says of the same message when it has that form of
line ends.  Prints TAP.
"""
import base64
import random
import re
import subprocess
import sys

sys.dont_write_bytecode = True
from cli import (CLEAN, FINDINGS, Skip, baredot, check, folder, run, same,
                 scan, test, write)

try:
    import dkim
except ImportError:
    dkim = None

HEAD = (b"From: a@example.com\r\nTo: b@example.org\r\nSubject: test\r\n"
        b"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
        b"Message-ID: <1@example.com>\r\n")
WAYS = [(h, b) for h in (b"simple", b"relaxed")
        for b in (b"simple", b"relaxed")]
KEY = []


def key():
    """(private key in PEM, its public part as in DNS), made once."""
    if dkim is None:
        raise Skip("python3-dkim is not installed")
    if not KEY:
        pem = subprocess.run(["openssl", "genrsa", "-traditional", "2048"],
                             capture_output=True, check=True).stdout
        der = subprocess.run(["openssl", "rsa", "-pubout", "-outform",
                              "DER"], input=pem, capture_output=True,
                             check=True).stdout
        KEY.append((pem, b"v=DKIM1; p=" + base64.b64encode(der)))
    return KEY[0]


def signed(body, way, length=False):
    mail = HEAD + b"\r\n" + body
    return dkim.sign(mail, b"sel", b"example.com", key()[0],
                     canonicalize=way, length=length) + mail


def is_valid(mail):
    """What dkimpy says of the whole signature."""
    try:
        return dkim.DKIM(mail).verify(
            dnsfunc=lambda name, timeout=5: key()[1])
    except dkim.ValidationError:        # the body's hash is another
        return False


def said(mail, *args):
    """The only signature of the only message, and its dkim.* codes."""
    with folder() as tmp:
        ran = scan("--all", "--dkim", *args, write(tmp + "/a.eml", mail))
    check(ran.status in (CLEAN, FINDINGS), ran.err)
    (r,) = ran.of_type("message")
    (s,) = r["dkim"]
    return s, {f["code"] for f in r["findings"]
               if f["code"].startswith("dkim.")}


def bodies():
    """Short ones of what matters, and longer ones; all of CRLF lines."""
    r = random.Random(6376)
    yield from (b"", b"\r\n", b"\r\n\r\n", b" \r\n", b"x\r\n", b"x \t\r\n\r\n",
                b"\t x\r\n", b"\r\nx\r\n", b"a  b\r\n \r\n\r\n")
    for n in (10, 100, 3000):
        for _ in range(4):
            yield b"".join(r.choice((b"\r\n", b" ", b"\t", b"x", b"word"))
                           for _ in range(n)) + b"\r\n"


@test
def what_was_signed_matches():
    for body in bodies():
        for way in WAYS:
            mail = signed(body, way)
            check(is_valid(mail))
            s, codes = said(mail)
            same((s["domain"], s["selector"], s["algorithm"],
                  s["canonicalization"], s["offset"], s["body"]),
                 ("example.com", "sel", "rsa-sha256", b"/".join(way).decode(),
                  0, "as-stored"), (body, way))
            check(s["as_stored"] and s["with_crlf"] and s["with_all"])
            same(codes, set())


@test
def kept_with_lf_it_matches_as_it_is_sent():
    for body in bodies():
        for way in WAYS:
            s, codes = said(signed(body, way).replace(b"\r\n", b"\n"))
            check(s["with_crlf"] and s["with_all"], (body, way))
            same(codes, set(), (body, way))


@test
def a_cut_body_matches_in_no_form():
    for way in WAYS:
        s, codes = said(signed(b"one\r\ntwo\r\n", way)[:-5])
        same((s["body"], codes), ("mismatch", {"dkim.body-mismatch"}))


@test
def odd_line_ends_are_what_dkimpy_says_of_each_form():
    """A line end that was damaged after signing, at random."""
    r = random.Random(8301)
    seen = set()
    for n in range(120):
        body = b"".join(r.choice((b"\r\n", b" ", b"x", b"word"))
                        for _ in range(8)) + b"y\r\n"
        mail = signed(body, (b"relaxed", WAYS[n % 4][1]))
        head, _, body = mail.partition(b"\r\n\r\n")
        body = re.sub(rb"\r\n", lambda m: r.choice(
            (b"\r\n", b"\r\n", b"\n", b"\r", b"\r\r\n")), body)
        mail = head + b"\r\n\r\n" + body
        forms = {
            "with_crlf": re.sub(rb"\r?\n", b"\r\n", mail),
            "with_all": re.sub(rb"\r?\r\n|\r|\n", b"\r\n", mail)}
        s, codes = said(mail, "--eol", "crlf")
        for form, bytes_then in forms.items():
            same(s[form], is_valid(bytes_then), (mail, form))
        seen.add(s["body"])
        seen |= codes
    # A bare CR before a CRLF is a CRCRLF then: one break less, "mismatch".
    check(seen >= {"as-stored", "with-crlf", "with-all", "mismatch",
                   "dkim.fix-restores"}, seen)


@test
def l_leaves_out_what_was_added():
    for way in WAYS:
        mail = signed(b"one\r\ntwo\r\n", way, length=True)
        s, codes = said(mail)
        same((s["length"], s["uncovered"], codes), (10, 0, set()))
        s, codes = said(mail + b"-- \r\nfoot\r\n")
        check(is_valid(mail + b"-- \r\nfoot\r\n"))
        same(s["body"], "as-stored")
        same((s["uncovered"], codes),
             (11 - (way[1] == b"relaxed"), {"dkim.length"}))
        s, codes = said(mail[:-5])
        same((s["body"], codes), ("mismatch", {"dkim.body-mismatch"}))


@test
def without_the_option_only_messages_with_findings_are_compared():
    clean = HEAD + b"DKIM-Signature: nothing\r\n\r\nx\r\n"
    with folder() as tmp:
        path = write(tmp + "/a.eml", clean)
        (r,) = scan("--all", path).of_type("message")
        check("dkim" not in r)
        same(scan(path).status, CLEAN)
        same(scan("--dkim", path).status, FINDINGS)
        # The dot is a finding, if only of "info": so it is looked at again.
        path = write(tmp + "/b.eml", clean + b".\r\n")
        (r,) = scan(path).of_type("message")
        same(r["dkim"], [{"offset": len(HEAD), "body": "unusable",
                          "why": "a tag without ="}])


@test
def from_a_pipe_and_from_gzip_the_same_is_said():
    import gzip
    mail = HEAD + b"DKIM-Signature: v=1; d=example.com\r\n\r\nx\n.\r\n"
    with folder() as tmp:
        for args in ((), ("--dkim",)):
            got = []
            for path, data in (("/a.eml", mail),
                               ("/a.gz", gzip.compress(mail))):
                (r,) = scan(*args, write(tmp + path,
                                         data)).of_type("message")
                got.append((r["findings"], r["dkim"], r["sha256"]))
            (r,) = scan(*args, "-", input=mail).of_type("message")
            got.append((r["findings"], r["dkim"], r["sha256"]))
            check(got[0] == got[1] == got[2], got)


@test
def names_in_a_signature_are_escaped():
    mail = (HEAD + b"DKIM-Signature: v=1; a=rsa-sha256; s=\xff\xe2\x80\xae;"
            b" d=ex\xc2\x9bample\r\n\r\n.\r\n")
    s, _ = said(mail)
    same((s["domain"], base64.b64decode(s["selector_b64"])),
         ("ex\x9bample", b"\xff\xe2\x80\xae"))
    with folder() as tmp:
        path = write(tmp + "/a.eml", mail)
        for form in ("text", "ndjson"):
            out = baredot("scan", "-v", "-f", form, path).out
            check(b"ample" in out, out)
            for raw in (b"\xff", b"\xe2\x80\xae", b"\xc2\x9b"):
                check(raw not in out, out)


@test
def verbose_text_has_a_note_for_each_signature():
    mail = HEAD + (b"DKIM-Signature: v=1; d=example.org\r\n"
                   b"DKIM-Signature: x\r\n\r\n.\r\n")
    with folder() as tmp:
        path = write(tmp + "/a.eml", mail)
        notes = [line.split(": ", 1)[1] for line in
                 baredot("scan", "-v", "-f", "text", path).out.decode()
                 .split("\n") if ": note: " in line]
        same(notes, ["note: DKIM signature of example.org: not usable: "
                     "no s=", "note: DKIM signature: not usable: a tag "
                     "without ="])
        check(b"note: DKIM" not in baredot("scan", "-f", "text", path).out)


run()
