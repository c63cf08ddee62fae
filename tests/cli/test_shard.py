#!/usr/bin/env python3
"""plan, scan --plan and merge: many scans are one.

The law: what merge makes of N shards is the report of one scan, but for the
header, and for two fields of the summary that it has not.  However the shards
are cut, interrupted, begun twice and run in whatever order.
"""
import concurrent.futures
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from harness import (FROM, OPT, ROOT, SAN, Mbox, check, main, maildir,
                     message, same, scan, shim, small_tree, write)

LONG = os.environ.get("CHECK_LONG")
QUIET = {"ASAN_OPTIONS": "detect_leaks=0"}


def run(*args, exe=OPT, env=None, status=None, cwd=None):
    full = {k: v for k, v in os.environ.items() if not k.startswith(
        ("SLURM_", "SGE_", "JOB_COMPLETION", "PARALLEL"))}
    full.update(QUIET, **(env or {}))
    done = subprocess.run([exe, *map(os.fspath, map(
        lambda a: a if isinstance(a, (str, bytes)) else str(a), args))],
        stdin=subprocess.DEVNULL, capture_output=True, env=full, cwd=cwd,
        timeout=120)
    done.err = done.stderr.decode("latin-1")
    check("AddressSanitizer" not in done.err and
          "runtime error" not in done.err, done.err)
    if status is not None:
        same(done.returncode, status, "status of %s, which said %s" % (
            args[0], done.err))
    return done


# --- the mask, and the three commands

def masked(report):
    """All but the header, and without what a merged summary has not."""
    lines = report.split(b"\n", 1)
    return re.sub(rb'"end":"[^"]*","milliseconds":[0-9]+,', b"", lines[1])


def single(paths, *options, exe=OPT):
    done = scan("-f", "ndjson", "-j", 1, *options, *paths, exe=exe)
    return masked(done.out), done.status


def plan(folder, paths, n, *options, **more):
    name = os.path.join(folder, "plan")
    run("plan", "--shards", n, *options, "-o", name, *paths, status=0, **more)
    return name


def shard(name, i, out, *options, status=None, **more):
    done = run("scan", "--plan", name, "--shard", i, "--out", out, "-j", 0,
               *options, **more)
    if status is None:
        check(done.returncode in (0, 1, 2), done.err)
    else:
        same(done.returncode, status, "the shard, which said " + done.err)
    return done


def merge(name, out, *options, status=None, **more):
    done = run("merge", out, "--plan", name, *options, **more)
    if status is None:
        check(done.returncode in (0, 1, 2), done.err)
    else:
        same(done.returncode, status, "merge, which said " + done.err)
    return done


def all_shards(name, out, n, *options, exe=OPT, order=None):
    for i in order or range(1, n + 1):
        shard(name, "%d/%d" % (i, n), out, *options, exe=exe)


def in_shards(folder, paths, n, *options, planning=(), exe=OPT):
    """The merged report, and its status."""
    out = os.path.join(folder, "out")
    shutil.rmtree(out, ignore_errors=True)
    name = plan(folder, paths, n, *planning, exe=exe)
    order = list(range(1, n + 1))
    random.Random(n).shuffle(order)
    all_shards(name, out, n, *options, exe=exe, order=order)
    done = merge(name, out, exe=exe)
    return done.stdout, done.returncode


# --- stores

def tricky_mbox():
    """Messages that contain others, by Content-Length; separators in doubt."""
    inner = (FROM + b"From: i@x.example\n\nin\n\n" +
             FROM + b"From: j@x.example\n\na\n.\r\nb\n")
    parts = [
        FROM + message("one"), b"\n",
        FROM + b"From: a@x.example\nContent-Length: %d\n\n" % len(inner) +
        inner, b"\n",
        FROM + b"From: b@x.example\n\nFrom here on\n\nFrom there\n.\r\nx\n",
        FROM + b"From: c@x.example\nContent-Length: 99999\n\nlies\n", b"\n",
        FROM + message("last")]
    return b"".join(parts)


def nested_mbox():
    """A message that is longer than a section, with others in it."""
    inner = (FROM + message("inner") + b"\n") * 120
    return (FROM + message("first") + b"\n" + FROM +
            b"From: a@x.example\nContent-Length: %d\n\n" % len(inner) +
            inner + b"\n" + FROM + message("last") + b"\n") * 2


def odd_tree(root):
    """What small_tree has not: names, large files among small ones."""
    small_tree(root)
    for name in (b"\xff\xfe", b"a b", b"a-b", b"quo\"te", b"new\nline"):
        write(os.path.join(os.fsencode(root), b"odd", name, b"1.eml"),
              message("odd"))
    maildir(os.path.join(root, "a", "Maildir", ".Sent"), 7)
    write(os.path.join(root, "boxes", "tricky"), tricky_mbox())
    write(os.path.join(root, "boxes", "zz.mbox"), tricky_mbox() * 25)
    write(os.path.join(root, "boxes", "zzz.mbox"), tricky_mbox() * 9)
    write(os.path.join(root, "boxes", "nested"), nested_mbox())
    os.symlink("zz.mbox", os.path.join(root, "boxes", "link"))
    return root


# --- tests: the law

def validate(report):
    """Each record is what the schema says."""
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        return
    with open(os.path.join(ROOT, "scanner", "report",
                           "report.schema.json")) as f:
        schema = Draft202012Validator(json.load(f))
    for line in report.splitlines():
        bad = next(schema.iter_errors(json.loads(line)), None)
        check(bad is None, "%s: %.300r" % (bad and bad.message[:300], line))


def law_for_every_number(folder):
    """N shards, merged, are one scan, for N from 1 to 8 and all formats."""
    store = odd_tree(os.path.join(folder, "store"))
    paths = [store, os.path.join(ROOT, "samples"),
             os.path.join(store, "boxes", "zz.mbox")]
    want, status = single(paths, "-v")
    seen = set()
    for n in range(1, 9):
        for planning in (("--split", "300"), (), ("--whole-mailboxes",)):
            if planning != ("--split", "300") and n not in (1, 3, 8):
                continue
            got, ended = in_shards(folder, paths, n, "-v", "-j", n % 4,
                                   planning=planning)
            same(masked(got), want, "%d shards %s" % (n, planning))
            same(ended, status, "the status of merge")
            seen.add(got.split(b"\n", 1)[1])
    same(len(seen), 1, "reports but for their headers")
    validate(got)
    got, ended = in_shards(folder, paths, 3, "-v", "--checkpoint", 0,
                           planning=("--split", "300"), exe=SAN)
    same(masked(got), want, "sections as short as can be")


def law_with_options(folder):
    """So with the options that change what is reported."""
    store = odd_tree(os.path.join(folder, "store"))
    rules = os.path.join(folder, "rules")
    write(rules, b"rule one { scope = raw pattern = 'x' message = 'an \\'x' }\n"
          b"rule two { scope = body-line pattern = 'text' message = 'm' }\n")
    for options in (("--all", "--dkim"), ("--rules", rules, "-m", "medium"),
                    ("--eol", "wire"), ("--hash", "--check", "all"),
                    ("--target", "postfix", "--exit-zero"),
                    ("--unpack", "none")):
        want, status = single([store], *options)
        got, ended = in_shards(folder, [store], 3, *options,
                               planning=("--split", "200"))
        same(masked(got), want, options)
        same(ended, status, "the status of merge")
    want, status = single([store], "--forensic")
    name = plan(folder, [store], 3, "--forensic", "--split", 200)
    check(b'"mbox"' not in open(name, "rb").read(), "evidence is not cut")
    out = os.path.join(folder, "evidence")
    all_shards(name, out, 3, "--forensic")
    same(masked(merge(name, out).stdout), want, "--forensic")


# --- tests: every place of an mbox

def write_plan(name, lines, like):
    """A plan of our own: a list of lines for each shard."""
    with open(like, "rb") as f:
        head = json.loads(f.readline())
    at, segments = 0, []
    for one in lines:
        segments.append({"at": at, "length": len(one), "weight": 1,
                         "sha256": hashlib.sha256(one).hexdigest()})
        at += len(one)
    head["shards"] = segments
    del head["type"], head["plan_sha256"]
    rest = json.dumps(head, separators=(",", ":"))[1:].encode()
    rest = b'",' + rest
    with open(name, "wb") as f:
        f.write(b'{"type":"plan","plan_sha256":"%s%s\n' % (
            hashlib.sha256(rest).hexdigest().encode(), rest))
        f.writelines(lines)


def cut_plan(folder, tag, box, cuts):
    """The mbox cut at these places."""
    like = os.path.join(folder, "like")
    if not os.path.exists(like):
        run("plan", "--shards", 1, "--split", 1, "-o", like, box, status=0)
    with open(like, "rb") as f:
        line = json.loads(f.read().split(b"\n")[1])
    same(line["type"], "mbox", "the only line")
    borders = [0, *cuts, line["size"]]
    name = os.path.join(folder, "plan-" + tag)
    write_plan(name, [json.dumps(dict(line, **{"from": a, "to": b})).encode() +
                      b"\n" for a, b in zip(borders, borders[1:])], like)
    return name, len(borders) - 1


def settle(name, out, n, shards=None):
    """Run what is missing until nothing is; how often."""
    rounds = 0
    for i in shards or range(1, n + 1):
        shard(name, "%d/%d" % (i, n), out)
    while True:
        done = run("merge", out, "--plan", name)
        if done.returncode != 75:
            return done.stdout, rounds
        rounds += 1
        check(rounds <= n, "it does not settle: " + done.err)
        listed = run("merge", out, "--plan", name, "--missing", status=75)
        for i in expand(listed.stdout.decode()):
            shard(name, "%d/%d" % (i, n), out)


def expand(text):
    numbers = re.match(r"--array=([0-9,-]+)\n$", text)
    check(numbers, "no list: %r" % text)
    out = []
    for part in numbers.group(1).split(","):
        a, _, b = part.partition("-")
        out += range(int(a), int(b or a) + 1)
    return out


def places(data):
    """All; or those around separators, and some in between."""
    if LONG:
        return list(range(1, len(data)))
    near = {m.start() + d for m in re.finditer(b"From ", data)
            for d in (-1, 0, 1)}
    return sorted(p for p in near | set(range(1, len(data), 41))
                  if 0 < p < len(data))


def law_at_every_place(folder):
    """An mbox is the same wherever it is cut in two, in any order."""
    data = tricky_mbox()
    box = write(os.path.join(folder, "box"), data)
    want, _ = single([box])

    def one(place):
        tag = str(place)
        name, n = cut_plan(folder, tag, box, [place])
        again = 0
        for order in ((2, 1), (1, 2)) if LONG or place % 4 == 0 else (
                (2, 1),):
            out = os.path.join(folder, "out-%s-%d" % (tag, order[0]))
            got, rounds = settle(name, out, n, order)
            if masked(got) != want:
                return "at %d, %s" % (place, order)
            again += rounds if order == (2, 1) else 0
            if order == (1, 2) and rounds:
                return "at %d: in their order none is to be scanned again" % (
                    place)
        return again

    cut_plan(folder, "first", box, [1])
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        got = list(pool.map(one, places(data)))
    bad = [g for g in got if isinstance(g, str)]
    same(bad, [], "cuts that change the report")
    check(any(got), "no Content-Length reached over a border: what is that "
          "test worth?")


def law_in_many_pieces(folder):
    """An mbox is the same when it is cut to pieces, also smaller than a
    message."""
    data = tricky_mbox()
    box = write(os.path.join(folder, "box"), data)
    want, _ = single([box])
    for step in (1, 50) if LONG else (40, 97):
        cuts = list(range(step, len(data), step))
        name, n = cut_plan(folder, str(step), box, cuts)
        order = list(range(1, n + 1))
        random.Random(step).shuffle(order)
        got, _ = settle(name, os.path.join(folder, "o%d" % step), n, order)
        same(masked(got), want, "pieces of %d bytes" % step)


# --- tests: plans

def lines_of(name):
    """For each shard its lines."""
    with open(name, "rb") as f:
        head = json.loads(f.readline())
        rest = f.read()
    out = []
    for s in head["shards"]:
        part = rest[s["at"]:s["at"] + s["length"]]
        same(hashlib.sha256(part).hexdigest(), s["sha256"], "the sum")
        out.append([json.loads(line) for line in part.splitlines()])
    return head, out


def plan_is_the_walk(folder):
    """A plan lists each file once, in the order of the scan, with its size."""
    store = odd_tree(os.path.join(folder, "store"))
    for n in (1, 3, 7):
        head, shards = lines_of(plan(folder, [store], n, "--split", 300))
        found, ranges = [], {}
        for lines in shards:
            at = None
            for line in lines:
                if line["type"] == "folder":
                    at = line
                if line["type"] not in ("file", "mbox"):
                    continue
                path = os.path.join(exact(at, "path"), exact(line, "name"))
                st = os.lstat(path)
                same((line["size"], line["inode"], int(line["mtime"])),
                     (st.st_size, st.st_ino, st.st_mtime_ns), path)
                if line["type"] == "mbox":
                    ranges.setdefault(path, []).append(
                        (line["from"], line["to"]))
                if line.get("from", 0) == 0:
                    found.append(path)
        want = [os.path.join(d, f) for d, _, names in os.walk(
            os.fsencode(store)) for f in names
            if not os.path.islink(os.path.join(d, f)) and
            os.path.basename(d) != b"tmp"]
        same(sorted(found), sorted(want), "the files")
        same(head["files"], len(want), "their number")
        for path, parts in ranges.items():
            same([0] + [b for _, b in parts],
                 [a for a, _ in parts] + [os.path.getsize(path)],
                 "ranges of %r" % path)


def exact(record, key):
    import base64
    return base64.b64decode(record[key + "_b64"]) \
        if key + "_b64" in record else record[key].encode()


def plan_is_deterministic(folder):
    """The same store makes the same plan, but for its time."""
    store = odd_tree(os.path.join(folder, "store"))
    bodies = [open(plan(folder, [store], 5), "rb").read().split(b"\n", 1)[1]
              for _ in range(2)]
    same(bodies[0], bodies[1], "the lines")


def mailbox_of(folder_line, line):
    where = exact(folder_line, "path")
    last = os.path.basename(where)
    if line["place"] == "maildir" and last in (b"cur", b"new", b"tmp"):
        return os.path.dirname(where)
    return where if line["place"] in ("mh", "eml") else \
        os.path.join(where, exact(line, "name"))


def whole_mailboxes_are_whole(folder):
    """With --whole-mailboxes none is in two shards."""
    store = odd_tree(os.path.join(folder, "store"))
    for user in range(12):
        maildir(os.path.join(store, "users", "u%d" % user), 3 + user * 3)
    most = 0
    for n in range(1, 9):
        name = plan(folder, [store], n, "--whole-mailboxes", "--split", 1)
        shards = lines_of(name)[1]
        where = {}
        for k, lines in enumerate(shards):
            at = None
            for line in lines:
                check(line["type"] != "mbox", "an mbox was cut")
                at = line if line["type"] == "folder" else at
                if line["type"] == "file":
                    where.setdefault(mailbox_of(at, line), set()).add(k)
        most = max(most, len(set().union(*where.values())))
        torn = {m: k for m, k in where.items() if len(k) > 1}
        same(torn, {}, "mailboxes in two of %d shards" % n)
    check(most >= 4, "all is in one shard")


def shards_are_balanced(folder):
    """The largest shard of a skewed store is little more than the mean."""
    store = os.path.join(folder, "store")
    chance = random.Random(1)
    for i in range(60):
        size = int(2000 * chance.paretovariate(0.8))
        write(os.path.join(store, "d%d" % (i % 7), "%d.eml" % i),
              message("m", body=b"x" * 70 + b"\n") + b"y" * min(size, 60000))
    with open(os.path.join(store, "huge.mbox"), "wb") as f:
        f.write((FROM + message("h") + b"\n") * 40000)
    for n in (4, 16):
        head, _ = lines_of(plan(folder, [store], n, "--split", "1M"))
        weights = [s["weight"] for s in head["shards"]]
        same(sum(weights), head["weight"], "the weight")
        check(max(weights) <= 1.2 * sum(weights) / n, weights)


# --- tests: files of shards

def shard_file(out, i, n):
    return os.path.join(out, "shard-%05d-of-%05d.ndjson" % (i, n))


def what_is_done_stays(folder):
    """A shard that is whole is not scanned again; one that is damaged is."""
    store = small_tree(os.path.join(folder, "store"))
    out = os.path.join(folder, "out")
    name = plan(folder, [store], 2)
    want, _ = single([store])
    all_shards(name, out, 2)
    path = shard_file(out, 1, 2)
    data = open(path, "rb").read()
    before = os.stat(path)
    shard(name, "1/2", out, status=0)
    same(os.stat(path).st_mtime_ns, before.st_mtime_ns, "its time")
    same(os.stat(path).st_mode & 0o777, 0o600, "its mode")
    lines = data.split(b"\n")
    damages = [data[:k] for k in (0, 1, 700, len(data) // 2, len(data) - 1)]
    damages += [data[:k] + bytes([data[k] ^ 1]) + data[k + 1:]
                for k in range(5, len(data), len(data) // 15)]
    damages += [data + b"x\n", data + lines[-2] + b"\n",
                b"\n".join(lines[:3] + lines[4:]),
                b"\n".join(lines[:-2] + [b""])]
    for bad in damages:
        with open(path, "wb") as f:
            f.write(bad)
        done = run("merge", out, "--plan", name)
        same(done.returncode, 75, "merge of damage, which said " + done.err)
        check("--array=1" in done.err, done.err)
        done = run("merge", out, "--plan", name, "--missing")
        check(b"--array=1" in done.stdout, "not missing: %r" % done.stdout)
        shard(name, "1/2", out)
        same(masked(merge(name, out).stdout), want, "scanned again")
    same(sorted(os.listdir(out)), [os.path.basename(shard_file(out, i, 2))
                                   for i in (1, 2)], "what is in the folder")


def any_damage_heals(folder):
    """Whatever byte of a shard is another: merge, merge --missing and scan
    agree that it is none, and scanned again it is what it was."""
    store = small_tree(os.path.join(folder, "store"))
    write(os.path.join(store, "z.mbox"), tricky_mbox())
    out = os.path.join(folder, "out")
    name, report = plan(folder, [store], 3, "--split", 300), None
    all_shards(name, out, 3)
    report = masked(merge(name, out).stdout)
    for i in (2, 3) if LONG else (2,):
        path = shard_file(out, i, 3)
        data = open(path, "rb").read()
        ends = [m.end() for m in re.finditer(b"\n", data)]
        odd = set(range(ends[0], ends[1])) | set(range(ends[-3], len(data)))
        step = 1 if LONG else 29
        for k in sorted(odd | set(range(0, len(data), step)))[::step // 3 or
                                                              1]:
            with open(path, "r+b") as f:
                f.write(data)
                f.seek(k)
                f.write(bytes([data[k] ^ 1 << k % 8]))
            where = "byte %d of shard %d" % (k, i)
            same(run("merge", out, "--plan", name, "--missing").stdout,
                 b"--array=%d\n" % i, where)
            done = run("merge", out, "--plan", name)
            same(done.returncode, 75, where)
            check("--array=%d\n" % i in done.err, done.err)
            done = shard(name, "%d/3" % i, out)
            check("is scanned again" in done.err, done.err)
            same(masked(merge(name, out).stdout), report, where)


def missing_shards_are_listed(folder):
    """merge says which shards are missing, as --array takes it, and writes
    nothing."""
    store = small_tree(os.path.join(folder, "store"))
    out, report = os.path.join(folder, "out"), os.path.join(folder, "report")
    name = plan(folder, [store], 9)
    same(merge(name, out, "--missing", status=75).stdout, b"--array=1-9\n",
         "before there is a folder")
    merge(name, out, status=2)
    with open("/dev/full", "w") as full:
        done = subprocess.run([OPT, "merge", out, "--plan", name,
                               "--missing"], stdout=full,
                              stderr=subprocess.PIPE)
    same(done.returncode, 2, "a list that cannot be written")
    check(b"cannot write the list" in done.stderr, done.stderr)
    done = run("scan", "--plan", name, "--shard", "1/9", "--out",
               "/proc/nobody/new", status=2)
    check("/proc/nobody/new: " in done.err, done.err)
    done = run("scan", "--plan", name, "--shard", "1/9", "--out",
               "/proc/new", status=2)
    check("/proc/new: cannot make the folder: " in done.err, done.err)
    all_shards(name, out, 9)
    same(run("merge", out, "--plan", name, "--missing", status=0).stdout, b"",
         "nothing is missing")
    for i in (3, 7, 8, 9):
        os.unlink(shard_file(out, i, 9))
    done = merge(name, out, "-o", report, status=75)
    check("--array=3,7-9" in done.err and "4 of 9" in done.err, done.err)
    check(not os.path.exists(report), "a report was written")
    done = merge(name, out, "--missing", status=75)
    same(done.stdout, b"--array=3,7-9\n", "the list")
    for i in expand(done.stdout.decode()):
        shard(name, "auto", out, env={"SLURM_ARRAY_TASK_ID": str(i),
                                      "SLURM_ARRAY_TASK_MIN": "3"})
    merge(name, out, "-o", report, status=1)
    same(masked(open(report, "rb").read()), single([store])[0], "the report")


def forms_of_the_report(folder):
    """merge writes a page and a summary, too."""
    store = small_tree(os.path.join(folder, "store"))
    out = os.path.join(folder, "out")
    name = plan(folder, [store], 3)
    all_shards(name, out, 3)
    page = merge(name, out, "-f", "html", status=1).stdout
    check(page.startswith(b"<!DOCTYPE html>") and b"eod.lf-dot-crlf" in page,
          "no page: %r" % page[:80])
    text = merge(name, out, "-f", "text", exe=SAN, status=1).stdout
    one = scan("-f", "text", store).out
    last = one[one.rindex(b"\n\n85"):]
    alone = last.replace(b" (-v lists them)", b"").replace(
        b"(listed above)", b"(the records name them: -f ndjson, -f html)")
    check(alone != last, "nothing was skipped")
    same(text.split(b" s;")[1], alone.split(b" s;")[1], "the summary")
    gone = os.path.join(folder, "gone")
    name = os.path.join(folder, "plan2")
    run("plan", "--shards", 1, "-o", name, gone, status=2)
    shard(name, "1/1", gone + "-out")
    text = merge(name, gone + "-out", "-f", "text", status=2).stdout
    check(b"1 could not be read (the records name them" in text, text)


def sealed(path):
    """Bytes up to the end of the last section, and how many there are."""
    with open(path, "rb") as f:
        data = f.read()
    ends = [m.end() for m in re.finditer(
        rb'(?m)^\{"type":"piece".*"sha256":"[0-9a-f]{64}"\}\n', data)]
    return data[:ends[-1]] if ends else b"", len(ends)


def unfinished(out):
    return [os.path.join(out, n) for n in os.listdir(out)
            if n.startswith(".shard-")] if os.path.isdir(out) else []


def stop_in_the_midst(name, out, sig, sections):
    """Run a shard and stop it when it has so many sections: its status."""
    old = unfinished(out)
    child = subprocess.Popen(
        [SAN, "scan", "--plan", name, "--shard", "1/1", "--out", out, "-j",
         "1", "--checkpoint", "0"], env=dict(os.environ, **QUIET),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while child.poll() is None and time.monotonic() < end and not any(
            sealed(p)[1] >= sections for p in unfinished(out)
            if p not in old):
        time.sleep(0.005)
    check(child.poll() is None, "it ended too early to be stopped")
    child.send_signal(sig)
    begin = time.monotonic()
    status = child.wait(20)
    check(time.monotonic() - begin < 5, "it took long to stop")
    return status


def a_stopped_shard_goes_on(folder):
    """What a shard had done when it was stopped, or killed, is not done
    again."""
    store = os.path.join(folder, "store")
    for i in range(60):
        write(os.path.join(store, "d%02d" % i, "1.eml"), message("a%d" % i))
        write(os.path.join(store, "d%02d" % i, "2.eml"), message("b%d" % i))
    write(os.path.join(store, "d30", "box"), tricky_mbox() * 20)
    want, _ = single([store])
    name = plan(folder, [store], 1, "--split", 1000)
    for sig, status in ((signal.SIGTERM, 75), (signal.SIGKILL, -9)):
        out = os.path.join(folder, "out%d" % sig)
        same(stop_in_the_midst(name, out, sig, 5), status, "its status")
        left = unfinished(out)
        same(len(left), 1, "files that were begun")
        check(re.search(r"/\.shard-00001-of-00001\.[^./]+\.\d+\.\d+-\d+$",
                        left[0]), left[0])
        begun, sections = sealed(left[0])
        done = merge(name, out, status=75)
        check("--array=1" in done.err, done.err)
        # And once more, before it ends.
        same(stop_in_the_midst(name, out, sig, sections + 5), status,
             "its status")
        same(len(unfinished(out)), 1, "files, when its process is gone")
        shard(name, "1/1", out, status=1, exe=SAN)
        data = open(shard_file(out, 1, 1), "rb").read()
        check(data.startswith(begun), "what was done was done again")
        same(masked(merge(name, out).stdout), want, "the report")
        same(unfinished(out), [], "what is left")


def every_section_can_be_gone_on_with(folder):
    """Wherever a shard stopped, its successor makes the same of it."""
    store = odd_tree(os.path.join(folder, "store"))
    name = plan(folder, [store], 1, "--split", 300)
    out = os.path.join(folder, "out")
    shard(name, "1/1", out, "--checkpoint", 0)
    want = single([store])[0]
    data = open(shard_file(out, 1, 1), "rb").read()
    pieces = list(re.finditer(rb'(?m)^\{"type":"piece".*\n', data))
    ends = [m.end() for m in pieces]
    midst = [k for k, m in enumerate(pieces) if b'"at":' in m.group()]
    check(len(ends) > 40 and len(midst) > 8, "sections: %d, %d" % (
        len(ends), len(midst)))
    for k, end in enumerate(ends):
        if not LONG and k % 16 != 4 and k not in midst:
            continue
        again = os.path.join(folder, "again%d" % k)
        # Behind it: half a section, which does not count; and one of
        # another process, which did not come as far.
        for host, upto in (("a", ends[k // 2]), ("b", end + min(
                50, len(data) - end - 1)), ("c", ends[0])):
            write(os.path.join(again, ".shard-00001-of-00001.%s.1.1-1" %
                               host), data[:upto])
        shard(name, "1/1", again)
        got = open(shard_file(again, 1, 1), "rb").read()
        check(got.startswith(data[:end]), "section %d was not kept" % k)
        same(masked(merge(name, again).stdout), want, "from section %d" % k)
        same(len(os.listdir(again)), 1, "files in the folder")
    # All of it, which did not come to its name.
    again = os.path.join(folder, "again")
    write(os.path.join(again, ".shard-00001-of-00001.a.1.1-1"), data)
    shard(name, "1/1", again)
    same(run("merge", again, "--plan", name, "--missing").stdout, b"",
         "missing")
    same(masked(merge(name, again).stdout), want, "from its end")


def other_options_are_not_gone_on_with(folder):
    """What was begun with other options, or by another plan, is no start."""
    store = small_tree(os.path.join(folder, "store"))
    name, out = plan(folder, [store], 1), os.path.join(folder, "out")
    want = single([store])[0]
    shard(name, "1/1", out, "-a", "--checkpoint", 0)
    begun = sealed(shard_file(out, 1, 1))[0]
    shutil.rmtree(out)
    left = write(os.path.join(out, ".shard-00001-of-00001.h.1.1-1"), begun)
    shard(name, "1/1", out)
    same(masked(merge(name, out).stdout), want, "the report")
    shutil.rmtree(out)
    write(left, begun)
    name = plan(folder, [store], 1, "--tmp")
    shard(name, "1/1", out, "-a")
    same(masked(merge(name, out).stdout), single([store], "-a", "--tmp")[0],
         "the report of the new plan")


def large_messages(folder):
    """A message that is larger than a range, and than a shard."""
    data = (FROM + message("a") + b"\n" + FROM + b"From: a@b.example\n\n" +
            b"x" * 70 + b"\n")
    body = (b"y" * 76 + b"\n") * (72 * 13618)
    data += body + b".\r\nz\n\n" + (FROM + message("b") + b"\n") * 5
    box = write(os.path.join(folder, "box"), data)
    want, _ = single([box])
    # The last one has three ranges, and in two of them nothing begins.
    name, n = cut_plan(folder, "large", box, [300, 2 << 20, 4 << 20])
    got, again = settle(name, os.path.join(folder, "o"), n, [4, 3, 2, 1])
    same(masked(got), want, "the report")
    same(again, 0, "shards that had to be scanned again")


def a_full_disk(folder):
    """A shard that cannot be written is not there, and goes on later."""
    store = small_tree(os.path.join(folder, "store"))
    name, out = plan(folder, [store], 1), os.path.join(folder, "out")
    command = [OPT, "scan", "--plan", name, "--shard", "1/1", "--out", out,
               "-j", "0", "--checkpoint", "0"]
    done = subprocess.run(command, capture_output=True, preexec_fn=lambda:
                          resource.setrlimit(resource.RLIMIT_FSIZE,
                                             (30000, 30000)))
    same(done.returncode, 2, "its status")
    check(b"File too large" in done.stderr, done.stderr)
    same(len(unfinished(out)), 1, "files that were begun")
    check(sealed(unfinished(out)[0])[1] > 5, "sections")
    merge(name, out, status=75)
    shard(name, "1/1", out)
    for form in ("ndjson", "html", "text"):
        report = os.path.join(folder, "report")
        done = subprocess.run([OPT, "merge", out, "--plan", name, "-o",
                               report, "-f", form], capture_output=True,
                              preexec_fn=lambda: resource.setrlimit(
                                  resource.RLIMIT_FSIZE, (500, 500)))
        same(done.returncode, 2, "status of merge -f %s: %s" % (
            form, done.stderr))
        check(not os.path.exists(report), "a report was written")
    same(masked(merge(name, out).stdout), single([store])[0], "the report")


def twins_do_not_clash(folder):
    """Two that do the same shard at once end well, and it is whole."""
    store = small_tree(os.path.join(folder, "store"))
    name = plan(folder, [store], 1)
    out = os.path.join(folder, "out")
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: shard(name, "1/1", out, "--checkpoint", 0),
                      range(6)))
    same(os.listdir(out), ["shard-00001-of-00001.ndjson"], "the folder")
    same(masked(merge(name, out).stdout), single([store])[0], "the report")


# --- tests: what changed since the plan

def stale_of(records):
    return {os.path.basename(r["path"]): r["reason"] for r in records
            if r["type"] == "stale"}


def merged(folder, name, n):
    out = os.path.join(folder, "out")
    all_shards(name, out, n)
    data = merge(name, out).stdout
    validate(data)
    return [json.loads(line) for line in data.splitlines()]


def changes_are_told(folder):
    """A file that is not as it was planned is told, and scanned as it is."""
    store = os.path.join(folder, "store")
    maildir(os.path.join(store, "Maildir"), 6, dirty=lambda i: False)
    for name in ("same", "grown", "other", "away"):
        write(os.path.join(store, "eml", name + ".eml"),
              message(name, False))
    box = Mbox(os.path.join(store, "mboxes", "grown.mbox"))
    for i in range(6000):
        box.add(message("g%d" % i, False))
    box.close()
    name = plan(folder, [store], 4, "--split", 400)
    check(open(name).read().count('"grown.mbox"') > 1, "it is not cut")
    eml = os.path.join(store, "eml")
    with open(os.path.join(eml, "grown.eml"), "ab") as f:
        f.write(b"more\n.\r\nx\n")
    os.unlink(os.path.join(eml, "other.eml"))
    write(os.path.join(eml, "other.eml"), message("other", True))
    os.unlink(os.path.join(eml, "away.eml"))
    cur = os.path.join(store, "Maildir", "cur")
    old = sorted(os.listdir(cur))[0]
    os.rename(os.path.join(cur, old), os.path.join(cur, old + "R"))
    with open(box.path, "ab") as f:
        f.write(FROM + message("late", True) + b"\n")
    records = merged(folder, name, 4)
    stale = stale_of(records)
    same(set(stale), {"grown.eml", "other.eml", "away.eml", old,
                      "grown.mbox"}, "what is stale")
    check(stale["away.eml"].startswith("gone") and
          stale["grown.eml"].startswith("changed"), stale)
    summary = records[-1]
    same(summary["stale"], sum(r["type"] == "stale" for r in records),
         "summary.stale")
    same(summary["gone"], 1, "gone")
    same(summary["messages"], 6 + 3 + 6001, "messages")
    same({os.path.basename(r["path"]) for r in records
          if r["type"] == "message"},
         {"grown.eml", "other.eml", "grown.mbox"}, "findings")
    same([r["index"] for r in records if r["type"] == "message" and
          r["format"] == "mbox"], [6001], "its number")
    same(summary["records"], len(records), "summary.records")


CHANGED, AWAY = "changed", "gone or renamed"


def stale_store(folder):
    """A plan of a store in which nearly every file is something else since,
    and of each of these what is to be told: stale, and why, and then what is
    told of it in any case."""
    store = os.path.join(folder, "store")
    eml, mail = os.path.join(store, "eml"), os.path.join(store, "Maildir")
    maildir(mail, 12)
    for i in range(6):
        write(os.path.join(mail, "new", "9%d.P.h" % i), message("n%d" % i))
    for name in ("same", "grown", "shorter", "other", "touched", "away",
                 "fifo", "link", "folder"):
        write(os.path.join(eml, name + ".eml"), message(name))
    for name in ("many", "rest"):
        write(os.path.join(store, "boxes", name),
              b"".join(FROM + message("%s%d" % (name, i)) + b"x" * 2000 +
                       b"\n\n" for i in range(1500)))
    name = plan(folder, [store], 3)
    for one in ("grown.eml", "../boxes/many"):
        with open(os.path.join(eml, one), "ab") as f:
            f.write(b"more\n")
    os.truncate(os.path.join(eml, "shorter.eml"), 120)
    os.utime(os.path.join(eml, "touched.eml"), ns=(1, 1))
    for one in ("other", "away", "fifo", "link", "folder"):
        os.rename(os.path.join(eml, one + ".eml"), os.path.join(
            folder, one))
    shutil.copy2(os.path.join(folder, "other"), os.path.join(
        eml, "other.eml"))
    os.mkfifo(os.path.join(eml, "fifo.eml"))
    os.symlink("same.eml", os.path.join(eml, "link.eml"))
    os.mkdir(os.path.join(eml, "folder.eml"))
    cur = sorted(os.listdir(os.path.join(mail, "cur")))
    for one in cur[:4]:
        os.rename(os.path.join(mail, "cur", one),
                  os.path.join(mail, "cur", one + "R"))
    os.rename(os.path.join(mail, "new", "91.P.h"),
              os.path.join(mail, "cur", "91.P.h:2,S"))
    want = {"same.eml": ["message"]}
    for one in ("grown", "shorter", "other", "touched"):
        want[one + ".eml"] = [CHANGED, "message"]
    for one in ("fifo", "link", "folder"):
        want[one + ".eml"] = [CHANGED, "skipped"]
    want["away.eml"] = [AWAY, "skipped"]
    want["many"] = [CHANGED] + ["message"] * 1500 + ["store"]
    want["rest"] = want["many"][1:]
    for one in cur:
        want[one] = [AWAY] if one in cur[:4] else ["message"]
    for one in cur[:4]:
        want[one + "R"] = ["message"]
    for one in os.listdir(os.path.join(mail, "new")):
        want[one] = ["message"]
    want.update({"91.P.h": [AWAY], "91.P.h:2,S": ["message"],
                 "tmp": ["skipped"]})
    return name, want


def told_of(records):
    """By name of the file, in their order."""
    out = {}
    for r in records:
        if r["type"] in ("stale", "message", "skipped", "unreadable") or \
                os.path.basename(r.get("path", "")) in ("many", "rest"):
            out.setdefault(os.path.basename(r["path"]), []).append(
                r["type"] if r["type"] != "stale" else
                CHANGED if r["reason"].startswith("changed") else AWAY)
    return out


def stale_shards(folder, name, tag, *options, **more):
    out = os.path.join(folder, "out-" + tag)
    for i in (1, 2, 3):
        shard(name, "%d/3" % i, out, "-a", "-v", *options, **more)
    return merge(name, out).stdout


def stale_is_told_once(folder):
    """That a file is not as it was planned is told in front of what is in it,
    once, by whoever opens it; also when that one dies."""
    name, want = stale_store(folder)
    lines = stale_shards(folder, name, "here", "-j", 0)
    records = [json.loads(line) for line in lines.splitlines()]
    validate(lines)
    same(told_of(records), want, "what is told of the files")
    stale = sum(w[0] in (CHANGED, AWAY) for w in want.values())
    same(records[-1]["stale"], stale, "summary.stale")
    same(records[-1]["records"], len(records), "summary.records")
    for r, behind in zip(records, records[1:]):
        if r["type"] == "stale" and want[os.path.basename(r["path"])][1:]:
            same(behind["path"], r["path"], "what stands behind it")
    for tag, options in (("1", ("-j", 1)), ("2", ("-j", 2)),
                         ("sections", ("-j", 2, "--checkpoint", 0))):
        same(masked(stale_shards(folder, name, tag, *options)),
             masked(lines), tag)

    def dies(at, which, do="abort", call="read"):
        return {"LD_PRELOAD": shim("fault"), "FAULT_CALL": call,
                "FAULT_NAME": which, "FAULT_DO": do, "FAULT_WHO": "worker",
                "FAULT_AT": str(at)}

    # Once: what it was at is done again, and is the same.  Of the large file
    # the worker has told a part by then.
    for at in range(1, 80, 1 if LONG else 3):
        got = stale_shards(folder, name, "dead%d" % at, "-j", 1 + at % 2,
                           env=dies(at, os.path.join(folder, "store")))
        same(masked(got), masked(lines), "a worker that dies at %d" % at)
    for at in range(1, 12):
        got = stale_shards(folder, name, "many%d" % at, "-j", 1,
                           env=dies(at, "/many"))
        same(masked(got), masked(lines), "that dies of the mbox at %d" % at)
    # Each time.
    for one, told in (("grown.eml", [CHANGED, "unreadable"]),
                      ("same.eml", ["unreadable"])):
        for do, call in (("abort", "read"), ("13", "openat")):
            got = [json.loads(line) for line in stale_shards(
                folder, name, one + call, "-j", 2, env=dies(
                    0, one, do, call)).splitlines()]
            same(told_of(got), dict(want, **{one: told}), one + " " + do)
            same(got[-1]["stale"], stale, "summary.stale")


def stale_shards_go_on(folder):
    """Wherever such a shard stopped, its successor makes the same of it."""
    name, _ = stale_store(folder)
    lines = stale_shards(folder, name, "all", "-j", 0, "--checkpoint", 0)
    for i in (1, 2, 3):
        with open(shard_file(os.path.join(folder, "out-all"), i, 3),
                  "rb") as f:
            data = f.read()
        ends = [m.end() for m in re.finditer(
            rb'(?m)^\{"type":"piece".*\n', data)]
        for end in ends[::1 if LONG else 7]:
            out = os.path.join(folder, "again")
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(os.path.join(folder, "out-all"), out)
            os.unlink(shard_file(out, i, 3))
            write(os.path.join(out, ".shard-%05d-of-00003.h.1.1-1" % i),
                  data[:end])
            shard(name, "%d/3" % i, out, "-a", "-v")
            same(masked(merge(name, out).stdout), masked(lines),
                 "from %d of %d on" % (end, i))


def a_large_mbox_is_stale(folder):
    """So with an mbox that no plan has cut, and a scan does."""
    box = os.path.join(folder, "store", "box")
    data = FROM + message("a") + b"y" * 60000 + b"\n\n"
    write(box, data * (70 * 1024 * 1024 // len(data)))
    name = plan(folder, [os.path.dirname(box)], 1, "--whole-mailboxes")
    with open(box, "ab") as f:
        f.write(FROM + message("late"))
    want = single([box])[0].split(b"\n")
    for tag, options in (("0", ("-j", 0)), ("2", ("-j", 2)), ("died", (
            "-j", 1))):
        out = os.path.join(folder, "out" + tag)
        shard(name, "1/1", out, *options, env=tag == "died" and {
            "LD_PRELOAD": shim("fault"), "FAULT_CALL": "read",
            "FAULT_NAME": box, "FAULT_DO": "abort", "FAULT_WHO": "worker",
            "FAULT_AT": "1"})
        got = masked(merge(name, out).stdout).split(b"\n")
        check(got[0].startswith(b'{"type":"stale"'), got[0])
        same(got[1:-2], want[:-2], "its records")
        same(json.loads(got[-2])["stale"], 1, "summary.stale")


def a_replaced_mbox_is_scanned_anew(folder):
    """One that is not cut; those beside it are as they were planned."""
    store = os.path.join(folder, "store")
    for name, n in (("a", 3), ("b", 3000), ("c", 3), ("d", 3)):
        write(os.path.join(store, name), (FROM + message(name) + b"\n") * n)
    name = plan(folder, [store], 1, "--split", "100K")
    same(open(name).read().count('"type":"mbox"'), 1, "mboxes for parts")
    write(os.path.join(store, "b.new"), (FROM + message("b") + b"\n") * 5)
    os.rename(os.path.join(store, "b.new"), os.path.join(store, "b"))
    os.utime(os.path.join(store, "d"), ns=(1, 1))
    records = merged(folder, name, 1)
    same(set(stale_of(records)), {"b", "d"}, "what is stale")
    rest = [json.loads(line) for line in single([store])[0].splitlines()]
    same([r for r in records if r["type"] != "stale"][1:-1], rest[:-1],
         "the other records")


def rewritten_mbox_is_unreadable(folder):
    """Of an mbox that was written anew no range means anything."""
    box = Mbox(os.path.join(folder, "store", "b.mbox"))
    for i in range(6000):
        box.add(message("g%d" % i))
    box.close()
    for how in ("shorter", "other", "gone"):
        name = plan(folder, [os.path.dirname(box.path)], 3, "--split", 200)
        data = open(box.path, "rb").read()
        if how == "shorter":
            os.truncate(box.path, len(data) // 2)
        else:
            os.rename(box.path, box.path + ".old")
        if how == "other":
            write(box.path, data)
        shutil.rmtree(os.path.join(folder, "out"), ignore_errors=True)
        records = merged(folder, name, 3)
        same([r["type"] for r in records[1:-1]],
             ["stale", "unreadable"] * 3 + ["store"], how)
        same(records[-1]["exit_status"], 2, "its status")
        same(records[-1]["messages"], 0, "messages")
        if os.path.exists(box.path + ".old"):
            os.rename(box.path + ".old", box.path)
        else:
            write(box.path, data)


# --- tests: refusals

def refuses(folder):
    """What does not belong together is refused, and said why."""
    store = small_tree(os.path.join(folder, "store"))
    out = os.path.join(folder, "out")
    name = plan(folder, [store], 3)
    first, rest = open(name, "rb").read().split(b"\n", 1)
    all_shards(name, out, 3)
    for options, text in ((("--shard", "1/4"), "the plan has 3"),
                          (("--shard", "4/3"), "takes"),
                          (("--shard", "auto"), "says which"),
                          (("--shard", "1/3", "-a"), "other options"),
                          (("--shard", "1/3", store), "leave out"),
                          (("--shard", "1/3", "--redact"), "--redact"),
                          (("--shard", "1/3", "-o", "x"), "--output"),
                          (("--shard", "1/3", "--forensic"), "--forensic")):
        done = run("scan", "--plan", name, "--out", out, *options, status=64)
        check(text in done.err, "%s: %s" % (options, done.err))
    for options in (("--shard", "1/3"), ("--out", out), ("--checkpoint", 3)):
        done = run("scan", store, *options, status=64)
        check("--plan" in done.err, "%s: %s" % (options, done.err))

    def edited(head, body, text, i=1, status=64):
        other = os.path.join(folder, "edited")
        with open(other, "wb") as f:
            f.write(head + b"\n" + body)
        done = shard(other, "%d/3" % i, os.path.join(folder, "new"),
                     status=status)
        check(text in done.err, done.err)

    def resum(head):
        at = head.index(b'","tool"')
        return head[:at - 64] + \
            hashlib.sha256(head[at:]).hexdigest().encode() + head[at:]

    same(resum(first), first, "the sum of the first line")
    edited(first.replace(b'"files"', b'"filez"'), rest, "changed")
    edited(first, rest.replace(b"maildir", b"Maildir", 1), "changed")
    edited(first, rest[:-10], "changed", 3)
    edited(resum(first.replace(b'"version":"', b'"version":"9')), rest,
           "is of baredot 9")
    edited(resum(re.sub(rb'"rules_sha256":".', b'"rules_sha256":"x', first)),
           rest, "other rules")
    edited(resum(re.sub(rb'"inode":\d+', b'"inode":1', first)), rest,
           "mounted", status=2)
    edited(b"{}", rest, "not a plan")
    same(sorted(os.listdir(folder)), ["edited", "out", "plan", "store"] if
         not os.path.exists(os.path.join(folder, "new")) else
         ["edited", "new", "out", "plan", "store"], "what was made")
    same(os.path.isdir(os.path.join(folder, "new")) and
         os.listdir(os.path.join(folder, "new")), [], "shards of bad plans")
    os.rename(store, store + "2")
    os.unlink(shard_file(out, 2, 3))
    done = shard(name, "2/3", out, status=2)
    check("No such file" in done.err, done.err)
    os.rename(store + "2", store)
    write(os.path.join(store, "eml", "new.eml"), message("new"))
    again = plan(folder, [store], 3)
    done = shard(again, "1/3", out, status=64)
    check("another plan" in done.err, done.err)
    for options in (("--missing",), ()):
        done = merge(again, out, *options, status=64)
        check("shard 1 is of another plan" in done.err, done.err)
        same(done.stdout, b"", "what is written")
    os.unlink(shard_file(out, 1, 3))


def merge_refuses_other_options(folder):
    """Shards that were scanned with other options are not merged."""
    store = small_tree(os.path.join(folder, "store"))
    out = os.path.join(folder, "out")
    name = plan(folder, [store], 2)
    shard(name, "1/2", out)
    shard(name, "2/2", out, "-a")
    done = merge(name, out, status=64)
    check("other options" in done.err, done.err)


def relative_paths(folder):
    """A plan of relative paths is for the folder that it was made in."""
    small_tree(os.path.join(folder, "store"))
    run("plan", "-o", "plan", "--shards", 1, "store", cwd=folder, status=0)
    done = run("scan", "--plan", os.path.join(folder, "plan"), "--shard",
               "1/1", "--out", os.path.join(folder, "o"), cwd="/", status=64)
    check("scan there" in done.err, done.err)
    run("scan", "--plan", "plan", "--shard", "1/1", "--out", "o", cwd=folder,
        status=1)
    # A file of that name elsewhere is not the one of the plan.
    write(os.path.join(folder, "box"), FROM + b"From: a@b.example\n\na\rb\n")
    write(os.path.join(folder, "other", "box"),
          FROM + b"From: c@d.example\n\nc\rd\n")
    run("plan", "-o", "q", "--shards", 1, "box", cwd=folder, status=0)
    for where, gone in (("other", False), (".", True)):
        if gone:
            os.unlink(os.path.join(folder, "box"))
        out = os.path.join(folder, "out-" + where)
        run("scan", "--plan", os.path.join(folder, "q"), "--shard", "1/1",
            "--out", out, cwd=os.path.join(folder, where), status=2)
        got = [json.loads(x) for x in merge(os.path.join(
            folder, "q"), out, status=2).stdout.splitlines()]
        same([r["error"] for r in got if r["type"] == "unreadable"],
             ["it was there when the plan was made, and is not"], where)
        same([r for r in got if r["type"] == "message"], [], where)


def what_cannot_be_listed(folder):
    """What a walk cannot look into is in the plan, and unreadable."""
    store = small_tree(os.path.join(folder, "store"))
    gone = [os.path.join(folder, "not-there%d" % i) for i in range(4)]
    name = os.path.join(folder, "plan")
    for paths, n in (([store, gone[0]], 1), (gone[:3], 3),
                     ([gone[0], store, *gone[1:]], 4)):
        done = run("plan", "--shards", 2, "-o", name, *paths, status=2)
        check("%d could not be listed" % n in done.err, done.err)
        done = scan("-f", "ndjson", "-j", 0, *paths)
        out = os.path.join(folder, "out%d" % n)
        all_shards(name, out, 2)
        got = merge(name, out, status=2)
        same(masked(got.stdout), masked(done.out), "the report")


if __name__ == "__main__":
    main([law_for_every_number, law_with_options, law_at_every_place,
          law_in_many_pieces, plan_is_the_walk, plan_is_deterministic,
          whole_mailboxes_are_whole, shards_are_balanced, what_is_done_stays,
          any_damage_heals, missing_shards_are_listed, forms_of_the_report,
          a_stopped_shard_goes_on, every_section_can_be_gone_on_with,
          other_options_are_not_gone_on_with, large_messages,
          a_full_disk, twins_do_not_clash, changes_are_told,
          stale_is_told_once, stale_shards_go_on, a_large_mbox_is_stale,
          a_replaced_mbox_is_scanned_anew,
          rewritten_mbox_is_unreadable, refuses, merge_refuses_other_options, relative_paths,
          what_cannot_be_listed])
