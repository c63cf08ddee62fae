#!/usr/bin/env python3
"""A shard that is told to stop keeps what it has done.

The law: stopped wherever and however often, and gone on with, it makes the
report of one scan; and each time it ends within five seconds, with status 75.
"""
import concurrent.futures
import gzip
import os
import random
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from harness import FROM, OPT, SAN, check, main, message, same, shim, write
from test_shard import (LONG, QUIET, masked, merge, plan, run, sealed, shard,
                        shard_file, single, stale_shards, stale_store, tricky_mbox,
                        unfinished)

SAID = re.compile(
    r"^baredot: interrupted(; \d+ messages of shard \d+/\d+ are done and kept "
    r"in \S+: run the same command again, and it goes on there| before "
    r"anything of shard \d+/\d+ was done: run the same command again)\n$")


def begin(name, i, out, *options, exe=OPT, env=None):
    return subprocess.Popen(
        [exe, "scan", "--plan", name, "--shard", i, "--out", out, *options],
        env=dict(os.environ, **QUIET, **(env or {})), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def stop(child, sig=signal.SIGTERM):
    """It ends in time; what it says."""
    start = time.monotonic()
    child.send_signal(sig)
    said = child.communicate(timeout=30)[1].decode()
    took = time.monotonic() - start
    check(took < 5, "it took %.1f s to stop" % took)
    return said


def stopped_if_it_hangs(name, i, out, *options, env):
    """Run a shard of which a worker may hang; true if it had to be stopped."""
    child = begin(name, i, out, *options, env=env)
    try:
        child.communicate(timeout=1.2)
    except subprocess.TimeoutExpired:
        said = stop(child)
        same(child.returncode, 75, "its status: " + said)
        check(SAID.match(said), said)
        return True
    check(child.returncode in (0, 1, 2), "status %d" % child.returncode)
    return False


def hangs(path, at, call="read"):
    return {"LD_PRELOAD": shim("fault"), "FAULT_CALL": call,
            "FAULT_NAME": path, "FAULT_DO": "hang", "FAULT_WHO": "worker",
            "FAULT_AT": str(at)}


# --- stores

def mixed_store(store):
    """Files of all kinds: messages, mboxes that are cut, one that is packed
    and has more records than are held at once."""
    for i in range(150):
        write("%s/d%02d/%d.eml" % (store, i // 40, i), message("e%d" % i))
    # In one job with single messages, and read in many pieces.
    for i in range(9):
        write("%s/d01/m%d" % (store, i), message("m%d" % i))
    chance = random.Random(1)
    many = b"".join(FROM + message("z%d" % i) + b"%d\n\n" %
                    chance.getrandbits(9999) for i in range(2500))
    write(store + "/d01/many.gz", gzip.compress(many))
    write(store + "/d02/tricky", tricky_mbox() * 20)
    write(store + "/d03/box", b"".join(
        FROM + message("b%d" % i) + b"\n" for i in range(900)))
    os.symlink("box", store + "/d03/link")
    write(store + "/d04/1.eml", message("last"))
    return store


# --- tests

def stopped_again_and_again(folder):
    """Stopped after a moment, and again and again, it comes to its end."""
    store = mixed_store(os.path.join(folder, "store"))
    for i in range(8):
        write("%s/e%d/box" % (store, i), b"".join(
            FROM + message("%d.%d" % (i, k)) + b"\n" for k in range(3000)))
    name = plan(folder, [store], 1, "--split", "1K")
    want = single([store], "-a")[0]
    for jobs, sig in (("1", signal.SIGTERM), ("3", signal.SIGINT),
                      ("0", signal.SIGHUP)):
        out, rounds, wait = os.path.join(folder, "out" + jobs), 0, 0.04
        while True:
            child = begin(name, "1/1", out, "-a", "-j", jobs, exe=SAN)
            try:
                child.communicate(timeout=wait)
                break
            except subprocess.TimeoutExpired:
                said = stop(child, sig)
            if child.returncode != -sig:        # before it could say anything
                if child.returncode != 75:
                    break
                check(SAID.match(said), said)
            rounds += 1
            wait *= 1.05                        # in case that all is slow
            check(rounds < 300, "it does not get on")
        same(child.returncode, 1, "its status")
        check(rounds >= 2, "it was stopped %d times" % rounds)
        same(masked(merge(name, out).stdout), want, "the report, -j " + jobs)
        same(unfinished(out), [], "what is left")


def what_was_done_is_not_done_again(folder):
    """What it says is kept is kept: the next one has it, and goes on."""
    store = mixed_store(os.path.join(folder, "store"))
    name = plan(folder, [store], 1, "--split", "1K")
    out = os.path.join(folder, "out")
    check(stopped_if_it_hangs(name, "1/1", out, "-a", "-j", "1",
                              env=hangs("d03/box", 1)), "it did not hang")
    (left,) = unfinished(out)
    begun, sections = sealed(left)
    same(sections, 1, "sections")
    kept = len(re.findall(rb'(?m)^\{"type":"message"', begun))
    check(kept > 800, "messages that were kept: %d" % kept)
    merge(name, out, status=75)
    shard(name, "1/1", out, "-a", status=1)
    data = open(shard_file(out, 1, 1), "rb").read()
    check(data.startswith(begun), "what was kept is not there")
    same(masked(merge(name, out).stdout), single([store], "-a")[0],
         "the report")


def nothing_is_kept_of_nothing(folder):
    """Stopped at its first file it has no message, however often, and no more
    sections each time."""
    store = mixed_store(os.path.join(folder, "store"))
    name = plan(folder, [store], 1, "--split", "1K")
    out = os.path.join(folder, "out")
    for _ in range(3):
        check(stopped_if_it_hangs(name, "1/1", out, "-a", "-j", "1",
                                  env=hangs("/d00/0.eml", 1)), "no hang")
        (left,) = unfinished(out)
        begun, sections = sealed(left)
        check(sections <= 1 and b'"type":"message"' not in begun, begun)
    shard(name, "1/1", out, "-a", status=1)
    same(masked(merge(name, out).stdout), single([store], "-a")[0],
         "the report")


def what_was_told_in_part_is_taken_back(folder):
    """Records of a file that is not at its end are gone from the file of the
    shard, and all counts are what they were."""
    store = mixed_store(os.path.join(folder, "store"))
    name = plan(folder, [store], 1, "--split", "1K")
    want = single([store], "-a")[0]

    def one(at):
        out = os.path.join(folder, "out%d" % at)
        child = begin(name, "1/1", out, "-a", "-j", "1", env=hangs(
            "many.gz", at))
        time.sleep(1.2)
        (left,) = unfinished(out)
        before = os.path.getsize(left)
        stop(child)
        same(child.returncode, 75, "its status")
        taken = before - os.path.getsize(left)
        begun = sealed(left)[0]
        same(len(begun), os.path.getsize(left), "bytes of sections")
        shard(name, "1/1", out, "-a")
        check(open(shard_file(out, 1, 1), "rb").read().startswith(begun),
              "it was not gone on with")
        same(masked(merge(name, out).stdout), want, "the report, at %d" % at)
        return taken

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(one, range(1, 6)))
    check(max(taken) > 1 << 20, "bytes that were taken back: %r" % taken)


def wherever_a_worker_is(folder):
    """Stopped while a worker is at any place of any file, which it does not
    leave in time: what is whole before that is kept, and what is not is done
    again."""
    store = mixed_store(os.path.join(folder, "store"))
    name = plan(folder, [store], 1, "--split", "1K")
    want = single([store], "-a", "-v")[0]
    law_where_it_hangs(folder, store, want, 380, lambda tag, *options, env:
                       ("1/1", name, tag, ("-a", "-v", *options), env))


def wherever_it_is_and_stale(folder):
    """So where files are not as they were planned: that is told once."""
    name, _ = stale_store(folder)
    want = masked(stale_shards(folder, name, "here", "-j", 0))
    store = os.path.join(folder, "store")
    law_where_it_hangs(folder, store, want, 70, lambda tag, *options, env:
                       ("1/3 2/3 3/3", name, tag, ("-a", "-v", *options),
                        env))


def at_an_mbox_that_is_stale(folder):
    """So for an mbox that is to be scanned in ranges."""
    store = mixed_store(os.path.join(folder, "store"))
    name = plan(folder, [store, store + "/d03/box", store + "/d04/1.eml"], 1,
                "--split", "1K")
    same(open(name).read().count('"type":"mbox"'), 3, "mboxes in ranges")
    with open(store + "/d02/tricky", "ab") as f:
        f.write(FROM + message("late"))
    write(store + "/d03/new", FROM + message("other"))
    os.rename(store + "/d03/new", store + "/d03/box")
    os.utime(store + "/d04/1.eml", ns=(1, 1))
    out = os.path.join(folder, "whole")
    shard(name, "1/1", out, "-a", "-v")
    want = masked(merge(name, out).stdout)
    same(want.count(b'"type":"stale"'), 5, "files that are stale")
    places = [(which, at, jobs) for which in ("/tricky", "/box", "/d04/1.eml")
              for at in (1, 2, 3) for jobs in ("1", "2")]

    def one(k):
        which, at, jobs = places[k]
        out = os.path.join(folder, "hang%d" % k)
        stopped = stopped_if_it_hangs(name, "1/1", out, "-a", "-v", "-j", jobs,
                                      env=hangs(which, at))
        shard(name, "1/1", out, "-a", "-v")
        same(masked(merge(name, out).stdout), want, places[k])
        return stopped

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        got = sum(pool.map(one, range(len(places))))
    check(got > 9, "it hung %d times only" % got)


def law_where_it_hangs(folder, store, want, most, how):
    def one(at):
        out = os.path.join(folder, "hang%d" % at)
        ids, name, out, options, env = how(
            out, "-j", str(1 + at % 2), *(("--checkpoint", "0")
                                          if at % 5 == 0 else ()),
            env=hangs(store, at))
        try:
            stops = [stopped_if_it_hangs(name, i, out, *options, env=env)
                     for i in ids.split()]
            for i in ids.split():
                run("scan", "--plan", name, "--shard", i, "--out", out,
                    *options)
            same(masked(merge(name, out).stdout), want, "the report")
            return sum(stops)
        except Exception as why:
            return "at %d: %s" % (at, why)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        got = list(pool.map(one, range(1, most, 1 if LONG else most // 40)))
    bad = [g for g in got if isinstance(g, str)]
    same(bad[:3], [], "%d of %d" % (len(bad), len(got)))
    check(sum(got) > len(got) // 3, "it hung %d times only of %d" % (
        sum(got), len(got)))


def a_large_mbox_that_no_plan_cuts(folder):
    """Of an mbox that is one line of the plan all is kept or nothing; what was
    before it stays."""
    store = os.path.join(folder, "store")
    for i in range(10):
        write("%s/%d.eml" % (store, i), message("e%d" % i))
    data = FROM + message("a") + b"y" * 60000 + b"\n\n"
    write(store + "/box", data * (70 * 1024 * 1024 // len(data)))
    write(store + "/late.eml", message("late"))
    name = plan(folder, [store], 1, "--whole-mailboxes")
    write(store + "/box", data * (70 * 1024 * 1024 // len(data)) + b"x\n")
    want = os.path.join(folder, "want")
    shard(name, "1/1", want, "-a")
    want = masked(merge(name, want).stdout)
    for at, jobs in ((1, "1"), (3, "2"), (9, "1"), (25, "2"), (40, "1")):
        out = os.path.join(folder, "out%d" % at)
        check(stopped_if_it_hangs(name, "1/1", out, "-a", "-j", jobs,
                                  env=hangs("/box", at)), "no hang at %d" %
              at)
        begun, sections = sealed(unfinished(out)[0])
        same(sections, 1, "sections")
        same(len(re.findall(rb'(?m)^\{"type":"message"', begun)), 10,
             "messages that were kept")
        shard(name, "1/1", out, "-a")
        same(masked(merge(name, out).stdout), want, "the report")


if __name__ == "__main__":
    main([stopped_again_and_again, what_was_done_is_not_done_again,
          nothing_is_kept_of_nothing, what_was_told_in_part_is_taken_back,
          wherever_a_worker_is,
          wherever_it_is_and_stale, at_an_mbox_that_is_stale,
          a_large_mbox_that_no_plan_cuts], 4)
