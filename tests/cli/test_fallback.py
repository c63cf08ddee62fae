#!/usr/bin/python3
"""Stores on file systems that cannot swap names, make unnamed files or give
leases: refused with the option that goes without, and what that does.

Two such file systems: bindfs (FUSE), where it is to be had, and any at all,
with the calls made to fail by a preloaded library.  Prints TAP.
"""
import contextlib
import os
import shutil
import subprocess
import tarfile
import tempfile

from cli import TOP, Skip, baredot, check, run, same, strict_json, test, write

SHIM = os.path.join(TOP, "build", "faults", "act_fault.so")
OPT = os.path.join(TOP, "build", "baredot")
BODY = b"From: a@b.example\nSubject: x\nMessage-ID: <1@b.example>\n" \
    b"Date: Mon, 01 Jan 2024 00:00:00 +0000\n\none\r\ntwo\n%s\nend\rx\n"
CUR = "M/cur/1700000000.M1P1.host,S=134,W=140:2,S"
NEW = "M/new/1700000001.M2P2.host"
FROM = b"From a@b.example Mon Jan  1 00:00:00 2024\n"
LATER = FROM + b"From: c@d.example\nSubject: later\n\nlater\n\n"
MESSAGES = ("--code", "eol.*")
BY_LINKS, IN_PLACE = b"links 1:", b"inplace 1:"     # in an intent


class Place:
    """A store, its state folder outside of it, and how it is run."""

    def __init__(self, top, store, lacks):
        self.store, self.lacks = store, lacks
        self.state = top + "/state"

    def put(self, name, data):
        path = write(self.store + "/" + name, data)
        os.utime(path, ns=(1500000000987654321, 1500000000123456789))
        return path

    def maildir(self):
        for f in ("cur", "new", "tmp"):
            os.makedirs(self.store + "/M/" + f)
        self.put(CUR, BODY % b"cur")
        self.put(NEW, BODY % b"new")
        self.put("H/7", BODY % b"mh")
        return [self.store + "/M", self.store + "/H"]

    def mbox(self, n=3):
        return self.put("box", b"".join(
            FROM + BODY % (b"%d" % i) + b"\n" for i in range(n)))

    def run(self, *args):
        env = {}
        if self.lacks:
            env = {"LD_PRELOAD": SHIM, "ACT_LACKS": self.lacks}
            own = dict(os.environ, LC_ALL="C", **env)
            done = subprocess.run(
                [OPT, *args], env=own, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
            return Answer(done.returncode, done.stdout, done.stderr)
        done = baredot(*args)
        return Answer(done.status, done.out, done.err.encode())

    def fix(self, *args):
        return self.run("fix", "--apply", "--state", self.state, "--to",
                        "crlf", *args)

    def undo(self):
        r = self.run("undo", "--apply", "--state", self.state, "last")
        same(r.status, 0, r.err)

    def tree(self):
        found = {}
        for folder, _, names in os.walk(self.store):
            for n in names:
                path = os.path.join(folder, n)
                st = os.stat(path)
                with open(path, "rb") as f:
                    found[os.path.relpath(path, self.store)] = (
                        f.read(), st.st_mode, st.st_uid, st.st_gid,
                        st.st_mtime_ns)
        return found


class Answer:
    def __init__(self, status, out, err):
        self.status, self.err = status, err.decode(errors="replace")
        self.out = out

    def outcomes(self):
        return [r for r in map(strict_json, self.out.splitlines())
                if r["type"] == "outcome"]


@contextlib.contextmanager
def fuse(top):
    """A folder on a file system that really has none of it."""
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse") or \
            shutil.which("bindfs") is None:
        raise Skip("needs root, /dev/fuse and bindfs")
    os.makedirs(top + "/real")
    os.makedirs(top + "/mnt")
    if subprocess.run(["bindfs", top + "/real", top + "/mnt"],
                      stderr=subprocess.DEVNULL).returncode != 0:
        raise Skip("bindfs cannot mount here")
    try:
        yield top + "/mnt"
    finally:
        subprocess.run(["umount", "-l", top + "/mnt"], check=True)


@contextlib.contextmanager
def place(kind):
    """kind: what it lacks, or "fuse"."""
    with tempfile.TemporaryDirectory(prefix="baredot-fallback-") as top:
        if kind == "fuse":
            with fuse(top) as store:
                yield Place(top, store, "")
        else:
            os.mkdir(top + "/store")
            yield Place(top, top + "/store", kind)


def refused(kind):
    with place(kind) as p:
        paths, before = p.maildir() + [p.mbox()], p.tree()
        r = p.fix("-f", "ndjson", *paths)
        got = {os.path.basename(o["path"]): o for o in r.outcomes()}
        same(sorted(o["status"] for o in got.values()), ["refused"] * 4)
        for name, o in got.items():
            wanted = "--allow-in-place" if name == "box" else \
                "--allow-copy-swap"
            check(o["why"].startswith("its file system has no ") and
                  o["why"].endswith("; %s does without it" % wanted), o)
        same(r.status, 1)
        same(p.tree(), before)


@test
def without_the_option_it_is_refused_and_the_option_named():
    refused("xrtl")
    refused("x")


@test
def on_fuse_it_is_refused_and_the_option_named():
    refused("fuse")


def fixed(kind):
    with place(kind) as p:
        paths, before = p.maildir(), p.tree()
        r = p.fix("-f", "ndjson", "--allow-copy-swap", *paths)
        same([o["status"] for o in r.outcomes()], ["done"] * 3, r.err)
        check(BY_LINKS in journal(p), "not by links")
        after = p.tree()
        same(len(after), 3)
        check(all(b"two\r\n" in e[0] for e in after.values()), after)
        check("H/7" in after and CUR not in after, after)
        name = [n for n in after if n.startswith("M/cur/")][0]
        check(",S=%d," % len(after[name][0]) in name and
              name.endswith(":2,S"), name)
        p.undo()
        same(p.tree(), before)


@test
def messages_are_repaired_and_put_back_by_links():
    fixed("xrt")
    fixed("xrtl")
    fixed("x")
    fixed("t")


@test
def without_hard_links_too_it_is_refused_before_anything_is_done():
    for kind in ("xrth", "th", "xh"):
        with place(kind) as p:
            paths, before = p.maildir(), p.tree()
            r = p.fix("-f", "ndjson", "--allow-copy-swap", *paths)
            got = r.outcomes()
            same([o["status"] for o in got], ["refused"] * 3, r.err)
            check(all(o["why"].startswith("its file system has no hard links")
                      for o in got), got)
            same(p.tree(), before)
            # With unnamed files it shows when they get a name.
            check("t" not in kind or BY_LINKS not in journal(p), "begun")


@test
def messages_are_repaired_and_put_back_by_links_on_fuse():
    fixed("fuse")


def taken(kind, *options):
    with place(kind) as p:
        paths, before = p.maildir(), p.tree()
        r = p.run("quarantine", "--apply", *options, "-f", "ndjson",
                  "--min-severity", "info", "--into", p.state, *paths)
        same([o["status"] for o in r.outcomes()], ["done"] * 3, r.err)
        same(p.tree(), {})
        listed = p.run("quarantine", "--list", p.state, "-f", "ndjson")
        same(listed.out.count(b'"in-quarantine"'), 3, listed.out)
        check(listed.out.count(b'"subject":"x"') >= 3, listed.out)
        r = p.run("restore", "--apply", "--into", p.state)
        same(r.status, 0, r.err)
        same(p.tree(), before)


@test
def messages_are_taken_out_and_brought_back_by_links():
    taken("xrt", "--allow-copy-swap")
    taken("x")
    taken("t")


@test
def messages_are_taken_out_and_brought_back_by_links_on_fuse():
    taken("fuse", "--allow-copy-swap")


def in_place(kind):
    """Longer, shorter again, and both with mail behind it."""
    with place(kind) as p:
        path, ino = p.mbox(), None
        before = p.tree()
        ino = os.stat(path).st_ino
        r = p.fix("-f", "ndjson", "--allow-in-place", path)
        same([o["status"] for o in r.outcomes()], ["done"], r.err)
        check(IN_PLACE in journal(p), "not in place")
        same(os.stat(path).st_ino, ino, "it is the same file")
        check(os.stat(path).st_size > len(before["box"][0]), "not longer")
        same(list(p.tree()), ["box"])
        p.undo()
        same(p.tree(), before)
        r = p.fix("-f", "ndjson", "--allow-in-place", "--to", "lf", path)
        same([o["status"] for o in r.outcomes()], ["done"], r.err)
        check(os.stat(path).st_size < len(before["box"][0]), "not shorter")
        with open(path, "ab") as f:
            f.write(LATER)
        p.undo()
        same(p.tree()["box"][0], before["box"][0] + LATER)


@test
def an_mbox_is_written_over_and_back():
    in_place("xrtl")
    in_place("xrt")
    in_place("l")
    in_place("t")


@test
def an_mbox_is_written_over_and_back_on_fuse():
    in_place("fuse")


@test
def messages_go_out_of_an_mbox_in_place_and_come_back():
    with place("xrtl") as p:
        path = p.mbox()
        whole = p.tree()
        r = p.run("quarantine", "--apply", "--allow-in-place", "-f",
                  "ndjson", "--min-severity", "info", "--into", p.state,
                  path)
        same([o["taken_out"] for o in r.outcomes()], [3], r.err)
        same(p.tree()["box"][0], b"")
        p.run("undo", "--apply", "--state", p.state, "last")
        same(p.tree(), whole)


@test
def where_names_can_be_swapped_they_are():
    with place("") as p:
        box, paths = p.mbox(), p.maildir()
        inos = [os.stat(f).st_ino for f in (box, p.store + "/H/7")]
        r = p.fix("-f", "ndjson", "--allow-copy-swap", "--allow-in-place",
                  box, *paths)
        same([o["status"] for o in r.outcomes()], ["done"] * 4, r.err)
        check(not {os.stat(f).st_ino for f in (box, p.store + "/H/7")} &
              set(inos), "it was written over")
        text = journal(p)
        check(BY_LINKS not in text and IN_PLACE not in text, "not swapped")


def journal(p):
    """Of the last run."""
    runs = p.state + "/runs"
    with open(os.path.join(runs, sorted(os.listdir(runs))[-1], "journal"),
              "rb") as f:
        return f.read()


@test
def a_name_that_is_to_be_kept_is_refused():
    with place("xrt") as p:
        p.maildir()
        before = p.tree()
        r = p.fix("-f", "ndjson", "--allow-copy-swap", "--keep-uid",
                  p.store + "/M/new")
        got = r.outcomes()
        same([o["status"] for o in got], ["refused"], r.err)
        check("keeping its name" in got[0]["why"], got)
        same(p.tree(), before)


@test
def where_no_option_helps_none_is_named():
    with place("") as p:
        paths = p.maildir() + [p.mbox()]
        same(p.fix(*paths).status, 0)
        before = p.tree()
        p.lacks = "xrtl"
        r = p.run("undo", "--apply", "--state", p.state, "-f", "ndjson",
                  "last")
        same([(o["status"], o["why"].rpartition(" no ")[0], "--" in
               o["why"]) for o in r.outcomes()],
             [("refused", "its file system has", False)] * 4)
        same(p.tree(), before)
        p.lacks = "xrt"
        archive, new = p.store + "/a.tar", p.store + "/b.tar"
        with tarfile.open(archive, "w") as t:
            t.add(paths[0], "M")
        for options, names in (((), True), (("--output", new), False)):
            why = p.fix("-f", "ndjson", "--to", "lf", *options,
                        archive).outcomes()[0]["why"]
            check(why.startswith("its file system has no ") and
                  ("--allow-copy-swap" in why) == names, why)


@test
def the_help_says_what_may_be_met():
    text = " ".join(baredot("fix", "--help").out.decode().split())
    for part in ("--allow-copy-swap", "--allow-in-place", "torn mailbox",
                 "must run at boot", "twice for a moment"):
        check(part in text, part)


@test
def the_unit_for_boot_is_one():
    if shutil.which("systemd-analyze") is None:
        raise Skip("systemd-analyze is not here")
    unit = os.path.join(TOP, "packaging/systemd/baredot-recover.service")
    with tempfile.TemporaryDirectory() as top:
        # The program need not be installed where the test runs.
        with open(unit) as f:
            text = f.read().replace("ExecStart=baredot", "ExecStart=" + OPT)
        path = write(top + "/baredot-recover.service", text.encode())
        ran = subprocess.run(["systemd-analyze", "verify", "--man=no", path],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        same((ran.returncode, ran.stdout), (0, b""))


if __name__ == "__main__":
    run()
