"""fix and quarantine by a reviewed report: --from.  Prints TAP.

The law: only what the report names, and PATH leaves of that, is acted on, and
of each message that it names something is said.
"""
import io
import json
import os
import sys
import tarfile

sys.dont_write_bytecode = True
from cli import (CLEAN, FINDINGS, USAGE, baredot, check, folder, read, run,
                 same, strict_json, test, write)

HEAD = b"From: a@example.org\r\nMessage-ID: <x@example.org>\r\n\r\n"
BAD = HEAD + b"%d\n.\r\nb\r\n"
SEPARATOR = b"From a@b.example Mon Jan  1 00:00:00 2024\n"
LF_BAD = HEAD.replace(b"\r", b"") + b"x\ry %d\n"


def bad(n):
    return BAD % n


def box(*numbers):
    return b"".join(SEPARATOR + LF_BAD % n + b"\n" for n in numbers)


def scan(top, *paths):
    """A report of what is there."""
    report = top + "/report.ndjson"
    baredot("scan", "-f", "ndjson", "-o", report, *paths, cwd=top)
    return report


def records(report, kind="message"):
    return [r for r in map(strict_json, read(report).splitlines())
            if r["type"] == kind]


def review(report, keep):
    """Take lines out of it."""
    lines = [r for r in records(report) if keep(r)]
    return write(report + ".reviewed", b"".join(
        json.dumps(r).encode() + b"\n" for r in lines))


def act(command, top, *args, form="ndjson"):
    place = ["--state", top + "/state"] if command == "fix" else \
        ["--into", top + "/q"]
    return baredot(command, "-f", form, "-j", "1", *place, *args, cwd=top)


def contents(top):
    return {os.path.relpath(os.path.join(where, n), top):
            read(os.path.join(where, n)) for part in ("a", "b", "ab")
            for where, _, names in os.walk(os.path.join(top, part))
            for n in names}


def touched(before, after):
    """What is not there any more as it was."""
    return {p for p in before if after.get(p) != before[p]}


def three(top):
    for name, n in (("a/1.eml", 1), ("b/2.eml", 2), ("b/c/3.eml", 3),
                    ("ab/4.eml", 4)):
        write(top + "/" + name, bad(n))
    os.symlink("b", top + "/to")


WITHIN = {"b": {"b/2.eml", "b/c/3.eml"}, "./b/": {"b/2.eml", "b/c/3.eml"},
          "to": {"b/2.eml", "b/c/3.eml"}, "b/2.eml": {"b/2.eml"},
          "a": {"a/1.eml"}, "b/../a": {"a/1.eml"}}


def path_leaves(command, named):
    """named: how the report writes its paths."""
    for path, want in WITHIN.items():
        for given in (path, None):
            with folder() as top:
                three(top)
                path = given or os.path.join(top, path)
                report = scan(top, *[named % (top, n) for n in
                                     ("a", "b", "ab")])
                before = contents(top)
                ran = act(command, top, "--from", report, path)
                same(ran.status, FINDINGS, ran.err)
                same({os.path.relpath(os.path.join(top, r["path"]), top)
                      for r in ran.of_type("message")}, want, path)
                same(contents(top), before)
                ran = act(command, top, "--from", report, "--apply", path)
                same(ran.status, CLEAN, ran.err)
                same(touched(before, contents(top)), want, path)


@test
def only_what_is_below_path_is_repaired():
    path_leaves("fix", "%.0s%s")


@test
def only_what_is_below_path_is_taken_out():
    path_leaves("quarantine", "%.0s./%s")


@test
def however_the_report_writes_it():
    path_leaves("fix", "%s/%s")


@test
def a_path_that_the_report_does_not_name_is_an_error():
    with folder() as top:
        three(top)
        os.mkdir(top + "/none")
        report = scan(top, "a", "b")
        before = contents(top)
        for paths in (["nix"], ["none"], ["ab"], ["a", "ab"], ["a/1.emlx"]):
            for command in ("fix", "quarantine"):
                ran = act(command, top, "--from", report, "--apply", *paths)
                same(ran.status, USAGE, paths)
                check(paths[-1] in ran.err, ran.err)
        write(top + "/list", b"a\0")
        same(act("fix", top, "--from", report, "--files0-from",
                 "list").status, USAGE)
        same(contents(top), before)
        empty = write(top + "/empty", b"")
        same(act("fix", top, "--from", empty, "a").status, CLEAN)


@test
def a_message_is_known_by_its_path_too():
    """The same message at the same place of two mailboxes; one was taken out
    of the report."""
    with folder() as top:
        write(top + "/a/box", box(1, 2))
        write(top + "/b/box", box(1, 3))
        report = review(scan(top, "a", "b"), lambda r: not (
            r["path"] == "b/box" and r["index"] == 1))
        before = contents(top)
        ran = act("fix", top, "--from", report, "--apply")
        same(ran.status, CLEAN, ran.err)
        same(read(top + "/a/box"), before["a/box"].replace(b"\r", b" "))
        same(read(top + "/b/box").count(b"\r"), 1)
        check(b"x\ry 1" in read(top + "/b/box"), "the first was touched")


# --- what is not as it was

def change(top, path):
    data = read(path)
    write(path, data + b"more\r\n")


def remove(top, path):
    os.unlink(path)


def move(top, path):
    os.rename(path, path + ".away")


def grow(top, path):
    """In front: of an mbox every message is elsewhere then."""
    write(path, box(7) + read(path))


def noise(top, path):
    write(path, b"\0\1\2\3" * 100)


CHANGES = {"a/1.eml": (change, remove, move, noise),
           "a/box": (remove, grow, noise),
           "a/Maildir/cur/1.M1P1.host:2,S": (change, remove),
           "a/t.tar": (remove, noise)}


def mixed(top):
    write(top + "/a/1.eml", bad(1))
    write(top + "/a/box", box(1, 2))
    for name in ("new", "tmp", "cur"):
        os.makedirs(top + "/a/Maildir/" + name)
    write(top + "/a/Maildir/cur/1.M1P1.host:2,S", HEAD.replace(b"\r", b"") + b"x\ry 4\n.\r\n")
    write(top + "/a/t.tar", tar({"d/5.eml": bad(5), "d/6.eml": bad(6)}))
    write(top + "/b/9.eml", bad(9))


def tar(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def told(command, name, how, *more):
    """Each message of that file, and it alone."""
    with folder() as top:
        mixed(top)
        report = scan(top, "a", "b")
        want = {(r["path"], r["offset"]) for r in records(report)
                if r["path"].split("!")[0] == name}
        check(want, name)
        how(top, top + "/" + name)
        ran = act(command, top, "--from", report, *more)
        same(ran.status, FINDINGS, (name, how.__name__, ran.err))
        same({(r["path"], r["offset"]) for r in ran.of_type("stale")}, want,
             (name, how.__name__))
        same(ran.records()[-1]["stale"], len(want))
        same(ran.records()[-1]["gone"], 0)
        for r in ran.of_type("stale"):
            same("gone" in r["reason"], how in (remove, move), r)
        same(len(ran.of_type("message")), 7 - len(want),
             (name, how.__name__))


def add_told():
    for command in ("fix", "quarantine"):
        for more in ([], ["--apply"]):
            def one(command=command, more=more):
                for name, all in CHANGES.items():
                    for how in all:
                        told(command, name, how, *more)
            one.__name__ = "each message that is not as it was is told: " + \
                " ".join([command] + more)
            test(one)


add_told()


@test
def text_tells_it_too():
    with folder() as top:
        write(top + "/a/1.eml", bad(1))
        write(top + "/a/2.eml", bad(2))
        report = scan(top, "a")
        change(top, top + "/a/1.eml")
        remove(top, top + "/a/2.eml")
        for command in ("fix", "quarantine"):
            for more in ([], ["--apply"]):
                ran = act(command, top, "--from", report, *more,
                          form="text")
                same(ran.status, FINDINGS)
                lines = ran.out.decode().splitlines()
                check(any(l.startswith("a/1.eml:0: ") and "changed" in l
                          for l in lines), lines)
                check(any(l.startswith("a/2.eml:0: ") and "gone" in l
                          for l in lines), lines)


@test
def a_message_of_a_maildir_with_other_flags_is_the_same():
    with folder() as top:
        mixed(top)
        report = scan(top, "a/Maildir")
        os.rename(top + "/a/Maildir/cur/1.M1P1.host:2,S",
                  top + "/a/Maildir/cur/1.M1P1.host:2,RS")
        ran = act("fix", top, "--from", report, "--apply")
        same((ran.status, ran.of_type("stale")), (CLEAN, []), ran.err)


@test
def mail_that_came_later_changes_nothing():
    with folder() as top:
        mixed(top)
        report = scan(top, "a/box")
        write(top + "/a/box", read(top + "/a/box") + box(8))
        ran = act("fix", top, "--from", report, "--apply")
        same((ran.status, ran.of_type("stale")), (CLEAN, []), ran.err)
        same(read(top + "/a/box").count(b"\r"), 1)


@test
def what_is_not_looked_for_any_more_is_told():
    """The report has findings of other options; a clean message needs no
    word."""
    with folder() as top:
        write(top + "/a/1.eml", HEAD + b"x\ny\r\n")
        write(top + "/a/2.eml", HEAD + b"fine\r\n")
        report = top + "/report"
        baredot("scan", "--all", "--hash", "-f", "ndjson", "-o", report, "a",
                cwd=top)
        for command, action, status in (("fix", "none", CLEAN),
                                        ("quarantine", "refused",
                                         FINDINGS)):
            ran = act(command, top, "--from", report, "--code", "eod.*")
            (r,) = ran.of_type("message")
            same((r["path"], r["repair"]["action"], ran.status),
                 ("a/1.eml", action, status))
            check("--code" in r["repair"]["why"], r)


# --- archives

def members(path):
    with tarfile.open(path) as t:
        return {m.name: t.extractfile(m).read() for m in t if m.isreg()}


def archive_plan(command, name, pack):
    """plan, review, apply; from a folder of which it is in, too."""
    with folder() as top:
        files = {"d/1.eml": bad(1), "d/2.eml": bad(2), "d/box": box(3, 4)}
        write(top + "/a/" + name, pack(files))
        for paths in (["a/" + name], ["a"]):
            report = review(scan(top, *paths), lambda r: r["path"].split(
                "!")[1] != "d/1.eml" and r["index"] == 1)
            same(len(records(report)), 2, paths)
            ran = act(command, top, "--from", report)
            same(ran.status, FINDINGS, ran.err)
            same({(r["path"], r["member"][0], r["offset"]) for r in
                  ran.of_type("message")},
                 {(r["path"], r["member"][0], r["offset"]) for r in
                  records(report)})
            same(members(top + "/a/" + name), files)
        ran = act(command, top, "--from", report, "--apply")
        same((ran.status, ran.of_type("stale")), (CLEAN, []), ran.err)
        left = members(top + "/a/" + name)
        same(left["d/1.eml"], files["d/1.eml"])
        if command == "fix":
            same(left["d/2.eml"], files["d/2.eml"].replace(
                b"\n.", b"\r\n."))
            same(left["d/box"], files["d/box"].replace(b"\r", b" ", 1))
        else:
            same(sorted(left), ["d/1.eml", "d/box"])
            same(left["d/box"].count(b"From "), 1)
        again = act(command, top, "--from", report)
        same((again.status, len(again.of_type("stale"))), (FINDINGS, 2))


def add_archives():
    import gzip
    for command in ("fix", "quarantine"):
        for name, pack in (("t.tar", tar), ("t.tar.gz", lambda f:
                                            gzip.compress(tar(f)))):
            def one(command=command, name=name, pack=pack):
                archive_plan(command, name, pack)
            one.__name__ = "a report of an archive is acted on: %s of %s" \
                % (command, name)
            test(one)


add_archives()


@test
def the_report_of_a_repair_names_members_as_that_of_a_scan():
    with folder() as top:
        write(top + "/a/t.tar", tar({"x": b"no mail", "d/1.eml": bad(1)}))
        scanned = records(scan(top, "a/t.tar"))
        fixed = act("fix", top, "a/t.tar").of_type("message")
        same([(r["path"], r["member"]) for r in fixed],
             [(r["path"], r["member"]) for r in scanned])


@test
def links_that_nobody_named_do_not_lead_to_an_archive():
    """The archive is one now, or its folder."""
    for what, away in (("a/d/t.tar", "b.tar"), ("a/d", "elsewhere")):
        with folder() as top:
            write(top + "/a/d/t.tar", tar({"d/1.eml": bad(1)}))
            report = scan(top, "a")
            os.rename(top + "/" + what, top + "/" + away)
            os.symlink(top + "/" + away, top + "/" + what)
            real = os.path.realpath(top + "/a/d/t.tar")
            before = read(real)
            for command in ("fix", "quarantine"):
                ran = act(command, top, "--from", report, "--apply")
                check(ran.status != CLEAN, ran.out)
                same(read(real), before)
                same(os.path.islink(top + "/" + what), True)


# --- archives in folders that nobody named

def below(command, files, pack=tar, name="t.tar", inside=None):
    """What is said of the messages of an archive in a folder."""
    with folder() as top:
        data = pack(files)
        write(top + "/a/" + name, data)
        ran = act(command, top, "--apply", "a")
        same(read(top + "/a/" + name), data)
        return ran.status, {r["path"].split("!", 1)[1]:
                            (r["repair"]["action"], r["repair"]["why"])
                            for r in ran.of_type("message")}


@test
def an_archive_in_a_folder_is_told_and_left():
    files = {"d/1.eml": bad(1), "d/2.eml": HEAD + b"fine\r\n",
             "d/3.eml": HEAD + b"no end", "x": b"\0\1"}
    for command, asks in (("fix", "repaired"), ("quarantine", "taken out")):
        status, said = below(command, files)
        same(status, FINDINGS)
        same(said["d/1.eml"], ("refused", "it is in an archive: name that as "
                               "PATH to have it " + asks))
        same("d/2.eml" in said, False)
        if command == "fix":
            same(said["d/3.eml"][0], "none")
        status, said = below(command, {"d/2.eml": files["d/2.eml"]})
        same((status, said), (CLEAN, {}))
        status, said = below(command, {"t.tar": tar(files)})
        same((status, said["t.tar!d/1.eml"][0]), (FINDINGS, "refused"))
        check("never changed" in said["t.tar!d/1.eml"][1], said)
    status, said = below("fix", {"d/3.eml": files["d/3.eml"]})
    same((status, said["d/3.eml"][0]), (CLEAN, "none"))


@test
def what_is_refused_in_a_folder_is_done_when_it_is_named():
    with folder() as top:
        files = {"d/%d" % i: HEAD + b"%s\r\n" % text for i, text in enumerate(
            (b"x\ry", b"x\ny", b"a\n.\r\nb", b"\0", b"x" * 1200, b"fine"))}
        write(top + "/a/t.tar", tar(files))
        for args in ([], ["--code", "eod.*"], ["--code", "eol.bare-cr"],
                     ["--nul", "space"], ["--reencode"],
                     ["--fix", "MISSING_DATE_HEADER"]):
            in_folder = {r["path"] for r in act(
                "fix", top, *args, "a").of_type("message")
                if r["repair"]["action"] == "refused"}
            named = {r["path"] for r in act(
                "fix", top, *args, "a/t.tar").of_type("message")
                if r["repair"]["action"] == "edit"}
            same(sorted(in_folder), sorted(named), args)


@test
def archives_within_one_that_is_named_are_told():
    import gzip
    inner = tar({"d/1.eml": bad(1)})
    with folder() as top:
        write(top + "/a/t.tar", tar({"in.tar": inner, "no": b"text\n",
                                     "in.tgz": gzip.compress(inner)}))
        for more in ([], ["--apply"]):
            for command in ("fix", "quarantine"):
                ran = act(command, top, *more, "a/t.tar")
                same([r["path"] for r in ran.of_type("skipped")],
                     ["a/t.tar!in.tar", "a/t.tar!in.tgz"])
                check(all("archive" in r["reason"] for r in
                          ran.of_type("skipped")))
        ran = act("fix", top, "--from", scan(top, "a"))
        same((ran.status, sorted(r["path"] for r in ran.of_type("stale"))),
             (FINDINGS, ["a/t.tar!in.tar!d/1.eml",
                         "a/t.tar!in.tgz!d/1.eml"]))


run()
