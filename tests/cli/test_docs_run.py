"""Every command in the documents runs, and says what they show.

    test_docs_run.py [--write] [DOCUMENT...]

Each block of commands is run in a folder like a clone of this repository.  In
TUTORIALS the blocks follow one another in one shell, with nothing made for them
but samples/; for others there is whatever they speak of (documents.py).  What a
document shows of the output must be what is said; `...` stands for any lines, and
times, ids of runs and the name of the machine may differ.  --write puts what is
said into the documents, for somebody to read.
"""
import os
import re
import sys
import tempfile

sys.dont_write_bytecode = True
import documents
from cli import baredot, check, folder, run, same, test, write
from documents import Playground, read

TUTORIALS = ("docs/after-an-incident.md", "docs/every-night.md",
             "docs/before-a-migration.md")

# What is not run: how it begins, and why.  Each must be somewhere.
NOT_RUN = [
    ("make demo", "builds the program; a user's first look"),
    ("make            ", "builds the program"),
    ("make\nmake install", "builds, and installs into the system; "
     "test_install.py does it in a folder"),
    ("make deb", "takes minutes; test_package.py makes and installs it"),
    ("make static", "takes packages; test_package.py makes it"),
    ("baredot plan /var/vmail -o plan.ndjson --shards 100\nsbatch",
     "takes Slurm; test_cluster_slurm.py has one"),
    ("docker ", "takes a container engine"),
    ("sudo systemctl", "takes systemd, and root"),
    ("sudo install", "writes to /etc"),
]

# What another test runs, and compares.
ELSEWHERE = {"docs/queries.md": "test_database.py",
             "docs/cluster.md": "test_cluster_parallel.py, test_cluster_slurm.py"}
# What may change the machine is never run, and must be in NOT_RUN.
DANGER = re.compile(r"^\s*(sudo|apt|apt-get|docker|systemctl|rm|mount)\b",
                    re.M)

# Blocks that are no commands: how they begin, and what they are.
NO_COMMANDS = [
    ("path:index:offset:", "a form"),
    ("            scanner/", "a picture"),
    ("parent  ", "a picture"),
    ("# Every night: what", "a file of rules, which is checked below"),
    ("when = {", "a part of one"),
    ("baredot: my.rules", "messages"),
    ("receiver our-gateway", "a file of servers, which is read below"),
    ("BAREDOT_PATHS=", "a file of settings"),
    ("target our-imap", "a row like those of rules/data/targets.conf"),
]

MASKS = [
    (r"\b\d+\.\d\d s\b", "N s"),
    (r"\band \d+ more: ", "and N more: "),    # of receivers that are known
    (r"\b\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{4}\b", "RUN"),
    (r"(?<![0-9a-f])[0-9a-f]{16}(?![0-9a-f])", "TOKEN"),
    (r"\b20(?!23)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"\bbaredot 0[\w.+-]*", "baredot VERSION"),
    (r"(_seconds(\{.*\})?) [0-9.]+", r"\1 N"),
]


def with_value():
    """Options that take a value, of all commands."""
    found = set()
    for c in re.findall(r"^  ([a-z]+) ", baredot("help").out.decode(), re.M):
        for letter, name in re.findall(
                r"^  (?:(-\w), |    )(--[a-z0-9-]+)=",
                baredot("help", c).out.decode(), re.M):
            found |= {letter, name} - {""}
    return found


WITH_VALUE = with_value()


def masked(text):
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    return text


def not_run(command):
    return next((why for start, why in NOT_RUN if command.startswith(start)),
                None)


# --- what a block says

def one_shell(ground, commands, cwd):
    """The output of each, all in one bash."""
    with tempfile.TemporaryDirectory(prefix="baredot-docs-") as d:
        lines = ["cd '%s'" % cwd]
        for n, command in enumerate(commands):
            write("%s/%d" % (d, n), (command + "\n").encode())
            lines.append(". %s/%d >%s/%d.out 2>&1" % (d, n, d, n))
        done = ground.run("\n".join(lines) + "\n")
        same(done.stderr, b"", "the shell")
        # A reader's home, in the documents, is the folder around the clone.
        return [read("%s/%d.out" % (d, n)).replace(
            " --state " + ground.state, "").replace(ground.dir, "/home/you")
                for n in range(len(commands))]


def is_shown(said, shown):
    """A line of ... stands for any lines."""
    said, shown = masked(said).split("\n")[:-1], masked(shown).split("\n")[:-1]
    parts, part = [], []
    for line in shown:
        if line == "...":
            parts.append(part)
            part = []
        else:
            part.append(line)
    parts.append(part)
    if len(parts) == 1:
        return said == shown
    at = len(parts[0])
    if said[:at] != parts[0]:
        return False
    for p in parts[1:-1]:
        while at + len(p) <= len(said) and said[at:at + len(p)] != p:
            at += 1
        at += len(p)
    last = parts[-1]
    return at + len(last) <= len(said) and \
        (not last or said[-len(last):] == last)


def problems_of(ground, command, output):
    found = []
    statuses = ground.statuses()
    if "baredot" in command and not statuses:
        found.append("baredot was not run")
    found += ["exit status %d" % s for s in statuses if s not in (0, 1)]
    if re.search(r"Sanitizer|runtime error:|worker process ", output):
        found.append("a crash")
    if re.search(r"jq: error|^(ba)?sh: |: line \d+: |Traceback", output, re.M):
        found.append("what is around it fails")
    return found


# --- a document

class Run:
    def __init__(self, name, rewrite=False):
        self.name, self.ground = name, Playground()
        self.rewrite, self.new = rewrite, []
        self.problems = []

    def script(self, block, command):
        """Commands whose output is not shown."""
        plain = re.sub(r"'[^']*'|\s#.*", "", command)
        if documents.PLACEHOLDER.search(plain):
            check(block.prose, "%d: a placeholder" % block.line)
            return
        check(not DANGER.search(command), "not run: %s" % command)
        if block.prose:
            command = self.whole(command)
        local = self.ground.localise(command)
        self.ground.prepare(local, WITH_VALUE)
        self.ground.statuses()
        done = self.ground.run(local)
        output = (done.stdout + done.stderr).decode("utf-8", "replace")
        self.note(block, command, problems_of(self.ground, command, output),
                  output)

    def whole(self, command):
        """A command in a sentence may lack what it is about."""
        words = command.split()
        lacks = {"scan": "mail.mbox", "fix": "mail.mbox", "replay":
                 "mail.mbox", "undo": "last"}.get(words[1:2] and words[1])
        if lacks is None or "--files0-from" in command or "-h" in words or \
                "--list" in words or "--from" in words:
            return command
        others = [w for n, w in enumerate(words) if n > 1 and not
                  w.startswith("-") and words[n - 1] not in WITH_VALUE]
        return command if others else command + " " + lacks

    def note(self, block, command, problems, output):
        if problems:
            self.problems.append("%s:%d: %s: %s\n%s" % (
                self.name, block.line, command, ", ".join(problems),
                output[-800:]))

    def transcript(self, block, said):
        """What is shown of each command is what it said."""
        text = []
        for command, shown in documents.commands(block):
            shown = "".join(x + "\n" for x in shown)
            now = shown if not_run(command) else next(said)
            right = is_shown(now, shown)
            if not right and not self.rewrite:
                self.note(block, command, ["it says something else"], now)
            text.append("$ " + command.replace("\n", "\n> ") + "\n" +
                        (shown if right else now))
        self.new.append((block, "".join(text)))

    def tutorial(self, blocks):
        """All blocks of a tutorial."""
        blocks = [b for b in blocks if not b.prose]
        run = [(b, c) for b in blocks for c, _ in documents.commands(b)
               if not not_run(c)]
        check(not any(DANGER.search(c) for _, c in run), "not run")
        said = one_shell(self.ground, [c for _, c in run], self.ground.cwd)
        for (b, c), out in zip(run, said):
            if re.search(r"Sanitizer|command not found|No such file", out):
                self.note(b, c, ["it fails"], out)
        for b in blocks:
            own = [out for (of, _), out in zip(run, said) if of is b]
            if b.is_transcript():
                self.transcript(b, iter(own))
        bad = [s for s in self.ground.statuses() if s not in (0, 1)]
        check(not bad, "exit statuses %s" % bad)

    def others(self, blocks):
        for b in blocks:
            commands = documents.commands(b)
            if b.is_transcript() and self.name.endswith(".md"):
                said = one_shell(self.ground, [c for c, _ in commands],
                                 self.ground.cwd)
                self.transcript(b, iter(said))
                continue
            for c, _ in commands:
                if not not_run(c):
                    self.script(b, c)

    def all(self):
        blocks = documents.blocks(self.name)
        try:
            if self.name in TUTORIALS:
                self.tutorial(blocks)
            else:
                self.others(blocks)
        finally:
            self.ground.remove()
        if self.rewrite:
            self.write()
        check(not self.problems, "\n".join(self.problems))

    def write(self):
        path = os.path.join(documents.TOP, self.name)
        lines = read(path).split("\n")
        for block, new in reversed(self.new):
            old = block.text.split("\n")[:-1]
            at = block.line - 1
            same(lines[at:at + len(old)], old)
            lines[at:at + len(old)] = new.split("\n")[:-1]
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(lines))


def test_of(name):
    def one():
        Run(name).all()
    one.__name__ = "what %s shows is so" % name
    return test(one)


NAMES = [n for n in documents.names() if n not in ELSEWHERE]
for n in NAMES:
    test_of(n)


@test
def what_is_no_command_is_in_a_list():
    """So that no block is left out by mistake; and nothing stale in lists."""
    texts = [(n, b) for n in NAMES for b in documents.blocks(n)]
    used = set()
    for n, b in texts:
        start = next((s for s, _ in NO_COMMANDS if b.text.startswith(s)), None)
        used.add(start)
        if not b.prose and start is None:
            check(documents.commands(b), "%s:%d" % (n, b.line))
        used |= {s for c, _ in documents.commands(b) for s, _ in NOT_RUN
                 if c.startswith(s)}
    same({s for s, _ in NO_COMMANDS + NOT_RUN} - used, set())


@test
def the_files_that_docs_rules_shows_are_right():
    with folder() as top:
        for b in documents.blocks("docs/rules.md"):
            if "\nrule " in b.text:
                path = write(top + "/my.rules", b.text.encode())
                ran = baredot("rules", "check", path)
            elif b.text.startswith("receiver "):
                path = write(top + "/my.conf", b.text.encode())
                ran = baredot("replay", "--list", "--servers", path)
            else:
                continue
            same((ran.status, ran.err), (0, ""), b.text)


if __name__ == "__main__":
    if "--write" in sys.argv:
        for n in sys.argv[2:] or NAMES:
            Run(n, True).all()
        sys.exit(0)
    run()
