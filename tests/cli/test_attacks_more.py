#!/usr/bin/python3
"""What may befall a repair that is under way: the disk, the limits, the clock,
signals, its own processes; rows 45 to 54 of the table in test_attacks.py.

Whatever happens: it is said; each message is the old or the repaired one, whole
and once, after `recover` at the latest; then all can be repaired, and undone.
"""
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "faults"))
import act                                              # noqa: E402
from act_lib import GROUP, OWNER, entry                 # noqa: E402
from harness import (FROM, OPT, Skip, check, main, need, same, shim,
                     write)                             # noqa: E402

CLEAN, FINDINGS, UNREADABLE, LATER = 0, 1, 2, 75
BIG = 300               # kB


def old(token, lines=3):
    return (b"From: a@b.example\nMessage-ID: <%s@x>\n\none\r\ntwo\rthree\n" %
            token.encode() + b"some more text\n" * lines + b"end\n")


def new(token, lines=3):
    return old(token, lines).replace(b"\r\n", b"\n").replace(b"\r", b" ")


def wire(data):
    return re.sub(rb"(?<!\r)\n", b"\r\n", data)


class Store:
    """A Maildir, an MH folder and an mbox with messages to be repaired, and a
    state folder elsewhere."""

    def __init__(self, folder, mail=None):
        self.mail, self.state = mail or folder + "/mail", folder + "/state"
        os.makedirs(self.state, 0o700, exist_ok=True)
        for part in ("cur", "new", "tmp"):
            os.makedirs("%s/M/%s" % (self.mail, part))
        self.lines = {}
        for i in range(5):
            name = "170000000%d.M%dP1.host" % (i, i)
            data = self.make("m%d" % i, BIG * 70 if i == 3 else 3)
            self.put("M/new/" + name if i > 3 else "M/cur/%s,S=%d,W=%d:2,S" %
                     (name, len(data), len(wire(data))), data)
        for i in (1, 2):
            self.put("mh/%d" % i, self.make("h%d" % i))
        self.put("box", b"".join(FROM + self.make("b%d" % i) + b"\n"
                                 for i in range(3)))
        for top, _, _ in os.walk(self.mail):
            os.chown(top, OWNER, GROUP)
        self.first = self.tree()

    def make(self, token, lines=3):
        self.lines[token] = lines
        return old(token, lines)

    def put(self, name, data):
        path = write(self.mail + "/" + name, data)
        os.chown(path, OWNER, GROUP)
        os.utime(path, ns=(1400000000987654321, 1500000000123456789))

    def tree(self):
        found = {}
        for top, _, names in os.walk(self.mail):
            for n in names:
                path = os.path.join(top, n)
                found[os.path.relpath(path, self.mail)] = entry(path)
        return found

    def run(self, *args, before=(), env=None, status=None,
            option="--state", **more):
        """The report, and what was said."""
        r = subprocess.run(
            [*before, OPT, *args, option, self.state],
            env=dict(os.environ, LC_ALL="C", **(env or {})),
            stdin=subprocess.DEVNULL, stdout=more.pop(
                "stdout", subprocess.PIPE), stderr=subprocess.PIPE,
            timeout=60, **more)
        text = r.stderr.decode(errors="replace")
        check("Sanitizer" not in text and "runtime error" not in text, text)
        check(status is None or r.returncode in status, "%s: status %d: %s" %
              (args, r.returncode, text or (r.stdout or b"")[-500:]))
        r.records = [json.loads(x) for x in (r.stdout or b"").splitlines()
                     if x.startswith(b"{")]
        r.said = text
        r.fates = {os.path.relpath(x["path"], self.mail): x["status"]
                   for x in r.records if x["type"] == "outcome"
                   and "status" in x}
        return r

    def fix(self, *args, **more):
        return self.run("fix", "--apply", "-f", "ndjson", "-j0", "--wait=0",
                        *args, self.mail, **more)

    def recover(self):
        return self.run("recover", status=(CLEAN,))

    def whole(self):
        """By token: it was repaired."""
        found = {}
        for path, e in self.tree().items():
            name = os.path.basename(path)
            check("/tmp/" not in path and ".baredot" not in path and
                  not path.endswith(".lock"), "left behind: " + path)
            texts = [e[0]] if path != "box" else [
                b[len(FROM):-1] for b in re.split(
                    rb"^(?=From a@)", e[0], flags=re.M)[1:]]
            for text in texts:
                token = re.search(rb"<(\w+)@x>", text).group(1).decode()
                check(token not in found, "twice: " + token)
                forms = [f(token, self.lines[token]) for f in (old, new)]
                check(text in forms, "%s: %r" % (path, text[:300]))
                found[token] = text == forms[1]
            for said in re.findall(r",S=(\d+)", name):
                same(int(said), len(e[0]), "S= of " + name)
        same(set(found), set(self.lines), "messages")
        return found

    def undo(self):
        runs = [json.loads(x)["run"] for x in self.run(
            "runs", "-f", "ndjson", status=(CLEAN,)).stdout.splitlines()]
        for run in sorted(runs, reverse=True):
            self.run("undo", run, "--apply", status=(CLEAN,))
        now = self.tree()
        same([p for p in sorted(set(now) | set(self.first))
              if now.get(p) != self.first.get(p)], [], "not as it was")

    def all_is_well(self):
        """It can be settled, done and undone."""
        self.recover()
        self.whole()
        self.fix(status=(CLEAN,))
        same(set(self.whole().values()), {True}, "repaired")
        self.undo()


def need_root():
    if os.geteuid() != 0:
        raise Skip("needs root")


class Image:
    """A file system in a file, mounted until the end of the block."""

    def __init__(self, folder, megabytes, *mkfs):
        need_root()
        self.path, self.top = folder + ".img", folder
        os.makedirs(folder)
        with open(self.path, "wb") as f:
            f.truncate(megabytes << 20)
        subprocess.run([*mkfs, self.path], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        self.mount()
        return self

    def mount(self):
        r = subprocess.run(["mount", "-o", "loop", self.path, self.top],
                           stderr=subprocess.PIPE)
        if r.returncode:
            raise Skip("cannot mount: %s" %
                       r.stderr.decode().split("\n")[0][:60])

    def unmount(self):
        subprocess.run(["umount", self.top], check=True)

    def __exit__(self, *_):
        self.unmount()
        os.unlink(self.path)


# --- 45

def quota(*args):
    r = subprocess.run(["btrfs", *args], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
    if r.returncode:
        raise Skip("no quotas here: %s" % r.stdout.decode().strip()[:60])
    return r.stdout.decode().strip()


def quota_is_used_up(folder):
    """45. A quota that is used up, at once or in the middle of a message: that
    is said, and with more of it all is done."""
    need("mkfs.btrfs")
    with Image(folder + "/disk", 128, "mkfs.btrfs", "-q") as image:
        quota("quota", "enable", image.top)
        for kb in (0, 100, 200, 400, 600):
            where = "%s/%d" % (image.top, kb)
            quota("subvolume", "create", where)
            group = "0/" + quota("inspect-internal", "rootid", where)
            store = Store("%s/%d" % (folder, kb), where + "/mail")
            os.sync()
            used = 16 + sum(len(e[0]) for e in store.first.values()) // 1024
            quota("qgroup", "limit", "%dK" % (used + kb), group,
                  image.top)
            r = store.fix(status=(FINDINGS, UNREADABLE, CLEAN))
            print("# %d kB: %s" % (kb, sorted(r.fates.values())))
            text = r.said + r.stdout.decode()
            check(kb > 400 or "quota" in text.lower(), text[-600:])
            check(r.returncode == UNREADABLE or kb > 400, "status %d" %
                  r.returncode)
            store.whole()
            quota("qgroup", "limit", "none", group, image.top)
            store.all_is_well()


# --- 46

def fault(call, do, **more):
    env = {"FAULT_CALL": call, "FAULT_DO": str(do),
           "LD_PRELOAD": shim("fault")}
    env.update({"FAULT_" + k.upper(): str(v) for k, v in more.items()})
    return env


def read_errors(folder):
    """46. EIO at the n-th read of a message, while it is looked at and while
    it is repaired: that is said, and nothing half is left."""
    for name, step in (("M1P1", 1), ("M3P1", 4), ("/box", 2), ("/blobs/", 7)):
        seen, quiet = {}, 0
        for n in range(1, 150, step):
            store = Store("%s/%d-%d" % (folder, step, n))
            r = store.fix(env=fault("read", 5, name=name, at=n),
                          status=(CLEAN, FINDINGS, UNREADABLE))
            quiet = quiet + 1 if r.returncode == CLEAN else 0
            if quiet == 3:              # there is no n-th one
                break
            text = r.said + r.stdout.decode()
            check(quiet or "Input/output error" in text or
                  "cannot be read" in text, "%d: %s" % (n, text[-600:]))
            seen[r.returncode] = seen.get(r.returncode, 0) + 1
            store.all_is_well()
        print("# %s: up to %d reads, by status: %s" % (name, n, seen))
        check(len(seen) > 1, "by status: %s" % seen)


# --- 48

def disk_turns_read_only(folder):
    """48. The file system turns read-only in the middle: after it was checked
    and mounted again all is settled."""
    with Image(folder + "/disk", 32, "mkfs.ext4", "-q") as image:
        bench = act.Bench(image.top, act.BUILD)
        try:
            turns_read_only(bench, image)
        finally:
            bench.driver.close()


def turns_read_only(bench, image):
    for case in [c for c in act.CASES if c.name in (
            "fix cur", "quarantine cur", "undo cur", "mbox")]:
        total = bench.calls(case)
        done = 0
        for n in range(5, total, max(1, total // 7)):
            box, place, first = bench.setup(case)
            os.sync()
            r = bench.driver.run(
                "%d:p" % n, *case.args(case.op, box, place),
                peer=lambda: subprocess.run(["mount", "-o", "remount,abort",
                                             image.top], check=True))
            done += r.status == 0
            check(r.status == 0 or r.lines, "%s at %d: nothing is said" % (
                case.name, n))
            image.unmount()
            checked = subprocess.run(["e2fsck", "-fy", image.path],
                                     stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT)
            check(checked.returncode in (0, 1), checked.stdout)
            image.mount()
            bench.recover(box)
            bench.settled(case, box, first, None)
            bench.undone(box, first)
        # At the last calls there may be nothing left to be written.
        check(done <= 2, "%s: done %d times" % (case.name, done))


# --- 49

def few_descriptors(folder):
    """49. With few file descriptors it works, or says what it could not."""
    fates = {}
    for n in range(4, 46, 4):
        store = Store("%s/%d" % (folder, n))

        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))

        r = store.fix(preexec_fn=limit)
        fates[r.returncode] = fates.get(r.returncode, 0) + 1
        # LATER: there were too few to settle what was done.
        check(r.returncode in (CLEAN, FINDINGS, UNREADABLE, LATER, 127),
              "%d" % r.returncode)
        check(r.returncode == CLEAN or "oo many open files" in r.said +
              r.stdout.decode() or n < 8, "%d: %s" % (n, r.said))
        if r.returncode == CLEAN:
            same(set(store.whole().values()), {True}, "repaired")
        store.all_is_well()
    print("# by status: %s" % fates)
    check(fates.get(CLEAN, 0) > 2 and fates.get(UNREADABLE, 0) > 2,
          "status: %s" % fates)


# --- 51

def clocks(folder):
    """51. A clock that jumps, or is before 1970 or after 2038: all is done and
    undone, and times of messages stay what they are."""
    for at, step in ((-86400, 1), (0, 0), (2 ** 31 - 2, 1), (2 ** 32 - 1, 1),
                     (2 ** 33, -3600), (1700000000, -86400)):
        store = Store("%s/%d" % (folder, at))
        for i, path in enumerate(sorted(store.first)):
            os.utime(store.mail + "/" + path, ns=(
                (-1 if i % 2 else 1) * (2 ** 31 + i) * 10 ** 9 + 1,
                (1 if i % 2 else -1) * (2 ** 31 - 2 + i) * 10 ** 9 + 7))
        store.first = store.tree()
        env = {"LD_PRELOAD": shim("clock"), "CLOCK_AT": str(at),
               "CLOCK_STEP": str(step)}
        store.fix(env=env, status=(CLEAN,))
        same(set(store.whole().values()), {True}, "repaired")
        r = store.run("runs", "-f", "ndjson", status=(CLEAN,), env=env)
        times = [x["time"] for x in r.records]
        same(len(times), 1, "runs")
        # Before 1970 there is no time that it could say.
        check(times[0][:4] == (str(time.gmtime(at).tm_year) if at >= 0 else
                               ""), "%d: %s" % (at, times[0]))
        store.run("undo", "last", "--apply", env=env, status=(CLEAN,))
        same([p for p, e in store.tree().items() if store.first[p] != e], [],
             "not as it was")


# --- 52

STEPS = ("openat", "openat2", "pread64", "pwrite64", "fsync", "fdatasync",
         "renameat2", "linkat", "unlinkat", "sendmsg", "poll", "utimensat")


def calls_of(store):
    """How often each call is made in a repair, by the process that acts."""
    log = store.state + ".calls"
    store.fix(before=["strace", "-o", log, "-e", "trace=" + ",".join(STEPS)],
              status=(CLEAN,))
    with open(log, errors="replace") as f:
        names = [line.split("(")[0] for line in f]
    if not names:
        raise Skip("strace does not work here")
    return {s: names.count(s) for s in STEPS}


def signals(folder):
    """52. SIGTERM, SIGINT, SIGHUP, SIGPIPE and SIGXFSZ at steps of a repair:
    what was begun is finished, the rest is not begun."""
    need("strace")
    counts = calls_of(Store(folder + "/calls"))
    todo = [(c, n) for c in STEPS for n in range(
        1, counts[c] + 1, max(1, counts[c] // 2))]
    print("# %d of %d calls" % (len(todo), sum(counts.values())))
    stopped = too_early = 0
    for i, (call, n) in enumerate(todo):
        for sig in ("TERM", "INT", "HUP", "PIPE", "XFSZ")[i % 3::3]:
            store = Store("%s/%s-%d-%s" % (folder, call, n, sig))
            r = store.fix(before=[
                "strace", "-o", "/dev/null", "-e",
                "inject=%s:signal=%s:when=%d" % (call, sig, n)])
            # Before anybody listens it ends it.
            early = r.returncode < 0 and not r.records
            too_early += early
            stopped += r.returncode == LATER
            check(early or r.returncode == CLEAN or r.returncode == LATER and
                  sig not in ("PIPE", "XFSZ"), "%s at %s %d: status %d, %s" %
                  (sig, call, n, r.returncode, r.said))
            if r.returncode == LATER:
                last = r.records[-1]
                same((last["type"], last["exit_status"]), ("summary", LATER),
                     "the end of the report")
                check(last["partial"] or len(r.fates) == 8, "not partial")
            done = [p for p, s in r.fates.items() if s == "done"]
            found = store.whole()       # without recovery
            same(sum(found.values()), sum(3 if p == "box" else 1
                                          for p in done), "repaired")
            if i % 9 == 0:
                store.all_is_well()
    print("# stopped %d times" % stopped)
    check(stopped > 10, "it was stopped %d times" % stopped)
    check(too_early < stopped, "%d times it was ended before" % too_early)


def signals_in_undo(folder):
    """52. SIGTERM and SIGHUP at steps of undoing: the next one finishes it."""
    need("strace")
    killed = 0
    for call in ("openat2", "pwrite64", "fdatasync", "linkat", "renameat2",
                 "unlinkat"):
        for n, sig in ((1, "TERM"), (4, "HUP"), (9, "TERM")):
            store = Store("%s/%s-%d" % (folder, call, n))
            store.fix(status=(CLEAN,))
            r = store.run("undo", "last", "--apply", "-f", "ndjson", before=[
                "strace", "-o", "/dev/null", "-e",
                "inject=%s:signal=%s:when=%d" % (call, sig, n)])
            killed += r.returncode < 0
            store.recover()
            store.whole()
            store.undo()
    print("# killed %d times" % killed)
    check(killed > 5, "it was killed %d times" % killed)


def limits_of_size(folder):
    """52. No file may become larger than a limit (SIGXFSZ), and whoever reads
    the report goes away (SIGPIPE): the rest is whole."""
    fates = set()
    for kb in (0, 1, 64, 200, 299, 600):
        store = Store("%s/%d" % (folder, kb))

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (kb << 10, kb << 10))

        r = store.fix(preexec_fn=limit)
        fates.add(r.returncode)
        check(r.returncode == (CLEAN if kb == 600 else UNREADABLE),
              "%d kB: status %d" % (kb, r.returncode))
        check(kb == 600 or "File too large" in r.said + r.stdout.decode(),
              r.said)
        store.all_is_well()
    store = Store(folder + "/pipe")
    ours, its = os.pipe()
    os.close(ours)
    r = store.fix(stdout=its)
    os.close(its)
    same((r.returncode, r.said), (LATER, ""), "nobody reads the report")
    store.whole()
    store.all_is_well()


# --- 53

def mender_dies(folder):
    """53. The process that reads messages is killed, hangs or lies dead: one
    file is not repaired, the others are."""
    for how, args in (("abort", ()), ("hang", ("--timeout=1",))):
        # A mailbox file is read from its copy.
        for name, key, also in (("M1P1", "M/cur/", 0), ("mh/1", "mh/1", 0),
                                ("/blobs/", "box", 2)):
            store = Store("%s/%s-%s" % (folder, how, key.replace("/", "")))
            r = store.fix(*args, env=fault("read", how, name=name,
                                           who="worker"))
            same(r.returncode, FINDINGS, r.said)
            bad = [p for p, s in r.fates.items() if s != "done"]
            same((len(bad), len(r.fates)), (1, 8), "fates: %s" % r.fates)
            check(bad[0].startswith(key) and r.fates[bad[0]] == "refused",
                  str(r.fates))
            found = store.whole()
            same(sum(not x for x in found.values()), 1 + also, "not repaired")
            same(store.tree()[bad[0]][:5], store.first[bad[0]][:5], "changed")
            store.all_is_well()


# --- 54

def stale_locks(folder):
    """54. A lock file from before a crash: ours goes, and that of another is
    respected, however old, and named."""
    need("strace")
    killed = 0
    for call in ("linkat", "fdatasync", "renameat2", "unlinkat"):
        for n in (1, 2, 3):
            store = Store("%s/%s%d" % (folder, call, n))
            lock = store.mail + "/box.lock"
            store.run("fix", "--apply", "-f", "ndjson", store.mail + "/box",
                      before=["strace", "-o", "/dev/null", "-e",
                              "inject=%s:signal=KILL:when=%d" % (call, n)])
            killed += os.path.exists(lock)
            store.recover()
            store.whole()
            check(not os.path.exists(lock), "our lock file stayed")
    check(killed > 3, "killed %d times while it held the lock" % killed)
    store.all_is_well()

    for op, option in (("fix", "--state"), ("quarantine", "--into")):
        store = Store(folder + "/" + op)
        lock = write(store.mail + "/box.lock", b"4194305\n")
        os.utime(lock, (1000000000, 1000000000))
        r = store.run(op, "--apply", "-f", "ndjson", "--wait=0",
                      "--min-severity=low", store.mail, option=option)
        same((r.fates.pop("box"), r.returncode), ("busy", LATER), op)
        same(set(r.fates.values()), {"done"}, "the others, " + op)
        check("lock file" in [x["why"] for x in r.records if x["type"] ==
                              "outcome" and x["status"] == "busy"][0],
              "it is not said what is in the way")
        same((store.tree()["box"], os.path.exists(lock)),
             (store.first["box"], True), "the mailbox, the lock file")
        os.unlink(lock)


if __name__ == "__main__":
    if os.access("/dev/shm", os.W_OK):
        tempfile.tempdir = "/dev/shm"
    main([quota_is_used_up, read_errors, disk_turns_read_only,
          few_descriptors, clocks, signals, signals_in_undo, limits_of_size,
          mender_dies, stale_locks])
