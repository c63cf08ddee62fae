#!/usr/bin/env python3
"""The documents say what the program does.

Every command line that they show is run, on stores made for it; the options of
the help are those of the manual page; the fields of docs/report.md are those of
the report.  Prints TAP.
"""
import glob
import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(TOP, "build", "san", "baredot")
MAN = os.path.join(TOP, "man", "baredot.1")
REPORT = os.path.join(TOP, "docs", "report.md")
# A sanitizer's exit status must not look like one of the program's.
CRASH = 99
PLACEHOLDER = re.compile(r"\.\.\.(\s|\]|$)|\b(PATH|CODE|OPTION|COMMAND|FILE)\b")
STARTS = r"(sudo|nice|ionice|find|(\S*/)?baredot)\b"
FRAGMENT = "(part) "       # of a sentence: a path may be missing
NETWORK = re.compile(r"(^|[|;&(]\s*)(ssh|scp|rsync|curl|wget|git|mail|sendmail)\s")

count = 0
failed = 0


def check(sentence, problems, skip=None):
    """One TAP line, and what is wrong behind it."""
    global count, failed
    count += 1
    if skip:
        print(f"ok {count} - {sentence} # SKIP {skip}")
        return
    print(f"{'not ok' if problems else 'ok'} {count} - {sentence}")
    for p in problems:
        print("#", p.replace("\n", "\n# "))
    failed += bool(problems)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


RULES = b"rule one { scope = raw pattern = 'x' message = 'an x' }\n"

# --- stores

HEAD = (b"From: a@example.org\nTo: b@example.org\nSubject: test\n"
        b"Message-ID: <1@example.org>\n\n")
DIRTY = HEAD + b"hello\n.\r\nMAIL FROM:<c@example.org>\r\na\rb\n"
FROM = b"From a@example.org Mon Jan  1 00:00:00 2024\n"


def put(path, data):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def make_mbox():
    return (FROM + HEAD + b"hello\nFrom here on\n\n" + FROM + DIRTY +
            b"\n" + FROM + HEAD + b"bye\n")


def make_maildir(path):
    for part in ("new", "cur", "tmp"):
        os.makedirs(os.path.join(os.fsencode(path), os.fsencode(part)),
                    exist_ok=True)
    put(os.path.join(path, "cur", "1.M1.host:2,S"), HEAD + b"hello\n")
    put(os.path.join(path, "new", "2.M2.host"), DIRTY)
    put(os.path.join(path, "dovecot.index.log"), b"x")


def make_store(path):
    """What the name promises; a Maildir when it promises nothing."""
    if os.path.lexists(path) or "/cwd/samples/" in path:
        return
    plain = path[:-3] if path.endswith(".gz") else path
    if plain.endswith((".mbox", ".mbx", "mbox")):
        data = make_mbox()
    elif plain.endswith((".eml", ".msg", ".txt")) or plain != path:
        data = DIRTY
    else:
        make_maildir(path)
        return
    put(path, gzip.compress(data) if plain != path else data)


# --- command lines in the documents

def man_blocks(text):
    blocks = re.findall(r"^\.Bd [^\n]*\n(.*?)^\.Ed", text, re.M | re.S)
    blocks += re.findall(r"^\.Dl (.*)$", text, re.M)
    return [b.replace(r"\en", r"\n").replace(r"\e", "\\").replace(r"\(dq", '"')
            for b in blocks]


def md_blocks(text):
    """Fenced and indented blocks; `baredot ...` within a sentence, marked."""
    fence = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
    blocks = [m.group(2) for m in fence.finditer(text)
              if m.group(1) in ("", "sh", "shell", "bash", "console")]
    rest = fence.sub("", text)
    blocks += [re.sub(r"^(\t| {4})", "", b, flags=re.M) for b in
               re.findall(r"(?:^(?:\t| {4}).*\n)+", rest, re.M)]
    prose = re.sub(r"^(\t| {4}).*\n", "", rest, flags=re.M)
    return blocks + [FRAGMENT + b for b in re.findall(
        r"(?<!`)`((?:\./)?(?:build/)?baredot [^`]+)`(?!`)",
        prose.replace("\n", " "))]


def commands_of(block):
    """Scripts that call baredot: each line behind a prompt, or else the whole
    block when it begins like a command."""
    if block.startswith(FRAGMENT):
        return [] if PLACEHOLDER.search(block) else [block]
    block = re.sub(r"\\\n\s*", " ", block)
    call = re.compile(
        r"(^|[\s(;|`])(\S*/)?baredot\s+(-|scan|baseline|explain|help|version)", re.M)
    prompts = re.findall(r"^[$#] (.*(?:\|\n.*)*)$", block, re.M)
    if prompts and not block.startswith("#!"):
        candidates = prompts
    elif all(re.match(STARTS, line) and call.search(line) and
             not line.endswith("|") for line in block.splitlines() if line):
        candidates = block.splitlines()
    elif re.match(r"#!|out=|" + STARTS, block):
        candidates = [block]
    else:
        candidates = []
    return [c.strip() for c in candidates if call.search(c) and
            not PLACEHOLDER.search(c)]


def complete(command, with_value):
    """Give the part of a command a path to scan, if it has none."""
    if not command.startswith(FRAGMENT):
        return command
    command = command[len(FRAGMENT):]
    words = shlex.split(command)
    paths = [w for i, w in enumerate(words) if i > 1 and
             not w.startswith("-") and words[i - 1] not in with_value]
    if words[1] != "scan" or paths or "--files0-from" in command or \
            re.search(r"(^| )(-h|--help|-)( |$)", command):
        return command
    return command + " mail.mbox"


def documents():
    names = [MAN, os.path.join(TOP, "README.md")]
    names += sorted(glob.glob(os.path.join(TOP, "docs", "*.md")))
    for name in names:
        if not os.path.exists(name):
            continue
        text = read(name)
        blocks = man_blocks(text) if name == MAN else md_blocks(text)
        seen = []
        for command in (c for b in blocks for c in commands_of(b)):
            if command not in seen:
                seen.append(command)
        yield os.path.relpath(name, TOP), seen


class Playground:
    """A folder to run in, with its own root for absolute paths."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="baredot-docs-")
        self.root = os.path.join(self.dir, "root")
        self.home = os.path.join(self.root, "home")
        self.cwd = os.path.join(self.dir, "cwd")
        bin_dir = os.path.join(self.dir, "bin")
        self.log = os.path.join(self.dir, "statuses")
        for d in (self.home, self.cwd, bin_dir):
            os.makedirs(d)
        wrapper = os.path.join(bin_dir, "baredot")
        # Nothing of ours goes to where root keeps its state.
        put(wrapper, b'#!/bin/sh\ncase "$*" in\n*--state*) ;;\n'
            b'baseline*|*--cron*|*--incremental*|*--new-only*|*--baseline*)\n'
            b'set -- "$@" --state "%s" ;;\nesac\n'
            b'"%s" "$@"\ns=$?\necho $s >>"%s"\nexit $s\n' %
            (os.fsencode(os.path.join(self.dir, "state")),
             os.fsencode(PROGRAM), os.fsencode(self.log)))
        os.chmod(wrapper, 0o755)
        if os.path.isdir(os.path.join(TOP, "samples")):
            shutil.copytree(os.path.join(TOP, "samples"),
                            os.path.join(self.cwd, "samples"), symlinks=True)
        self.env = dict(os.environ, HOME=self.home, PATH=bin_dir + ":" +
                        os.environ["PATH"],
                        ASAN_OPTIONS=f"exitcode={CRASH}:detect_leaks=0",
                        UBSAN_OPTIONS=f"exitcode={CRASH}")

    def remove(self):
        shutil.rmtree(self.dir)

    def localise(self, command):
        """Absolute paths below our root; no sudo; the program from PATH."""
        command = re.sub(r"\bsudo(\s+-u\s+\S+)?\s+", "", command)
        command = re.sub(r"(^|\s)(\./)?build/baredot\b", r"\1baredot", command,
                         flags=re.M)
        return re.sub(r"(?<![\w.:*/~$'\"!-])/(?!dev/|bin/)(?=[a-z])",
                      self.root + "/", command)

    def place(self, word):
        if word.startswith("~/"):
            return self.home + word[1:]
        return os.path.join(self.cwd, word)

    def prepare(self, command, with_value):
        """Make the stores that the command names, and folders for output."""
        command = re.sub(r"\d?>&\d", "", command)
        for line in re.split(r"[\n;|&()]+", command):
            try:
                words = shlex.split(line, comments=True)
            except ValueError:
                words = line.split()
            self.prepare_call(words, with_value)

    def prepare_call(self, words, with_value):
        if "find" in words:
            make_store(self.place(words[words.index("find") + 1]))
        if "baredot" in words:
            for w in words:
                if w.endswith(".rules"):
                    put(self.place(w.split("=")[-1]), RULES)
        if "baredot" not in words or "scan" not in words:
            return
        words = iter(words[words.index("scan") + 1:])
        for w in words:
            option = w.split("=")[0]
            if w in (">", "2>", ">>", "-o", "--output"):
                self.prepare_output(next(words, ''))
            elif option == "--output":
                self.prepare_output(w.split("=", 1)[1])
            elif w == "<":
                make_store(self.place(next(words, '')))
            elif w in with_value:
                next(words, None)
            elif not w.startswith("-") and ">" not in w:
                make_store(self.place(w))

    def prepare_output(self, word):
        if word:
            os.makedirs(os.path.dirname(self.place(word)), exist_ok=True)

    def run(self, command, with_value):
        """What is wrong with the command, if anything."""
        command = complete(command, with_value)
        local = self.localise(command)
        self.prepare(local, with_value)
        if os.path.exists(self.log):
            os.remove(self.log)
        done = subprocess.run(["sh", "-c", local], cwd=self.cwd, env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=120)
        output = (done.stdout + done.stderr).decode("utf-8", "replace")
        statuses = (read(self.log).split() if os.path.exists(self.log) else [])
        problems = []
        if not statuses:
            problems.append("baredot was not run")
        for s in map(int, statuses):
            if s not in (0, 1, 2, 75):
                problems.append(f"exit status {s}")
        if re.search(r"Sanitizer|runtime error:|the worker process ", output):
            problems.append("a crash")
        if re.search(r"jq: error|^sh: \d+:|Syntax error", output, re.M):
            problems.append("what is around it fails")
        if "samples" in command and "No such file" in output:
            problems.append("no such sample")
        return problems + [output[-600:]] if problems else []


def option_table(help_text):
    """{'--format': '-f', ...}, and those that take a value."""
    options, with_value = {}, set()
    for short, name, value in re.findall(
            r"^  (?:(-\w), |    )(--[a-z0-9-]+)(=\w+)?", help_text, re.M):
        options[name] = short
        if value:
            with_value |= {name, short} - {""}
    return options, with_value


def check_commands(help_text):
    with_value = option_table(help_text)[1]
    jq = shutil.which("jq") is not None
    for name, commands in documents():
        ground = Playground()
        try:
            for c in commands:
                skip = None
                if NETWORK.search(c):
                    skip = "uses the network"
                elif re.search(r"\b(parallel|sbatch)\b|share/baredot/cluster/", c):
                    skip = "test_cluster_*.py runs it"
                elif re.search(r"\bjq\b", c) and not jq:
                    skip = "jq is not installed"
                shown = " ".join(c.replace(FRAGMENT, "").split())
                shown = shown if len(shown) < 64 else shown[:61] + "..."
                check(f"{name}: {shown.replace('#', '')}",
                      [] if skip else ground.run(c, with_value), skip)
        finally:
            ground.remove()


# --- options

def check_options(help_text):
    options = option_table(help_text)[0]
    in_man = {}
    part = read(MAN).split(".Sh OPTIONS")[1].split(".Sh ")[0]
    for line in re.findall(r"^\.It (Fl .*)$", part, re.M):
        name = re.search(r"Fl -([a-z0-9-]+)", line)
        short = re.match(r"Fl (\w) ,", line)
        in_man["--" + name.group(1)] = "-" + short.group(1) if short else ""
    check("the help and the manual page have the same options",
          [f"{o}: help {options.get(o)}, manual page {in_man.get(o)}"
           for o in sorted(set(options) | set(in_man))
           if options.get(o) != in_man.get(o)] or
          ([] if options else ["no options were found"]))


def check_man():
    if shutil.which("mandoc") is None:
        check("mandoc finds nothing to say about the manual page", [],
              "mandoc is not installed")
        return
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", MAN],
                          capture_output=True, text=True)
    said = (done.stdout + done.stderr).splitlines()
    check("mandoc finds nothing to say about the manual page", said)


# --- fields of the report

def documented_fields():
    """{(record, 'a.b[].c'), ...} of docs/report.md."""
    fields, record = set(), None
    for line in read(REPORT).splitlines():
        if line.startswith("## "):
            record = line[3:].strip()
        m = re.match(r"\| `([A-Za-z0-9_.\[\]]+)` \|", line)
        if m:
            fields.add((record, m.group(1)))
    return fields


def fields_in(value, prefix=""):
    """The field paths of a JSON value, containers included."""
    if isinstance(value, list):
        for v in value:
            if isinstance(v, dict):
                yield from fields_in(v, prefix + "[].")
    elif isinstance(value, dict):
        for key, v in value.items():
            if prefix == "codes.":
                key = "CODE"
            if prefix == "rules.":
                key = "RULE"
            if prefix + key not in ("codes.CODE", "rules.RULE"):
                yield prefix + key
            yield from fields_in(v, prefix + key + ("" if isinstance(v, list)
                                                    else "."))


def merged_report(store, scratch):
    """Of the store in shards, when a file has changed since."""
    plan, out = os.path.join(scratch, "plan"), os.path.join(scratch, "out")
    options = ["--plan", plan]
    subprocess.run([PROGRAM, "plan", "--shards", "1", "--forensic", "-o",
                    plan, store], check=True)
    put(os.path.join(store, "a.mbox"), make_mbox() * 2)
    subprocess.run([PROGRAM, "scan", *options, "--shard", "1/1", "--out",
                    out, "--exit-zero", "--forensic"], capture_output=True)
    return subprocess.run([PROGRAM, "merge", *options, out],
                          capture_output=True).stdout


def real_fields():
    """The same of real reports that have every kind of record."""
    with tempfile.TemporaryDirectory(prefix="baredot-docs-") as d:
        make_maildir(os.path.join(d, "m"))
        put(os.path.join(d, "a.mbox"), make_mbox())
        put(os.path.join(d, "cut.mbox.gz"), gzip.compress(make_mbox())[:-20])
        odd = os.fsencode(d) + b"/odd\xff"
        put(odd + b".eml", HEAD.replace(b"<1@", b"<\xff@") + b"a\rb\n")
        put(odd + b"/1", b"not mail")
        put(odd + b".gz", gzip.compress(make_mbox())[:-20])
        put(odd + b".mbox", make_mbox())
        put(os.path.join(d, "long.eml"), HEAD.replace(
            b"<1@", b"<" + b"x" * 2000 + b"@"))
        done = subprocess.run([PROGRAM, "scan", "--forensic", "-f", "ndjson",
                               d], capture_output=True)
        records = [json.loads(line) for line in done.stdout.splitlines()]
        with tempfile.TemporaryDirectory(prefix="baredot-docs-") as scratch:
            more = [json.loads(line) for line in
                    merged_report(d, scratch).splitlines()]
    return {(r["type"], f) for r in records + more for f in fields_in(r)}, \
        records, {r["type"] for r in records + more}


def written_keys():
    """Every key that ndjson*.c and the lists they use can write."""
    text = "".join(read(os.path.join(TOP, "scanner", "report", name))
                   for name in ("ndjson.c", "ndjson_message.c",
                                "ndjson_sums.c"))
    keys = set(re.findall(r'json_(?:key\w*|bytes)\(j, "(\w+)"', text))
    keys |= set(re.findall(r'unreadable \? "(error)" : "(reason)"', text)[0])
    keys |= {k + "_b64" for k in re.findall(r'json_bytes\(j, "(\w+)"', text)}
    keys |= set(re.findall(r'\[SKIP_\w+\] = "(\w+)"', text))
    for name, array in (("rules/codes.c", "SEV"),
                        ("scanner/report/report.c", "CONV")):
        keys |= set(re.findall(r'\[%s_\w+\] = "(\w+)"' % array,
                               read(os.path.join(TOP, name))))
    return keys


def check_fields():
    documented = documented_fields()
    real, records, kinds = real_fields()
    keys = written_keys()
    leaf = {re.split(r"[.\]]+", f)[-1] for _, f in documented}
    check("every field of a real report is in docs/report.md",
          [f"{r}: {f}" for r, f in sorted(real - documented)])
    check("every field in docs/report.md is in a real report or can be written",
          [f"{r}: {f}" for r, f in sorted(documented - real)
           if re.split(r"[.\]]+", f)[-1] not in keys])
    check("every key that ndjson*.c can write is in docs/report.md",
          sorted(keys - leaf))
    check("every record type is described, and no other",
          sorted(kinds ^ {r for r, _ in documented}))
    check("summary.records is the number of lines",
          [] if records[-1].get("records") == len(records) else
          [str(records[-1])])


# --- the report that the README shows

def check_readme_report():
    text = read(os.path.join(TOP, "README.md"))
    shown = re.search(r"```\n\$ cd samples\n\$ baredot (.*)\n((?s:.*?))```",
                      text)
    real = subprocess.run([PROGRAM] + shown.group(1).split(), text=True,
                          capture_output=True,
                          cwd=os.path.join(TOP, "samples")).stdout
    masked = [re.sub(r", \d+\.\d\d s;", ", N s;", t)
              for t in (shown.group(2), real)]
    check("README.md shows the report that there is",
          [] if masked[0] == masked[1] else masked[1].split("\n"))


def main():
    if not os.path.exists(PROGRAM):
        print("not ok 1 - build/san/baredot exists\n# make build/san/baredot")
        return 1
    help_text = subprocess.run([PROGRAM, "help", "scan"], capture_output=True,
                               text=True).stdout
    check_options(help_text)
    check_man()
    check_fields()
    check_readme_report()
    check_commands(help_text)
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
