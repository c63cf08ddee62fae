"""The report is the same for any number of workers, and it is true."""
import json
import os
import random
import re

from harness import (FROM, Mbox, OPT, SAN, check, main, maildir, message, same,
                     scan, small_tree, write)

RANGE = 32 << 20        # SCAN_RANGE
LARGE = 64 << 20        # SCAN_LARGE: from here on an mbox is cut
CLEAN = (b"x" * 71 + b"\n") * 14563          # 1 MiB, nearly
DIRTY = b"dot\n.\r\nend\n"
HEAD = b"From: a@b.example\n"


def fill(box, up_to):
    """One clean message that ends so that the next From_ line is there."""
    room = up_to - box.at - len(FROM) - len(HEAD) - 2
    box.add(HEAD + b"\n", *[CLEAN] * (room // len(CLEAN)),
            (CLEAN[:room % len(CLEAN)] + b"\n")[1:])


def border_box(path, size):
    """Dirty messages at, before and behind each border of two ranges."""
    box = Mbox(path)
    for k, delta in enumerate((-1, 0, 1, -3, -60, 5)):
        border = (k + 1) * RANGE
        if border > size:
            break
        fill(box, border + delta)
        box.add(HEAD + b"\n" + DIRTY)
        box.add(HEAD + b"\n" + DIRTY)
    box.add(HEAD + b"\n", *[CLEAN] * 40)
    box.add(HEAD + b"\n" + DIRTY)
    return box.close()


def length_box(path, rng):
    """mboxcl2: lengths that reach over borders and hide separators."""
    box = Mbox(path)
    hidden = b"\n" + FROM + HEAD + b"\nhidden\n.\r\nend\n\n"
    while box.at < 4 * RANGE:
        block = CLEAN * rng.randrange(1, 9) + hidden
        body = block * rng.randrange(1, 6) + CLEAN + b"tail\n"
        dirt = DIRTY if rng.randrange(2) else b""
        body += dirt
        box.add(HEAD + b"Content-Length: %d\n\n" % len(body), body)
        box.add(HEAD + b"\n" + DIRTY)
    return box.close()


def long_box(path):
    """One message of 100 MiB between small ones."""
    box = Mbox(path)
    for _ in range(3):
        box.add(HEAD + b"\n" + DIRTY)
    box.add(HEAD + b"\n", *[CLEAN] * 50, DIRTY, *[CLEAN] * 50)
    for _ in range(3):
        box.add(HEAD + b"\n" + DIRTY)
    return box.close()


def many_box(path, rng, size):
    """Messages of all sizes."""
    box = Mbox(path)
    while box.at < size:
        n = int(2 ** rng.uniform(4, 21))
        box.add(HEAD + b"\n", CLEAN[:n], b"\n",
                DIRTY if rng.randrange(3) == 0 else b"")
    return box.close()


def large_tree(root):
    rng = random.Random(7)
    boxes = [border_box(root + "/b/border", 130 << 20),
             length_box(root + "/b/length", rng),
             long_box(root + "/long"),
             many_box(root + "/m/many", rng, 70 << 20),
             many_box(root + "/m/small", rng, 1 << 19),
             many_box(root + "/z/uncut", rng, 20 << 20)]
    small_tree(root + "/s")
    return {os.path.realpath(b.path): b for b in boxes}


def without_nature(out):
    """The report without what differs by nature."""
    out = re.sub(rb'"(command)":\[[^]]*\]', rb'"\1":[]', out)
    out = re.sub(rb'"(start|end|sandbox)":"[^"]*"', rb'"\1":""', out)
    out = re.sub(rb'"(jobs|milliseconds)":[0-9]+', rb'"\1":0', out)
    return re.sub(rb"[0-9]+\.[0-9]+ s", b"N s", out)


def compare(root, jobs, forms, exe):
    first = {}
    for form in forms:
        for j in jobs:
            r = scan("-f", form, "-j%d" % j, *form == "ndjson" and ["-a"] or
                     [], root, exe=exe)
            same(r.status, 1, "exit status of -j%d" % j)
            out = without_nature(r.out)
            if form not in first:
                first[form] = (out, r)
                continue
            for a, b in zip(first[form][0].splitlines(), out.splitlines()):
                same(b, a, "-f %s -j%d" % (form, j))
            same(len(out), len(first[form][0]), "length, -j%d" % j)
    return first


def check_true(report, boxes):
    """Indexes, offsets, lengths, From_ lines as they were written."""
    for path, box in boxes.items():
        got = [m for m in report.messages if m["path"] == path]
        same([m["index"] for m in got],
             list(range(1, len(box.messages) + 1)), "indexes in " + path)
        same([(m["offset"], m["length"]) for m in got], box.messages,
             "messages of " + path)
        with open(path, "rb") as f:
            for m in got:
                f.seek(m["offset"])
                dirty = b"\n.\r\n" in f.read(m["length"])
                same(bool(m["findings"]), dirty,
                     "findings at %d of %s" % (m["offset"], path))
        store = [s for s in report.of("store") if s["path"] == path]
        same(len(store), 1, "store records of " + path)
        n = len(box.messages)
        d = store[0]["dialects"]
        same(store[0]["messages"], n, "messages in the store record")
        same(store[0]["bytes"], sum(b for _, b in box.messages),
             "bytes in the store record")
        same(d["messages"], n, "dialects.messages")
        hidden = sum(x["kind"] != "no-empty-line-before"
                     for x in d["first_disputes"])
        same([x for x in d["first_disputes"]
              if x["kind"] == "no-empty-line-before"], [],
             "separators without an empty line in " + path)
        check(d["from_line_after_empty_line"] >= n, "empty lines before "
              "separators of %s: %d of %d" %
              (path, d["from_line_after_empty_line"], n))
        same(d["by_content_length"] > 0, "length" in path,
             "Content-Length used in " + path)
        same(hidden > 0, "length" in path, "hidden From_ lines in " + path)


def large_mboxes(folder):
    """Large mboxes are reported alike by -j0, -j1, -j2 and -j5, and with
    the offsets that a count of our own has."""
    boxes = large_tree(os.path.realpath(folder))
    first = compare(os.path.realpath(folder), (0, 1, 2, 5), ("ndjson",), OPT)
    check_true(first["ndjson"][1].whole(), boxes)
    compare(os.path.realpath(folder), (0, 5), ("text", "json"), OPT)


def many_folders(folder):
    """Many folders of small files are reported alike for any -j, in every
    form."""
    rng = random.Random(11)
    for i in range(60):
        where = folder
        for _ in range(rng.randrange(1, 5)):
            where += "/d%d" % rng.randrange(4)
        kind = rng.randrange(4)
        if kind == 0:
            maildir(where + "/md%d" % i, rng.randrange(90))
        elif kind == 1:
            many_box(where + "/box%d" % i, rng, rng.randrange(1 << 16))
        else:
            for k in range(rng.randrange(1, 80)):
                write("%s/mh%d/%d" % (where, i, k), message("h", k % 7 == 0))
    first = compare(folder, (0, 1, 2, 5), ("ndjson", "text", "json"), SAN)
    r = first["ndjson"][1].whole()
    files = []
    for base, _, names in os.walk(folder):
        files += [os.path.join(base, n) for n in names]
    wanted = sorted(f for f in files if os.path.getsize(f))
    same(sorted({m["path"] for m in r.messages}), wanted, "files reported")
    doc = json.loads(first["json"][1].out)["records"]
    same([x["type"] for x in doc if x["type"] != "message"],
         [x["type"] for x in r.records if x["type"] != "message"],
         "records of the JSON document")


main([many_folders, large_mboxes])
