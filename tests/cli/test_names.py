"""Hostile file names and header fields: nothing of them reaches a terminal
as it is, and everything of them can be got back.
"""
import os
import re
import sys
import unicodedata

sys.dont_write_bytecode = True
from cli import (BAREDOT, FINDINGS, UNREADABLE, baredot, check, exact, folder,
                 run, same, scan, strict_json, test, write)

MAIL = b"From: a@example.com\nSubject: x\n\na line\r\nb\n"    # one finding
DIRTY = b"From: a@example.com\n\nx\ry\nz\n"
NAMES = [
    b"new\nline", b"carriage\rreturn", b"tab\there", b"bell\x07",
    b"\x1b[31mred\x1b[0m", b"\x1b]0;title\x07", b"del\x7f",
    b"c1-raw\x9b31m", "c1-utf8\u009b31m".encode(),
    "bidi\u202egnp.exe".encode(), "isolate\u2066x\u2069".encode(),
    "zero\u200bwidth".encode(), "line\u2028sep".encode(),
    "bom\ufeff".encode(), "tag\U000e0041".encode(),
    "noncharacter\uffff".encode(), "replacement\ufffd".encode(),
    b"\xff\xfe\xfd", b"half\xc3", b"\xed\xa0\x80surrogate", b"\xc0\xaflong",
    b"\xf4\x90\x80\x80beyond", "M\u00fcnchen \u65e5\u672c".encode(),
    "\U0001f4e7".encode(), b"x" * 255, b"-rf", b"--all", b"*", b"$(id)",
    b"quote\"s", b"apo'strophe", b"back\\slash", b"\\n", b"\\x1b", b" lead",
    b"trail ", b"a:b:2,S", b"%s%n", b"\x01\x02",
]


def safe(out):
    """No control character but \\n, and nothing that hides or reorders."""
    check(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", out), out)
    text = out.decode("utf-8")
    for c in text:
        check(c == "\n" or unicodedata.category(c) not in
              ("Cc", "Cf", "Zl", "Zp", "Cs"), repr(c))


def unescaped(text):
    """What escape.h says about text, backwards."""
    named = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0",
             b"\\": b"\\"}

    def one(m):
        if m.group(1):
            return bytes.fromhex(m.group(1).decode())
        if m.group(2):
            return chr(int(m.group(2), 16)).encode()
        return named[m.group(3)]
    return re.sub(rb"\\(?:x([0-9a-f]{2})|u\{([0-9a-f]+)\}|([nrt0\\]))", one,
                  text)


def many_files(tmp, suffix=b".eml"):
    top = os.fsencode(tmp)
    for name in NAMES:
        write(top + b"/" + name[:255 - len(suffix)] + suffix, MAIL)
    return [name[:255 - len(suffix)] + suffix for name in sorted(
        NAMES, key=lambda n: n[:255 - len(suffix)] + suffix)]


@test
def names_in_text():
    with folder() as tmp:
        names = many_files(tmp, b"")
        ran = baredot("scan", "-f", "text", "-c", "eol.crlf", ".", cwd=tmp)
        same(ran.status, FINDINGS)
        safe(ran.out)
        safe(ran.err.encode("utf-8", "surrogateescape"))
        lines = [x for x in ran.out.split(b"\n") if b" low eol.crlf" in x]
        got = [unescaped(x[:x.rindex(b":1:38: low")]) for x in lines]
        same(got, [b"./" + n for n in sorted(names)])


@test
def names_in_ndjson():
    with folder() as tmp:
        names = many_files(tmp)
        for args in ((), ("-j", "2")):
            ran = baredot("scan", "-f", "ndjson", *args, ".", cwd=tmp)
            safe_json(ran.out)
            got = [exact(r, "path") for r in ran.of_type("message")]
            same(got, [b"./" + n for n in sorted(names)])


def safe_json(out):
    check(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", out), "control")
    safe(out)


@test
def b64_stands_where_it_is_needed_and_only_there():
    with folder() as tmp:
        many_files(tmp)
        for r in scan(".", cwd=tmp).of_type("message"):
            name = exact(r, "path")
            try:
                valid = name.decode("utf-8") == r["path"]
            except UnicodeDecodeError:
                valid = False
                check("\ufffd" in r["path"])
            same("path_b64" in r, not valid, name)


@test
def names_in_one_document():
    with folder() as tmp:
        many_files(tmp)
        ran = baredot("scan", "-f", "json", ".", cwd=tmp)
        safe_json(ran.out)
        same([exact(r, "path") for r in strict_json(ran.out)["records"]
              if r["type"] == "message"],
             [exact(r, "path") for r in scan(".", cwd=tmp).of_type(
                 "message")])


@test
def names_of_folders():
    with folder() as tmp:
        top = os.fsencode(tmp)
        names = [n for n in NAMES if b"/" not in n]
        for n in names:
            write(top + b"/" + n + b"/1", MAIL)
        ran = scan(".", cwd=tmp)
        same([exact(r, "path") for r in ran.of_type("store")],
             [b"./" + n for n in sorted(names)])
        safe(baredot("scan", "-f", "text", ".", cwd=tmp).out)


@test
def names_of_what_is_skipped_or_unreadable():
    with folder() as tmp:
        top = os.fsencode(tmp)
        for n in NAMES:
            write(top + b"/" + n[:250] + b".txt", b"no mail")
            write(top + b"/" + n[:250] + b".gz", b"\x1f\x8b\x08damaged")
        ran = scan("-v", ".", cwd=tmp)
        same(ran.status, UNREADABLE)
        for kind, tail in (("skipped", b".txt"), ("unreadable", b".gz")):
            same(sorted(exact(r, "path") for r in ran.of_type(kind)),
                 sorted(b"./" + n[:250] + tail for n in NAMES))
        safe(baredot("scan", "-f", "text", "-v", ".", cwd=tmp).out)


@test
def names_that_do_not_exist():
    for n in NAMES:
        name = b"./" + n[:200] + b".none"
        ran = scan("--", name)
        same(exact(ran.of_type("unreadable")[0], "path"), name)
        safe_json(ran.out)
        ran = baredot("scan", "-f", "text", "--", name)
        safe(ran.out)
        safe(ran.err.encode("utf-8", "surrogateescape"))


@test
def names_that_the_user_gave_and_a_list_gave():
    with folder() as tmp:
        names = many_files(tmp)
        ran = scan("--", *names, cwd=tmp)
        same([exact(r, "path") for r in ran.of_type("message")], names)
        ran = scan("--files0-from=-", cwd=tmp,
                   input=b"".join(n + b"\0" for n in names))
        same([exact(r, "path") for r in ran.of_type("message")], names)


@test
def a_report_under_a_hostile_name():
    with folder() as tmp:
        name = b"\x1b[31m\xff\n"
        ran = baredot("scan", "-o", b"none/" + name, "samples")
        same(ran.status, UNREADABLE)
        safe(ran.err.encode("utf-8", "surrogateescape"))
        baredot("scan", "-o", os.fsencode(tmp) + b"/" + name, "samples/mh")
        same(os.listdir(os.fsencode(tmp)), [name])


def maildir(top, names):
    """Messages under such names, as far as they are names of a Maildir; new
    names are 17 bytes longer."""
    for part in (b"/cur/", b"/new/", b"/tmp/"):
        os.makedirs(top + part)
    for n in names:
        write(top + b"/new/" + n.replace(b":", b"_").lstrip(b".")[:238],
              DIRTY)
        write(top + b"/cur/17." + n.replace(b":", b"_")[:230] + b":2,S",
              DIRTY)


def contents(top):
    found = {}
    for where, _, names in os.walk(top):
        for n in names:
            with open(os.path.join(where, n), "rb") as f:
                found[os.path.join(where, n)] = f.read()
    return found


def act(*args, **more):
    """In both forms; what was said is safe."""
    ran = baredot(*args, **more)
    (safe_json if b'{"type"' in ran.out[:8] else safe)(ran.out)
    safe(ran.err.encode("utf-8", "surrogateescape"))
    return ran


def everywhere(mail):
    """Each name in a Maildir, and some as those of other files."""
    maildir(mail + b"/M", NAMES)
    for n in NAMES[::4]:
        write(mail + b"/eml/" + n[:251] + b".eml", DIRTY)
        write(mail + b"/boxes/" + n[:200] + b".mbox",
              b"From a@b Mon Jan  1 00:00:00 2024\n" + DIRTY + b"\n")
    return contents(mail)


@test
def names_of_what_is_repaired_taken_out_and_brought_back():
    with folder() as tmp:
        mail, state = os.fsencode(tmp) + b"/mail", os.path.join(tmp, "state")
        os.mkdir(state, 0o700)
        first = everywhere(mail)
        for do, back, form in (
                (["fix", "--state"], ["undo", "last", "--state"], "ndjson"),
                (["quarantine", "--min-severity=low", "--into"],
                 ["restore", "--into"], "text")):
            ran = act(*do, state, "-f", form, "--apply", mail)
            same(ran.status, 0, ran.err)
            if form == "ndjson":
                same(sorted(exact(r, "path") for r in ran.of_type("outcome")
                            if r["status"] == "done"), sorted(first))
            same([p for p, d in contents(mail).items() if b"x\ry" in d], [])
            run = os.listdir(state + "/runs")[0]
            for other in ("ndjson", "text"):
                act("runs", "--state", state, "-f", other)
                act("runs", run, "--state", state, "-f", other)
                act("quarantine", "--list", state, "-f", other)
                act(*back, state, "-f", other)
            ran = act(*back, state, "-f", form, "--apply")
            same(ran.status, 0, ran.err)
            same(contents(mail) == first, True, "not as it was")


@test
def a_name_that_is_too_long_for_a_mark_is_refused():
    with folder() as tmp:
        top, state = os.fsencode(tmp), os.path.join(tmp, "state")
        os.mkdir(state, 0o700)
        maildir(top + b"/M", [])
        path = write(top + b"/M/cur/" + b"1.\x1b." + b"x" * 245 + b":2,S",
                     DIRTY)
        ran = act("fix", "--apply", "--state", state, "-f", "ndjson",
                  top + b"/M")
        same([(exact(r, "path"), r["status"]) for r in
              ran.of_type("outcome")], [(path, "refused")])
        check("too long" in ran.of_type("outcome")[0]["why"])
        same(contents(top + b"/M"), {path: DIRTY})


@test
def message_ids():
    with folder() as tmp:
        ids = [b"<" + n.replace(b"\n", b"").replace(b"\r", b"") +
               b"@example.org>" for n in NAMES]
        for i, one in enumerate(ids):
            write("%s/%d" % (tmp, i), b"Message-ID: " + one + b"\n" + MAIL)
        ran = scan("--all", tmp)
        safe_json(ran.out)
        got = {int(r["path"].rsplit("/", 1)[1]): exact(r, "message_id")
               for r in ran.of_type("message")}
        same([got[i] for i in range(len(ids))], ids)
        safe(baredot("scan", "-f", "text", "--all", tmp).out)


@test
def a_message_id_of_every_byte():
    every = bytes(b for b in range(256) if b not in b"\r\n")
    with folder() as tmp:
        path = write(tmp + "/a.eml", b"Message-ID: <" + every + b">\n" + MAIL)
        ran = scan(path)
        safe_json(ran.out)
        same(exact(ran.of_type("message")[0], "message_id"),
             b"<" + every + b">")


@test
def context_of_every_byte():
    with folder() as tmp:
        for b in range(256):
            write("%s/%d.eml" % (tmp, b), b"From: a@example.com\n\n" +
                  bytes([b]) * 10 + b"\r" + bytes([b]) * 30 + b"\n")
        ran = scan(tmp)
        safe_json(ran.out)
        check(len(ran.of_type("message")) >= 255)
        safe(baredot("scan", "-f", "text", tmp).out)
        ran = baredot("scan", "-f", "text", "--color=always", tmp)
        safe(re.sub(rb"\x1b\[[0-9;]*m", b"", ran.out))


@test
def the_command_line_in_the_header():
    with folder() as tmp:
        ran = scan("--", os.fsencode(tmp) + b"/\x1b[1m\xff\n")
        safe_json(ran.out)
        same(ran.records()[0]["command"][:4],
             [BAREDOT, "scan", "-f", "ndjson"])


run()
