"""Real mail programs, as a user of this machine, for the tests that change
mailboxes while these are at work."""
import grp
import imaplib
import os
import pwd
import random
import re
import shutil
import socket
import subprocess
import threading
import time

from harness import ROOT, Skip, check, same, write

USER = "nobody"
LDA = "/usr/lib/dovecot/dovecot-lda"
IMAP = "/usr/lib/dovecot/imap"
TOKEN = re.compile(rb"^Message-ID: <([a-z-]+-\d+)@x>\r?$", re.M)
ENOUGH = 3              # times that a message was looked for in vain
MOST = 60               # seconds that all are at work together
DOVECOT = """base_dir = %(run)s
state_dir = %(run)s
log_path = %(run)s/log
listen = 127.0.0.1
protocols = %(protocols)s
ssl = no
disable_plaintext_auth = no
default_internal_user = %(user)s
default_internal_group = %(group)s
default_login_user = %(user)s
mail_location = %(mail)s
mbox_write_locks = fcntl dotlock
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


class Post:
    """A user, those who deliver to him, and what they say they did."""

    text, pause = b"", 0

    def __init__(self, folder):
        if os.geteuid() != 0:
            raise Skip("needs root, to be two users")
        user = pwd.getpwnam(USER)
        self.uid, self.gid = user.pw_uid, user.pw_gid
        os.chmod(folder, 0o755)
        self.folder = folder
        self.home = folder + "/home"
        os.mkdir(self.home)
        self.sent, self.failed, self.lock = [], [], threading.Lock()
        self.until, self.failures = 0, []

    def own(self, top):
        for path, folders, files in os.walk(top):
            for n in [path] + [os.path.join(path, f) for f in files]:
                os.chown(n, self.uid, self.gid)
                os.chmod(n, 0o700 if os.path.isdir(n) else 0o600)

    def be(self):
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)

    def run(self, argv, text):
        env = {"HOME": self.home, "USER": USER, "LOGNAME": USER,
               "PATH": os.environ["PATH"], "SHELL": "/bin/sh"}
        return subprocess.run(argv, input=text, preexec_fn=self.be, env=env,
                              cwd=self.home, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60)

    def deliver(self, who, argv):
        """One after the other until the time is up."""
        n = 0
        while time.monotonic() < self.until:
            name = b"%s-%d" % (who.encode(), n)
            r = self.run(argv, self.text.replace(b"%s", name))
            with self.lock:
                (self.sent if r.returncode == 0 else self.failed).append(
                    (name, r.stdout))
            n += 1
            time.sleep(self.pause)

    def guarded(self, work, *args):
        try:
            work(*args)
        except Exception as why:
            self.failures.append("%s%s: %s: %s" % (
                getattr(work, "__name__", work), args, type(why).__name__,
                why))

    def together(self, seconds, *works, enough=lambda: True):
        """Each in a thread, until the time is up; on a busy machine longer,
        until it was enough."""
        begun = time.monotonic()
        self.until = begun + seconds
        threads = [threading.Thread(target=self.guarded, args=w)
                   for w in works]
        for t in threads:
            t.start()
        while not self.failures and not enough() and \
                time.monotonic() < begun + MOST:
            self.until = max(self.until, time.monotonic() + 2)
            time.sleep(0.2)
        for t in threads:
            t.join()
        same(self.failures, [], "what went wrong")


def need(path, package):
    if shutil.which(path) is None:
        raise Skip("there is no %s: install the package %s" % (
            os.path.basename(path), package))


def configure(post, mail, protocols="", port=143):
    """For Dovecot's programs, all of them as the user; where its log is."""
    run = post.folder + "/run"
    os.mkdir(run)
    write(run + "/log", b"")
    for path in (run, run + "/log"):
        os.chown(path, post.uid, post.gid)
    post.conf = write(post.folder + "/dovecot.conf", (DOVECOT % {
        "run": run, "home": post.home, "mail": mail, "port": port,
        "protocols": protocols, "user": USER,
        "group": grp.getgrgid(post.gid).gr_name}).encode())
    os.chmod(post.conf, 0o644)
    return run + "/log"


class Dovecot:
    """The server, on a port of 127.0.0.1, until the end of the block."""

    def __init__(self, post, mail):
        self.post = post
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.logs = configure(post, mail, "imap", self.port)

    def __enter__(self):
        self.child = subprocess.Popen(
            ["dovecot", "-F", "-c", self.post.conf], preexec_fn=self.post.be,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        for _ in range(400):
            time.sleep(0.05)
            try:
                self.connect().logout()
                return self
            except (OSError, imaplib.IMAP4.error):
                pass
        self.__exit__()
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
        with open(self.logs, errors="replace") as f:
            return f.read()

    def complaints(self, since=0):
        return [line for line in self.log()[since:].splitlines()
                if re.search("Error|Panic|Fatal", line)]

    def doveadm(self, *args):
        return self.post.run(["doveadm", "-c", self.post.conf, "-f", "tab",
                              *args], b"")


class Client:
    """An IMAP session that does one thing after the other.  is_whole(token,
    text): this is what such a message may be."""

    def __init__(self, server, seed, is_whole, pause):
        self.server, self.rng = server, random.Random(seed)
        self.is_whole, self.pause = is_whole, pause
        self.m = server.connect()
        self.asked = {}         # to be expunged; how often not found since
        self.copied, self.flagged = set(), set()
        self.count, self.reads = {}, 0

    def uid(self, *args):
        typ, data = self.m.uid(*args)
        self.count[args[0], typ] = self.count.get((args[0], typ), 0) + 1
        return typ == "OK", data

    def uids(self, *what):
        return self.uid("SEARCH", *what)[1][0].split()

    def rest(self):
        """While it has an mbox selected it keeps the file open."""
        if self.pause:
            self.m.unselect()
            time.sleep(self.pause)
            self.m.select("INBOX")
        self.m.noop()

    def use(self, *deeds):
        while time.monotonic() < self.server.post.until:
            try:
                self.rest()
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
        check(self.is_whole(token, data[0][1]), "it read %r" % (data[0],))
        self.reads += 1

    def flag(self, uid, token):
        flags = [f for f in ("\\Seen", "\\Answered", "\\Draft")
                 if self.rng.random() < 0.5]
        self.uid("STORE", uid, self.rng.choice(("+", "-")) + "FLAGS",
                 "(%s)" % " ".join(flags))

    def mark(self, uid, token):
        """Once that is in a name on the disk it stays there; what the server
        says may be of a message that became another one meanwhile."""
        self.uid("STORE", uid, "+FLAGS", "(\\Flagged)")
        if token in self.server.post.marked():
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


def install():
    """What is missing, where that can be installed."""
    script = os.path.join(ROOT, "packaging", "install-deps.sh")
    subprocess.run([script], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
