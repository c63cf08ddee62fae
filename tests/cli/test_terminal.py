"""On a terminal: colors, progress, what is asked by signal, a summary that
fits, what to do next, and what was meant.  With real terminals (pty)."""
import atexit
import fcntl
import os
import pty
import re
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
import time

sys.dont_write_bytecode = True
from cli import (BAREDOT, CLEAN, FINDINGS, TOP, USAGE, Skip, baredot, catches,
                 check, folder, run, same, scan, test, write)
from processes import children, kill

COLOR = re.compile(rb"\x1b\[[0-9;]*m")
LF_MAIL = b"From: a@example.com\n\nhello\n.\nbye\n"
DIRTY = b"From: a@example.com\r\nDate: x\r\n\r\nhello\n.\r\nbye\r\n"


class Terminal:
    """A program on one; out is all that was written there."""

    def __init__(self, *args, rows=24, columns=80, env=None, cwd=TOP,
                 stdout=True, **more):
        self.ours, theirs = pty.openpty()
        self.resize(rows, columns)
        own = dict(os.environ, TERM="xterm", LC_ALL="C.UTF-8")
        for name in ("NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"):
            own.pop(name, None)
        own.update(env or {})
        own = {k: v for k, v in own.items() if v is not None}
        more.setdefault("stdin", subprocess.DEVNULL)
        self.p = subprocess.Popen(
            [BAREDOT, *args], cwd=cwd, env=own, stderr=theirs,
            stdout=theirs if stdout else subprocess.PIPE, **more)
        os.close(theirs)
        self.out = b""
        atexit.register(self.p.kill)    # where a test failed
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while True:
            try:
                part = os.read(self.ours, 65536)
            except OSError:             # EIO: the other end was closed
                return
            if not part:
                return
            self.out += part

    def resize(self, rows, columns):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, pattern, seconds=20):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.out):
            check(time.monotonic() < end, (pattern, self.out))
            time.sleep(0.02)

    def end(self):
        self.p.wait(60)
        self.reader.join()
        os.close(self.ours)
        return self


def lines_of(out):
    """What is to be seen in the end, as a terminal does \\r and erasing."""
    lines = [b""]
    for part in re.split(rb"(\r\n|\r|\x1b\[K|\n)", COLOR.sub(b"", out)):
        if part in (b"\r\n", b"\n"):
            lines.append(b"")
            at = 0
        elif part == b"\r":
            at = 0
        elif part == b"\x1b[K":
            lines[-1] = lines[-1][:at]
        else:
            at = len(part) if len(lines[-1]) == 0 else at
            if lines[-1][:1] and at < len(lines[-1]):
                lines[-1] = part + lines[-1][len(part):]
            else:
                lines[-1] += part
            at = len(part)
    return lines


def shown(*args, **more):
    return b"\n".join(lines_of(Terminal(*args, **more).end().out))


# --- colors

@test
def colors_by_option_environment_and_terminal():
    args = ("scan", "-f", "text", "samples/mh")
    for env, on_terminal, elsewhere in (
            ({}, True, False), ({"NO_COLOR": "1"}, False, False),
            ({"NO_COLOR": ""}, True, False),
            ({"TERM": "dumb"}, False, False), ({"TERM": None}, False, False),
            ({"CLICOLOR": "0"}, False, False),
            ({"CLICOLOR": "1"}, True, False),
            ({"CLICOLOR_FORCE": "1"}, True, True),
            ({"CLICOLOR_FORCE": "0"}, True, False),
            ({"CLICOLOR_FORCE": "1", "TERM": "dumb"}, True, True),
            ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False, False)):
        same(bool(COLOR.search(Terminal(*args, env=env).end().out)),
             on_terminal, env)
        plain = {k: v for k, v in env.items() if v is not None}
        same(bool(COLOR.search(baredot(*args, env=plain).out)), elsewhere, env)
        same(bool(COLOR.search(Terminal("explain", "eol.crlf",
                                        env=env).end().out)), on_terminal)
        for when, wanted in (("always", True), ("never", False)):
            if len(env) == 2:
                same(bool(COLOR.search(baredot(*args, "--color", when,
                                               env=plain).out)), wanted)
    check(not COLOR.search(baredot("scan", "-f", "ndjson", "samples/mh",
                                   env={"CLICOLOR_FORCE": "1"}).out))


# --- progress

def waiting(*args, **more):
    """A scan that waits for standard input, at a terminal."""
    a, b = os.pipe()
    t = Terminal("scan", "-j1", "-f", "ndjson", *args, "-", stdin=a, **more)
    os.close(a)
    return t, b


def feed(fd):
    os.write(fd, LF_MAIL)
    os.close(fd)


@test
def progress_is_shown_and_taken_away():
    t, fd = waiting("samples/mh", stdout=False)
    t.until(rb"\r3 messages, 1 kB of \d+ kB|\r3 messages, 1 kB, \d+ kB/s, \d s")
    feed(fd)
    t.p.stdout.read()
    t.end()
    same(lines_of(t.out)[-1], b"")
    for line in lines_of(t.out):
        check(b"messages" not in line, line)


@test
def progress_is_no_part_of_what_is_written_there():
    t, fd = waiting("samples/mh", "-f", "text")
    t.until(rb"messages, ")
    feed(fd)
    text = b"\n".join(lines_of(t.end().out))
    want = baredot("scan", "-f", "text", "-j0", "samples/mh", "-",
                   input=LF_MAIL).out
    first = want.split(b"\n\n")[0]
    check(text.startswith(first), text)
    check(b" kB/s" not in text, text)


@test
def progress_follows_the_width():
    t, fd = waiting("samples/mh", columns=30, stdout=False)
    t.until(rb"\r3 messages")
    t.resize(24, 12)
    time.sleep(0.4)
    before = len(t.out)
    time.sleep(0.8)
    for part in re.findall(rb"\r([^\r\x1b]*)\x1b\[K", t.out[before:]):
        same(len(part), 11, part)
    wide = re.findall(rb"\r([^\r\x1b]*)\x1b\[K", t.out[:before])
    check(max(map(len, wide)) == 29, wide)
    t.resize(24, 100)
    t.until(rb"\r3 messages, [^\r]*kB/s, \d s")
    feed(fd)
    t.p.stdout.read()
    t.end()


@test
def there_is_no_progress_where_it_is_not_wanted():
    for more in ({"env": {"TERM": "dumb"}}, {"args": ("--progress=never",)}):
        t, fd = waiting("samples/mh", *more.pop("args", ()), stdout=False,
                        **more)
        time.sleep(0.7)
        feed(fd)
        t.p.stdout.read()
        same(t.end().out, b"")
    t, fd = waiting("samples/mh", "--progress=always", stdout=False,
                    env={"TERM": "dumb"})
    t.until(rb"\r3 messages")
    feed(fd)
    t.p.stdout.read()
    t.end()


@test
def there_is_no_progress_from_the_background():
    code = ("import os, subprocess, sys, time\n"
            "p = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE,\n"
            "                     stdout=subprocess.DEVNULL,\n"
            "                     preexec_fn=os.setpgrp)\n"
            "time.sleep(0.8)\n"
            "p.stdin.close()\n"
            "p.wait()\n")
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execv(sys.executable, [sys.executable, "-c", code, BAREDOT, "scan",
                                  "-j1", "-f", "ndjson",
                                  TOP + "/samples/mh", "-"])
    out = b""
    while True:
        try:
            part = os.read(fd, 65536)
        except OSError:
            break
        if not part:
            break
        out += part
    os.close(fd)
    os.waitpid(pid, 0)
    check(b"messages" not in out, out)


def slowly(path, data, at):
    """Write to a FIFO, and wait in the middle."""
    def body():
        with open(path, "wb") as f:
            f.write(data[:at])
            f.flush()
            time.sleep(1.2)
            f.write(data[at:])
    os.mkfifo(path)
    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    return thread


@test
def verify_and_report_show_how_far_they_are():
    data = scan("-a", "--hash", "samples/eml").out
    # Each line is looked at; there must be one behind the wait.
    for command, more in (("verify", ()), ("report", ("-o", "OUT")),
                          ("report", ("--to", "sqlite", "OUT"))):
        with folder() as tmp:
            thread = slowly(tmp + "/r", data, data.index(b"\n", 20000) + 1)
            args = [tmp + "/out" if a == "OUT" else a for a in more]
            t = Terminal(command, *args, tmp + "/r", stdout=False)
            t.until(rb"\r[0-9]+ records, [0-9]+ kB, ")
            t.p.stdout.read()
            t.end()
            thread.join()
            same(t.p.returncode, CLEAN, t.out)
            for line in lines_of(t.out):
                check(b"records" not in line, line)


def mbox(n):
    return b"".join(b"From a@b.example Mon Jan  1 00:00:00 2024\n" +
                    LF_MAIL.replace(b"hello", b"h\re%d" % i) + b"\n"
                    for i in range(n))


@test
def fix_says_which_mailbox_it_is_at():
    with folder() as tmp:
        for name in ("one", "two\x1b[31m"):
            write(tmp + "/m/%s.mbox" % name, mbox(3))
        t = Terminal("fix", "--apply", "-f", "ndjson", "--state",
                     tmp + "/state", tmp + "/m", stdout=False)
        t.p.stdout.read()
        t.end()
        same(t.p.returncode, CLEAN, t.out)
        for n, name in ((1, b"one"), (2, b"two\\x1b[31m")):
            check(b"\rrepairing %d of 2: " % n in t.out, t.out)
        check(b"\x1b[31m" not in t.out and b"repairing" not in
              b"".join(lines_of(t.out)))


# --- what is asked by signal

def asked(p, pid=None):
    end = time.monotonic() + 20
    while not catches(p.pid, signal.SIGUSR1) and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.4)
    os.kill(pid or p.pid, signal.SIGUSR1)


@test
def a_signal_asks_how_far_it_is():
    for command in ("scan", "replay"):
        p = subprocess.Popen([BAREDOT, command, "-j2", "-f", "ndjson",
                              "samples/mh", "-"], cwd=TOP,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        asked(p)
        line = p.stderr.readline()
        check(re.fullmatch(rb"baredot: %s: 3 messages, 1 kB, \d+ B?kB/s, \d s"
                           rb"(, 2 with findings)?\n" %
                           command.encode(), line), line)
        kill(children(p.pid), signal.SIGUSR1)   # they do not mind
        asked(p)
        check(p.stderr.readline().startswith(b"baredot: "))
        out, err = p.communicate(LF_MAIL)
        same(err, b"")
        same(out.count(b'"unreadable",'), 0)
        same(p.returncode, FINDINGS)


@test
def verify_and_fix_are_asked_too():
    data = scan("-a", "--hash", "samples/eml").out
    with folder() as tmp:
        for args in (("verify",), ("report", "--to", "sqlite", tmp + "/db")):
            r = tmp + "/" + args[0]
            thread = slowly(r, data, data.index(b"\n", 20000) + 1)
            p = subprocess.Popen([BAREDOT, *args, r], cwd=TOP,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
            asked(p)
            out, err = p.communicate()
            thread.join()
            check(re.fullmatch(rb"baredot: %s: [0-9]+ records, .*\n" %
                               args[0].encode(), err), err)
            same(p.returncode, CLEAN)
        for i in range(3000):
            write(tmp + "/m/cur/%d" % i, DIRTY)
        os.mkdir(tmp + "/m/new")
        os.mkdir(tmp + "/m/tmp")
        p = subprocess.Popen([BAREDOT, "fix", "-f", "ndjson", tmp + "/m"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        end = time.monotonic() + 20
        while not catches(p.pid, signal.SIGUSR1) and time.monotonic() < end:
            time.sleep(0.01)
        p.send_signal(signal.SIGUSR1)
        out, err = p.communicate()
        check(re.fullmatch(rb"baredot: fix: [0-9,]+ messages, .*\n", err), err)
        same(out.count(b'"type":"message"'), 3000)


# --- a summary that fits

RULES = "".join("rule r%d { scope = raw pattern = '.' message = '%s' }\n" %
                (i, ("a message that is long " * 8).strip())
                for i in range(30))


def rows_of(text, columns):
    return sum(max(1, -(-len(line.decode()) // columns))
               for line in text.split(b"\n"))


def summary_of(text):
    """From the empty line before it on; the last line is empty: the prompt's."""
    at = re.search(rb"(^|\n)\n(Interrupted|\d+ messages? in )", text)
    check(at, text[-3000:])
    return text[at.end(1):]


@test
def the_summary_fits_the_screen():
    with folder() as tmp:
        rules = write(tmp + "/r.rules", RULES.encode())
        state = ("--state", tmp + "/s")
        for args in (("scan", "samples"),
                     ("scan", "--check", "all", "--rules", rules, "--target",
                      "cyrus", "samples"),
                     ("scan", "--rules", rules, "-v", "--dkim", "samples"),
                     ("scan", *state, "samples"), ("scan", *state, "samples"),
                     ("scan", "--redact", "--rules", rules, "samples"),
                     ("replay", "samples"),
                     ("replay", "--from", "postfix", "--to", "exim",
                      "samples"),
                     ("fix", "--state", tmp + "/acts", "samples"),
                     ("scan", "samples/mh"), ("scan", "samples/eml/" + sorted(
                         os.listdir(TOP + "/samples/eml"))[0])):
            for rows, columns in ((24, 80), (10, 80), (40, 60)):
                t = Terminal(*args, "-j1", rows=rows, columns=columns,
                             env={"TERM": "dumb"})
                text = summary_of(b"\n".join(lines_of(t.end().out)))
                room = max(rows, 24)
                if columns >= 80:
                    check(rows_of(text, columns) <= room, (
                        args, rows, columns, rows_of(text, columns),
                        text.decode()))
                if args[0] == "scan" and b"0 with findings" not in text:
                    check(re.search(rb"^  (high|medium|low|info) ", text,
                                    re.M), text)
                # All that must be said is.
                if "samples" in args:
                    check(b"could not be read" in text and
                          b"Not observable" in text)


@test
def tables_that_are_cut_say_so():
    text = summary_of(shown("scan", "samples"))
    codes = re.findall(rb"^  (?:high|medium|low|info) .*", text, re.M)
    more = int(re.search(rb"and (\d+) more codes", text).group(1))
    last = scan("samples").records()[-1]
    same(len(codes) + more, len(last["codes"]))
    check(codes and all(c.startswith(b"  high") for c in codes), codes)
    whole = summary_of(shown("scan", "samples", rows=80))
    same(len(re.findall(rb"^  (?:high|medium|low|info) .*", whole, re.M)),
         len(last["codes"]))
    check(b"more codes" not in whole)
    check(b"more codes" not in baredot("scan", "-f", "text", "samples").out)
    brief = summary_of(shown("replay", "samples"))
    check(b"fooled most" in brief and b"The table of all" in brief)
    check(b"fooled most" not in baredot("replay", "-f", "text",
                                        "samples").out)
    check(b"The worst for each receiver" in shown("replay", "samples",
                                                  rows=90))


# --- what to do next

def next_commands(text):
    return re.findall(rb"^  [A-Z][^:]*: (baredot [a-z].*)$", text, re.M)


NAMES = (b"plain", b"with space", b"it's", b"$(reboot)`x`", b"a\"b", b"-rf",
         b"~", b"a*b?[c]", b"tab\tnl\n", b"\xff\xfe", b"\x1b[31m", b"!x",
         b"back\\slash", b"#c", "\u00e9".encode(), "\u202ex".encode(),
         b"\x01" + b"9", b"a;b&c|d", b"=ls", b"{a,b}", b"\\\x07'")


@test
def next_commands_name_what_was_scanned():
    bash = shutil.which("bash")
    if bash is None:
        raise Skip("no bash here")
    with folder() as tmp:
        for name in NAMES:
            write(os.fsencode(tmp) + b"/" + name + b"/m.eml", DIRTY)
            # Everything that follows -- is a path, whatever it is called.
            text = b"\n".join(lines_of(Terminal(
                "scan", "--", name, cwd=tmp, columns=300).end().out))
            commands = next_commands(text)
            same([c.split()[1] for c in commands],
                 [b"explain", b"scan", b"fix", b"replay"], text)
            for c in commands:
                check(not re.search(rb"[\x00-\x1f\x7f]", c), c)
                c.decode()
            for c in commands[1:]:
                out = subprocess.run(
                    [bash, "-c", b"baredot() { printf '%s\\0' \"$@\"; }; " + c],
                    cwd=tmp, stdout=subprocess.PIPE, check=True).stdout
                got = out.split(b"\0")[-2]
                same(got[2:] if got.startswith(b"./-") else got, name, c)
        same(sorted(os.listdir(os.fsencode(tmp))), sorted(NAMES))
        # They are right as they stand.
        line = next_commands(b"\n".join(lines_of(Terminal(
            "scan", "it's", cwd=tmp).end().out)))[-1]
        ran = baredot(*shlex.split(line.decode())[1:], cwd=tmp)
        same(ran.status, FINDINGS, ran.err)


@test
def next_commands_only_where_they_make_sense():
    one = next_commands(shown("scan", "samples/mh"))
    same(one[0], b"baredot explain " + one[0].split()[-1])
    check(b"baredot fix samples/mh" in one, one)
    same(len(next_commands(baredot("scan", "-f", "text", "samples/mh").out)),
         1)
    for args, more in ((("scan", "--redact", "samples/mh"), {}),
                       (("scan", "-"), {"stdin": subprocess.PIPE}),
                       (("scan", *["samples/mh"] * 40), {}),
                       (("fix", "samples/mh"), {})):
        t = Terminal(*args, **more)
        if t.p.stdin:
            t.p.stdin.write(DIRTY)
            t.p.stdin.close()
        text = b"\n".join(lines_of(t.end().out))
        check(len(next_commands(text)) <= 1, (args, next_commands(text)))
    with folder() as tmp:
        write(tmp + "/m.eml", b"From: a@example.com\n\nhello\n")
        same(next_commands(shown("scan", tmp)), [])
        write(tmp + "/m.eml", b"From: a@example.com\n\nno end")
        same([c.split()[1] for c in next_commands(shown("scan", tmp))],
             [b"explain", b"scan"])


# --- what was meant

@test
def what_was_meant_is_suggested():
    for args, meant in (
            (("scna", "a"), "scan"), (("quar",), "quarantine"),
            (("help", "repot"), "report"), (("SCAN", "a"), "scan"),
            (("scan", "--verbsoe", "a"), "--verbose"),
            (("scan", "--colour=never", "a"), "--color"),
            (("explain", "--hlep"), "--help"),
            (("verify", "--fromat", "text", "a"), "--format"),
            (("scan", "-f", "jsno", "a"), "json"),
            (("scan", "--eol", "crfl", "a"), "crlf"),
            (("scan", "--color", "alway", "a"), "always"),
            (("scan", "-m", "hihg", "a"), "high"),
            (("scan", "--code", "eol.bare_cr", "a"), "eol.bare-cr"),
            (("scan", "--target", "psotfix", "a"), "postfix"),
            (("scan", "--format-in", "mbx", "a"), "mbox"),
            (("replay", "--from", "postfx", "a"), "postfix"),
            (("replay", "--to", "exmi", "a"), "exim"),
            (("fix", "--eod", "stuf", "a"), "stuff"),
            (("report", "--to", "sqllite", "a"), "sqlite"),
            (("explain", "cisco-claen"), "cisco-clean"),
            (("explain", "eol.barecr"), "eol.bare-cr")):
        ran = baredot(*args)
        same((ran.status, ran.out), (USAGE, b""), args)
        check("; did you mean %s?" % meant in ran.err, (args, ran.err))
    for args in (("xyzzy",), ("scan", "--bogus", "a"), ("s",),
                 ("scan", "--eol", "windows", "a"), ("help", ""), ("",),
                 ("scan", "-f", "", "a"), ("x" * 5000,),
                 ("scan", "--target", "x" * 90, "a")):
        ran = baredot(*args)
        same(ran.status, USAGE)
        check("did you mean" not in ran.err, (args, ran.err))


@test
def one_letter_wrong_in_an_option_is_understood():
    names = re.findall(r"^ +(?:-\w, +)?--([a-z0-9-]+)",
                       baredot("help", "scan").out.decode(), re.M)
    check(len(names) > 40)
    known = set(names)
    for i, name in enumerate(n for n in names if len(n) > 3):
        at = 1 + i % (len(name) - 2)
        wrong = (name[:at] + name[at + 1:], name[:at] + "q" + name[at:],
                 name[:at] + "Q" + name[at + 1:],
                 name[:at] + name[at + 1] + name[at] + name[at + 2:])[i % 4]
        if any(k.startswith(wrong) for k in known):
            continue
        err = baredot("scan", "--" + wrong, "a").err
        got = re.search(r"did you mean --([a-z0-9-]+)\?", err)
        check(got and (got.group(1) == name or i % 4 == 0), (name, wrong, err))


# --- explain

@test
def explain_knows_receivers_and_senders():
    ran = baredot("explain", "postfix")
    same((ran.status, ran.err), (CLEAN, ""))
    text = ran.out.decode()
    check(text.startswith("postfix (receiver): ") and
          "\n---\n\npostfix (sender): " in text and "\nSource\n" in text, text)
    listed = baredot("replay", "--list").out.decode()
    senders, receivers = listed.split("\nReceivers:\n")
    for kind, part in (("sender", senders), ("receiver", receivers)):
        names = re.findall(r"^  (\S+) +(?:measured|source|prose) ", part, re.M)
        check(len(names) > 20)
        text = baredot("explain", *names).out.decode()
        for name in names:
            check("%s (%s): " % (name, kind) in text, name)
        check(max(map(len, text.splitlines())) < 80)


run()
