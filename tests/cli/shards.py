"""What the tests of engines share: a store, what engines run instead of baredot,
the commands of docs/cluster.md, and what must come of all that."""
import json
import os
import re
import shlex
import subprocess
import time

from cli import TOP, check, read, same, strict_json, write
from harness import FROM, shim

PROGRAM = TOP + "/build/baredot"
CLUSTER = TOP + "/packaging/cluster"
INSTALLED = "/usr/local/share/baredot/cluster"
STORE = "/var/vmail"                    # in the documents
SHARDS = 8
MAIL = (b"From: a@example.com\nTo: b@example.net\nSubject: number %d\n"
        b"Message-ID: <%d@example.com>\n\nhello\n%s\nthe end\n")
TEXTS = (b"a line", b"one\r\ntwo", b".\r", b"a\rb", b"x" * 1200)

# The first time that shard 2 is scanned it is killed when it is at its tenth
# file; shards 3 and 5 stay at that file for ever, and 8, which has few of them, at
# its first, if asked for.  Shard 6 is late if asked for.
RUN = """\
#!/bin/sh
i=
[ "$1" != scan ] || i=$(expr "$*" : '.*--shard \\([0-9]*\\)')
case $i in
2 | 3 | 5 | 8)
	[ -e "{top}/began.$i" ] && exec {program} "$@"
	export LD_PRELOAD={shim} FAULT_CALL=openat FAULT_WHO=worker
	export FAULT_AT=10 FAULT_DO=hang
	[ $i != 8 ] || export FAULT_AT=1
	: >"{top}/began.$i"
	[ $i = 2 ] || exec {program} "$@"
	{program} "$@" &
	sleep 0.5
	kill -9 $!
	wait $!
	exit $?
	;;
6)	[ ! -e "{top}/late" ] || sleep 2 ;;
esac
exec {program} "$@"
"""


class Shards:
    """A store, its plan, and a program that fails at some shards, in top."""

    def __init__(self, top):
        self.top, self.store = top, top + "/vmail"
        self.plan, self.out = top + "/plan.ndjson", top + "/shards"
        self.make_store()
        self.program = write(top + "/baredot", RUN.format(
            top=top, program=PROGRAM, shim=shim("fault")).encode())
        os.chmod(self.program, 0o755)
        self.env = {"BAREDOT": self.program}
        write(top + "/began.8", b"")

    def make_store(self):
        n = 0
        for user in "abcdef":
            for _ in range(40):
                text = TEXTS[n % 25] if n % 25 < len(TEXTS) else b""
                write("%s/%s/cur/17.M%dP1.example:2,S" % (
                    self.store, user, n), MAIL % (n, n, text))
                n += 1
            for name in ("new", "tmp"):
                os.mkdir("%s/%s/%s" % (self.store, user, name))
        mbox = b"".join(
            FROM + MAIL % (i, i, TEXTS[i % 5] if i % 9 == 0 else b"a line\n" * 99) +
            b"\n" for i in range(2000))
        write(self.store + "/z.mbox", mbox)
        write(self.store + "/zz.mbox.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\3cut")

    def add_long_message(self):
        """To the mbox: it reaches over a border of shards, and what looks like
        separators of messages is in it."""
        body = (FROM + b"Subject: none\n\ntext\n\n") * 20000
        path = self.store + "/z.mbox"
        write(path, FROM + b"Subject: long\nContent-Length: %d\n\n%s\n" % (
            len(body), body) + read(path))

    def make_plan(self):
        done = subprocess.run(
            [PROGRAM, "plan", self.store, "--shards", str(SHARDS), "--split",
             "64K", "-o", self.plan], timeout=60, stderr=subprocess.PIPE)
        same(done.returncode, 0, done.stderr)

    def missing(self):
        """What merge says; None while there is no folder."""
        if not os.path.exists(self.out):
            return None
        done = subprocess.run(
            [PROGRAM, "merge", self.out, "--plan", self.plan, "--missing"],
            timeout=60, stdout=subprocess.PIPE)
        text = done.stdout.decode().strip()
        same(done.returncode, 75 if text else 0, text)
        return text

    def header(self, shard):
        return strict_json(read("%s/shard-%05d-of-%05d.ndjson" % (
            self.out, shard, SHARDS)).split(b"\n")[0])

    def one_run(self):
        done = subprocess.run(
            [PROGRAM, "scan", "-f", "ndjson", self.store], timeout=60,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        same(done.returncode, 2, "a file cannot be read")
        return done.stdout

    def compare(self, report):
        """The merged report is that of one run."""
        got, want = masked(read(report)), masked(self.one_run())
        check(len(want) > 200, "an empty store")
        same(len(got), len(want), "records")
        for a, b in zip(got, want):
            same(a, b)

    def wait_for(self, shard, seconds=30):
        """It has begun, and has something in its folder."""
        end = time.monotonic() + seconds
        while not (os.path.exists("%s/began.%d" % (self.top, shard)) and any(
                name.startswith(".") and "%05d" % shard in name
                for name in os.listdir(self.out))):
            check(time.monotonic() < end, "shard %d does not begin" % shard)
            time.sleep(0.05)


def masked(report):
    """The records, without what two runs cannot share: of the first and the
    last record a few fields, of the others none."""
    lines = report.splitlines()
    for i, names in ((0, ("command", "host", "start", "jobs", "kernel",
                          "sandbox", "merged")),
                     (-1, ("end", "milliseconds"))):
        record = strict_json(lines[i])
        for name in names:
            record.pop(name, None)
        lines[i] = json.dumps(record).encode()
    return lines


def commands(section):
    """The indented lines of a section of docs/cluster.md, by blocks."""
    text = read(TOP + "/docs/cluster.md").decode()
    (text,) = re.findall(r"^## %s\n(.*?)(?=^## |\Z)" % section, text,
                         re.M | re.S)
    return [re.sub(r"^    ", "", block, flags=re.M) for block in
            re.findall(r"(?:^    .*\n)+", text, re.M)]


def run_block(block, folder, env):
    """As a shell does, with our store and scripts.  Its status, what it says."""
    for there, here in ((INSTALLED, CLUSTER), (STORE, folder + "/vmail")):
        block = block.replace(there, shlex.quote(here))
    path = folder + "/bin"
    if not os.path.exists(path):
        os.mkdir(path)
        os.symlink(PROGRAM, path + "/baredot")
    done = subprocess.run(
        ["bash", "-c", block], cwd=folder, timeout=100,
        env=dict(env, PATH=path + ":" + os.environ["PATH"]),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode()
