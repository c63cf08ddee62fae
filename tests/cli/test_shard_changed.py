#!/usr/bin/env python3
"""An mbox that is cut between shards and changes while these are scanned.

Whatever becomes of it, between whichever two shards, in whatever order these
are scanned: what merge lists is scanned again, and that ends, in a report that
has of each shard what was to be seen when it was scanned.
"""
import concurrent.futures
import itertools
import json
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True
from harness import FROM, check, main, same, write
from test_shard import (LONG, cut_plan, expand, merge, run, shard, validate)

SHARDS = 4 if LONG else 3


def mail(name, body=b"a\rb\n", more=b""):
    return (FROM + b"From: a@x.example\nMessage-ID: <%s@x.example>\n%s\n%s\n" %
            (name.encode(), more, body))


def plain(tag="m", n=12):
    return b"".join(mail("%s%d" % (tag, i), b"a\rb\n" * (1 + i % 3))
                    for i in range(n))


def reaching():
    """A message that is longer than a shard, with what looks like others."""
    inner = plain("in", 6)
    return plain("a", 4) + mail("long", inner, b"Content-Length: %d\n" % len(
        inner)) + plain("z", 3)


def messages(data):
    """Offset and Message-ID of all that any reader may take for messages."""
    return {(m.end(1), m.group(2).decode()) for m in re.finditer(
        rb"^(From .*\n)[^<]*(<.*?@x.example>)", data, re.M)}


# --- what becomes of it

def renamed(data):
    def do(path, new):
        write(path + ".new", new)
        os.rename(path + ".new", path)
    return do, data


def in_place(data):
    def do(path, new):
        with open(path, "r+b") as f:
            f.write(new)
            f.truncate()
    return do, data


def gone(path, _):
    os.unlink(path)


def kinds(old):
    late = plain("late", 2)
    expunged = old[old.index(b"\nFrom ") + 1:]
    return {
        "rewritten": renamed(old[:-20] + b"x" * 20),
        "expunged, to a new file": renamed(expunged),
        "expunged in place": in_place(expunged),
        "cut off": in_place(old[:len(old) // 2]),
        "empty": in_place(b""),
        "gone": (gone, b""),
        "grown": in_place(old + late),
        "expunged, and grown beyond": in_place(expunged + late * 3),
    }


# --- one history

def history(folder, like, old, cuts, order, moment, how):
    """Scan in that order; before the moment-th scan it happens.  What merge
    says in the end, and for each shard whether it saw that."""
    do, new = how
    os.makedirs(folder)
    box = write(os.path.join(folder, "box"), old)
    name, n = cut_plan(folder, "p", box, cuts)
    out, seen = os.path.join(folder, "out"), {}
    scans = list(order)
    rounds = at = 0
    while True:
        for i in scans:
            if at == moment:
                do(box, new)
            at += 1
            shard(name, "%d/%d" % (i, n), out, "-a")
            seen[i] = at > moment
        listed = run("merge", out, "--plan", name, "--missing")
        if listed.returncode == 0:
            break
        same(listed.returncode, 75, "status of merge: " + listed.err)
        rounds += 1
        check(rounds <= n, "it does not come to an end")
        scans = expand(listed.stdout.decode())
    data = merge(name, out).stdout
    if like:
        validate(data)
    shutil.rmtree(folder)
    return [json.loads(line) for line in data.splitlines()], seen


def every(folder, old, cuts, judge):
    """All orders, all moments, all that may become of it."""
    n = len(cuts) + 1
    cases = [(order, moment, what)
             for order in itertools.permutations(range(1, n + 1))
             for moment in range(n + 1) for what in kinds(old)]

    def one(k):
        order, moment, what = cases[k]
        try:
            records, seen = history(
                os.path.join(folder, str(k)), k % 20 == 0, old, cuts, order,
                moment, kinds(old)[what])
            judge(records, seen, what)
        except Exception as why:
            return "%s, %s before scan %d: %s" % (what, order, moment, why)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        bad = [b for b in pool.map(one, range(len(cases))) if b]
    same(bad[:3], [], "%d of %d histories" % (len(bad), len(cases)))


def is_consistent(records):
    """The sums are those of the records, and the numbers go up."""
    types = [r["type"] for r in records]
    same(types[0] + types[-1], "headersummary", "first and last")
    last = records[-1]
    for what in ("stale", "unreadable"):
        same(last.get(what, 0), types.count(what), "summary." + what)
    same(last["messages"], types.count("message"), "summary.messages")
    same([r["index"] for r in records if r["type"] == "message"],
         list(range(1, last["messages"] + 1)), "numbers")


def found(records):
    return [(r["offset"], r["message_id"]) for r in records
            if r["type"] == "message"]


# --- tests

def every_history_of_a_plain_mbox(folder):
    """Of each shard the report has what was to be seen when it was scanned."""
    old = plain()
    cuts = [len(old) * k // SHARDS for k in range(1, SHARDS)]
    ends = [0] + cuts + [1 << 40]

    def judge(records, seen, what):
        is_consistent(records)
        got = [r["type"] if r["type"] != "message" else
               (r["offset"], r["message_id"]) for r in records[1:-1]
               if r["type"] != "store"]
        new = old + plain("late", 2) if what == "grown" else None
        want = []
        for i in range(1, SHARDS + 1):
            data = new if seen[i] else old
            want += ["stale"] if seen[i] else []
            want += ["unreadable"] if data is None else sorted(
                m for m in messages(data)
                if ends[i - 1] <= m[0] - len(FROM) < ends[i])
        if what == "expunged, and grown beyond":
            return          # where that can be gone on with is below
        same(got, want, "what is told")

    every(folder, old, cuts, judge)


def every_history_of_messages_that_reach_over(folder):
    """The same where messages reach over borders: it ends, and what is told
    is there, or was."""
    old = reaching()
    cuts = [len(old) * k // SHARDS for k in range(1, SHARDS)]

    def judge(records, seen, what):
        is_consistent(records)
        known = messages(old) | messages(kinds(old)[what][1])
        got = found(records)
        same([m for m in got if m not in known], [], "what never was there")
        same(len(set(got)), len(got), "messages that are told once")
        if any(seen.values()):
            check(records[-1].get("stale", 0) >= sum(seen.values()), "stale")
        else:
            check("stale" not in [r["type"] for r in records], "stale")

    every(folder, old, cuts, judge)


if __name__ == "__main__":
    main([every_history_of_a_plain_mbox,
          every_history_of_messages_that_reach_over])
