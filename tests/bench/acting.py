#!/usr/bin/python3
"""Messages of a Maildir repaired a second, every sync on.

acting.py [--messages N] [--rounds N] [FOLDER | ext4]...

For each folder, or a new file system with a journal in a file (as root): a
Maildir of dirty messages of 8 KiB is repaired, quarantined and put back by the
acting core; beside that, `cp -a` of the Maildir and a sync of all of it.  The
median of the rounds is shown.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
DRIVER = ROOT + "/build/faults/act_driver"
LINE = b"x" * 62


def message(i):
    """8 KiB, most lines ended by LF, some by CRLF."""
    out = b"From: a@b.example\nMessage-ID: <%d@example.org>\n\n" % i
    n = 0
    while len(out) < 8192:
        out += LINE + (b"\r\n" if n % 16 == i % 16 else b"\n")
        n += 1
    return out


def make(path, n):
    for f in ("cur", "new", "tmp"):
        os.makedirs(path + "/" + f)
    for i in range(n):
        data = message(i)
        name = "%d.M%dP1.example,S=%d,W=%d:2,S" % (
            1700000000 + i, i, len(data), len(data) + data.count(b"\n") -
            data.count(b"\r"))
        with open(path + "/cur/" + name, "wb") as f:
            f.write(data)
    os.sync()


def timed(f, *args):
    start = time.monotonic()
    f(*args)
    return time.monotonic() - start


def copy(a, b):
    subprocess.run(["cp", "-a", a, b], check=True)
    os.sync()


def drive(*args):
    r = subprocess.run([DRIVER], input=("-\t" + "\t".join(args) + "\n")
                       .encode(), stdout=subprocess.PIPE, check=True)
    lines = r.stdout.decode().splitlines()
    if lines[-1].split()[1] != "0":
        raise SystemExit("%s: %s" % (args, lines[:3]))


def one_round(where, n, seconds):
    top = tempfile.mkdtemp(prefix="baredot-bench-", dir=where)
    try:
        m, s = top + "/Maildir", top + "/state"
        make(m, n)
        for name, f, args in (
                ("cp -a, sync", copy, (m, top + "/copy")),
                ("repair", drive, ("fixall", s, m + "/cur")),
                ("undo", drive, ("undo", s)),
                ("quarantine", drive, ("quarantineall", s, m + "/cur")),
                ("restore", drive, ("restore", s))):
            seconds.setdefault(name, []).append(timed(f, *args))
    finally:
        shutil.rmtree(top)


def measure(name, where, n, rounds):
    seconds = {}
    for _ in range(rounds):
        one_round(where, n, seconds)
    base = statistics.median(seconds["cp -a, sync"])
    for what, all_of in seconds.items():
        t = statistics.median(all_of)
        print("%-24s %-12s %7.2f s %7.0f messages/s %6.1f x cp" % (
            name, what, t, n / t, t / base), flush=True)


def on_ext4(n, rounds):
    """A file system of its own, in a file; its syncs reach that file."""
    with tempfile.TemporaryDirectory(prefix="baredot-bench-") as top:
        image, where = top + "/image", top + "/mounted"
        os.mkdir(where)
        with open(image, "wb") as f:
            f.truncate(2 << 30)
        subprocess.run(["mkfs.ext4", "-q", image], check=True)
        subprocess.run(["mount", "-o", "loop", image, where], check=True)
        try:
            measure("ext4 with journal (loop)", where, n, rounds)
        finally:
            subprocess.run(["umount", where], check=True)


def value(argv, key, default):
    if key not in argv:
        return default
    i = argv.index(key)
    got = int(argv[i + 1])
    del argv[i:i + 2]
    return got


def main(argv):
    n = value(argv, "--messages", 2000)
    rounds = value(argv, "--rounds", 3)
    for where in argv or ["."]:
        if where == "ext4":
            on_ext4(n, rounds)
        else:
            measure(where, where, n, rounds)


if __name__ == "__main__":
    main(sys.argv[1:])
