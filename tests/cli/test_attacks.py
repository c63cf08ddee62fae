#!/usr/bin/python3
"""What the owner of a mailbox, or a program at work in it, may do to whoever
repairs it: nothing outside is touched, no message is lost, and it is said why.

Each row is done with root acting for the owner, and with the owner acting.

Where each attack and fault is tested, and what has to come of it; "here" is
this file, and act.py the harness of tests/faults/ (a sample of it runs as
test_act_faults.py):

  Paths
   1 a message becomes a link          here file_becomes_a_link; test_live.py
                                       hostile_owner (scan)
   2 cur/ flips to a link and back     here folder_flips; links above it, to
                                       what is named: test_links.py
   3 tmp/ becomes a link               here tmp_becomes_a_link
   4 the temporary becomes a link      here temp_becomes_a_link
   5 hard links                        here hard_links
   6 FIFO, socket, device              here special_files; test_live.py
                                       links_and_fifos (scan)
   7 links of /proc                    here magic_links
   8 "..", "/", "//", trailing dots    here names_that_lead_away
   9 mounts inside the mailbox         here mounts
  10 a maze of links                   here maze
  11 a lease, a lock for ever          here held
  12 the mailbox is replaced, modes    here folder_is_replaced
  13 mode, ACL                         here mode_is_changed
  14 a planted state folder            here state_is_planted
  Concurrency
  15 flags                             here flags; test_maildir_live.py
  16 expunge                           here expunge; test_maildir_live.py
  17 move to another folder            here move; copies: test_maildir_live.py
  18 delivery                          here delivery; test_maildir_live.py,
                                       test_mbox_live.py: dovecot-lda,
                                       procmail, maildrop
  19 writing in place                  here append; act_mbox.py
  20 an IMAP session                   here open_reader; test_mbox_live.py
                                       with_sessions; test_maildir_live.py
  21 two at once                       here two_at_once; test_fix.py
                                       two_at_once_are_kept_apart
  22 undo while, and after, a crash    here undo_after_a_crash
  23 backup                            here backup
  Names
  24 hostile names                     test_names.py: reports; of repairs,
                                       names_of_what_is_repaired...; members
                                       of archives, test_archive.py test_names
  System
  44 a full disk, at every call        act.py errors (ENOSPC); test_faults.py
                                       full_disk (the report)
  45 a quota                           test_attacks_more.py quota_is_used_up
  46 EIO when reading                  test_attacks_more.py read_errors; act.py
                                       errors; test_faults.py read_errors (scan)
  47 EIO of a sync                     act.py errors, power cuts
  48 turned read-only                  test_attacks_more.py
                                       disk_turns_read_only
  49 few descriptors                   test_attacks_more.py few_descriptors;
                                       test_faults.py few_descriptors (scan)
  50 no memory                         test_faults.py no_memory (scan)
  51 clocks                            test_attacks_more.py clocks
  52 signals                           test_attacks_more.py signals,
                                       signals_in_undo, limits_of_size;
                                       test_faults.py signals (scan)
  53 a process is killed               test_attacks_more.py mender_dies;
                                       test_fix_archive.py a_process_that_dies
                                       ...; test_faults.py (scan)
  54 stale lock files                  test_attacks_more.py stale_locks; act.py
                                       kills: mbox
"""
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "faults"))
import act                                              # noqa: E402
from act_lib import (Box, Driver, GROUP, NEW, OLD, OWNER,  # noqa: E402
                     STEM, crlf, messages, must, no_residue)

ROOT = os.geteuid() == 0
BUILD = act.BUILD
CUR, FIX_MANY = act.CASES[0], [c for c in act.CASES if c.where == "many"][0]
QUARANTINE = [c for c in act.CASES if c.name == "quarantine cur"][0]
SECRET = b"nobody may read this\n"
RENAME_EXCHANGE = 2
libc = ctypes.CDLL(None, use_errno=True)


class Skip(Exception):
    pass


def swap(a, b):
    return libc.renameat2(-100, a.encode(), -100, b.encode(),
                          RENAME_EXCHANGE)


class Attack:
    """A mailbox with a message that is to be repaired, and what is beside
    it: a folder of root's, or of the owner's if root is not to be had."""

    def __init__(self, bench):
        self.bench = bench
        self.box = Box(bench.folder + "/box", bench.user)
        self.folder, self.name = self.box.target("cur")
        self.path = self.folder + "/" + self.name
        self.m = self.box.path + "/M"
        self.away = self.box.path + "/away"
        for f in ("", "/cur", "/new", "/tmp"):
            os.mkdir(self.away + f)
        self.secret = self.away + "/cur/" + self.name
        with open(self.secret, "wb") as f:
            f.write(SECRET)
        os.chmod(self.secret, 0o600)
        self.before = self.outside()

    def outside(self):
        """All that is not the mailbox's, down to its times."""
        found = {}
        for top, dirs, files in os.walk(self.away):
            for n in dirs + files:
                st = os.lstat(top + "/" + n)
                found[top + "/" + n] = (st.st_ino, st.st_mode, st.st_uid,
                                        st.st_nlink, st.st_size,
                                        st.st_mtime_ns)
        return found

    def run(self, op, *args, fault="-", peer=None, folder=None):
        """Below box.path nothing may lead through a link."""
        folder = folder or self.box.path + "//M/cur"
        if op in ("fix", "quarantine"):
            args = (folder,) + (args or (self.name,))
        return self.bench.driver.run(fault, op, self.box.state, *args,
                                     peer=peer)

    def safe(self, whole=True):
        """Nothing outside was touched or copied; the message is there."""
        must(self.outside() == self.before, "outside: %s, was %s" % (
            self.outside(), self.before))
        for data in act.blobs(self.box):
            must(SECRET not in data, "what is secret was copied")
        if whole:
            found = messages(self.box.snapshot())
            must(len(found) == 1 and found[0][1][0] in (OLD, NEW),
                 "not once and whole: %s" % found)

    def refused(self, want, text="", ops=("fix", "quarantine"), same=True,
                **more):
        """It is not done, that is said in these words, and nothing is
        changed."""
        for op in ops:
            first = self.box.snapshot() if same else None
            start = time.monotonic()
            r = self.run(op, **more)
            must(time.monotonic() - start < 10, "%s hangs" % op)
            must(r.outcome == want and r.status == 1 and
                 text in " ".join(r.lines), "%s: %s" % (op, r.lines))
            must(not same or self.box.snapshot() == first,
                 "%s: it was changed" % op)
            self.safe(whole=False)


def points(bench, case, n=8):
    """Some of the calls of an operation; fewer for the second actor."""
    n = n if bench.user is None else n // 2
    total = bench.calls(case)
    return range(1, total + 1, max(1, total // n))


def peers(bench, action, cases=(CUR, QUARANTINE), n=8):
    for case in cases:
        late = act.late_call(bench, case)
        for at in points(bench, case, n):
            act.peer_at(bench, case, at, action, at == late)


def need_root():
    if not ROOT:
        raise Skip("needs root")


def file_becomes_a_link(bench):
    """1. A message becomes a link to a secret, before and while it is done."""
    a = Attack(bench)
    os.unlink(a.path)
    os.symlink(a.secret, a.path)
    a.refused("refused", "symbolic link", same=False)
    peers(bench, "symlink")


def folder_flips(bench):
    """2. cur/ is now itself, now a link to a folder elsewhere."""
    a = Attack(bench)
    link = a.m + "/link"
    os.symlink(a.away + "/cur", link)
    stop = threading.Event()
    flips = [0]

    def flip():
        while not stop.is_set():
            flips[0] += swap(a.m + "/cur", link) == 0

    flipper = threading.Thread(target=flip)
    flipper.start()
    try:
        seen = set()
        for i in range(40):
            r = a.run("fix" if i % 2 == 0 else "undo")
            seen.add(r.outcome or "none")
    finally:
        stop.set()
        flipper.join()
    if os.path.islink(a.m + "/cur"):
        swap(a.m + "/cur", link)
    must(a.run("recover").status == 0, "unsettled")
    must(flips[0] > 100, "only %d flips" % flips[0])
    must(seen <= {"done", "same", "refused", "failed", "none", "gone",
                  "changed", "unsettled"}, str(seen))
    a.safe()
    no_residue(a.box.snapshot())


def tmp_becomes_a_link(bench):
    """3. tmp/ becomes a link, before it is opened and at any time after."""
    a = Attack(bench)
    os.rename(a.m + "/tmp", a.m + "/real")
    os.symlink(a.away + "/tmp", a.m + "/tmp")
    a.refused("refused", "cannot open a folder of the Maildir")
    for n in points(bench, CUR):
        a = Attack(bench)

        def peer():
            os.rename(a.m + "/tmp", a.m + "/real")
            os.symlink(a.away + "/tmp", a.m + "/tmp")

        a.run("fix", fault="%d:p" % n, peer=peer)
        a.safe()
        if os.path.islink(a.m + "/tmp"):
            os.unlink(a.m + "/tmp")
            os.rename(a.m + "/real", a.m + "/tmp")
        must(a.run("recover").status == 0, "unsettled")
        a.safe()
        no_residue(a.box.snapshot())


def temp_becomes_a_link(bench):
    """4. The temporary is replaced by a link, before and after the swap."""
    peers(bench, "symlink_temp", n=16)


def hard_links(bench):
    """5. A message is a hard link to a file elsewhere, or becomes one."""
    a = Attack(bench)
    os.unlink(a.path)
    os.link(a.secret, a.path)
    a.before = a.outside()
    a.refused("refused", "")
    os.unlink(a.path)
    a = Attack(bench)
    os.link(a.path, a.m + "/again")
    a.refused("refused", "2 names")
    peers(bench, "hard_link")


def special_files(bench):
    """6. FIFO, socket and device are not opened, and nothing waits."""
    def fifo(path):
        os.mkfifo(path)

    def sock(path):
        s = socket.socket(socket.AF_UNIX)
        os.chdir(os.path.dirname(path))
        s.bind(os.path.basename(path))
        os.chdir("/")
        s.close()

    def device(path):
        os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(5, 0))

    for make in (fifo, sock) + ((device,) if ROOT else ()):
        a = Attack(bench)
        os.unlink(a.path)
        make(a.path)
        os.chown(a.path, OWNER, GROUP)
        for op in ("fix", "quarantine"):
            start = time.monotonic()
            r = a.run(op)
            must(r.outcome == "refused" and "no regular file" in
                 " ".join(r.lines), "%s: %s" % (make.__name__, r.lines))
            must(time.monotonic() - start < 10, "it waits")
        os.unlink(a.path)
    peers(bench, "fifo")


def magic_links(bench):
    """7. Paths through /proc/self/root and /proc/self/fd are not taken."""
    a = Attack(bench)
    os.symlink("/proc/self/root" + a.away, a.box.path + "/door")
    a.refused("refused", folder=a.box.path + "//door/cur")
    for target in ("/proc/self/fd/0", "/proc/self/exe",
                   "/proc/self/root" + a.secret):
        os.unlink(a.path)
        os.symlink(target, a.path)
        a.refused("refused", "symbolic link", same=False)


def names_that_lead_away(bench):
    """8. "..", absolute names, empty ones and trailing dots lead nowhere."""
    a = Attack(bench)
    first = a.box.snapshot()
    other = [n for n in os.listdir(a.m + "/new")][0]
    for name in ("..", ".", "../new/" + other, "../cur/" + a.name, a.secret,
                 "/etc/passwd", a.name + "/", a.name + "/.",
                 a.name.replace(":", ".:"),
                 "../../away/cur/" + a.name, "./" + a.name):
        for op in ("fix", "quarantine"):
            r = a.run(op, name)
            must(r.outcome in ("gone", "refused"), "%r: %s" % (name, r.lines))
    for folder in ("//../box/away/cur", "//M/../../../etc", "//M/cur/..",
                   "//nothing"):
        r = a.run("fix", folder=a.box.path + folder)
        must(r.outcome in ("gone", "refused"), "%s: %s" % (folder, r.lines))
    must(a.box.snapshot() == first, "it was changed")
    a.safe()


@contextlib.contextmanager
def mounted(*args):
    r = subprocess.run(["mount", *args], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
    if r.returncode:
        raise Skip("cannot mount: %s" % r.stdout.decode().strip()[:60])
    try:
        yield
    finally:
        subprocess.run(["umount", args[-1]], check=True)


def mounts(bench):
    """9. Something is mounted on the message, on tmp/, on another folder."""
    need_root()
    a = Attack(bench)
    with mounted("--bind", a.secret, a.path):
        a.refused("refused")
    with mounted("--bind", a.away + "/tmp", a.m + "/tmp"):
        a.refused("refused")
    with mounted("-t", "tmpfs", "-o", "size=1m,mode=777", "none",
                 a.m + "/tmp"):
        a.refused("refused")
    with mounted("-t", "tmpfs", "-o", "size=1m,mode=777", "none",
                 a.m + "/new"):
        a.refused("refused")
    must(a.run("fix").status == 0, "it cannot be done afterwards")
    a.safe()


def maze(bench):
    """10. A maze of links is not walked."""
    a = Attack(bench)
    deep = a.box.path + "/maze"
    os.mkdir(deep)
    for i in range(64):
        os.symlink("%s/l%d" % (deep, i + 1) if i < 63 else a.away + "/cur",
                   "%s/l%d" % (deep, i))
    a.refused("refused", folder=a.box.path + "//maze/l0")
    os.unlink(a.path)
    os.symlink(deep + "/l0", a.path)
    a.refused("refused", "symbolic link", same=False)


HOLD = """
import fcntl, os, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
fd = os.open(sys.argv[1], os.O_RDWR)
if sys.argv[2] == "lease":
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
else:
    fcntl.lockf(fd, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def held(bench):
    """11. A lease or a lock on the message that is never given back."""
    for what in ("lease", "lock"):
        a = Attack(bench)
        who = {"user": OWNER, "group": GROUP, "extra_groups": []} \
            if ROOT else {}
        child = subprocess.Popen(
            ["/usr/bin/python3", "-c", HOLD, a.path, what],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, **who)
        try:
            must(child.stdout.readline() == b"held\n", "cannot hold a " +
                 what)
            a.refused("busy", same=False)
        finally:
            child.communicate()
        a.safe()


def folder_is_replaced(bench):
    """12. The Maildir is replaced while it is done; it has odd modes."""
    for n in points(bench, CUR):
        a = Attack(bench)

        def peer():
            os.rename(a.m, a.box.path + "/old")
            shutil.copytree(a.away, a.m)
            os.rename(a.m + "/cur/" + a.name, a.m + "/cur/1.2.3:2,S")

        a.run("fix", fault="%d:p" % n, peer=peer)
        must(a.outside() == a.before, "outside")
        if os.path.isdir(a.box.path + "/old"):
            got = [sorted(os.listdir(a.m + f)) for f in (
                "/cur", "/new", "/tmp")]
            must(got == [["1.2.3:2,S"], [], []], "the new Maildir was "
                 "touched: %s" % got)
            shutil.rmtree(a.m)
            os.rename(a.box.path + "/old", a.m)
        must(a.run("recover").status == 0, "unsettled")
        a.safe()
        no_residue(a.box.snapshot())
    a = Attack(bench)
    for mode, wanted in ((0o000, "refused"), (0o1700, "done"),
                         (0o2750, "done")):
        os.chmod(a.m + "/cur", mode)
        r = a.run("fix")
        os.chmod(a.m + "/cur", 0o700)
        must(r.outcome == wanted, "mode %o: %s" % (mode, r.lines))
        a.safe()
        a.run("undo")


def mode_is_changed(bench):
    """13. Mode and ACL are changed while it is done: the message is whole."""
    peers(bench, "chmod")


def state_is_planted(bench):
    """14. The state folder is another's, open to others, or a link."""
    def opened(a):
        os.mkdir(a.box.state)
        os.chown(a.box.state, bench.user or os.geteuid(), GROUP)
        os.chmod(a.box.state, 0o733)

    def another(a):
        os.mkdir(a.box.state, 0o700)
        os.chown(a.box.state, OWNER + 9, GROUP)

    def link(a):
        os.symlink(a.away, a.box.state)

    def link_inside(a):
        os.mkdir(a.box.state, 0o700)
        os.chown(a.box.state, bench.user or os.geteuid(), GROUP)
        os.symlink(a.away, a.box.state + "/runs")

    def link_lock(a):
        os.mkdir(a.box.state, 0o700)
        os.chown(a.box.state, bench.user or os.geteuid(), GROUP)
        os.symlink(a.secret, a.box.state + "/lock")

    for plant in (opened, link, link_inside, link_lock) + \
            ((another,) if ROOT else ()):
        a = Attack(bench)
        plant(a)
        first = a.box.snapshot()
        r = a.run("fix")
        must(r.status == 2 and r.lines[0].startswith("dead "),
             "%s: %s" % (plant.__name__, r.lines))
        must(a.box.snapshot() == first, "it was changed")
        must(a.outside() == a.before, "outside was changed")


def flags(bench):
    """15. Flags are changed while it is done: they stay."""
    peers(bench, "flag", (CUR, QUARANTINE, FIX_MANY))


def flags_twice(bench):
    """15. Flags are changed at two moments: it is done, or it is as it was,
    and that is what is said."""
    total, twice = bench.calls(CUR), 0
    later = points(bench, CUR, 4) if bench.user else range(1, 100)
    for n in range(total - 32, total - 24, 3):
        for m in (n + k for k in later):
            box, place, _ = bench.setup(CUR)
            marks = ["FS", "RS"]

            def peer():
                for name in os.listdir(place[0]):
                    if name.startswith(STEM):
                        os.rename("%s/%s" % (place[0], name), "%s/%s:2,%s" % (
                            place[0], name.split(":")[0], marks.pop()))

            r = bench.driver.run("%d:p,%d:p" % (n, m), *CUR.args(
                "fix", box, place), peer=peer)
            twice += not marks
            snap = box.snapshot()
            found = messages(snap)
            no_residue(snap)
            must(len(found) == 1 and found[0][1][0] == (
                NEW if r.outcome == "done" else OLD), "%d, %d: %s, and it is "
                 "%s" % (n, m, r.lines, [e[0] for _, e in found]))
            must(found[0][0].endswith(":2," + ("FS" if not marks else "RS")),
                 "flags are lost: %s" % found[0][0])
    must(twice > 3, "they were changed twice %d times" % twice)


def expunge(bench):
    """16. The message is deleted while it is done: it stays deleted."""
    peers(bench, "expunge", (CUR, QUARANTINE, FIX_MANY))


def move(bench):
    """17. The message is moved to another folder while it is done."""
    peers(bench, "move", (CUR, FIX_MANY))


def delivery(bench):
    """18. Messages are delivered while others are repaired: none is lost."""
    a = Attack(bench)
    stop, n = threading.Event(), [0]

    def deliver():
        while not stop.is_set():
            name = "19%08d.M1P1.host" % n[0]
            path = "%s/tmp/%s" % (a.m, name)
            with open(path, "wb") as f:
                f.write(b"Subject: %d\n\ntext\n" % n[0])
            os.chown(path, OWNER, GROUP)
            os.rename(path, "%s/new/%s" % (a.m, name))
            n[0] += 1
            time.sleep(0.005)

    worker = threading.Thread(target=deliver)
    worker.start()
    try:
        end = time.monotonic() + 10
        for i in range(1000):
            if i >= 3 and n[0] > 5 or time.monotonic() > end:
                break
            a.run("fixall", a.box.path + "//M/new")
            a.run("undo")
    finally:
        stop.set()
        worker.join()
    a.run("fixall", a.box.path + "//M/new")
    got = []
    for name in os.listdir(a.m + "/new"):
        with open(a.m + "/new/" + name, "rb") as f:
            data = f.read()
        must(data == crlf(data), "%s was not repaired" % name)
        if data.startswith(b"Subject: "):
            got.append(int(data.split()[1]))
    must(sorted(got) == list(range(n[0])), "delivered %d, there are %d" % (
        n[0], len(got)))
    must(n[0] > 5, "only %d were delivered" % n[0])
    no_residue(a.box.snapshot())


def append(bench):
    """19. Somebody writes to the message, or has it open for that."""
    peers(bench, "append")
    peers(bench, "hold")


def open_reader(bench):
    """20. Whoever has the message open goes on reading the old one."""
    a = Attack(bench)
    with open(a.path, "rb") as f:
        head = f.read(10)
        must(a.run("fix").status == 0, "not done")
        must(head + f.read() == OLD, "the reader lost its message")
    with open(messages_path(a), "rb") as f:
        must(a.run("quarantine", os.path.basename(messages_path(a))).status
             == 0, "not done")
        must(f.read() == NEW, "the reader lost its message")


def messages_path(a):
    return a.box.path + "/" + messages(a.box.snapshot())[0][0]


def two_at_once(bench):
    """21. A second one started meanwhile says who is at it, and stops."""
    second = Driver(BUILD, user=bench.user)
    try:
        for op in ("recover", "undo", "restore", "show"):
            a = Attack(bench)
            got = []
            r = a.run("fix", fault="90:p", peer=lambda: got.append(
                second.run("-", op, a.box.state)))
            must(r.status == 0, r.lines)
            must(got[0].status == 2 and "in use by process" in
                 got[0].lines[0], got[0].lines)
            a.safe()
    finally:
        second.close()


def undo_after_a_crash(bench):
    """22. Undoing what a crash left waits for recovery, and says so."""
    told = 0
    for n in points(bench, CUR, 30):
        a = Attack(bench)
        a.run("fix", fault="%d:K" % n)
        r = a.run("undo")
        if r.status == 2:
            must("unsettled" in r.lines[0], r.lines)
            told += 1
        a.run("recover")
        r = a.run("undo")
        must(r.status == 0, "cannot be undone: %s" % r.lines)
        a.safe()
        no_residue(a.box.snapshot())
    must(told > 0, "no crash left anything")


def backup(bench):
    """23. A backup reads all the while: each file it reads is whole."""
    a = Attack(bench)
    stop, bad, reads = threading.Event(), [], [0]

    def read():
        while not stop.is_set():
            for name in os.listdir(a.m + "/cur"):
                try:
                    with open(a.m + "/cur/" + name, "rb") as f:
                        data = f.read()
                except FileNotFoundError:
                    continue
                reads[0] += 1
                if name.startswith(STEM) and data not in (OLD, NEW):
                    bad.append(data)

    worker = threading.Thread(target=read)
    worker.start()
    try:
        for i in range(16):
            r = a.run("undo") if i % 2 else a.run("fix")
            must(r.status == 0, r.lines)
    finally:
        stop.set()
        worker.join()
    must(not bad, "it read %r" % bad[:1])
    must(reads[0] > 50, "only %d reads" % reads[0])
    a.safe()


ROWS = (file_becomes_a_link, folder_flips, tmp_becomes_a_link,
        temp_becomes_a_link, hard_links, special_files, magic_links,
        names_that_lead_away, mounts, maze, held, folder_is_replaced,
        mode_is_changed, state_is_planted, flags, flags_twice, expunge, move,
        delivery, append, open_reader, two_at_once, undo_after_a_crash, backup)


def one(number, row, who, user, folder):
    what = " ".join(row.__doc__.split()).rstrip(".")
    start, why, bench = time.monotonic(), None, None
    try:
        bench = act.Bench(folder, BUILD, user)
        row(bench)
    except Skip as s:
        what += " # SKIP %s" % s
    except Exception as e:      # a broken test is a failed one
        why = "%s: %s" % (type(e).__name__, e)
    finally:
        if bench is not None:
            bench.driver.close()
    print("%s %d - %s, %s" % ("not ok" if why else "ok", number, who, what))
    if why:
        print("# " + why[:600].replace("\n", " "))
    print("# %s: %.1f s" % (row.__name__, time.monotonic() - start),
          flush=True)
    return why is not None


def main(only):
    subprocess.run(["make", "-s", "--no-print-directory", "-C", act.ROOT,
                    "build/faults/act_driver", "build/faults/act_fault.so"],
                   check=True, stdout=subprocess.DEVNULL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    actors = [("root", None), ("the owner", OWNER)] if ROOT else \
        [("the owner", None)]
    number = bad = 0
    with tempfile.TemporaryDirectory(prefix="baredot-", dir=shm) as top:
        os.chmod(top, 0o755)
        for who, user in actors:
            for row in ROWS:
                if only and row.__name__ not in only:
                    continue
                number += 1
                bad += one(number, row, who, user, top)
    print("1..%d" % number)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
