#!/usr/bin/python3
"""The files that a user names to write to: plan -o, scan -o, merge -o, report -o
and others.  What is there and is no file stays what it is."""
import os
import shutil
import stat
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
from cli import (BAREDOT, FINDINGS, UNREADABLE, USAGE, baredot, check,
                 folder, read, run, same, test, write)

MAIL = b"From: a@example.org\nTo: b@example.org\nSubject: t\n\nhi\r\nx\n"


class Store:
    """Mail, and what each command reads, in top; all that is written goes to
    top/to."""

    def __init__(self, top):
        self.top, self.to = top, top + "/to"
        write(top + "/mail/1.eml", MAIL)
        os.mkdir(self.to)
        for args in (("plan", top + "/mail", "--shards", "1", "-o",
                      top + "/plan"),
                     ("scan", "--plan", top + "/plan", "--shard", "1/1",
                      "--out", top + "/shards", "--exit-zero")):
            same(baredot(*args).status, 0, args)
        same(baredot("scan", "-f", "ndjson", "-o", top + "/report",
                     top + "/mail").status, FINDINGS)
        self.commands = {
            "plan": (["plan", top + "/mail", "-o"], 0, b'{"type":"plan"'),
            "scan": (["scan", "-f", "ndjson", top + "/mail", "-o"], FINDINGS,
                     b'{"type":"header"'),
            "fix": (["fix", "-f", "ndjson", top + "/mail", "-o"], FINDINGS,
                    b'{"type":"header"'),
            "merge": (["merge", top + "/shards", "--plan", top + "/plan",
                       "-o"], 0, b'{"type":"header"'),
            "report": (["report", top + "/report", "-o"], 0, b"<!DOCTYPE"),
        }

    def run(self, name, path, **more):
        """It writes there, and its status is right.  What it says."""
        args, status, _ = self.commands[name]
        ran = baredot(*args, path, **dict({"cwd": self.to}, **more))
        same((ran.status, "cannot" in ran.err), (status, False),
             "%s: %s" % (args, ran.err))
        return ran

    def whole(self, name, data):
        check(data.startswith(self.commands[name][2]), data[:100])
        check(data.endswith((b"}\n", b"</html>\n")), data[-100:])


def for_each(body):
    """A test: the body, for each command, in a store and folder of its own."""
    def all_of_them():
        with folder() as top:
            store = Store(top)
            for name in store.commands:
                body(store, name)
                same([n for n in os.listdir(store.to) if n != "log"], [],
                     name)
    all_of_them.__name__ = body.__name__
    return test(all_of_them)


@for_each
def a_fifo_is_written_to(store, name):
    path, got = store.to + "/fifo", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: got.append(read(path)))
    reader.start()
    try:
        same(store.run(name, path).out, b"", name)
        check(stat.S_ISFIFO(os.lstat(path).st_mode), name + ": it is gone")
    finally:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
        if not stat.S_ISFIFO(os.lstat(path).st_mode):
            reader.daemon = True
        os.unlink(path)
    reader.join(20)
    store.whole(name, got[0])


@for_each
def a_device_is_written_to(store, name):
    if os.getuid() != 0:
        return                          # only root can make one
    for minor, ends in ((3, True), (7, False)):     # as null and full are
        path = store.to + "/device"
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, minor))
        if ends:
            same(store.run(name, path).out, b"")
        else:
            ran = baredot(*store.commands[name][0], path)
            same((ran.status, "No space left" in ran.err),
                 (UNREADABLE, True), ran.err)
        check(stat.S_ISCHR(os.lstat(path).st_mode), name + ": it is gone")
        os.unlink(path)


@for_each
def a_link_stays_and_what_it_leads_to_is_replaced(store, name):
    there = write(store.to + "/there/file", b"old")
    os.chmod(there, 0o640)
    inode = os.stat(there).st_ino
    os.symlink("there/file", store.to + "/link")
    same(store.run(name, "link").out, b"")
    same(os.readlink(store.to + "/link"), "there/file", name)
    same(os.listdir(store.to + "/there"), ["file"], name)
    store.whole(name, read(there))
    check(os.stat(there).st_ino != inode, name + ": written over")
    same(os.stat(there).st_mode & 0o7777, 0o640, name)
    os.unlink(store.to + "/link")
    shutil.rmtree(store.to + "/there")


@for_each
def names_of_standard_output_are_that(store, name):
    link = store.to + "/link"
    os.symlink("/proc/self/fd/1", link)
    for path in ("-", "/proc/self/fd/1", link):
        store.whole(name, store.run(name, path).out)
    same(os.readlink(link), "/proc/self/fd/1")
    os.unlink(link)


@for_each
def a_file_behind_standard_output_keeps_what_is_in_it(store, name):
    log = write(store.to + "/log", b"kept\n")
    for path in ("-", "/proc/self/fd/1"):
        before = read(log)
        with open(log, "ab") as f:
            store.run(name, path, stdout=f)
        data = read(log)
        check(data.startswith(before), "%s %s: it is lost" % (name, path))
        store.whole(name, data[len(before):])
    before = read(log)
    with open(log, "ab") as f:
        done = subprocess.run(
            [BAREDOT, *store.commands[name][0], "/proc/self/fd/2"], stderr=f,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60)
    same((done.returncode, done.stdout), (store.commands[name][1], b""), name)
    data = read(log)
    check(data.startswith(before), name + ": it is lost")
    check(store.commands[name][2] in data[len(before):], data)
    os.unlink(log)


@test
def a_new_plan_is_for_its_owner_alone_and_another_keeps_its_mode():
    with folder() as top:
        store = Store(top)
        plan = store.to + "/plan"
        store.run("plan", plan, umask=0)
        same(os.stat(plan).st_mode & 0o7777, 0o600)
        os.chmod(plan, 0o644)
        store.run("plan", plan, umask=0o77)
        same(os.stat(plan).st_mode & 0o7777, 0o644)
        same(read(plan).split(b"\n")[1:], store.run(
            "plan", "-").out.split(b"\n")[1:], "the same, as a stream")


@test
def a_plan_that_failed_leaves_nothing():
    with folder() as top:
        store = Store(top)
        args = [BAREDOT, "plan", store.top + "/mail", "-o"]
        for path, says in ((store.to, "Is a directory"),
                           (store.to + "/no/plan", "No such file")):
            ran = baredot(*args[1:], path)
            same(ran.status, UNREADABLE)
            check("%s: cannot write the plan: %s" % (path, says) in ran.err,
                  ran.err)
        done = subprocess.run(["sh", "-c", 'ulimit -f 1; exec "$@"', "sh",
                               *args, store.to + "/plan"],
                              stderr=subprocess.PIPE, timeout=60)
        same((done.returncode, b"File too large" in done.stderr),
             (UNREADABLE, True), done.stderr)
        same(os.listdir(store.to), [])


@test
def what_nobody_reads_is_no_message():
    with folder() as top:
        store = Store(top)
        inside, outside = os.pipe()
        os.close(inside)
        ran = baredot(*store.commands["plan"][0], "-", stdout=outside)
        os.close(outside)
        same((ran.status, ran.err), (75, ""))


@test
def evidence_is_not_written_to_by_a_link():
    with folder() as top:
        store = Store(top)
        link = store.to + "/link"
        os.symlink(top + "/mail/1.eml", link)
        for args in (("plan", "--forensic", top + "/mail", "-o", link),
                     ("scan", "--forensic", top + "/mail", "-o", link)):
            ran = baredot(*args)
            same((ran.status, "in the evidence" in ran.err), (USAGE, True),
                 ran.err)
            same(read(top + "/mail/1.eml"), MAIL)
        for command in ("plan", "scan"):
            ran = baredot(command, "--forensic", top + "/mail", "-o", "-",
                          cwd=top + "/mail")
            check(ran.status != USAGE and ran.out, ran.err)
        same(os.listdir(top + "/mail"), ["1.eml"])


@test
def what_must_be_a_file_takes_nothing_else():
    """Not even with --force, where it is no file of its own."""
    with folder() as top:
        store = Store(top)
        fifo, link = store.to + "/fifo", store.to + "/link"
        os.mkfifo(fifo)
        os.symlink("/proc/self/fd/1", link)
        with open(top + "/log", "ab") as log:
            for path in (fifo, link, "/proc/self/fd/1"):
                ran = baredot("scan", "--metrics-file", path, top + "/mail",
                              stdout=log)
                check(path + ": it is no file" in ran.err, ran.err)
        same(os.readlink(link), "/proc/self/fd/1")
        check(stat.S_ISFIFO(os.lstat(fifo).st_mode))
        for args in (("scan", "--metrics-file", "-", top + "/mail"),
                     ("fix", "--output=-", top + "/a.tar"),
                     ("report", "--to", "sqlite", "--force", "-o", "-",
                      top + "/report"),
                     ("report", "--to", "sqlite", "-", top + "/report")):
            ran = baredot(*args, cwd=store.to)
            same((ran.status, "standard output" in ran.err), (USAGE, True),
                 (args, ran.err))
        check(read(top + "/report").startswith(b'{"type":"header"'))
        same(sorted(os.listdir(store.to)), ["fifo", "link"])


if __name__ == "__main__":
    run()
