"""Run baredot as a user does, and say in TAP what came of it."""
import base64
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BAREDOT = os.path.join(TOP, "build", "san", "baredot")
SAMPLES = os.path.join(TOP, "samples")
GOLDEN = os.path.join(TOP, "tests", "golden")
LIMIT = 60                              # seconds for one run

# What is found only where an option asks for it.
BY_OPTION = ("conform.", "rule.", "target.")

# The exit statuses of `baredot help scan`.
CLEAN, FINDINGS, UNREADABLE, USAGE, INTERRUPTED = 0, 1, 2, 64, 75


class Skip(Exception):
    """Raised by a test that cannot run here; says why."""


class Ran:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout or b""
        self.err = done.stderr.decode("utf-8", "surrogateescape")

    def records(self):
        return [strict_json(line) for line in self.out.split(b"\n")[:-1]]

    def of_type(self, kind):
        return [r for r in self.records() if r["type"] == kind]


def baredot(*args, cwd=TOP, env=None, **more):
    """Run it; args may be str or bytes."""
    own = dict(os.environ, LC_ALL="C")
    own.pop("NO_COLOR", None)
    own.update(env or {})
    if "input" not in more and "stdin" not in more:
        more["stdin"] = subprocess.DEVNULL
    more.setdefault("stdout", subprocess.PIPE)
    return Ran(subprocess.run(
        [os.fsencode(a) for a in (BAREDOT,) + args], cwd=cwd, env=own,
        stderr=subprocess.PIPE, timeout=LIMIT, **more))


def scan(*args, **more):
    """NDJSON of a scan in this process: quick, and the same records."""
    return baredot("scan", "-f", "ndjson", "-j", "0", *args, **more)


def no_pairs_twice(pairs):
    keys = [k for k, _ in pairs]
    assert len(keys) == len(set(keys)), "a key stands twice: %s" % keys
    return dict(pairs)


def no_constant(name):
    raise AssertionError("%s is no JSON" % name)


def strict_json(data):
    """Parse UTF-8 JSON, without what Python is lenient about."""
    return json.loads(data.decode("utf-8"), object_pairs_hook=no_pairs_twice,
                      parse_constant=no_constant)


def exact(record, key):
    """The bytes behind a key that may have a _b64 twin."""
    if key + "_b64" in record:
        return base64.b64decode(record[key + "_b64"], validate=True)
    return record[key].encode()


def read(path, mode="rb"):
    with open(path, mode) as f:
        return f.read()


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    return path


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="baredot-test.")
    try:
        yield path
    finally:
        shutil.rmtree(path)


def check(what, message="that does not hold"):
    if not what:
        raise AssertionError(message)


def same(got, want, what=""):
    if got != want:
        raise AssertionError("%s\n got: %r\nwant: %r" % (what, got, want))


def catches(pid, sig):
    caught = re.search(rb"SigCgt:\s*(\w+)", read("/proc/%d/status" % pid))
    return int(caught.group(1), 16) >> (sig - 1) & 1


def interrupted(*args, sig=signal.SIGINT):
    """A scan of the samples and then of standard input, stopped there."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        p = subprocess.Popen([BAREDOT, "scan", "-j", "1", *args,
                              "samples", "-"], cwd=TOP, stdout=out,
                             stdin=subprocess.PIPE,
                             stderr=err)
        try:
            end = time.monotonic() + 20
            while not catches(p.pid, sig) and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(0.5)             # now it waits
            p.send_signal(sig)
            p.wait(20)
        finally:
            p.kill()
            p.wait()
            p.stdin.close()
        out.seek(0)
        err.seek(0)
        return Ran(subprocess.CompletedProcess([], p.returncode, out.read(),
                                               err.read()))


TESTS = []


def test(function):
    """Its name is the sentence."""
    TESTS.append(function)
    return function


def run():
    """Run the tests in their order; exits 1 if one fails."""
    failed = 0
    print("1..%d" % len(TESTS))
    for n, one in enumerate(TESTS, 1):
        name = one.__name__.replace("_", " ")
        try:
            one()
            print("ok %d - %s" % (n, name))
        except Skip as why:
            print("ok %d - %s # SKIP %s" % (n, name, why))
        except Exception:
            failed += 1
            print("not ok %d - %s" % (n, name))
            for line in traceback.format_exc().splitlines():
                print("# " + line)
        sys.stdout.flush()
    sys.exit(failed > 0)
