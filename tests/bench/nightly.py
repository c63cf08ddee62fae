#!/usr/bin/python3
"""Time scans that keep what they find.

nightly.py again|grown WHICH WHERE ROUNDS

again: the second of two scans of the folder WHICH, with the first.
grown: a scan of a copy of the mbox WHICH to which 1 MiB was added, with a scan
of all of it.  WHERE: a folder on a disk, for the state (and no copy).
Prints the medians: seconds of ours, of the other, of their ratio.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BAREDOT = os.environ.get("BAREDOT", os.path.join(TOP, "build", "baredot"))
SETTLED = 3.1       # seconds: a change is that old, or the file is read again


def scan(*args):
    began = time.monotonic()
    subprocess.run([BAREDOT, "scan", "--exit-zero", "-f", "ndjson", *args],
                   stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def again_round(which, state, _):
    shutil.rmtree(state, ignore_errors=True)
    first = scan("-j2", "--state", state, which)
    return scan("-j2", "--state", state, which), first


def grown_round(which, state, box):
    """The mbox grows from round to round."""
    time.sleep(SETTLED)
    scan("--state", state, box)             # not counted
    with open(which, "rb") as f, open(box, "ab") as out:
        text = f.read(1 << 20)
        out.write(text[:text.rfind(b"\nFrom ") + 1])
    return scan("--state", state, box), scan(box)


def main(what, which, where, rounds):
    one = {"again": again_round, "grown": grown_round}[what]
    with tempfile.TemporaryDirectory(dir=where) as top:
        box = which + ".grown"
        try:
            if what == "grown":
                shutil.copy(which, box)
            else:
                time.sleep(SETTLED)
            got = [one(which, top + "/state", box)
                   for _ in range(int(rounds) + 1)][1:]
        finally:
            if os.path.exists(box):
                os.unlink(box)
    print(*("%.6f" % x for x in (
        statistics.median(a for a, _ in got),
        statistics.median(b for _, b in got),
        statistics.median(a / b for a, b in got))))


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
