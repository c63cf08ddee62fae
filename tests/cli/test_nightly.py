"""Scans that keep what they find: the report is that of a scan that reads all,
whatever became of the store, of the clock, and of the state."""
import os
import random
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
import time

sys.dont_write_bytecode = True
from harness import (FROM, OPT, ROOT, SAN, Report, Skip, check, maildir, main,
                     message, need, same, scan, shim, small_tree, start, write)
from processes import children, kill

# What a report says of the scan, and not of the store.
OF_THE_SCAN = ("as_of", "start", "end", "milliseconds", "command",
               "files_not_read", "new_only", "new_messages_by_severity")
LATER = 100         # seconds: so all that was written is settled


def plain(report):
    return [{k: v for k, v in r.items() if k not in OF_THE_SCAN}
            for r in report.records]


def nightly(state, *args, later=LATER, exe=OPT, env=None, **more):
    env = dict(env or {}, CLOCK_LATER=str(later))
    if exe == SAN:
        env["ASAN_OPTIONS"] = "detect_leaks=0:verify_asan_link_order=0"
    return scan("-f", "ndjson", "--state", state, *args, exe=exe,
                shim=shim("clock"), env=env, **more)


def as_if_all_were_read(state, store, *args, **more):
    got = nightly(state, *args, store, **more)
    want = scan("-f", "ndjson", *args, store)
    check(got.status == want.status, got.err + want.err)
    got.whole()
    for a, b in zip(plain(got), plain(want)):
        same(a, b, "a record")
    same(len(got.records), len(want.records), "records")
    return got


def not_read(report):
    return report.summary["files_not_read"]


def baseline(state, word):
    done = subprocess.run([OPT, "baseline", word, "--state", state],
                          capture_output=True, text=True)
    same((done.returncode, done.stderr), (0, ""), "baseline " + word)
    return done.stdout


# --- the law

def mail(rng, length=None):
    """With a Content-Length that may be right, or reach anywhere."""
    body = b"".join(rng.choice((b"text\n", b".\r\n", b"a\rb\n", b"\n",
                                b"From me\n", b"x" * 50 + b"\n"))
                    for _ in range(rng.randrange(40)))
    said = b""
    if length is not None:
        said = b"Content-Length: %d\n" % length(len(body))
    return (b"From: a@b.example\nMessage-ID: <%d@x>\n" % rng.randrange(1 << 40)
            + said + b"\n" + body)


def boxed(rng):
    wrong = rng.randrange(20)
    return FROM + mail(rng, None if wrong > 2 else lambda n:
                       n + rng.choice((0, 0, 1, 500, 3000))) + b"\n"


def big(rng, size):
    filler = (FROM + message("fill", False, b"0123456789 abcdef\n" * 500) +
              b"\n")
    out, n = [], 0
    while n < size:
        out.append(filler if rng.randrange(8) else boxed(rng))
        n += len(out[-1])
    return b"".join(out)


class Store:
    """A store, and what people and programs do with it."""

    def __init__(self, root, seed):
        self.root, self.rng, self.n = root, random.Random(seed), 0
        for d in ("M/new", "M/cur", "M/tmp", "box", "mh"):
            os.makedirs(os.path.join(root, d))
        for _ in range(8):
            self.deliver()
        for i in range(3):
            write(root + "/mh/%d" % (i + 1), mail(self.rng))
        write(root + "/box/small", boxed(self.rng) * 3)
        write(root + "/box/big", big(self.rng, 1 << 20))
        write(root + "/box/bigger", big(self.rng, 5 << 20))
        write(root + "/box/picture.png", b"\x89PNG\r\n\0\0\1\2")
        with tarfile.open(root + "/box/a.tar", "w") as tar:
            tar.add(root + "/mh", "mh")

    def pick(self, *folders):
        all_of_them = [os.path.join(self.root, f, n) for f in folders
                       for n in sorted(os.listdir(self.root + "/" + f))]
        return self.rng.choice(all_of_them) if all_of_them else None

    def deliver(self):
        self.n += 1
        write(self.root + "/M/new/%d.M%dP1.host" % (1700000000 + self.n,
                                                    self.n), mail(self.rng))

    def see(self):
        p = self.pick("M/new")
        if p:
            os.rename(p, p.replace("/new/", "/cur/") + ":2,S")

    def flag(self):
        p = self.pick("M/cur")
        if p:
            os.rename(p, p.split(":2,")[0] + ":2," +
                      self.rng.choice(("S", "RS", "FS")))

    def delete(self):
        p = self.pick("M/new", "M/cur", "mh")
        if p:
            os.unlink(p)

    def rewrite(self):
        """As long as before, and with the time of before: only its ctime
        tells."""
        p = self.pick("M/new", "M/cur", "mh", "box")
        st = os.stat(p)
        with open(p, "r+b") as f:
            data = f.read()
            at = data.find(b"text\n")
            if at >= 0:
                f.seek(at)
                f.write(b"t\rxt\n")
        os.utime(p, ns=(st.st_atime_ns, st.st_mtime_ns))

    def replace(self):
        p = self.pick("M/new", "M/cur", "mh")
        if p:
            write(p + ".new", mail(self.rng))
            os.rename(p + ".new", p)

    def append(self):
        with open(self.pick("box"), "ab") as f:
            for _ in range(self.rng.randrange(1, 30)):
                f.write(boxed(self.rng))

    def append_text(self):
        """To the last message, which then is another one."""
        with open(self.root + self.rng.choice(("/box/big", "/box/bigger")),
                  "ab") as f:
            f.write(self.rng.choice((b"more\n", b".\r\n", b"From us\n",
                                     b"From a@b.ex", b"\n\n", FROM)))

    def append_much(self):
        with open(self.root + "/box/bigger", "ab") as f:
            f.write(big(self.rng, 2 << 20))

    def cut(self):
        p = self.root + self.rng.choice(("/box/big", "/box/bigger"))
        os.truncate(p, max(1 << 19, os.path.getsize(p) -
                           self.rng.randrange(1 << 20)))

    def expunge(self):
        """Take a message out of the middle, and deliver more than it had."""
        p = self.root + self.rng.choice(("/box/big", "/box/bigger"))
        with open(p, "rb") as f:
            data = f.read()
        a = data.find(FROM, len(data) // 3)
        b = data.find(FROM, a + 1)
        with open(p, "r+b") as f:
            f.write(data[:a] + data[b:] + boxed(self.rng) * 40)

    def rest(self):
        pass

    def step(self):
        what = self.rng.choice((
            self.deliver, self.see, self.flag, self.delete, self.rewrite,
            self.replace, self.append, self.append, self.append_text,
            self.append_text, self.append_much, self.cut, self.expunge,
            self.rest))
        what()
        return what.__name__


def law(folder, seed, steps, *args, **more):
    store, state = folder + "/s%d" % seed, folder + "/state%d" % seed
    s = Store(store, seed)
    same(not_read(as_if_all_were_read(state, store, *args, **more)), 0,
         "nothing is known")
    done = []
    for i in range(steps):
        done.append(s.step())
        try:
            r = as_if_all_were_read(state, store, *args, **more)
            check(not_read(r) > 0, "something is always known")
        except Exception as why:
            why.args = ("seed %d, after %s: %s" % (seed, done, why),)
            raise
    shutil.rmtree(store)


def the_report_is_that_of_a_full_scan(folder):
    """After any sequence of deliveries, renames, deletions, rewrites, appended
    and cut mboxes the report is that of a scan that reads everything."""
    for seed in range(6):
        law(folder, seed, 25, later=LATER)
    law(folder, 100, 20, "-j0", "--all")
    law(folder, 101, 12, exe=SAN)


def what_did_not_change_is_not_read(folder):
    """Nothing is read of what did not change, and its records say as of
    when."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    first = as_if_all_were_read(state, store)
    files = sum(len(f) for _, _, f in os.walk(store))
    second = as_if_all_were_read(state, store)
    same((not_read(first), not_read(second)), (0, files), "files not read")
    same([m for m in first.messages if "as_of" in m], [], "as_of")
    same([m for m in second.messages if "as_of" not in m], [], "no as_of")
    need("strace")
    trace = folder + "/trace"
    subprocess.run(traced(trace, "openat") + [
        "-f", OPT, "scan", "-f", "ndjson", "-j1", "--state", state, store],
        stdout=subprocess.DEVNULL, check=False)
    with open(trace) as f:
        text = f.read()
    check("scan.sqlite" in text and "e1.eml" not in text, "it was opened")


def a_folder_that_moved_is_read_anew(folder):
    """The path is in the report: under another one, or from elsewhere, it is
    the right one."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    as_if_all_were_read(state, store)
    os.rename(store + "/eml", store + "/moved")
    as_if_all_were_read(state, store)
    as_if_all_were_read(state, store + "/../store")
    as_if_all_were_read(state, store + "/mh/1")
    as_if_all_were_read(state, store)


def what_the_report_depends_on_is_part_of_it(folder):
    """With other options, or other rules, all is read again."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    rules = write(folder + "/own.rules",
                  b"rule one { scope = raw pattern = 'text' message = 'm' }\n")
    more = (["--all"], ["--eol", "crlf"], ["--min-severity", "high"],
            ["--code", "eod.*"], ["--hash"], ["--target", "gmail"],
            ["--rules", rules], ["--check", "LINE_TOO_LONG"], ["--dkim"],
            ["--unpack", "none"], ["-v"], ["--format-in", "eml"], [])
    as_if_all_were_read(state, store)
    for args in more:
        r = as_if_all_were_read(state, store, *args)
        same(not_read(r), 0, args)
    args = ["--rules", rules]
    as_if_all_were_read(state, store, *args)
    check(not_read(as_if_all_were_read(state, store, *args)) > 0, "again")
    write(rules, b"rule one { scope = raw pattern = 'tex' message = 'm' }\n")
    same(not_read(as_if_all_were_read(state, store, *args)), 0, "new rules")
    for form in ("text", "json"):
        a = nightly(state, "-f", form, store)
        b = nightly(state, "-f", form, store)
        check(b"as of 20" in b.out or b'"as_of":"20' in b.out, form)
        same(len(a.out.splitlines()), len([x for x in b.out.splitlines()
             if b"not read again" not in x]), form)


# --- the clock

def what_changed_just_now_is_read_again(folder):
    """A file that was changed within two seconds before the scan, or later, is
    not trusted the next time."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    for later in (0, 0, 1):
        r = as_if_all_were_read(state, store, later=later)
        same(not_read(r), 0, "read, %d s later" % later)
    as_if_all_were_read(state, store, later=10)
    check(not_read(as_if_all_were_read(state, store, later=10)) > 0, "later")
    p = store + "/eml/e1.eml"
    os.utime(p, (2e9, 2e9))             # in the future
    as_if_all_were_read(state, store, later=20)
    known = not_read(as_if_all_were_read(state, store, later=30))
    same(known, not_read(as_if_all_were_read(state, store, later=31)), "same")
    files = sum(len(f) for _, _, f in os.walk(store))
    same(known, files - 1, "all but that of the future")


def a_clock_that_was_set_back_is_noticed(folder):
    """After the clock was set back everything is read once."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    as_if_all_were_read(state, store, later=1000)
    check(not_read(as_if_all_were_read(state, store, later=1000)) > 0, "kept")
    r = as_if_all_were_read(state, store, later=500)
    same(not_read(r), 0, "nothing is trusted")
    check("set back" in r.err, r.err)
    check(not_read(as_if_all_were_read(state, store, later=500)) > 0, "kept")


# --- mboxes that grow

def a_grown_mbox_is_read_from_near_its_end(folder):
    """Of an mbox that grew little is read; of one that was changed at its
    start, all."""
    box, state = folder + "/box", folder + "/state"
    write(box, big(random.Random(1), 40 << 20))
    as_if_all_were_read(state, box)
    for n in range(3):
        with open(box, "ab") as f:
            f.write(boxed(random.Random(n)) * 20)
        r = as_if_all_were_read(state, box, later=LATER + n)
        kept = [m for m in r.messages if "as_of" in m]
        fresh = [m for m in r.messages if "as_of" not in m]
        check(kept and fresh and max(m["offset"] for m in kept) <
              min(m["offset"] for m in fresh), "kept before fresh")
        check(os.path.getsize(box) - min(m["offset"] for m in fresh) <
              3 << 20, "read from near the end")
    as_if_all_were_read(state, box, later=LATER + 50)
    r = as_if_all_were_read(state, box, later=LATER + 60)
    check(len({m["as_of"] for m in r.messages}) > 1, "each says of when")
    with open(box, "r+b") as f:
        f.write(FROM.replace(b"a@b", b"c@d"))
        f.seek(0, 2)
        f.write(boxed(random.Random(9)))
    r = as_if_all_were_read(state, box)
    same([m for m in r.messages if "as_of" in m], [], "kept")


def a_busy_mbox_is_gone_on_with_too(folder):
    """One that was changed just before the scan is gone on with when it has
    grown, and read whole when it has not."""
    box, state = folder + "/box", folder + "/state"
    write(box, big(random.Random(1), 9 << 20))
    for n in range(4):
        r = as_if_all_were_read(state, box, later=0)
        same(any("as_of" in m for m in r.messages), n > 0, "kept")
        with open(box, "ab") as f:
            f.write(boxed(random.Random(n)) * 20)
    as_if_all_were_read(state, box, later=0)
    with open(box, "r+b") as f:         # as long as before
        data = f.read(5 << 20)
        f.seek(data.rindex(b"0123456789 a"))
        f.write(b"01234\r6789 a")
    r = as_if_all_were_read(state, box, later=0)
    same(any("as_of" in m for m in r.messages), False, "kept")


def content_lengths_that_point_to_the_end(folder):
    """Where a message may become longer as the mbox grows, it is read
    whole."""
    for at in (0, 1, 3, 2000, 4000, 100000):
        box, state = folder + "/box%d" % at, folder + "/state%d" % at
        rest = big(random.Random(at), 3 << 20)
        head = FROM + b"From: a@b.example\nContent-Length: "
        tail = b"\n\ntext\n\n"
        for digits in range(6, 9):
            body = len(tail) - 2 + len(rest) + at
            if len(str(body)) == digits:
                write(box, head + b"%d" % body + tail + rest)
        as_if_all_were_read(state, box)
        with open(box, "ab") as f:
            f.write(b"x" * (at - 1) + b"\n" if at else b"")
            f.write(boxed(random.Random(2)) * 3)
        as_if_all_were_read(state, box)


def a_last_message_that_is_long(folder):
    """A last message longer than the last range, to which text is added, is
    judged as a whole."""
    for n in (900000, 1048000, 1048576, 1100000, 3000000):
        box, state = folder + "/box%d" % n, folder + "/state%d" % n
        write(box, big(random.Random(n), 2 << 20) + FROM +
              message("long", False, b"0123456789abcde\n" * (n // 16)))
        as_if_all_were_read(state, box)
        for more in (b"a\rb\n", b".\r\n" * 9, b"From a@b.exa", b"mple Mon",
                     b" Jan  1 00:00:00 2024\n", b"From: a@b.example\n",
                     boxed(random.Random(n)) * 9):
            with open(box, "ab") as f:
                f.write(more)
            as_if_all_were_read(state, box)


def a_message_in_two_files(folder):
    """Where only the other file of a message changed it is read again."""
    store, state = folder + "/store", folder + "/state"
    for name in ("exim", "opensmtpd", "kumomta", "haraka", "postfix"):
        shutil.copytree(ROOT + "/samples/" + name, store + "/" + name)
    seen = as_if_all_were_read(state, store)
    n = 0
    for top, _, names in os.walk(store):
        for name in names:
            path = top + "/" + name
            with open(path, "rb") as f:
                data = f.read()
            for new in (data[:-2] + b"\r\n", data + b"x\ry\n", None, data):
                if new is None:
                    os.unlink(path)
                else:
                    write(path, new)
                r = as_if_all_were_read(state, store)
                n += plain(r)[1:-1] != plain(seen)[1:-1]
            same(plain(r)[1:], plain(seen)[1:], "as it was")
    check(n > 20, "something changed")


def what_changes_while_it_is_read(folder):
    """What is changed while a scan reads it is not kept."""
    store, state = folder + "/store", folder + "/state"
    write(store + "/big", big(random.Random(7), 24 << 20))
    for i in range(40):
        write(store + "/m/%d.eml" % i, message("c%d" % i, False))
    stop = threading.Event()

    def change():
        rng = random.Random(8)
        while not stop.is_set():
            with open(store + "/m/%d.eml" % rng.randrange(40), "r+b") as f:
                f.seek(46)
                f.write(rng.choice((b"t\rxt", b"text")))
            with open(store + "/big", "r+b") as f:
                f.seek(rng.randrange(24 << 20))
                f.write(rng.choice((b"a\rb", b"\n.\n", b"abc")))

    for _ in range(8):
        stop.clear()
        thread = threading.Thread(target=change)
        thread.start()
        for _ in range(3):
            nightly(state, store)
        stop.set()
        thread.join()
        as_if_all_were_read(state, store)


# --- what is new

def only_what_is_new_is_reported(folder):
    """--new-only is silent of what the baseline knows, under any name and in
    any folder, and the exit status says whether there is more."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    full = scan("-f", "ndjson", store)
    r = nightly(state, "--new-only", store).whole_but_stores()
    same(len(r.messages), len(full.messages), "all is new")
    same(r.status, 1, "status")
    same(len(nightly(state, "--new-only", store).messages),
         len(full.messages), "still new")
    check("accepted" in baseline(state, "accept"), "accepted")
    r = nightly(state, "--new-only", store).whole_but_stores()
    same((r.messages, r.status), ([], 0), "nothing is new")
    same(r.summary["flagged"], full.summary["flagged"], "all are counted")
    cur = store + "/a/Maildir/cur"
    for name in sorted(os.listdir(cur)):
        os.rename(cur + "/" + name, cur + "/" + name + "T")
    os.rename(store + "/mh", store + "/elsewhere")
    box = store + "/boxes/box1"
    with open(box, "r+b") as f:         # all offsets are others
        data = f.read()
        f.seek(0)
        f.write(FROM + message("first", False) + b"\n" + data)
    r = nightly(state, "--new-only", store)
    same((r.messages, r.status), ([], 0), "nothing is new")
    write(store + "/eml/e99.eml", message("e99"))
    r = nightly(state, "--new-only", store)
    same([m["path"] for m in r.messages], [store + "/eml/e99.eml"], "new")
    same(r.status, 1, "status")
    same(nightly(state, "--new-only", "--exit-zero", store).status, 0, "zero")
    r = nightly(state, "--new-only", "--baseline", store)
    same((len(r.messages), r.status), (1, 1), "told once")
    same(nightly(state, "--new-only", "--baseline", store).status, 0, "known")
    same(nightly(state, store).status, 1, "without --new-only")
    same(baseline(state, "show").split()[1], "known,", "show")


def nothing_is_accepted_that_nobody_saw(folder):
    """--baseline accepts nothing when the report could not be written."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    r = nightly(state, "--baseline", "-o", "/dev/full", store)
    same(r.status, 2, "status")
    same(baseline(state, "show").split()[0], "0", "known")
    r, w = os.pipe()
    os.close(r)
    child = start("--state", state, "--baseline", "-a", store, stdout=w)
    os.close(w)
    same(child.wait(), 75, "nobody reads it")
    same(baseline(state, "show").split()[0], "0", "known")
    nightly(state, "--baseline", store)
    check(baseline(state, "show").split()[0] != "0", "known")


def one_more_finding_in_a_message_is_new(folder):
    """A message that is known for one thing is told for another."""
    store, state = folder + "/store", folder + "/state"
    write(store + "/a.eml", message("a"))
    nightly(state, "--baseline", store)
    rules = write(folder + "/own.rules",
                  b"rule one { scope = raw pattern = 'text' message = 'm' }\n")
    r = nightly(state, "--new-only", "--rules", rules, store)
    same(len(r.messages), 1, "told")


def cron_is_silent_when_nothing_is_new(folder):
    """--cron says nothing at all when there is nothing to say."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    r = scan("--cron", "--state", state, store)
    check(b"e1.eml" in r.out and b"baseline accept" in r.out, r.out)
    same((r.status, r.err), (1, ""), "told")
    baseline(state, "accept")
    for _ in range(2):
        r = scan("--cron", "--state", state, store)
        same((r.status, r.out, r.err), (0, b"", ""), "silent")
    for form in ("json", "ndjson"):
        r = scan("--cron", "-f", form, "--state", state, store)
        same((r.status, r.out, r.err), (0, b"", ""), "silent")
    write(store + "/eml/e99.eml", message("e99"))
    r = scan("--cron", "--state", state, store)
    check(b"e99.eml" in r.out and b"e1.eml" not in r.out, r.out)
    same(r.status, 1, "status")
    r = scan("--cron", "--state", state, store, folder + "/nowhere")
    same(r.status, 2, "status")
    check(b"nowhere" in r.out and "could not be read" in r.err, r.out)
    out = folder + "/report"
    baseline(state, "accept")
    r = scan("--cron", "-o", out, "--state", state, store)
    same((r.status, r.out, os.path.exists(out)), (0, b"", True), "a file")


# --- those who watch

def metrics_are_for_a_textfile_collector(folder):
    """--metrics-file: each with HELP and TYPE, mode 0644, whole."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    prom = folder + "/baredot.prom"
    old = os.umask(0o077)
    r = nightly(state, "--metrics-file", prom, store)
    os.umask(old)
    same(stat.S_IMODE(os.stat(prom).st_mode), 0o644, "mode")
    with open(prom) as f:
        text = f.read()
    check(text.endswith("\n"), "its end")
    values, declared = {}, set()
    for line in text.splitlines():
        if line.startswith("#"):
            declared.add(line.split()[2])
            continue
        name, value = line.rsplit(" ", 1)
        check(name.split("{")[0] in declared, name)
        values[name] = float(value)
    s = r.summary
    same(values["baredot_messages"], s["messages"], "messages")
    same(values["baredot_scan_exit_status"], s["exit_status"], "status")
    for k, v in s["messages_by_severity"].items():
        same(values['baredot_flagged_messages{severity="%s"}' % k], v, k)
    same(values['baredot_new_messages{severity="high"}'],
         s["new_messages_by_severity"]["high"], "new")
    nightly(state, "--metrics-file", prom, store)
    with open(prom) as f:
        check("baredot_files_not_read 0" not in f.read(), "again")
    same(os.listdir(folder).count("baredot.prom"), 1, "no temporaries")
    other = write(folder + "/other", b"x")
    os.unlink(prom)
    os.symlink(other, prom)             # by who owns the folder
    nightly(state, "--metrics-file", prom, store)
    check(not os.path.islink(prom), "the link is replaced")
    with open(other, "rb") as f:
        same(f.read(), b"x", "what it led to")
    r = scan("--metrics-file", folder + "/no/such/x", store)
    check("--metrics-file" in r.err, r.err)
    same(r.status, 1, "it is no reason to say less")


def a_line_goes_to_syslog(folder):
    """--syslog: numbers, and a warning when something is new."""
    if os.path.exists("/dev/log"):
        raise Skip("there is a syslog here already")
    if not os.access("/dev", os.W_OK):
        raise Skip("no socket can be made in /dev")
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.settimeout(20)
    log.bind("/dev/log")
    try:
        store, state = small_tree(folder + "/store"), folder + "/state"
        for word, priority in (("not in", b"<20>"), ("0 not in", b"<22>")):
            nightly(state, "--syslog", "--baseline", store)
            line = log.recv(1000)
            check(line.startswith(priority), line)
            check(word.encode() in line and b"scan: " in line, line)
    finally:
        log.close()
        os.unlink("/dev/log")


def nice_is_for_the_workers_too(folder):
    """--nice: the scan and its workers come last."""
    child = start("--nice", "-j1", "-", stdin=subprocess.PIPE,
                  stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 20
        while not children(child.pid) and time.monotonic() < end:
            time.sleep(0.01)
        for pid in [child.pid, *children(child.pid)]:
            with open("/proc/%d/stat" % pid) as f:
                same(int(f.read().rsplit(")", 1)[1].split()[16]), 10, "nice")
    finally:
        child.stdin.close()
        child.wait()


# --- the state

def one_scan_at_a_time(folder):
    """A second scan with the same state ends with 75 and says who has it, and
    a run of fix is not in its way."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    child = start("--state", state, "-j1", "-", stdin=subprocess.PIPE,
                  stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 20
        while not os.path.exists(state + "/scan.lock") or \
                not os.path.getsize(state + "/scan.lock"):
            check(time.monotonic() < end, "no lock")
            time.sleep(0.01)
        out = folder + "/report"
        r = scan("--state", state, "-o", out, store)
        same((r.status, r.out, os.path.exists(out)), (75, b"", False), "75")
        check("process %d (scan)" % child.pid in r.err, r.err)
        done = subprocess.run([OPT, "baseline", "accept", "--state", state],
                              capture_output=True)
        same(done.returncode, 75, "baseline")
        done = subprocess.run([OPT, "fix", "--apply", "--state", state,
                               store + "/eml"], capture_output=True)
        same(done.returncode, 0, done.stderr)
    finally:
        child.stdin.close()
        child.wait()
    same(scan("--state", state, store).status, 1, "free again")


def a_hostile_state_folder_is_refused(folder):
    """A folder or database that others may write, links, other files: refused,
    and nothing is scanned by it or written to it."""
    store = small_tree(folder + "/store")

    def refused(state, what):
        r = scan("--state", state, store)
        same((r.status, r.out), (2, b""), what)
        check("baredot: " in r.err, r.err)

    state = folder + "/open"
    os.mkdir(state, 0o755)
    refused(state, "a folder open to others")
    same(os.listdir(state), [], "nothing is made")
    os.symlink(folder + "/open", folder + "/link")
    refused(folder + "/link", "a link")
    refused(write(folder + "/file", b"x"), "a file")
    refused(folder + "/no/such/parent", "no parent")
    for i, make in enumerate((
            lambda p: os.symlink(folder + "/file", p),
            lambda p: os.mkfifo(p, 0o600), lambda p: os.mkdir(p),
            lambda p: os.chmod(write(p, b""), 0o644),
            lambda p: os.link(os.path.dirname(p) + "/other", p))):
        state = folder + "/state%d" % i
        os.mkdir(state, 0o700)
        os.chmod(write(state + "/other", b"x"), 0o600)
        make(state + "/scan.sqlite")
        refused(state, "database %d" % i)
    with open(folder + "/file", "rb") as f:
        same(f.read(), b"x", "the file behind the link")
    state = folder + "/lock"
    os.mkdir(state, 0o700)
    os.symlink(folder + "/file", state + "/scan.lock")
    refused(state, "a lock that is a link")
    inside = store + "/state"
    r = scan("--state", inside, store)
    same((r.status, r.out, os.path.exists(inside)), (2, b"", False),
         "in the store")
    check("in the mail store" in r.err, r.err)


def modes_are_for_us_alone(folder):
    """What is made is 0700 and 0600, whatever the umask is."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    old = os.umask(0)
    nightly(state, store)
    os.umask(old)
    same(stat.S_IMODE(os.stat(state).st_mode), 0o700, "folder")
    for name in os.listdir(state):
        same(stat.S_IMODE(os.stat(state + "/" + name).st_mode), 0o600, name)


def workers_see_nothing_of_it(folder):
    """No worker has a descriptor in the state folder."""
    state = folder + "/state"
    child = start("--state", state, "-j2", "-", stdin=subprocess.PIPE,
                  stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 20
        workers = []
        while len(workers) < 2 and time.monotonic() < end:
            workers = children(child.pid)
        time.sleep(0.3)
        same(len(workers), 2, "workers")
        for pid in workers:
            for fd in os.listdir("/proc/%d/fd" % pid):
                to = os.readlink("/proc/%d/fd/%s" % (pid, fd))
                check("state" not in to, to)
    finally:
        child.stdin.close()
        child.wait()


def a_damaged_database_is_said_and_made_anew(folder):
    """Whatever is written over the database, the report is that of a full
    scan, or says what could not be had; no finding comes of it."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    want = plain(scan("-f", "ndjson", store))
    rng = random.Random(1)
    nightly(state, store)
    with open(state + "/scan.sqlite", "rb") as f:
        good = f.read()
    seen = set()
    for i in range(120):
        data = bytearray(good)
        if i == 0:
            data = bytearray(b"no database at all" * 300)
        elif i == 1:
            data = data[:5000]
        elif i == 2:
            data[:16] = bytes(16)
        else:
            for _ in range(rng.choice((1, 1, 4, 60))):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        with open(state + "/scan.sqlite", "wb") as f:
            f.write(data)
        r = nightly(state, store, exe=SAN if i % 4 == 0 else OPT)
        got = plain(r)
        if r.status == 2:
            seen.add("told")
            check(r.unreadable or "state of scans" in r.err, r.err)
        else:
            seen.add("as before")
            same(got[1:-1], want[1:-1], "records, damage %d" % i)
            same(got[-1], want[-1], "summary, damage %d" % i)
        known = [m for m in want if m["type"] == "message"]
        for m in got:
            check(m["type"] != "message" or m in known, "damage %d" % i)
        if "was damaged" in r.err:
            seen.add("made anew")
            os.unlink(state + "/scan.sqlite.damaged")
        for _ in range(3):      # what is told is mended by that
            r = nightly(state, store)
        same((r.status, r.err), (1, ""), "afterwards, damage %d" % i)
    same(seen, {"told", "as before", "made anew"}, "seen")


def rows_of_another_version_are_not_trusted(folder):
    """A database of another version, or none of ours, is put aside."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    for sql in ("PRAGMA user_version = 99", "PRAGMA application_id = 1",
                "DROP TABLE known"):
        nightly(state, store)
        db = sqlite3.connect(state + "/scan.sqlite")
        db.execute(sql)
        db.commit()
        db.close()
        r = as_if_all_were_read(state, store)
        check("was damaged" in r.err and not_read(r) == 0, r.err)
        check(os.path.exists(state + "/scan.sqlite.damaged"), "put aside")


def what_is_gone_is_forgotten(folder):
    """Rows of files that are gone go, those of other stores stay."""
    state = folder + "/state"
    a, b = small_tree(folder + "/a"), small_tree(folder + "/b")
    nightly(state, a)
    nightly(state, b)
    shutil.rmtree(b + "/a")
    nightly(state, b)
    write(b + "/eml/e1.eml", message("e1", False))
    write(a + "/boxes/big", big(random.Random(1), 4 << 20))
    nightly(state, a)
    write(a + "/boxes/big", big(random.Random(1), 2 << 20))
    nightly(state, a)
    nightly(state, b)

    def rows(below):
        db = sqlite3.connect(state + "/scan.sqlite")
        n = sum(p.startswith(below.encode()) for (p,) in
                db.execute("SELECT path FROM file"))
        lost = db.execute("SELECT count(*) FROM text WHERE file NOT IN "
                          "(SELECT id FROM file)").fetchone()[0]
        more = db.execute("SELECT count(*) FROM text JOIN file ON file.id = "
                          "text.file WHERE n >= texts").fetchone()[0]
        db.close()
        same(lost, 0, "texts of nothing")
        same(more, 0, "texts of nobody")
        return n
    same(rows(a + "/"), sum(len(f) for _, _, f in os.walk(a)), "of a")
    same(rows(b + "/"), sum(len(f) for _, _, f in os.walk(b)), "of b")


def traced(out, calls):
    return ["strace", "-qq", "-o", out, "-E", "LD_PRELOAD=" + shim("clock"),
            "-E", "CLOCK_LATER=%d" % LATER, "-e", "trace=" + calls]


def killed_at_any_write_the_state_is_right(folder):
    """Killed at any write or sync of the database, the next report is that of
    a full scan, and so is that of one that was killed when it had begun."""
    need("strace")
    # CHECK_LONG: at each of them.
    step = 1 if "CHECK_LONG" in os.environ else 4
    store, state = folder + "/store", folder + "/state"
    small_tree(store)
    write(store + "/boxes/big", big(random.Random(5), 3 << 20))
    rng = random.Random(3)
    for round in range(2):
        for n in range(1 + round, 200, step):
            write(store + "/eml/e1.eml", message("e%d" % rng.randrange(100)))
            with open(store + "/boxes/big", "ab") as f:
                f.write(boxed(rng))
            calls = "pwrite64,fdatasync,fsync,ftruncate"
            done = subprocess.run(traced("/dev/null", calls) + [
                "-e", "inject=%s:signal=KILL:when=%d" % (calls, n), OPT,
                "scan", "-f", "ndjson", "--state", state, store],
                capture_output=True)
            if done.returncode in (0, 1):
                break
            if round == 0 or n % 16 == 2:
                r = as_if_all_were_read(state, store)
                check("damaged" not in r.err, r.err)
                if round == 0:
                    shutil.rmtree(state)
        check(n > 10, "it was killed %d times" % n)
        as_if_all_were_read(state, store)


def killed_at_any_time(folder):
    """Killed while it scans, again and again, it comes to the end."""
    store, state = folder + "/store", folder + "/state"
    maildir(store, 3000)
    rng = random.Random(4)
    for i in range(12):
        child = start("--state", state, store, stdout=subprocess.DEVNULL,
                      shim=shim("clock"), env={"CLOCK_LATER": str(LATER)})
        time.sleep(rng.random() * 0.2)
        child.kill()
        child.wait()
        write(store + "/new/%d.M1P2.host" % i, message("n%d" % i))
    as_if_all_were_read(state, store)


def workers_that_die(folder):
    """Workers are killed all the time: the scan after that is right."""
    store, state = folder + "/store", folder + "/state"
    maildir(store + "/m", 1500)
    write(store + "/big", big(random.Random(6), 12 << 20))
    for i in range(8):
        child = start("-f", "ndjson", "-j2", "--state", state, store,
                      shim=shim("clock"), env={"CLOCK_LATER": str(LATER)},
                      stdout=subprocess.PIPE)
        killed = 0
        while child.poll() is None and killed < 40:
            killed += kill(children(child.pid)[:1])
            # Not before some output was read: it must not wait for us.
            os.set_blocking(child.stdout.fileno(), False)
            child.stdout.read()
            time.sleep(0.002 * (i % 3))
        os.set_blocking(child.stdout.fileno(), True)
        child.communicate()
        as_if_all_were_read(state, store)
        if i % 2:
            shutil.rmtree(state)


def what_comes_from_a_pipe(folder):
    """Standard input is read each time; what is known of it is known."""
    state = folder + "/state"
    box = (FROM + message("p1") + b"\n" + FROM + message("p2", False) + b"\n")
    for want in (1, 1):
        r = piped(state, box, "--new-only")
        same((len(r.messages), r.status), (want, want), "new")
    baseline(state, "accept")
    r = piped(state, box, "--new-only")
    same((r.messages, r.status), ([], 0), "known")
    same(len(piped(state, box).messages), 1, "all")


def piped(state, data, *args):
    done = subprocess.run([OPT, "scan", "-f", "ndjson", "--state", state,
                           *args, "-"], input=data, capture_output=True)
    return Report(done.returncode, done.stdout, done.stderr.decode())


def its_reports_are_reports(folder):
    """fix and verify take a report with records of an earlier reading."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    nightly(state, store)
    r = nightly(state, store)
    report = write(folder + "/r.ndjson", r.out)
    check(b'"as_of"' in r.out, "as_of")
    done = subprocess.run([OPT, "verify", report], capture_output=True)
    same(done.returncode, 0, done.stderr + done.stdout[-300:])
    done = subprocess.run([OPT, "fix", "--from", report, "-f", "ndjson"],
                          capture_output=True)
    same(done.returncode, 1, done.stderr)
    same(done.stdout.count(b'"type":"message"'), len(r.messages), "messages")


def a_worker_that_dies_is_not_kept(folder):
    """What could not be read is tried again the next time, and a message that
    is told of it is told once."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    bad = store + "/eml/e1.eml"
    if os.geteuid() == 0:
        os.unlink(bad)
        write(store + "/boxes/cut.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\3\1\1")
    else:
        os.chmod(bad, 0)
    for _ in range(3):
        r = as_if_all_were_read(state, store)
        same(r.status, 2, "status")
        same(len(r.unreadable), 1, "unreadable")


# --- options

def what_does_not_go_together(folder):
    """--forensic and --redact keep no state, and say so."""
    store, state = small_tree(folder + "/store"), folder + "/state"
    for one in ("--forensic", "--redact"):
        for other in ("--incremental", "--new-only", "--baseline", "--cron",
                      "--state=" + state):
            r = scan(one, other, store)
            same((r.status, r.out), (64, b""), one + other)
            check(one in r.err, r.err)
    check(not os.path.exists(state), "nothing is made")
    for words in ((), ("accep",), ("accept", "more"), ("accept", "--apply")):
        done = subprocess.run([OPT, "baseline", *words], capture_output=True)
        same(done.returncode, 64, words)


def the_state_is_where_xdg_says(folder):
    """Without --state it is below XDG_STATE_HOME."""
    store = small_tree(folder + "/store")
    more = {}
    if os.geteuid() == 0:               # root has its own place
        more["user"] = 65534
        os.chmod(folder, 0o711)
        os.mkdir(folder + "/x")
        os.chown(folder + "/x", 65534, 65534)
        if subprocess.run([OPT, "--version"], user=65534,
                          capture_output=True).returncode != 0:
            raise Skip("nobody may not run it")
    r = scan("--incremental", store, env={"XDG_STATE_HOME": folder + "/x"},
             **more)
    same((r.status, r.err), (1, ""), "status")
    check(os.path.exists(folder + "/x/baredot/scan.sqlite"), "made")


def whole_but_stores(report):
    """A whole report, in which stores are left out."""
    same(report.of("store"), [], "stores")
    same(report.summary["records"], len(report.records), "records")
    return report


Report.whole_but_stores = whole_but_stores

if __name__ == "__main__":
    main([
        the_report_is_that_of_a_full_scan, what_did_not_change_is_not_read,
        a_folder_that_moved_is_read_anew,
        what_the_report_depends_on_is_part_of_it,
        what_changed_just_now_is_read_again,
        a_clock_that_was_set_back_is_noticed,
        a_grown_mbox_is_read_from_near_its_end,
        a_busy_mbox_is_gone_on_with_too,
        content_lengths_that_point_to_the_end, a_last_message_that_is_long,
        a_message_in_two_files, what_changes_while_it_is_read,
        only_what_is_new_is_reported,
        nothing_is_accepted_that_nobody_saw, one_more_finding_in_a_message_is_new,
        cron_is_silent_when_nothing_is_new,
        metrics_are_for_a_textfile_collector, a_line_goes_to_syslog,
        nice_is_for_the_workers_too, one_scan_at_a_time,
        a_hostile_state_folder_is_refused, modes_are_for_us_alone,
        workers_see_nothing_of_it, a_damaged_database_is_said_and_made_anew,
        rows_of_another_version_are_not_trusted, what_is_gone_is_forgotten,
        killed_at_any_write_the_state_is_right, killed_at_any_time,
        workers_that_die, what_comes_from_a_pipe, its_reports_are_reports,
        a_worker_that_dies_is_not_kept, what_does_not_go_together,
        the_state_is_where_xdg_says,
    ])
