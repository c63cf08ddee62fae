"""What shells complete of a command line is what the program takes.

The oracle is the program: its help, its lists, and what it says when a word is
wrong.  The shells are asked by what they are: bash by calling the function as
readline does, and by typing; zsh by typing, its matches written down; fish by
`complete -C`.
"""
import functools
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from cli import (BAREDOT, CLEAN, USAGE, Skip, baredot, check, folder, read,
                 run, same, test, write)

COMMANDS = re.findall(r"^  ([a-z]+) ", baredot("help").out.decode(), re.M)
ENV = dict(os.environ, LC_ALL="C.UTF-8", TERM="dumb", ASAN_OPTIONS=
           "detect_leaks=0")


def script(shell):
    ran = baredot("completion", shell)
    same((ran.status, ran.err), (CLEAN, ""))
    return ran.out


def options_of(command):
    """{"--format": takes a value, ...}, by its help."""
    text = baredot("help", command).out.decode()
    found = re.findall(r"^  (?:-\w, |    )--([a-z0-9-]+)(=?)", text, re.M)
    if command == "rules":
        found = [("rules", "="), ("no-default-rules", "")]
    return {name: bool(value) for name, value in found}


# --- the shells: a list of words to what may stand in the place of the last

class Bash:
    TRY = """
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
_baredot
printf '%s\\n' "${COMPREPLY[@]}"
"""

    def __init__(self, top):
        self.top = top
        self.file = write(os.path.join(top, "b"), script("bash"))
        self.env = stub(top)

    def ask(self, *words):
        split = [p for w in words for p in re.split(r"(=)", w, maxsplit=1)
                 if p or not w] if "=" in words[-1] else list(words)
        done = subprocess.run(["bash", "-c", self.TRY, "bash", self.file,
                               *split], env=self.env, cwd=self.top,
                              stdin=subprocess.DEVNULL, capture_output=True)
        same(done.stderr, b"")
        return [x.strip() for x in done.stdout.decode().splitlines()
                if x.strip()]


class Fish:
    def __init__(self, top):
        if shutil.which("fish") is None:
            raise Skip("fish is not installed")
        self.top = top
        self.file = write(os.path.join(top, "f"), script("fish"))
        self.env = dict(stub(top), HOME=top, XDG_CONFIG_HOME=top,
                        XDG_DATA_HOME=top)

    def ask(self, *words):
        # Each of them as fish quotes it, but for the last: that is being typed.
        line = " ".join(("baredot",) + words[1:])
        done = subprocess.run(
            ["fish", "--no-config", "-c", "source $argv[1]; "
             "complete -C $argv[2]", self.file, line], env=self.env,
            cwd=self.top, stdin=subprocess.DEVNULL, capture_output=True)
        same(done.stderr, b"")
        found = [x.split("\t")[0] for x in done.stdout.decode().splitlines()]
        # fish offers what is like it, too.
        found = [x for x in found if x.startswith(words[-1])]
        # Of --color=al fish says all of the word.
        head = re.match(r"--[a-z0-9-]+=", words[-1])
        return [x[len(head.group()):] if head and x.startswith(head.group())
                else x for x in found]


class Typed:
    """A shell at a terminal."""

    def __init__(self, argv, env, cwd):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(argv[0], argv, env)

    def type(self, text, until=None):
        os.write(self.fd, text.encode())
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.02)[0]:
                try:
                    os.read(self.fd, 4096)
                except OSError:
                    return
            elif until is None or os.path.exists(until):
                return
        raise AssertionError("nothing came of %r" % text)

    def close(self):
        os.close(self.fd)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)


class Zsh:
    """Completes in earnest; what it would offer is written to a file."""
    SETUP = r"""
fpath=($TOP/z $fpath)
autoload -Uz compinit && compinit -u -d $TOP/zcompdump
compadd() {
	local -a hits
	if ((${@[(I)-[OAD]]})); then builtin compadd "$@"; return; fi
	builtin compadd -A hits "$@"
	((${#hits})) && print -rl -- $hits >>$TOP/hits
	builtin compadd "$@"
}
tell() {
	: >$TOP/hits
	_main_complete "$@"
	compstate[insert]= compstate[list]=
	mv $TOP/hits $TOP/told
}
zle -C tell complete-word tell
bindkey '^I' tell
PS1= PS2=
: >$TOP/ready
"""

    def __init__(self, top):
        if shutil.which("zsh") is None:
            raise Skip("zsh is not installed")
        self.top = top
        write(os.path.join(top, "z", "_baredot"), script("zsh"))
        setup = write(os.path.join(top, "setup"), self.SETUP.encode())
        self.shell = Typed(["zsh", "-f", "-i"], dict(stub(top), TOP=top), top)
        self.shell.type("source %s\n" % setup, os.path.join(top, "ready"))

    def ask(self, *words):
        told = os.path.join(self.top, "told")
        self.shell.type("\x15" + " ".join(("baredot",) + words[1:]) + "\t",
                        told)
        found = read(told).decode().splitlines()
        os.remove(told)
        # It is given an option with its = as the text behind it.
        return [x.rstrip("=") if x.startswith("--") else x for x in found]

    def close(self):
        self.shell.close()


def stub(top):
    """The program by its name, with a state of its own."""
    path = os.path.join(top, "bin", "baredot")
    if not os.path.exists(path):
        write(path, b'#!/bin/sh\nif [ "$1" = scan ]; then printf "%%s\\n" '
              b'"$@" >%s/got.new; mv %s/got.new %s/got; exit; fi\n'
              b'exec %s "$@" --state %s/state\n' % (
                  (os.fsencode(top),) * 3 + (os.fsencode(BAREDOT),
                                             os.fsencode(top))))
        os.chmod(path, 0o755)
    return dict(ENV, PATH=os.path.dirname(path) + ":" + os.environ["PATH"])


def in_each_shell(function):
    """A test for each shell, of `function(shell)`."""
    for kind in (Bash, Zsh, Fish):
        def one(kind=kind):
            with folder() as top:
                os.makedirs(os.path.join(top, "mail"))
                write(os.path.join(top, "mbox"), b"")
                shell = kind(top)
                try:
                    function(shell)
                finally:
                    getattr(shell, "close", lambda: None)()
        one.__name__ = "%s__%s" % (kind.__name__.lower(), function.__name__)
        test(one)
    return function


def offered(shell, *words):
    return sorted(set(shell.ask("baredot", *words)))


# --- what is offered

@in_each_shell
def offers_every_command(shell):
    same([c for c in offered(shell, "") if not c.startswith("-")],
         sorted(COMMANDS))


@in_each_shell
def offers_the_options_of_each_command(shell):
    for c in COMMANDS:
        got = {o.rstrip("=") for o in offered(shell, c, "--")}
        want = {"--" + o for o in options_of(c)}
        same(got, want, c)


def words_when_wrong(command, option):
    """What the program says that the option takes, or None."""
    said = baredot(command, "--" + option + "=?", "x").err
    m = re.search(r"takes (?:one of )?(.*), not \?", said) or \
        re.search(r"possible values are (.*)", said) or \
        re.search(r"which are known are (.*)", said)
    if m is None:
        return None
    words = re.sub(r"none, all or some of|, with commas between them", "",
                   m.group(1))
    found = set(re.findall(r"[A-Za-z0-9_-]+", words)) - {"or", "and"}
    if "none, all" in m.group(1):
        found |= {"none", "all"}
    return found


WORDS = [(c, o) for c, o in (
    ("scan", "format"), ("scan", "color"), ("scan", "progress"),
    ("scan", "eol"), ("scan", "min-severity"), ("scan", "format-in"),
    ("scan", "unpack"), ("fix", "to"), ("fix", "cr"), ("fix", "nul"),
    ("fix", "eod"), ("runs", "format"), ("report", "format"),
    ("report", "to"), ("merge", "format"), ("verify", "format"),
    ("undo", "format"), ("restore", "format"))]


@functools.lru_cache(None)
def known_words():
    known = {w: words_when_wrong(*w) for w in WORDS}
    check(all(known.values()), known)
    return known


@in_each_shell
def offers_the_words_that_an_option_takes(shell):
    for (command, option), want in known_words().items():
        same(set(offered(shell, command, "--%s=" % option)), want, option)
    same(set(offered(shell, "scan", "-f", "")),
         known_words()["scan", "format"])
    same(set(offered(shell, "scan", "--color", "a")), {"auto", "always"})


def listed(*command):
    return re.findall(r"^ *([a-z0-9][\w.+-]*) ", baredot(
        *command).out.decode(), re.M)


@in_each_shell
def offers_codes_flags_and_servers(shell):
    codes = set(listed("explain"))
    check(len(codes) > 50)
    same(set(offered(shell, "fix", "--code", "")), codes)
    same({x.split(",")[-1] for x in
          offered(shell, "scan", "--code", "eol.bare-lf,eod.lf-")},
         {c for c in codes if c.startswith("eod.lf-")})
    same({x.lstrip("-+") for x in offered(shell, "scan", "--code", "+mime.")},
         {c for c in codes if c.startswith("mime.")})
    flags = set(re.findall("[A-Z_]{8,}", baredot("scan", "--check", "?",
                                                 "x").err))
    same(set(offered(shell, "scan", "--check", "")), flags | {"all"})
    text = baredot("replay", "--list").out.decode()
    senders, receivers = [set(re.findall(r"^  (\S+)", part, re.M)) | {"all"}
                          for part in text.split("Receivers:")]
    same(set(offered(shell, "explain", "")),
         codes | (senders | receivers) - {"all"})
    same(set(offered(shell, "replay", "--from", "")), senders)
    same(set(offered(shell, "replay", "--to", "")), receivers)
    same({x.split(",")[-1] for x in
          offered(shell, "scan", "--receivers", "exim,post")},
         {r for r in receivers if r.startswith("post")})
    targets = set(offered(shell, "scan", "--target", ""))
    said = baredot("help", "scan").out.decode()
    check(len(targets) > 5 and all(t in said for t in targets), targets)
    for t in targets:
        same(baredot("scan", "--target", t, "/dev/null").status, CLEAN, t)


@in_each_shell
def offers_words_of_small_commands(shell):
    same(offered(shell, "baseline", ""), ["accept", "show"])
    same(offered(shell, "rules", ""), ["check", "list"])
    same(offered(shell, "completion", ""), ["bash", "fish", "zsh"])
    same(offered(shell, "help", ""), sorted(COMMANDS))


@in_each_shell
def offers_folders_and_runs(shell):
    same([x.rstrip("/") for x in offered(shell, "quarantine", "--into", "ma")],
         ["mail"])
    mail = write(os.path.join(shell.top, "mail", "1.eml"),
                 b"From: a@example.org\nTo: b@example.org\n\na\rb\n")
    same(offered(shell, "undo", ""), ["last"])
    same(baredot("fix", "--apply", "--state", shell.top + "/state",
                 mail).status, CLEAN)
    same(len(offered(shell, "undo", "")), 2)


# --- files, by typing: the program gets what was completed

def typed(shell, line, top, want):
    got = os.path.join(top, "got")
    if os.path.exists(got):
        os.remove(got)
    for part in re.split(r"(\t)", line):
        shell.type(part)
    shell.type("\n", got)
    same([w.rstrip("/") for w in read(got).decode().split("\n")[:-1]], want,
         line)


def by_typing(argv, quote, setup):
    with folder() as top:
        write(os.path.join(top, "archive.mbox"), b"")
        os.makedirs(os.path.join(top, "Mail dir"))
        shell = Typed(argv, dict(stub(top), TOP=top, HOME=top), top)
        try:
            shell.type(setup(top) + ": >ready\n", os.path.join(top, "ready"))
            typed(shell, "baredot sc\t--col\tne\tarch\t", top,
                  ["scan", "--color=never", "archive.mbox"])
            typed(shell, "baredot scan --code eod.space\t Mai\t", top,
                  ["scan", "--code", "eod.space-dot", "Mail dir"])
            typed(shell, "baredot scan --check 'LINE_\t%s -o arch\t x" % quote,
                  top,
                  ["scan", "--check", "LINE_TOO_LONG", "-o", "archive.mbox",
                   "x"])
        finally:
            shell.close()


@test
def bash_completes_what_is_typed():
    # bash ends the quote by itself.
    by_typing(["bash", "--norc", "--noprofile", "-i"], "",
              lambda top: "source %s\n" % write(os.path.join(top, "b"),
                                                script("bash")))


@test
def zsh_completes_what_is_typed():
    if shutil.which("zsh") is None:
        raise Skip("zsh is not installed")
    by_typing(["zsh", "-f", "-i"], "'", lambda top: (
        "autoload -Uz compinit; compinit -u -d d; source %s\n" %
        write(os.path.join(top, "z"), script("zsh"))))


@test
def the_scripts_parse():
    for shell in ("bash", "zsh", "fish"):
        if shutil.which(shell) is None:
            continue
        with folder() as top:
            done = subprocess.run([shell, "-n", write(
                os.path.join(top, "s"), script(shell))], capture_output=True)
            same((done.returncode, done.stderr), (0, b""), shell)
    missing = [s for s in ("zsh", "fish") if shutil.which(s) is None]
    if missing:
        raise Skip("not installed: %s" % missing)


@test
def other_shells_are_a_usage_error():
    for args in (), ("tcsh",), ("bash", "zsh"):
        same(baredot("completion", *args).status, USAGE, args)


if __name__ == "__main__":
    run()
