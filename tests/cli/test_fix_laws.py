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


run()
