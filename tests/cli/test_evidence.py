"""Evidence: --forensic, verify, and processes that must be confined."""
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess

from harness import (FROM, OPT, Skip, check, main, message, need, same, scan,
                     small_tree, write)

# What changes a file, a folder, or anything about one.
WRITES = ("creat,truncate,ftruncate,rename,renameat,renameat2,link,linkat,"
          "symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,mknod,"
          "mknodat,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utime,"
          "utimes,utimensat,futimesat,setxattr,lsetxattr,fsetxattr,"
          "removexattr,lremovexattr,fremovexattr,flock,fallocate,pwrite64,"
          "pwritev,sendfile,copy_file_range")
LOCKS = re.compile(r"fcntl\(\d+, F_(OFD_)?SETLKW?|F_SETLEASE")
OPEN = re.compile(r'(?:open|openat|openat2)\((?:AT_FDCWD|\d+)?[^"]*"([^"]*)", '
                  r'(?:\{flags=)?([A-Z_|0]+)')


def evidence(folder):
    top = small_tree(folder + "/case")
    write(top + "/gz/box.gz", gzip.compress(FROM + message("z")))
    write(top + "/bad/cut.gz", gzip.compress(FROM + message("c"))[:-9])
    write(top + "/a/Maildir/tmp/1700000099.M1P1.host", message("t"))
    write(top + "/a/Maildir/dovecot-uidlist", b"3 V1 N1\n")
    os.symlink("e0.eml", top + "/eml/link.eml")
    os.mkfifo(top + "/eml/fifo")
    return top


def seen(top):
    """Every name that is no folder."""
    return {os.path.join(d, n) for d, _, names in os.walk(top) for n in names}


def all_files_are_accounted_for(folder):
    """Each file has one record that says what became of it, and its sum."""
    top = evidence(folder)
    r = scan("--forensic", "-j2", top).whole()
    same(r.status, 2, "exit status")
    check(r.records[0]["forensic"] is True, "the header says so")
    files = r.of("file")
    told = [x["path"] for x in files] + [
        x["path"] for x in r.of("skipped") if x["path"] not in
        {f["path"] for f in files}]
    # tmp/ is left out as a whole.
    named = seen(top) - {top + "/a/Maildir/tmp/1700000099.M1P1.host"}
    same(sorted(p for p in told if not p.endswith("/tmp")), sorted(named),
         "files that are told of")
    for f in files:
        with open(f["path"], "rb") as file:
            data = file.read()
        st = os.stat(f["path"])
        same((f["size"], f["sha256"]), (len(data), hashlib.sha256(
            data).hexdigest()), f["path"])
        same(f["modified"][-11:-1], ".%09d" % (st.st_mtime_ns % 10 ** 9),
             "nanoseconds")
    status = {os.path.relpath(f["path"], top): f["status"] for f in files}
    same(status["bad/cut.gz"], "unreadable", "a file that is cut off")
    same(status["odd/picture.png"], "not-mail", "a picture")
    same(status["gz/box.gz"], "scanned", "compressed")
    check(all("sha256" in m for m in r.messages), "every message has a sum")
    plain = scan("-a", "--hash", "-j2", top)
    same(r.messages, plain.messages, "the messages are the same")


def traced(args, log):
    return subprocess.run(
        ["strace", "-f", "-s", "4096", "-o", log, "-e",
         "trace=open,openat,openat2,fcntl," + WRITES, OPT, "scan",
         "--forensic", "-f", "ndjson", *args], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=60)


def nothing_is_written(folder):
    """No call that changes anything, no lock, nothing opened that could write or
    change an access time; and the times are what they were."""
    need("strace")
    top = evidence(folder)
    old = 946684800 * 10 ** 9
    for path in [top, *seen(top), *(d for d, _, _ in os.walk(top))]:
        if not os.path.islink(path):
            os.utime(path, ns=(old, old + 10 ** 9))
    before = {p: os.lstat(p) for p in [*seen(top), *(
        d for d, _, _ in os.walk(top))]}
    for jobs in ("-j2", "-j0"):
        log = folder + "/log"
        r = traced([jobs, top], log)
        if b"ptrace" in r.stderr.lower():
            raise Skip("strace may not trace here")
        same(r.returncode, 2, "exit status")
        with open(log) as f:
            text = f.read()
        opened = 0
        for line in text.splitlines():
            call = line.split(None, 1)[-1]
            name = call.split("(")[0]
            check(name not in WRITES.split(","), "it changes: " + line)
            check(not LOCKS.search(call), "it locks: " + line)
            got = OPEN.match(call)
            if not got:
                continue
            path, flags = got.groups()
            # A root that others are looked up in is opened, not read.
            check("O_WRONLY" not in flags and "O_RDWR" not in flags or
                  path.startswith("/dev/"), "it writes: " + line)
            if path.startswith(top) or not path.startswith("/"):
                opened += 1
                check("O_NOATIME" in flags, "access times: " + line)
        check(opened > 60, "what was opened: %d" % opened)
    for path, st in before.items():
        now = os.lstat(path)
        same((now.st_atime_ns, now.st_mtime_ns, now.st_ctime_ns),
             (st.st_atime_ns, st.st_mtime_ns, st.st_ctime_ns), path)


def others_files_are_refused(folder):
    """Where the access time cannot be kept the file or folder is unreadable, and
    is not read in another way."""
    if os.geteuid() != 0:
        raise Skip("only root can be somebody else")
    top = evidence(folder)
    os.chmod(folder, 0o755)
    exe = shutil.copy(OPT, folder + "/baredot")
    own = write(folder + "/own/o.eml", message("o"))
    os.chown(folder + "/own", 65534, 65534)
    os.chown(own, 65534, 65534)
    r = subprocess.run([exe, "scan", "--forensic", "-f", "ndjson",
                        top + "/eml/e0.eml", top + "/mh", folder + "/own"],
                       stdout=subprocess.PIPE, user=65534, group=65534,
                       extra_groups=[])
    records = [json.loads(x) for x in r.stdout.splitlines()]
    bad = [(x["path"], "access time" in x["error"]) for x in records
           if x["type"] == "unreadable"]
    same(sorted(bad), [(top + "/eml/e0.eml", True), (top + "/mh", True)],
         "unreadable")
    same([x["path"] for x in records if x["type"] == "file"], [own], "files")
    same(r.returncode, 2, "exit status")


def verify(*args):
    r = subprocess.run([OPT, "verify", "-f", "ndjson", *args],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return r.returncode, [json.loads(x) for x in r.stdout.splitlines()], \
        r.stderr.decode()


def what_changed_is_told(folder):
    """verify: the same, a byte changed, longer, gone, not to be read; a report that
    is not whole, or none."""
    top = evidence(folder)
    report = write(folder + "/report", scan("--forensic", top).out)
    status, got, _ = verify(report)
    same(status, 0, "the same")
    same((got[0]["files"], got[0]["messages"] > 60), (
        len([f for f in seen(top) if os.path.isfile(f) and
             not os.path.islink(f)]) - 2, True), "compared")
    box, eml = top + "/boxes/box1", top + "/eml/e1.eml"
    with open(box, "r+b") as f:
        data = f.read()
        at = data.index(b"box1-7@x")
        f.seek(at)
        f.write(b"X")
    os.unlink(eml)
    with open(top + "/mh/3", "ab") as f:
        f.write(b"more\n")
    status, got, _ = verify(report)
    same(status, 1, "changed")
    told = {(os.path.relpath(x["path"], top), x["what"].split(" at ")[0])
            for x in got[:-1]}
    same(told, {("boxes/box1", "another message"),
                ("boxes/box1", "other contents"), ("eml/e1.eml", "gone"),
                ("mh/3", "another size")}, "what is told")
    places = [x["what"] for x in got[:-1] if "message" in x["what"]]
    same(len(places), 1, "one message of the box")
    with open(report, "rb") as f:
        lines = f.read().splitlines(keepends=True)
    for bad in (lines[:-1], lines[:5] + lines[6:], [b"no report\n"], []):
        status, _, err = verify(write(folder + "/bad", b"".join(bad)))
        same(status, 2, "not whole")
        check("whole" in err or "no record" in err, err)
    same(verify(folder + "/none")[0], 2, "no such report")
    same(verify(report, report)[0], 64, "two reports")
    plain = write(folder + "/plain", scan("--hash", top).out)
    status, got, _ = verify(plain)
    same((status, got[-1]["files"]), (0, 0), "without files")


def an_mbox_that_would_be_cut_is_whole(folder):
    """A large mbox: one file record, the same messages as in a plain scan."""
    path = folder + "/box"
    body = b"x" * 75 + b"\n"
    with open(path, "wb") as f:
        for i in range(90):
            f.write(FROM + message("m%d" % i, True, body * 11000))
    r = scan("--forensic", "-j2", path).whole()
    plain = scan("-a", "--hash", "-j2", path).whole()
    same(r.messages, plain.messages, "messages")
    same([(f["path"], f["status"]) for f in r.of("file")],
         [(path, "scanned")], "file records")


def the_report_is_not_evidence(folder):
    """A report that would go into what it is about is refused."""
    top = small_tree(folder + "/case")
    before = {p: os.stat(p).st_mtime_ns for p, _, _ in os.walk(top)}
    for out in (top + "/r.ndjson", top + "/eml/r", top + "/eml/e0.eml"):
        r = scan("--forensic", "-o", out, top)
        same((r.status, r.out), (64, b""), out)
        check("evidence" in r.err, r.err)
    same({p: os.stat(p).st_mtime_ns for p, _, _ in os.walk(top)}, before,
         "folders")
    same(scan("--forensic", "-o", folder + "/r.ndjson", top).status, 1,
         "beside it")


def a_sandbox_can_be_required(folder):
    """--require-sandbox: not without one."""
    path = write(folder + "/a.eml", message("a"))
    r = scan("--require-sandbox", "-j0", path)
    same((r.status, r.out), (2, b""), "in this process")
    check("--require-sandbox" in r.err, r.err)
    there = scan("-j1", path).records[0]["sandbox"]
    r = scan("--require-sandbox", "-j1", path)
    same(r.status, 2 if there == "none" else 1, "with a process: " + there)


if __name__ == "__main__":
    main([all_files_are_accounted_for, nothing_is_written,
          others_files_are_refused, what_changed_is_told,
          an_mbox_that_would_be_cut_is_whole, the_report_is_not_evidence, a_sandbox_can_be_required])
