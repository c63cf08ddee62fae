"""The documents: their blocks of commands, and a place to run them in."""
import glob
import gzip
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

sys.dont_write_bytecode = True
from cli import BAREDOT, TOP

CRASH = 99          # a sanitizer's exit status is none of the program's
# A word for which the reader has something of his own.
PLACEHOLDER = re.compile(r"\.\.\.|…|\b[A-Z][A-Z0-9_]{2,}\b(?!=)")


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def names():
    """All documents with commands for users, from the top of the tree."""
    found = sorted(glob.glob(os.path.join(TOP, "man", "*.1")))
    found += [os.path.join(TOP, "README.md"),
              os.path.join(TOP, "CONTRIBUTING.md")]
    found += sorted(glob.glob(os.path.join(TOP, "docs", "*.md")))
    return [os.path.relpath(f, TOP) for f in found]


# --- blocks

class Block:
    """Lines that stand by themselves; language: of a fence, or ""."""

    def __init__(self, text, line, language="", prose=False):
        self.text, self.line = text, line
        self.language, self.prose = language, prose

    def is_transcript(self):
        return re.match(r"\$ ", self.text) is not None


def man_blocks(text):
    def plain(s):
        return s.replace(r"\en", r"\n").replace(r"\e", "\\").replace(
            r"\(dq", '"')

    found = [(m.start(1), m.group(1)) for m in re.finditer(
        r"^\.Bd [^\n]*\n(.*?)^\.Ed|^\.Dl (.*)$", text, re.M | re.S)
        if m.group(1)]
    found += [(m.start(), m.group(1) + "\n") for m in
              re.finditer(r"^\.Dl (.*)$", text, re.M)]
    # In a page a prompt begins a command, and no output follows.
    return [Block(re.sub(r"^\$ ", "", plain(t), flags=re.M),
                  text.count("\n", 0, at) + 1) for at, t in sorted(found)]


def md_blocks(text):
    """Fenced and indented blocks, and `baredot ...` within a sentence."""
    found, rest = [], []
    fence, lines = None, []
    for n, line in enumerate(text.split("\n"), 1):
        if line.startswith("```"):
            if fence is None:
                fence, lines, first = line[3:].strip(), [], n + 1
            else:
                found.append(Block("".join(x + "\n" for x in lines), first,
                                   fence or "?"))
                fence = None
            rest.append("")
        elif fence is not None:
            lines.append(line)
            rest.append("")
        else:
            rest.append(line)
    outside = "\n".join(rest) + "\n"
    for m in re.finditer(r"\n\n((?:(?:\t| {4}).*\n|\n(?=\t| {4}))+)",
                         outside):
        found.append(Block(re.sub(r"^(\t| {4})", "", m.group(1),
                                  flags=re.M),
                           outside.count("\n", 0, m.start(1)) + 1))
    prose = re.sub(r"^(\t| {4}).*$", "", outside, flags=re.M)
    for m in re.finditer(r"(?<!`)`(baredot\s[^`]+)`(?!`)", prose):
        found.append(Block(" ".join(m.group(1).split()) + "\n",
                           prose.count("\n", 0, m.start()) + 1, prose=True))
    return sorted(found, key=lambda b: b.line)


def blocks(name):
    text = read(os.path.join(TOP, name))
    return md_blocks(text) if name.endswith(".md") else man_blocks(text)


def commands(block):
    """[(command, output or None), ...] of a block for a shell; [] of others."""
    if block.language not in ("", "?", "sh", "console"):
        return []
    if block.is_transcript():
        found = []
        for line in block.text.split("\n")[:-1]:
            if line.startswith("$ "):
                found.append([line[2:], []])
            elif line.startswith("> ") and not found[-1][1]:
                found[-1][0] += "\n" + line[2:]
            else:
                found[-1][1].append(line)
        return found
    if block.language == "sh" or block.prose or is_shell(block.text):
        return [[block.text.rstrip("\n"), None]]
    return []


def is_shell(text):
    """The first line calls something."""
    first = re.sub(r"^(sudo|#.*\n)\s*", "", text).split()
    return first[:1] and (first[0].split("/")[-1] in (
        "baredot", "make", "find", "jq", "cd", "systemctl", "git", "printf",
        "cp", "mkdir", "docker", "apt", "tail"))


# --- stores that are what their names promise

HEAD = (b"From: a@example.org\nTo: b@example.org\nSubject: test\n"
        b"Message-ID: <1@example.org>\n\n")
DIRTY = HEAD + b"hello\n.\r\nMAIL FROM:<c@example.org>\r\na\rb\n"
FROM = b"From a@example.org Mon Jan  1 00:00:00 2024\n"
RULES = b"rule one { scope = raw pattern = 'x' message = 'an x' }\n"
SERVERS = (b'receiver our-gateway { title = "ours" end = { "LF . CR? LF" } '
           b'known = "prose" source = "us" }\n')


def put(path, data):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def make_mbox():
    return (FROM + HEAD + b"hello\nFrom here on\n\n" + FROM + DIRTY +
            b"\n" + FROM + HEAD + b"bye\n")


def make_maildir(path):
    for part in ("new", "cur", "tmp"):
        os.makedirs(os.path.join(path, part), exist_ok=True)
    put(os.path.join(path, "cur", "1.M1.host:2,S"), HEAD + b"hello\n")
    put(os.path.join(path, "new", "2.M2.host"), DIRTY)
    put(os.path.join(path, "dovecot.index.log"), b"x")


def make_archive(path):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with tempfile.TemporaryDirectory() as d:
        make_maildir(os.path.join(d, "m"))
        if path.endswith(".zip"):
            with zipfile.ZipFile(path, "w") as z:
                z.write(os.path.join(d, "m/new/2.M2.host"), "m/new/2.M2.host")
            return
        with tarfile.open(path, "w:gz") as t:   # its name need not say so
            t.add(os.path.join(d, "m"), "m")


def make_store(path):
    """What the name promises; a Maildir when it promises nothing."""
    if os.path.lexists(path):
        return
    plain = path[:-3] if path.endswith(".gz") else path
    if re.search(r"\.tar(\.\w+)?$|\.zip$", path):
        make_archive(path)
    elif plain.endswith((".mbox", ".mbx", "mbox")):
        put(path, gzip.compress(make_mbox()) if plain != path else
            make_mbox())
    elif plain.endswith((".eml", ".msg", ".txt")) or plain != path:
        put(path, gzip.compress(DIRTY) if plain != path else DIRTY)
    else:
        make_maildir(path)


# --- a place to run commands in

# What begins to keep something without being told where.
KEEPS = ("fix", "undo", "runs", "recover", "baseline")
KEEPS_IF = "--cron", "--incremental", "--new-only", "--baseline"

WRAPPER = """#!/bin/bash
# Nothing of a test goes to where root keeps its state.
case " $* " in
*" --state"*|*" --help "*) ;;
%s)
	set -- "$@" --state "%s" ;;
esac
(exec -a baredot "%s" "$@")
s=$?
echo $s >>"%s"
exit $s
""" % ("|".join(['" %s "*' % k for k in KEEPS] +
                ['*" %s "*' % k for k in KEEPS_IF]), "%s", BAREDOT, "%s")


class Playground:
    """A folder like a clone of this repository, with a root for absolute
    paths and a home of its own."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="baredot-docs-")
        self.root = os.path.join(self.dir, "root")
        self.home = os.path.join(self.root, "home")
        self.cwd = os.path.join(self.dir, "clone")
        self.log = os.path.join(self.dir, "statuses")
        self.state = os.path.join(self.dir, "state")
        os.makedirs(self.home)
        os.makedirs(os.path.join(self.cwd, "build"))
        program = os.path.join(self.cwd, "build", "baredot")
        put(program, (WRAPPER % (self.state, self.log)).encode())
        os.chmod(program, 0o755)
        shutil.copytree(os.path.join(TOP, "samples"),
                        os.path.join(self.cwd, "samples"), symlinks=True)
        self.env = dict(
            os.environ, HOME=self.home, LC_ALL="C.UTF-8",
            PATH=os.path.join(self.cwd, "build") + ":" + os.environ["PATH"],
            ASAN_OPTIONS=f"exitcode={CRASH}:detect_leaks=0",
            UBSAN_OPTIONS=f"exitcode={CRASH}")
        self.env.pop("NO_COLOR", None)

    def remove(self):
        shutil.rmtree(self.dir)

    def statuses(self):
        """Of all calls of the program since the last time."""
        if not os.path.exists(self.log):
            return []
        found = [int(s) for s in read(self.log).split()]
        os.remove(self.log)
        return found

    def localise(self, command):
        """Absolute paths below our root; no sudo."""
        command = re.sub(r"\bsudo(\s+-u\s+\S+)?\s+", "", command)
        return re.sub(r"(?<![\w.:*/~$'\"!-])/(?!dev/|bin/)(?=[a-z])",
                      self.root + "/", command)

    def place(self, word):
        if word.startswith("~/"):
            return self.home + word[1:]
        return os.path.join(self.cwd, word)

    def run(self, command, cwd=None):
        return subprocess.run(["bash", "-c", command], cwd=cwd or self.cwd,
                              env=self.env, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=120)

    # Whatever a command speaks of is there.

    def prepare(self, command, with_value):
        command = re.sub(r"\d?>&\d", "", command).replace("\\\n", " ")
        for line in re.split(r"[\n;|&()]+", command):
            try:
                words = shlex.split(line, comments=True)
            except ValueError:
                words = line.split()
            if words[:1] == ["cd"] and not words[1] == "samples":
                make_store(self.place(words[1]))
            if "find" in words:
                make_store(self.place(words[words.index("find") + 1]))
            if words[:1] == ["jq"]:
                self.make_report(words[-1])
            if "baredot" in words:
                words = words[words.index("baredot") + 1:]
                self.prepare_call(words[0], words[1:], with_value)

    def prepare_call(self, name, words, with_value):
        values, others = {}, []
        words = iter(w for w in words)
        for w in words:
            option, equals, value = w.partition("=")
            if w in (">", "2>", ">>"):
                self.folder_of(next(words, ""))
            elif w == "<":
                make_store(self.place(next(words, "")))
            elif option.startswith("-") and equals:
                values[option] = value
            elif w in with_value:
                values[w] = next(words, "")
            elif not w.startswith("-"):
                others.append(w)
        for w in values.values():
            if w.endswith(".rules"):
                put(self.place(w), RULES)
        for w in ("-o", "--output", "--metrics-file", "--to", "--into"):
            if "/" in values.get(w, ""):
                self.folder_of(values[w])
        if "--servers" in values:
            put(self.place(values["--servers"]), SERVERS)
        if "--from" in values and name != "replay":
            self.make_report(values["--from"])
        if name in ("scan", "replay", "fix", "quarantine", "plan"):
            for w in others:
                make_store(self.place(w))
        if name in ("verify", "report"):
            for w in others:
                if not w.endswith(".db"):
                    self.make_report(w)
        if name == "rules":
            for w in others:
                if w not in ("check", "list"):
                    put(self.place(w), RULES)
        if name == "restore" or (name == "quarantine" and
                                 {"--list", "--verify"} & set(values)):
            self.make_quarantine(values.get("--into") or
                                 values.get("--list") or
                                 values.get("--verify"))
        if name in ("undo", "runs"):
            self.make_run(values.get("--state"))

    def folder_of(self, word):
        if word:
            os.makedirs(os.path.dirname(self.place(word)), exist_ok=True)

    def make_report(self, word):
        if word != "-" and not os.path.exists(self.place(word)):
            make_maildir(os.path.join(self.root, "reported"))
            self.folder_of(word)
            self.run("baredot scan --hash -f ndjson -o '%s' '%s'" % (
                self.place(word), self.root + "/reported"))

    def make_quarantine(self, word):
        if not os.path.exists(os.path.join(self.place(word), "runs")):
            put(self.root + "/bad/1.eml", DIRTY)
            self.folder_of(word)
            self.run("baredot quarantine --apply --into '%s' '%s'" % (
                self.place(word), self.root + "/bad"))

    def make_run(self, word):
        place = self.place(word) if word else self.state
        if not os.path.isdir(os.path.join(place, "runs")):
            put(self.root + "/mended/1.eml", HEAD + b"a\rb\n")
            self.folder_of(place)
            self.run("baredot fix --apply --state '%s' '%s'" % (
                place, self.root + "/mended"))
