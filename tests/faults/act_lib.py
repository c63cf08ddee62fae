"""What act.py and act_model.py share: the driver, a small store, and what must
hold of it whatever happened."""
import os
import shutil
import subprocess
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
OWNER = 12321 if os.geteuid() == 0 else os.geteuid()
GROUP = 12322 if os.geteuid() == 0 else os.getegid()
OLD_TIME = 1500000000123456789
ACCESS = 1400000000987654321
PATIENCE = 10           # seconds, for a thread that should be through

HEAD = b"From: a@b.example\nSubject: %s\n\n"
OLD = HEAD % b"target" + b"one\r\ntwo\n" + b"x" * 60 + b"\n.\nend\n"
STEM = "1700000000."             # of the target's names, and only of those
ALONG = "171000000"              # of others that are changed with it


def crlf(data):
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


NEW = crlf(OLD)
OTHERS = ((ALONG + "0.M5P5.host:2,F", OLD + b"longer\n"),
          (ALONG + "1.M6P6.host", crlf(OLD)))      # nothing to do


def sizes(data):
    return ",S=%d,W=%d" % (len(data), len(crlf(data)))


class Violation(Exception):
    pass


def must(condition, text):
    if not condition:
        raise Violation(text)


class Result:
    def __init__(self, status, calls, writes, lines):
        self.killed = os.WIFSIGNALED(status)
        self.status = -os.WTERMSIG(status) if self.killed else \
            os.WEXITSTATUS(status)
        self.calls, self.writes, self.lines = calls, writes, lines

    @property
    def outcome(self):
        got = [x.split()[1] for x in self.lines if x.startswith("outcome")]
        return got[-1] if got else None


class Driver:
    """A process that does each operation in a child of its own."""

    def __init__(self, build, inodes=None, trace=None, user=None, lacks=""):
        env = dict(os.environ, LD_PRELOAD=build + "/act_fault.so")
        if lacks:
            env.update(ACT_LACKS=lacks, ACT_MAY="3")
        if inodes:
            env["ACT_INODES"] = inodes
        if trace:
            env["ACT_TRACE"] = trace
        who = {} if user is None else {
            "user": user, "group": GROUP, "extra_groups": []}
        self.child = subprocess.Popen(
            [build + "/act_driver"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=env, **who)

    def run(self, fault, *args, peer=None):
        line = "\t".join((fault,) + args) + "\n"
        self.child.stdin.write(os.fsencode(line))
        self.child.stdin.flush()
        lines = []
        while True:
            got = self.child.stdout.readline().decode(errors="replace")
            must(got, "the driver died: %r" % line)
            got = got.rstrip("\n")
            if got == "pause":
                if peer:
                    peer()
                self.child.stdin.write(b"g")
                self.child.stdin.flush()
            elif got.startswith("end "):
                return Result(*map(int, got.split()[1:]), lines)
            else:
                lines.append(got)

    def close(self):
        self.child.stdin.close()
        self.child.wait()


class Waiter(threading.Thread):
    """Does something that may have to wait for the driver: open(2) of a file
    that has a lease does."""

    def __init__(self, what, *args):
        threading.Thread.__init__(self, daemon=True)
        self.what, self.args = what, args
        self.error = None
        self.tid = None

    def run(self):
        self.tid = threading.get_native_id()
        try:
            self.what(*self.args)
        except Exception as why:        # tell it where it is waited for
            self.error = why

    def begin(self):
        """Let it go as far as it can."""
        self.start()
        for _ in range(40):
            self.join(0.001)
            if not self.is_alive() or self.waits():
                return

    def waits(self):
        try:
            with open("/proc/self/task/%d/wchan" % self.tid) as f:
                word = f.read()
        except (OSError, TypeError):
            return False
        return "lease" in word or "lock" in word or "nanosleep" in word

    def end(self):
        if self.ident is not None:
            self.join(PATIENCE)
            must(not self.is_alive(), "somebody waits for ever")
        if self.error is not None:
            raise Violation("%r" % self.error)


def entry(path):
    """All that must come back: bytes, mode, owner, times, attributes."""
    st = os.lstat(path)
    if os.path.islink(path):
        return ("link", os.readlink(path))
    fd = os.open(path, os.O_RDONLY | os.O_NOATIME | os.O_NONBLOCK)
    try:
        data = os.read(fd, 1 << 20)
        attrs = tuple(sorted((k, os.getxattr(fd, k))
                             for k in os.listxattr(fd)))
    finally:
        os.close(fd)
    return (data, st.st_mode, st.st_uid, st.st_gid, st.st_mtime_ns,
            st.st_atime_ns, attrs)


class Box:
    """A Maildir M, an MH folder H, a folder of mboxes S, another Maildir T,
    a copy B of one, without tmp/, and a state folder."""

    FOLDERS = ("M/cur", "M/new", "M/tmp", "H", "S", "T/cur", "T/new",
               "T/tmp", "B/cur", "B/new")

    def __init__(self, path, user=None):
        """user: who else than root will act, so that state can be made."""
        self.path = path
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        if user is not None:
            os.chown(path, user, GROUP)
        for f in ("M", "T", "B") + self.FOLDERS:
            self.make(f)
        self.state = path + "/state"
        self.put("M/cur/1600000000.M2P2.host" + sizes(b"other\n") + ":2,",
                 b"other\n")
        self.put("M/new/1600000001.M3P3.host", b"new\n")
        self.put("H/7", b"seven\n")
        self.put("M/maildirsize", b"1000000S\n%12d 2\n" % 10)

    def make(self, folder):
        os.mkdir(self.path + "/" + folder)
        os.chown(self.path + "/" + folder, OWNER, GROUP)
        os.chmod(self.path + "/" + folder, 0o700)

    def crashed(self, where):
        """What is there before somebody recovers."""
        if where == "comes" and not os.path.exists(self.path + "/B/tmp"):
            self.make("B/tmp")

    def put(self, name, data, mode=0o600, attrs=()):
        path = self.path + "/" + name
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, mode)
        for k, v in attrs:
            os.setxattr(path, k, v)
        os.chown(path, OWNER, GROUP)
        os.utime(path, ns=(ACCESS, OLD_TIME))
        return path

    def target(self, where):
        """The message that is acted on, odd in every way that is allowed."""
        name = {"new": STEM + "M1P1.host", "mh": STEM, "mbox": STEM}.get(
            where, STEM + "M1P1.host" + sizes(OLD) + ":2,S")
        folder = {"new": "M/new", "mh": "H", "mbox": "S", "bare": "B/cur",
                  "comes": "B/cur", "sized": "H"}.get(where, "M/cur")
        self.put(folder + "/" + name, OLD, 0o640,
                 [("user.note", b"kept\0 \n")])
        if where == "many":
            for n, data in OTHERS:
                self.put("M/cur/" + n, data)
        if folder.startswith("M/"):
            with open(self.path + "/M/maildirsize", "ab") as f:
                f.write(b"%12d 1\n" % len(OLD))
                if where == "many":
                    f.writelines(b"%12d 1\n" % len(d) for _, d in OTHERS)
        return (self.path + "/" + folder, name) + tuple(
            n for n, _ in OTHERS if where == "many")

    def quota(self):
        """(bytes, messages) that maildirsize does not know of."""
        with open(self.path + "/M/maildirsize") as f:
            lines = [x.split() for x in f.read().split("\n")[1:-1]]
        sizes = [os.lstat("%s/M/%s/%s" % (self.path, f, n)).st_size
                 for f in ("cur", "new")
                 for n in os.listdir(self.path + "/M/" + f)]
        return (sum(sizes) - sum(int(x) for x, _ in lines),
                len(sizes) - sum(int(x) for _, x in lines))

    def snapshot(self):
        found = {}
        more = ("B/tmp",) if os.path.exists(self.path + "/B/tmp") else ()
        for f in self.FOLDERS + more:
            for name in os.listdir(self.path + "/" + f):
                path = self.path + "/" + f + "/" + name
                if not os.path.isdir(path) or os.path.islink(path):
                    found[f + "/" + name] = entry(path)
        return found


def is_target(path):
    return os.path.basename(path).startswith(STEM)


def messages(snap):
    """Where the target is: [(path, entry)]."""
    return [(p, e) for p, e in snap.items()
            if is_target(p) and "/tmp/" not in p]


def no_residue(snap):
    left = [p for p in snap if "/tmp/" in p or "/.baredot" in p or
            p.endswith(".lock")]
    must(not left, "left behind: %s" % left)


def others_same(snap, first):
    a = {p: e for p, e in snap.items() if not is_target(p) and
         "/" + ALONG not in p}
    b = {p: e for p, e in first.items() if not is_target(p) and
         "/" + ALONG not in p}
    must(a == b, "other messages: %s, were %s" % (sorted(a), sorted(b)))


def along(snap, first):
    """Those that are changed with the target; how many were."""
    changed = 0
    for i in range(len(OTHERS)):
        stem = "/%s%d." % (ALONG, i)
        was = [e for p, e in first.items() if stem in p]
        now = [(p, e) for p, e in snap.items() if stem in p and
               "/tmp/" not in p]
        must(len(now) == len(was), "%s: %d times" % (stem, len(now)))
        for p, e in now:
            must(e[0] in (was[0][0], crlf(was[0][0])) and
                 e[1:] == was[0][1:], "%s: %r" % (p, e))
            right_name(p, e[0])
            changed += e[0] != was[0][0]
    return changed


def right_name(path, data):
    name = os.path.basename(path)
    base = name.split(":")[0]
    for field, wanted in (("S", len(data)), ("W", len(crlf(data)))):
        got = [x[2:] for x in base.split(",")[1:] if x[:2] == field + "="]
        must(not got or got == [str(wanted)],
             "the name has %s=%s, not %d" % (field, got, wanted))
    return name


def fates(lines):
    """[(act, fate)] of all intents, the last last."""
    return [tuple(x.split()[4:6]) for x in lines if x.startswith("past ")]
