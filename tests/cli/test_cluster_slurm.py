#!/usr/bin/python3
"""Shards on a real Slurm of four nodes, on this machine: docs/cluster.md.

CHECK_LONG: a time limit that comes by itself too, which takes some minutes.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from cli import Skip, check, read, run, same, test
from shards import CLUSTER, SHARDS, Shards, commands, run_block
from slurm import NODES, Slurm

TOP = tempfile.mkdtemp(prefix="baredot-slurm.")
SLURM = []              # one for all tests, once it is up


def cluster():
    if not SLURM:
        SLURM.append(Slurm(TOP + "/slurm"))
    if not SLURM[0].up:
        SLURM[0].start()
    SLURM[0].empty()                    # one that failed left some
    return SLURM[0]


def folder(name):
    os.mkdir("%s/%s" % (TOP, name))
    return "%s/%s" % (TOP, name)


def submit(slurm, shards, *options, **env):
    """The job of the array, if there is one, and that of the merge."""
    done = subprocess.run(
        [CLUSTER + "/slurm-submit.sh", shards.plan, shards.out, *options],
        env=dict(slurm.env, **shards.env, **env), timeout=60,
        stdout=subprocess.PIPE)
    said = done.stdout.decode()
    same(done.returncode, 0, said)
    found = re.fullmatch(r"(?:job (\d+): (--array=\S+)\n)?"
                         r"job (\d+): merge, to (.+)\n", said)
    check(found, said)
    return found.groups()


def log(shards, name):
    return read("%s/log/%s.log" % (shards.out, name)).decode()


def node_of(slurm, job):
    return slurm.says("squeue", "-h", "-j", job, "-o", "%N")


@test
def shards_that_failed_or_lost_their_node_are_scanned_again_and_no_others():
    slurm = cluster()
    shards = Shards(folder("a folder %a"))
    shards.make_plan()
    os.unlink(shards.top + "/began.8")
    array, listed, merge, report = submit(slurm, shards)
    same(listed, "--array=1-%d" % SHARDS)
    for i in (3, 5, 8):
        shards.wait_for(i)
    # Told to stop, like at their time limit: they put themselves back.  The
    # last one has the id of the array.
    check(" JobId=%s " % array in " " + slurm.says(
        "scontrol", "-o", "show", "job", array + "_8") + " ")
    for i in (5, 8):
        slurm.says("scancel", "--batch", "--signal=TERM", "%s_%d" % (array, i))
    node = node_of(slurm, array + "_3")
    check(node in NODES, node)
    slurm.kill_node(node)
    slurm.wait(lambda: slurm.ended(merge), "nothing is merged")
    for i in range(1, SHARDS + 1):
        same(slurm.state("%s_%d" % (array, i)),
             "FAILED" if i == 2 else "COMPLETED", "shard %d" % i)
    for i in (5, 8):
        check("goes on later" in log(shards, "shard-%s_%d" % (array, i)), i)
    same(shards.missing(), "--array=2")
    check("--array=2" in log(shards, "merge-" + merge))
    check(not os.path.exists(report), "a report of some shards")

    before = {n: os.stat(shards.out + "/" + n).st_mtime_ns
              for n in os.listdir(shards.out) if n.startswith("shard-")}
    same(len(before), SHARDS - 1)
    array, listed, merge, report = submit(slurm, shards)
    same(listed, "--array=2")
    slurm.wait(lambda: slurm.ended(merge), "nothing is merged")
    same(slurm.state(merge), "COMPLETED", log(shards, "merge-" + merge))
    shards.compare(report)
    for name, time in before.items():
        same(os.stat(shards.out + "/" + name).st_mtime_ns, time, name)
    same(submit(slurm, shards)[:2], (None, None), "all are there")
    slurm.start_node(node)


@test
def a_shard_that_is_cancelled_stays_away():
    slurm = cluster()
    shards = Shards(folder("cancelled"))
    shards.make_plan()
    for i in (2, 3):
        open("%s/began.%d" % (shards.top, i), "w").close()
    array, _, merge, _ = submit(slurm, shards, AT_ONCE="2",
                                BAREDOT_OPTIONS="--jobs 2 --hash")
    shards.wait_for(5)
    check("ArrayTaskThrottle=2" in slurm.says("scontrol", "show", "job",
                                              array))
    slurm.says("scancel", array + "_5")
    slurm.wait(lambda: slurm.ended(merge), "nothing is merged")
    same(slurm.state(array + "_5"), "CANCELLED")
    same(shards.missing(), "--array=5")
    same(shards.header(1)["jobs"], 2)
    slurm.wait(slurm.is_empty, "jobs go on")


@test
def a_shard_goes_on_after_its_time_limit():
    if "CHECK_LONG" not in os.environ:
        raise Skip("takes some minutes: CHECK_LONG")
    slurm = cluster()
    shards = Shards(folder("limit"))
    shards.make_plan()
    os.unlink(shards.top + "/began.8")
    array, _, merge, report = submit(slurm, shards, "--time=2")
    slurm.wait(lambda: slurm.ended(merge), "nothing is merged", 400)
    for i in (3, 5, 8):
        said = log(shards, "shard-%s_%d" % (array, i))
        check("goes on later" in said, said)
    same(shards.missing(), "--array=2")
    submit(slurm, shards)
    slurm.wait(lambda: os.path.exists(report), "nothing is merged")
    shards.compare(report)


@test
def the_commands_of_the_document_do_what_it_says():
    slurm = cluster()
    blocks = commands("Slurm")
    again = commands("When shards fail")[-1]
    same(len(blocks), 2)
    for n, block in enumerate(blocks):
        shards = Shards(folder("document%d" % n))
        for i in (3, 5):
            open("%s/began.%d" % (shards.top, i), "w").close()
        env = dict(slurm.env, **shards.env)
        _, said = run_block(block, shards.top, env)
        slurm.wait(lambda: shards.missing() == "--array=2",
                   "more than one is missing: " + said)
        slurm.wait(slurm.is_empty, "jobs go on")
        _, said = run_block(again, shards.top, env)
        slurm.wait(lambda: shards.missing() == "", "not again: " + said)
        run_block("baredot merge shards --plan plan.ndjson -o report.ndjson",
                  shards.top, env)
        shards.compare(shards.top + "/report.ndjson")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run()
    finally:
        for one in SLURM:
            one.stop()
        shutil.rmtree(TOP, ignore_errors=True)
