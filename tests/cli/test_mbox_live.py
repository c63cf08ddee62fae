"""Real programs deliver to an mbox while it is changed over and over again:
none of their mail is lost, and none is there twice."""
import os
import pwd
import re
import shutil
import subprocess
import threading
import time

from harness import ROOT, Skip, check, main, same, write

SECONDS = 6
DRIVER = os.path.join(ROOT, "build", "faults", "act_driver")
USER = "nobody"
TEXT = b"""From: a@b.example
To: c@d.example
Subject: %s
X-Old: yes

text of %s
end of %s
"""
LDA = "/usr/lib/dovecot/dovecot-lda"
DOVECOT = """base_dir = %(run)s
log_path = %(run)s/log
mail_location = mbox:%(home)s/mail:INBOX=%(box)s
mail_uid = %(user)s
mail_gid = %(group)s
first_valid_uid = 1
mbox_write_locks = fcntl dotlock
ssl = no
protocols =
postmaster_address = postmaster@example.com
hostname = host.example.com
userdb {
  driver = static
  args = uid=%(user)s gid=%(group)s home=%(home)s
}
"""


class Post:
    """A mailbox, those who deliver to it, and what they say they did."""

    text, pause = TEXT, 0

    def __init__(self, folder):
        if os.geteuid() != 0:
            raise Skip("needs root, to be two users")
        user = pwd.getpwnam(USER)
        self.uid, self.gid = user.pw_uid, user.pw_gid
        os.chmod(folder, 0o755)
        self.folder = folder
        self.home = folder + "/home"
        self.box = self.home + "/spool/box"
        os.makedirs(self.home + "/spool")
        os.makedirs(self.home + "/mail")
        write(self.box, b"")
        self.own(self.home)
        self.sent, self.failed, self.lock = [], [], threading.Lock()
        self.until = 0

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
            r = self.run(argv, self.text % (name, name, name))
            with self.lock:
                (self.sent if r.returncode == 0 else self.failed).append(
                    (name, r.stdout))
            n += 1
            time.sleep(self.pause)

    def change(self):
        """How many changes were done, and how many were not."""
        child = subprocess.Popen([DRIVER], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE)
        self.said = []
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
    sent = sorted(n for n, _ in post.sent)
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


def live(folder, deliverers):
    post = Post(folder)
    todo = [(w, f(post)) for w, f in deliverers]
    post.until = time.monotonic() + SECONDS
    threads = [threading.Thread(target=post.deliver, args=(w, a))
               for w, a in todo]
    threads.append(threading.Thread(target=post.change))
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    found = counts(post.said)
    print("# %d delivered, %d refused; changes: %s" % (
        len(post.sent), len(post.failed), found))
    judge(post)
    check(len(post.sent) >= 10, "too little was delivered: %s" %
          post.failed[:3])
    check(found.get("done", 0) >= 3, "too few changes: %s" % found)
    check(set(found) <= {"done", "same", "busy"}, "changes: %s" % found)
    return post


def need(path, package):
    if shutil.which(path) is None:
        raise Skip("there is no %s: install the package %s" % (
            os.path.basename(path), package))


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


def dovecot_conf(post):
    group = subprocess.run(["id", "-gn", USER], stdout=subprocess.PIPE)
    run = post.folder + "/run"
    os.makedirs(run, exist_ok=True)
    os.chown(run, post.uid, post.gid)
    write(run + "/log", b"")
    os.chown(run + "/log", post.uid, post.gid)
    path = write(post.folder + "/dovecot.conf", (DOVECOT % {
        "run": run, "home": post.home, "box": post.box, "user": USER,
        "group": group.stdout.decode().strip()}).encode())
    os.chmod(path, 0o644)
    return path


def dovecot(post):
    return [LDA, "-c", dovecot_conf(post), "-e"]


def with_procmail_and_fcntl(folder):
    """procmail, and a program that knows only fcntl."""
    need("procmail", "procmail")
    live(folder, (("procmail", procmail), ("fcntl", appender),
                  ("procmail-too", procmail), ("fcntl-too", appender)))


def with_maildrop_and_fcntl(folder):
    """maildrop, and a program that knows only fcntl."""
    need("maildrop", "maildrop")
    live(folder, (("maildrop", maildrop), ("fcntl", appender),
                  ("maildrop-too", maildrop), ("fcntl-too", appender)))


def with_dovecot(folder):
    """dovecot-lda, and then Dovecot finds every message"""
    need(LDA, "dovecot-core")
    post = live(folder, (("dovecot", dovecot), ("dovecot-too", dovecot)))
    shutil.rmtree(post.home + "/mail")
    os.mkdir(post.home + "/mail")
    post.own(post.home)
    r = post.run(["doveadm", "-c", post.folder + "/dovecot.conf", "-f",
                  "tab", "fetch", "hdr.subject body", "all"], b"")
    found = sorted(re.findall(rb"^(dovecot\S*-\d+)\t", r.stdout, re.M))
    same(found, sorted(n for n, _ in post.sent), "what doveadm finds: %s" %
         r.stdout[-500:].decode(errors="replace"))


def install():
    """What is missing, where that can be installed."""
    script = os.path.join(ROOT, "packaging", "install-deps.sh")
    subprocess.run([script], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    install()
    main([with_procmail_and_fcntl, with_maildrop_and_fcntl, with_dovecot])
