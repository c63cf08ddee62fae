#!/usr/bin/python3
"""runs, undo, recover, restore and what is in quarantine, as a user meets
them, on states that tests/faults/act_driver made.  Prints TAP."""
import base64
import fcntl
import glob
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "faults"))

from act_lib import NEW, OLD, Box, Driver     # noqa: E402
from harness import ROOT, SAN, Skip, check, main, same     # noqa: E402

CLEAN, FINDINGS, UNREADABLE, USAGE, LATER = 0, 1, 2, 64, 75
BUILD = os.path.join(ROOT, "build", "faults")


class Ran:
    def __init__(self, done):
        self.status = done.returncode
        self.raw = done.stdout
        self.out = done.stdout.decode("utf-8")
        self.err = done.stderr.decode("utf-8")

    @property
    def records(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, kind):
        return [r for r in self.records if r["type"] == kind]


def baredot(*args, env=None, **more):
    full = dict(os.environ, LC_ALL="C", **(env or {}))
    done = subprocess.run([os.fsencode(a) for a in (SAN,) + args], env=full,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60, **more)
    text = done.stderr + done.stdout
    check(b"Sanitizer" not in text and b"runtime error" not in text,
          text.decode("latin-1"))
    return Ran(done)


def sha(data):
    return hashlib.sha256(data).hexdigest()


class State:
    """A box with a driver to act on it."""

    def __init__(self, folder):
        self.box = Box(folder + "/box")
        self.state = self.box.state
        self.first = None

    def act(self, *args):
        d = Driver(BUILD)
        try:
            return d.run("-", *args)
        finally:
            d.close()

    def die(self, fault, *args):
        d = Driver(BUILD)
        try:
            return d.run(fault, *args)
        finally:
            d.close()

    def fixed(self, where="cur"):
        place = self.box.target(where)
        self.first = self.box.snapshot()
        same(self.act("fix", self.state, *place).status, 0, "fix")
        return place

    def leave_open(self):
        """Die where an intent is recorded, and nothing after it."""
        place = self.box.target("mh")
        for n in range(40, 400):
            r = self.die("%d:K" % n, "quarantine", self.state, *place)
            if r.killed and types(self.state, self.runs()[-1])[-1:] == [2]:
                return
            self.act("recover", self.state)
        raise AssertionError("it is never open")

    def runs(self):
        return sorted(os.listdir(self.state + "/runs"))


def types(state, run):
    """Those of the records of a journal."""
    try:
        with open("%s/runs/%s/journal" % (state, run), "rb") as f:
            data = f.read()
    except FileNotFoundError:
        return []
    found, at = [], 0
    while at + 76 < len(data):
        found.append(data[at + 76])
        at += 76 + int.from_bytes(data[at:at + 4], "little")
    return found


def quietly(path, flags):
    return os.open(path, flags | os.O_NOATIME)


def tree(path):
    """All of a folder that looking must not change."""
    found = {}
    for top, dirs, files in os.walk(path):
        for name in files + dirs:
            p = os.path.join(top, name)
            st = os.lstat(p)
            data = None
            if stat.S_ISREG(st.st_mode):
                with open(p, "rb", opener=quietly) as f:
                    data = f.read()
            found[p] = (st.st_ino, st.st_mode, st.st_mtime_ns, data)
    return found


def looks_only(path, *args, **more):
    before = tree(path)
    ran = baredot(*args, **more)
    same(sorted(tree(path)), sorted(before), "names after %s" % (args,))
    check(tree(path) == before, "%s changed a file" % (args,))
    return ran


# --- runs

def runs_lists_what_was_done(folder):
    """`runs` lists each run with what became of its messages."""
    s = State(folder)
    s.fixed()
    ran = looks_only(s.state, "runs", "--state", s.state)
    same(ran.status, CLEAN, "status")
    r, = ran.records
    same(r["type"], "run", "type")
    same(r["run"], s.runs()[0], "id")
    same((r["files"], r["taken_out"]), ({"done": 1, "not_done": 0,
                                         "undone": 0, "open": 0}, 0),
         "files")
    same((r["originals"], r["originals_bytes"]), (1, len(OLD)), "originals")
    same((r["what"], r["ended"], r["command"]), ("test", True, []), "facts")
    same(r["time"][:4] + r["time"][5:7] + r["time"][8:10] + "T",
         r["run"][:9], "time is that of the id")
    same(r["uid"], os.geteuid(), "uid")


def no_runs_is_fine(folder):
    """`runs` without any state folder says nothing, and makes none."""
    ran = baredot("runs", "--state", folder + "/none")
    same((ran.status, ran.out, ran.err), (CLEAN, "", ""), "runs")
    check(not os.path.exists(folder + "/none"), "it was made")
    ran = baredot("recover", "--state", folder + "/none")
    same((ran.status, ran.err), (CLEAN, ""), "recover")
    check(not os.path.exists(folder + "/none"), "it was made")
    same(baredot("runs", "--state", folder + "/none", "x").status, USAGE,
         "one run of none")
    same(baredot("undo", "--state", folder + "/none", "last",
                 "--apply").status, USAGE, "undo of none")
    check(not os.path.exists(folder + "/none"), "it was made")


def runs_shows_one_in_detail(folder):
    """`runs RUN` shows each message; a beginning of the id is enough."""
    s = State(folder)
    place = s.fixed()
    s.box.put("H/8", b"From: a@b.example\n\neight\n")
    s.act("fix", s.state, s.box.path + "/H", "8")
    first, second = s.runs()
    for word in (first, first[:-1], "last", second):
        ran = looks_only(s.state, "runs", "--state", s.state, word)
        same(ran.status, CLEAN, word)
        run, message = ran.records
        same(run["run"], second if word in ("last", second) else first, word)
    message = baredot("runs", "--state", s.state, first).records[1]
    same(message["path"], "/".join(place), "path")
    same((message["act"], message["fate"], message["reason"]),
         ("changed", "done", "test"), "what")
    same(message["sha256"], sha(OLD), "sha256")
    same(message["sha256_new"], sha(NEW), "sha256_new")
    now, = [x for x in os.listdir(place[0]) if x == message["new_name"]]
    check(now != place[1], "the name is new")
    same(baredot("runs", "--state", s.state, "2").status, USAGE, "of both")
    same(baredot("runs", "--state", s.state, "9").status, USAGE, "of none")
    same(baredot("runs", "--state", s.state, "").status, USAGE, "empty")
    same(baredot("runs", "--state", s.state, "a", "b").status, USAGE, "two")


def runs_text_is_safe(folder):
    """Names, notes and command lines come out escaped, as text and JSON."""
    s = State(folder)
    name = "9\x1b[31m\u202e\udcff\x7f"
    s.box.put("H/" + name, OLD)
    note = json.dumps({"path": "/x\x1b[1m\u202e", "index": 3, "offset": 5,
                       "length": 7, "sha256": sha(b"x"),
                       "reason": "why\x9b\x07"})
    raw = '{"reason":"\x1b[31m"}'         # not as we write it: not believed
    s.act("removals", s.state, "quarantine", s.box.path + "/H", name, "-")
    s.box.put("H/" + name, OLD)
    s.act("removals", s.state, "quarantine", s.box.path + "/H", name,
          note.replace(": ", ":").replace(", ", ","))
    s.box.put("H/" + name, OLD)
    s.act("removals", s.state, "quarantine", s.box.path + "/H", name, raw)
    for form in ("text", "ndjson"):
        for args in (("runs", "-f", form, "--state", s.state),
                     ("runs", "-f", form, "--state", s.state, s.runs()[0]),
                     ("runs", "-f", form, "--state", s.state, s.runs()[1]),
                     ("runs", "-f", form, "--state", s.state, s.runs()[2]),
                     ("undo", "-f", form, "--state", s.state, s.runs()[0]),
                     ("restore", "-f", form, "--into", s.state),
                     ("quarantine", "-f", form, "--list", s.state)):
            ran = baredot(*args)
            # The second and third have the name of the first.
            same(ran.status, FINDINGS if args[0] == "restore" else CLEAN,
                 args)
            bad = [c for c in ran.out if ord(c) < 32 and c != "\n" or
                   0x7f <= ord(c) < 0xa0 or c == "\u202e"]
            same(bad, [], "%s" % (args,))
    ran = baredot("runs", "--state", s.state, s.runs()[0])
    same(ran.records[0]["command"], ["baredot", "do it", "\x1b[1m"],
         "command")
    text = baredot("runs", "-f", "text", "--state", s.state).out
    check("baredot 'do it' '\\x1b[1m'" in text, text)
    ran = baredot("runs", "--state", s.state, s.runs()[1])
    m = ran.of("message")[0]
    same((m["reason"], m["index"]), ("why\x9b\x07", 3), "note")
    same(base64.b64decode(m["path_b64"]),
         os.fsencode(s.box.path + "/H/" + name), "path")
    m = baredot("runs", "--state", s.state, s.runs()[2]).of("message")[0]
    same(m["reason"], "test", "a note that is not ours")


def runs_counts_all_fates(folder):
    """done, not done, undone and open are told apart."""
    s = State(folder)
    for i in (1, 2, 3):
        s.box.put("H/1%d" % i, OLD)
    same(s.act("removals", s.state, "quarantine", s.box.path + "/H", "11",
               "-", "12", "-", "13", "-").status, 0, "removals")
    digits = sha(OLD)[:10]
    ran = baredot("restore", "--into", s.state, "--apply", digits)
    same(ran.status, CLEAN, ran.err)
    s.leave_open()
    r = baredot("runs", "--state", s.state, "last").records[0]
    same(r["files"], {"done": 0, "not_done": 0, "undone": 0, "open": 1},
         "open")
    same(r["ended"], False, "ended")
    first = baredot("runs", "--state", s.state).records[0]
    same(first["files"], {"done": 0, "not_done": 0, "undone": 3,
                             "open": 0}, "undone")
    same(baredot("recover", "--state", s.state).status, CLEAN, "recover")
    r = baredot("runs", "--state", s.state).records[-1]
    same(r["files"]["open"], 0, "nothing is open")
    same(r["files"]["not_done"] + r["files"]["done"], 1, "settled")
    same(r["ended"], True, "ended")


def looking_needs_no_lock(folder):
    """While another process acts: looking works, acting says 75 and who."""
    s = State(folder)
    s.fixed()
    with open(s.state + "/lock", "r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for args in (("runs", "--state", s.state),
                     ("runs", "--state", s.state, "last"),
                     ("undo", "--state", s.state, "last"),
                     ("restore", "--into", s.state),
                     ("quarantine", "--list", s.state),
                     ("quarantine", "--verify", s.state)):
            same(looks_only(s.state, *args).status, CLEAN, args)
        for args in (("undo", "--state", s.state, "last", "--apply"),
                     ("restore", "--into", s.state, "--apply"),
                     ("recover", "--state", s.state)):
            ran = looks_only(s.state, *args)
            same(ran.status, LATER, args)
            check("in use by process" in ran.err, ran.err)


def a_state_folder_of_others_is_refused(folder):
    """A state folder that others may enter is not believed."""
    s = State(folder)
    s.fixed()
    os.chmod(s.state, 0o750)
    for args in (("runs", "--state", s.state),
                 ("undo", "--state", s.state, "last", "--apply"),
                 ("restore", "--into", s.state, "--apply"),
                 ("quarantine", "--list", s.state),
                 ("recover", "--state", s.state)):
        ran = baredot(*args)
        same(ran.status, UNREADABLE, args)
        check("open to others" in ran.err, ran.err)


def damaged_journals_never_act(folder):
    """A journal cut or changed anywhere: fewer messages, or refused."""
    s = State(folder)
    s.fixed()
    path, = glob.glob(s.state + "/runs/*/journal")
    with open(path, "rb") as f:
        whole = f.read()
    wanted = baredot("runs", "--state", s.state, "last").records
    for n in sorted(set(range(0, len(whole), 199)) | {len(whole) - 1}):
        for data in (whole[:n],
                     whole[:n] + bytes([whole[n] ^ 4]) + whole[n + 1:]):
            with open(path, "wb") as f:
                f.write(data)
            ran = looks_only(s.state, "runs", "--state", s.state,
                             os.path.basename(os.path.dirname(path)))
            check(ran.status in (CLEAN, UNREADABLE), ran.err)
            if ran.status == CLEAN and ran.out:
                got = ran.records
                same(got[0]["run"], wanted[0]["run"], "run")
                for m in got[1:]:
                    same({k: v for k, v in m.items()
                          if k not in ("fate", "new_name")},
                         {k: v for k, v in wanted[1].items()
                          if k not in ("fate", "new_name")}, "message")
            elif ran.status == UNREADABLE:
                same(ran.records[-1]["type"], "damaged", "last record")
    mail = s.box.snapshot()
    with open(path, "wb") as f:
        f.write(whole[:200] + b"\0" * 60 + whole[260:])
    same(baredot("undo", "--state", s.state, s.runs()[0],
                 "--apply").status, UNREADABLE, "undo of a damaged run")
    check(s.box.snapshot() == mail, "mail was changed")


# --- undo

def undo_shows_then_does(folder):
    """`undo` shows what it would do; with --apply all is as it was."""
    for where in ("cur", "new", "mh"):
        s = State(folder + "/" + where)
        place = s.fixed(where)
        changed = s.box.snapshot()
        check(changed != s.first, "it was changed")
        ran = looks_only(s.box.path, "undo", "--state", s.state, "last")
        same(ran.status, CLEAN, "shown")
        same([m["path"] for m in ran.records], ["/".join(place)], "shown")
        ran = baredot("undo", "--state", s.state, "last", "--apply")
        same(ran.status, CLEAN, ran.err)
        o, = ran.records
        same((o["status"], o["path"].rsplit("/", 1)[0]), ("done", place[0]),
             "outcome")
        check(s.box.snapshot() == s.first, "all is as it was")
        check("1 file put back, 0 left" in ran.err, ran.err)
        ran = baredot("undo", "--state", s.state, "last", "--apply")
        same((ran.status, ran.out), (CLEAN, ""), "again")
        check(s.box.snapshot() == s.first, "all is as it was")


def undo_leaves_what_changed_since(folder):
    """A message changed since, or gone, is left alone: status 1."""
    s = State(folder)
    place = s.fixed("mh")
    with open("/".join(place), "ab") as f:
        f.write(b"more\n")
    mail = s.box.snapshot()
    ran = baredot("undo", "--state", s.state, "last", "--apply")
    same((ran.status, ran.records[0]["status"]), (FINDINGS, "changed"),
         "changed")
    check(s.box.snapshot() == mail, "it was left alone")
    os.unlink("/".join(place))
    ran = baredot("undo", "-f", "text", "--state", s.state, "last",
                  "--apply")
    same((ran.status, ran.out.split(":")[0]), (FINDINGS, "gone"), "gone")


def undo_settles_first(folder):
    """After a crash anywhere, `undo last --apply` gives the first tree."""
    s = State(folder)
    place = s.box.target("cur")
    first = s.box.snapshot()
    done = False
    for n in range(20, 400, 29):
        r = s.die("%d:K" % n, "fix", s.state, *place)
        done = not r.killed
        ran = baredot("undo", "--state", s.state, "last", "--apply")
        check(ran.status == CLEAN or "no run has changed" in ran.err,
              "%d: %s" % (n, ran.err))
        check(s.box.snapshot() == first, "after %d" % n)
        if done:
            break
    check(done, "it came to an end")


def usage_errors_are_told(folder):
    """Wrong command lines are status 64, with a hint."""
    for args in (("undo",), ("undo", "a", "b"), ("undo", "--what", "a"),
                 ("undo", "--state"), ("undo", "-f", "html", "a"),
                 ("recover", "x"), ("recover", "--apply"), ("restore",),
                 ("restore", "--into", folder + "/none"),
                 ("restore", "--state", folder), ("runs", "-x"),
                 ("quarantine",), ("quarantine", "--list", folder, "x"),
                 ("quarantine", "--list", folder, "--verify", folder),
                 ("quarantine", "--list", folder + "/none"),
                 ("quarantine", "--verify", folder + "/none")):
        ran = baredot(*args)
        same(ran.status, USAGE, args)
        check(ran.err.startswith("baredot: "), ran.err)
        same(ran.out, "", args)
    for c in ("runs", "undo", "recover", "restore"):
        a, b = baredot("help", c), baredot(c, "--help")
        same((a.status, b.status, a.out), (CLEAN, CLEAN, b.out), c)
        check(a.out.startswith("Usage: baredot " + c), a.out)
        check(max(map(len, a.out.splitlines())) < 80, "wide lines: " + c)


def the_state_folder_by_default(folder):
    """Without --state: $XDG_STATE_HOME, ~/.local/state, made 0700."""
    if os.geteuid() == 0:
        os.chmod(folder, 0o755)
        more = {"user": 12399, "group": 12399, "extra_groups": []}
    else:
        more = {}
    home = folder + "/home"
    os.mkdir(home)
    if more:
        os.chown(home, 12399, 12399)
    exe = shutil.copy(SAN, folder + "/baredot")
    os.chmod(exe, 0o755)

    def run(*args, **env):
        full = {"PATH": "/usr/bin:/bin", "ASAN_OPTIONS": "detect_leaks=0"}
        full.update(env)
        return subprocess.run([exe] + list(args), env=full, cwd="/",
                              capture_output=True, timeout=60, **more)

    r = run("runs", HOME=home)
    same((r.returncode, r.stdout, r.stderr), (CLEAN, b"", b""), "none")
    same(os.listdir(home), [], "nothing is made for looking")
    r = run("runs")
    same(r.returncode, UNREADABLE, "no HOME")
    check(b"--state" in r.stderr, r.stderr.decode())
    for env, want in (({"HOME": home}, "/.local/state/baredot"),
                      ({"HOME": home, "XDG_STATE_HOME": home + "/x/y"},
                       "/x/y/baredot"),
                      ({"HOME": home, "XDG_STATE_HOME": "x"},
                       "/.local/state/baredot")):
        path = home + want
        if not os.path.exists(path):
            os.makedirs(path + "/runs", 0o700)
            for p in (path, path + "/runs"):
                os.chmod(p, 0o700)
            for top, dirs, _ in os.walk(home):
                for d in dirs:
                    if more:
                        os.chown(os.path.join(top, d), 12399, 12399)
        r = run("recover", **env)
        same((r.returncode, r.stderr), (CLEAN, b""), want)
        check(os.path.exists(path + "/lock"), want + " was not used")
        os.unlink(path + "/lock")


# --- quarantine

def cut(data, index, offset, length, **more):
    """A note as the program writes it: no white space."""
    part = data[offset:offset + length]
    note = {"index": index, "offset": offset, "length": length,
            "sha256": sha(part), "container_sha256": sha(data)}
    note.update(more)
    return json.dumps(note, separators=(",", ":"))


class Quarantine(State):
    """Three messages of their own, and two of one file."""

    def __init__(self, folder):
        super().__init__(folder)
        self.mails = {str(20 + i): b"From: a@b.example\nSubject: s%d\n\nx\n.\r\n"
                      % i for i in range(3)}
        for name, data in self.mails.items():
            self.box.put("H/" + name, data)
        self.mbox = b"From a\nA: 1\n\none\n\nFrom b\nB: 2\n\ntwo\n\n"
        self.parts = [(7, 10), (25, 10)]
        self.box.put("H/box", self.mbox)
        self.before = self.box.snapshot()
        h = self.box.path + "/H"
        note = json.dumps({"headers": {"from": "a@b.example", "subject": "hi"},
                           "codes": ["eod.lf-dot-crlf"], "reason": "eod"},
                          separators=(",", ":"))
        args = ["removals", self.state, "quarantine", h]
        for name in self.mails:
            args += [name, note if name == "20" else "-"]
        same(self.act(*args).status, 0, "removals")
        args = ["boxes", self.state, "quarantine", h, "box"]
        for i, (off, n) in enumerate(self.parts):
            args += (["+"] if i else []) + [cut(
                self.mbox, i, off, n, path=h + "/box", separator="From a")]
        same(self.act(*args).status, 0, "boxes")

    def part(self, i):
        off, n = self.parts[i]
        return self.mbox[off:off + n]

    def list(self):
        return looks_only(self.box.path, "quarantine", "--list",
                          self.state).records


def quarantine_is_listed(folder):
    """--list says of each message where it was, which bytes, and why."""
    q = Quarantine(folder)
    got = q.list()
    same(len(got), 5, "messages")
    h = q.box.path + "/H/"
    same([r["path"] for r in got], [h + "20", h + "21", h + "22", h + "box",
                                    h + "box"], "paths")
    same([r["sha256"] for r in got], [sha(d) for d in q.mails.values()] +
         [sha(q.part(0)), sha(q.part(1))], "sha256")
    same([(r["index"], r["offset"], r["length"]) for r in got],
         [(0, 0, len(d)) for d in q.mails.values()] +
         [(0, 7, 10), (1, 25, 10)], "bytes")
    same([r.get("container_sha256") for r in got],
         [None] * 3 + [sha(q.mbox)] * 2, "container")
    same({r["state"] for r in got}, {"in-quarantine"}, "states")
    same(got[0]["headers"], {"from": "a@b.example", "subject": "hi"},
         "headers")
    same(got[0]["codes"], ["eod.lf-dot-crlf"], "other members of the note")
    same([r["reason"] for r in got[:2]], ["eod", "test"], "reasons")
    same(got[3]["separator"], "From a", "separator")
    text = baredot("quarantine", "--list", q.state, "-f", "text").out
    check("\n    Subject: hi\n    eod\n" in text, text)
    check(h + "box:1:25" in text, text)


def verify_finds_every_damage(folder):
    """--verify: each original changed, cut, gone, or a note that lies."""
    q = Quarantine(folder)
    ran = looks_only(q.box.path, "quarantine", "--verify", q.state)
    same((ran.status, ran.records), (CLEAN, [
        {"type": "verified", "runs": 2, "messages": 5, "originals": 4,
         "bytes": sum(map(len, q.mails.values())) + len(q.mbox),
         "problems": 0}]), "whole")
    for i, blob in enumerate(sorted(glob.glob(q.state + "/runs/*/blobs/*"))):
        with open(blob, "rb") as f:
            data = f.read()
        os.chmod(blob, 0o600)
        for bad in ((data[:-1], data + b"x"), (None,),
                    (bytes([data[0] ^ 1]) + data[1:],), (None,))[i]:
            os.unlink(blob)
            if bad is not None:
                with open(blob, "wb") as f:
                    f.write(bad)
            ran = baredot("quarantine", "--verify", q.state)
            same(ran.status, FINDINGS, blob)
            p = ran.of("problem")
            same(p[0]["sha256"], os.path.basename(blob), "which")
            same(p[0]["problem"], "missing" if bad is None else "damaged",
                 "what")
            with open(blob, "wb") as f:
                f.write(data)
    same(baredot("quarantine", "--verify", q.state).status, CLEAN, "again")
    note = cut(q.mbox, 0, 1, 5, sha256=sha(b"other"))
    q.box.put("H/box2", q.mbox)
    q.act("swaps", q.state, "quarantine", q.box.path + "/H", "box2", note)
    ran = baredot("quarantine", "--verify", q.state, "-f", "text")
    same(ran.status, FINDINGS, "a wrong note")
    check("H/box2:0:1: the original is damaged" in ran.out, ran.out)


def restore_gives_the_tree_back(folder):
    """`restore --apply` puts all back where it was, and the list says so."""
    q = Quarantine(folder)
    ran = looks_only(q.box.path, "restore", "--into", q.state)
    same((ran.status, len(ran.records)), (CLEAN, 5), "shown")
    same({r["status"] for r in ran.records}, {"would-be"}, "shown")
    check(q.box.snapshot() != q.before, "taken out")
    ran = baredot("restore", "--into", q.state, "--apply")
    same(ran.status, CLEAN, ran.err + ran.out)
    same({r["status"] for r in ran.records}, {"done"}, "done")
    check(q.box.snapshot() == q.before, "all is as it was")
    same({r["state"] for r in q.list()}, {"restored"}, "states")
    with open(q.state + "/manifest.ndjson", "rb") as f:
        manifest = f.read()
    same(manifest, baredot("quarantine", "--list", q.state).raw, "manifest")
    same(stat.S_IMODE(os.stat(q.state + "/manifest.ndjson").st_mode), 0o600,
         "mode")
    ran = baredot("restore", "--into", q.state, "--apply")
    same((ran.status, ran.out), (CLEAN, ""), "again")
    same([x for x in os.listdir(q.state) if x.startswith(".")], [],
         "temporaries")


def restore_takes_words(folder):
    """Some of them, by run or by the first digits of their SHA-256."""
    q = Quarantine(folder)
    ran = baredot("restore", "--into", q.state, "--apply",
                  sha(q.mails["21"])[:8])
    same((ran.status, [r["path"] for r in ran.records]),
         (CLEAN, [q.box.path + "/H/21"]), "one")
    check(os.path.exists(q.box.path + "/H/21"), "it is there")
    check(not os.path.exists(q.box.path + "/H/20"), "only that")
    mail = q.box.snapshot()
    for words in ((sha(b"?")[:8],), (sha(q.mails["20"])[:5],),
                  (sha(q.mails["20"])[:8], "nothing"), ("",)):
        ran = baredot("restore", "--into", q.state, "--apply", *words)
        same((ran.status, ran.out), (USAGE, ""), words)
        check(q.box.snapshot() == mail, "nothing was done")
    ran = baredot("restore", "--into", q.state, "--apply", q.runs()[0])
    same((ran.status, len(ran.records)), (CLEAN, 2), "the rest of a run")
    ran = baredot("restore", "--into", q.state, "--apply",
                  sha(q.part(0))[:8])
    same((ran.status, ran.records[0]["status"]), (FINDINGS, "refused"),
         "one of two of a file")
    check("--to DIR" in ran.err + ran.out, ran.err)
    ran = baredot("restore", "--into", q.state, "--apply",
                  sha(q.part(0))[:8], sha(q.part(1))[:8])
    same(ran.status, CLEAN, "both of it")
    check(q.box.snapshot() == q.before, "all is as it was")


def restore_to_a_folder(folder):
    """--to writes files, whole, 0600, never over others; and nothing else."""
    q = Quarantine(folder)
    mail, to = tree(q.box.path), folder + "/out"
    ran = looks_only(q.box.path, "restore", "--into", q.state, "--to", to)
    check(not os.path.exists(to), "only shown")
    ran = baredot("restore", "--into", q.state, "--to", to, "--apply")
    same(ran.status, CLEAN, ran.err)
    want = {sha(d) + ".eml": d for d in list(q.mails.values()) +
            [q.part(0), q.part(1)]}
    same(sorted(os.listdir(to)), sorted(want), "files")
    for name, data in want.items():
        with open(to + "/" + name, "rb") as f:
            same(f.read(), data, name)
        same(stat.S_IMODE(os.stat(to + "/" + name).st_mode), 0o600, name)
    same(sorted(r["file"] for r in ran.records), sorted(want), "told")
    check(tree(q.box.path) == mail, "nothing else was touched")
    ran = baredot("restore", "--into", q.state, "--to", to, "--apply")
    same((ran.status, {r["status"] for r in ran.records}),
         (CLEAN, {"same"}), "again")
    victim = folder + "/victim"
    with open(victim, "wb") as f:
        f.write(b"precious")
    name = sha(q.part(0)) + ".eml"
    for make in (lambda p: os.symlink(victim, p),
                 lambda p: os.link(victim, p), os.mkdir,
                 lambda p: os.mkfifo(p)):
        path = to + "/" + name
        (os.rmdir if os.path.isdir(path) and not os.path.islink(path)
         else os.unlink)(path)
        make(path)
        ran = baredot("restore", "--into", q.state, "--to", to, "--apply")
        same(ran.status, UNREADABLE, "in the way")
        bad = [r for r in ran.records if r["status"] != "same"]
        same([(r["status"], r["file"]) for r in bad], [("failed", name)],
             "which")
        with open(victim, "rb") as f:
            same(f.read(), b"precious", "victim")
    same(len(os.listdir(to)), 5, "no temporaries")


def restore_never_gives_damaged_mail(folder):
    """A damaged original is not put back and not written."""
    q = Quarantine(folder)
    data = q.mails["20"]
    blob, = glob.glob(q.state + "/runs/*/blobs/" + sha(data))
    os.chmod(blob, 0o600)
    with open(blob, "wb") as f:
        f.write(data[:-1] + b"!")
    ran = baredot("restore", "--into", q.state, "--to", folder + "/out",
                  "--apply")
    same(ran.status, UNREADABLE, "to files")
    same(len(os.listdir(folder + "/out")), 4, "files")
    ran = baredot("restore", "--into", q.state, "--apply")
    same(ran.status, UNREADABLE, "to the mailbox")
    check(not os.path.exists(q.box.path + "/H/20"), "not put back")
    check(os.path.exists(q.box.path + "/H/21"), "the others are")
    same([r["state"] for r in q.list()][:3],
         ["in-quarantine", "restored", "restored"], "states")


def a_crash_leaves_a_whole_manifest(folder):
    """Undo and recover write the manifest anew, without leftovers."""
    q = Quarantine(folder)
    path = q.state + "/manifest.ndjson"
    same(baredot("recover", "--state", q.state).status, CLEAN, "recover")
    with open(path, "rb") as f:
        same(len(f.read().splitlines()), 5, "lines")
    with open(q.state + "/.baredot-new.0123456789abcdef", "wb") as f:
        f.write(b"torn")
    same(baredot("undo", "--state", q.state, q.runs()[0],
                 "--apply").status, CLEAN, "undo")
    with open(path, "rb") as f:
        same([json.loads(x)["state"] for x in f.read().splitlines()],
             ["restored"] * 3 + ["in-quarantine"] * 2, "states")
    same([x for x in os.listdir(q.state) if x.startswith(".")], [], "rest")


def unsettled_mailboxes_hold_up_nobody(folder):
    """A mailbox that is gone stays unsettled: 75; others are undone."""
    s = State(folder)
    s.fixed("cur")
    s.leave_open()
    os.rename(s.box.path + "/H", s.box.path + "/away")
    ran = baredot("recover", "--state", s.state)
    same(ran.status, LATER, "recover")
    check("not settled" in ran.err, ran.err)
    ran = baredot("undo", "--state", s.state, s.runs()[-1], "--apply")
    same(ran.status, LATER, "undo of the run itself")
    ran = baredot("undo", "--state", s.state, s.runs()[0], "--apply")
    same((ran.status, ran.records[0]["status"]), (CLEAN, "done"), "another")
    os.rename(s.box.path + "/away", s.box.path + "/H")
    ran = baredot("recover", "--state", s.state)
    same(ran.status, CLEAN, "recover when it is back")


def read_only_mailboxes_cannot_be_settled(folder):
    """What a crash left on a file system that is mounted read-only: settled,
    where nothing is to be changed for that, or 2; and settled later."""
    s = State(folder)
    mh, seen, killed, n = s.box.path + "/H", set(), True, 20
    s.box.put("H/box", b"From a\nA: 1\n\none\n.\r\n")
    acts = [("fix", s.state, *s.box.target("mh")),
            ("boxes", s.state, "quarantine", mh, "box", cut(
                b"From a\nA: 1\n\none\n.\r\n", 0, 7, 9))]
    for i in range(120):
        killed = s.die("%d:K" % n, *acts[i % 2]).killed
        n = n + 3 if killed else 20
        if subprocess.run(["mount", "--bind", mh, mh]).returncode != 0:
            raise Skip("cannot mount")
        try:
            subprocess.run(["mount", "-o", "remount,bind,ro", mh], check=True)
            ran = baredot("recover", "--state", s.state)
            check(ran.status in (CLEAN, UNREADABLE), ran.out + ran.err)
            seen.add(ran.status)
        finally:
            subprocess.run(["umount", mh], check=True)
        ran = baredot("recover", "--state", s.state)
        same(ran.status, CLEAN, ran.out + ran.err)
        if not killed and i % 2:
            break
    same(seen, {CLEAN, UNREADABLE}, "statuses")


def damaged_runs_are_counted(folder):
    """A damaged journal, of a run that ended or not: recover says 2."""
    for ended in (True, False):
        s = State(folder + "/" + str(ended))
        if ended:
            s.fixed()
        else:
            s.leave_open()
        path = "%s/runs/%s/journal" % (s.state, s.runs()[-1])
        with open(path, "r+b") as f:
            f.seek(100)
            f.write(b"\xff")
        for args in (("recover", "--state", s.state),
                     ("runs", "--state", s.state),
                     ("undo", "--state", s.state, s.runs()[-1])):
            same(baredot(*args).status, UNREADABLE, args)
        ran = baredot("recover", "--state", s.state)
        check("; 1 damaged" in ran.out, ran.out)


main([runs_lists_what_was_done, no_runs_is_fine, runs_shows_one_in_detail,
      runs_text_is_safe, runs_counts_all_fates, looking_needs_no_lock,
      a_state_folder_of_others_is_refused, damaged_journals_never_act,
      undo_shows_then_does, undo_leaves_what_changed_since,
      undo_settles_first, usage_errors_are_told,
      the_state_folder_by_default, quarantine_is_listed,
      verify_finds_every_damage, restore_gives_the_tree_back,
      restore_takes_words, restore_to_a_folder,
      restore_never_gives_damaged_mail, a_crash_leaves_a_whole_manifest,
      unsettled_mailboxes_hold_up_nobody,
      read_only_mailboxes_cannot_be_settled, damaged_runs_are_counted])
