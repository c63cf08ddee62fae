#!/usr/bin/python3
"""Repairs by shards of whole mailboxes, as on many machines: docs/cluster.md."""
import os
import shutil
import sys

sys.dont_write_bytecode = True
from cli import baredot, check, folder, read, run, same, test, write
from harness import FROM
from shards import MAIL

USERS = "abcdef"


def make_store(store):
    """Maildirs, mboxes and a folder of messages; every third of all has a bare
    CR, and every fifth a break that its repair makes shorter."""
    n = 0

    def mail():
        nonlocal n
        n += 1
        return MAIL % (n, n, b"a\rb" if n % 3 == 0 else
                       b"one\r\ntwo" if n % 5 == 0 else b"a line")
    for user in USERS:
        for part in ("cur", "new", "tmp"):
            os.makedirs("%s/%s/%s" % (store, user, part))
        for i in range(12):
            write("%s/%s/%s/17.M%dP1.example%s" % (
                store, user, "new" if i % 4 == 0 else "cur", i,
                "" if i % 4 == 0 else ":2,S"), mail())
        write("%s/%s.mbox" % (store, user), b"".join(
            FROM + mail() + b"\n" for _ in range(20)))
        write("%s/mh/%s" % (store, ord(user)), mail())


def contents(store):
    """Of each mailbox what is in it; a repaired message of a Maildir has another
    name."""
    found = {}
    for path, _, names in os.walk(store):
        maildir = os.path.basename(path) in ("cur", "new")
        for name in names:
            data = read(os.path.join(path, name))
            found.setdefault(path if maildir else os.path.join(path, name),
                             []).append(data)
    return {k: sorted(v) for k, v in found.items()}


def mailbox(path):
    folder_of, part = os.path.split(os.path.dirname(path))
    return folder_of if part in ("cur", "new") else path \
        if path.endswith(".mbox") else os.path.dirname(path)


def planned(top, n):
    """The files of the shards; the merged report is top/report."""
    out = "%s/shards.%d" % (top, n)
    plan = "%s/plan.%d" % (top, n)
    same(baredot("plan", top + "/mail", "--shards", str(n), "--split", "1",
                 "--whole-mailboxes", "-o", plan).status, 0)
    for i in range(1, n + 1):
        same(baredot("scan", "--plan", plan, "--shard", str(i), "--out", out,
                     "--exit-zero", "-j", "0").status, 0)
    same(baredot("merge", out, "--plan", plan, "-o",
                 top + "/report").status, 0)
    return [os.path.join(out, name) for name in sorted(os.listdir(out))]


def act(command, report, state, *options):
    """It is done, to each file; which ones."""
    os.makedirs(state, 0o700, exist_ok=True)
    ran = baredot(command, "--from", report, "--apply", "-f", "ndjson",
                  *options)
    done = ran.of_type("outcome")
    same((ran.status, {r["status"] for r in done}), (0, {"done"}), ran.err)
    return {mailbox(r["path"]) for r in done}


def messages(report):
    return sum(line.startswith(b'{"type":"message"')
               for line in read(report).split(b"\n"))


@test
def repairs_by_shards_are_those_of_one_run():
    with folder() as top:
        make_store(top + "/one")
        shutil.copytree(top + "/one", top + "/mail")
        old = contents(top + "/mail")
        planned(top, 1)
        everything = act("fix", top + "/report", top + "/state",
                         "--state", top + "/state")
        want = contents(top + "/mail")
        check(want != old, "nothing was repaired")
        for n in (2, 5, 9):
            shutil.rmtree(top + "/mail")
            shutil.copytree(top + "/one", top + "/mail")
            shards, seen = planned(top, n), []
            same(sum(map(messages, shards)), messages(top + "/report"))
            # The last first: no shard waits for another.
            for i, shard in reversed(list(enumerate(shards))):
                if messages(shard) == 0:
                    continue
                state = "%s/state.%d.%d" % (top, n, i)
                seen.append((state, act("fix", shard, state, "--state",
                                        state)))
            check(n < 9 or len(seen) > 4, "too few shards have mail")
            same(sum(len(s) for _, s in seen), len(everything),
                 "a mailbox in two shards")
            same(set.union(*(s for _, s in seen)), everything)
            same(contents(top + "/mail"), want)
            for state, _ in seen:
                same(baredot("undo", "last", "--state", state,
                             "--apply").status, 0)
            same(contents(top + "/mail"), old, "it is taken back")


@test
def quarantine_by_shards_is_that_of_one_run():
    with folder() as top:
        make_store(top + "/one")
        shutil.copytree(top + "/one", top + "/mail")
        old = contents(top + "/mail")
        planned(top, 1)
        act("quarantine", top + "/report", top + "/into", "--into",
            top + "/into", "-m", "low")
        want = contents(top + "/mail")
        shutil.rmtree(top + "/mail")
        shutil.copytree(top + "/one", top + "/mail")
        states = []
        for i, shard in enumerate(planned(top, 4)):
            states.append("%s/into.%d" % (top, i))
            act("quarantine", shard, states[-1], "--into", states[-1],
                "-m", "low")
        same(contents(top + "/mail"), want)
        for state in states:
            same(baredot("restore", "--into", state, "--apply").status, 0)
        same(contents(top + "/mail"), old, "it is back")


if __name__ == "__main__":
    run()
