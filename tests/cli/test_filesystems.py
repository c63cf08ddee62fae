#!/usr/bin/python3
"""What is repaired and taken out on file systems of many kinds: done, and
taken back to what it was, or refused with the reason and nothing changed.

File systems in files, in memory, over others, and of other programs (FUSE);
those that cannot be mounted here are skipped.  Prints TAP.
"""
import concurrent.futures
import contextlib
import json
import os
import socket
import subprocess
import tempfile
import time

from harness import FROM, OPT, Skip, check, main, need, same, write

SETTLED = 2.5           # seconds since an mbox was written to
SLOW = ("--allow-copy-swap", "--allow-in-place")
BODY = b"From: a@b.example\nMessage-ID: <1@b.example>\n" \
    b"Date: Mon, 01 Jan 2024 00:00:00 +0000\n\none\r\ntwo\n%s\nend\rx\n"
FILES = {
    "M/cur/1700000000.M1P1.host,S=123,W=129:2,S": BODY % b"cur",
    "M/new/1700000001.M2P2.host": BODY % b"new",
    "H/7": BODY % b"mh",
    "box": b"".join(FROM + BODY % (b"%d" % i) + b"\n" for i in range(3)),
}
TIME = 1500000000123456700      # in steps of 100 ns, which NTFS has


def command(*args):
    done = subprocess.run(args, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Skip("%s: %s" % (args[0], done.stdout.decode().strip()[-80:]))
    return done.stdout.decode().strip()


@contextlib.contextmanager
def mounted(top, *mount):
    """By that command; until it is over and nobody is in it any more."""
    os.makedirs(top, exist_ok=True)
    need(mount[0])
    command(*mount)
    try:
        yield top
    finally:
        for _ in range(100):
            if subprocess.run(["umount", top], stderr=subprocess.DEVNULL
                              ).returncode == 0:
                break
            time.sleep(0.1)


LOOP = ("mount", "-o", "loop", "{}/img", "{}/top")


def in_file(megabytes, mkfs, mount=LOOP):
    @contextlib.contextmanager
    def make(folder):
        need(mkfs[0])
        with open(folder + "/img", "wb") as f:
            f.truncate(megabytes << 20)
        command(*mkfs, folder + "/img")
        with mounted(folder + "/top",
                     *(x.replace("{}", folder) for x in mount)) as top:
            yield top
    return make


def over(*mount):
    """{} stands for the folder, {}/under for what it is over."""
    @contextlib.contextmanager
    def make(folder):
        for name in ("under", "upper", "work"):
            os.mkdir(folder + "/" + name)
        with mounted(folder + "/top",
                     *(x.replace("{}", folder) for x in mount)) as top:
            yield top
    return make


@contextlib.contextmanager
def sshfs(folder):
    """With the server of OpenSSH at the other end of a socket."""
    server = "/usr/lib/openssh/sftp-server"
    need("sshfs")
    need(server)
    os.mkdir(folder + "/under")
    ours, theirs = socket.socketpair()
    top = folder + "/top"
    os.mkdir(top)
    with ours, theirs:
        child = subprocess.Popen([server], stdin=theirs, stdout=theirs)
        client = subprocess.Popen(
            ["sshfs", "-f", "-o", "passive", ":" + folder + "/under", top],
            stdin=ours, stdout=ours, stderr=subprocess.DEVNULL)
    try:
        for _ in range(50):
            if os.path.ismount(top) or client.poll() is not None:
                break
            time.sleep(0.1)
        if not os.path.ismount(top):
            raise Skip("sshfs cannot mount here")
        yield top
    finally:
        subprocess.run(["umount", top], stderr=subprocess.DEVNULL)
        for p in (client, child):
            p.terminate()
            p.wait()


EXT4 = ("mkfs.ext4", "-q")
FUSE2FS = ("fuse2fs", "{}/img", "{}/top")
LACKS = "its file system has no "
# Name, how it is made, what becomes of each without and with SLOW: None, it
# is done; else what a reason begins with.
KINDS = [
    ("ext4", in_file(16, EXT4), None, None),
    ("ext4 without a journal", in_file(16, EXT4 + ("-O", "^has_journal")),
     None, None),
    ("ext2", in_file(16, ("mkfs.ext2", "-q")), None, None),
    ("XFS", in_file(320, ("mkfs.xfs", "-q")), None, None),
    ("btrfs", in_file(128, ("mkfs.btrfs", "-q")), None, None),
    ("tmpfs", over("mount", "-t", "tmpfs", "none", "{}/top"), None, None),
    ("overlay", over("mount", "-t", "overlay", "-o", "lowerdir={}/under,"
                     "upperdir={}/upper,workdir={}/work", "none", "{}/top"),
     None, None),
    ("bindfs", over("bindfs", "-o", "attr_timeout=0,entry_timeout=0",
                    "{}/under", "{}/top"), LACKS, None),
    ("mergerfs", over("mergerfs", "{}/under", "{}/top"), LACKS, None),
    ("fuse2fs", in_file(16, EXT4, FUSE2FS), LACKS, None),
    ("sshfs", sshfs, LACKS, None),
    ("ntfs-3g", in_file(16, ("mkfs.ntfs", "-F", "-q", "-Q"), (
        "ntfs-3g", "-o", "umask=077,uid=0,gid=0", "{}/img", "{}/top")),
     LACKS, None),
]


def put_store(store):
    os.makedirs(store + "/M/tmp")
    for name, data in FILES.items():
        os.utime(write(store + "/" + name, data), ns=(TIME, TIME))


def kept_while_open(top):
    """What libfuse calls a file without a name that somebody has open; it
    hears of a close when the kernel comes to that."""
    return any(name.startswith(".fuse_hidden")
               for _, _, files in os.walk(top) for name in files)


def tree(top):
    """Of each file all that must come back; of each folder that it is there."""
    out = {}
    end = time.monotonic() + 10
    while kept_while_open(top) and time.monotonic() < end:
        time.sleep(0.05)
    for folder, _, files in os.walk(top):
        out[folder[len(top):]] = True
        for name in files:
            path = os.path.join(folder, name)
            st = os.lstat(path)
            with open(path, "rb") as f:
                out[path[len(top):]] = (f.read(), st.st_mode, st.st_uid,
                                        st.st_gid, st.st_mtime_ns, st.st_nlink)
    return out


def baredot(*args):
    done = subprocess.run([OPT, *args], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, LC_ALL="C"), timeout=60)
    return done.returncode, [json.loads(x) for x in done.stdout.splitlines()
                             if x.startswith(b"{")], done.stderr.decode()


def act(store, state, what, *options):
    status, records, err = baredot(
        what, "--apply", *options, "-f", "ndjson", "--min-severity", "info",
        "--into" if what == "quarantine" else "--state", state, store)
    outcomes = [r for r in records if r["type"] == "outcome"]
    same(sorted(r["path"][len(store) + 1:] for r in outcomes), sorted(FILES),
         "what something was done to, or not (%s)" % err)
    return status, outcomes


def take_back(state, what):
    if what == "quarantine":
        status, _, err = baredot("restore", "--into", state, "--apply")
    else:
        _, runs, _ = baredot("runs", "--state", state)
        status, _, err = baredot("undo", "--state", state, "--apply",
                                 runs[-1]["run"])
    same(status, 0, "taken back: " + err)


def one(store, what, refused, *options):
    before = tree(store)
    with tempfile.TemporaryDirectory(prefix="baredot-") as state:
        os.chmod(state, 0o700)
        status, outcomes = act(store, state, what, *options)
        same({r["status"] for r in outcomes},
             {"refused" if refused else "done"},
             "%s: %s" % (what, [r.get("why") for r in outcomes]))
        same(status, 1 if refused else 0, "status")
        after = tree(store)
        if refused:
            for r in outcomes:
                check(r["why"].startswith(refused), r["why"])
            same(after, before, "the tree after nothing was done")
            return
        check(all(data not in {v[0] for v in after.values() if v is not True}
                  for data in FILES.values()), "%s did nothing" % what)
        take_back(state, what)
    same(tree(store), before, "the tree after " + what + " was taken back")


def try_it(make, plain, slow):
    with tempfile.TemporaryDirectory(prefix="baredot-") as folder, \
            make(folder) as top:
        store = top + "/store"
        put_store(store)
        time.sleep(SETTLED)
        for options, refused in (((), plain), (SLOW, slow)):
            one(store, "fix", refused, *options)
            one(store, "quarantine", refused, *options)


def all_refused(store, state, what):
    before = tree(store)
    status, outcomes = act(store, state, what)
    same((status, {(r["status"], r["why"]) for r in outcomes}),
         (2, {("failed", "its file system is mounted read-only")}), what)
    same(tree(store), before, "the tree")


def squashfs():
    """squashfs: refused, for it is mounted read-only"""
    need("mksquashfs")
    with tempfile.TemporaryDirectory(prefix="baredot-") as folder:
        put_store(folder + "/store")
        command("mksquashfs", folder + "/store", folder + "/img", "-quiet",
                "-no-progress")
        with mounted(folder + "/top", "mount", "-o", "loop", folder + "/img",
                     folder + "/top") as top:
            all_refused(top, folder + "/state", "fix")
            all_refused(top, folder + "/state", "quarantine")


def remounted():
    """What was done is not undone where the file system has become read-only,
    but when it is no longer"""
    with tempfile.TemporaryDirectory(prefix="baredot-") as folder, \
            in_file(16, EXT4)(folder) as top:
        store, state = top + "/store", folder + "/state"
        put_store(store)
        first = tree(store)
        time.sleep(SETTLED)
        same(act(store, state, "fix")[0], 0, "status")
        done = tree(store)
        command("mount", "-o", "remount,ro", top)
        _, runs, _ = baredot("runs", "--state", state)
        undo = ("undo", "--state", state, "--apply", runs[-1]["run"])
        status, told, err = baredot(*undo)
        check(status == 2 and len(told) == len(FILES) and
              all("mounted read-only" in r["why"] for r in told),
              "%d: %s %s" % (status, told, err))
        same(tree(store), done, "the tree")
        command("mount", "-o", "remount,rw", top)
        same(baredot(*undo)[0], 0, "status")
        same(tree(store), first, "the tree")


def nothing_kept():
    """fuse2fs: no file is kept that was open just before it was removed"""
    with tempfile.TemporaryDirectory(prefix="baredot-") as folder, \
            in_file(64, EXT4, FUSE2FS)(folder) as top:
        store, state = top + "/store", folder + "/state"
        for i in range(300):
            os.utime(write("%s/%d/box" % (store, i), FILES["box"]),
                     ns=(TIME, TIME))
        time.sleep(SETTLED)
        status, told, err = baredot("fix", "--apply", *SLOW, "-f", "ndjson",
                                    "--state", state, store)
        same((status, sum(r.get("status") == "done" for r in told)), (0, 300),
             "done: " + err)
        same(sorted(n[n.rindex("/"):] for n, v in tree(store).items()
                    if v is not True), ["/box"] * 300, "files")


def jobs():
    """All at once: most of the time they wait for a file system, and for mail
    to be old enough."""
    pool = concurrent.futures.ThreadPoolExecutor(4)
    todo = [(name + (": refused, but with options done" if plain else
                     ": done, and taken back"), try_it, (make, plain, slow))
            for name, make, plain, slow in KINDS]
    for doc, f, args in todo + [(f.__doc__, f, ())
                                for f in (squashfs, remounted, nothing_kept)]:
        def test(_, job=pool.submit(as_root, f, *args)):
            job.result()
        test.__doc__ = doc
        yield test


def as_root(f, *args):
    if os.getuid() != 0:
        raise Skip("only root can mount")
    f(*args)


if __name__ == "__main__":
    main(list(jobs()))
