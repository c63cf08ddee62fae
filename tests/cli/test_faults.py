"""What goes wrong below baredot: it is said, and nothing else is lost."""
import json
import os
import random
import re
import resource
import signal
import subprocess
import time

from harness import (FROM, Mbox, OPT, SAN, Skip, check, main, need, same,
                     scan, shim, small_tree, start, write)
from processes import children, kill

CLEAN = (b"x" * 71 + b"\n") * 14563          # 1 MiB, nearly
HEAD = b"From: a@b.example\n"
DIRTY = b"dot\n.\r\nend\n"


def fault(call, do, **more):
    """Arguments of scan() that make calls fail."""
    env = {"FAULT_CALL": call, "FAULT_DO": str(do)}
    env.update({"FAULT_" + k.upper(): str(v) for k, v in more.items()})
    return {"shim": shim("fault"), "env": env}


def key(m):
    """A message without its index: others may be lost before it."""
    return {k: v for k, v in m.items() if k != "index"}


def keys(report, but=lambda m: False):
    return [key(m) for m in report.messages if not but(m)]


def boxes(folder, mib=24):
    """An mbox with a MARKER in the middle, and small files around."""
    small_tree(folder)
    box = Mbox(folder + "/k/box")
    for i in range(mib):
        dirt = b"MARKER " if i == mib // 2 else b""
        box.add(HEAD + b"Subject: %d\n\n" % i, CLEAN, dirt + DIRTY)
    return box.close()


def shrinks(folder, size, keep, at):
    """Scan a file of that size that is cut to `keep` before it is read for
    the at-th time."""
    small_tree(folder)
    body = CLEAN * (size // len(CLEAN)) + b".\r\n"
    victim = write(folder + "/k/victim.eml", HEAD + b"\n" + body)
    if keep < 0:
        keep += os.path.getsize(victim)
    before = scan("-a", "-j2", folder)
    r = scan("-a", "-j2", folder, **fault(
        "read", "truncate", name="victim.eml", file=victim, size=keep,
        at=at)).whole()
    same(os.path.getsize(victim), keep, "the file was cut")
    same(keys(r), keys(before, lambda m: "victim" in m["path"]), "messages")
    same((r.status, [u["path"] for u in r.unreadable]), (2, [victim]),
         "exit status, unreadable")
    check("became shorter" in r.unreadable[0]["error"], "says what happened")


def shrinking_file(folder):
    """A file that is cut while it is read is unreadable."""
    for i, keep in enumerate((0, 100, 1 << 20, (3 << 20) + 17)):
        for at in (1, 2, 4):
            shrinks("%s/%d.%d" % (folder, i, at), 6 << 20, keep, at)


def shrinking_tail(folder):
    """A file that loses its last bytes does not pass as a whole one."""
    for size in (0, 1 << 20, 2 << 20):
        for lost in (1, 20):
            shrinks("%s/%d.%d" % (folder, size, lost), size, -lost, 1)


def shrinking_range(folder):
    """A large mbox that is cut while it is scanned: one unreadable record,
    and every message is as in the file before or missing."""
    for keep in (10, 50, 75):
        for at in (2, 3, 9):
            box = Mbox("%s/%d.%d/box" % (folder, keep, at))
            for k in range(80):
                box.add(HEAD + b"Subject: %d\n\n" % k, CLEAN, DIRTY)
            box.close()
            where = os.path.dirname(box.path)
            before = scan("-a", where)
            r = scan("-a", "-j1", where, **fault(
                "read", "truncate", name="box", file=box.path,
                size=keep * 1000000, at=at)).whole()
            same(r.status, 2, "exit status")
            same([u["path"] for u in r.unreadable], [box.path], "unreadable")
            same(r.messages, before.messages[:len(r.messages)], "messages")
            whole = sum(o + n < keep * 1000000 for o, n in box.messages)
            check(len(r.messages) >= whole - 1, "messages are lost: %d" %
                  (whole - len(r.messages)))


def shrinking_at_border(folder):
    """A large mbox that is cut before a range of it is opened, right at the
    end of that range: the message across that place is not reported as if it
    ended there."""
    for keep in ((32 << 20) - 1, 32 << 20, (32 << 20) + 1, 64 << 20):
        for at in (2, 3):
            box = Mbox("%s/%d.%d/box" % (folder, keep, at))
            for k in range(80):
                box.add(HEAD + b"Subject: %d\n\n" % k, CLEAN, DIRTY)
            box.close()
            where = os.path.dirname(box.path)
            before = scan("-a", where)
            r = scan("-a", "-j1", where, **fault(
                "openat", "truncate", name="box", file=box.path, size=keep,
                at=at)).whole()
            same((r.status, {u["path"] for u in r.unreadable}),
                 (2, {box.path}), "status, unreadable")
            same(r.messages, before.messages[:len(r.messages)], "messages")
            check(len(r.messages) > 25, "messages are lost")


def dying_worker(folder):
    """A file that kills its worker is one unreadable record; all others are
    reported once."""
    small_tree(folder)
    whole = scan("-a", "-j2", folder).whole()
    for name in ("e2.eml", "M7P1", "box2"):
        at = [m for m in whole.messages if name in m["path"]][0]["path"]
        last = os.path.basename(at)
        culprit = lambda m: os.path.basename(m["path"]) == last
        for j in (1, 2):
            r = scan("-a", "-j%d" % j, folder,
                     **fault("openat", "abort", name=last)).whole()
            same(r.status, 2, "exit status")
            same([u["path"] for u in r.unreadable if culprit(u)], [at],
                 "the culprit")
            check(all("signal 6" in u["error"] for u in r.unreadable),
                  "says what happened")
            same(len(r.unreadable), 1, "unreadable")
            same(keys(r), keys(whole, culprit), "messages")


def dying_once(folder):
    """A worker that dies once, wherever, changes nothing in the report."""
    boxes(folder, 6)
    whole = scan("-a", "-j2", folder).whole()
    nature = ("end", "milliseconds")
    for n in range(1, 90, 4):
        r = scan("-a", "-j2", folder,
                 **fault("openat", "abort", who="worker", at=n)).whole()
        same(r.status, 1, "exit status")
        same(r.records[1:-1], whole.records[1:-1], "records")
        same({k: v for k, v in r.summary.items() if k not in nature},
             {k: v for k, v in whole.summary.items() if k not in nature},
             "summary")
    r = scan("-a", "-j2", folder, **fault("digest", "abort", at=1,
                                          name="MARKER")).whole()
    same(r.records[1:-1], whole.records[1:-1], "records")
    # Many records before it dies: what was committed is not counted again.
    many = Mbox(folder + "/many/box")
    for i in range(500):
        many.add(HEAD + b"\n", b"MARKED\n" if i == 400 else b"", DIRTY)
    many.close()
    whole = scan("-j2", folder).whole()
    r = scan("-j2", folder, **fault("digest", "abort", at=1,
                                    name="MARKED")).whole()
    same(r.records[1:-1], whole.records[1:-1], "records of many")
    same({k: v for k, v in r.summary.items() if k not in nature},
         {k: v for k, v in whole.summary.items() if k not in nature},
         "summary of many")


def dying_message(folder):
    """A message in the middle of a large mbox that kills its worker: one
    unreadable record, and every other message once."""
    box = boxes(folder, 100)
    whole = scan("-a", "-j2", folder).whole()
    with open(box.path, "rb") as f:
        data = f.read()
    off = [a for a, n in box.messages if b"MARKER" in data[a:a + n]][0]
    for j in (1, 2):
        r = scan("-a", "-j%d" % j, folder,
                 **fault("digest", "abort", name="MARKER")).whole()
        same(r.status, 2, "exit status")
        same([(u["path"], u["offset"]) for u in r.unreadable],
             [(box.path, off - len(FROM))], "unreadable")
        same(keys(r), keys(whole, lambda m: m["path"] == box.path and
                           m["offset"] == off), "messages")


def killed_worker(folder):
    """kill -9 of workers while they scan a large mbox loses nothing."""
    boxes(folder, 150)
    whole = scan("-a", "-j2", folder).whole()
    rng = random.Random(3)
    killed = 0
    for _ in range(6):
        child = start("-a", "-j2", folder, stdout=subprocess.PIPE,
                      stderr=subprocess.PIPE)
        time.sleep(rng.uniform(0.01, 0.06))
        killed += kill(children(child.pid)[:1])
        out, _ = child.communicate(timeout=60)
        same(child.returncode, 1, "exit status")
        got = [json.loads(x) for x in out.splitlines()]
        same(got[1:-1], whole.records[1:-1], "records")
    check(killed > 0, "no worker was killed")


def no_new_worker(folder):
    """When the workers die and no process can be started the scan ends with
    status 2 and a message, and does not hang."""
    boxes(folder, 150)
    for j in (1, 2):
        child = start("-a", "-j%d" % j, folder, stdout=subprocess.PIPE,
                      stderr=subprocess.PIPE,
                      **fault("fork", 11, at=-1 - j, who="parent"))
        while len(children(child.pid)) < j and child.poll() is None:
            time.sleep(0.001)
        time.sleep(0.02)
        kill(children(child.pid))
        try:
            out, err = child.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()
            raise
        same(child.returncode, 2, "exit status")
        s = json.loads(out.splitlines()[-1])
        same((s["type"], s["partial"]), ("summary", True), "the end")
        check(b"ended early" in err, "a message: %r" % err)


def read_errors(folder):
    """EIO at the n-th read, for every n: status 2, an unreadable record, and
    no message that is shorter than before."""
    small_tree(folder)
    whole = scan("-a", "-j1", folder).whole()
    known = [json.dumps(key(m)) for m in whole.messages]
    for n in range(1, 1000):
        r = scan("-a", "-j%d" % (n % 3), folder,
                 **fault("read", 5, name=folder, at=n)).whole()
        if r.status == 1:
            break
        same((r.status, len(r.unreadable)), (2, 1), "status, unreadable")
        check("Input/output error" in r.unreadable[0]["error"], "says EIO")
        for m in keys(r):
            check(json.dumps(m) in known, "no such message: %r" % m)
        same(r.summary["messages"], len(r.messages), "summary.messages")
        same(sum(s["messages"] for s in r.of("store")), len(r.messages),
             "messages of the stores")
    check(n > 40, "only %d reads" % n)
    same(r.records[1:-1], whole.records[1:-1], "records without errors")


def range_errors(folder):
    """A read error in one range of a large mbox does not touch the others:
    their messages are reported, with the right bytes."""
    box = Mbox(folder + "/box")
    for k in range(130):
        box.add(HEAD + b"Subject: %d\n\n" % k, CLEAN, DIRTY)
    box.close()
    whole = scan("-a", folder).whole()
    for at in (3, 150, 300):
        r = scan("-a", "-j0", folder,
                 **fault("read", 5, name="box", at=at)).whole()
        same((r.status, len(r.unreadable)), (2, 1), "status, unreadable")
        known = keys(whole)
        check(all(m in known for m in keys(r)), "messages as they are")
        check(len(r.messages) > 60, "messages: %d" % len(r.messages))
    for at in (3, 4, 5):
        r = scan("-a", "-j0", folder,
                 **fault("openat", 5, name="box", at=at)).whole()
        check(all(m in known for m in keys(r)), "messages as they are")


def open_errors(folder):
    """EMFILE and ENOMEM at the n-th openat: said, and only that file or
    folder is missing."""
    small_tree(folder)
    whole = scan("-a", "-j1", folder).whole()
    known = keys(whole)
    for errno in (24, 12):
        for n in range(1, 75, 3):
            r = scan("-a", "-j1", folder, exe=OPT,
                     **fault("openat", errno, at=n)).whole()
            check(r.status == 2 and r.unreadable or
                  keys(r) == known, "said (call %d)" % n)
            check(all(m in known for m in keys(r)), "messages")


def few_descriptors(folder):
    """With few file descriptors the scan works or says what it could not."""
    small_tree(folder)
    whole = scan("-a", "-j2", folder).whole()
    for n in range(4, 16):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))
        r = scan("-a", "-j2", folder, preexec_fn=limit)
        check(r.status in (1, 2), "exit status %d" % r.status)
        if r.out:
            r.whole()
        if r.status == 1:
            same(r.records[1:-1], whole.records[1:-1], "records")


def no_memory(folder):
    """When the n-th allocation fails, in the parent or a worker: no crash,
    and a right report or status 2.  Without rules: libconfuse, which reads
    them before anything else is done, asserts that there is memory."""
    small_tree(folder)
    whole = scan("-a", "-j1", "--no-default-rules", folder).whole()
    known = keys(whole)
    for who in ("parent", "worker"):
        for n in list(range(1, 140)) + list(range(141, 500, 9)):
            r = scan("-a", "-j1", "--no-default-rules", folder, limit=20,
                     **fault("memory", 12, who=who, at=n))
            check(r.status in (1, 2), "%s %d: exit status %d" %
                  (who, n, r.status))
            if r.status == 1:
                same(r.whole().records[1:-1], whole.records[1:-1],
                     "%s %d: records" % (who, n))
                continue
            check(r.err != "", "%s %d: nothing is said" % (who, n))
            lines = r.out.splitlines()
            got = [json.loads(x) for x in lines]
            check(all(key(m) in known for m in got
                      if m["type"] == "message"), "messages")


def hanging_worker(folder):
    """A file that hangs its worker is unreadable after --timeout, and the
    rest goes on."""
    small_tree(folder)
    whole = scan("-a", "-j2", folder).whole()
    r = scan("-a", "-j2", "--timeout=1", folder, limit=30,
             **fault("read", "hang", name="e1.eml")).whole()
    same((r.status, [u["path"] for u in r.unreadable]),
         (2, [folder + "/eml/e1.eml"]), "status, unreadable")
    check("--timeout" in r.unreadable[0]["error"], "says why")
    same(keys(r), keys(whole, lambda m: "e1.eml" in m["path"]), "messages")


def alive(pids):
    return [p for p in pids if os.path.exists("/proc/%d" % p)]


def signals(folder):
    """SIGINT, SIGTERM and SIGHUP in the middle: status 75, a report that
    says it is partial, and nothing is left behind."""
    boxes(folder + "/mail", 200)
    out = folder + "/report"
    for i, sig in enumerate((signal.SIGINT, signal.SIGTERM,
                             signal.SIGHUP) * 2):
        o = ["-o", out] if i % 2 else []
        child = start("-a", "-j2", *o, folder + "/mail",
                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        workers = []
        while len(workers) < 2 and child.poll() is None:
            workers = children(child.pid)     # signals are caught by now
        time.sleep(0.005)
        child.send_signal(sig)
        text, err = child.communicate(timeout=20)
        said = (b"baredot: interrupted; the report so far is in " +
                out.encode() + b".partial\n") if o else b""
        same((child.returncode, err), (75, said), "exit status, messages")
        if o:
            with open(out + ".partial", "rb") as f:
                text = f.read()
        last = [json.loads(x) for x in text.splitlines()][-1]
        same((last["type"], last["partial"], last["exit_status"]),
             ("summary", True, 75), "the last record")
        same(alive(workers), [], "workers that are left")
        same([x for x in os.listdir(folder)
              if x not in ("mail", "report.partial")], [], "files that are left")


def early_signal(folder):
    """A signal at any time stops it soon: none is lost at the start."""
    boxes(folder, 100)
    for i in range(25):
        child = start("-a", "-j2", folder, stdout=subprocess.PIPE,
                      stderr=subprocess.PIPE)
        time.sleep(0.0004 * i)
        child.send_signal(signal.SIGTERM)
        text, _ = child.communicate(timeout=20)
        check(child.returncode in (75, -signal.SIGTERM), "exit status %d" %
              child.returncode)
        if child.returncode == 75:
            s = json.loads(text.splitlines()[-1])
            same(s["partial"], True, "partial")
            check(s["messages"] < 185, "it went on to the end")


def closed_output(folder):
    """A reader that goes away, or no standard output at all: no crash, and
    no word about a broken pipe."""
    small_tree(folder)
    box = Mbox(folder + "/box")
    for i in range(3000):
        box.add(HEAD + b"\n" + DIRTY)
    box.close()
    child = start("-a", "-j2", folder, stdout=subprocess.PIPE,
                  stderr=subprocess.PIPE)
    child.stdout.readline()
    workers = children(child.pid)
    child.stdout.close()
    err = child.stderr.read()
    status = child.wait(timeout=20)
    same((status, err), (75, b""), "exit status, messages")
    same(alive(workers), [], "workers that are left")
    for fds in ((1,), (0, 1), (0, 1, 2), (0,), (2,)):
        r = start("-j2", folder, stdout=subprocess.DEVNULL,
                  stderr=subprocess.DEVNULL, close_fds=False,
                  preexec_fn=lambda: [os.close(fd) for fd in fds])
        try:
            status = r.wait(timeout=20)
        except subprocess.TimeoutExpired:
            r.kill()
            raise
        same(status, 2 if 1 in fds else 1, "exit status without %r" % (fds,))


def full_disk(folder):
    """A report that cannot be written: status 2, a message, no file."""
    small_tree(folder + "/mail")
    out = folder + "/report"
    r = scan("-o", "/dev/full", folder + "/mail", exe=SAN)
    same(r.status, 2, "exit status")
    check("cannot write" in r.err and "No space" in r.err, r.err)
    r = scan("-o", folder + "/no/such", folder + "/mail", exe=SAN)
    same(r.status, 2, "exit status")
    check("cannot write" in r.err, r.err)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    r = scan("-a", "-o", out, folder + "/mail", preexec_fn=limit)
    same(r.status, 2, "exit status")
    check("cannot write" in r.err, r.err)
    same(os.listdir(folder), ["mail"], "files that are left")
    with open("/dev/full", "wb") as full:
        child = start("-a", folder + "/mail", stdout=full,
                      stderr=subprocess.PIPE)
        _, err = child.communicate(timeout=20)
    same(child.returncode, 2, "exit status")
    check(b"No space" in err, err)
    if os.geteuid() == 0:
        tmpfs_full(folder)


def tmpfs_full(folder):
    tiny = folder + "/tiny"
    os.mkdir(tiny)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs",
                       tiny], stderr=subprocess.DEVNULL).returncode:
        return
    try:
        r = scan("-a", "-o", tiny + "/report", folder + "/mail")
        same((r.status, os.listdir(tiny)), (2, []), "status, files left")
        check("No space" in r.err, r.err)
    finally:
        subprocess.run(["umount", tiny], check=True)


def every_format(folder):
    small_tree(folder)
    write(folder + "/zip/1.eml.gz", b"")
    subprocess.run(["gzip", "-k", folder + "/boxes/box1"], check=True)
    box = Mbox(folder + "/large")
    for i in range(70):
        box.add(HEAD + b"\n", CLEAN, DIRTY)
    box.close()
    os.mkfifo(folder + "/fifo")
    os.symlink("large", folder + "/link")


WRITES = ("rename", "renameat", "renameat2", "unlink", "unlinkat", "truncate",
          "ftruncate", "chmod", "fchmod", "fchmodat", "utime", "utimes",
          "utimensat", "futimesat", "chown", "fchown", "fchownat", "lchown",
          "mkdir", "mkdirat", "rmdir", "link", "linkat", "symlink",
          "symlinkat", "mknod", "mknodat", "creat", "setxattr", "fsetxattr",
          "fallocate")


def writes_nothing(folder):
    """A scan opens nothing for writing and changes no file."""
    need("strace")
    every_format(folder)
    log = folder + ".strace"
    child = subprocess.run(
        ["strace", "-f", "-qq", "-o", log, "-e", "trace=open,openat,openat2,"
         + ",".join(WRITES), OPT, "scan", "-a", "-v", "-j2", folder],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    with open(log, errors="replace") as f:
        lines = f.read().splitlines()
    os.unlink(log)
    if not lines:
        raise Skip("strace does not work here")
    same(child.returncode, 1, "exit status")
    check(sum(folder in x or "AT" in x or "openat(" in x for x in lines) > 50,
          "strace saw nothing")
    for line in lines:
        name = line.split(None, 1)[1].split("(")[0]
        check(name not in WRITES, line)
        check(not any(flag in line for flag in ("O_WRONLY", "O_RDWR",
              "O_CREAT", "O_TRUNC", "O_APPEND")), line)


def atimes(folder):
    """Access times of files and folders stay."""
    every_format(folder)
    paths = []
    for base, _, names in os.walk(folder):
        paths += [base] + [os.path.join(base, n) for n in names]
    old = 946684800 * 10 ** 9
    for p in paths[::-1]:
        os.utime(p, ns=(old, old + 10 ** 9), follow_symlinks=False)
    probe = os.open(folder + "/eml/e1.eml", os.O_RDONLY | os.O_NOATIME)
    os.close(probe)
    scan("-a", "-j2", "--progress=always", folder)
    scan("-a", "-j1", folder + "/large", folder + "/a/Maildir/cur")
    changed = [p for p in paths if os.lstat(p).st_atime_ns != old]
    same(changed, [], "paths whose access time changed")


def filters(process):
    """How many seccomp filters it has."""
    with open("/proc/%s/status" % process) as f:
        found = re.search(r"Seccomp_filters:\t(\d+)", f.read())
    if found is None:
        raise Skip("the kernel does not say how many filters there are")
    return int(found.group(1))


def sandboxed(folder):
    """The header says how workers are confined, and they are."""
    small_tree(folder)
    r = scan("-j1", folder)
    got = r.records[0]["sandbox"]
    if got == "none":
        raise Skip("neither Landlock nor seccomp")
    mine = filters("self")
    child = start("-j1", "-", stdin=subprocess.PIPE,
                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.2)
    worker = children(child.pid)[0]
    with open("/proc/%d/status" % worker) as f:
        status = f.read()
    more = filters(worker) - mine
    child.communicate(b"")
    same(more, int(got.endswith("seccomp")), "filters, sandbox is " + got)
    check("NoNewPrivs:\t1" in status, "new privileges")


main([shrinking_file, shrinking_tail, shrinking_range, shrinking_at_border,
      dying_worker, dying_once, dying_message, killed_worker, no_new_worker,
      read_errors, range_errors, open_errors, few_descriptors, no_memory,
      hanging_worker, signals, early_signal, closed_output, full_disk,
      writes_nothing, atimes, sandboxed])
