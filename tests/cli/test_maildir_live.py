"""Real programs deliver to a Maildir, read it and change its flags while it is
repaired over and over again: no message is lost, none is there twice, each is
the old one or the repaired one, and Dovecot has nothing to complain about.
"""
import fcntl
import imaplib
import json
import os
import pty
import random
import re
import select
import socket
import struct
import subprocess
import termios
import threading
import time

from harness import OPT, SAN, check, main, same, write
from test_mbox_live import LDA, Post, USER, install, need

SECONDS = 8
TEXT = (b"From: a@b.example\nTo: c@d.example\nMessage-ID: <%s@x>\n"
        b"Subject: %s\n\ntext of %s\nwith a CR\rin it\nCRLF here\r\n"
        b"twice\r\r\nand a dot\n.\r\nof its own\nand some more\nend\n")
TOKEN = re.compile(rb"^Message-ID: <([a-z]+-\d+)@x>\r?$", re.M)
ENOUGH = 3              # times that a message was looked for in vain
DOVECOT = """base_dir = %(run)s
state_dir = %(run)s
log_path = %(run)s/log
listen = 127.0.0.1
protocols = imap
ssl = no
disable_plaintext_auth = no
default_internal_user = %(user)s
default_internal_group = %(group)s
default_login_user = %(user)s
mail_location = maildir:%(home)s/Maildir
first_valid_uid = 1
postmaster_address = postmaster@example.com
hostname = host.example.com
service imap-login {
  chroot =
  inet_listener imap {
    port = %(port)d
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
passdb {
  driver = static
  args = password=x
}
userdb {
  driver = static
  args = uid=%(user)s gid=%(group)s home=%(home)s
}
"""


def repaired(data):
    """As a naive reader would do it."""
    return re.sub(rb"\r+\n", b"\n", data).replace(b"\r", b" ")


def wire(data):
    return re.sub(rb"(?<!\r)\n", b"\r\n", data)


def forms(token):
    """As it was sent, as dovecot-lda stores it; as it is repaired."""
    raw = TEXT % ((token,) * 3)
    return (raw, raw.replace(b"\r\n", b"\n")), repaired(raw)


def is_old(m):
    return m.data.endswith(forms(m.token)[0])


def is_new(m):
    return m.data.endswith(forms(m.token)[1])


class Message:
    def __init__(self, path):
        self.path, self.name = path, os.path.basename(path)
        with open(path, "rb") as f:
            self.data = f.read()
            self.links = os.fstat(f.fileno()).st_nlink
        self.token = TOKEN.search(self.data).group(1)
        self.flags = (self.name.split(":2,") + [""])[1]

    def check(self):
        check(is_old(self) or is_new(self), "neither old nor repaired: %r" %
              self.data)
        added = self.data[:self.data.index(b"From: a@b.example\n")]
        check(b"\r" not in added and b"\n\n" not in added, repr(added))
        for field, size in (("S", len(self.data)),
                            ("W", len(wire(self.data)))):
            for said in re.findall(",%s=(\\d+)" % field, self.name):
                same(int(said), size, "%s= of %s" % (field, self.name))


class Maildir(Post):
    """A Maildir, those who use it, and what they did."""

    text, pause = TEXT, 0.05

    def __init__(self, folder):
        Post.__init__(self, folder)
        self.top = self.home + "/Maildir"
        self.state = folder + "/state"
        os.mkdir(self.state, 0o700)
        for part in ("", "/cur", "/new", "/tmp"):
            os.mkdir(self.top + part)
        self.own(self.home)
        self.runs, self.outcomes, self.failures = [], {}, []

    def messages(self, sub=""):
        """By token; each is there once, and whole."""
        found = {}
        same(os.listdir(self.top + sub + "/tmp"), [], "tmp/")
        for part in ("/cur/", "/new/"):
            for name in os.listdir(self.top + sub + part):
                m = Message(self.top + sub + part + name)
                m.check()
                check(m.token not in found, "twice: %s and %s" % (
                    m.path, m.token in found and found[m.token].path))
                found[m.token] = m
        return found

    def baredot(self, *args, exe=SAN):
        r = subprocess.run([exe, *args, "--state", self.state, "-f",
                            "ndjson"], stdin=subprocess.DEVNULL, timeout=60,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        check(r.returncode in (0, 1) and b"Sanitizer" not in r.stderr,
              r.stderr.decode(errors="replace") +
              r.stdout[-300:].decode(errors="replace"))
        return [json.loads(line) for line in r.stdout.splitlines()]

    def fix(self, exe=SAN):
        """What came of it, and of how many files."""
        found = {}
        for r in self.baredot("fix", "--apply", "-j1", self.top, exe=exe):
            if r["type"] == "outcome":
                found[r["status"]] = found.get(r["status"], 0) + 1
            if r["type"] == "summary" and r["acts"].get("run"):
                self.runs.append(r["acts"]["run"])
        return found

    def repair(self):
        while time.monotonic() < self.until:
            for status, n in self.fix(OPT).items():
                self.outcomes[status] = self.outcomes.get(status, 0) + n
            time.sleep(0.03)

    def guarded(self, work, *args):
        try:
            work(*args)
        except Exception as why:
            self.failures.append("%s%s: %s: %s" % (
                getattr(work, "__name__", work), args, type(why).__name__,
                why))

    def live(self, seconds, *works):
        """All at once until the time is up."""
        self.until = time.monotonic() + seconds
        threads = [threading.Thread(target=self.guarded, args=w)
                   for w in works + ((self.repair,),)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        same(self.failures, [], "what went wrong")
        print("# %d delivered, %d refused; repairs: %s, in %d runs" % (
            len(self.sent), len(self.failed), self.outcomes, len(self.runs)))
        check(len(self.sent) >= 40, "too little was delivered: %s" %
              self.failed[:3])
        check(self.outcomes.get("done", 0) >= 20, "too few repairs")
        check(set(self.outcomes) <= {"done", "refused", "gone", "changed",
                                     "busy"}, str(self.outcomes))

    def delivered(self):
        same([f for f in self.failed], [], "deliveries that failed")
        return {name for name, _ in self.sent}

    def all_repaired(self):
        """What came last is repaired now; what has more names is not."""
        for _ in range(3):
            self.fix()
        left = [m.path for m in self.messages().values()
                if not is_new(m) and m.links == 1]
        same(left, [], "not repaired")

    def take_back(self, renamed=0):
        """Undo all runs, the last first: what is there is as it was
        delivered, but for what has more names, or got another name."""
        before, count = set(self.messages()), {}
        for run in reversed(self.runs):
            for r in self.baredot("undo", run, "--apply"):
                if r["type"] == "outcome":
                    count[r["outcome"]] = count.get(r["outcome"], 0) + 1
        print("# undone: %s" % count)
        after = self.messages()
        same(set(after), before, "messages after undo")
        left = [m.path for m in after.values() if not is_old(m) and
                m.links == 1]
        check(len(left) <= renamed, "not as they were: %s" % left)
        check(set(count) <= {"done", "gone", "refused"}, str(count))
        check(count.get("done", 0) >= 20, "too few were undone")


# --- those who deliver

def procmail(post):
    rc = write(post.home + "/procmailrc",
               b":0\n%s/\n" % post.top.encode())
    post.own(post.home)
    return ["procmail", "-f", "a@b.example", "-m", rc]


def maildrop(post):
    rc = write(post.home + "/mailfilter",
               b"to \"%s/\"\n" % post.top.encode())
    post.own(post.home)
    return ["maildrop", rc]


def dovecot_lda(post):
    return [LDA, "-c", post.conf, "-e"]


# --- Dovecot

class Dovecot:
    """All of it as one user, on a port of 127.0.0.1, until the end."""

    def __init__(self, post):
        self.post, self.run = post, post.folder + "/run"
        os.mkdir(self.run)
        os.chown(self.run, post.uid, post.gid)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        group = subprocess.run(["id", "-gn", USER], stdout=subprocess.PIPE)
        post.conf = write(post.folder + "/dovecot.conf", (DOVECOT % {
            "run": self.run, "home": post.home, "user": USER,
            "port": self.port, "group": group.stdout.decode().strip(),
        }).encode())
        os.chmod(post.conf, 0o644)

    def __enter__(self):
        self.child = subprocess.Popen(
            ["dovecot", "-F", "-c", self.post.conf], preexec_fn=self.post.be,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        for _ in range(200):
            time.sleep(0.05)
            try:
                self.connect().logout()
                return self
            except OSError:
                pass
        raise Exception("Dovecot does not answer: %s" % self.log())

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait(20)

    def connect(self):
        m = imaplib.IMAP4("127.0.0.1", self.port, timeout=30)
        m.login(USER, "x")
        m.select("INBOX")
        return m

    def log(self):
        with open(self.run + "/log", errors="replace") as f:
            return f.read()

    def complaints(self, since=0):
        return [line for line in self.log()[since:].splitlines()
                if re.search("Error|Panic|Fatal", line)]

    def doveadm(self, *args):
        return self.post.run(["doveadm", "-c", self.post.conf, "-f", "tab",
                              *args], b"")

    def agrees(self, found):
        """Its sizes and bodies are those on the disk, without complaints."""
        since = len(self.log())
        r = self.doveadm("fetch", "hdr.message-id size.physical "
                         "size.virtual", "mailbox", "INBOX")
        same(r.returncode, 0, r.stdout[-300:])
        got = {line.split(b"\t")[0]: line.split(b"\t")[1:]
               for line in r.stdout.splitlines()[1:]}
        same(got, {b"<%s@x>" % m.token: [b"%d" % len(m.data),
                                         b"%d" % len(wire(m.data))]
                   for m in found.values()}, "sizes")
        m = self.connect()
        bodies = [x[1] for x in m.fetch("1:*", "(BODY.PEEK[])")[1]
                  if isinstance(x, tuple)]
        m.logout()
        same(sorted(bodies), sorted(wire(x.data) for x in found.values()),
             "bodies")
        same(self.complaints(since), [], "complaints")


class Client:
    """An IMAP session that does one thing after the other."""

    def __init__(self, server, seed):
        self.server, self.rng = server, random.Random(seed)
        self.m = server.connect()
        self.asked = {}         # to be expunged; how often not found since
        self.copied, self.flagged = set(), set()
        self.count = {}

    def uid(self, *args):
        typ, data = self.m.uid(*args)
        self.count[args[0], typ] = self.count.get((args[0], typ), 0) + 1
        return typ == "OK", data

    def uids(self, *what):
        return self.uid("SEARCH", *what)[1][0].split()

    def use(self, *deeds):
        while time.monotonic() < self.server.post.until:
            try:
                self.m.noop()
                for uid in self.uids("ALL")[-40:]:
                    if self.rng.random() < 0.2:
                        self.one(uid, self.rng.choice(deeds))
                    self.look_again()
            except imaplib.IMAP4.abort:         # a fetch that failed
                self.count["abort"] = self.count.get("abort", 0) + 1
                self.m = self.server.connect()
        self.m.logout()

    def one(self, uid, deed):
        ok, data = self.uid("FETCH", uid, "(BODY.PEEK[HEADER])")
        if ok and isinstance(data[0], tuple):
            token = TOKEN.search(data[0][1]).group(1)
            if token not in self.asked:
                deed(self, uid, token)

    def read(self, uid, token):
        ok, data = self.uid("FETCH", uid, "(RFC822.SIZE BODY.PEEK[])")
        if not ok or not isinstance(data[0], tuple):
            return
        old, new = forms(token)
        check(data[0][1].endswith(tuple(wire(x) for x in old + (new,))),
              "it read %r" % (data[0],))

    def flag(self, uid, token):
        flags = [f for f in ("\\Seen", "\\Answered", "\\Draft")
                 if self.rng.random() < 0.5]
        self.uid("STORE", uid, self.rng.choice(("+", "-")) + "FLAGS",
                 "(%s)" % " ".join(flags))

    def mark(self, uid, token):
        """It stays marked: unless it became another message meanwhile."""
        self.uid("STORE", uid, "+FLAGS", "(\\Flagged)")
        self.m.noop()
        if b"\\Flagged" in repr(self.uid("FETCH", uid, "(FLAGS)")).encode():
            self.flagged.add(token)

    def copy(self, uid, token):
        if token in self.copied:
            return
        self.m.untagged_responses.clear()
        self.uid("COPY", uid, "Other")
        if self.m.response("COPYUID")[1][0]:
            self.copied.add(token)

    def expunge(self, uid, token):
        self.asked[token] = 0
        self.uid("STORE", uid, "+FLAGS", "(\\Deleted)")
        self.uid("EXPUNGE", uid)

    def look_again(self, all=False):
        """Those that became other messages meanwhile are there again."""
        for token, n in self.asked.items():
            if n >= ENOUGH and not all:
                continue
            self.m.noop()
            for uid in self.uids("HEADER", "MESSAGE-ID",
                                 "<%s@x>" % token.decode()):
                check(n < ENOUGH, "%s came back" % token)
                self.expunge(uid, token)
                n = -1
            self.asked[token] = n + 1


def doveadm_uses(post, server):
    while time.monotonic() < post.until:
        server.doveadm("fetch", "uid size.physical body", "mailbox", "INBOX")
        server.doveadm("flags", "add", "\\Answered", "mailbox", "INBOX",
                       "UNANSWERED")
        time.sleep(0.1)


# --- mutt

class Mutt:
    """mutt at a terminal, which has every message piped to a file."""

    KEYS = ("<tag-pattern>~A<enter><tag-prefix><pipe-message>sh take<enter>"
            "<tag-prefix><set-flag>!<delete-pattern>~s [37]$<enter>"
            "<sync-mailbox><quit>")

    def __init__(self, post):
        self.post, self.seen = post, post.home + "/seen"
        self.runs = self.read = 0
        write(post.home + "/take", b"(cat; printf '\\001') >>seen\n")
        post.own(post.home)

    def start(self, terminal):
        rows = struct.pack("HHHH", 24, 80, 0, 0)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, rows)
        return subprocess.Popen(
            ["mutt", "-n", "-F", "/dev/null", "-f", self.post.top, "-e",
             "set folder=~ quit=yes delete=yes sleep_time=0 wait_key=no pipe_split=yes; "
             "push '%s'" % self.KEYS],
            stdin=terminal, stdout=terminal, stderr=terminal,
            start_new_session=True, preexec_fn=self.post.be,
            cwd=self.post.home, env={"HOME": self.post.home,
                                     "TERM": "xterm",
                                     "PATH": os.environ["PATH"]})

    def once(self):
        """All that it reads is whole."""
        ours, its = pty.openpty()
        child = self.start(its)
        os.close(its)
        key, shown = time.monotonic() + 0.5, b""
        end = key + 20
        try:
            while time.monotonic() < end:
                if select.select([ours], [], [], 0.1)[0]:
                    shown += os.read(ours, 1 << 16)
                if time.monotonic() > key:      # an error: it drops keys
                    os.write(ours, b"q")
                    key += 0.2
        except OSError:                 # it is gone
            end = 0
        os.close(ours)
        if end:
            child.kill()
        same(child.wait(), 0, "mutt: %r" % shown[-300:])
        self.runs += 1
        self.judge()

    def judge(self):
        if not os.path.exists(self.seen):
            return
        with open(self.seen, "rb") as f:
            pieces = f.read().split(b"\1")[:-1]
        os.unlink(self.seen)
        for data in pieces:
            if not data.strip():        # it was gone when it was opened
                continue
            old, new = forms(TOKEN.search(data).group(1))
            check(data.rstrip(b"\n").endswith(tuple(
                x.rstrip(b"\n") for x in old + (new,))), "it read %r" % data)
            self.read += 1

    def use(self):
        while time.monotonic() < self.post.until:
            if self.post.sent:
                self.once()


def with_mutt(folder):
    """mutt reads all, marks all and deletes some; procmail and maildrop."""
    need("mutt", "mutt")
    need("procmail", "procmail")
    need("maildrop", "maildrop")
    post = Maildir(folder)
    mutt = Mutt(post)
    post.live(SECONDS / 2,
              (post.deliver, "procmail", procmail(post)),
              (post.deliver, "maildrop", maildrop(post)),
              (mutt.use,))
    print("# mutt: %d times, %d messages" % (mutt.runs, mutt.read))
    check(mutt.runs > 2 and mutt.read > 10, "mutt did too little")
    kept = {t for t in post.delivered() if t[-1:] not in b"37"}
    found = post.messages()
    same((kept - set(found), set(found) - post.delivered()), (set(), set()),
         "lost, from nowhere")
    mutt.once()
    found = post.messages()
    same(set(found) ^ kept, set(), "lost, or still there")
    same([t for t, m in found.items() if "F" not in m.flags], [],
         "not marked")
    post.all_repaired()
    post.take_back()


def with_dovecot(folder):
    """Dovecot with sessions that flag, copy, expunge and read; dovecot-lda,
    procmail and maildrop."""
    need(LDA, "dovecot-core")
    need("/usr/lib/dovecot/imap", "dovecot-imapd")
    need("procmail", "procmail")
    need("maildrop", "maildrop")
    post = Maildir(folder)
    with Dovecot(post) as server:
        first, second = Client(server, 1), Client(server, 2)
        first.m.create("Other")
        post.live(SECONDS,
                  (post.deliver, "lda", dovecot_lda(post)),
                  (post.deliver, "procmail", procmail(post)),
                  (post.deliver, "maildrop", maildrop(post)),
                  (first.use, Client.mark, Client.copy, Client.expunge,
                   Client.flag, Client.read, Client.flag, Client.read),
                  (second.use, Client.flag, Client.read),
                  (doveadm_uses, post, server))
        print("# sessions: %s, %s" % (first.count, second.count))
        print("# %d expunged, %d copied, %d flagged; complaints: %d, %s" % (
            len(first.asked), len(first.copied), len(first.flagged),
            len(server.complaints()), server.complaints()[:3]))
        done = len(first.asked) > 4 and len(first.copied) > 4 and \
            len(first.flagged) > 4
        check(done, "the sessions did too little")

        found = post.messages()
        want = post.delivered() - set(first.asked)
        gone = {t for t, n in first.asked.items() if n >= ENOUGH}
        same((want - set(found), set(found) & gone), (set(), set()),
             "lost, came back")
        first.m = server.connect()
        first.look_again(all=True)
        found = post.messages()
        same(set(found) ^ want, set(), "lost, or still there")
        others = post.messages("/.Other")
        same(set(others), first.copied, "copies")
        same([t for t in first.flagged & set(found)
              if "F" not in found[t].flags], [], "flags that are lost")
        server.agrees(found)

        post.all_repaired()
        found = post.messages()
        server.agrees(found)
        post.take_back(server.log().count("Had to fix wrong size"))
        server.agrees(post.messages())


if __name__ == "__main__":
    install()
    main([with_dovecot, with_mutt])
