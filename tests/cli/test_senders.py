"""What real senders put on the wire is what their rows of senders.conf say.

A message with strings of CR, LF, dots, NULs and text is given to each (where it
has a queue, as a file there), which sends it to a sink on 127.0.0.1.
CHECK_LONG: all strings up to a length of 5 instead of 3.  MSMTP_TREE, NPM_TREE
and those of servers.py: see there, and receiving.py.
"""
import glob
import itertools
import json
import os
import re
import shutil
import smtplib
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from cli import TOP, Skip, check, folder, read, run, same, test, write
from queued import libraries, runs, unpacked
from receiving import Sink, end_namespace, npm
from servers import Courier, Exim, OpenSMTPD, Postfix, Sendmail

LONG = "CHECK_LONG" in os.environ
WIRE = TOP + "/build/tests/wire"
FROM, TO = "a@example.com", "b@example.net"
HEAD = (b"From: a@example.com\nTo: b@example.net\nSubject: x\n"
        b"Date: Tue, 14 Nov 2023 22:13:20 +0000\n"
        b"Message-ID: <1@example.com>\n\n")
MARK = b"here it begins"


def body(nl, abc):
    """Each string on a line of its own, or what it makes of one."""
    return MARK + nl + b"".join(
        b"%d:%sx%s" % (i, bytes(s), nl) for i, s in enumerate(
            s for n in range(1, 6 if LONG else 4)
            for s in itertools.product(abc, repeat=n)))


def predicted(row, nl, data, by_bdat):
    done = subprocess.run([WIRE, row, "lf" if nl == b"\n" else "crlf"] +
                          ["bdat"] * by_bdat,
                          input=data, stdout=subprocess.PIPE, timeout=60)
    same(done.returncode, 0, row)
    return done.stdout[done.stdout.index(MARK):]


def arrived(sink):
    end = time.monotonic() + 30
    while not sink.mails:
        check(time.monotonic() < end, "nothing arrives")
        time.sleep(0.02)
    (mail,) = sink.mails
    return mail[mail.index(MARK):]


def first_difference(row, got, want):
    if got == want:
        return
    i = len(os.path.commonprefix([got, want]))
    raise AssertionError("%s\n got: %r\nwant: %r" % (
        row, got[max(i - 30, 0):i + 40], want[max(i - 30, 0):i + 40]))


def compare(row, send, nl=b"\r\n", abc=b"\r\n.\0x", chunking=False,
            by_bdat=False):
    """To a sink that offers CHUNKING, or does not."""
    with folder() as top:
        os.chmod(top, 0o755)
        sink, data = Sink(chunking), body(nl, abc)
        stop = send(top, sink.port, HEAD.replace(b"\n", nl), data)
        try:
            got = arrived(sink)
        finally:
            if stop:
                stop()
        same(sink.bdats > 0, by_bdat, "by BDAT")
        first_difference(row, got, predicted(row, nl, data, by_bdat))


def command(argv, data, **more):
    done = subprocess.run(argv, input=data, timeout=60, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **more)
    same(done.returncode, 0, done.stdout)


# --- what sends a file

@test
def curl_sends_what_its_row_says():
    if shutil.which("curl") is None:
        raise Skip("there is no curl")
    compare("curl-old", lambda top, port, head, data: command(
        ["curl", "-sS", "smtp://127.0.0.1:%d" % port, "--mail-from", FROM,
         "--mail-rcpt", TO, "-T", "-"], head + data))


def smtplib_sends(port, mail):
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as s:
        s.sendmail(FROM, [TO], mail)


@test
def smtplib_sends_what_its_rows_say():
    compare("smtplib-bytes", lambda top, port, head, data: smtplib_sends(
        port, head + data))
    compare("smtplib", lambda top, port, head, data: smtplib_sends(
        port, (head + data).decode()))


NODEMAILER = """\
const fs = require('fs');
require('nodemailer').createTransport({
    host: '127.0.0.1', port: +process.argv[1], ignoreTLS: true,
}).sendMail({ envelope: { from: process.argv[2], to: process.argv[3] },
    raw: fs.readFileSync(0) });
"""


@test
def nodemailer_sends_what_its_row_says():
    env = npm()
    version = json.loads(read(env["NODE_PATH"] + "/nodemailer/package.json"))[
        "version"]
    old = [int(n) for n in version.split(".")[:3]] < [10, 0, 12]
    row = "nodemailer-10.0.11" if old else "nodemailer"
    compare(row, lambda top, port, head, data: command(
        ["node", "-e", NODEMAILER, str(port), FROM, TO], head + data, env=env))


@test
def msmtp_sends_what_its_row_says():
    program, env = shutil.which("msmtp"), dict(os.environ)
    if program is None:
        tree = unpacked("MSMTP_TREE", "msmtp", "libgsasl18", "libsecret-1-0",
                        "libgssglue1", "libntlm0")
        program = tree + "/usr/bin/msmtp"
        env["LD_LIBRARY_PATH"] = libraries(tree)
    runs(program, env)
    compare("msmtp", lambda top, port, head, data: command(
        [program, "--file=/dev/null", "--host=127.0.0.1", "--port=%d" % port,
         "--auth=off", "--tls=off", "--from=" + FROM, TO], head + data,
        env=env), nl=b"\n")


# --- what sends what is in its queue

POSTFIX = """\
header_checks =
sendmail_fix_line_endings = never
cleanup_replace_stray_cr_lf = %s
default_transport = smtp
relayhost = [127.0.0.1]:%d
"""


def postfix_sends(replaces):
    def send(top, port, head, data):
        server = Postfix(top, "smtp unix - - n - - smtp\n",
                         POSTFIX % (replaces, port))
        known = server.command("postconf", "-d", "cleanup_replace_stray_cr_lf")
        if b"=" not in known:
            raise Skip("this Postfix has no cleanup_replace_stray_cr_lf")
        server.start()
        try:
            server.send(head + data, FROM, [TO])
            end = time.monotonic() + 30
            while time.monotonic() < end and not (
                    os.path.exists(top + "/log") and
                    b"status=sent" in read(top + "/log")):
                time.sleep(0.05)
        finally:
            server.stop()
    return send


@test
def postfix_sends_what_its_rows_say():
    compare("postfix", postfix_sends("yes"), nl=b"\n")
    compare("postfix-3.8.4", postfix_sends("no"), nl=b"\n")


EXIM_ROUTE = """\
all:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = out
begin transports
out:
  driver = smtp
  port = %d
  allow_localhost = true
"""


def exim_sends(top, port, head, data, more=""):
    """It makes CRs into LFs where it is handed mail, but sends its queue."""
    server = Exim(top, behind=EXIM_ROUTE % port + more)
    server.send("-i", "-f", FROM, TO, data=head + b"to be replaced\n")
    (path,) = glob.glob(top + "/spool/input/*-D")
    first = read(path).split(b"\n", 1)[0]
    write(path, first + b"\n" + data)
    about = path[:-1] + "H"             # of which it knows how long it will be
    write(about, re.sub(rb"(?m)^-body_linecount \d+", b"-body_linecount %d" %
                        data.count(b"\n"), read(about)))
    command([*server.command, "-M", os.path.basename(path)[:-2]], b"",
            env=server.env)


@test
def exim_sends_what_its_rows_say():
    compare("exim", exim_sends, nl=b"\n")
    compare("exim", exim_sends, nl=b"\n", chunking=True, by_bdat=True)
    compare("exim-data", lambda *args: exim_sends(
        *args, "  hosts_try_chunking =\n"), nl=b"\n", chunking=True)


def sendmail_sends(top, port, head, data):
    server = Sendmail(top)
    conf = read(top + "/sm.cf").decode()
    conf = re.sub(r"(?ms)^Msmtp, .*", "Msmtp, P=[IPC], F=mDFMuX8, S=0, R=0, "
                  r"E=\\r\\n, L=990, T=DNS/RFC822/SMTP, A=TCP [127.0.0.1] %d"
                  "\n" % port, conf)
    write(top + "/sm.cf", conf.encode())
    server.give("-i", "-f", FROM, TO, data=head + b"to be replaced\n")
    (path,) = glob.glob(server.queue + "/df*")
    write(path, data)
    p = server.start("-q", "-v", network=True)
    said, _ = p.communicate(b"", timeout=60)
    same(p.returncode, 0, said)


@test
def sendmail_sends_what_its_row_says():
    compare("sendmail-debian", sendmail_sends, nl=b"\n")


def opensmtpd_sends(top, port, head, data):
    server = OpenSMTPD(top)
    with server:
        server.send((head + b"to be replaced\n").replace(b"\n", b"\r\n"),
                    FROM, [TO])
    (path,) = glob.glob(top + "/spool/smtpd/queue/*/*/message")
    write(path, read(path).replace(b"to be replaced\n", data))
    conf = read(top + "/conf")
    write(top + "/conf", re.sub(rb"smtp://127\.0\.0\.1:\d+",
                                b"smtp://127.0.0.1:%d" % port, conf))
    server.holds = ""
    with server:
        end = time.monotonic() + 30
        while b"result=" not in read(top + "/log"):
            check(time.monotonic() < end, read(top + "/log"))
            time.sleep(0.05)


@test
def opensmtpd_sends_what_its_row_says():
    compare("opensmtpd", opensmtpd_sends, nl=b"\n")


def courier_sends(top, port, head, data):
    server = Courier(top)
    server.give(head + b"to be replaced\n", FROM, [TO])
    (path,) = glob.glob(server.var + "/tmp/*/D*")
    write(path, read(path).replace(b"to be replaced\n", data))
    write(server.root + "/etc/courier/esmtproutes",
          b":[127.0.0.1],%d\n" % port)
    child = server.start("/usr/lib/courier/courier/courierd", network=True,
                         stdin=subprocess.DEVNULL)
    return lambda: end_namespace(child)


@test
def courier_sends_what_its_row_says():
    compare("courier", courier_sends, nl=b"\n")


if os.access("/dev/shm", os.W_OK):
    tempfile.tempdir = "/dev/shm"       # they flush each message to the disk
run()
