"""Stores that change while they are scanned, and owners who are hostile."""
import ctypes
import json
import os
import random
import shutil
import subprocess
import threading
import time

from harness import (FROM, Mbox, OPT, SAN, check, main, maildir, message, same,
                     scan, start, write)
from processes import children

HEAD = b"From: a@b.example\n"
LINES = (b"x" * 71 + b"\n") * 14563          # 1 MiB, nearly
MIB = 1024          # in kB, as /proc has it


class Busy:
    """A child process that does something until the end of the block."""

    def __init__(self, work, *args):
        self.work, self.args = work, args

    def __enter__(self):
        self.pid = os.fork()
        if self.pid == 0:
            try:
                ctypes.CDLL(None).prctl(1, 9)   # die with the parent
                self.work(*self.args)
            finally:
                os._exit(1)
        return self

    def __exit__(self, failure, *_):
        os.kill(self.pid, 9)
        status = os.waitpid(self.pid, 0)[1]
        if failure is None:
            same(os.WIFSIGNALED(status), True, "the other process went on")


def client(root):
    """Rename flags, move new to cur, deliver: as fast as it can."""
    rng = random.Random(5)
    cur, new = root + "/cur/", root + "/new/"
    names = {n.split(":")[0]: n for n in os.listdir(cur)}
    fresh = os.listdir(new)
    bases = sorted(names)
    for n in range(1 << 40):
        base = bases[rng.randrange(len(bases))]
        to = base + ":2," + "".join(f for f in "FRS" if rng.randrange(2))
        if to != names[base]:
            os.rename(cur + names[base], cur + to)
            names[base] = to
        if n % 50 == 0 and fresh:
            name = fresh.pop()
            to = name + rng.choice(("", ":2,", ":2,S"))
            os.rename(new + name, cur + to)
            names[name] = to
            bases.append(name)
        if n % 100 == 0 and n < 300000:
            name = "%d.Q%dP2.host" % (1800000000 + n, n)
            write(root + "/tmp/" + name, message("late%d" % n))
            os.rename(root + "/tmp/" + name, new + name)
            fresh.append(name)


def busy_maildir(folder):
    """Every message of a busy Maildir is reported exactly once, 12 times."""
    root = folder + "/Maildir"
    maildir(root, 3000)
    wanted = {"<m%d@x>" % i for i in range(3000)}
    with Busy(client, root):
        for i in range(12):
            r = scan("-a", "-j2", root, exe=SAN if i % 4 == 0 else OPT)
            r.whole()
            same(r.status, 1, "exit status of scan %d" % i)
            got = [m["message_id"] for m in r.messages]
            same(sorted(wanted - set(got)), [], "missing in scan %d, %d gone"
                 % (i, r.summary["gone"]))
            twice = {m for m in got if got.count(m) > 1} \
                if len(set(got)) != len(got) else set()
            same(sorted(twice), [], "reported twice in scan %d" % i)
            same(r.unreadable, [], "unreadable")


def flips(folder, base):
    names = [folder + "/cur/" + base + t for t in (":2,", ":2,S", ":2,FS",
                                                   ":2,RS")]
    k = 0
    while True:
        os.rename(names[k % 4], names[(k + 1) % 4])
        k += 1


def flipping_flags(folder):
    """A message whose flags change without end is found, and once."""
    root = folder + "/Maildir"
    maildir(root, 40)
    base = "1700000001.M1P1.host"
    os.rename(root + "/cur/" + base + ":2,S", root + "/cur/" + base + ":2,")
    gone = 0
    with Busy(flips, root, base):
        for i in range(150):
            r = scan("-a", "-j1", root)
            got = [m["message_id"] for m in r.messages]
            same(r.status, 1, "exit status")
            same(len(set(got)), len(got), "messages, each once")
            check(len(got) + r.summary["gone"] >= 40, "%d messages" %
                  len(got))
            gone += 40 - len(got)
    print("# not found %d times" % gone)
    check(gone <= 5, "not found %d times" % gone)


def real_twins(folder):
    """Two messages with one base name are two messages; two names of one
    file, as a listing can see them while flags change, are one."""
    maildir(folder, 10)
    base = folder + "/cur/1700000001.M1P1.host"
    write(base + ":2,FS", message("twin"))
    os.link(folder + "/cur/1700000002.M2P1.host:2,S",
            folder + "/cur/1700000002.M2P1.host:2,FS")
    r = scan("-a", folder).whole()
    same(len(r.messages), 11, "messages")


def moved_as_is(folder):
    """A new message that goes to cur/ under the very same name is found."""
    maildir(folder, 40)
    whole = scan("-a", "-j1", folder)
    for name in os.listdir(folder + "/new"):
        write(folder + "/old/" + name, b"")
    # The worker is stopped before it comes to new/, by a slow reader.
    for i in range(4000):
        write(folder + "/cur/%d.M%dP9.host:2," % (1600000000 + i, i),
              message("z%d" % i))
    child = start("-a", "-j1", folder, stdout=subprocess.PIPE)
    first = os.read(child.stdout.fileno(), 100)
    time.sleep(0.2)
    for name in os.listdir(folder + "/new"):
        os.rename(folder + "/new/" + name, folder + "/cur/" + name)
    out, _ = child.communicate(timeout=60)
    got = [json.loads(x) for x in (first + out).splitlines()]
    ids = {m["message_id"] for m in got if m["type"] == "message"}
    missing = [m["message_id"] for m in whole.messages
               if m["message_id"] not in ids]
    same(missing, [], "messages that moved")
    same(child.returncode, 1, "exit status")


def appends(path):
    n = 0
    with open(path, "ab", buffering=0) as f:
        while True:
            f.write(FROM + HEAD + b"Subject: late %d\n\nlate\n\n" % n)
            n += 1
            time.sleep(0 if n % 20 else 0.001)


def growing_mbox(folder):
    """An mbox that grows while it is scanned: all that was there is reported
    as it was, and the rest is whole messages."""
    for mib in (2, 80):
        box = Mbox("%s/%d/box" % (folder, mib))
        for i in range(mib):
            box.add(HEAD + b"Subject: %d\n\n" % i, LINES, b".\r\nend\n")
        box.close()
        with Busy(appends, box.path):
            for _ in range(5):
                r = scan("-a", "-j2", os.path.dirname(box.path)).whole()
                same((r.status, r.unreadable), (1, []), "exit status")
                got = [(m["offset"], m["length"]) for m in r.messages]
                same(got[:mib], box.messages, "messages")
                with open(box.path, "rb") as f:
                    for off, n in got[mib:mib + 50] + got[-50:]:
                        f.seek(off - len(FROM))
                        text = f.read(len(FROM) + n)
                        check(text.startswith(FROM + HEAD), "at %d" % off)


def vanishing_folder(folder):
    """A folder that vanishes is no error."""
    rng = random.Random(9)
    maildir(folder + "/stays", 50)
    for i in range(8):
        maildir(folder + "/goes", 2000)
        for part in ("/goes/sub", "/goes2"):
            for k in range(300):
                write("%s%s/%d" % (folder, part, k), message("g%d" % k))
        late = threading.Timer(rng.uniform(0, 0.02), shutil.rmtree,
                               (folder + "/goes", True))
        late.start()
        r = scan("-a", "-j2", folder).whole()
        late.join()
        same(r.status, 1, "exit status; %r" % r.unreadable[:2])
        same(sum("/stays/" in m["path"] for m in r.messages), 50, "messages")


def swaps(root, secret):
    while True:
        os.rename(root + "/box", root + "/aside")
        os.symlink(secret, root + "/box")
        os.unlink(root + "/box")
        os.rename(root + "/aside", root + "/box")
        os.rename(root + "/box/mail", root + "/box/m")
        os.symlink(secret + "/1.eml", root + "/box/mail")
        os.unlink(root + "/box/mail")
        os.rename(root + "/box/m", root + "/box/mail")


def hostile_owner(folder):
    """A folder that is swapped for a link all the time, 200 scans: nothing
    behind the link is reported."""
    secret, root = folder + "/secret", folder + "/mail"
    for name in ("1.eml", "mail", "cur/1:2,S", "sub/mail", "5"):
        write("%s/%s" % (secret, name),
              b"From: a\nMessage-ID: <TOPSECRET@x>\n\n.\r\nTOPSECRET\n")
    write(root + "/box/mail", message("open"))
    for name in ("1.eml", "cur/1:2,S", "sub/mail", "5"):
        write("%s/box/%s" % (root, name), message("open"))
    seen = scans = 0
    end = time.monotonic() + 60
    with Busy(swaps, root, secret):
        # How often it is there when a scan comes by is the kernel's affair.
        while scans < 200 or (seen <= 50 and time.monotonic() < end):
            scans += 1
            r = scan("-a", "-v", "-j1", root)
            check(b"TOPSECRET" not in r.out, "a secret in the report")
            check(all("Not a directory" in u["error"]
                      for u in r.unreadable), "%r" % r.unreadable)
            same(r.status == 2, r.unreadable != [], "exit status 2")
            seen += len(r.messages)
    check(seen > 50, "only %d messages in all scans" % seen)


def links_and_fifos(folder):
    """Links are followed only when they are named; a FIFO blocks nothing."""
    write(folder + "/real/a.eml", message("a"))
    mail = folder + "/mail"
    write(mail + "/b.eml", message("b"))
    os.symlink("../real/a.eml", mail + "/link.eml")
    os.symlink("../real", mail + "/folder")
    os.mkfifo(mail + "/fifo")
    os.mkfifo(mail + "/fifo.eml")
    for args, ids in (([mail], ["<b@x>"]), ([mail + "/link.eml"], ["<a@x>"]),
                      ([mail + "/folder"], ["<a@x>"]),
                      ([mail + "/folder/"], ["<a@x>"]),
                      ([mail + "/fifo", mail], ["<b@x>"])):
        for j in (0, 2):
            r = scan("-a", "-j%d" % j, *args, exe=SAN, limit=10).whole()
            same([m["message_id"] for m in r.messages], ids, "messages")
            same(r.status, 1, "exit status")


def rss(pid):
    try:
        with open("/proc/%d/status" % pid) as f:
            for line in f:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def most_memory(*args):
    """Scan; the most anonymous memory of the parent and of a worker, kB."""
    parent = worker = samples = 0
    with open(os.devnull, "wb") as null:
        child = start("-j2", *args, stdout=null, stderr=null)
        while child.poll() is None:
            parent = max(parent, rss(child.pid))
            for pid in children(child.pid):
                worker = max(worker, rss(pid))
            samples += 1
            time.sleep(0.002)
    same(child.returncode, 1, "exit status")
    check(samples > 3 and worker > 0, "%d samples" % samples)
    check(parent <= 64 * MIB, "the parent took %d kB" % parent)
    check(worker <= 24 * MIB, "a worker took %d kB" % worker)
    return parent, worker


def memory(folder):
    """A worker takes at most 24 MiB and the parent 64: for a line of 1.5
    GiB, an mbox of 150 MB with findings in all messages, 20,000 files."""
    path = write(folder + "/line.eml", HEAD + b"\n")
    with open(path, "r+b") as f:
        f.truncate(3 << 29)
    took = [most_memory(path)]
    os.unlink(path)
    box = Mbox(folder + "/box")
    block = (FROM + HEAD + b"\n" + b"text\n.\r\n" * 60 + b"\n") * 2000
    for _ in range(150 * 10 ** 6 // len(block)):
        box.raw(block)
    box.close()
    took.append(most_memory(folder + "/box"))
    took.append(most_memory("-a", folder + "/box"))
    os.unlink(folder + "/box")
    maildir(folder + "/Maildir", 20000)
    took.append(most_memory("-a", folder + "/Maildir"))
    print("# kB of parent and worker: %r" % took)


main([busy_maildir, flipping_flags, real_twins, moved_as_is, growing_mbox,
      vanishing_folder, hostile_owner, links_and_fifos, memory])
