"""What the tests of the whole program share: TAP, runs, reports, stores."""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
OPT = os.path.join(ROOT, "build", "baredot")
SAN = os.path.join(ROOT, "build", "san", "baredot")
FROM = b"From a@b.example Mon Jan  1 00:00:00 2024\n"
LIMIT = 60          # seconds: whatever takes longer hangs


class Failed(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failed(text)


def same(got, wanted, what):
    check(got == wanted, "%s: got %.600r, wanted %.600r" % (what, got, wanted))


class Skip(Exception):
    pass


def outcome(test):
    """Of one test: how it went, what there is to say of it, and seconds."""
    start = time.monotonic()
    went, text = "ok", ""
    try:
        with tempfile.TemporaryDirectory(prefix="baredot-") as folder:
            test(folder)
    except Skip as why:
        went, text = "skip", str(why)
    except Exception as why:            # a broken test is a failed one
        went = "not ok"
        text = str(why) if isinstance(why, Failed) else traceback.format_exc()
    return went, text, time.monotonic() - start


def main(tests, at_once=1):
    """Each test is a function whose doc is its sentence.  at_once: of those
    that mostly wait, and need not be in the main thread."""
    tests = [t for t in tests if not sys.argv[1:] or
             t.__name__ in sys.argv[1:]]
    pool = concurrent.futures.ThreadPoolExecutor(at_once)
    outcomes = map if at_once == 1 else pool.map
    bad = 0
    for i, (went, text, took) in enumerate(outcomes(outcome, tests)):
        bad += went == "not ok"
        print("%s %d - %s%s" % (
            "not ok" if went == "not ok" else "ok", i + 1,
            " ".join(tests[i].__doc__.split()).rstrip("."),
            " # SKIP " + text if went == "skip" else ""))
        for line in text.splitlines() if went == "not ok" else ():
            print("# " + line)
        print("# %s: %.1f s" % (tests[i].__name__, took), flush=True)
    print("1..%d" % len(tests))
    sys.exit(1 if bad else 0)


class Report:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def records(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def of(self, kind):
        return [r for r in self.records if r["type"] == kind]

    @property
    def messages(self):
        return self.of("message")

    @property
    def unreadable(self):
        return self.of("unreadable")

    @property
    def summary(self):
        last = self.records[-1]
        same(last["type"], "summary", "the last record")
        return last

    def whole(self):
        """A whole report whose parts agree with each other."""
        records, s = self.records, self.summary
        same(records[0]["type"], "header", "the first record")
        same(s["records"], len(records), "summary.records")
        same(s["exit_status"], self.status, "summary.exit_status")
        same(s["unreadable"], len(self.unreadable), "summary.unreadable")
        same(s["stores"], len(self.of("store")), "summary.stores")
        seen = [(r["path"], r["offset"], *r.get("member", ()))
                for r in self.messages]
        same(len(set(seen)), len(seen), "messages that differ")
        return self


def start(*args, exe=OPT, shim=None, env=None, **more):
    full = dict(os.environ, **dict({"ASAN_OPTIONS": "detect_leaks=0"},
                                   **(env or {})))
    if shim:
        full["LD_PRELOAD"] = shim
    return subprocess.Popen([exe, "scan"] + [str(a) for a in args],
                            env=full, **more)


def scan(*args, limit=LIMIT, **more):
    """Scan to the end; NDJSON unless the caller wants something else."""
    more.setdefault("stdin", subprocess.DEVNULL)
    child = start(*args, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                  **more)
    try:
        out, err = child.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise Failed("it hangs: scan %s" % " ".join(map(str, args)))
    check(b"AddressSanitizer" not in err and b"runtime error" not in err,
          err.decode("latin-1"))
    return Report(child.returncode, out, err.decode("latin-1"))


def shim(name):
    """Compile tests/faults/NAME.c, to be preloaded."""
    folder = os.path.join(ROOT, "build", "faults")
    source = os.path.join(ROOT, "tests", "faults", name + ".c")
    out = os.path.join(folder, name + ".so")
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(out) or \
            os.path.getmtime(out) < os.path.getmtime(source):
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-o", out,
                        source, "-ldl", "-pthread"], check=True)
    return out


def need(tool):
    if shutil.which(tool) is None:
        raise Skip("there is no %s" % tool)


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    return path


def message(name, dirty=True, body=b"text\n"):
    return (b"From: a@b.example\nMessage-ID: <%s@x>\n\n" % name.encode() +
            body + (b".\r\n" if dirty else b"") + b"end\n")


class Mbox:
    """An mbox, with what is in it: (offset, length) of each message."""

    def __init__(self, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.path, self.file, self.at = path, open(path, "wb"), 0
        self.messages = []

    def raw(self, data):
        self.file.write(data)
        self.at += len(data)

    def add(self, *parts):
        self.raw(FROM)
        begin = self.at
        for part in parts:
            self.raw(part)
        self.messages.append((begin, self.at - begin))
        self.raw(b"\n")

    def close(self):
        self.file.close()
        return self


def maildir(path, n, dirty=lambda i: i % 3 == 0):
    for part in ("cur", "new", "tmp"):
        os.makedirs(os.path.join(path, part), exist_ok=True)
    for i in range(n):
        name = "%d.M%dP1.host" % (1700000000 + i, i)
        name = "new/" + name if i % 5 == 0 else "cur/" + name + ":2,S"
        write(os.path.join(path, name), message("m%d" % i, dirty(i)))


def small_tree(root):
    """A bit of everything; many files, few bytes."""
    maildir(os.path.join(root, "a", "Maildir"), 30)
    for i in range(1, 12):
        write(os.path.join(root, "mh", str(i)), message("h%d" % i, i % 2))
    for i in range(4):
        write(os.path.join(root, "eml", "e%d.eml" % i), message("e%d" % i))
    for name in ("box1", "sub/box2"):
        box = Mbox(os.path.join(root, "boxes", name))
        for i in range(20):
            box.add(message("%s-%d" % (name, i), i % 4 == 0))
        box.close()
    write(os.path.join(root, "odd", "picture.png"), b"\x89PNG\r\n\0\0\1\2")
    write(os.path.join(root, "odd", "empty"), b"")
    return root
