"""fix, quarantine, undo and restore as a user runs them.  Prints TAP.

The laws, over the samples and under each set of options: a dry run changes
nothing; a second repair has nothing to do; what was selected is not found any
more; no lone dot is made; other bytes stay, in order; undo gives the tree that
was there, byte for byte, with names, times and modes.
"""
import json
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
from cli import (CLEAN, FINDINGS, INTERRUPTED, SAMPLES, Skip,
                 UNREADABLE, USAGE, baredot, check, folder, read, run, same,
                 strict_json, test, write)

FROM = b"From a@b.example Mon Jan  1 00:00:00 2024\n"
MAIL = b"From: a@example.org\nMessage-ID: <%d@example.org>\n\n"


def snapshot(top):
    """What must come back: names, bytes, mode, mtime."""
    all = {}
    for where, _, names in os.walk(top):
        for name in names:
            path = os.path.join(where, name)
            st = os.lstat(path)
            all[os.path.relpath(path, top)] = (
                read(path), st.st_mode, st.st_mtime_ns, st.st_uid)
    return all


def same_tree(got, want, what=""):
    """Without showing all of it."""
    differ = [p for p in sorted(set(got) | set(want))
              if got.get(p) != want.get(p)]
    same(differ, [], what)


def store(top, *parts):
    """A copy of samples with a state folder beside it."""
    mail, state = os.path.join(top, "mail"), os.path.join(top, "state")
    os.makedirs(state, 0o700)
    os.mkdir(mail)
    for part in parts:
        shutil.copytree(os.path.join(SAMPLES, part),
                        os.path.join(mail, part))
    return mail, state


def fix(*args, command="fix", **more):
    return baredot(command, "-f", "ndjson", "-j", "1", *args, **more)


def planned(ran):
    return [r for r in ran.of_type("message") if
            r["repair"]["action"] in ("edit", "quarantine")]


def outcomes(ran):
    return {r["path"]: r for r in ran.of_type("outcome")}


# --- a naive reader, to see what a repair made

LONE = {"lf": re.compile(rb"(?:\A|\n)\.\r?(?=\n)"),
        "any": re.compile(rb"(?:\A|[\r\n])\.(?=[\r\n])")}


def lone_dots(data):
    return [len(p.findall(data)) for p in LONE.values()]


def skeleton(data):
    return re.sub(rb"[\r\n \0]", b"", data)


def by_base(files):
    """Maildir messages get another base; the time and process stay."""
    out = {}
    for path, entry in files.items():
        where, name = os.path.split(path)
        name = re.sub(r"R[0-9a-f]{16}", "", name)
        name = re.sub(r",[SW]=\d+", "", name)
        out[os.path.join(where, name)] = entry
    return out


@test
def a_dry_run_changes_nothing_and_says_what_would_be_done():
    with folder() as top:
        mail, _ = store(top, "eml", "mbox", "Maildir", "mh")
        before = snapshot(mail)
        ran = fix(mail)
        same(ran.status, FINDINGS, ran.err)
        same_tree(snapshot(mail), before)
        check(len(planned(ran)) > 30, "few repairs: %d" % len(planned(ran)))
        same(ran.records()[-1]["repairs"]["edit"],
             sum(r["repair"]["action"] == "edit" for r in
                 ran.of_type("message")))
        same(os.listdir(top + "/state"), [])


@test
def a_dry_run_changes_no_access_time():
    """Mail programs see by it whether there is new mail in an mbox."""
    with folder() as top:
        mail, _ = store(top, "eml", "mbox", "Maildir")
        files = [os.path.join(where, n) for where, _, names in os.walk(mail)
                 for n in names]
        for path in files:
            os.utime(path, (946684800, 946684801))
        read(files[0])
        if os.stat(files[0]).st_atime == 946684800:
            raise Skip("access times are not kept here")
        os.utime(files[0], (946684800, 946684801))
        for what in ([mail], files):
            fix(*what)
            same([p for p in files if os.stat(p).st_atime != 946684800], [])


LAWS = [
    ("default", [], ["eol.bare-cr", "eol.crcrlf", "eol.bare-lf",
                     "eol.crlf", "eol.cr-only"]),
    ("to crlf", ["--to", "crlf"], ["eol.bare-cr", "eol.crcrlf",
                                   "eol.bare-lf"]),
    ("to lf", ["--to", "lf"], ["eol.bare-cr", "eol.crcrlf", "eol.crlf"]),
    ("CR to newline", ["--cr", "newline"], ["eol.crcrlf", "eol.bare-lf"]),
    ("CR dropped", ["--cr", "drop"], ["eol.crcrlf", "eol.bare-lf"]),
    ("NUL to space", ["--nul", "space"], ["limit.nul", "eol.bare-cr"]),
    ("NUL dropped", ["--nul", "drop"], ["eol.bare-cr"]),
    ("stuffed", ["--eod", "stuff"], ["eol.bare-cr"]),
    ("removed", ["--eod", "remove"], ["eol.bare-cr"]),
    ("look-alikes alone", ["--code", "eod.*"], []),
]


def law(name, options, gone):
    with folder() as top:
        mail, state = store(top, "eml", "mbox", "Maildir", "Maildir-crlf",
                            "mh", "smuggle")
        options = options + ["--allow-signed"]
        first = snapshot(mail)
        plan = fix(*options, mail)
        done = fix("--apply", "--state", state, *options, mail)
        check(done.status in (CLEAN, FINDINGS), done.err)
        said = outcomes(done)
        same({o["status"] for o in said.values()}, {"done"}, name)
        same(set(said), {r["path"] for r in planned(plan)}, name)
        same(sum(o["messages"] + o["taken_out"] for o in said.values()),
             len(planned(plan)), "messages, " + name)

        old, new = by_base(first), by_base(snapshot(mail))
        same(set(old), set(new), "files, " + name)
        for path, (data, mode, mtime, uid) in old.items():
            is_mbox = path.startswith("mbox/")
            same(skeleton(new[path][0]) == skeleton(data) or
                 "removed" in name or "stuffed" in name or is_mbox, True,
                 "other bytes: %s, %s" % (path, name))
            same(new[path][1], mode, "mode")
            if new[path][0] == data:
                same(new[path][2], mtime, "mtime, " + path)
            if not is_mbox and "removed" not in name:
                for a, b in zip(lone_dots(new[path][0]), lone_dots(data)):
                    check(a <= b, "a lone dot: %s, %s" % (path, name))

        again = fix(*options, mail)
        same([r["path"] for r in planned(again)], [], "again, " + name)
        refused = {r["path"] for r in again.of_type("message")
                   if r["repair"]["action"] == "refused"}
        judged = [a for o in (["--eol", "crlf"] if "--to" in options and
                              "crlf" in options else []) for a in (o,)]
        left = baredot("scan", "-f", "ndjson", "-j", "1", *judged, mail)
        for m in left.of_type("message"):
            for f in m["findings"]:
                check(f["code"] not in gone or m["path"] in refused or
                      f["severity"] == "info",
                      "left: %s in %s, %s" % (f["code"], m["path"], name))

        undo = baredot("undo", "last", "--apply", "--state", state)
        same(undo.status, CLEAN, undo.err)
        same_tree(snapshot(mail), first, "undo, " + name)


def add_laws():
    for name, options, gone in LAWS:
        def one(name=name, options=options, gone=gone):
            law(name, options, gone)
        one.__name__ = "the laws of repairs hold: " + name
        test(one)


add_laws()


@test
def a_reviewed_report_names_the_messages_and_no_others_are_touched():
    with folder() as top:
        mail, state = store(top, "eml", "mbox", "Maildir")
        report = os.path.join(top, "report.ndjson")
        ran = baredot("scan", "-f", "ndjson", "-o", report, mail)
        records = [strict_json(line) for line in read(report).splitlines()]
        wanted = [r for r in records if r["type"] == "message" and
                  any(f["code"] == "eol.bare-cr" and f["severity"] != "info"
                      for f in r["findings"])]  # info: of a binary part
        check(len(wanted) > 3, ran.err)
        changed = wanted.pop()
        check(changed["path"] not in {w["path"] for w in wanted})
        write(report, b"".join(json.dumps(r).encode() + b"\n" for r in
                               wanted + [changed]))
        data = read(changed["path"])
        write(changed["path"], data + b"more\n")
        before = snapshot(mail)
        done = fix("--from", report, "--apply", "--state", state)
        same(set(outcomes(done)), {w["path"] for w in wanted})
        after = by_base(snapshot(mail))
        touched = {p for p, e in by_base(before).items()
                   if after[p][0] != e[0]}
        same(len(touched), len({w["path"] for w in wanted}))
        check(os.path.relpath(changed["path"], mail) not in touched)


@test
def odd_bytes_in_names_and_messages_are_in_a_report_too():
    with folder() as top:
        mail, state = store(top)
        path = os.fsencode(mail) + b"/odd\xff\xe2\x80\xae.eml"
        old = (b"From: a@example.org\nMessage-ID: <\0\xff\x1b@x>\n\n"
               b"x\ry\n")
        with open(path, "wb") as f:
            f.write(old)
        report = os.path.join(top, "report")
        baredot("scan", "-f", "ndjson", "-o", report, mail)
        done = fix("--from", report, "--apply", "--state", state)
        same((done.status, len(outcomes(done))), (CLEAN, 1), done.err)
        with open(path, "rb") as f:
            same(f.read(), old.replace(b"x\ry", b"x y"))


@test
def many_messages_of_a_folder_named_from_where_one_is():
    with folder() as top:
        mail, state = store(top)
        for i in range(150):
            write("%s/M/cur/%d.M%dP1.host,S=60:2,S" % (mail, i, i),
                  MAIL % i + b"x\ry\n")
        for part in ("new", "tmp"):
            os.mkdir("%s/M/%s" % (mail, part))
        first = snapshot(mail)
        done = fix("--apply", "--state", state, "M/cur", "M/new", cwd=mail)
        same(done.status, CLEAN, done.err)
        same([o["status"] for o in outcomes(done).values()], ["done"] * 150)
        for name in os.listdir(mail + "/M/cur"):
            same(os.path.getsize(mail + "/M/cur/" + name),
                 int(re.search(r",S=(\d+)", name).group(1)))
        same(baredot("undo", "last", "--apply", "--state", state).status,
             CLEAN)
        same_tree(snapshot(mail), first)


@test
def what_is_no_report_is_refused():
    with folder() as top:
        bad = write(top + "/x", b"{\"type\":\"message\",\"path\":\"y\"}\n")
        same(fix("--from", bad).status, USAGE)
        same(fix("--from", write(top + "/z", b"hello\n")).status, USAGE)
        same(fix("--from", top + "/none").status, UNREADABLE)


@test
def a_signature_that_matches_is_not_broken_without_leave():
    with folder() as top:
        mail, state = store(top, "dkim")
        ran = fix(mail)
        by = {os.path.basename(r["path"]): r["repair"] for r in
              ran.of_type("message")}
        for name in ("fix-breaks.crlf.eml", "fix-breaks.lf.eml"):
            same(by[name]["action"], "refused", name)
            check("DKIM" in by[name]["why"], by[name]["why"])
            same(by[name]["signature"], "broken")
        for name in ("fix-restores.crlf.eml",):
            same(by[name]["signature"], "restored", name)
        leave = fix("--allow-signed", "--apply", "--state", state, mail)
        check(mail + "/dkim/fix-breaks.lf.eml" in outcomes(leave), leave.err)
        baredot("undo", "last", "--apply", "--state", state)
        same(read(mail + "/dkim/fix-breaks.lf.eml"),
             read(SAMPLES + "/dkim/fix-breaks.lf.eml"))


@test
def quarantine_takes_out_and_restore_brings_back():
    with folder() as top:
        mail, _ = store(top, "smuggle", "Maildir", "eml")
        box = write(mail + "/box", b"".join(
            FROM + MAIL % i + (b"x\n.\r\ny\n" if i % 3 == 0 else b"ok\n") +
            b"\n" for i in range(10)))
        into = os.path.join(top, "q")
        os.mkdir(into, 0o700)
        first = snapshot(mail)
        plan = fix(mail, "--into", into, command="quarantine")
        same_tree(snapshot(mail), first)
        done = fix("--apply", mail, "--into", into, command="quarantine")
        same(done.status, CLEAN, done.err)
        same({o["status"] for o in outcomes(done).values()}, {"done"})
        same(outcomes(done)[box]["taken_out"], 4)
        same(read(box), b"".join(FROM + MAIL % i + b"ok\n\n"
                                 for i in range(10) if i % 3))
        for r in planned(plan):
            check(r["format"] == "mbox" or not os.path.exists(r["path"]),
                  r["path"])
        listed = [strict_json(line) for line in
                  baredot("quarantine", "--list", into, "-f",
                          "ndjson").out.splitlines()]
        same(sorted(r["sha256"] for r in listed),
             sorted(r["sha256"] for r in planned(plan)))
        same({r["state"] for r in listed}, {"in-quarantine"})
        check(all(os.path.isabs(r["path"]) for r in listed))
        same(baredot("quarantine", "--verify", into).status, CLEAN)
        manifest = [strict_json(line) for line in
                    read(into + "/manifest.ndjson").splitlines()]
        same(len(manifest), len(listed))
        left = fix(mail, "--into", into, command="quarantine")
        same(planned(left), [])
        back = baredot("restore", "--into", into, "--apply")
        same(back.status, CLEAN, back.err)
        same_tree(snapshot(mail), first)


@test
def what_is_done_does_not_depend_on_the_report():
    with folder() as top:
        trees, manifests = [], []
        for report in ("ndjson", "text", "html"):
            mail, _ = store(os.path.join(top, report), "smuggle", "Maildir",
                            "eml", "mbox", "archives")
            state, into = mail + ".state", mail + ".q"
            for place in (state, into):
                os.mkdir(place, 0o700)
            fix("-f", report, "--apply", "--state", state, mail)
            fix("-f", report, "--apply", mail, "--into", into,
                command="quarantine")
            # A new name in a Maildir has something random.
            trees.append({re.sub("R[0-9a-f]{16}", "R", k): v[:2]
                          for k, v in snapshot(mail).items()})
            manifests.append(sorted(
                (os.path.relpath(r["path"], mail), r["index"], r["sha256"])
                for r in map(strict_json, baredot(
                    "quarantine", "--list", into, "-f",
                    "ndjson").out.splitlines())))
        check(len(manifests[0]) > 3, manifests[0])
        for tree, manifest in zip(trees[1:], manifests[1:]):
            same_tree(tree, trees[0])
            same(manifest, manifests[0])


LENGTHS = (             # of the one message, as IMAP counts: longer or not
    ([], b"a\rb\n", False), (["--cr", "drop"], b"a\rb\n", False),
    (["--cr", "newline"], b"a\rb\n", True), ([], b"a\r\r\nb\n", False),
    ([], b"a\r\nb\n", False), (["--to", "crlf"], b"a\n", False),
    (["--to", "lf"], b"a\r\n" * 3, False),
    (["--nul", "drop"], b"a\0b\n", False),
    (["--eod", "stuff"], b"a\n.\r\nb\n", True),
    (["--eod", "remove"], b"a\n.\r\nb\n", False),
    (["--eod", "encode", "--reencode"], b"a\n.\r\nb\n", True),
    (["--fix", "MISSING_DATE_HEADER"], b"a\n", True))


@test
def an_mbox_whose_messages_get_longer_says_so():
    for options, body, longer in LENGTHS:
        with folder() as top:
            mail, state = store(top)
            box = write(mail + "/box", FROM + MAIL % 1 + body)
            alone = write(mail + "/alone.eml", MAIL % 1 + body)
            got = outcomes(fix("--apply", "--state", state, *options, mail))
            same(got[box]["status"], "done", options)
            same("doveadm mailbox cache remove" in got[box].get("note", ""),
                 longer, options)
            check("note" not in got.get(alone, {}), options)


@test
def undo_says_that_messages_are_longer_again():
    for cr, longer in (("drop", True), ("newline", False)):
        with folder() as top:
            mail, state = store(top)
            write(mail + "/box", FROM + MAIL % 1 + b"a\rb\n")
            fix("--apply", "--state", state, "--cr", cr, mail)
            back = baredot("undo", "last", "--apply", "--state", state, "-f",
                           "ndjson").of_type("outcome")
            same([("doveadm" in o.get("note", "")) for o in back], [longer])


@test
def folder_data_stays_when_the_first_message_goes():
    with folder() as top:
        mail, _ = store(top)
        into = os.path.join(top, "q")
        os.mkdir(into, 0o700)
        data = (FROM + b"From: a@example.com\nX-IMAP: 1 2\n\n"
                b"folder data\n\n")
        rest = FROM + MAIL % 2 + b"ok\n"
        box = write(mail + "/box", data + FROM + MAIL % 1 +
                    b"x\n.\r\ny\n\n" + rest)
        done = fix("--apply", mail, "--into", into, command="quarantine")
        same(outcomes(done)[box]["taken_out"], 1)
        same(read(box), data + rest)
        listed, = [strict_json(line) for line in
                   baredot("quarantine", "--list", into, "-f",
                           "ndjson").out.splitlines()]
        same(listed["separator"].encode() + b"\n", FROM)


@test
def objects_are_content_addressed_and_nobody_else_may_read_them():
    with folder() as top:
        mail, _ = store(top, "smuggle")
        into = os.path.join(top, "q")
        os.mkdir(into, 0o700)
        fix("--apply", mail, "--into", into, command="quarantine")
        import hashlib
        count = 0
        for where, _, names in os.walk(into):
            for name in names:
                if os.path.basename(where) != "blobs":
                    continue
                path = os.path.join(where, name)
                same(hashlib.sha256(read(path)).hexdigest(), name)
                same(os.stat(path).st_mode & 0o777, 0o400)
                count += 1
        check(count > 3, count)


@test
def a_look_alike_may_be_sent_to_quarantine_by_fix():
    with folder() as top:
        mail, state = store(top)
        write(mail + "/a.eml", MAIL % 1 + b"x\n.\r\ny\n")
        write(mail + "/b.eml", MAIL % 2 + b"x\ry\n")
        done = fix("--apply", "--state", state, "--eod", "quarantine", mail)
        same(outcomes(done)[mail + "/a.eml"]["taken_out"], 1)
        same(os.listdir(mail), ["b.eml"])
        same(read(mail + "/b.eml"), MAIL % 2 + b"x y\n")


@test
def a_state_folder_in_the_store_or_open_to_others_is_refused():
    with folder() as top:
        mail, state = store(top, "eml")
        inside = mail + "/state"
        first = snapshot(mail)
        for where in (inside, inside + "/", mail + "/no/such/folder//"):
            ran = fix("--apply", "--state", where, mail)
            same(ran.status, UNREADABLE, ran.err)
            check("mail store" in ran.err, ran.err)
        home = dict(os.environ, HOME=mail, XDG_STATE_HOME=mail + "/a/b")
        if os.geteuid() != 0:
            ran = fix("--apply", mail, env=home)
            check("mail store" in ran.err, ran.err)
        same(sorted(os.listdir(mail)), ["eml"])
        os.mkdir(inside, 0o700)
        ran = fix("--apply", "--state", inside, mail)
        same(ran.status, UNREADABLE, ran.err)
        check("mail store" in ran.err, ran.err)
        os.chmod(state, 0o755)
        ran = fix("--apply", "--state", state, mail)
        same(ran.status, UNREADABLE, ran.err)
        check("0700" in ran.err, ran.err)
        same_tree(snapshot(mail), first)


@test
def originals_of_other_runs_are_never_changed():
    with folder() as top:
        mail, state = store(top, "mbox", "eml")
        fix("--apply", "--state", state, mail)
        kept = {p: what for p, what in snapshot(state).items()
                if "/blobs/" in p}
        check(len(kept) > 1, kept)
        other = top + "/other"
        os.mkdir(other, 0o700)
        for command in (("fix",), ("quarantine", "--min-severity", "low")):
            ran = fix("--apply", "--into" if len(command) > 1 else "--state",
                      other, *command[1:], state, command=command[0])
            same(planned(ran), [], command)
            for r in ran.of_type("message"):
                check("baredot undo" in r["repair"]["why"], r)
            check(ran.of_type("message"), command)
        same_tree({p: what for p, what in snapshot(state).items()
                   if "/blobs/" in p}, kept)


@test
def a_state_folder_that_cannot_be_made_says_why():
    with folder() as top:
        mail, state = store(top, "eml")
        write(top + "/file", b"")
        os.symlink("nowhere", top + "/link")
        for where, why in (("/file", "Not a directory"),
                           ("/none/state", "No such file or directory"),
                           ("/link", "Not a directory")):
            ran = fix("--apply", "--state", top + where, mail)
            same(ran.status, UNREADABLE, ran.err)
            check(why in ran.err, ran.err)


@test
def two_at_once_are_kept_apart():
    with folder() as top:
        mail, state = store(top, "eml")
        import fcntl
        with open(state + "/lock", "w") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            f.write("process 1 (fix) since now\n")
            f.flush()
            report = write(top + "/report", b"the one before\n")
            ran = fix("--apply", "--state", state, "-o", report, mail)
        same(read(report), b"the one before\n")
        same(sorted(os.listdir(top)), ["mail", "report", "state"])
        same(ran.status, INTERRUPTED, ran.err)
        check("in use" in ran.err, ran.err)


@test
def a_run_that_has_nothing_to_do_leaves_nothing():
    with folder() as top:
        mail, state = store(top)
        write(mail + "/a.eml", MAIL % 1 + b"x\n")
        same(fix("--apply", "--state", state, mail).status, CLEAN)
        same(os.listdir(state + "/runs"), [])


@test
def header_fields_are_repaired_where_that_is_asked_for():
    with folder() as top:
        mail, state = store(top)
        path = write(mail + "/a.eml",
                     b"From: a@example.org\nSubject : x\n\nbody\rmore\n")
        os.utime(path, (1700000000, 1700000000))
        done = fix("--apply", "--state", state, "--fix",
                   "MISSING_DATE_HEADER|NAME_ENDS_WITH_SPACE|"
                   "MISSING_MIME_VERSION", mail)
        same(done.status, CLEAN, done.err)
        same(read(path), b"From: a@example.org\nSubject: x\n"
             b"Date: Tue, 14 Nov 2023 22:13:20 +0000\n"
             b"MIME-Version: 1.0\n\nbody\rmore\n")
        again = fix("--fix", "all", "--code", "conform.missing-date-header",
                    mail)
        check(again.status in (CLEAN, FINDINGS), again.err)


@test
def a_part_is_encoded_only_where_that_is_asked_for():
    with folder() as top:
        mail, state = store(top)
        old = (b"From: a@example.org\nMIME-Version: 1.0\n"
               b"Content-Type: multipart/mixed; boundary=b\n\n--b\n"
               b"Content-Type: text/plain; charset=iso-8859-1\n"
               b"Content-Transfer-Encoding: 8bit\n\n\xe9\n.\r\nz\n--b\n\n"
               b"plain\n--b--\n")
        path = write(mail + "/a.eml", old)
        same(fix("--eod", "encode", mail).status, USAGE)
        dry = fix("--eod", "encode", "--reencode", mail)
        same([(r["repair"]["before"]["look_alike"],
               r["repair"]["after"]["look_alike"],
               r["repair"]["after"]["crlf"], r["repair"]["parts_encoded"])
              for r in dry.of_type("message")], [(1, 0, 0, 1)])
        done = fix("--apply", "--state", state, "--eod", "encode",
                   "--reencode", mail)
        same(done.status, CLEAN, done.err)
        new = read(path)
        check(b"Content-Transfer-Encoding: quoted-printable\n\n"
              b"=E9\n=2E\nz\n--b\n\nplain\n--b--\n" in new, new)
        import email
        part = email.message_from_bytes(new).get_payload()[0]
        same(part.get_payload(decode=True).replace(b"\r\n", b"\n"),
             b"\xe9\n.\nz", "as another reader decodes it")


@test
def several_parts_are_encoded_and_what_is_between_them_is_repaired():
    with folder() as top:
        mail, state = store(top)
        part = (b"--b\nX: \rx\nContent-Type: text/plain; charset=iso-8859-1\n"
                b"Content-Transfer-Encoding: 8bit\n\n%s\n")
        texts = [b"\xe9 %d\n.\r\n" % i + b"z" * 100 * i for i in range(9)]
        path = write(mail + "/a.eml",
                     b"From: a@example.org\nMIME-Version: 1.0\n"
                     b"Content-Type: multipart/mixed; boundary=b\n\n" +
                     b"".join(part % t for t in texts) + b"--b--\n")
        done = fix("--apply", "--state", state, "--eod", "encode",
                   "--reencode", mail)
        same((done.status, len(outcomes(done))), (CLEAN, 1), done.err)
        new = read(path)
        same(new.count(b"X:  x\n"), len(texts))
        import email
        got = [p.get_payload(decode=True).replace(b"\r\n", b"\n") for p in
               email.message_from_bytes(new).get_payload()]
        same(got, [t.replace(b"\r\n", b"\n") for t in texts])


@test
def content_length_is_kept_right_and_a_wrong_one_is_not_believed():
    with folder() as top:
        mail, state = store(top)
        body = b"a\r\nb\r\nc\nd\nFrom here\nx\n"
        head = (b"From: a@example.org\nContent-Length: %d\nLines: 6\n\n")
        box = write(mail + "/box", FROM + head % len(body) + body + b"\n" +
                    FROM + MAIL % 1 + b"ok\n\n")
        done = fix("--apply", "--state", state, mail)
        same(done.status, CLEAN, done.err)
        body = body.replace(b"\r", b"")
        same(read(box), FROM + head % len(body) + body + b"\n" + FROM +
             MAIL % 1 + b"ok\n\n")


@test
def messages_over_the_limit_and_compressed_ones_are_left_alone():
    with folder() as top:
        mail, state = store(top, "gzip")
        write(mail + "/a.eml", MAIL % 1 + b"x\ry\n" + b"z" * 2000 + b"\n")
        first = snapshot(mail)
        ran = fix("--apply", "--state", state, "--limit", "1K", mail)
        same(ran.status, UNREADABLE if ran.of_type("unreadable") else
             FINDINGS, ran.err)
        for r in ran.of_type("message"):
            same(r["repair"]["action"], "refused", r["path"])
        same_tree(snapshot(mail), first)


@test
def wrong_options_are_explained():
    with folder() as top:
        for args, word in ((["--to", "cr"], "native"),
                           (["--cr", "x"], "newline"),
                           (["--limit", "x"], "64M"),
                           (["--fix", "SPOON"], "SPOON")):
            ran = fix(*args, top)
            same(ran.status, USAGE, args)
            check(word in ran.err, ran.err)
        same(fix(top, command="quarantine").status, USAGE)
        same(fix().status, USAGE)


@test
def text_says_it_in_a_line_for_each_message():
    with folder() as top:
        mail, state = store(top)
        path = write(mail + "/a.eml", MAIL % 1 + b"x\ry\n")
        ran = baredot("fix", "-f", "text", mail)
        check(("%s:1:0: edit: bare CR 1 -> 0; 53 -> 53 bytes\n" %
               path).encode() in ran.out, ran.out)
        check(b"--apply does it" in ran.out, ran.out)
        ran = baredot("fix", "-f", "text", "--apply", "--state", state, mail)
        check(("%s: done: 1 repaired, 1 edit\n" % path).encode() in
              ran.out, ran.out)
        said = re.search(rb"to take it back: baredot (undo .*)\n", ran.out)
        same(baredot(*said.group(1).decode().split()).status, CLEAN)


def all_of(command, state):
    return ("--state", state) if command == "fix" else (
        "--into", state, "-m", "info", "-c", "eol.*,eod.*")


@test
def that_messages_may_be_longer_is_said_where_one_is():
    """... as IMAP counts: line ends as two bytes, without Content-Length."""
    for options, body, longer in [
            ([], b"x\r\n.y\nabcdefghijklmnopqr\n", False),
            ([], b"x\n.\r\ny\r\r\nz\n", False),
            (["--to", "crlf"], b"x\n" * 49 + b"y\rz\n", False),
            (["--cr", "newline"], b"x\ry\n", True),
            (["--cr", "newline", "--nul", "drop"], b"x\ry\0z\n", False),
            (["--eod", "stuff"], b"x\n.\0y\n.\0\n", True)]:
        with folder() as top:
            mail, state = store(top)
            box = write(mail + "/box", FROM + MAIL[:-1] % 1 +
                        b"Content-Length: %d\n\n" % len(body) + body + b"\n")
            done = fix("--apply", "--state", state, *options, box)
            out = outcomes(done)[box]
            same((out["status"], "note" in out), ("done", longer),
                 "%s %r %s" % (options, body, out))
            length = re.search(rb"^Content-Length: (\d+)\r?$", read(box),
                               re.M).group(1)
            same(int(length), len(read(box)) - 1 - len(
                re.split(rb"\r?\n\r?\n", read(box))[0]) - (
                    4 if b"\r\n\r\n" in read(box) else 2), options)


@test
def what_a_server_keeps_is_read_and_never_changed():
    why = {"dbox": "Dovecot keeps it, and its size or place elsewhere: "
                   "doveadm save, then doveadm expunge",
           "emlx": "Apple Mail keeps it, and its size or place elsewhere: "
                   "save it from Mail",
           "cyrus": "Cyrus keeps it, and its size or place elsewhere: "
                    "APPEND by IMAP, then expunge",
           "mmdf": "an MMDF mailbox is not changed: convert it to an mbox"}
    why["emlx-partial"] = why["emlx"]
    for command in ("fix", "quarantine"):
        for apply in ([], ["--apply"]):
            with folder() as tmp:
                mail, state = store(tmp, "apple", "dbox", "cyrus", "mmdf")
                before = snapshot(mail)
                ran = fix(*all_of(command, state), *apply, mail,
                          command=command)
                same(ran.status, UNREADABLE)
                same(snapshot(mail), before)
                got = ran.of_type("message")
                same({m["format"] for m in got}, set(why))
                for m in got:
                    if m["repair"]["action"] == "none":
                        continue
                    same((m["repair"]["action"], m["repair"]["why"]),
                         ("refused", why[m["format"]]), m["path"])
                same(sum(m["repair"]["action"] == "refused" for m in got),
                     {"fix": 5, "quarantine": 6}[command])


@test
def a_copy_of_such_a_file_under_any_name_is_not_changed_either():
    with folder() as tmp:
        mail, state = store(tmp, "apple", "dbox", "mmdf")
        for name in ("dbox/m.1", "apple/2.emlx", "mmdf/inbox"):
            os.rename(os.path.join(mail, name), os.path.join(
                mail, name.replace("/", "-") + ".copy"))
        shutil.rmtree(os.path.join(mail, "dbox"))
        shutil.rmtree(os.path.join(mail, "apple"))
        before = snapshot(mail)
        for command in ("fix", "quarantine"):
            ran = fix(*all_of(command, state), "--apply", mail,
                      command=command)
            same(snapshot(mail), before)
            same({m["format"]: m["repair"]["action"]
                  for m in ran.of_type("message")},
                 dict.fromkeys(("dbox", "emlx", "mmdf"), "refused"))


@test
def in_an_archive_they_stay_as_they_are():
    with folder() as tmp:
        mail, state = store(tmp, "apple", "dbox", "mmdf", "mh")
        tar = os.path.join(tmp, "all.tar")
        subprocess.run(["tar", "-C", mail, "-cf", tar, "."], check=True)
        ran = fix("--state", state, "--apply", tar)
        out = os.path.join(tmp, "out")
        os.mkdir(out)
        subprocess.run(["tar", "-C", out, "-xf", tar], check=True)
        want, got = snapshot(mail), snapshot(out)
        same(sorted(p for p in want if got[p][0] != want[p][0]), ["mh/2"])
        same(ran.status, UNREADABLE)
        same(sorted(u["path"].split("!")[1] for u in
                    ran.of_type("unreadable")),
             ["./apple/4.emlx", "./dbox/m.1"])


run()
