"""Processes that others started: which there are, and their end."""
import glob
import os
import signal

from cli import read


def parent(pid):
    return int(read("/proc/%d/stat" % pid).rsplit(b")", 1)[1].split()[1])


def by_parent():
    found = {}
    for path in glob.glob("/proc/[0-9]*"):
        pid = int(os.path.basename(path))
        try:
            found.setdefault(parent(pid), []).append(pid)
        except OSError:
            continue                    # it ended
    return found


def children(pid):
    try:
        return [int(x) for x in
                read("/proc/%d/task/%d/children" % (pid, pid)).split()]
    except OSError:                     # it ended, or no kernel with lists
        return by_parent().get(pid, [])


def below(pid):
    """Every process that comes of this one, and it."""
    parents = by_parent()
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += parents.get(found[-1], [])
    return found


def kill(pids, sig=signal.SIGKILL):
    """Some may have ended by themselves meanwhile. How many had not."""
    there = 0
    for pid in pids:
        try:
            os.kill(pid, sig)
            there += 1
        except ProcessLookupError:
            pass
    return there
