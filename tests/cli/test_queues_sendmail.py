"""Queues of sendmail, qmail and Courier: where their files are looked for, and
those of real servers.

SENDMAIL_TREE, COURIER_TREE: folders that their packages were unpacked to; else
these are fetched, once, to build/packages.  QMAIL: a qmail that was built for a
folder of its own, and whose queue the test may use.  Everything runs without
network, sees no other folders than its own, and delivers nothing.
"""
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from cli import (SAMPLES, UNREADABLE, Skip, baredot, check, folder, read, run,
                 same, scan, test, write)
from queued import compare, libraries, runs, sent, unpacked

DF = "df3AEMDKn0004243"
HF = "hf3AEMDKn0004243"


def sample(name, top):
    return shutil.copytree(os.path.join(SAMPLES, name), top + "/" + name)


def messages(*args, **more):
    return baredot("scan", "-f", "ndjson", "--all", *args,
                   **more).of_type("message")


def error(*args, **more):
    ran = baredot("scan", "-f", "ndjson", "--all", *args, **more)
    same((ran.status, ran.of_type("message")), (UNREADABLE, []))
    (r,) = ran.of_type("unreadable")
    return r["error"]


@test
def a_body_in_another_folder_is_below_what_was_named():
    with folder() as top:
        q1 = sample("sendmail", top) + "/q1"
        for args, cwd in ((("sendmail/q1",), top), ((".",), q1),
                          ((q1 + "//",), "/"), (("-j2", q1), "/"),
                          ((q1 + "/qf/" + HF,), "/"), ((HF,), q1 + "/qf"),
                          (("qf/" + HF,), q1),
                          (("--forensic", top), "/")):
            found = {r["envelope"]["queue_id"]: r for r in messages(
                *args, cwd=cwd)}
            same(found[HF[2:]]["message_id"], "<sendmail.2@example.org>")
        for args, cwd in (((q1 + "/qf",), "/"), ((".",), q1 + "/qf")):
            check("there is no " + DF in error(*args, cwd=cwd), args)
        # By a link that was named: where the file is, not where the link is.
        os.symlink(q1 + "/qf/" + HF, top + "/" + HF)
        same(messages(top + "/" + HF), [])
        os.symlink(q1 + "/qf", top + "/elsewhere")
        same(len(messages(top + "/elsewhere/" + HF)), 1)


@test
def no_link_leads_to_another_file_of_a_queue():
    with folder() as top:
        q1 = sample("sendmail", top) + "/q1"
        os.rename(q1 + "/df", top + "/bodies")
        os.symlink(top + "/bodies", q1 + "/df")
        for path in (q1, q1 + "/qf/" + HF):
            check("there is no " + DF in error(path))
        os.unlink(q1 + "/df")
        os.mkdir(q1 + "/df")
        os.symlink(top + "/bodies/" + DF, q1 + "/df/" + DF)
        for path in (q1, q1 + "/qf/" + HF):
            check("there is no " + DF in error(path))
        mess = sample("qmail", top) + "/mess"
        info = os.path.join(os.path.dirname(mess), "info")
        os.rename(info, top + "/info")
        os.symlink(top + "/info", info)
        # And so it is no queue of qmail any more.
        same({r["format"] for r in messages(os.path.dirname(mess))}, {"mh"})


@test
def a_record_names_another_queue_and_no_other_place():
    with folder() as top:
        queue = sample("sendmail", top)
        for name in os.listdir(queue + "/mqueue"):
            if name[:2] != "qf" or not name.endswith("42"):
                os.unlink(queue + "/mqueue/" + name)
        os.rename(queue + "/q1/df", queue + "/df")
        shutil.rmtree(queue + "/q1")
        (qf,) = os.listdir(queue + "/mqueue")
        data = read(queue + "/mqueue/" + qf)
        for i, path in enumerate((
                "q2/" + qf.replace("q", "d"), "q2/df/" + qf.replace("q", "d"),
                "../secret/" + qf.replace("q", "d"))):
            write(queue + "/" + path, b"the body\n")
            for named in ("q2", "/mail/q2", "/mail/q2/df", "../secret",
                          "../../secret", "secret"):
                # Where it is not split q2/df is not looked at, nor q2 if it is.
                write(queue + "/mqueue/" + qf, data.replace(
                    b"I254/1/77\n", b"d%s\n" % named.encode()))
                found = messages(queue)
                same(sum("envelope" in r for r in found),
                     i == 0 and "q2" in named, (path, named))
            os.unlink(queue + "/" + path)


@test
def envelopes_of_qmail_are_below_what_was_named():
    with folder() as top:
        queue = sample("qmail", top)
        for args, cwd, known in (
                ((queue,), "/", True), ((".",), queue, True),
                ((queue + "/mess/20/457",), "/", True),
                (("20/457",), queue + "/mess", True),
                (("457",), queue + "/mess/20", False),
                ((queue + "/mess",), "/", False),
                ((".",), queue + "/mess/20", False)):
            (r,) = [r for r in messages(*args, cwd=cwd)
                    if r["path"].endswith("457")]
            same((r["format"], r["raw"]), ("qmail", True), args)
            same(r["envelope"].get("sender"),
                 "alice@example.com" if known else None, args)
        # What is not there any more is not known, and nothing else.
        shutil.rmtree(queue + "/info/20")
        shutil.rmtree(queue + "/remote/20")
        (r,) = messages(queue + "/mess/20")
        (r,) = [r for r in messages(queue) if r["path"].endswith("457")]
        same(r["envelope"], {"queue_id": "457", "recipients": [
            {"address": "bob@mx.example.net"}]})


@test
def a_folder_of_mh_is_no_queue():
    with folder() as top:
        mail = read(os.path.join(SAMPLES, "qmail", "mess", "20", "457"))
        for path in ("mess/20/457", "info/20/457", "msgs/57/457",
                     "msgs/57/D457", "df457"):
            write(top + "/" + path, mail)
        same({r["format"] for r in messages(top)}, {"mh", "eml"})
        same(len(messages(top)), 5)


# --- a real sendmail

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

    def start(self, *args):
        """Without a name that has a dot it waits for one."""
        script = "echo mx.example.net >/proc/sys/kernel/hostname && exec \"$@\""
        return subprocess.Popen(
            ["unshare", "-u", "-n", "sh", "-c", script, "sh", self.program,
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


def wire_is(r, top):
    """What sendmail would send is what was judged."""
    data = read(top + "/sent/" + r["envelope"]["queue_id"])
    same((len(data), hashlib.sha256(data).hexdigest()),
         (r["length"], r["sha256"]), r["path"])


@test
def what_sendmail_was_given_is_what_it_sends():
    with folder() as top:
        server, mails = Sendmail(top), sent()
        for mail, sender, recipients in mails.values():
            server.give("-i", "-f", sender or "<>", *recipients, data=mail)
        ran = scan("--all", "--hash", "-v", server.queue)
        same(ran.of_type("unreadable"), [])
        same(len(ran.of_type("skipped")), len(mails))
        found = ran.of_type("message")
        compare(found, mails)
        for r in found:
            same((r["format"], r["convention"], r["raw"]),
                 ("sendmail", "lf", False))
            same(r["path"], "%s/qf%s" % (server.queue,
                                         r["envelope"]["queue_id"]))
            same({f["code"]: f["count"] for f in r["findings"]
                  if f["code"].startswith("eod")},
                 {"eod.lf-dot-lf": 1, "eod.stuffed-dot": 1})
        server.give("-q", "-v")
        same(os.listdir(server.queue), [])
        for r in found:
            wire_is(r, top)


@test
def odd_bytes_and_split_queues_of_sendmail():
    odd = (b"From: alice@example.com\nTo: bob@example.net\nSubject: a\n\tb\n c"
           b"\nBcc: eve@example.org\nMessage-ID: <1@x>\nX-Bytes: \xff\x81g\x9f "
           b"\xc3\x89\xff $x $g ?P?\nReturn-Path: <x@y>\nFull-Name: A\nContent-Length: 7\n\n"
           b"a\rb\n\0\n\r\r\n.\n\xff\xff\x81g\n\n\nthe end\n")
    with folder() as top:
        server = Sendmail(top)
        for name in ("qf", "df", "xf"):
            os.mkdir(server.queue + "/" + name, 0o700)
        server.give("-i", "-f", "alice@example.com", "bob@example.net",
                    data=odd)
        server.talk(b"EHLO localhost\r\n", b"MAIL FROM:<>\r\n",
                    b"RCPT TO:<bob@example.net>\r\n", b"DATA\r\n",
                    b"From: alice@example.com\r\nMessage-ID: <2@x>\r\n\r\n"
                    b"..\r\n...\r\nthe end\r\n.\r\n")
        found = {r["message_id"]: r for r in messages("--hash", server.queue)}
        same(sorted(found), ["<1@x>", "<2@x>"])
        same({f["code"]: f["count"] for f in found["<1@x>"]["findings"]
              if f["code"][:3] == "eol"}["eol.bare-cr"], 1)
        same(found["<2@x>"]["envelope"]["sender"], "")
        same({f["code"] for f in found["<2@x>"]["findings"]},
             {"eod.lf-dot-lf", "eod.stuffed-dot"})
        # In quarantine it is read as before; and so it goes out.
        server.give("-Qreason", "-qI" +
                    found["<1@x>"]["envelope"]["queue_id"])
        again = {r["message_id"]: r for r in messages("--hash", server.queue)}
        check("/hf" in again["<1@x>"]["path"], again)
        same(again["<1@x>"]["sha256"], found["<1@x>"]["sha256"])
        server.give("-Q", "-qQ")
        server.give("-q", "-v")
        for r in found.values():
            wire_is(r, top)


# --- a real Courier

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

    def start(self, *args, **more):
        return subprocess.Popen(
            ["unshare", "-m", "-n", "-p", "-f", "--kill-child", "sh", "-c",
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


def as_it_stands(r, mail):
    """The message is the file, and ends in what was given."""
    data = read(r["path"])
    same((r["raw"], r["offset"], r["length"], r["sha256"]),
         (True, 0, len(data), hashlib.sha256(data).hexdigest()))
    check(data.endswith(mail), r["path"])


@test
def what_courier_was_given_is_what_is_found_in_its_queue():
    with folder() as top:
        server = Courier(top)
        mails = {k: (mail.replace(b"a line", b"a\rb"), sender, to[:60])
                 for k, (mail, sender, to) in sent().items()}
        for mail, sender, to in mails.values():
            server.give(mail, sender, to)
        for where in ("tmp", "msgs"):
            ran = scan("--all", "--hash", "-v", server.var)
            same(ran.of_type("unreadable"), [])
            found = ran.of_type("message")
            compare(found, mails)
            for r in found:
                mail = mails[r["message_id"]][0]
                same((r["format"], r["convention"]), ("courier", "lf"))
                check("/%s/" % where in r["path"], r["path"])
                as_it_stands(r, mail.split(b"\n\n", 1)[1])
                same({f["code"]: f["count"] for f in r["findings"]
                      if f["code"][:3] in ("eod", "eol")},
                     dict({"eod.lf-dot-lf": 1, "eod.stuffed-dot": 1},
                          **({"eol.bare-cr": 1} if b"\r" in mail else {})))
            refused(server.var, "cancelmsg", len(found))
            if where == "tmp":
                server.take(len(mails))


def refused(top, why, n):
    ran = baredot("quarantine", "--into", os.path.dirname(top) + "/q", "-f",
                  "ndjson", "-m", "info", "--apply", top)
    found = ran.of_type("message")
    same(len(found), n)
    for r in found:
        same(r["repair"]["action"], "refused")
        check(why in r["repair"]["why"], r["repair"]["why"])


# --- a real qmail

@test
def what_qmail_was_given_is_what_is_found_in_its_queue():
    top = os.environ.get("QMAIL")
    if top is None:
        raise Skip("QMAIL names no qmail for tests")
    mails = {k: (mail.replace(b"a line", b"a\rb"), sender, to)
             for k, (mail, sender, to) in sent().items()}
    for mail, sender, to in mails.values():
        with folder() as own:
            data = write(own + "/mail", mail)
            envelope = write(own + "/envelope", b"".join(
                x + b"\0" for x in [b"F" + sender.encode()] +
                [b"T" + x.encode() for x in to] + [b""]))
            with open(data, "rb") as a, open(envelope, "rb") as b:
                subprocess.run([top + "/bin/qmail-queue"], stdin=a, stdout=b,
                               check=True, timeout=20)
    ran = scan("--all", "--hash", top + "/queue")
    same(ran.of_type("unreadable"), [])
    found = ran.of_type("message")
    compare(found, mails, arrived=False)
    for r in found:
        same((r["format"], r["convention"]), ("qmail", "lf"))
        same(os.path.basename(r["path"]), r["envelope"]["queue_id"])
        as_it_stands(r, mails[r["message_id"]][0])
    refused(top + "/queue", "qmail-qread", len(found))


run()
