"""Laws of repairs, over every short body.  Prints TAP.

The messages are in one mbox, so that there may be thousands; who says what is
in a message is `scan`, and what it says of the repaired file.
"""
import itertools
import os
import sys

sys.dont_write_bytecode = True
from cli import CLEAN, FINDINGS, baredot, check, folder, read, run, same, \
    test, write

PARTS = [b"\r\n", b"\n", b"\r", b".", b"\0", b"x"]
CLASS_OF = {"eol.bare-cr": "bare_cr", "eol.cr-only": "bare_cr",
            "eol.bare-lf": "bare_lf", "eol.crlf": "crlf",
            "eol.crcrlf": "crcrlf", "limit.nul": "nul"}
CLASSES = ("bare_cr", "bare_lf", "crlf", "crcrlf", "nul", "look_alike")


def bodies(length):
    for n in range(length + 1):
        for parts in itertools.product(PARTS, repeat=n):
            yield b"".join(parts)


def box_of(texts):
    """As many lines as are needed for each convention, in turn."""
    out = []
    for i, text in enumerate(texts):
        end = (b"\n", b"\r\n")[i % 2]
        out.append(b"From a@b.example Mon Jan  1 00:00:00 2024\n" + end.join(
            [b"From: a@example.org", b"Message-ID: <%d@example.org>" % i] +
            [b"X: y"] * (i % 3 * 2) + [b"", b"z"]) + end + text + b"\n\n")
    return b"".join(out)


def counted(message):
    """What repair.before and repair.after are said to be."""
    n = dict.fromkeys(CLASSES, 0)
    for f in message["findings"]:
        if f["code"] in CLASS_OF:
            n[CLASS_OF[f["code"]]] += f["count"]
        elif f["code"].startswith("eod.") and f["severity"] != "info":
            n["look_alike"] += f["count"]
    return n


def scanned(path, *options):
    """What is in those with findings, and how many there are."""
    ran = baredot("scan", "-f", "ndjson", "-j", "1", *options, path)
    check(ran.status in (CLEAN, FINDINGS), ran.err)
    return ({m["message_id"]: counted(m) for m in ran.of_type("message")},
            ran.records()[-1]["messages"])


def found(path):
    ran = baredot("scan", "-f", "ndjson", "-j", "1", path)
    check(ran.status in (CLEAN, FINDINGS), ran.err)
    return {m["message_id"]: [(f["code"], f["severity"])
                              for f in m["findings"]]
            for m in ran.of_type("message")}


def hold(length, options, judged=()):
    """judged: options of a scan that judges as this repair does."""
    nothing = dict.fromkeys(CLASSES, 0)
    with folder() as top:
        state = top + "/state"
        os.mkdir(state, 0o700)
        box = write(top + "/box", box_of(bodies(length)))
        old, many = scanned(box, *judged)
        done = baredot("fix", "-f", "ndjson", "-j", "1", "--apply",
                       "--state", state, *options, box)
        check(done.status in (CLEAN, FINDINGS), done.err)
        new, then = scanned(box, *judged)
        same(then, many, options)
        edited = [m for m in done.of_type("message")
                  if m["repair"]["action"] == "edit"]
        check(len(edited) > 20, "few: %d" % len(edited))
        for m in edited:
            key, said = m["message_id"], m["repair"]
            same(said["before"], old[key],
                 "before, %s: %r" % (options, key))
            same(said["after"], new.get(key, nothing),
                 "after, %s: %r" % (options, key))
        same(read(box).count(b"\n\nFrom a@b"), many - 1,
             "the empty lines before separators: %s" % options)
        again = baredot("fix", "-f", "ndjson", "-j", "1", *options, box)
        same([m["message_id"] for m in again.of_type("message")
              if m["repair"]["action"] == "edit"], [], options)


WAYS = [
    [], ["--code", "eol.bare-cr"], ["--code", "eol.bare-lf"],
    ["--code", "eol.crlf"], ["--code", "eol.crcrlf"],
    ["--code", "limit.nul", "--nul", "drop"],
    ["--code", "eod.*"], ["--code", "eod.*", "--eod", "stuff"],
    ["--code", "eod.*", "--eod", "crlf"],
    ["--code", "eod.*", "--eod", "remove"],
    ["--eod", "keep"], ["--cr", "keep"], ["--cr", "newline"],
    ["--cr", "drop", "--nul", "space"],
    ["--eod", "encode", "--reencode"],
    ["--to", "crlf"], ["--to", "lf", "--eod", "stuff", "--nul", "drop"],
]


@test
def what_is_said_to_be_in_it_then_is_what_a_scan_finds():
    for way in WAYS:
        to = way[way.index("--to") + 1] if "--to" in way else None
        hold(4, way, ["--eol", to] if to else [])


def selected(way, findings):
    """Of findings (code, severity), what these options repair."""
    kept = () if "stuff" in way else ("eod.dot-nul", "eod.nul-dot")
    codes = way[1].split(",") if way[0] == "--code" else []
    least = way[way.index("-m") + 1] if "-m" in way else "info"
    return [c for c, s in findings if (not codes or c in codes) and
            SEVERITIES.index(s) >= SEVERITIES.index(least) and
            s != "info" and c not in kept and
            (c.startswith("eod.") or CLASS_OF.get(c, "nul") != "nul")]


SEVERITIES = ["info", "low", "medium", "high"]
BREAKS = [b + "-dot-" + a for b in ("crlf", "lf", "cr")
          for a in ("crlf", "lf", "cr")]
SELECTIONS = [["--code", "eod." + code] for code in
              BREAKS + ["dot-crcrlf", "stuffed-dot"]] + [
    ["--code", "eod.lf-dot-crlf,eol.bare-lf"],
    ["--code", "eod.crlf-dot-lf,eol.crlf", "--cr", "drop"],
    ["--code", "eod.dot-nul", "--eod", "stuff"],
    ["--code", "eod.nul-dot", "--eod", "stuff"],
    ["-m", "high"], ["-m", "high", "--eod", "stuff"],
    ["-m", "medium"], ["-m", "low"]]


@test
def what_was_selected_and_no_other_is_repaired():
    for way in SELECTIONS:
        with folder() as top:
            state = top + "/state"
            os.mkdir(state, 0o700)
            box = write(top + "/box", box_of(bodies(4)))
            old = found(box)
            ran = baredot("fix", "-f", "ndjson", "-j", "1", "--apply",
                          "--state", state, *way, box)
            check(ran.status in (CLEAN, FINDINGS), ran.err)
            edited = {m["message_id"] for m in ran.of_type("message")
                      if m["repair"]["action"] == "edit"}
            stuck = {m["message_id"] for m in ran.of_type("message")
                     if m["repair"]["unsafe"] > 0}
            same([k for k in edited if not selected(way, old[k])], [],
                 "nothing in it was selected: %r" % way)
            same([k for k, f in found(box).items()
                  if selected(way, f) and k not in stuck], [],
                 "selected, and still there: %r" % way)


CASES = [
    # One look-alike beside others of other codes.
    (["--code", "eod.stuffed-dot", "--eod", "stuff"],
     b"a\r\nB\r.\rC\r\nd\n.\r\ne\r\n..\r\n", None),
    (["--code", "eod.lf-dot-crlf"],
     b"a\r\nB\r.\rC\r\nd\n.\r\ne\r\n..\r\n",
     b"a\r\nB\r.\rC\r\nd\r\n.\r\ne\r\n..\r\n"),
    (["-m", "high"],
     b"a\nb\r\nB\r.\rC\r\nd\r\r\ne\rf\r\n",
     b"a\nb\r\nB . C\r\nd\r\r\ne\rf\r\n"),
    (["-m", "medium", "--cr", "drop"],
     b"a\nb\r\nB\r.\rC\r\nd\r\r\ne\rf\r\n",
     b"a\r\nb\r\nB.C\r\nd\r\nef\r\n"),
    # Two share a line end.
    (["--code", "eod.lf-dot-lf"],
     b"a\n.\n.\rb\r\nc\n.\rd\r\n",
     b"a\r\n.\r\n. b\r\nc\n.\rd\r\n"),
    # A bare LF that is repaired makes a selected look-alike of another.
    (["--code", "eol.bare-lf,eod.crlf-dot-cr"],
     b"a\n.\rb\r\nc\r.\rd\r\n", b"a\r\n. b\r\nc\r.\rd\r\n"),
    # Only one of the two is there.
    (["--code", "eod.dot-nul", "--eod", "stuff"],
     b"a\r\n.\0\r\nb\r\n\0.\r\nc\r\n",
     b"a\r\n..\0\r\nb\r\n\0.\r\nc\r\n"),
]


@test
def one_of_several_findings_is_repaired():
    head = b"From: a@example.org\r\nTo: b\r\nX: y\r\n\r\n"
    for way, old, want in CASES:
        with folder() as top:
            os.mkdir(top + "/state", 0o700)
            path = write(top + "/a.eml", head + old)
            ran = baredot("fix", "-j", "1", "--apply", "--state",
                          top + "/state", *way, path)
            check(ran.status in (CLEAN, FINDINGS), ran.err)
            same(read(path), head + (old if want is None else want), way)


# Header lines with a defect that the same run repairs.
DEFECTS = [b"X: a\r\r\n", b"X: a\rb\r\n", b"X: \0a\n",
           b"X: a\r\r\r\n b\r\n", b"X: a\r b\n",
           b"Content-Type: text/plain;\r charset=us-ascii\r\n",
           b"Content-Type: text/plain\r\r\n",
           b"Content-Transfer-Encoding: 7bit\r\r\n",
           b"Content-Transfer-Encoding:\r 7bit\n"]


def defective(end, defect, whole):
    """A message of one part, or one whose part has it, with look-alikes."""
    odd = b"\n.\r\n" if end != b"\r\n" else b"\r\n.\n"
    text = odd[-2:].replace(b".", b"") + b"." + end + b"hello" + odd + \
        b"bye" + (b"" if end == b"\r\r\n" else end + b".")
    if whole:
        return b"From: a@example.org" + end + defect + end + text + end
    return end.join([b"From: a@example.org", b"MIME-Version: 1.0",
                     b"Content-Type: multipart/mixed; boundary=b", b"",
                     b"--b", b"Y: z", defect + end + text, b"--b--", b""])


@test
def a_header_that_is_repaired_is_no_reason_not_to_encode_a_part():
    """... and a second repair has nothing to do."""
    for more in ([], ["--cr", "drop"], ["--cr", "newline"],
                 ["--nul", "drop"]):
        way = ["--eod", "encode", "--reencode", "--nul", "space"] + more
        with folder() as top:
            os.mkdir(top + "/state", 0o700)
            os.mkdir(top + "/mail")
            for i, (end, defect, whole) in enumerate(itertools.product(
                    (b"\n", b"\r\n", b"\r\r\n"), DEFECTS, (False, True))):
                write("%s/mail/%02d.eml" % (top, i),
                      defective(end, defect, whole))
            args = ("-f", "ndjson", "-j", "1", *way, top + "/mail")
            done = baredot("fix", "--apply", "--state", top + "/state",
                           *args).of_type("message")
            same(len(done), i + 1)
            left = [(m["path"][-6:], m["repair"]) for m in done
                    if m["repair"].get("parts_encoded") != 1 or
                    m["repair"]["after"]["look_alike"] > 0]
            if "newline" in way:    # where that makes a line of no field
                left = [r for r in left if "header is no field" not in
                        r[1]["why"] and "is not 7bit" not in r[1]["why"]]
            same(left, [], way)
            same([(m["path"], m["repair"]) for m in
                  baredot("fix", *args).of_type("message")
                  if m["repair"]["action"] == "edit"], [], way)


run()
