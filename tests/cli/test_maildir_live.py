"""Real programs deliver to a Maildir, read it and change its flags while it is
repaired over and over again: no message is lost, none is there twice, each is
the old one or the repaired one, and Dovecot has nothing to complain about.
"""
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from harness import OPT, SAN, check, main, same, write
from post import (Client, Dovecot, ENOUGH, IMAP, LDA, Post, TOKEN, install,
                  need)

SECONDS = 8
TEXT = (b"From: a@b.example\nTo: c@d.example\nMessage-ID: <%s@x>\n"
        b"Subject: %s\n\ntext of %s\nwith a CR\rin it\nCRLF here\r\n"
        b"twice\r\r\nand a dot\n.\r\nof its own\nand some more\nend\n")

def repaired(data):
    """As a naive reader would do it."""
    return re.sub(rb"\r+\n", b"\n", data).replace(b"\r", b" ")


def wire(data):
    return re.sub(rb"(?<!\r)\n", b"\r\n", data)


def forms(token):
    """As it was sent, as dovecot-lda stores it; as it is repaired."""
    raw = TEXT.replace(b"%s", token)
    return (raw, raw.replace(b"\r\n", b"\n")), repaired(raw)


def is_whole(token, text):
    """As it goes over the wire."""
    old, new = forms(token)
    return text.endswith(tuple(wire(x) for x in old + (new,)))


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
        self.runs, self.outcomes = [], {}

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

    def marked(self):
        """Which messages have an F in their names now."""
        found = set()
        for name in os.listdir(self.top + "/cur"):
            if "F" in name.split(":2,")[-1]:
                try:
                    found.add(Message(self.top + "/cur/" + name).token)
                except FileNotFoundError:       # under that name
                    pass
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

    def live(self, seconds, *works, enough):
        """All at once until the time is up, and it was enough."""
        self.together(seconds, *works, (self.repair,), enough=lambda: enough()
                      and len(self.sent) >= 40 and
                      self.outcomes.get("done", 0) >= 20)
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
                    count[r["status"]] = count.get(r["status"], 0) + 1
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

class Server(Dovecot):
    def agrees(self, found):
        """Its sizes and bodies are those on the disk, without complaints."""
        since = len(self.log())
        r = self.doveadm("fetch", "hdr.message-id size.physical "
                         "size.virtual", "mailbox", "INBOX")
        same((r.returncode, re.findall(rb".*Error.*", r.stdout)), (0, []),
             "doveadm")     # that a message is there again it may say
        got = {line.split(b"\t")[0]: line.split(b"\t")[1:]
               for line in r.stdout.splitlines() if line.startswith(b"<")}
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
             "set folder=~ quit=yes delete=yes sleep_time=0 wait_key=no "
             "pipe_split=yes; push '%s'" % self.KEYS],
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

    def did_enough(self):
        return self.runs > 2 and self.read > 10


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
              (mutt.use,), enough=mutt.did_enough)
    print("# mutt: %d times, %d messages" % (mutt.runs, mutt.read))
    check(mutt.did_enough(), "mutt did too little")
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
    need(IMAP, "dovecot-imapd")
    need("procmail", "procmail")
    need("maildrop", "maildrop")
    post = Maildir(folder)
    with Server(post, "maildir:" + post.top) as server:
        first, second = [Client(server, n, is_whole, 0) for n in (1, 2)]
        first.m.create("Other")

        def enough():
            return min(len(first.asked), len(first.copied),
                       len(first.flagged)) > 4 and \
                min(first.reads, second.reads) > 5

        post.live(SECONDS,
                  (post.deliver, "lda", dovecot_lda(post)),
                  (post.deliver, "procmail", procmail(post)),
                  (post.deliver, "maildrop", maildrop(post)),
                  (first.use, Client.mark, Client.copy, Client.expunge,
                   Client.flag, Client.read, Client.flag, Client.read),
                  (second.use, Client.flag, Client.read),
                  (doveadm_uses, post, server), enough=enough)
        print("# sessions: %s, %s" % (first.count, second.count))
        print("# %d expunged, %d copied, %d flagged; complaints: %d, %s" % (
            len(first.asked), len(first.copied), len(first.flagged),
            len(server.complaints()), server.complaints()[:3]))
        check(enough(), "the sessions did too little")

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
