"""Real mail servers, each in a folder of its own: what starts them.

POSTFIX_TREE, EXIM_TREE, OPENSMTPD_TREE, SENDMAIL_TREE, COURIER_TREE: folders
that their packages were unpacked to; else, where they are not installed, these
are fetched, once, to build/packages.
"""
import glob
import os
import pwd
import re
import shutil
import smtplib
import socket
import subprocess
import time

from cli import Skip, check, read, same, write
from queued import libraries, runs, unpacked, with_accounts

# --- Postfix

MASTER = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
postlog unix-dgram n - n - 1 postlogd
"""
MAIN = """\
compatibility_level = 3.6
queue_directory = {top}/queue
data_directory = {top}/data
command_directory = {top}/bin
daemon_directory = {tree}/usr/lib/postfix/sbin
shlib_directory = {tree}/usr/lib/postfix
meta_directory = {top}/etc
mail_owner = {owner}
setgid_group = {group}
myhostname = mx.example.net
mydestination =
inet_interfaces = loopback-only
alias_maps =
alias_database =
maillog_file = {top}/log
maillog_file_prefixes = {top}
header_checks = regexp:{top}/etc/hold
import_environment = MAIL_CONFIG TZ LD_LIBRARY_PATH LANG=C
authorized_submit_users = static:anyone
"""


class Postfix:
    """One that holds whatever it is given."""

    def __init__(self, top, services="", settings=""):
        if os.getuid() != 0:
            raise Skip("Postfix needs root")
        self.top, self.tree, path = top, "", "/usr/lib/postfix"
        if not os.path.exists(path + "/sbin/master"):
            self.tree = unpacked("POSTFIX_TREE", "postfix", "libdb5.3",
                                 "libicu72", "libnsl2", "libsasl2-2")
            path = self.tree + path + ":" + libraries(self.tree)
        lib = path
        owner, group = ("postfix", "postdrop") if any(
            u.pw_name == "postfix" for u in pwd.getpwall()) else (
                "daemon", "bin")
        self.env = dict(os.environ, LD_LIBRARY_PATH=lib,
                        MAIL_CONFIG=top + "/etc")
        runs(self.tree + "/usr/sbin/postdrop", self.env)
        write(top + "/etc/main.cf", MAIN.format(
            top=top, tree=self.tree, owner=owner, group=group).encode() +
            settings.encode())
        write(top + "/etc/master.cf", (MASTER + services).encode())
        write(top + "/etc/hold", b"/^Subject: / HOLD\n")
        write(top + "/bin/postdrop", b"#!/bin/sh\nLD_LIBRARY_PATH=%s "
              b"exec %s/usr/sbin/postdrop \"$@\"\n" % (
                  lib.encode(), self.tree.encode()))
        os.chmod(top + "/bin/postdrop", 0o755)
        for name in ("active bounce corrupt defer deferred flush hold "
                     "incoming maildrop pid private public saved trace "
                     "../data").split():
            path = top + "/queue/" + name
            os.makedirs(path, 0o700)
            if name != "pid":
                shutil.chown(path, owner)
        shutil.chown(top + "/queue/maildrop", owner, group)
        os.chmod(top + "/queue/maildrop", 0o1730)
        shutil.chown(top + "/queue/public", owner, group)
        os.chmod(top + "/queue/public", 0o2710)
        for path in (top, top + "/queue"):
            os.chmod(path, 0o755)
        self.master = None

    def command(self, name, *args, **more):
        return subprocess.run([self.tree + "/usr/sbin/" + name, *args],
                              env=self.env, timeout=20, check=True,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, **more).stdout

    def start(self):
        self.master = subprocess.Popen(
            [self.tree + "/usr/lib/postfix/sbin/master", "-c",
             self.top + "/etc", "-d"], env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

    def stop(self):
        if self.master:
            self.master.terminate()
            self.master.wait(20)

    def send(self, mail, sender, recipients):
        self.command("sendmail", "-C", self.top + "/etc", "-i", "-f", sender,
                     *recipients, input=mail)

    def held(self, n):
        """The files in hold/, as soon as there are n."""
        end = time.monotonic() + 20
        path = self.top + "/queue/hold"
        while len(os.listdir(path)) < n:
            time.sleep(0.1)
            if time.monotonic() > end:
                raise AssertionError(read(self.top + "/log"))
        return [os.path.join(path, f) for f in sorted(os.listdir(path))]


# --- Exim

EXIM = """\
primary_hostname = mx.example.net
spool_directory = {top}/spool
log_file_path = {top}/log/%slog
exim_user = daemon
exim_group = daemon
queue_only = true
spool_wireformat = true
chunking_advertise_hosts = *
acl_smtp_rcpt = any
never_users =
begin acl
any:
  accept set acl_m_note = one\\ntwo
begin routers
"""


class Exim:
    """With a queue of its own; nothing is delivered, if it is not told to."""

    def __init__(self, top, options="", behind=""):
        if os.getuid() != 0:
            raise Skip("Exim needs root")
        program = shutil.which("exim4") or shutil.which("exim")
        self.env, before = os.environ, []
        if program is None:
            tree = unpacked("EXIM_TREE", "exim4-daemon-light", "libdb5.3",
                            "libidn12", "libgnutls-dane0", "libunbound8")
            program = tree + "/usr/sbin/exim4"
            self.env = dict(os.environ, LD_LIBRARY_PATH=libraries(tree))
            before = with_accounts(top, "Debian-exim")
        runs(program, self.env)
        os.chmod(top, 0o755)
        conf = write(top + "/conf", (options + EXIM.format(top=top) +
                                     behind).encode())
        for name in ("spool", "log"):
            os.mkdir(top + "/" + name)
            shutil.chown(top + "/" + name, "daemon")
        self.command = [*before, program, "-C", conf]

    def send(self, *args, data):
        subprocess.run([*self.command, "-odq", *args],
                       input=data, env=self.env, check=True, timeout=20,
                       stdout=subprocess.PIPE)


# --- OpenSMTPD

CONF = """\
%s
listen on lo port %d hostname mx.example.net
action "out" relay host smtp://127.0.0.1:1
match from any for any action "out"
"""
START = """\
set -e
mount -t tmpfs none /run
mount -t tmpfs none /var/lib
mkdir -p /var/lib/opensmtpd/empty
mount --bind "$1/spool" /var/spool
[ ! -e /etc/resolv.conf ] || mount --bind "$1/resolv.conf" /etc/resolv.conf
exec "$2" -d $3 -f "$1/conf"
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class OpenSMTPD:
    """One that can reach nobody, so that all it is given stays."""

    def __init__(self, top, *options):
        if os.getuid() != 0:
            raise Skip("OpenSMTPD needs root and a mount namespace")
        self.before = with_accounts(top, "opensmtpd", "opensmtpq")
        self.program, self.env = "/usr/sbin/smtpd", dict(os.environ)
        if "OPENSMTPD_TREE" in os.environ or not os.path.exists(self.program):
            tree = unpacked("OPENSMTPD_TREE", "opensmtpd", "libevent-2.1-7",
                            "libdb5.3")
            self.program = tree + self.program
            self.env["LD_LIBRARY_PATH"] = libraries(tree)
        runs(self.program, self.env)
        self.top, self.port, self.holds = top, free_port(), "-P mta"
        os.chmod(top, 0o755)
        os.mkdir(top + "/spool", 0o755)
        # It looks up who is there, and would wait for DNS now and then.
        os.chmod(write(top + "/resolv.conf", b"lookup file\n"), 0o644)
        os.chmod(write(top + "/conf", (CONF % (
            "\n".join(options), self.port)).encode()), 0o600)

    def __enter__(self):
        with open(self.top + "/log", "wb") as log:
            self.child = subprocess.Popen(
                [*self.before, "sh", "-c", START, "sh", self.top,
                 self.program, self.holds], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=self.env)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.05)
                if self.child.poll() is not None:
                    break
        self.__exit__()
        raise Skip("OpenSMTPD does not start here: %s"
                   % read(self.top + "/log").decode()[-300:])

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait(20)

    def send(self, data, sender, recipients):
        """As it is: smtplib would mend it.  Returns the message's ID."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=20) as s:
            s.ehlo("client.example.com")
            s.mail(sender)
            for who in recipients:
                same(s.rcpt(who)[0], 250, who)
            same(s.docmd("DATA")[0], 354)
            s.send(data + b".\r\n")
            code, said = s.getreply()
            same(code, 250, said)
            return re.search(rb"\b[0-9a-f]{8}\b", said).group().decode()


# --- sendmail

SENDMAIL = """\
V10/Berkeley
Cwlocalhost
Djmx.example.net
DnMAILER-DAEMON
O LogLevel=0
O DeliveryMode=queueonly
O EightBitMode=pass8
O QueueFileMode=0600
O SmtpGreetingMessage=$j ESMTP
O OperatorChars=.:%@!^/[]+
O MinQueueAge=0
Troot
H?P?Return-Path: <$g>
HReceived: from $s by $j id $i; $b
H?D?Date: $a
H?F?From: $g
H?x?Full-Name: $x
H?M?Message-Id: <$i@$j>
S3
R$@\t$@ <@>
R<>\t$@ <@>
R$*<$*>$*\t$2
S0
R<@>\t$#local $: $n
R$+@$+\t$#smtp $@ $2 $: $1@$2
R$+\t$#local $: $1
Mlocal, P=/bin/false, F=lsDFMAw5:/|@qPSXfmnz9, S=0, R=0, \
T=DNS/RFC822/X-Unix, A=false $u
Mprog, P=/bin/false, F=lsDFMoqeu9, S=0, R=0, T=X-Unix/X-Unix/X-Unix, A=false $u
Msmtp, P={top}/keep, F=mDFMun8, S=0, R=0, E=\\n, T=DNS/RFC822/X-Unix, \
A=keep $i $u
"""


class Sendmail:
    """With a queue of its own; what it delivers is kept in sent/."""

    def __init__(self, top):
        if os.getuid() != 0:
            raise Skip("sendmail needs root")
        tree = unpacked("SENDMAIL_TREE", "sendmail-bin", "libldap-2.5-0",
                        "libnsl2", "libtirpc3", "libwrap0", "libsasl2-2",
                        "libdb5.3")
        self.program = tree + "/usr/libexec/sendmail/sendmail"
        self.env = dict(os.environ, LD_LIBRARY_PATH=libraries(tree))
        runs(self.program, self.env)
        self.top, self.queue = top, top + "/mqueue"
        os.chmod(top, 0o755)
        write(top + "/sm.cf", SENDMAIL.replace("{top}", top).encode())
        write(top + "/keep", b"#!/bin/sh\nexec cat >%s/sent/$1\n" %
              top.encode())
        os.chmod(top + "/keep", 0o755)
        os.mkdir(top + "/sent")
        os.chmod(top + "/sent", 0o777)
        os.mkdir(self.queue, 0o700)

    def start(self, *args, network=False):
        """Without a name that has a dot it waits for one."""
        script = "echo mx.example.net >/proc/sys/kernel/hostname && exec \"$@\""
        return subprocess.Popen(
            ["unshare", "-u", *([] if network else ["-n"]), "sh", "-c",
             script, "sh", self.program,
             "-C", self.top + "/sm.cf", "-OQueueDirectory=" + self.queue,
             *args], env=self.env, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def give(self, *args, data=b""):
        p = self.start(*args)
        try:
            said, _ = p.communicate(data, timeout=30)
        except subprocess.TimeoutExpired:
            p.kill()
            raise
        same(p.returncode, 0, said)

    def talk(self, *lines):
        """SMTP, a command and its answer at a time."""
        p = self.start("-bs")
        try:
            for line in (b"", *lines, b"QUIT\r\n"):
                p.stdin.write(line)
                p.stdin.flush()
                while True:
                    said = p.stdout.readline()
                    if said[3:4] != b"-":
                        break
                check(said[:1] in (b"2", b"3"), (line, said))
        finally:
            p.kill()
            p.communicate()


# --- Courier

COURIER = """\
cd "$1" && shift || exit 99
mount --bind /usr/lib host && mount --bind /dev dev || exit 99
mount -t proc proc proc || exit 99
ldconfig -r . || exit 99
exec chroot . "$@"
"""


class Courier:
    """In a root of its own, as its programs know their folders."""

    def __init__(self, top):
        if os.getuid() != 0:
            raise Skip("Courier needs root")
        tree = unpacked("COURIER_TREE", "courier-mta", "courier-base",
                        "courier-authlib", "libcourier-unicode4", "libidn12",
                        "libgdbm6", "libperl5.36")
        runs(tree + "/usr/lib/courier/courier/submit",
             dict(os.environ, LD_LIBRARY_PATH=libraries(tree)))
        self.root = shutil.copytree(tree, top + "/root", symlinks=True)
        self.var = self.root + "/var/lib/courier"
        for name in ("host", "dev", "proc", "tmp", "run/courier",
                     "etc/courier/esmtpacceptmailfor.dir"):
            os.makedirs(self.root + "/" + name, exist_ok=True)
        for name in ("lib", "lib64", "bin"):
            if not os.path.lexists(self.root + "/" + name):
                os.symlink("usr/" + name, self.root + "/" + name)
        for path in glob.glob("/lib64/ld-linux*") + \
                glob.glob("/lib/ld-linux*") + ["/bin/sh"]:
            to = self.root + "/usr" + path
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copy(path, to)
        lib = [name for name in os.listdir("/usr/lib")
               if name.endswith("-linux-gnu")]
        for name, text in (
                ("ld.so.conf", "".join("/usr/lib/%s\n/host/%s\n" % (n, n)
                                       for n in lib) +
                 "/usr/lib/courier-authlib\n"),
                ("passwd", "root:x:0:0::/root:/bin/sh\n"
                 "courier:x:997:997::/var/lib/courier:/bin/false\n"),
                ("group", "root:x:0:\ncourier:x:997:\n"),
                ("nsswitch.conf", "passwd: files\ngroup: files\n"
                 "hosts: files\n"),
                ("hosts", "127.0.0.1 localhost\n"),
                ("courier/me", "mx.example.net\n")):
            write(self.root + "/etc/" + name, text.encode())
        # submitmkdir is for those who are not in a hurry.
        now = int(time.time()) // 10000
        for name in ("tmp/%d" % now, "tmp/%d" % (now + 1), "tmp/broken"):
            os.makedirs(self.var + "/" + name, exist_ok=True)
        for path in (self.var, self.root + "/run/courier"):
            subprocess.run(["chown", "-R", "997:997", path], check=True)

    def start(self, *args, network=False, **more):
        return subprocess.Popen(
            ["unshare", *([] if network else ["-n"]), "-m", "-p", "-f",
             "--kill-child", "sh", "-c",
             COURIER, "sh", self.root, *args], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env={"PATH": os.environ["PATH"]}, **more)

    def give(self, mail, sender, recipients):
        p = self.start("/usr/sbin/sendmail", "-f", sender, *recipients,
                       stdin=subprocess.PIPE)
        said, _ = p.communicate(mail, timeout=30)
        if p.returncode == 99:
            raise Skip("Courier has no root of its own: %r" % said)
        same(p.returncode, 0, said)

    def take(self, n):
        """courierd moves them from tmp/ to msgs/."""
        p = self.start("/usr/lib/courier/courier/courierd",
                       stdin=subprocess.DEVNULL)
        end = time.monotonic() + 30
        try:
            while self.in_msgs() < n and time.monotonic() < end:
                time.sleep(0.1)
        finally:
            p.kill()
            p.communicate()
        same(self.in_msgs(), n)

    def in_msgs(self):
        return sum(name[0] == "D" for _, _, names in os.walk(
            self.var + "/msgs") for name in names)
