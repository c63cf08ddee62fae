"""Others at the same mbox: what act.py does for messages, for a mailbox that
is one file.

Whoever opens the file while it is held waits in open(2); so each of them is a
thread, which goes on when it can.  Whatever they do, and wherever we are
stopped: the mailbox begins with the old text or the new one, whole, and then
comes each delivery, once.
"""
import fcntl
import itertools
import os
import random
import threading
import time

from act_lib import (GROUP, NEW, OLD, OWNER, STEM, Waiter, fates, must, crlf,
                     no_residue)


def delivery(name):
    return (b"From %s Mon Jan  1 00:00:00 2024\nSubject: %s\n\ntext of %s\n\n"
            % (name, name, name))


def split(data, names, what):
    """The text that it begins with, and which deliveries came behind it."""
    must(isinstance(data, bytes), "%s: %s" % (what, data))
    base = [t for t in (NEW, OLD) if data.startswith(t)]
    must(base, "%s: neither old nor new: %r" % (what, data[:300]))
    base = max(base, key=len)
    rest, seen = data[len(base):], []
    while rest:
        # What came before the change was changed with the rest.
        now = [(n, d) for n in names for d in (delivery(n), crlf(delivery(n)))
               if rest.startswith(d)]
        must(now, "%s: not a delivery: %r" % (what, rest[:200]))
        must(now[0][0] not in seen, "%s: doubled: %s" % (what, now[0][0]))
        seen.append(now[0][0])
        rest = rest[len(now[0][1]):]
    return base, seen


class Actor(Waiter):
    """Does one thing to the mailbox, and may have to wait for it."""

    def __init__(self, box, action, name):
        Waiter.__init__(self, self.do)
        self.box, self.action, self.name_ = box, action, name
        self.path = box.path + "/S/" + STEM
        self.at_rest = False
        self.did = False        # it came to something
        self.seen = None
        self.fd = self.pin = -1
        self.leave = threading.Event()

    def do(self):
        try:
            self.did = getattr(self, self.action)() is not False
        except FileNotFoundError:
            self.did = False

    def stay(self):
        """Until all is over."""
        self.at_rest = True
        self.leave.wait()

    def waits(self):
        return self.at_rest or Waiter.waits(self)

    def end(self):
        self.leave.set()
        Waiter.end(self)
        for fd in (self.fd, self.pin):
            if fd >= 0:
                os.close(fd)
        self.fd = self.pin = -1

    # What there is to do.

    def append(self, fd):
        os.write(fd, delivery(self.name_))

    def plain(self):
        """A delivery by a program that knows no locks."""
        fd = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        self.append(fd)
        os.close(fd)

    def locked(self):
        """fcntl first, as Dovecot does."""
        fd = os.open(self.path, os.O_RDWR | os.O_APPEND)
        fcntl.lockf(fd, fcntl.LOCK_EX)
        self.append(fd)
        os.close(fd)

    def dotlocked(self):
        """The lock file first, as procmail and Postfix do."""
        lock = self.path + ".lock"
        while True:
            try:
                os.close(os.open(lock, os.O_CREAT | os.O_EXCL, 0o444))
                break
            except FileExistsError:
                if self.leave.is_set():
                    return False
                time.sleep(0.002)
        try:
            self.locked()
        finally:
            os.unlink(lock)

    def checked(self):
        """As Postfix: an open file that is not the mailbox is no mailbox."""
        fd = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        fcntl.lockf(fd, fcntl.LOCK_EX)
        ok = os.fstat(fd).st_nlink == 1
        if ok:
            self.append(fd)
        os.close(fd)
        return ok

    def read(self):
        fd = os.open(self.path, os.O_RDONLY)
        self.seen = os.read(fd, 1 << 20)
        os.close(fd)

    def read_on(self):
        """And keep it open."""
        fd = os.open(self.path, os.O_RDONLY)
        self.stay()
        self.seen = os.read(fd, 1 << 20)
        os.close(fd)

    def keep_lock(self):
        fd = os.open(self.path, os.O_RDWR)
        fcntl.lockf(fd, fcntl.LOCK_EX)
        self.stay()
        os.close(fd)

    def flags(self):
        """Change a byte where it stands, as mail readers do to flags."""
        fd = os.open(self.path, os.O_RDWR)
        fcntl.lockf(fd, fcntl.LOCK_EX)
        os.pwrite(fd, b"F", 0)
        os.pwrite(fd, b"R", 1)
        os.close(fd)

    def replace(self):
        """Another file in its place: expunged by a mail reader."""
        temp = self.box.path + "/S/edited"
        with open(temp, "wb") as f:
            f.write(b"EDITED\n")
        os.chown(temp, OWNER, GROUP)
        os.rename(temp, self.path)

    def symlink(self):
        os.unlink(self.path)
        os.symlink(self.box.path + "/secret", self.path)

    def symlink_temp(self):
        found = [n for n in os.listdir(self.box.path + "/S")
                 if n.startswith(".baredot")]
        for n in found:
            os.unlink(self.box.path + "/S/" + n)
            os.symlink(self.box.path + "/secret",
                       self.box.path + "/S/" + n)
        return bool(found)

    def hard_link(self):
        os.link(self.path, self.box.path + "/S/linked")

    def truncate(self):
        os.truncate(self.path, 0)

    def unlink(self):
        os.unlink(self.path)

    def chmod(self):
        os.chmod(self.path, 0)

    def find(self):
        """Get hold of the file by its name, but not as far as open."""
        self.pin = os.open(self.path, os.O_PATH)

    def late(self):
        """Now open what was found then."""
        fd = os.open("/proc/self/fd/%d" % self.pin,
                     os.O_WRONLY | os.O_APPEND)
        self.append(fd)
        os.close(fd)


DELIVERS = ("plain", "locked", "dotlocked", "checked")
KEEPS = ("read_on", "keep_lock")
OTHERS = ("read", "flags", "replace", "symlink", "symlink_temp", "hard_link",
          "truncate", "unlink", "chmod")


def content(box):
    path = box.path + "/S/" + STEM
    if os.path.islink(path):
        return "link"
    if not os.path.exists(path):
        return None
    with open(path, "rb") as f:
        return f.read()


def check_rest(bench, case, box, first):
    with open(box.path + "/secret", "rb") as f:
        must(f.read() == b"nobody may read this\n", "the secret was changed")
    return check_settled(bench, case, box, first)


def check_settled(bench, case, box, first):
    snap = box.snapshot()
    no_residue(snap)
    other = {p: e for p, e in snap.items() if not p.startswith("S/")}
    want = {p: e for p, e in first.items() if not p.startswith("S/")}
    must(other == want, "others: %s" % sorted(other))
    r = bench.driver.run("0:", "show", box.state)
    must(r.status == 0, "journal: %s" % r.lines)
    past = fates(r.lines)
    must(not [f for _, f in past if f == "open"], "unsettled: %s" % past)
    return past


def check_undo(bench, case, box, names):
    """What was delivered stays behind the original."""
    _, seen = split(content(box), names, "before undo")
    r = bench.driver.run("0:", "undo", box.state)
    must(r.status == 0, "undo: %s" % r.lines)
    base, now = split(content(box), names, "after undo")
    must(base == OLD and now == seen, "undo: %r, was %s" % (content(box),
                                                            seen))


def meta(box):
    st = os.stat(box.path + "/S/" + STEM)
    return st.st_mode, st.st_uid, st.st_gid


def setup(bench, case):
    box, place, first = bench.setup(case)
    with open(box.path + "/secret", "wb") as f:
        f.write(b"nobody may read this\n")
    return box, place, first


def judge(bench, case, box, first, actors, result):
    """After recovery, for the actions that deliver or only look."""
    past = check_rest(bench, case, box, first)
    names = [a.name_ for a in actors if a.action in DELIVERS + ("late",) and
             a.did]
    base, seen = split(content(box), names, "the mailbox")
    must(sorted(seen) == sorted(names), "lost: %s, there are %s" % (
        names, seen))
    must(meta(box) == (0o100640, OWNER, GROUP), "owner or mode: %s" %
         (meta(box),))
    mine = [p for p in past[bench.past:] if p[0] == "mbox"]
    done = bool(mine) and mine[-1][1] in ("done", "undone")
    must(done == (base == case.last), "the journal says %s" % past)
    if result.status == 0:
        must(done, "it said done, and is not")
    for a in actors:
        if a.seen is not None:
            split(a.seen, names, "what a reader saw")
    check_undo(bench, case, box, names)


def finish(bench, box, actors):
    for a in actors:
        a.end()
    bench.recover(box)


def peer_at(bench, case, fault, action):
    box, place, first = setup(bench, case)
    actor = Actor(box, action, b"peer")
    r = bench.driver.run(fault, *case.args(case.op, box, place),
                         peer=actor.begin)
    finish(bench, box, [actor])
    if action in OTHERS and action != "read":
        judge_other(bench, case, box, first, actor, r)
    else:
        judge(bench, case, box, first, [actor], r)


def judge_other(bench, case, box, first, actor, result):
    action, data = actor.action, content(box)
    if not actor.did:
        return judge(bench, case, box, first, [actor], result)
    check_rest(bench, case, box, first)
    if action == "replace":
        must(data in (b"EDITED\n", b"EDITED\r\n"), "replaced: %r" % data)
    elif action == "symlink":
        # Put there before the swap or after it: that cannot always be told,
        # and then the mailbox is kept.
        must(data in ("link", case.first, case.last), "symlink: %r" % data)
    elif action == "truncate":
        must(data == b"", "truncated: %r" % data)
    elif action == "unlink":
        must(data is None, "unlinked: %r" % data)
    elif action == "flags":
        must(data in (b"FR" + OLD[2:], b"FR" + NEW[2:]), "flags: %r" % data)
    else:
        split(data, (), action)
    if action == "hard_link":
        with open(box.path + "/S/linked", "rb") as f:
            split(f.read(), (), "the other name")


def crash_at(bench, case, fault, action):
    """Somebody has come, and then we die."""
    box, place, first = setup(bench, case)
    actor = Actor(box, action, b"peer")
    r = bench.driver.run(fault, *case.args(case.op, box, place),
                         peer=actor.begin)
    finish(bench, box, [actor])
    judge(bench, case, box, first, [actor], r)


def late_at(bench, case, points, more):
    """Somebody has found the old file, and comes to open it after the swap;
    somebody else comes to the new one."""
    box, place, first = setup(bench, case)
    late = Actor(box, "late", b"late")
    actors = [late] + [Actor(box, a, b"peer%d" % i)
                       for i, a in enumerate(more)]
    todo = [late.find, late.begin] + [a.begin for a in actors[1:]]
    at = []

    def act():
        f = todo.pop(0)
        if f == late.begin:
            # Later than can be waited for: it may be seen, or not.
            st = os.stat("/proc/self/fd/%d" % late.pin)
            at.append(st.st_nlink == 0)
            f()
        else:
            f()

    fault = ",".join("%d:p" % n for n in points)
    r = bench.driver.run(fault, *case.args(case.op, box, place), peer=act)
    finish(bench, box, actors)
    if at == [True]:
        late.did = delivery(late.name_) in content(box)
    judge(bench, case, box, first, actors, r)


def put_tails(box, tails):
    """Mail into the files that are there: [(name, path, size that it had,
    what was added)]."""
    put, folder = [], box.path + "/S/"
    for n in os.listdir(folder):
        kind = "temp" if n.startswith(".baredot") else "box"
        if kind not in tails or n.endswith(".lock"):
            continue
        name = kind.encode()
        put.append((name, folder + n, os.stat(folder + n).st_size,
                    delivery(name)))
        with open(folder + n, "ab") as f:
            f.write(delivery(name))
    return put


def tails_at(bench, case, faults, tails):
    """We die; by the time of recovery there is mail in one of the files, or
    in both.  What was in the mailbox never leaves it."""
    box, place, first = setup(bench, case)
    r = bench.driver.run(faults[0], *case.args(case.op, box, place))
    names, gone = [p[0] for p in put_tails(box, tails)], []
    # By size: to open it would be to wait.
    sizes = [len(t) + len(delivery(b"box")) + more for t in (OLD, NEW)
             for more in (0, len(delivery(b"temp")))]

    def look():
        size = os.stat(box.path + "/S/" + STEM).st_size
        if b"box" in names and not case.lacks and size not in sizes:
            gone.append(size)

    for f in faults[1:]:
        bench.driver.run(f + ",1:q", "recover", box.state, peer=look)
    bench.recover(box, "1:q", look)
    must(not gone, "gone for a while: the mailbox has %s bytes" % gone)
    base = judge_tails(bench, case, box, first, names)
    if r.status == 0:
        must(base == case.last, "it said done, and is not")


def judge_tails(bench, case, box, first, names):
    past = check_settled(bench, case, box, first)
    base, seen = split(content(box), names, "the mailbox")
    must(sorted(seen) == sorted(names), "lost: %s, there are %s (%s)" % (
        names, seen, past))
    check_undo(bench, case, box, names)
    return base


def unsynced(bench, case, fault):
    """We die after the swap, there is mail in the old file, and the first sync
    of the folder in recovery fails: by what only memory shows nothing is
    done."""
    for n in range(40, 300):
        box, place, _ = setup(bench, case)
        bench.driver.run(fault, *case.args(case.op, box, place))
        put_tails(box, ("temp",))

        def names():
            return {e.name: e.inode() for e in os.scandir(box.path + "/S")
                    if not e.name.endswith(".lock")}
        before = names()
        r = bench.driver.run("%d:F5" % n, "recover", box.state)
        if "cannot sync the mailbox" in " ".join(r.lines):
            must(len(before) == 2 and names() == before,
                 "%s, now %s" % (before, names()))
            return
    must(False, "the folder is not synced")


def changed_at(bench, case, fault, tails):
    """We die after the swap, and somebody who had the old file open changes
    it where it stands: it is the mailbox again, with what came since."""
    box, place, first = setup(bench, case)
    ino = os.stat(box.path + "/S/" + STEM).st_ino
    bench.driver.run(fault, *case.args(case.op, box, place))
    old = [e.path for e in os.scandir(box.path + "/S")
           if e.inode() == ino and e.name.startswith(".baredot")]
    if not old:
        return
    with open(old[0], "r+b") as f:
        f.write(b"FR")
    more = b"".join(p[3] for p in put_tails(box, tails))
    bench.recover(box)
    check_rest(bench, case, box, first)
    must(content(box) == b"FR" + case.first[2:] + more,
         "changed, %r: %r" % (tails, content(box)))


def replaced_at(bench, case, fault):
    """We die, and a mail reader writes the mailbox anew: the journal says
    whether that was after the swap; in place, after all was written."""
    box, place, first = setup(bench, case)
    ino = os.stat(box.path + "/S/" + STEM).st_ino
    r = bench.driver.run(fault, *case.args(case.op, box, place))
    swapped = os.stat(box.path + "/S/" + STEM).st_ino != ino
    data = content(box)
    Actor(box, "replace", b"").replace()
    bench.recover(box)
    past = [p for p in check_rest(bench, case, box, first)[bench.past:]
            if p[0] == "mbox"]
    must(content(box) == b"EDITED\n", "replaced: %r" % content(box))
    done = bool(past) and past[-1][1] == "done"
    said = "the journal says %s" % past
    if not case.lacks:
        must(done == swapped, "swapped: %s, %s" % (swapped, said))
        return
    # Written is not known to be on the disk; that it was is recorded later.
    must(not swapped, "it is another file")
    must(data.startswith(case.last) or not done, "not written, %s" % said)
    must(done or r.status != 0, "it said done, %s" % said)


def torn_by_others(bench):
    """We die half through, and somebody writes to what is torn: it is left
    to people, and settled when there is another file."""
    case = next(c for c in bench.cases if c.name == "in place: mbox")
    at = swap_call(bench, case)
    torn = 0
    for n in range(at, bench.calls(case)):
        box, place, first = setup(bench, case)
        bench.driver.run("%d:S,%d:K" % (n, n + 1),
                         *case.args(case.op, box, place))
        data = content(box)
        if data.startswith((OLD, NEW)):
            continue
        torn += 1
        path = box.path + "/S/" + STEM
        with open(path, "r+b") as f:
            f.seek(3)
            f.write(b"Q")
        for _ in range(2):
            r = bench.driver.run("0:", "recover", box.state)
            must(r.status == 4 and "somebody wrote to it" in r.lines[0],
                 r.lines)
            must(content(box) == data[:3] + b"Q" + data[4:],
                 "written to: %r" % content(box))
        Actor(box, "replace", b"").replace()
        bench.recover(box)
        must(content(box) == b"EDITED\n", "replaced: %r" % content(box))
        check_rest(bench, case, box, first)
    must(torn, "it was never torn")


def torn_and_locked(bench):
    """We die half through, and a program that knows lock files only is at the
    mailbox: recovery waits for it, and leaves it if that takes too long."""
    for case in bench.cases:
        if case.where != "mbox" or not case.lacks:
            continue
        at = swap_call(bench, case)
        box, place, first = setup(bench, case)
        bench.driver.run("%d:S,%d:K" % (at, at + 1),
                         *case.args(case.op, box, place))
        lock, data = box.path + "/S/" + STEM + ".lock", content(box)
        if os.path.exists(lock):
            os.unlink(lock)
        with open(lock, "w"):
            pass
        r = bench.driver.run("0:", "recover", box.state)
        must(r.status == 4 and "is using the mailbox" in r.lines[0],
             "%s: %s" % (case.name, r.lines))
        must(content(box) == data and os.path.exists(lock),
             "%s: written to: %r" % (case.name, content(box)))
        os.unlink(lock)
        bench.recover(box)
        check_rest(bench, case, box, first)
        split(content(box), (), case.name)


def swap_call(bench, case):
    """The number of the call that swaps, counted by what is there."""
    lo, hi = 1, bench.calls(case)
    while lo < hi:
        mid = (lo + hi) // 2
        box, place, _ = setup(bench, case)
        bench.driver.run("%d:k" % mid, *case.args(case.op, box, place))
        if content(box) != case.first:      # in place: begun to be written
            hi = mid
        else:
            lo = mid + 1
    return lo


def peers(bench, case, step):
    calls = bench.calls(case)
    delivers, others = DELIVERS, OTHERS
    if "l" in case.lacks:       # only those are kept out that lock
        delivers, others = DELIVERS[1:], tuple(
            a for a in OTHERS if a not in ("read", "truncate"))
    at = swap_call(bench, case) - 1         # too late to be seen in time
    for i, action in enumerate(delivers + KEEPS + others):
        for n in sorted({*range(1 + i % step, calls + 1, step), at}):
            fault = "%d:p" % n
            bench.attempt("interleavings", "%s, %s at %d" % (
                case.name, action, n), peer_at, bench, case, fault, action)
    rng = random.Random(5)
    todo = [(n, m, a) for a in delivers for n in range(1, calls)
            for m in range(n + 1, calls + 1)]
    for n, m, a in rng.sample(todo, max(4, 700 // step)):
        fault = "%d:p,%d:K" % (n, m)
        bench.attempt("interleavings", "%s, %s at %s" % (
            case.name, a, fault), crash_at, bench, case, fault, a)


def watched_at(bench, case, n, action):
    box, place, _ = setup(bench, case)
    path, actor, missed = box.path + "/S/" + STEM, Actor(box, action, b""), []
    ino = os.stat(path).st_ino

    def act():
        if actor.ident is None:
            actor.begin()
        elif action == "replace":       # by size: to open it is to wait
            size = os.stat(path).st_size
            if size not in (len(b"EDITED\n"), len(b"EDITED\r\n")):
                missed.append("a file of %d bytes" % size)
        else:
            actor.join(0.01)
            if actor.is_alive() and os.stat(path).st_ino != ino:
                missed.append("another file")

    bench.driver.run("%d:p,%d:q" % (n, n + 1),
                     *case.args(case.op, box, place), peer=act)
    finish(bench, box, [actor])
    must(not missed, "what has the mailbox's name: %s" % missed[:1])


def watched(bench, case, step):
    """A file that was put there before the last look at it is not swapped,
    nor is one that somebody waits for by then: not even until it is swapped
    back."""
    at = swap_call(bench, case)
    for action, looks in (("replace", 1), ("plain", 5), ("read", 5)):
        for n in range(at - looks - 1, 0, -step):
            bench.attempt("interleavings", "%s, %s at %d, watched" % (
                case.name, action, n), watched_at, bench, case, n, action)


def late_peers(bench, case, step):
    calls, at = bench.calls(case), swap_call(bench, case)
    rng = random.Random(6)
    more = ((), ("plain",), ("locked",), ("locked", "plain"), ("dotlocked",),
            ("read_on",))
    todo = [((n, m, m, m), a) for n in range(at - 20, at)
            for m in range(at, calls) for a in more]
    for (n, m, _, _), a in rng.sample(todo, max(6, 900 // step)):
        points = [n, m] + sorted(rng.randint(m + 1, min(m + 8, calls))
                                 for _ in a)
        if len(set(points)) < len(points):
            continue
        bench.attempt("interleavings", "%s, late at %s, %s" % (
            case.name, points, a), late_at, bench, case, points, a)


def tails(bench, case, step):
    calls = bench.calls(case)
    kinds = (("box",), ("temp",), ("box", "temp"))
    at = swap_call(bench, case)
    deaths = ["%d:K"] + ["%d:S,%d:K"] * bool(case.lacks)
    for n, t, die in itertools.islice(itertools.product(
            range(max(1, at - 12), calls + 1), kinds, deaths), 0, None,
            1 if step < 10 else 11):
        fault = (die % ((n, n + 1)[:die.count("%")]),)
        bench.attempt("compound", "%s, %s, mail in %s" % (
            case.name, fault, t), tails_at, bench, case, fault, t)
    for n in range(max(1, at - 3), calls + 1, 1 if step < 10 else 9):
        fault = "%d:K" % n
        bench.attempt("compound", "%s, %s, replaced" % (case.name, fault),
                      replaced_at, bench, case, fault)
    for n, t in itertools.product(range(at, calls + 1, 1 if step < 10 else 9),
                                  ((), ("box",)) if not case.lacks else ()):
        fault = "%d:K" % n
        bench.attempt("compound", "%s, %s, changed, mail in %s" % (
            case.name, fault, t), changed_at, bench, case, fault, t)
    if not case.lacks:
        bench.attempt("compound", case.name + ", no sync in recovery",
                      unsynced, bench, case, "%d:k" % at)
    rng = random.Random(8)
    for _ in range(max(5, 600 // step)):
        fault = ("%d:K" % rng.randint(at, calls),
                 "%d:%s" % (rng.randint(1, 330),
                            rng.choice(("K", "K", "k", "F5", "A5"))))
        t = rng.choice(kinds)
        bench.attempt("compound", "%s, %s, mail in %s" % (
            case.name, fault, t), tails_at, bench, case, fault, t)


# name, sweep, step: short, mutant, long
SWEEPS = (
    ("others", peers, 79, 4, 1),
    ("held", watched, 50, 9, 1),
    ("late", late_peers, 100, 8, 1),
    ("tails", tails, 100, 8, 1),
)
