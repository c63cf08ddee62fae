"""fix, quarantine and undo on archives that the user names."""
import gzip
import io
import os
import shutil
import signal
import subprocess
import tarfile
import time
import zipfile

from cli import (BAREDOT, CLEAN, FINDINGS, UNREADABLE, USAGE, Skip, baredot,
                 check, exact, folder, read, run, same, test, write)
from processes import children, kill

HEAD = (b"From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n"
        b"Date: Mon, 01 Jan 2024 00:00:00 +0000\r\n"
        b"Message-ID: <1@example.org>\r\n\r\n")
BAD = HEAD + b"hello\nworld\r\n.\nend\r\n"
GOOD = HEAD + b"hello\r\nworld\r\nend\r\n"
FROM = b"From a@example.org Mon Jan  1 00:00:00 2024\n"
MBOX = (FROM + b"From: a@example.org\nSubject: 1\n\nhi\n\n" +
        FROM + b"From: a@example.org\nSubject: 2\n\nhi\rthere\n\n")
NOISE = bytes(range(256)) * 40 + b"\r\n.\n\r.\r"
MEMBERS = [
    ("backup/Maildir/cur/1700000000.M1P1.host:2,S", BAD),
    ("backup/Maildir/cur/1700000001.M1P1.host:2,S", GOOD),
    ("backup/Maildir/new/1700000002.M1P1.host", BAD + b"more\n"),
    ("backup/Maildir/tmp/1700000003.M1P1.host", BAD),
    ("backup/Maildir/dovecot.index.cache", BAD),
    ("backup/new/photo.jpg", NOISE),
    ("backup/inbox.mbox", MBOX),
    ("backup/7", BAD + b"mh\n"),
    ("backup/a.eml", BAD + b"eml\n"),
    ("backup/notes.txt", b"no mail\r\nat all\n"),
    ("backup/empty", b""),
]
# What a walk would leave alone, or does not take for mail.
UNTOUCHED = {MEMBERS[i][0] for i in (1, 3, 4, 5, 9, 10)}


def tar_of(members, mode="w", form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as t:
        for i, (name, data) in enumerate(members):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1600000000 + i
            info.uid, info.gid, info.mode = 100 + i, 200, 0o640
            info.uname = "mail"
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_of(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for i, (name, data) in enumerate(members):
            info = zipfile.ZipInfo(name, (2020, 1, 1 + i, 0, 0, 0))
            info.external_attr = 0o640 << 16
            info.comment = b"number %d" % i
            info.compress_type = (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)[
                i % 2]
            z.writestr(info, data)
    return out.getvalue()


def cpio_of(members):
    """newc, by hand."""
    out = b""
    for i, (name, data) in enumerate(members + [("TRAILER!!!", b"")]):
        name = name.encode() + b"\0"
        fields = (i + 1, 0o100640, 100, 200, 1, 1600000000 + i, len(data), 0,
                  0, 0, 0, len(name), 0)
        out += b"070701" + b"".join(b"%08X" % f for f in fields) + name
        out += b"\0" * (-len(out) % 4) + data
        out += b"\0" * (-len(out) % 4)
    return out + b"\0" * (-len(out) % 512)


def piped(tool, data):
    if shutil.which(tool) is None:
        raise Skip("there is no %s" % tool)
    return subprocess.run([tool, "-c", "-q"], input=data, check=True,
                          stdout=subprocess.PIPE).stdout


def unpiped(tool, data):
    return subprocess.run([tool, "-dcq"], input=data, check=True,
                          stdout=subprocess.PIPE).stdout


def tar_members(data, mode="r"):
    with tarfile.open(fileobj=io.BytesIO(data), mode=mode) as t:
        out = []
        for m in t:
            info = m.get_info()
            for gone in ("size", "chksum"):
                info.pop(gone)
            out.append((info, m.pax_headers,
                        t.extractfile(m).read() if m.isreg() else None))
    return out


def zip_members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        check(z.testzip() is None, "zip: a CRC is wrong")
        return [({"name": i.filename, "date": i.date_time, "type":
                  i.compress_type, "attr": i.external_attr, "comment":
                  i.comment, "extra": i.extra}, None, z.read(i))
                for i in z.infolist()]


def cpio_members(data):
    out, at = [], 0
    while True:
        field = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16)
                 for i in range(13)]
        at += 110
        name = data[at:at + field[11] - 1].decode()
        at += field[11]
        at += -at % 4
        if name == "TRAILER!!!":
            return out
        out.append(({"name": name, "fields": field[:6] + field[7:]}, None,
                    data[at:at + field[6]]))
        at += field[6]
        at += -at % 4


KINDS = {
    "tar": (tar_of, tar_members),
    "tar.gz": (lambda m: tar_of(m, "w:gz"), tar_members),
    "tar.bz2": (lambda m: tar_of(m, "w:bz2"), tar_members),
    "tar.xz": (lambda m: tar_of(m, "w:xz"), tar_members),
    "tar.zst": (lambda m: piped("zstd", tar_of(m)),
                lambda d: tar_members(unpiped("zstd", d))),
    "zip": (zip_of, zip_members),
    "cpio": (cpio_of, cpio_members),
    "cpio.gz": (lambda m: gzip.compress(cpio_of(m)),
                lambda d: cpio_members(gzip.decompress(d))),
}


def state(top):
    path = os.path.join(top, "state")
    os.makedirs(path, mode=0o700, exist_ok=True)
    return path


def fix(*args, **more):
    return baredot("fix", "-f", "ndjson", "-j", "0", *args, **more)


def outcome(ran):
    found = ran.of_type("outcome")
    same(len(found), 1, "outcomes: %r %s" % (found, ran.err))
    return found[0]


def whole(ran):
    """A whole report; what fix adds to a scan's is counted as well."""
    records = ran.records()
    same(records[0]["type"], "header")
    summary = records[-1]
    same(summary["records"], len(records), "summary.records")
    same(summary["exit_status"], ran.status, "summary.exit_status")
    same(summary["stores"], len(ran.of_type("store")), "summary.stores")
    return summary


def apply(top, archive, *more):
    return fix("--state", state(top), "--apply", *more, archive)


def runs(top):
    path = os.path.join(state(top), "runs")
    return sorted(os.listdir(path)) if os.path.isdir(path) else []


def undo(top):
    return baredot("undo", "--state", state(top), runs(top)[-1], "--apply")


_outside = {}


def outside():
    """By name: the members as fix makes them of files."""
    if not _outside:
        with folder() as top:
            store = os.path.join(top, "store")
            for part in ("cur", "new", "tmp"):
                os.makedirs(os.path.join(store, "backup/Maildir", part))
            for i, (name, data) in enumerate(MEMBERS):
                path = write(os.path.join(store, name), data)
                os.utime(path, (1600000000 + i,) * 2)
            same(apply(top, store).status, CLEAN)
            for at, _, names in os.walk(store):
                for name in names:
                    path = os.path.join(at, name)
                    key = os.path.relpath(path, store)
                    if key not in dict(MEMBERS):    # it got a new name
                        key = by_flags(key)
                    _outside[key] = read(path)
    return _outside


def by_flags(key):
    """A message of the Maildir that was repaired has another base name."""
    part = os.path.dirname(key)
    found = [n for n, _ in MEMBERS if os.path.dirname(n) == part and
             n not in UNTOUCHED]
    same(len(found), 1, key)
    return found[0]


@test
def every_kind_is_repaired_in_place_and_back():
    for kind, (make, members) in KINDS.items():
        with folder() as top:
            data = make(MEMBERS)
            path = write(os.path.join(top, "m", "backup." + kind), data)
            os.utime(path, (1500000000, 1500000000))
            os.chmod(path, 0o640)
            dry = fix(path)
            same(dry.status, FINDINGS, kind + dry.err)
            same(read(path), data, "a dry run of " + kind)
            same(whole(dry)["repairs"]["edit"], 5, kind)
            did = apply(top, path)
            same(did.status, CLEAN, kind + str(did.out))
            same(did.of_type("message"), dry.of_type("message"), kind)
            same(whole(did)["acts"]["messages"], 5, kind)
            same(outcome(did)["status"], "done", kind)
            new = members(read(path))
            same([(n, p) for n, p, _ in new],
                 [(n, p) for n, p, _ in members(data)], kind)
            for info, _, got in new:
                want = outside()[info["name"]]
                same(got, want, "%s: %s" % (kind, info["name"]))
                if info["name"] in UNTOUCHED:
                    same(got, dict(MEMBERS)[info["name"]], info["name"])
            st = os.stat(path)
            same((st.st_mtime, st.st_mode & 0o777), (1500000000, 0o640))
            same(os.listdir(os.path.dirname(path)), ["backup." + kind])
            if "." not in kind:
                same(fix(path).status, CLEAN, "once more, " + kind)
            same(undo(top).status, CLEAN, "undo of " + kind)
            same(read(path), data, "undo of " + kind)


@test
def paths_in_the_report_say_which_member():
    with folder() as top:
        name = "a\x1b[31m\u202e\n.eml"
        path = write(os.path.join(top, "b.tar"), tar_of([(name, BAD)]))
        found = fix(path).of_type("message")
        same([exact(r, "path") for r in found],
             [(path + "!" + name).encode()])
        text = baredot("fix", "-f", "text", path)
        check(b"\x1b" not in text.out and "\u202e".encode() not in text.out,
              "a name is shown as it is")
        check(b"b.tar!a\\x1b" in text.out, text.out)


@test
def output_leaves_the_old_one_and_records_nothing():
    with folder() as top:
        data = zip_of(MEMBERS)
        path = write(os.path.join(top, "old.zip"), data)
        new = os.path.join(top, "new.zip")
        same(fix("--output", new, path).status, FINDINGS)
        check(not os.path.exists(new), "a dry run made it")
        did = apply(top, path, "--output", new)
        same((did.status, outcome(did)["status"]), (CLEAN, "done"), did.err)
        check("run" not in whole(did)["acts"], "there is a run")
        same((read(path), runs(top)), (data, []))
        same({i["name"]: d for i, _, d in zip_members(read(new))}, outside())
        for again in (apply(top, path, "--output", new),
                      fix("--output", new, path)):
            same((again.status, outcome(again)["status"]),
                 (FINDINGS, "refused"))
        same({i["name"]: d for i, _, d in zip_members(read(new))}, outside())


@test
def output_takes_one_archive():
    with folder() as top:
        path = write(os.path.join(top, "a.tar"), tar_of(MEMBERS))
        new = os.path.join(top, "new")
        for args in ((path, path), (), ("--files0-from", path)):
            ran = fix("--output", new, *args)
            same((ran.status, ran.out), (USAGE, b""), args)
        for other in (top, write(os.path.join(top, "m.eml"), BAD), write(
                os.path.join(top, "m.gz"), gzip.compress(MBOX))):
            ran = fix("--output", new, other)
            same(ran.status, UNREADABLE, other)
            check("no archive" in ran.of_type("unreadable")[0]["error"], other)
        check(not os.path.exists(new), "it was made")


@test
def nothing_to_do_leaves_nothing():
    with folder() as top:
        data = tar_of([("a.eml", GOOD), ("b", NOISE)])
        path = write(os.path.join(top, "m", "a.tar"), data)
        did = apply(top, path)
        same((did.status, outcome(did)["status"]), (CLEAN, "same"))
        same((read(path), runs(top)), (data, []))
        same(whole(fix(path))["repairs"]["edit"], 0)


def encrypted():
    if shutil.which("zip") is None:
        raise Skip("there is no zip")
    with folder() as top:
        write(os.path.join(top, "a.eml"), BAD)
        subprocess.run(["zip", "-q", "-P", "x", "e.zip", "a.eml"], cwd=top,
                       check=True)
        return read(os.path.join(top, "e.zip"))


def linked():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        info = tarfile.TarInfo("a.eml")
        info.size = len(BAD)
        t.addfile(info, io.BytesIO(BAD))
        info = tarfile.TarInfo("b.eml")
        info.type, info.linkname = tarfile.LNKTYPE, "a.eml"
        t.addfile(info)
    return out.getvalue()


REFUSALS = {
    "trailing data": (lambda: tar_of(MEMBERS) + b"x" * 512, ""),
    "hard links": (linked, "hard links"),
    "duplicate": (lambda: tar_of([("a.eml", BAD), ("./a.eml", GOOD)]),
                  "same name"),
    "rar": (lambda: b"Rar!\x1a\x07\x00" + b"x" * 600, "RAR"),
    "7z": (lambda: b"7z\xbc\xaf\x27\x1c" + b"x" * 600, "7z"),
    "damaged": (lambda: zip_of(MEMBERS)[:-30], ""),
    "encrypted": (encrypted, "encrypted"),
}


@test
def what_cannot_be_rewritten_safely_is_refused():
    for name, (make, word) in REFUSALS.items():
        with folder() as top:
            try:
                data = make()
            except Skip:
                continue
            path = write(os.path.join(top, "m", "archive"), data)
            for ran in (fix(path), apply(top, path)):
                same(ran.status, FINDINGS, name + ran.err)
                what = outcome(ran)
                same(what["status"], "refused", name)
                check(word in what["why"], "%s: %s" % (name, what["why"]))
                repairs = whole(ran)["repairs"]
                same((repairs["edit"], repairs["quarantine"]), (0, 0), name)
            same(read(path), data, name)


@test
def one_that_is_refused_does_not_stop_the_next():
    with folder() as top:
        bad = write(os.path.join(top, "m", "a.tar"), linked())
        good = write(os.path.join(top, "m", "b.tar"), tar_of(MEMBERS))
        loose = write(os.path.join(top, "m", "c.eml"), BAD)
        did = fix("--state", state(top), "--apply", bad, good, loose)
        same([(os.path.basename(r["path"]), r["status"])
              for r in did.of_type("outcome")],
             [("c.eml", "done"), ("a.tar", "refused"), ("b.tar", "done")])
        same((did.status, whole(did)["acts"]["done"]), (FINDINGS, 2))
        same(undo(top).status, CLEAN)
        same((read(good), read(loose)), (tar_of(MEMBERS), BAD))


@test
def mail_that_begins_like_an_archive_is_mail():
    for data in (b"BZh: x\n" + BAD, b"MSCF: y\n" + BAD,
                 b"X--lh: z\n" + BAD, b"070701: x\n" + BAD):
        with folder() as top:
            path = write(os.path.join(top, "m"), data)
            found = fix(path).of_type("message")
            same([r["path"] for r in found], [path], data[:8])


@test
def only_what_is_named_is_an_archive():
    with folder() as top:
        data = tar_of(MEMBERS)
        write(os.path.join(top, "m", "a.tar"), data)
        same({r["repair"]["action"] for r in fix(os.path.join(
            top, "m")).of_type("message")}, {"refused"})
        did = apply(top, os.path.join(top, "m"))
        same((did.of_type("outcome"), read(os.path.join(top, "m", "a.tar"))),
             ([], data))
        packed = write(os.path.join(top, "m.gz"), gzip.compress(MBOX))
        same([r["repair"]["why"] for r in fix(packed).of_type("message")],
             ["the file is compressed"])
        names = write(os.path.join(top, "list"), os.fsencode(
            os.path.join(top, "m", "a.tar")) + b"\0")
        same(len(fix("--files0-from", names).of_type("message")), 5)


@test
def what_is_signed_or_kept_is_left_in_an_archive_too():
    with folder() as top:
        data = tar_of(MEMBERS)
        path = write(os.path.join(top, "a.tar"), data)
        ran = fix("--limit", "10", path)
        same((ran.status, whole(ran)["repairs"]["refused"]), (FINDINGS, 5))
        did = apply(top, path, "--limit", "10")
        what = outcome(did)
        same((what["status"], what["left_alone"], read(path)),
             ("same", 5, data))


@test
def messages_go_to_quarantine_and_come_back():
    for kind in ("tar.gz", "zip"):
        make, members = KINDS[kind]
        with folder() as top:
            data = make(MEMBERS)
            path = write(os.path.join(top, "m", "a"), data)
            into = state(top)
            take = ("quarantine", "-f", "ndjson", "-m", "low", "--into", into)
            dry = baredot(*take, path)
            same((dry.status, whole(dry)["repairs"]["quarantine"]),
                 (FINDINGS, 5), dry.err)
            did = baredot(*take, "--apply", path)
            same((did.status, outcome(did)["taken_out"]), (CLEAN, 5),
                 did.err)
            left = {i["name"]: d for i, _, d in members(read(path))}
            want = {n: d for n, d in MEMBERS if n in UNTOUCHED}
            want["backup/inbox.mbox"] = MBOX[:MBOX.index(FROM, 1)]
            same(left, want, kind)
            kept = [r for r in baredot("quarantine", "--list", into, "-f",
                    "ndjson").records() if r["type"] == "quarantined"]
            same(len(kept), 5)
            for r in kept:
                blob = read(os.path.join(into, "runs", r["run"], "blobs",
                                         r["sha256"]))
                member = dict(MEMBERS)[r["path"].split("!", 1)[1]]
                at = r["offset"]
                same(blob, member[at:at + r["length"]], r["path"])
            same(baredot("quarantine", "--verify", into).status, CLEAN)
            same(baredot("restore", "--into", into, "--apply").status, CLEAN)
            same(read(path), data, "restored, " + kind)


@test
def with_output_no_message_goes():
    with folder() as top:
        path = write(os.path.join(top, "a.tar"), tar_of(MEMBERS))
        ran = fix("--eod", "quarantine", "--output",
                  os.path.join(top, "b.tar"), path)
        same(whole(ran)["repairs"]["quarantine"], 0)
        check(any("--output" in r["repair"].get("why", "")
                  for r in ran.of_type("message")), "nothing was refused")


def kill_who_rewrites(args, sig):
    """Signal the process that is handed four files, or is about to be; the
    report so far."""
    p = subprocess.Popen([BAREDOT, "fix", "-f", "ndjson", "-j", "1", *args],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    try:
        end = time.monotonic() + 30
        while p.poll() is None and time.monotonic() < end:
            for child in children(p.pid):
                try:
                    fds = os.listdir("/proc/%d/fd" % child)
                except OSError:
                    continue
                if len(fds) >= 8 and kill([child], sig):
                    out, err = p.communicate(timeout=30)
                    return p.returncode, out, err
            time.sleep(0.001)
    finally:
        p.kill()
        p.wait()
    raise AssertionError("nobody rewrites it")


@test
def a_process_that_dies_costs_one_archive():
    for sig, word in ((signal.SIGKILL, b"died"), (signal.SIGSTOP, b"sign")):
        with folder() as top:
            data = tar_of([("%d.eml" % i, BAD + b"%d\n" % i)
                           for i in range(3000)])
            path = write(os.path.join(top, "m", "a.tar"), data)
            status, out, err = kill_who_rewrites(
                ["--timeout", "1", "--state", state(top), "--apply", path],
                sig)
            same(status, UNREADABLE, err)
            check(b'"status":"failed"' in out and word in out, out[-600:])
            same((read(path), os.listdir(os.path.dirname(path))),
                 (data, ["a.tar"]))
            same(apply(top, path).status, CLEAN)
            same(undo(top).status, CLEAN)
            same(read(path), data)


@test
def a_member_whose_name_tells_its_size_keeps_it():
    """Dovecot believes ,S= and ,W= more than the file."""
    same_size = HEAD + b"hello\rworld\r\n"
    wire = HEAD + b"x\nhello\n" * 30
    base = "Maildir/cur/1700000000.M%dP1.host,S=%d,W=%d:2,S"

    def name(i, data):
        return base % (i, len(data), len(data) + data.count(b"\n") -
                       data.count(b"\r\n"))

    members = [(name(0, BAD), BAD), (name(1, same_size), same_size),
               (name(2, wire), wire),
               ("Maildir/cur/1700000000.M3P1.host:2,S", BAD)]
    for apply in (False, True):
        with folder() as top:
            os.mkdir(top + "/state", 0o700)
            tar = write(top + "/a.tar", tar_of(members))
            ran = baredot("fix", "-f", "ndjson", "--state", top + "/state",
                          *(["--apply"] if apply else []), tar)
            said = {m["path"].split("!")[1]: m["repair"]
                    for m in ran.of_type("message")}
            same([said[n]["action"] for n, _ in members],
                 ["refused", "edit", "refused", "edit"])
            check("S=, W=" in said[members[0][0]]["why"], said)
            new = tar_members(read(tar))
            for (n, old), (info, _, data) in zip(members, new):
                same(info["name"], n)
                check(len(data) == len(old) or "=" not in n, n)
            same([m[2] != old for (_, old), m in zip(members, new)],
                 [False, apply, False, apply])


if __name__ == "__main__":
    run()
