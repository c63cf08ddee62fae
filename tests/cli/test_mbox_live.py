"""Real programs deliver to an mbox while it is changed over and over again:
none of their mail is lost, and none is there twice."""
import imaplib
import os
import re
import subprocess
import time

from harness import FROM, ROOT, SAN, check, main, same, write
from post import (Client, Dovecot, IMAP, LDA, Post, TOKEN, configure, install,
                  need)

SECONDS = 6
DRIVER = os.path.join(ROOT, "build", "faults", "act_driver")
TEXT = b"""From: a@b.example
To: c@d.example
Message-ID: <%s@x>
Subject: %s
X-Old: yes

text of %s
end of %s
"""


class Mbox(Post):
    """A mailbox that is one file."""

    text, pause = TEXT, 0.02

    def __init__(self, folder):
        Post.__init__(self, folder)
        self.box = self.home + "/spool/box"
        os.mkdir(self.home + "/mail")
        write(self.box, b"")
        self.own(self.home)
        self.expunged, self.said = {}, []

    def change(self):
        """How many changes were done, and how many were not."""
        child = subprocess.Popen([DRIVER], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE)
        line = "\t".join(("-", "mark", self.folder + "/state",
                          os.path.dirname(self.box), "box")) + "\n"
        while time.monotonic() < self.until:
            child.stdin.write(line.encode())
            child.stdin.flush()
            for said in iter(child.stdout.readline, b""):
                if said.startswith(b"end "):
                    break
                self.said.append(said)
            time.sleep(0.02)
        child.stdin.close()
        child.wait()


def counts(said):
    found = {}
    for line in said:
        if line.startswith(b"outcome "):
            kind = line.split()[1].decode()
            found[kind] = found.get(kind, 0) + 1
        else:
            found["dead"] = found.get("dead", 0) + 1
    return found


def judge(post):
    with open(post.box, "rb") as f:
        data = f.read()
    sent = sorted(n for n, _ in post.sent if n not in post.expunged)
    there = sorted(re.findall(rb"^Subject: (\S+)$", data, re.M))
    maybe = set(n for n, _ in post.failed)  # it said that it could not
    same([n for n in there if n not in maybe], sent, "what is there")
    for n in sent:
        same(data.count(b"\ntext of %s\nend of %s\n" % (n, n)), 1, "its text")
    for block in re.split(rb"^(?=From )", data, flags=re.M)[1:]:
        same(block.count(b"\nSubject: "), 1, "messages in %.300r" % block)
        same(block.count(b"\nX-Old: yes\n") +
             block.count(b"\nX-Fixed: done\n"), 1, "marks")
    left = [n for n in os.listdir(os.path.dirname(post.box)) if n != "box"]
    same(left, [], "what is left")
    return data


def live(post, deliverers, *others, enough=lambda: True):
    """others: what else is done all the while, until that is enough."""
    todo = [(post.deliver, w, f(post)) for w, f in deliverers]
    post.together(SECONDS, *todo, *others, (post.change,), enough=lambda:
                  enough() and len(post.sent) >= 10 and
                  counts(list(post.said)).get("done", 0) >= 3)
    found = counts(post.said)
    print("# %d delivered, %d refused; changes: %s" % (
        len(post.sent), len(post.failed), found))
    check(len(post.sent) >= 10, "too little was delivered: %s" %
          post.failed[:3])
    check(found.get("done", 0) >= 3, "too few changes: %s" % found)
    check(set(found) <= {"done", "same", "busy"}, "changes: %s" % found)


def procmail(post):
    rc = write(post.home + "/procmailrc", 
               b"LOCKSLEEP=1\n:0:\n%s\n" % post.box.encode())
    post.own(post.home)
    return ["procmail", "-f", "a@b.example", "-m", rc]


def maildrop(post):
    rc = write(post.home + "/mailfilter",
               b"LOCKSLEEP=1\nto \"%s\"\n" % post.box.encode())
    post.own(post.home)
    return ["maildrop", rc]


def appender(post):
    """fcntl and nothing else, by a process that delivers one message."""
    code = ("import fcntl, os, sys\n"
            "fd = os.open(%r, os.O_RDWR | os.O_APPEND)\n"
            "fcntl.lockf(fd, fcntl.LOCK_EX)\n"
            "os.write(fd, b'From a@b.example Mon Jan  1 00:00:00 2024\\n' +"
            " sys.stdin.buffer.read() + b'\\n')\n" % post.box)
    return ["/usr/bin/python3", "-S", "-c", code]


def dovecot(post):
    return [LDA, "-c", post.conf, "-e"]


def with_procmail_and_fcntl(folder):
    """procmail, and a program that knows only fcntl."""
    need("procmail", "procmail")
    post = Mbox(folder)
    live(post, (("procmail", procmail), ("fcntl", appender),
                ("procmail-too", procmail), ("fcntl-too", appender)))
    judge(post)


def with_maildrop_and_fcntl(folder):
    """maildrop, and a program that knows only fcntl."""
    need("maildrop", "maildrop")
    post = Mbox(folder)
    live(post, (("maildrop", maildrop), ("fcntl", appender),
                ("maildrop-too", maildrop), ("fcntl-too", appender)))
    judge(post)


def location(post):
    return "mbox:%s/mail:INBOX=%s" % (post.home, post.box)


def with_dovecot(folder):
    """dovecot-lda, and then Dovecot finds every message"""
    need(LDA, "dovecot-core")
    post = Mbox(folder)
    configure(post, location(post))
    live(post, (("dovecot", dovecot), ("dovecot-too", dovecot)))
    judge(post)
    r = post.run(["doveadm", "-c", post.conf, "-f", "tab", "fetch",
                  "hdr.subject body", "all"], b"")
    found = sorted(re.findall(rb"^(dovecot\S*-\d+)\t", r.stdout, re.M))
    same(found, sorted(n for n, _ in post.sent), "what doveadm finds: %s" %
         r.stdout[-500:].decode(errors="replace"))


def is_whole(token, text, cut=0):
    """cut: bytes that are missing at its end."""
    tail = b"end of " + token + b"\r\n"
    lines = (text + tail[len(tail) - cut:]).split(b"\r\n")
    return lines[-4:-1] == [b"", b"text of " + token, b"end of " + token] and \
        len([x for x in lines if x in (b"X-Old: yes", b"X-Fixed: done")]) == 1


def is_whole_or_cut(token, text):
    """Dovecot cuts off what is longer than the size that it noted: the three
    bytes by which a mark is longer (see outcome_note_longer)."""
    return is_whole(token, text) or (b"\r\nX-Fixed: done\r\n" in text and
                                     is_whole(token, text, 3))


def forget_sizes(server):
    r = server.doveadm("mailbox", "cache", "remove", "mailbox", "INBOX")
    same(r.returncode, 0, "doveadm: %r" % r.stdout)


def read_all(server):
    """Of a message that has the UID it had, Dovecot believes the size that it
    had, too; where there is less it complains, forgets that size and hangs
    up."""
    m = server.connect()
    for uid in m.uid("SEARCH", "ALL")[1][0].split():
        try:
            m.uid("FETCH", uid, "(BODY.PEEK[])")
        except imaplib.IMAP4.abort:
            m = server.connect()
    bodies = [x[1] for x in m.fetch("1:*", "(BODY.PEEK[])")[1]
              if isinstance(x, tuple)]
    m.logout()
    return bodies


def with_sessions(folder):
    """Dovecot with sessions that have it open, flag, expunge and read."""
    need(LDA, "dovecot-core")
    need(IMAP, "dovecot-imapd")
    post = Mbox(folder)
    post.pause = 0.05
    with Dovecot(post, location(post)) as server:
        first, second = [Client(server, n, is_whole_or_cut, 0.4)
                         for n in (1, 2)]

        def enough():
            return len(first.asked) > 1 and \
                min(first.reads, second.reads) > 3

        live(post, (("dovecot", dovecot), ("dovecot-too", dovecot)),
             # Dovecot hangs up at most reads, for a size that it had noted.
             (first.use, Client.flag, *[Client.read] * 3, Client.expunge),
             (second.use, Client.flag, *[Client.read] * 3), enough=enough)
        check(enough(), "the sessions did too little")
        post.expunged = first.asked
        print("# sessions: %s, %s" % (first.count, second.count))
        print("# %d expunged; complaints: %s" % (
            len(first.asked), server.complaints()[:3]))
        first.m = server.connect()
        first.look_again(all=True)
        there = judge(post).count(b"\nSubject: ")
        read_all(server)
        since = len(server.log())
        same(len(read_all(server)), there, "bodies")
        same(server.complaints(since), [], "complaints")
        forget_sizes(server)
        same([b for b in read_all(server)
              if not is_whole(TOKEN.search(b).group(1), b)], [], "cut off")


def with_sizes_that_it_noted(folder):
    """Messages that are longer than Dovecot noted are whole for its clients
    when what the note says was done."""
    need(IMAP, "dovecot-imapd")
    post = Mbox(folder)
    texts = [b"line\rof %d\n" % i * 3 for i in range(3)]
    with Dovecot(post, location(post)) as server:
        write(post.box, b"".join(FROM + b"Subject: m\n\n" + x + b"\n"
                                 for x in texts))
        m = server.connect()
        m.fetch("1:*", "(RFC822.SIZE BODY.PEEK[])")
        m.logout()
        state = folder + "/own"
        os.mkdir(state, 0o700)
        said = subprocess.run(
            [SAN, "fix", "--apply", "--cr", "newline", "--state", state, "-f",
             "ndjson", post.box], check=True, stdout=subprocess.PIPE).stdout
        check(b"doveadm mailbox cache remove -u USER mailbox NAME" in said,
              said[-600:])
        forget_sizes(server)
        bodies = read_all(server)
        same([b.split(b"\r\n\r\n", 1)[1] for b in bodies],
             [x.replace(b"\r", b"\n").replace(b"\n", b"\r\n") for x in texts],
             "bodies")
        same(server.complaints(), [], "complaints")


if __name__ == "__main__":
    install()
    main([with_procmail_and_fcntl, with_maildrop_and_fcntl, with_dovecot,
          with_sessions, with_sizes_that_it_noted])
