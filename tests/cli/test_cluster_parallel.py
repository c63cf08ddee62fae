#!/usr/bin/python3
"""Shards by a real GNU parallel, here and by ssh: docs/cluster.md."""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from cli import Skip, baredot, check, folder, read, run, same, test, write
from hosts import Hosts
from processes import below, kill
from shards import CLUSTER, Shards, commands, run_block


def need_parallel():
    if not shutil.which("parallel"):
        raise Skip("there is no parallel: it is not installed")
    said = subprocess.run(["parallel", "--version"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT).stdout
    if b"GNU parallel" not in said:
        raise Skip("this parallel is another one, not GNU's")


def environment(top, **more):
    os.makedirs(top + "/parallel", exist_ok=True)
    write(top + "/parallel/will-cite", b"")
    return dict(os.environ, PARALLEL_HOME=top + "/parallel", **more)


@contextlib.contextmanager
def started(shards, *options, **env):
    """The script, until somebody waits for it; not longer than that."""
    process = subprocess.Popen(
        [CLUSTER + "/parallel.sh", shards.plan, shards.out, *options],
        env=environment(shards.top, **shards.env, **env),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        if process.poll() is None:
            kill(below(process.pid))
            process.wait()
        process.stdout.close()


def ended(process):
    """Its status, and what it said."""
    said = process.communicate(timeout=60)[0].decode()
    return process.returncode, said


def once_more(shards):
    with started(shards, "-j4") as process:
        return ended(process)


def command_line(pid):
    try:
        return read("/proc/%d/cmdline" % pid)
    except OSError:
        return b""


def began(shards, *numbers):
    """These have had their mishap."""
    for i in numbers:
        write("%s/began.%d" % (shards.top, i), b"")


def jobs(shards):
    """The shards that parallel has run, as often as it did."""
    lines = read(shards.out + "/log/parallel.log").decode().splitlines()
    return [int(re.search(r"--shard (\d+)", x).group(1)) for x in lines
            if "--shard" in x]


@test
def a_run_that_is_stopped_goes_on_with_what_is_missing():
    need_parallel()
    with folder() as top:
        top += "/a folder"
        os.mkdir(top)
        shards = Shards(top)
        shards.make_plan()
        with started(shards, "-j4") as process:
            shards.wait_for(3)
            shards.wait_for(5)
            end = time.monotonic() + 30
            while shards.missing() != "--array=3,5":
                check(time.monotonic() < end, shards.missing())
                time.sleep(0.1)
            (parallel,) = [p for p in below(process.pid)
                           if b"/parallel\0--joblog" in command_line(p)]
            for _ in range(2):          # a newer one needs no second
                with contextlib.suppress(ProcessLookupError):
                    os.kill(parallel, signal.SIGTERM)
                time.sleep(0.3)
            asked = time.monotonic()
            status, said = ended(process)
            check(time.monotonic() - asked < 8, "it does not stop")
        same(status, 75, said)
        check("--array=3,5" in said, said)
        same(shards.missing(), "--array=3,5")
        before = len(jobs(shards))
        status, said = once_more(shards)
        same(status, 2, said)           # there is a file that cannot be read
        same(sorted(jobs(shards)[before:]), [3, 5])
        shards.compare(shards.out + "/report.ndjson")
        status, said = once_more(shards)
        same((status, len(jobs(shards))), (2, before + 2), said)


@test
def a_shard_that_began_in_the_wrong_place_is_scanned_again_at_once():
    need_parallel()
    with folder() as top:
        shards = Shards(top)
        began(shards, 2, 3, 5)
        shards.add_long_message()
        shards.make_plan()
        write(top + "/late", b"")
        with started(shards, "-j8", BAREDOT_OPTIONS="--jobs 2") as process:
            status, said = ended(process)
        same(status, 2, said)
        same(sorted(jobs(shards)), [1, 2, 3, 4, 5, 6, 7, 7, 8])
        same(shards.header(1)["jobs"], 2)
        shards.compare(shards.out + "/report.ndjson")


@test
def what_a_lost_host_was_at_is_scanned_by_another():
    need_parallel()
    with folder() as top:
        os.chmod(top, 0o755)
        shards = Shards(top)
        shards.make_plan()
        began(shards, 5)
        os.mkdir(top + "/hosts")
        hosts = Hosts(top + "/hosts", "one", "two")
        try:
            with started(shards, "--sshlogin", "one,two",
                         PARALLEL_SSH=hosts.ssh) as process:
                shards.wait_for(3)
                (lost,) = [name for name, p in hosts.running.items() if any(
                    b"--shard\0003\0" in command_line(pid) for pid in
                    below(p.pid))]
                hosts.kill(lost)
                status, said = ended(process)
        finally:
            hosts.stop()
        same(status, 2, said)
        same(shards.missing(), "")
        shards.compare(shards.out + "/report.ndjson")


@test
def the_commands_of_the_document_do_what_it_says():
    need_parallel()
    blocks = commands("GNU parallel")
    same(["hosts" in b for b in blocks], [False, True, False])
    run_one(blocks[0])
    run_one(blocks[2])
    with folder() as top:
        os.chmod(top, 0o755)
        hosts = Hosts(top, "one", "two")
        try:
            run_one(blocks[1], PARALLEL_SSH=hosts.ssh)
        finally:
            hosts.stop()


def run_one(block, **env):
    with folder() as top:
        shards = Shards(top)
        began(shards, 3, 5)
        write(top + "/hosts", b"one\ntwo\n")
        status, said = run_block(block, top, environment(
            top, **shards.env, **env))
        same(status, 2, said)
        (report,) = [p for p in (top + "/report.ndjson",
                                 top + "/shards/report.ndjson")
                     if os.path.exists(p)]
        shards.compare(report)


@test
def shellcheck_finds_nothing():
    if not shutil.which("shellcheck"):
        raise Skip("there is no shellcheck")
    done = subprocess.run(
        ["shellcheck"] + [CLUSTER + "/" + n for n in sorted(
            os.listdir(CLUSTER)) if n.endswith((".sh", ".sbatch"))],
        stdout=subprocess.PIPE)
    same(done.stdout.decode(), "")


@test
def every_example_gives_options_that_there_are():
    known = {}
    for command in ("plan", "scan", "merge"):
        known[command] = set(re.findall(
            rb"--[a-z0-9-]+", baredot(command, "--help").out))
    for name in sorted(os.listdir(CLUSTER)):
        text = re.sub(rb"\\\n|\"\n *\"|\n *- ", b" ",
                      read(CLUSTER + "/" + name))
        calls = re.findall(rb"(?<![\w/])(plan|scan|merge) (.*--.*)", text)
        for command, rest in calls:
            rest = re.split(rb"baredot|\|\|", rest)[0]
            for option in re.findall(rb"(?<=\s)--[a-z0-9-]+", b" " + rest):
                check(option in known[command.decode()],
                      "%s: %s %s" % (name, command, option))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run()
