#!/usr/bin/python3
"""Repairs, every sync on, against something that does less.

acting.py mbox FILE FOLDER ROUNDS	fix --apply of a copy of the file, its
					report as on a terminal, and cp and sync
					of it
acting.py ndjson FILE FOLDER ROUNDS	the same with a report for programs
acting.py maildir COUNT FOLDER ROUNDS	of a new Maildir of so many messages of
					8 KiB, all of them dirty
acting.py sparse MAILDIR FOLDER ROUNDS	of a copy in which one message of 1,000
					is dirty, and a scan of it
acting.py all COUNT FOLDER ROUNDS	fix, undo, quarantine and restore, as a
					table

Prints the median of our seconds, of the others', and of the ratios within the
pairs; for maildir the messages a second behind that.  FOLDER should be on a
disk: on tmpfs a sync costs nothing.
"""
import json
import mmap
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BAREDOT = os.environ.get("BAREDOT", ROOT + "/build/baredot")
LINE = b"x" * 62
SETTLED = 4         # seconds: an mbox that nobody is writing to


def timed(f, *args):
    start = time.monotonic()
    f(*args)
    return time.monotonic() - start


def run(status, *args):
    r = subprocess.run([BAREDOT, *args], stdout=subprocess.DEVNULL)
    if r.returncode != status:
        raise SystemExit("%s: status %d" % (args, r.returncode))


def fix(state, path, report="ndjson"):
    run(0, "fix", "--apply", "--state", state, "-f", report, path)


def all_is_done(state):
    """It must have done something, and left nothing alone."""
    said = subprocess.run([BAREDOT, "runs", "--state", state, "-f", "ndjson"],
                          stdout=subprocess.PIPE, check=True).stdout
    acts = json.loads(said.splitlines()[-1])["files"]
    if not acts["done"] or acts["not_done"] or acts["open"]:
        raise SystemExit("fix: %s" % acts)


def copy(a, b):
    subprocess.run(["cp", "-a", a, b], check=True)
    os.sync()


def copy_file(a, b):
    subprocess.run(["cp", a, b], check=True)
    subprocess.run(["sync", b], check=True)


def warm(n):
    """A virtual machine gives free memory back after a second or two; to get
    n bytes again is not what is measured."""
    mmap.mmap(-1, n, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS |
              mmap.MAP_POPULATE).close()


class Folder:
    """A new folder, its contents on the disk, and away afterwards."""

    def __init__(self, where):
        self.top = tempfile.mkdtemp(prefix="baredot-bench-", dir=where)
        self.state = self.top + "/state"
        self.store = self.top + "/store"
        self.other = self.top + "/other"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top)


def mbox_round(path, where, report="text"):
    with Folder(where) as f:
        copy_file(path, f.store)
        memory = 3 * os.path.getsize(path)
        warm(memory)
        other = timed(copy_file, f.store, f.other)
        os.unlink(f.other)
        os.sync()
        time.sleep(SETTLED)
        warm(memory)
        ours = timed(fix, f.state, f.store, report)
        all_is_done(f.state)
        return ours, other


def ndjson_round(path, where):
    return mbox_round(path, where, "ndjson")


def message(i):
    """8 KiB, most lines ended by LF, some by CRLF."""
    out = b"From: a@b.example\nMessage-ID: <%d@example.org>\n\n" % i
    n = 0
    while len(out) < 8192:
        out += LINE + (b"\r\n" if n % 16 == i % 16 else b"\n")
        n += 1
    return out


def name_of(i, data):
    return "%d.M%dP1.example,S=%d,W=%d:2,S" % (1700000000 + i, i, len(data),
                                               len(data) + data.count(b"\n") -
                                               data.count(b"\r"))


def put(path, i):
    data = message(i)
    with open(path + "/cur/" + name_of(i, data), "wb") as f:
        f.write(data)


def make(path, n):
    for f in ("cur", "new", "tmp"):
        os.makedirs(path + "/" + f)
    for i in range(n):
        put(path, i)
    os.sync()


def maildir_round(n, where):
    with Folder(where) as f:
        make(f.store, int(n))
        other = timed(copy, f.store, f.other)
        ours = timed(fix, f.state, f.store)
        all_is_done(f.state)
        return ours, other


def sparse_round(path, where):
    with Folder(where) as f:
        copy(path, f.store)
        for i in range(max(1, len(os.listdir(f.store + "/cur")) // 1000)):
            put(f.store, i)
        os.sync()
        run(0, "scan", "--exit-zero", "-f", "ndjson", f.store)
        other = timed(run, 0, "scan", "--exit-zero", "-f", "ndjson", f.store)
        ours = timed(fix, f.state, f.store)
        all_is_done(f.state)
        return ours, other


def all_rounds(n, where, rounds):
    seconds = {}
    for _ in range(rounds):
        with Folder(where) as f:
            make(f.store, n)
            q = f.top + "/quarantine"
            for what, do, args in (
                    ("cp -a, sync", copy, (f.store, f.other)),
                    ("fix", fix, (f.state, f.store)),
                    ("undo", run, (0, "undo", "last", "--apply", "--state",
                                   f.state)),
                    ("quarantine", run, (0, "quarantine", "--apply",
                                         "--into", q, "--min-severity",
                                         "low", "-f", "ndjson",
                                         f.store)),
                    ("restore", run, (0, "restore", "--apply", "--into",
                                      q))):
                seconds.setdefault(what, []).append(timed(do, *args))
    base = statistics.median(seconds["cp -a, sync"])
    for what, each in seconds.items():
        t = statistics.median(each)
        print("%-12s %7.2f s %7.0f messages/s %6.1f x cp" %
              (what, t, n / t, t / base), flush=True)


def main(what, which, where, rounds):
    if what == "all":
        all_rounds(int(which), where, int(rounds))
        return
    one = {"mbox": mbox_round, "ndjson": ndjson_round,
           "maildir": maildir_round, "sparse": sparse_round}[what]
    got = [one(which, where) for _ in range(int(rounds))]
    out = [statistics.median(a for a, _ in got),
           statistics.median(b for _, b in got),
           statistics.median(a / b for a, b in got)]
    if what == "maildir":
        out.append(int(which) / out[0])
    print(*("%.6f" % x for x in out))


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
