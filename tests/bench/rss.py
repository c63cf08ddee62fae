#!/usr/bin/python3
"""Print the most private memory that any process of a command held.

    rss.py COMMAND ...

RssAnon of the command and of all its descendants, each by itself, looked at
every few milliseconds.  Prints MiB, and how often it looked.
"""
import os
import subprocess
import sys
import time

STEP = 0.002  # seconds


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:  # the process has ended
        return b""


def children(pid):
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    found = []
    for thread in threads:
        found += read(f"/proc/{pid}/task/{thread}/children").split()
    return [int(p) for p in found]


def descendants(pid):
    found = [pid]
    for p in found:
        found += children(p)
    return found


def rss_anon(pid):
    """KiB of private memory; 0 when the process has ended."""
    for line in read(f"/proc/{pid}/status").splitlines():
        if line.startswith(b"RssAnon:"):
            return int(line.split()[1])
    return 0


def main(command):
    if not os.path.exists(f"/proc/self/task/{os.getpid()}/children"):
        sys.exit("rss.py: this kernel does not list a process's children")
    most, looks = 0, 0
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while run.poll() is None:
        most = max([most] + [rss_anon(p) for p in descendants(run.pid)])
        looks += 1
        time.sleep(STEP)
    if run.returncode != 0:
        sys.exit(f"rss.py: {command[0]} failed")
    print(f"{most / 1024:.1f} {looks}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
