#!/usr/bin/python3
"""What a dry run of undo, restore, fix and quarantine says is what --apply
then does, file by file, with the same exit status; and it changes nothing.

The oracle is --apply, and for its exit status the table of
docs/exit-status.md.  Prints TAP.
"""
import fcntl
import glob
import json
import os
import shutil
import signal
import struct
import subprocess

from harness import FROM, SAN, Skip, check, main, need, same, write

CLEAN, FINDINGS, FAILED, LATER = 0, 1, 2, 75
TIME = 1500000000000000000
HEAD = b"From: a@b.example\nMessage-ID: <1@b.example>\n" \
    b"Date: Mon, 01 Jan 2024 00:00:00 +0000\n\n"
BODY = HEAD + b"one\ntwo\n%s\nend\rx\n"
FILES = {
    "M/cur/1700000000.M1P1.host,S=123,W=129:2,S": BODY % b"cur",
    "M/new/1700000001.M2P2.host": BODY % b"new",
    "M/tmp/.keep": b"",
    "H/7": BODY % b"seven",
    "H/8": BODY % b"eight",
    "box": FROM + HEAD + b"clean\n\n" +
    b"".join(FROM + BODY % (b"%d" % i) + b"\n" for i in range(3)),
}
TAKE = ("--code", "eol.bare-cr", "--min-severity", "low")


class Ran:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()
        self.records = [json.loads(x) for x in self.out.splitlines()] \
            if self.out.startswith("{") else []

    def of(self, kind):
        return [r for r in self.records if r["type"] == kind]


def baredot(*args, **more):
    done = subprocess.run([SAN] + [str(x) for x in args],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          env=dict(os.environ, LC_ALL="C"), timeout=90,
                          **more)
    check(b"Sanitizer" not in done.stderr and
          b"runtime error" not in done.stderr, done.stderr.decode())
    return Ran(done)


def tree(*tops):
    """All that is below, but access times."""
    found = {}
    for top in tops:
        for folder, dirs, files in os.walk(top):
            for name in dirs + files:
                path = os.path.join(folder, name)
                st = os.lstat(path)
                data = None
                if name in files and os.path.isfile(path) and \
                        not os.path.islink(path):
                    with open(path, "rb") as f:
                        data = f.read()
                found[path] = (st.st_ino, st.st_mode, st.st_mtime_ns, data)
    return found


class Store:
    """A store, and what was done to it."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.top = folder, folder + "/store"
        self.state = folder + "/state"
        os.mkdir(self.state, 0o700)
        for name, data in FILES.items():
            os.utime(write(self.top + "/" + name, data), ns=(TIME, TIME))

    def act(self, what, *more):
        return self.look(what, "--apply", *more)

    def look(self, what, *more, form="ndjson"):
        options = TAKE if what == "quarantine" else ()
        where = "--into" if what == "quarantine" else "--state"
        return baredot(what, where, self.state, "-f", form, *options, *more,
                       self.top)

    def back(self, what, *more):
        where = "--into" if what == "restore" else "--state"
        return baredot(what, where, self.state, "-f", "ndjson", *more,
                       *(("last",) if what == "undo" else ()))


def told(ran):
    """By file, in the words of --apply."""
    found = {}
    for r in ran.of("outcome"):
        status = "done" if r["status"] == "would-be" else r["status"]
        old = found.setdefault(r["path"], (status, r.get("why", "")))
        same((status, r.get("why", "")), old, "messages of " + r["path"])
    return found


def promise(store, what, *more):
    """--apply does what it says without; gives how that was told."""
    before = tree(store.top, store.state)
    dry = store.back(what, *more)
    same(tree(store.top, store.state), before, "a dry run changes nothing")
    done = store.back(what, "--apply", *more)
    same((dry.status, told(dry)), (done.status, told(done)),
         "dry run, --apply:\n%s%s" % (dry.out, done.out))
    return done


def append(path):
    with open(path, "ab") as f:
        f.write(b"more\n")


def delivered(path):
    with open(path, "ab") as f:
        f.write(FROM + HEAD + b"new\n\n")


def rewritten(path):
    with open(path, "r+b") as f:
        f.seek(80)
        f.write(b"Q")


def linked(path):
    os.link(path, path + "-too")


def led_away(path):
    os.rename(path, path + "-away")
    os.symlink(path + "-away", path)


def made_folder(path):
    os.unlink(path)
    os.mkdir(path)


def flagged(path):
    if "/M/cur/" in path:
        os.rename(path, path + "R")


def moved_to_cur(path):
    if "/M/new/" in path:
        os.rename(path, path.replace("/new/", "/cur/") + ":2,S")


def folder_gone(path):
    folder = os.path.dirname(path)
    if folder.endswith("/H"):
        os.rename(folder, folder + "-away")


def of_another(path):
    if os.geteuid() != 0:
        raise Skip("only root can give files away")
    os.chown(path, 12399, 12399)


DISTURBED = (append, rewritten, os.unlink, linked, led_away, made_folder,
             flagged, moved_to_cur, folder_gone, of_another, delivered)


def files_of(store):
    return sorted(p for p, v in tree(store.top).items()
                  if os.path.isfile(p) and not p.endswith(".keep"))


def undo_promises(folder):
    """undo: after each disturbance of each file alone, and of all of them."""
    store = Store(folder)
    same(store.act("fix").status, CLEAN, "fix")
    fresh = folder + "/fresh"
    os.mkdir(fresh)
    for name in ("store", "state"):
        subprocess.run(["cp", "-a", folder + "/" + name, fresh], check=True)
    seen = set()
    for disturb in DISTURBED:
        for path in [None] + files_of(store):
            for p in [path] if path else files_of(store):
                if os.path.exists(p):
                    disturb(p)
            ran = promise(store, "undo")
            seen |= {s for s, _ in told(ran).values()}
            want = CLEAN if all(s == "done" for s, _ in told(ran).values()) \
                else FINDINGS
            same(ran.status, want, disturb.__name__)
            for name in ("store", "state"):
                shutil.rmtree(folder + "/" + name)
                subprocess.run(["cp", "-a", fresh + "/" + name, folder],
                               check=True)
    same(seen, {"done", "changed", "gone", "refused"}, "outcomes that came")


def restore_promises(folder):
    """restore: names that are taken, folders and files that are gone, some
    messages of a file alone, and a file with mail taken out of it twice."""
    for disturb in (None, folder_gone, "taken", "box gone", "box changed",
                    "box delivered to", "part", "twice", "twice, changed"):
        top = "%s/%d" % (folder, len(os.listdir(folder)))
        os.mkdir(top)
        store, words = Store(top), ()
        h, box = store.top + "/H/", store.top + "/box"
        before = files_of(store)
        if str(disturb).startswith("twice"):
            ran = store.act("quarantine", "--from", one_of(store, box))
            same(ran.status, CLEAN, ran.out + ran.err)
            delivered(box)
        ran = store.act("quarantine")
        same(ran.status, CLEAN, ran.out + ran.err)
        if disturb is folder_gone:
            os.rename(store.top + "/H", store.top + "/away")
        elif disturb == "taken":
            write(h + "7", b"another\n")
        elif disturb == "box gone":
            os.unlink(box)
        elif disturb in ("box changed", "twice, changed"):
            write(box, FROM + HEAD + b"other\n\n")
        elif disturb == "box delivered to":
            delivered(box)
        elif disturb == "part":
            listed = baredot("quarantine", "--list", store.state, "-f",
                             "ndjson").records
            words = (next(r["sha256"] for r in listed
                          if r["path"].endswith("/box")),)
        ran = promise(store, "restore", *words)
        if disturb in (None, "twice", "box delivered to"):
            same(ran.status, CLEAN, disturb)
            same(files_of(store), before, disturb)
        else:
            same(ran.status, FINDINGS, disturb)


def one_of(store, path):
    """A report that names the first message of that file alone."""
    ran = baredot("quarantine", "--into", store.state, "-f", "ndjson", *TAKE,
                  path)
    report = store.folder + "/one.ndjson"
    lines = ran.out.splitlines()
    first = next(x for x in lines if '"type":"message"' in x)
    write(report, (lines[0] + "\n" + first + "\n").encode())
    return report


def shared(path):
    """Its folder is root's, and others may write to it."""
    if "/H/" in path:
        os.chmod(os.path.dirname(path), 0o777)


def folder_of_another(path):
    if os.geteuid() != 0:
        raise Skip("only root can give folders away")
    if "/H/" in path:
        os.chown(os.path.dirname(path), 12399, 12399)


def tmp_of_another(path):
    if os.geteuid() != 0:
        raise Skip("only root can give folders away")
    if "/M/" in path:
        os.chown(os.path.dirname(os.path.dirname(path)) + "/tmp", 12399, 12399)


def box_of_another(path):
    if path.endswith("/box"):
        of_another(path)


def acts_promise(folder):
    """fix and quarantine: what a file is, whose it is and where it is is said
    by the dry run too, and counted as refused."""
    for act in ("fix", "quarantine"):
        for make in (linked, of_another, shared, folder_of_another,
                     tmp_of_another, box_of_another):
            store = Store("%s/%s-%s" % (folder, act, make.__name__))
            for path in files_of(store):
                make(path)
            before = tree(store.top, store.state)
            dry, text = store.look(act), store.look(act, form="text")
            same(tree(store.top, store.state), before, "a dry run")
            done = store.act(act)
            left = {k: v for k, v in told(done).items() if v[0] != "done"}
            same(told(dry), left, "%s, %s" % (act, make.__name__))
            check(left, "nothing was left alone: %s" % make.__name__)
            same((dry.status, done.status), (FINDINGS, FINDINGS), "status")
            n = sum(r["path"] in left for r in done.of("message"))
            check(" %d refused" % n in text.out, text.out)
            check("would be edited" in text.out and
                  ("--apply does it" in text.out) ==
                  (len(left) < len(told(done))), text.out)


def summaries_agree(folder):
    """With --apply: messages of files that were refused are left alone, and
    counted so; one is not plural."""
    store = Store(folder)
    h = store.top + "/H/"
    linked(h + "7")
    os.unlink(h + "7-too")
    linked(h + "8")
    ran = store.look("fix", "--apply", form="text")
    same(ran.status, FINDINGS, "status")
    check("  Messages: 6 repaired with 6 edits, 0 taken out, 2 left alone\n"
          "  Files: 4 done, 2 refused\n" in ran.out, ran.out)


def damage(store):
    for path in glob.glob(store.state + "/runs/*/blobs/*"):
        os.chmod(path, 0o600)
        with open(path, "r+b") as f:
            f.write(b"Q")


def damaged_originals_fail(folder):
    """A damaged original: it failed (2), in the dry run too, and it is not
    said that files could be had of it."""
    for act, back, more in (("fix", "undo", ()),
                            ("quarantine", "restore", ()),
                            ("quarantine", "restore",
                             ("--to", folder + "/out"))):
        top = "%s/%s%d" % (folder, back, len(more))
        os.mkdir(top)
        store = Store(top)
        same(store.act(act).status, CLEAN, act)
        damage(store)
        ran = promise(store, back, *more)
        same(ran.status, FAILED, back)
        same({r["status"] for r in ran.of("outcome")}, {"failed"}, back)
        check("--to DIR" not in ran.err, ran.err)
    # The mailbox of a message is damaged, and the message is not.
    top = folder + "/own"
    os.mkdir(top)
    store = Store(top)
    same(store.act("quarantine").status, CLEAN, "quarantine")
    for path in glob.glob(store.state + "/runs/*/blobs/*"):
        if os.path.getsize(path) == len(FILES["box"]):
            os.chmod(path, 0o600)
            write(path, b"Q")
    ran = promise(store, "restore")
    same(ran.status, FAILED, "the mailbox is damaged")
    check("restore --to DIR" in ran.err, ran.err)


class Locked:
    """An fcntl lock of another process, as lockf takes it."""

    def __init__(self, path):
        self.file = open(path, "r+b")
        whole = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        fcntl.fcntl(self.file, fcntl.F_OFD_SETLK, whole)

    def close(self):
        self.file.close()


class DotLocked:
    def __init__(self, path):
        self.path = write(path + ".lock", b"1\n")

    def close(self):
        os.unlink(self.path)


class Opened:
    """Another process writes to it."""

    def __init__(self, path):
        self.file = open(path, "ab")

    def close(self):
        self.file.close()


def busy_is_later(folder):
    """What is busy is left alone, and the exit status says try again later,
    also where something else was left alone; a failure says more."""
    for lock in (Locked, DotLocked, Opened):
        for act, back in (("fix", "undo"), ("quarantine", "restore")):
            top = "%s/%s-%s" % (folder, lock.__name__, act)
            os.mkdir(top)
            store = Store(top)
            box, seven = store.top + "/box", store.top + "/H/7"
            os.link(seven, store.top + "/H-7-too")
            held = lock(box)
            ran = store.act(act, "--wait", "0")
            held.close()
            same({r["path"][len(store.top) + 1:]: r["status"]
                  for r in ran.of("outcome") if r["status"] != "done"},
                 {"box": "busy", "H/7": "refused", "H-7-too": "refused"},
                 act)
            same((ran.status, ran.of("summary")[0]["exit_status"]),
                 (LATER, LATER), act)
            os.unlink(store.top + "/H-7-too")
            same(store.act(act).status, CLEAN, act + " when it is free")
    store = Store(folder + "/fix-undo")
    same(store.act("fix").status, CLEAN, "fix")
    with open(store.top + "/H/7", "ab"):
        os.unlink(store.top + "/H/8")
        ran = promise(store, "undo")
    same((ran.status, {s for s, _ in told(ran).values()}),
         (LATER, {"done", "busy", "gone"}), "undo")


def mount(*args):
    if subprocess.run(["mount", *args], stderr=subprocess.DEVNULL
                      ).returncode != 0:
        raise Skip("cannot mount")


def read_only_fails(folder):
    """A file system that is mounted read-only: 2 of all of them, dry or not;
    nothing is changed, and it can be done when it no longer is."""
    need("mount")
    for act, back in (("fix", "undo"), ("quarantine", "restore")):
        top = folder + "/" + act
        os.mkdir(top)
        os.mkdir(top + "/store")
        mount("-t", "tmpfs", "-o", "mode=755", "none", top + "/store")
        try:
            store = Store(top)
            read_only(store, act, back)
        finally:
            subprocess.run(["umount", top + "/store"], check=True)


def read_only(store, act, back):
    mount("-o", "remount,ro", store.top)
    before = tree(store.top)
    dry = store.look(act)
    ran = store.act(act)
    same((dry.status, told(dry)), (FAILED, told(ran)), act + ", dry")
    same((ran.status, {r["why"] for r in ran.of("outcome")}),
         (FAILED, {"its file system is mounted read-only"}), act)
    mount("-o", "remount,rw", store.top)
    same(store.act(act).status, CLEAN, act)
    mount("-o", "remount,ro", store.top)
    same(promise(store, back).status, FAILED, back)
    mount("-o", "remount,rw", store.top)
    same(promise(store, back).status, CLEAN, back)
    same({p: v[3] for p, v in tree(store.top).items()},
         {p: v[3] for p, v in before.items()}, "all is as it was")


def closed(*args):
    """Nobody reads of its output, from the start."""
    r, w = os.pipe()
    os.close(r)
    try:
        done = subprocess.run([SAN] + [str(x) for x in args],
                              stdin=subprocess.DEVNULL, stdout=w,
                              stderr=subprocess.PIPE, timeout=90,
                              preexec_fn=lambda: signal.signal(
                                  signal.SIGPIPE, signal.SIG_DFL))
    finally:
        os.close(w)
    return done.returncode


def nobody_reads_it(folder):
    """A pipe that nobody reads: the status is 75, and undo, restore and
    recover do all that was asked for."""
    store = Store(folder)
    s = ("--state", store.state)
    first = {p: v[3] for p, v in tree(store.top).items()}
    same(store.act("fix").status, CLEAN, "fix")
    for args in (("runs", *s), ("undo", *s, "last")):
        same(closed(*args), LATER, args)
    same(closed("undo", *s, "--apply", "last"), LATER, "undo")
    same({p: v[3] for p, v in tree(store.top).items()}, first, "undone")
    shutil.rmtree(store.state)
    os.mkdir(store.state, 0o700)
    same(store.act("quarantine").status, CLEAN, "quarantine")
    for args in (("quarantine", "--list", store.state),
                 ("quarantine", "--verify", store.state),
                 ("restore", "--into", store.state)):
        same(closed(*args), LATER, args)
    same(closed("restore", "--into", store.state, "--apply"), LATER,
         "restore")
    same({p: v[3] for p, v in tree(store.top).items()}, first, "restored")
    check(closed("recover", *s) >= 0, "recover")


main([undo_promises, restore_promises, acts_promise, summaries_agree,
      damaged_originals_fail, busy_is_later,
      read_only_fails, nobody_reads_it])
