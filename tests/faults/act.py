#!/usr/bin/python3
"""Break the acting core at every call, and see that no message is lost.

act.py [--long | --mutant] [--jobs N] [--build FOLDER] [--only WORD] [--stop]

WORD: part of "SWEEP: CASE"; there must be one.  N sweeps are done at a time.
Prints TAP lines and counts.  Every case: a store, an operation with one fault,
recovery, and then what must hold (act_lib.py): the message is the old or the
new one, whole, once; nothing is left behind; the journal agrees; undoing gives
the tree that was there before, byte for byte.
"""
import collections
import errno
import itertools
import multiprocessing
import os
import random
import sys
import tempfile
import time

import act_mbox
import act_model
from act_lib import (Box, Driver, NEW, OLD, OWNER, GROUP, ROOT, STEM,
                     Violation, Waiter, along, crlf, fates, is_target,
                     messages, must, no_residue, others_same, right_name)

BUILD = ROOT + "/build/faults"
ERRORS = (errno.ENOSPC, errno.EIO, errno.EINTR)


class Case:
    """An operation: what is there before it and after it."""

    def __init__(self, name, where, before, op, first, last, lacks=""):
        self.name, self.where, self.op = name, where, op
        self.lacks = lacks              # what the file system has not
        self.before = before            # operations that lead up to it
        self.first, self.last = first, last     # bytes, None: not there
        self.growth = (len(last or b"") - len(first or b""),
                       (last is not None) - (first is not None))

    def args(self, op, box, place):
        if op in ("fix", "fixall", "quarantine", "mbox"):
            return (op, box.state) + place
        return (op, box.state)


CASES = [
    Case("fix cur", "cur", (), "fix", OLD, NEW),
    Case("fix new", "new", (), "fix", OLD, NEW),
    Case("fix mh", "mh", (), "fix", OLD, NEW),
    Case("fix many", "many", (), "fixall", OLD, NEW),
    Case("quarantine cur", "cur", (), "quarantine", OLD, None),
    Case("quarantine mh", "mh", (), "quarantine", OLD, None),
    Case("restore cur", "cur", ("quarantine",), "restore", None, OLD),
    Case("restore mh", "mh", ("quarantine",), "restore", None, OLD),
    Case("undo cur", "cur", ("fix",), "undo", NEW, OLD),
    Case("undo mh", "mh", ("fix",), "undo", NEW, OLD),
    Case("mbox", "mbox", (), "mbox", OLD, NEW),
    Case("undo mbox", "mbox", ("mbox",), "undo", NEW, OLD),
    Case("fix without tmp", "bare", (), "fix", OLD, NEW),
    Case("fix with a late tmp", "comes", (), "fix", OLD, NEW),
    Case("quarantine with a late tmp", "comes", (), "quarantine", OLD, None),
    Case("restore with a late tmp", "comes", ("quarantine",), "restore", None,
         OLD),
    Case("undo with a late tmp", "comes", ("fix",), "undo", NEW, OLD),
    Case("fix sizes in a folder", "sized", (), "fix", OLD, NEW),
]
CASES += [Case("links: " + c.name, c.where, c.before, c.op, c.first, c.last,
               "xrt") for c in CASES if c.where != "mbox"]
CASES += [Case("links: unnamed " + c.name, c.where, c.before, c.op, c.first,
               c.last, "x") for c in CASES[:4]]
CASES += [Case("with a name: " + c.name, c.where, c.before, c.op, c.first,
               c.last, "t") for c in CASES if c.op == "restore" and
          not c.lacks]
CASES += [Case("in place%s: %s" % (word, c.name), "mbox", c.before, c.op,
               c.first, c.last, lacks)
          for word, lacks in ((" with leases", "xrt"), ("", "xrtl"),
                              (" unnamed", "x"))
          for c in CASES if c.where == "mbox" and not c.lacks]


class Bench:
    def __init__(self, folder, build, user=None):
        self.folder = folder
        self.build = build
        self.cases = CASES
        self.user = user
        self.drivers = {}
        self.driver = self.driver_for("")
        self.counts = {}
        self.bad = []
        self.number = 0

    def driver_for(self, lacks):
        if lacks not in self.drivers:
            self.drivers[lacks] = Driver(self.build, user=self.user,
                                         lacks=lacks)
        return self.drivers[lacks]

    def close(self):
        for d in self.drivers.values():
            d.close()

    def count(self, kind, n=1):
        self.counts[kind] = self.counts.get(kind, 0) + n

    def setup(self, case):
        """A store as it is before the operation; the tree as it was first."""
        self.number += 1
        self.driver = self.driver_for(case.lacks)
        box = Box("%s/box" % self.folder, self.user)
        place = box.target(case.where)
        first = box.snapshot()
        for op in case.before:
            r = self.driver.run("-", *case.args(op, box, place))
            must(r.status == 0, "%s: %s" % (op, r.lines))
        self.past = len(case.before)    # intents by now
        if case.lacks and case.before:
            r = self.driver.run("-", "show", box.state)
            self.past = len(fates(r.lines))
        return box, place, first

    def whole(self, case):
        """The operation without a fault."""
        box, place, _ = self.setup(case)
        r = self.driver.run("0:", *case.args(case.op, box, place))
        must(r.status == 0, "without faults: %s" % r.lines)
        return r

    def calls(self, case):
        return self.whole(case).calls

    def recover(self, box, fault="0:", peer=None):
        r = self.driver.run(fault, "recover", box.state, peer=peer)
        must(r.status == 0, "recovery: %s %s" % (r.status, r.lines))
        self.finished = int(r.lines[-1].split()[2])

    def settled(self, case, box, first, result):
        """After recovery."""
        snap = box.snapshot()
        no_residue(snap)
        others_same(snap, first)
        more = along(snap, first)
        found = messages(snap)
        must(len(found) <= 1, "more than once: %s" % [p for p, _ in found])
        now = found[0][1][0] if found else None
        must(now in (case.first, case.last), "neither old nor new: %r" % now)
        want = [e for p, e in first.items() if is_target(p)][0]
        for p, e in found:
            must(e[1:] == want[1:], "owner, mode, times or attributes: "
                 "%s, were %s" % (e[1:], want[1:]))
            right_name(p, e[0])
        r = self.driver.run("0:", "show", box.state)
        must(r.status == 0, "journal: %s" % r.lines)
        past = fates(r.lines)
        must(not [f for _, f in past if f == "open"], "unsettled: %s" % past)
        mine = past[self.past:]
        done = len([f for _, f in mine if f in ("done", "undone")])
        must(done == more + (now == case.last), "the journal says %s, and "
             "the message is %r, %d others were changed" % (past, now, more))
        if result is not None and result.status == 0:
            must(now == case.last, "it said done, and is not")
        lacks = box.quota()
        if case.where == "many" and not lacks[1] and \
                0 <= lacks[0] <= 2 * case.growth[0] + 1:
            lacks = (0, 0)
        must(lacks == (0, 0) or (lacks == case.growth and not self.finished),
             "maildirsize lacks %s" % (lacks,))
        return now

    def undone(self, box, first):
        r = self.driver.run("0:", "undo", box.state)
        must(r.status == 0, "undo: %s" % r.lines)
        must(box.snapshot() == first, "not as it was: %s, was %s" %
             (box.snapshot(), first))
        r = self.driver.run("0:", "undo", box.state)
        must(r.status == 0 and not r.lines, "undone twice: %s" % r.lines)

    def broken(self, case, fault, between=()):
        """One fault, then faults in recovery, then all must be well."""
        box, place, first = self.setup(case)
        r = self.driver.run(fault, *case.args(case.op, box, place))
        box.crashed(case.where)
        for f in between:
            self.driver.run(f, "recover", box.state)
        self.recover(box)
        self.settled(case, box, first, r)
        self.undone(box, first)

    def attempt(self, kind, what, f, *args):
        self.count(kind)
        try:
            f(*args)
        except Violation as why:
            self.bad.append("%s: %s" % (what, why))
            if STOP:
                raise


STOP = False


def kills(bench, case, step):
    for n in range(1, bench.calls(case) + 1, step):
        faults = ["%d:K" % n]
        if case.where == "mbox" and case.lacks:     # half written
            faults.append("%d:S,%d:K" % (n, n + 1))
        for fault in faults:
            bench.attempt("kills", "%s, %s" % (case.name, fault),
                          bench.broken, case, fault)


def errors(bench, case, step):
    """At a call an error, or half of a read; each write short, or lost."""
    whole = bench.whole(case)
    faults = ["%s%d" % (k, e) for k in "FA" for e in ERRORS] + ["S"]
    points = itertools.product(range(1, whole.calls + 1), faults)
    todo = [("errors", "%d:%s" % p)
            for p in itertools.islice(points, 0, None, step)]
    todo += [("short or lost writes", "w%d:%s" % (n, f))
             for n in range(1, whole.writes + 1) for f in "SD"]
    for kind, fault in todo:
        bench.attempt(kind, "%s, %s" % (case.name, fault), bench.broken, case,
                      fault)


def recovery_calls(bench, case, n):
    box, place, _ = bench.setup(case)
    bench.driver.run("%d:K" % n, *case.args(case.op, box, place))
    return bench.driver.run("0:", "recover", box.state).calls


def compound(bench, case, step):
    """Killed, and killed again, or an error, in recovery."""
    rng, points = random.Random(7), list(range(1, bench.calls(case) + 1))
    rng.shuffle(points)
    apart = max(1, step // 100)     # recovery is counted at these only
    for n in points[::apart]:
        calls = recovery_calls(bench, case, n)
        todo = ["%d:%s" % (m, k) for m in range(1, calls + 1)
                for k in ("K", "A5", "F5", "A4")]
        rng.shuffle(todo)
        for again in todo[::step // apart]:
            fault = "%d:K" % n
            bench.attempt("compound", "%s, %s, %s" % (case.name, fault, again),
                          bench.broken, case, fault, (again,))


def paths(box):
    """Where a mail reader finds the message."""
    return [box.path + "/" + f + "/" + name for f in ("M/cur", "M/new", "H", "B/cur", "B/new")
            for name in os.listdir(box.path + "/" + f)
            if name.startswith(STEM)]


class Peer:
    """Somebody who does one thing to the mailbox while we are at it."""

    def __init__(self, box, place, case):
        self.box, self.place, self.case = box, place, case
        self.did = False
        self.between = False    # two of it were there, or came to be
        self.fd = -1
        self.waiter, self.waited = None, False
        self.ino = [os.stat(p).st_ino for p in self.paths()]    # one, or none
        self.secret = box.path + "/secret"
        with open(self.secret, "wb") as f:
            f.write(b"nobody may read this\n")

    def where(self):
        found = self.paths()
        return found[0] if found else None

    def temps(self):
        return [self.box.path + "/" + f + "/" + name
                for f in ("M/tmp", "H", "B/cur")
                for name in os.listdir(self.box.path + "/" + f)
                if name.startswith(".baredot")]

    def paths(self):
        return paths(self.box)

    def act(self, action, late):
        # By links only.  A new file with a name (.new) is not in the way.
        self.between = bool(self.case.lacks) and (
            late or len(self.paths()) != 1 or
            any(not t.endswith(".new") for t in self.temps()))
        self.did = getattr(self, action)(self.where()) is not False
        self.between |= bool(self.case.lacks) and self.waited

    def flag(self, path):
        if path is None or "/H/" in path:
            return False
        folder, name = os.path.split(path)
        if folder.endswith("/new"):
            os.rename(path, folder[:-3] + "cur/" + name + ":2,S")
        else:
            os.rename(path, folder + "/" + name.split(":")[0] + ":2,RS")

    def flag_old(self, path):
        """While there are two of it, by links."""
        for path in self.paths() if self.case.lacks else ():
            if os.stat(path).st_ino in self.ino:
                return self.flag(path)
        return False

    def expunge(self, path):
        if path is None:
            return False
        os.unlink(path)

    def move(self, path):
        if path is None:
            return False
        os.rename(path, self.box.path + "/T/cur/" + os.path.basename(path))

    def append(self, path):
        if path is None:
            return False
        self.open_to_write(path, self.let_go)

    def open_to_write(self, path, then=None):
        def do():
            self.fd = os.open(path, os.O_WRONLY | os.O_APPEND)
            if then is not None:
                then()

        self.waiter = Waiter(do)
        self.waiter.begin()
        self.waited = self.waiter.is_alive()    # and writes we know not when

    def end(self):
        if self.waiter is not None:
            self.waiter.end()

    def hold(self, path):
        if path is None:
            return False
        self.open_to_write(path)

    def let_go(self):
        os.write(self.fd, b"MORE\n")
        os.close(self.fd)

    def replace(self, path):
        if path is None:
            return False
        temp = self.box.path + "/M/edited"
        with open(temp, "wb") as f:
            f.write(b"EDITED\n")
        os.chown(temp, OWNER, GROUP)
        os.rename(temp, path)

    def symlink(self, path):
        if path is None:
            return False
        os.unlink(path)
        os.symlink(self.secret, path)

    def move_and_link(self, path):
        if self.move(path) is False:
            return False
        os.symlink(self.secret, path)

    def symlink_temp(self, path):
        if not self.temps():
            return False
        for t in self.temps():
            os.unlink(t)
            os.symlink(self.secret, t)

    def hard_link(self, path):
        if path is None:
            return False
        os.link(path, self.box.path + "/M/linked")

    def chmod(self, path):
        if path is None:
            return False
        os.chmod(path, 0)

    def deliver(self, path):
        self.box.put("M/new/1800000000.M9P9.host", b"delivered\n")

    def lock_folder(self, path):
        os.chmod(self.box.path + "/M/cur", 0)

    def fifo(self, path):
        if path is None:
            return False
        os.unlink(path)
        os.mkfifo(path)

    def occupy(self, path):
        """Another message under the name that ours is about to get: which
        is free, in MH by links only for an instant."""
        folder, name = self.place[:2]
        op, mh = self.case.op, self.case.where == "mh"
        if op not in ("restore", "undo") and not (
                op == "fix" and mh and self.case.lacks) or \
                os.path.lexists(folder + "/" + name):
            return False
        self.box.put(os.path.relpath(folder + "/" + name, self.box.path),
                     b"occupied\n")


ACTIONS = ("flag", "flag_old", "expunge", "move", "append", "hold", "replace",
           "symlink", "move_and_link", "symlink_temp", "hard_link", "chmod",
           "deliver", "lock_folder", "fifo", "occupy")


def peer_at(bench, case, n, action, late):
    """late: after the last look at the message before it is changed."""
    box, place, first = bench.setup(case)
    before = [e[0] for _, e in messages(box.snapshot())]
    peer = Peer(box, place, case)
    r = bench.driver.run("%d:p" % n, *case.args(case.op, box, place),
                         peer=lambda: peer.act(action, late))
    peer.end()
    if action == "hold" and peer.did:
        peer.let_go()
    if action == "lock_folder":
        os.chmod(box.path + "/M/cur", 0o700)
    bench.driver.run("-", "recover", box.state)
    if os.path.lexists(box.path + "/M/linked"):
        os.unlink(box.path + "/M/linked")
    if action == "fifo":
        for path in [*peer.paths(), *peer.temps()]:
            if not os.path.islink(path) and not os.path.isfile(path):
                os.unlink(path)
    snap = box.snapshot()
    if not peer.did:
        no_residue(snap)
    judge(bench, case, peer, action, snap, first, r, before)
    r = bench.driver.run("-", "recover", box.state)
    must(r.status == 0, "unsettled: %s" % r.lines)
    r = bench.driver.run("-", "show", box.state)
    must(r.status == 0, "journal: %s" % r.lines)


def kept(case, peer, data, wanted, whole=()):
    """What somebody wrote is there, changed only as a whole; or taken out as
    a whole, and the copy has it.  By links there may be the message, too."""
    if peer.between and len(data) == 2:
        data = [x for x in data if x not in whole]
    if case.op in ("fix", "fixall"):
        wanted = wanted + [crlf(x) for x in wanted]
    if case.op == "quarantine" and not data:
        data = [x for x in blobs(peer.box) if x in wanted][:1]
    must(len(data) == 1 and data[0] in wanted,
         "what somebody wrote is lost: %r" % data)


def blobs(box):
    found = []
    for folder, _, names in os.walk(box.state):
        if folder.endswith("/blobs"):
            for name in names:
                with open(folder + "/" + name, "rb") as f:
                    found.append(f.read())
    return found


def judge(bench, case, peer, action, snap, first, r, before):
    """What may have come of it."""
    found = messages(snap)
    data = [e[0] for _, e in found]
    links = [p for p, e in snap.items() if e[0] == "link"]
    whole = [x for x in (case.first, case.last, OLD) if x is not None]
    bodies = [d for d in data if d != "link"]
    with open(peer.secret, "rb") as f:
        must(f.read() == b"nobody may read this\n", "secret was changed")
    must(not any("nobody may" in repr(d) for d in data), "secret was copied")
    seen = {p: e for p, e in snap.items() if not is_target(p) and
            not os.path.basename(p).startswith("1800000000")}
    others_same({p: e for p, e in seen.items() if "/.baredot" not in p},
                first)
    along(snap, first)
    if not peer.did or action in ("deliver", "lock_folder", "hard_link",
                                  "chmod"):
        no_residue(snap)
        must(len(data) <= 1 and all(d in whole for d in data),
             "%d times, or not whole: %r" % (len(data), data))
        must(data or case.last is None or case.first is None, "lost")
    if action == "deliver":
        must(any("1800000000" in p for p in snap), "the new one is lost")
    if not peer.did:
        return
    if action not in ("symlink_temp", "symlink", "fifo", "move_and_link"):
        no_residue(snap)
    if action in ("flag", "flag_old"):
        must(len(data) <= 1 and all(d in whole for d in data),
             "flag: %r" % data)
        must(data or case.last is None, "flag: lost")
        for p, _ in found:
            must(p.endswith(":2,RS") or p.endswith(":2,S"),
                 "flags are lost: %s" % p)
            if case.where == "cur":
                must(p.endswith(":2,RS"), "flags are lost: %s" % p)
            right_name(p, dict(found)[p][0])
    if action == "expunge":
        must(not data or peer.between and len(data) == 1 and
             data[0] in whole, "came back: %s" % found)
    if action == "move":
        must([p for p, _ in found if p.startswith("T/cur/")] and
             len(found) <= 1 + peer.between, "moved: %s" %
             [p for p, _ in found])
        must(all(d in whole for d in data), "moved: not whole")
    if action in ("append", "hold"):
        kept(case, peer, data, [x + b"MORE\n" for x in whole], whole)
    if action == "replace":
        kept(case, peer, data, [b"EDITED\n"], whole)
    if action == "occupy":
        # What was to be restored is still kept, if it could not be.
        must(b"occupied\n" in data and (
             len(data) == 2 and [d for d in data if d in whole] or
             len(data) == 1 and case.op == "restore" and r.status != 0),
             "occupied: %r" % found)
    if action == "symlink":
        must(len(bodies) <= 1 and len(links) <= 1, "symlink: %s" % found)
    if action == "move_and_link":
        # Where the new one was moved the old one comes back: a link in its
        # place is no mail reader's doing.  By links nobody asks for the old
        # one.
        moved = [e[0] for p, e in found if p.startswith("T/cur/")]
        two = bool(peer.between or moved == [case.last] or
                   case.lacks and case.where == "mh")
        must(len(moved) == 1 and len(bodies) <= 1 + two and
             len(links) <= 1 and all(d in whole for d in bodies),
             "moved, and a link: %s" % found)
    if action == "symlink_temp":
        must(len(bodies) <= 1 and all(d in whole for d in bodies),
             "symlink: %s" % found)
        # Whoever destroys the temporary of a message that is on its way
        # out destroys that message; the copy is kept.
        must(bodies or case.last is None or case.first is None or
             case.where == "mh" and peer.between,
             "lost to a link: %s" % sorted(snap))
    if action == "fifo":
        must(len(bodies) <= 1, "fifo: %s" % found)


def late_call(bench, case):
    """Behind it it is too late to be seen in time; 0: it never is."""
    return first_call(bench, case) - 1 if case.op != "restore" else 0


def peers(bench, case, step):
    points = set(range(1, bench.calls(case) + 1, step))
    if case.op != "restore":
        last = leaving_call(bench, case) - 1
        points.update(range(last - (4 if step < 100 else 0), last + 1))
    late = late_call(bench, case)
    for action in ACTIONS:
        for n in sorted(points):
            bench.attempt("interleavings", "%s, %s at %d" % (
                case.name, action, n), peer_at, bench, case, n, action,
                n == late)


def call_that(bench, case, still):
    """The number of the first call after which not still(inode of the old
    file, inodes that a mail reader finds)."""
    lo, hi = 1, bench.calls(case)
    while lo < hi:
        mid = (lo + hi) // 2
        box, place, _ = bench.setup(case)
        path, _, ino = only_message(box)
        bench.driver.run("%d:k" % mid, *case.args(case.op, box, place))
        if still(ino, [os.stat(p).st_ino for p in paths(box)]):
            lo = mid + 1
        else:
            hi = mid
    return lo


def leaving_call(bench, case):
    """That takes the old file out of the mailbox."""
    return call_that(bench, case, lambda old, found: old in found)


def first_call(bench, case):
    """That changes what there is: by links there are two of it then."""
    return call_that(bench, case, lambda old, found: found == [old])


def only_message(box):
    """(path, bytes, inode)"""
    (path, e), = messages(box.snapshot())
    path = box.path + "/" + path
    return path, e[0], os.stat(path).st_ino


def watched_at(bench, case, n, action):
    box, place, _ = bench.setup(case)
    path, data, _ = only_message(box)
    peer, missed = Peer(box, place, case), []
    data = b"EDITED\n" if action == "replace" else data + b"MORE\n"
    wanted = [data, crlf(data)] if case.op in ("fix", "fixall") else [data]

    def act():
        if not peer.did:
            getattr(peer, action)(path)
            peer.did = True
            return
        seen = []
        for p in peer.paths():
            with open(p, "rb") as f:
                seen.append(f.read())
        if not any(x in wanted for x in seen):
            missed.append(seen)

    r = bench.driver.run("%d:p,%d:q" % (n, n + 1),
                         *case.args(case.op, box, place), peer=act)
    peer.end()
    # Who had to wait for us wrote later, and that may be after the look.  It
    # may have been written before it was read; then it goes as it was asked
    # for, and by links an MH message is gone for an instant.
    goes = case.op == "quarantine" or (case.lacks and case.where == "mh")
    if not peer.waited and (r.status != 0 or not goes):
        must(not missed, "not in the mailbox for a while: %s" % missed[:1])


def watched(bench, case, step):
    """What somebody wrote before the last look at the message never leaves
    the mailbox, not even until it is put back.  (Recovery may be long in
    coming, and servers clean tmp/.)"""
    last = leaving_call(bench, case) - 1
    for action in ("replace", "append"):
        for n in range(last - 1, 0, -step):
            bench.attempt("interleavings", "%s, %s at %d, watched" % (
                case.name, action, n), watched_at, bench, case, n, action)


BOTH = ("box", "temp")


def power_cuts(bench, case, step):
    sweep = act_model.Sweep(bench, case, bench.build, 60)
    sweep.operation(limit=step)
    sweep.recovery(limit=4 if step < 50 else 10 if step < 1000 else 100,
                   step=97 if step < 50 else 47 if step < 1000 else 3)
    if case.where == "mbox" and step > 50:
        at = act_mbox.swap_call(bench, case)
        if case.lacks:
            sweep.given_up(20, at)
        else:
            sweep.mail_came(40 if step < 1000 else 100, at,
                            11 if step < 1000 else 1,
                            lambda box: act_mbox.put_tails(box, BOTH),
                            act_mbox.judge_tails)
    sweep.close()


def refusals(bench):
    """What must not be touched is refused, with a reason, and not touched."""
    def one(name, spoil, wanted):
        box = Box(bench.folder + "/box")
        place = box.target("cur")
        spoil(box, "/".join(place))
        before = box.snapshot()
        for op in ("fix", "quarantine"):
            r = bench.driver.run("-", op, box.state, *place)
            must(r.outcome == wanted and r.status == 1,
                 "%s: %s" % (name, r.lines))
            must(box.snapshot() == before, "%s: was changed" % name)

    def link(box, path):
        os.link(path, box.path + "/M/again")

    def symlink(box, path):
        os.rename(path, box.path + "/M/real")
        os.symlink(box.path + "/M/real", path)

    def packed(magic):
        def spoil(box, path):
            box.put(path[len(box.path) + 1:], magic + OLD)
        return spoil

    def foreign(box, path):
        os.chown(path, OWNER + 7, GROUP)

    def gone(box, path):
        os.unlink(path)

    todo = [("hard link", link, "refused"),
            ("symbolic link", symlink, "refused"), ("gone", gone, "gone"),
            ("gzip", packed(b"\x1f\x8b\x08"), "refused"),
            ("bzip2", packed(b"BZh9"), "refused"),
            ("zstd", packed(b"\x28\xb5\x2f\xfd"), "refused"),
            ("encrypted", packed(b"CRYPTED\x03\x07"), "refused")]
    if os.geteuid() == 0:
        todo += [("foreign owner", foreign, "refused")]
    for name, spoil, wanted in todo:
        bench.attempt("refusals", name, one, name, spoil, wanted)
    for name, test in (("tmp is a link", tmp_is_a_link),
                       ("changed since", changed_since),
                       ("second start", second_start),
                       ("planted state folder", planted),
                       ("rights of the owner", owner_rights),
                       ("name is taken", name_is_taken),
                       ("old name is taken", old_name_is_taken),
                       ("old name has a copy", old_name_has_a_copy),
                       ("torn and written to", act_mbox.torn_by_others),
                       ("torn and locked", act_mbox.torn_and_locked),
                       ("both are there", copies),
                       ("one file twice", one_file_twice),
                       ("no hard links", no_hard_links),
                       ("maildirsize", quota_is_right),
                       ("maildirsize of a folder", quota_of_folder),
                       ("maildirsize leads elsewhere", quota_is_hostile)):
        bench.attempt("refusals", name, test, bench)


def quota_is_right(bench):
    """maildirsize says what is there, after each act and its undoing."""
    for case in CASES:
        box, place, _ = bench.setup(case)
        bench.driver.run("-", *case.args(case.op, box, place))
        must(box.quota() == (0, 0), "%s: %s" % (case.name, box.quota()))
        bench.driver.run("-", "undo", box.state)
        must(box.quota() == (0, 0), "%s: undo: %s" % (case.name,
                                                      box.quota()))


def quota_of_folder(bench):
    """A folder of a Maildir++ counts for the Maildir that it is in; what the
    name says counts, as for servers."""
    for mark, lines in (("maildirfolder", [b"1S\n", b"73 0\n"]),
                        ("nothing", [b"1S\n"])):
        box = Box(bench.folder + "/box")
        for name in ("", "/cur", "/new", "/tmp"):
            os.mkdir(box.path + "/M/.Sub" + name)
            os.chown(box.path + "/M/.Sub" + name, OWNER, GROUP)
        box.put("M/.Sub/" + mark, b"")
        box.put("M/maildirsize", b"1S\n")
        name = STEM + "M1P1.host,S=%d" % (len(NEW) - 73)
        box.put("M/.Sub/new/" + name, OLD)
        r = bench.driver.run("-", "fix", box.state, box.path + "/M/.Sub/new",
                             name)
        with open(box.path + "/M/maildirsize", "rb") as f:
            got = f.readlines()
        must(r.status == 0 and got == lines, "%s: %s" % (mark, got))


def quota_is_hostile(bench):
    """A maildirsize that leads elsewhere is left alone, and that is said."""
    def link(path, secret):
        os.symlink(secret, path)

    def hard(path, secret):
        os.link(secret, path)

    def fifo(path, secret):
        os.mkfifo(path)
        os.chown(path, OWNER, GROUP)

    def folder(path, secret):
        os.mkdir(path)
        os.chown(path, OWNER, GROUP)

    def foreign(path, secret):
        with open(path, "w"):
            pass
        os.chown(path, OWNER + 7, GROUP)
        os.chmod(path, 0o666)

    def forbidden(path, secret):
        with open(path, "w"):
            pass
        os.chown(path, OWNER, GROUP)
        os.chmod(path, 0o400)

    todo = [link, hard, fifo, folder, forbidden]
    for spoil in todo + ([foreign] if os.geteuid() == 0 else []):
        box = Box(bench.folder + "/box")
        place = box.target("cur")
        path, secret = box.path + "/M/maildirsize", box.put("secret", b"x\n")
        os.unlink(path)
        spoil(path, secret)
        r = bench.driver.run("-", "fix", box.state, *place)
        must(r.status == 0 and "note maildirsize was not" in
             " ".join(r.lines), "%s: %s" % (spoil.__name__, r.lines))
        with open(secret, "rb") as f:
            must(f.read() == b"x\n", spoil.__name__)
        if os.path.isfile(path) and spoil not in (link, hard):
            must(os.stat(path).st_size == 0, spoil.__name__)


def tmp_is_a_link(bench):
    box = Box(bench.folder + "/box")
    place = box.target("cur")
    os.rename(box.path + "/M/tmp", box.path + "/M/away")
    os.symlink(box.path + "/M/away", box.path + "/M/tmp")
    r = bench.driver.run("-", "fix", box.state, *place)
    must(r.outcome == "refused", r.lines)


def changed_since(bench):
    """A message that was changed after it was fixed is not undone."""
    box = Box(bench.folder + "/box")
    place = box.target("cur")
    bench.driver.run("-", "fix", box.state, *place)
    path = messages(box.snapshot())[0][0]
    with open(box.path + "/" + path, "ab") as f:
        f.write(b"MORE\n")
    before = box.snapshot()
    r = bench.driver.run("-", "undo", box.state)
    must(r.outcome == "changed", r.lines)
    must(box.snapshot() == before, "undone all the same")


def second_start(bench):
    box = Box(bench.folder + "/box")
    place = box.target("cur")
    second = Driver(bench.build)
    got = []
    bench.driver.run("100:p", "fix", box.state, *place, peer=lambda:
                     got.append(second.run("-", "recover", box.state)))
    second.close()
    must(got[0].status == 2 and "in use by process" in got[0].lines[0],
         got[0].lines)


def planted(bench):
    box = Box(bench.folder + "/box")
    place = box.target("cur")
    os.mkdir(box.state)
    os.chmod(box.state, 0o755)
    r = bench.driver.run("-", "fix", box.state, *place)
    must(r.status == 2 and "open to others" in r.lines[0], r.lines)


def owner_rights(bench):
    """Names in a mailbox are changed with no more rights than its owner's."""
    trace = bench.folder + "/trace"
    for case in CASES:
        driver = Driver(bench.build, trace=trace, lacks=case.lacks)
        box, place, _ = bench.setup(case)
        driver.run("0:", *case.args(case.op, box, place))
        mine = [os.stat(box.path + "/" + f).st_ino for f in Box.FOLDERS]
        for op in act_model.read_trace(trace):
            if op[0] in ("name", "swap", "move", "unlink") and \
                    int(op[1]) in mine:
                must(op[-1] == str(OWNER), "not as the owner: %s" % op)
        os.unlink(trace)
        driver.close()


def old_name_is_taken(bench):
    """Undoing does not put one message over another."""
    box = Box(bench.folder + "/box")
    place = box.target("cur")
    bench.driver.run("-", "fix", box.state, *place)
    with open("/".join(place), "wb") as f:
        f.write(b"another\n")
    before = box.snapshot()
    r = bench.driver.run("-", "undo", box.state)
    must(r.outcome == "failed", r.lines)
    must(box.snapshot() == before, "changed all the same: %s" % before)


def old_name_has_a_copy(bench):
    """Undoing by links leaves a file that is not ours, whatever is in it."""
    case = [c for c in CASES if c.name == "links: undo cur"][0]
    box, place, _ = bench.setup(case)
    box.put("M/cur/" + place[1], OLD)
    before = box.snapshot()
    r = bench.driver.run("-", "undo", box.state)
    must(r.outcome == "failed", r.lines)
    must(box.snapshot() == before, "changed all the same: %s" % before)


def no_hard_links(bench):
    """That new files cannot get names is found out before an old one has
    lost its own."""
    trace = bench.folder + "/trace"
    for case in CASES:
        if not case.lacks or case.op not in ("fix", "fixall"):
            continue
        driver = Driver(bench.build, trace=trace, lacks=case.lacks + "h")
        box, place, first = bench.setup(case)
        r = driver.run("0:", *case.args(case.op, box, place))
        came = {x.split()[1] for x in r.lines if x.startswith("outcome ")}
        must("refused" in came and came <= {"refused", "same"},
             "%s: %s" % (case.name, r.lines))
        must(box.snapshot() == first, "%s: was changed" % case.name)
        moved = [op for op in act_model.read_trace(trace)
                 if op[0] in ("move", "swap") and is_target(op[2])]
        must(not moved, "%s: %s" % (case.name, moved))
        os.unlink(trace)
        driver.close()


def one_file_twice(bench):
    """A power cut left the old file under two names, and somebody wrote to it
    before recovery: it stays, once."""
    for case in CASES:
        if case.name not in ("fix cur", "fix mh", "quarantine cur",
                             "quarantine mh"):
            continue
        n = leaving_call(bench, case)
        box, place, _ = bench.setup(case)
        path, data, ino = only_message(box)
        bench.driver.run("%d:k" % n, *case.args(case.op, box, place))
        temp, = [t for t in Peer(box, place, case).temps()
                 if os.stat(t).st_ino == ino]
        if os.path.lexists(path):
            os.unlink(path)
        os.link(temp, path)
        with open(path, "ab") as f:
            f.write(b"MORE\n")
        bench.recover(box)
        snap = box.snapshot()
        no_residue(snap)
        data = [(p, e[0]) for p, e in messages(snap)]
        must([d for _, d in data] == [OLD + b"MORE\n"],
             "%s: %s" % (case.name, data))


def copies(bench):
    """A file that is a copy of the old one is not taken for it."""
    box = Box(bench.folder + "/box")
    place = box.target("mh")
    box.put("H/8", OLD)
    r = bench.driver.run("-", "fix", box.state, *place)
    must(r.status == 0, r.lines)
    with open(box.path + "/H/8", "rb") as f:
        must(f.read() == OLD, "the copy was changed")


def name_is_taken(bench):
    """A message whose name was taken meanwhile comes back under another."""
    for where in ("cur", "mh"):
        box = Box(bench.folder + "/box")
        place = box.target(where)
        bench.driver.run("-", "quarantine", box.state, *place)
        with open("/".join(place), "wb") as f:
            f.write(b"another\n")
        r = bench.driver.run("-", "restore", box.state)
        data = sorted(e[0] for _, e in messages(box.snapshot()))
        if where == "cur":
            must(r.status == 0 and data == sorted([OLD, b"another\n"]),
                 "%s %s" % (r.lines, data))
        else:
            must(r.outcome == "refused" and data == [b"another\n"],
                 "%s %s" % (r.lines, data))


# Steps between the cases that are tried; power cuts: how many at most.
SWEEPS = (
    # name         sweep      short mutant long
    ("kills", kills, 29, 3, 1),
    ("power cuts", power_cuts, 8, 200, 100000),
    ("peers", peers, 131, 4, 1),
    ("watched", watched, 61, 9, 1),
    ("errors", errors, 211, 29, 1),
    ("compound", compound, 7000, 2000, 40),
) + act_mbox.SWEEPS


def fits(sweep, case, which=2):
    """Others do other things to an mbox than to a message; the short form
    leaves out what is nearly the same."""
    if which == 0 and "unnamed" in case.name:
        return False
    if sweep is act_mbox.late_peers and "l" in case.lacks:
        return False            # without leases nobody is kept waiting
    if sweep is watched and case.op == "restore":
        return False            # there is no old file
    if sweep is act_mbox.watched and case.lacks:
        return False            # nothing is swapped
    own = sweep in [s[1] for s in act_mbox.SWEEPS]
    return own == (case.where == "mbox") or not own and sweep not in (
        peers, watched)


def value(argv, key, default):
    return argv[argv.index(key) + 1] if key in argv else default


def tell(number, name, bad):
    """A TAP line, and what was wrong."""
    print("%s %d - %s" % ("not ok" if bad else "ok", number, name),
          flush=True)
    for line in bad[:3]:
        print("# " + line[:400])


def chosen(which, only):
    """Each (name, sweep, arguments) that is to be done."""
    todo = [("refusals", refusals, ())]
    for (name, sweep, *steps), case in itertools.product(SWEEPS, CASES):
        step, name = steps[which], name + ": " + case.name
        # By links and in place most is as without.
        if which == 0 and case.lacks and sweep is not power_cuts:
            step *= 3
        if only in name and fits(sweep, case, which) and (
                which != 1 or not case.lacks or only):
            todo.append((name, sweep, (case, step)))
    if len(todo) == 1:
        raise SystemExit("act.py: there is no sweep %r" % only)
    return todo


BENCH = None                # of this process
TODO = ()


def open_bench(top, build):
    global BENCH
    folder = tempfile.mkdtemp(dir=top)
    os.chmod(folder, 0o755)
    BENCH = Bench(folder, build)


def one_sweep(i):
    """(what was wrong, counts) of TODO[i]; that it came to nothing is wrong
    too."""
    name, sweep, args = TODO[i]
    BENCH.bad, BENCH.counts = [], {}
    try:
        sweep(BENCH, *args)
    except Violation as why:
        if not BENCH.bad:
            BENCH.bad.append("%s: %s" % (name, why))
    if not BENCH.counts and not BENCH.bad:
        BENCH.bad.append("%s: nothing was tried" % name)
    return BENCH.bad, BENCH.counts


def all_sweeps(results):
    """(violations, counts, sweeps that failed)"""
    counts, number, bad, failed = collections.Counter(), 0, 0, 0
    for number, (wrong, tried) in enumerate(results, 1):
        tell(number, TODO[number - 1][0], wrong)
        counts.update(tried)
        bad += len(wrong)
        failed += bool(wrong)
        if failed and STOP:
            break
    print("1..%d" % number)
    return bad, counts, failed


def main(argv):
    global STOP, TODO
    STOP = "--stop" in argv
    which = 2 if "--long" in argv else 1 if "--mutant" in argv else 0
    jobs = int(value(argv, "--jobs", 1))
    shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    start = time.monotonic()
    TODO = chosen(which, value(argv, "--only", ""))
    with tempfile.TemporaryDirectory(prefix="baredot-act-", dir=shm) as top:
        os.chmod(top, 0o755)
        own = (top, value(argv, "--build", BUILD))
        if jobs > 1:
            with multiprocessing.Pool(jobs, open_bench, own) as pool:
                bad, counts, failed = all_sweeps(pool.imap(
                    one_sweep, range(len(TODO))))
        else:
            open_bench(*own)
            bad, counts, failed = all_sweeps(map(one_sweep,
                                                 range(len(TODO))))
            BENCH.close()
    print("# %s: %d violations, %.0f s" % (
        ", ".join("%d %s" % (n, k) for k, n in counts.items()), bad,
        time.monotonic() - start))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
