#!/usr/bin/python3
"""What the scripts of docs/cluster.md say when something is wrong, and what they
leave; without an engine, or with GNU parallel on this machine."""
import glob
import os
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
from cli import Skip, check, folder, read, run, same, test, write
from harness import FROM
from shards import CLUSTER, MAIL, PROGRAM, masked

SUBMIT = "#!/bin/sh\necho 7\necho \"$@\" >>%s/submitted\n"


class Scan:
    """A small store and its plan, in a folder."""

    def __init__(self, top, shards=3):
        self.top, self.store = top, top + "/vmail"
        self.plan, self.out = top + "/plan", top + "/shards"
        self.report = self.out + "/report.ndjson"
        os.makedirs(top + "/bin")
        write(top + "/ph/will-cite", b"")
        os.chmod(write(top + "/bin/sbatch", (SUBMIT % top).encode()), 0o755)
        self.env = dict(os.environ, BAREDOT=PROGRAM,
                        PARALLEL_HOME=top + "/ph",
                        PATH=top + "/bin:" + os.environ["PATH"])
        for i in range(60):
            write("%s/%d.eml" % (self.store, i), MAIL % (i, i, b"a\rb"))
        self.make_plan(shards)

    def make_plan(self, shards, *options):
        done = subprocess.run([PROGRAM, "plan", self.store, "--shards",
                               str(shards), "-o", self.plan, *options],
                              stderr=subprocess.PIPE, timeout=60)
        same(done.returncode, 0, done.stderr)

    def script(self, name, *args, cwd=None, before=(), **env):
        """Its status, and what it says."""
        done = subprocess.run(
            [*before, CLUSTER + "/" + name, *(args or (self.plan, self.out))],
            cwd=cwd or self.top, env=dict(self.env, **env), timeout=100,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def parallel(self, *args, **more):
        return self.script("parallel.sh", *args, **more)

    def element(self, i, *limits):
        """Of an array: what a shell says of its limits comes first."""
        return self.script(
            "baredot-shard.sbatch", before=[
                "bash", "-c", "".join(limits) + ' exec bash "$@"', "bash"],
            SLURM_ARRAY_TASK_ID=str(i), SLURM_ARRAY_JOB_ID="1",
            SLURM_JOB_ID="1")

    def compare(self):
        """The report is that of one scan."""
        done = subprocess.run([PROGRAM, "scan", "-f", "ndjson", "--exit-zero",
                               self.store],
                              stdout=subprocess.PIPE, timeout=60,
                              stderr=subprocess.DEVNULL)
        same(masked(read(self.report)), masked(done.stdout))

    def jobs(self):
        lines = read(self.out + "/log/parallel.log").decode().split("\n")
        return sum("--shard" in x for x in lines)


def need_parallel():
    if not shutil.which("parallel"):
        raise Skip("there is no parallel: it is not installed")


@test
def a_plan_that_is_bad_is_no_finding():
    with folder() as top:
        scan = Scan(top)
        bad = write(top + "/bad", read(scan.plan).replace(b"plan", b"plot", 1))
        for plan in (bad, top + "/none", top + "/no/plan"):
            said = subprocess.run(
                [PROGRAM, "merge", scan.out, "--plan", plan, "--missing"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            check(said.returncode in (2, 64), said)
            for name in ("parallel.sh", "slurm-submit.sh"):
                status, text = scan.script(name, plan, scan.out)
                same(status, said.returncode, text)
                check(said.stderr.decode() in text, text)
                check("%s: " % name in text, text)
        check(not os.path.exists(top + "/submitted"))


@test
def a_program_or_folder_that_is_not_there_is_no_finding():
    with folder() as top:
        scan = Scan(top)
        write(top + "/file", b"")
        for name in ("parallel.sh", "slurm-submit.sh"):
            status, text = scan.script(name, BAREDOT="/nonexistent")
            same(status, 127, text)
            check("/nonexistent cannot say" in text, text)
            status, text = scan.script(name, scan.plan, top + "/file/x")
            same(status, 2, text)
            status, text = scan.script(name, scan.plan)
            same((status, "usage: " in text), (64, True), text)
        check(not os.path.exists(top + "/submitted"))


@test
def an_interruption_is_no_finding():
    with folder() as top:
        scan = Scan(top)
        stopped = write(top + "/stopped", b"#!/bin/sh\nexit 75\n")
        os.chmod(stopped, 0o755)
        for name in ("parallel.sh", "slurm-submit.sh"):
            same(scan.script(name, BAREDOT=stopped)[0], 75, name)
        check(not os.path.exists(top + "/submitted"))


@test
def a_shard_that_is_not_written_fails_whatever_lies_there():
    """Of the sizes that a disk may have room for: 0 and some."""
    with folder() as top:
        scan = Scan(top)
        same(scan.element(1)[0], 0)
        (good,) = glob.glob(scan.out + "/shard-00001-*")
        whole = read(good)
        check(len(whole) > 2048, "too small")
        for lies in (None, b"", whole[:1000], whole[:-20]):
            for blocks in (0, 1):
                os.unlink(good)
                if lies is not None:
                    write(good, lies)
                status, text = scan.element(1, "ulimit -f %d;" % blocks)
                same((status, "File too large" in text), (2, True), text)
                check(not os.path.exists(good) or read(good) == lies)
                if not os.path.exists(good):
                    write(good, b"")
        same(scan.element(1)[0], 0)
        check(len(read(good)) > 2048, "it is not whole")


@test
def a_shard_with_mail_that_cannot_be_read_is_done():
    with folder() as top:
        scan = Scan(top)
        os.truncate(write(scan.store + "/cut.mbox.gz",
                          b"\x1f\x8b\x08\0\0\0\0\0\0\3cut"), 12)
        scan.make_plan(1)
        for lies in (None, b"", b"x" * 1000):
            for name in glob.glob(scan.out + "/shard-*"):
                os.unlink(name)
            if lies is not None:
                write(scan.out + "/shard-00001-of-00001.ndjson", lies)
            status, text = scan.element(1)
            same(status, 0, text)
            done = subprocess.run(
                [PROGRAM, "merge", scan.out, "--plan", scan.plan],
                stdout=subprocess.PIPE)
            same(done.returncode, 2, "something could not be read")
        # It is whole: nothing is done.
        same(scan.element(1)[0], 0)


@test
def another_plan_needs_another_folder():
    need_parallel()
    with folder() as top:
        scan = Scan(top)
        same(scan.parallel()[0], 0)
        report = read(scan.report)
        write(scan.store + "/new.eml", MAIL % (99, 99, b"a\rb"))
        scan.make_plan(3)
        for name in ("parallel.sh", "slurm-submit.sh"):
            status, text = scan.script(name)
            same((status, "a folder of its own" in text), (64, True), text)
            same(read(scan.report), report, "that of the shards there")


@test
def an_old_report_does_not_stay_where_the_new_one_is_not_whole():
    need_parallel()
    with folder() as top:
        scan = Scan(top)
        same(scan.parallel()[0], 0)
        os.unlink(scan.out + "/shard-00002-of-00003.ndjson")
        status, text = scan.parallel(BAREDOT_OPTIONS="--no-such-option")
        same((status, "--array=2" in text), (75, True), text)
        check(not os.path.exists(scan.report), "it is the old one")
        write(scan.report, b"old")
        same(scan.script("slurm-submit.sh")[0], 0)
        check(not os.path.exists(scan.report), "it is the old one")


@test
def rounds_go_on_while_there_is_something_to_gain():
    """A message that reaches over many shards, with separators in it.  All of
    them begin in a wrong place, for the one before it was not there."""
    need_parallel()
    with folder() as top:
        scan = Scan(top)
        box = b"".join(FROM + MAIL % (i, i, b"a\rb") + b"\n"
                       for i in range(1000))
        write(scan.store + "/box", b"".join(
            FROM + MAIL % (i, i, b"") + b"\n" for i in range(20)) +
            FROM + b"Subject: long\nContent-Length: %d\n\n%s\n" % (
                len(box), box) +
            FROM + MAIL % (1, 1, b"a\rb"))
        for name in glob.glob(scan.store + "/*.eml"):
            os.unlink(name)
        scan.make_plan(12, "--split", "1K")
        for i in range(12, 0, -1):
            subprocess.run([PROGRAM, "scan", "--plan", scan.plan, "--shard",
                            str(i), "--out", scan.out, "--exit-zero"],
                           check=True, timeout=60)
        status, text = scan.parallel(scan.plan, scan.out, "-j4")
        same(status, 0, text)
        check(scan.jobs() > 3, "it was too easy")
        scan.compare()


@test
def rounds_end_where_nothing_is_gained():
    """A program that says all is well, and does nothing."""
    need_parallel()
    with folder() as top:
        scan = Scan(top)
        for does, jobs in (("exit 0", 3), ("exit 1", 15)):
            lazy = write(top + "/lazy", ("""\
#!/bin/sh
[ "$1" != scan ] || { echo >>%s/tries; %s; }
exec %s "$@"
""" % (top, does, PROGRAM)).encode())
            os.chmod(lazy, 0o755)
            write(top + "/tries", b"")
            status, text = scan.parallel(BAREDOT=lazy)
            same((status, len(read(top + "/tries"))), (75, jobs), text)


@test
def names_hold_what_they_like():
    """All that GNU parallel or a shell would put something else for."""
    need_parallel()
    for name in ("x{}y", "{.} {/} {//} {/.} {#} {%}", "{1}{=1=}{-1}", "it's",
                 "a\\b$HOME`id`", "new\nline", "-f"):
        with folder() as top:
            top += "/" + name
            os.makedirs(top)
            scan = Scan(top)
            status, text = scan.parallel("plan", "shards", "-j2", cwd=top)
            same(status, 0, (name, text))
            same(sorted(n for n in os.listdir(scan.out) if n[0] != "."),
                 ["log", "report.ndjson"] + [
                     "shard-%05d-of-00003.ndjson" % i for i in (1, 2, 3)])
            scan.compare()


@test
def a_relative_plan_is_scanned_where_the_script_was_started():
    need_parallel()
    with folder() as top:
        top += "/it's {}"
        scan = Scan(top)
        scan.store = "vmail"
        done = subprocess.run([PROGRAM, "plan", "vmail", "--shards", "3",
                               "-o", "plan"], cwd=top)
        same(done.returncode, 0)
        os.symlink(PROGRAM, top + "/b {} 'c")
        status, text = scan.parallel("plan", "shards", "-j2", cwd=top,
                                     BAREDOT="./b {} 'c",
                                     BAREDOT_OPTIONS="--jobs 2 --hash")
        same(status, 0, text)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run()
