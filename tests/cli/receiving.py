"""Real servers that receive mail on 127.0.0.1, and what they make of bytes.

AIOSMTPD_TREE, DOVECOT_TREE: folders that Debian's packages python3-aiosmtpd,
and dovecot-lmtpd and dovecot-submissiond, were unpacked to; NPM_TREE: one where
npm installed smtp-server and nodemailer.  Else, where they are not installed,
these are fetched, once, to build/packages.
"""
import base64
import os
import select
import shutil
import socket
import subprocess
import sys
import threading
import time

from cli import TOP, Skip, read, write
from processes import children, kill
from queued import unpacked
from servers import Courier, Exim, OpenSMTPD, Postfix, Sendmail, free_port

PATIENCE = 20       # seconds, for an answer
TRIES = 5           # to come as far as DATA
PAUSE = 0.1
NOOP = b"NOOP\r\n"     # QUIT is answered as some answer what is no command


class Row:
    """One that listens: the row of receivers.conf it is, and how to talk.

    behind: what it does with bytes that come in one piece with the end of the
    data: "read" as commands, "refused", or "dropped".  per_session: messages;
    at_once: sessions."""

    def __init__(self, name, port, hello=b"EHLO client.example.com", before=(),
                 behind="read", minds_header=False, per_session=50,
                 at_once=16):
        self.name, self.port, self.hello = name, port, hello
        self.before, self.behind = before, behind
        self.minds_header = minds_header
        self.per_session, self.at_once = per_session, at_once


class Answers:
    """Of a server, one at a time."""

    def __init__(self, port):
        self.s = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got, self.chunking = b"", False

    def next(self):
        """The code; None: it hung up."""
        while True:
            while b"\n" not in self.got:
                # Or two answers in a row are 40 ms apart, see tcp(7).
                self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                try:
                    more = self.s.recv(65536)
                except ConnectionError:
                    return None
                if not more:
                    return None
                self.got += more
            line, self.got = self.got.split(b"\n", 1)
            self.chunking |= line.strip() in (b"250-CHUNKING", b"250 CHUNKING")
            if line[3:4] != b"-":
                return int(line[:3])

    def has_said(self, seconds):
        """It answers soon."""
        return bool(select.select([self.s], [], [], seconds)[0])

    def say(self, data):
        try:
            self.s.sendall(data)
        except ConnectionError:
            pass                        # next() tells

    def ask(self, line, *codes):
        self.say(line + b"\r\n")
        code = self.next()
        if code not in codes:
            raise AssertionError("%r was answered by %s" % (line, code))


def begin(a, row):
    """As far as a transaction."""
    a.s.settimeout(PATIENCE / TRIES)
    if a.next() != 220:
        raise AssertionError("no welcome")
    a.ask(row.hello, 250)
    for line, code in row.before:
        a.ask(line, code)
    a.s.settimeout(PATIENCE)


def offers_chunking(row):
    a = begun(row)
    a.s.close()
    return a.chunking


def begun(row):
    """A session.  Nothing is measured yet: who has more callers than he has
    room for (smtpd listens for five, and the sixth hears nothing) is called
    again."""
    for left in reversed(range(TRIES)):
        a = Answers(row.port)
        try:
            begin(a, row)
            return a
        except socket.timeout:
            a.s.close()
            if left == 0:
                raise


class Caller:
    """Sends a row one message after another.

    Each is judged alone: a session goes on only where one message arrived and
    the NOOP behind it was answered, and what comes to anything else does so in
    a session of its own."""

    def __init__(self, row, by_bdat=False):
        self.row, self.a, self.sent = row, None, 0
        self.see = self.see_bdat if by_bdat else self.see_data

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.a is not None:
            self.a.s.close()
        self.a = None

    def what_comes_of(self, data, tail):
        """Both go out behind DATA: "data", one message arrived; "end", its end
        came before the last CRLF . CRLF, whatever was the answer; "reject".
        By BDAT, where a row offers it, the tail's last line does not."""
        if self.a is not None and self.attempt(data, tail) == "data":
            return "data"
        self.a, self.sent = begun(self.row), 0
        return self.attempt(data, tail)

    def attempt(self, data, tail):
        """The session is over where it is not to go on."""
        seen, self.sent = "open", self.sent + 1
        try:
            seen = self.see(self.a, self.row, data, tail)
        except socket.timeout:
            pass
        finally:
            if seen != "data" or self.sent == self.row.per_session:
                self.__exit__()
        return seen

    @staticmethod
    def see_bdat(a, _, data, tail):
        data += tail[:-len(b".\r\n")]
        a.ask(b"MAIL FROM:<a@example.com>", 250)
        a.ask(b"RCPT TO:<b@example.net>", 250, 251)
        a.say(b"BDAT %d LAST\r\n" % len(data) + data + NOOP)
        first, second = a.next(), a.next()
        if second != 250:
            return "end"
        return "data" if first == 250 else "reject"

    @staticmethod
    def see_data(a, row, data, tail):
        a.ask(b"MAIL FROM:<a@example.com>", 250)
        a.ask(b"RCPT TO:<b@example.net>", 250, 251)
        a.ask(b"DATA", 354)
        if row.behind == "read":
            a.say(data + tail + NOOP)
        elif row.behind == "refused":
            a.say(data + tail)
        else:
            a.say(data)
            if not a.has_said(PAUSE):
                a.say(tail)
            elif a.next() < 400:
                return "end"
            else:
                return "reject"
        first = a.next()
        if row.behind != "read":
            a.say(NOOP)
        if first is None or (first >= 400 and row.behind != "read"):
            return "reject"
        second = a.next()
        if first >= 400 and second in (250, None):
            return "reject"
        return "data" if second == 250 else "end"


class Running:
    """A program that listens on these rows' ports, until it is left."""

    def __init__(self, rows, start, stop=None):
        self.rows, self.start, self.stop = rows, start, stop

    def __enter__(self):
        self.child = self.start()
        try:
            for row in self.rows:
                self.wait_for(row)
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_for(self, row):
        end = time.monotonic() + 30
        while time.monotonic() < end and (
                self.child is None or self.child.poll() is None):
            try:
                socket.create_connection(("127.0.0.1", row.port)).close()
                return
            except OSError:
                time.sleep(0.05)
        raise Skip("%s does not start here" % row.name)

    def __exit__(self, *_):
        if self.stop is not None:
            self.stop()
        else:
            self.child.terminate()
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


def listening(argv, rows, **more):
    """It runs until it is told to end, by a signal."""
    return Running(rows, lambda: subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, **more))


# --- the servers

POSTFIX = """\
127.0.0.1:{port} inet n - n - - smtpd
 -o smtpd_forbid_bare_newline={how}
"""
POSTFIX_MAIN = """\
mynetworks = 127.0.0.0/8
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
smtpd_forbid_bare_newline_exclusions =
smtpd_recipient_restrictions = permit_mynetworks
fast_flush_domains =
in_flow_delay = 0
"""


def postfix(top):
    """Once, with three settings."""
    rows, services = [], ""
    for how in ("no", "normalize", "reject"):
        rows.append(Row("postfix-" + how, free_port()))
        services += POSTFIX.format(port=rows[-1].port, how=how)
    server = Postfix(top, services, POSTFIX_MAIN)
    known = server.command("postconf", "-d", "smtpd_forbid_bare_newline")
    if b"=" not in known:
        raise Skip("this Postfix knows no smtpd_forbid_bare_newline")

    def start():
        server.start()
        return server.master
    return Running(rows, start, server.stop)


EXIM_OPTIONS = """\
local_interfaces = 127.0.0.1
daemon_smtp_ports = %d
acl_smtp_data = drop
tls_advertise_hosts =
smtp_enforce_sync = false
smtp_accept_max = 0
smtp_accept_queue_per_connection = 0
smtp_max_synprot_errors = 100
smtp_max_unknown_commands = 100
smtp_accept_max_nonmail = 1000
"""
EXIM_ACL = """\
begin acl
drop:
  discard
"""


def exim(top):
    row = Row("exim", free_port())
    server = Exim(top, EXIM_OPTIONS % row.port)
    conf = read(top + "/conf").replace(b"begin acl\n", EXIM_ACL.encode())
    write(top + "/conf", conf)
    return listening([*server.command, "-bdf"], [row], env=server.env)


def opensmtpd(top):
    server = OpenSMTPD(top)
    row = Row("opensmtpd", server.port, behind="refused",
              minds_header=True)

    def start():
        server.__enter__()
        return server.child
    return Running([row], start, server.__exit__)


def sendmail(top):
    row = Row("sendmail-debian", free_port())
    server = Sendmail(top)
    return Running([row], lambda: server.start(
        "-bD", "-ODaemonPortOptions=Port=%d, Addr=127.0.0.1" % row.port,
        "-OPidFile=%s/pid" % top, "-OSuperSafe=False", "-OQueueLA=1000",
        "-ORefuseLA=1000", "-ODelayLA=1000", "-OTimeout.ident=0",
        "-ORejectNUL=True",          # as Debian configures it
        network=True))


COURIER = """\
export RELAYCLIENT=
exec /usr/sbin/couriertcpd -user=courier -group=courier -address=127.0.0.1 \
    -noidentlookup -nodnslookup -maxprocs=40 -maxperc=40 -maxperip=40 %d \
    /usr/sbin/courieresmtpd
"""


def courier(top):
    row = Row("courier", free_port(), behind="dropped")
    running = Running([row], None, lambda: end_namespace(running.child))
    server = Courier(top)
    running.start = lambda: server.start(
        "/bin/sh", "-c", COURIER % row.port, network=True,
        stdin=subprocess.DEVNULL)
    return running


def end_namespace(child):
    """Its first process is the child of unshare, and is not ended with that
    once it became another user."""
    kill(children(child.pid))
    child.communicate()


AIOSMTPD = """\
import asyncio, sys
from aiosmtpd.smtp import SMTP
class Sink:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(loop.create_server(
    lambda: SMTP(Sink(), loop=loop, hostname="mx.example.net"), "127.0.0.1",
    int(sys.argv[1])))
loop.run_forever()
"""
SMTPD = """\
import asyncore, smtpd, sys
class Sink(smtpd.SMTPServer):
    def process_message(self, *args, **more):
        pass
Sink(("127.0.0.1", int(sys.argv[1])), None)
asyncore.loop()
"""


def python(name, text, path=None):
    row = Row(name, free_port(), at_once=4)
    env = dict(os.environ, **{"PYTHONPATH": path} if path else {})
    argv = [sys.executable, "-W", "ignore", "-c", text, str(row.port)]
    return listening(argv, [row], env=env)


def aiosmtpd(top):
    tree = unpacked("AIOSMTPD_TREE", "python3-aiosmtpd", "python3-public",
                    "python3-attr")
    return python("aiosmtpd", AIOSMTPD,
                  tree + "/usr/lib/python3/dist-packages")


def python_smtpd(top):
    if sys.version_info >= (3, 12):
        raise Skip("Python has no smtpd module any more")
    return python("python-smtpd", SMTPD)


def npm():
    """Where these are installed."""
    if shutil.which("node") is None:
        raise Skip("there is no node")
    top = os.environ.get("NPM_TREE") or TOP + "/build/packages/npm"
    if not os.path.isdir(top):
        new = "%s.%d" % (top, os.getpid())
        os.makedirs(new)
        try:
            subprocess.run(["npm", "install", "--no-audit", "--no-fund",
                            "--ignore-scripts", "smtp-server", "nodemailer"],
                           cwd=new, check=True, timeout=100,
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            os.rename(new, top)
        except (subprocess.SubprocessError, OSError):
            subprocess.run(["rm", "-rf", new])
            raise Skip("npm cannot install smtp-server and nodemailer: name a "
                       "folder where they are with NPM_TREE")
    return dict(os.environ, NODE_PATH=top + "/node_modules")


SMTP_SERVER = """\
const { SMTPServer } = require('smtp-server');
new SMTPServer({
    authOptional: true, disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    onData(stream, session, done) { stream.on('end', done); stream.resume(); },
}).listen(+process.argv[1], '127.0.0.1');
"""


def smtp_server(top):
    env = npm()
    row = Row("smtp-server", free_port())
    return listening(["node", "-e", SMTP_SERVER, str(row.port)], [row],
                     env=env)


DOVECOT = """\
base_dir = {top}/run
state_dir = {top}/run
log_path = {top}/log
listen = 127.0.0.1
protocols = lmtp submission
ssl = no
disable_plaintext_auth = no
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
mail_location = maildir:{top}/mail
first_valid_uid = 1
mail_fsync = never
mail_max_userip_connections = 0
hostname = mx.example.net
submission_relay_host = 127.0.0.1
submission_relay_port = {sink}
recipient_delimiter =
service lmtp {{
  executable = {tree}lmtp
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service submission-login {{
  executable = {tree}submission-login
  chroot =
  inet_listener submission {{
    port = {submission}
  }}
}}
service submission {{
  executable = {tree}submission
  process_limit = 1000
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password=x
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={top}/mail
}}
"""


def dovecot(top):
    """LMTP, and submission, which passes on all that it is given."""
    if os.getuid() != 0:
        raise Skip("Dovecot needs root")
    program = shutil.which("dovecot")
    if program is None:
        raise Skip("there is no dovecot: install the package dovecot-core")
    version = subprocess.run([program, "--version"], stdout=subprocess.PIPE,
                             check=True).stdout.decode()
    name = "dovecot" if version >= "2.4" else "dovecot-2.3"
    tree = "/usr/lib/dovecot/"
    if not os.path.exists(tree + "submission"):
        tree = unpacked("DOVECOT_TREE", "dovecot-lmtpd",
                        "dovecot-submissiond") + tree
    sink = Sink()
    plain = base64.b64encode(b"\0u\0x")
    rows = [Row(name, free_port(), b"LHLO client.example.com"),
            Row(name, free_port(),
                before=[(b"AUTH PLAIN " + plain, 235)])]
    os.chmod(top, 0o755)
    os.mkdir(top + "/mail")
    shutil.chown(top + "/mail", "nobody", "nogroup")
    conf = write(top + "/conf", DOVECOT.format(
        top=top, tree=tree, sink=sink.port, lmtp=rows[0].port,
        submission=rows[1].port).encode())
    running = listening([program, "-F", "-c", conf], rows)
    running.sink = sink
    return running


class Sink:
    """Takes all mail, and keeps what came behind DATA, or by BDAT."""

    def __init__(self, chunking=False):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port, self.mails = self.listener.getsockname()[1], []
        self.chunking, self.chunks, self.bdats = chunking, b"", 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            s, _ = self.listener.accept()
            threading.Thread(target=self.talk, args=(s,),
                             daemon=True).start()

    def talk(self, s):
        with s, s.makefile("rwb", 0) as f:
            try:
                self.commands(f)
            except ConnectionError:
                pass

    def commands(self, f):
        f.write(b"220 sink.example.net ESMTP\r\n")
        for line in f:
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"DATA":
                f.write(b"354 go on\r\n")
                self.data(f)
            if verb == b"BDAT":
                self.bdat(f, line.split())
            if verb == b"EHLO" and self.chunking:
                f.write(b"250-sink.example.net\r\n250 CHUNKING\r\n")
                continue
            f.write(b"221 bye\r\n" if verb == b"QUIT" else
                    b"250 fine\r\n")
            if verb == b"QUIT":
                return

    def bdat(self, f, words):
        """A chunk, of one mail at a time."""
        self.bdats += 1
        end = len(self.chunks) + int(words[1])
        while len(self.chunks) < end:
            more = f.read(end - len(self.chunks))
            if not more:
                return
            self.chunks += more
        if words[-1].upper() == b"LAST":
            self.mails.append(self.chunks)
            self.chunks = b""

    def data(self, f):
        """To the CRLF . CRLF that nothing comes behind."""
        got = b"\r\n"
        while not got.endswith(b"\r\n.\r\n"):
            more = os.read(f.fileno(), 65536)
            if not more:
                break
            got += more
        self.mails.append(got[2:])


SERVERS = [postfix, exim, opensmtpd, sendmail, courier, aiosmtpd, python_smtpd,
           smtp_server, dovecot]
