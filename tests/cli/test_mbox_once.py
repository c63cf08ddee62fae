"""An mbox to which nobody wrote since it was scanned is not looked at again
before it is repaired; one that somebody wrote to is, and what comes of both is
the same.
"""
import fcntl
import gzip
import json
import os
import pwd
import shutil
import subprocess
import time

from harness import FROM, OPT, ROOT, SAN, Skip, check, main, same, write

SETTLED = 3.5           # seconds since a change: then times tell
FORKS = "trace=fork,vfork,clone,clone3"
LOCKS = "trace=fcntl"


def mail(i, body):
    return FROM + b"From: a@b.example\nMessage-ID: <%d@example.org>\n\n" % i + \
        body + b"\n"


DEFECTS = (b"a CR\rin a line\n", b"CRLF\r\n", b"in order\n",
           b"a NUL, which is kept\0\n",
           b"x\n.\r\nMAIL FROM:<a@b.example>\r\n", b"twice\r\r\n.\n")
SIGNED = (b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nsigned\rtext\n"
          b"-----BEGIN PGP SIGNATURE-----\n\naaaa\n"
          b"-----END PGP SIGNATURE-----\n")
SMALL = b"".join(mail(i, b"line %d\n" % i * (i % 50) + DEFECTS[i % 6])
                 for i in range(60)) + mail(60, SIGNED)
MANY = SMALL + mail(61, b"one\rtwo\r\n" * 400)
# Ranges of it are scanned side by side.
LARGE = b"".join(mail(i, b"some line of text\n" * 20000 + DEFECTS[i % 6])
                 for i in range(200))


def need_strace():
    if shutil.which("strace") is None:
        raise Skip("there is no strace")
    r = subprocess.run(["strace", "-o", "/dev/null", "true"],
                       stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if r.returncode != 0:
        raise Skip("strace does not work here")


def settle(*paths):
    last = max(os.stat(p).st_ctime for p in paths)
    while time.time() < last + SETTLED:
        time.sleep(0.1)


def command(path, *options, exe=SAN):
    """A repair, and what strace says of it."""
    log, state = path + ".log", path + ".state"
    shutil.rmtree(state, ignore_errors=True)
    os.mkdir(state, 0o700)
    return log, ["strace", "-f", "-o", log, "-e", *options[:1], exe,
                 *options[1:], "--into" if "quarantine" in options else
                 "--state", state, "--apply", "-j", "2", "-f", "ndjson", path]


def lines(log, *words):
    with open(log) as f:
        return [x for x in f if all(w in x for w in words)]


def act(path, *options, exe, said=b""):
    """What came of a repair, and how many processes it took."""
    log, line = command(path, FORKS, *options, exe=exe)
    env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")   # it traces, too
    r = subprocess.run(line, stdin=subprocess.DEVNULL, env=env, timeout=120,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(r.returncode in ((2,) if said else (0, 1)) and
          r.stderr.startswith(said) and bool(r.stderr) == bool(said),
          r.stderr.decode())
    told = [json.loads(x) for x in r.stdout.splitlines()]
    outcomes = [{k: v for k, v in x.items() if k != "path"} for x in told
                if x["type"] == "outcome"]
    return outcomes, len(lines(log, " = "))


def compare(folder, data, *options, exe=SAN):
    """A settled one and one of this moment: how many processes less; what
    came of both."""
    once, twice = folder + "/once", folder + "/twice"
    write(once, data)
    write(twice, data)
    later = time.time() + 3600      # of which no time tells anything
    os.utime(twice, (later, later))
    settle(once)
    a, b = (act(x, *options, exe=exe) for x in (once, twice))
    same(a[0], b[0], "outcome")
    with open(once, "rb") as f, open(twice, "rb") as g:
        out = f.read()
        check(out == g.read(), "the files differ")
    check(out != data, "nothing was done")
    return b[1] - a[1], a[0]


def nobody_looks_again(folder):
    """What is settled is repaired as the scan said, and as a second look would
    have it."""
    need_strace()
    less, outcomes = compare(folder, SMALL, "fix")
    same(less, 1, "processes less")
    same([(o["status"], o["messages"], o["left_alone"]) for o in outcomes],
         [("done", 40, 1)], "outcome")


def ranges_are_told_in_order(folder):
    """The same for one that is scanned in ranges."""
    need_strace()
    check(len(LARGE) > 64 << 20, "it is not large")
    same(compare(folder, LARGE, "fix", exe=OPT)[0], 1, "processes less")


def many_edits_are_seen_again(folder):
    """Where a message has many edits, or goes, somebody looks again."""
    need_strace()
    same(compare(folder, MANY, "fix")[0], 0, "processes less")
    same(compare(folder, SMALL, "quarantine", "--min-severity", "medium")[0],
         0, "processes less")


def a_scan_that_was_not_whole(folder):
    """Where something could not be read, what the scan said may not be all."""
    need_strace()
    stores = [folder + "/once", folder + "/twice"]
    for store in stores:
        os.mkdir(store)
        write(store + "/box", SMALL)
        write(store + "/cut.gz", gzip.compress(SMALL)[:-20])
    later = time.time() + 3600
    os.utime(stores[1] + "/box", (later, later))
    settle(*(s + "/box" for s in stores))
    a, b = (act(s, "fix", exe=SAN,
                said=b"baredot: 1 could not be read") for s in stores)
    same(a, b, "outcome and processes")
    same([o["status"] for o in a[0]], ["done"], "outcome")


OPTIONS = ([], ["--to", "crlf"], ["--to", "lf"], ["--cr", "newline"],
           ["--cr", "drop", "--nul", "drop", "--allow-signed"],
           ["--eod", "stuff"], ["--eod", "remove"],
           ["--eod", "encode", "--reencode"], ["--eod", "quarantine"],
           ["--fix", "MISSING_DATE_HEADER|MISSING_MESSAGE_ID_HEADER|"
            "MISSING_MIME_VERSION|LINE_TOO_LONG"])


def repaired(top, again):
    """What is in the files below, and the records, without their names.
    again: they are changed just before."""
    found, told = {}, []
    for i, options in enumerate(OPTIONS):
        store = "%s/%d" % (top, i)
        for name in os.listdir(store) if again else ():
            os.chmod(store + "/" + name, 0o600)
        os.mkdir(store + ".state", 0o700)
        r = subprocess.run(
            [SAN, "fix", "--apply", *options, "--state", store + ".state",
             "-f", "ndjson", store], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        check(r.returncode in (0, 1) and not r.stderr, r.stderr.decode())
        told += [{k: v for k, v in x.items() if k != "path"} for x in
                 map(json.loads, r.stdout.splitlines())
                 if x["type"] == "outcome"]
        for name in os.listdir(store):
            with open(store + "/" + name, "rb") as f:
                found[i, name] = f.read()
    return found, told


def what_gets_smaller_takes_less(folder):
    """The new mbox has no blocks behind its end."""
    path = folder + "/box"
    write(path, mail(1, b"a line\r\n" * 600000))
    state = folder + "/state"
    os.mkdir(state, 0o700)
    before = os.stat(path)
    subprocess.run([SAN, "fix", "--apply", "--to", "lf", "--state", state,
                    "-f", "ndjson", path], check=True,
                   stdout=subprocess.DEVNULL)
    after = os.stat(path)
    same(after.st_size, before.st_size - 600000, "size")
    check(before.st_size > 4 << 20, "it is too small to get room first")
    check(after.st_blocks * 512 <= after.st_size + 65536,
          "%d blocks for %d bytes" % (after.st_blocks, after.st_size))


def room_is_the_owners(folder):
    """Room for the new mbox of another is made with his rights: his quota is
    kept."""
    need_strace()
    if os.getuid() != 0:
        raise Skip("only root can have files of others")
    owner = pwd.getpwnam("nobody")
    os.chmod(folder, 0o755)
    path = folder + "/mail/box"
    write(path, mail(1, b"a line\r\n" * 300000))
    for name in (folder + "/mail", path):
        os.chown(name, owner.pw_uid, owner.pw_gid)
    log, line = command(path, "trace=fallocate,setresuid", "fix", exe=OPT)
    subprocess.run(line + ["--to", "lf"], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    as_whom = 0
    made = []
    for call in lines(log, " = 0"):
        if "setresuid" in call:
            as_whom = int(call.split(", ")[1])
        else:
            made.append(as_whom)
    same(made, [0, owner.pw_uid], "who made room, for the copy and for it")


def samples_come_out_the_same(folder):
    """The same for all mboxes among the samples, under all kinds of
    options."""
    stores = [folder + "/once", folder + "/twice"]
    for store in stores:
        for i in range(len(OPTIONS)):
            shutil.copytree(ROOT + "/samples/mbox", "%s/%d" % (store, i))
    time.sleep(SETTLED)
    a, b = repaired(stores[0], False), repaired(stores[1], True)
    same(a[1], b[1], "outcomes")
    check(len(a[1]) > 40, "too little was done: %d" % len(a[1]))
    same([k for k in a[0] if a[0][k] != b[0][k]], [], "files that differ")


def mail_that_came_meanwhile(folder):
    """What was delivered between the scan and the repair is there, and is
    repaired too."""
    need_strace()
    path = folder + "/box"
    write(path, SMALL)
    settle(path)
    log, line = command(path, LOCKS, "fix")
    with open(path, "r+b") as f:
        fcntl.lockf(f, fcntl.LOCK_EX)
        child = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
        end = time.monotonic() + 60
        # Until it waits for the lock, it has scanned.
        while not (os.path.exists(log) and lines(log, "SETLK", "EAGAIN")):
            check(time.monotonic() < end, "it does not come to the lock")
            time.sleep(0.05)
        f.seek(0, os.SEEK_END)
        f.write(mail(99, DEFECTS[0]))
        f.flush()
    out = child.communicate(timeout=60)[0]
    told = [json.loads(x) for x in out.splitlines()]
    same([(x["status"], x["messages"]) for x in told if
          x["type"] == "outcome"], [("done", 41)], "outcome")
    with open(path, "rb") as f:
        got = f.read()
    check(got.endswith(mail(99, DEFECTS[0]).replace(b"\r", b" ")),
          "what came is not there, or as it was")
    same(got.count(b"\nFrom: "), 62, "messages")


if __name__ == "__main__":
    main([nobody_looks_again, ranges_are_told_in_order,
          many_edits_are_seen_again, a_scan_that_was_not_whole,
          what_gets_smaller_takes_less, room_is_the_owners,
          samples_come_out_the_same, mail_that_came_meanwhile])
