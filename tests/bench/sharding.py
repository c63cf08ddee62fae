#!/usr/bin/python3
"""What it costs to make one scan into many.

sharding.py overhead WHERE PATH...    16 shards, planned, scanned one after
                                      another and merged, with one scan: seconds
                                      of processor time of both, and their ratio
sharding.py balance WHERE PATH...     of the shards: the largest, their mean
sharding.py merge WHERE PATH...       seconds, and how many records a second

Processor time, user and system, of all processes: so that it may be measured
beside other work.  WHERE: a folder for what is written.  The medians of
BENCH_RUNS.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BAREDOT = os.environ.get("BAREDOT", os.path.join(TOP, "build", "baredot"))
SHARDS = 16


def cpu(*args):
    child = subprocess.Popen([BAREDOT, *args], stdout=subprocess.DEVNULL)
    used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(used[1])
    if child.returncode not in (0, 1):
        sys.exit("%s: status %d" % (args[0], child.returncode))
    return used[2].ru_utime + used[2].ru_stime


def planned(top, paths):
    return cpu("plan", "--shards", str(SHARDS), "-o", top + "/plan", *paths)


def scanned(top, *options):
    shutil.rmtree(top + "/out", ignore_errors=True)
    return [cpu("scan", "--plan", top + "/plan", "--shard",
                "%d/%d" % (i, SHARDS), "--out", top + "/out", "-j1", *options)
            for i in range(1, SHARDS + 1)]


def merged(top):
    return cpu("merge", top + "/out", "--plan", top + "/plan", "-o",
               top + "/report")


def overhead(top, paths):
    many = planned(top, paths) + sum(scanned(top)) + merged(top)
    one = cpu("scan", "-j1", "-f", "ndjson", "-o", top + "/one", *paths)
    return many, one, many / one


def balance(top, paths):
    planned(top, paths)
    used = scanned(top)
    return max(used), sum(used) / SHARDS, max(used) * SHARDS / sum(used)


def merge(top, paths):
    if not os.path.exists(top + "/out"):
        planned(top, paths)
        scanned(top, "--all")
    used = merged(top)
    with open(top + "/report", "rb") as f:
        records = sum(block.count(b"\n") for block in
                      iter(lambda: f.read(1 << 20), b""))
    return used, records, records / used


def main(what, where, *paths):
    one = {"overhead": overhead, "balance": balance, "merge": merge}[what]
    runs = int(os.environ.get("BENCH_RUNS", 5))
    with tempfile.TemporaryDirectory(dir=where) as top:
        got = [one(top, paths) for _ in range(runs + 1)][1:]
    print(*("%.6f" % statistics.median(column) for column in zip(*got)))


if __name__ == "__main__":
    main(*sys.argv[1:])
