"""The parts that baredot finds are those that GMime finds.

GMime (its development files) is not needed for anything else; without it
these tests are skipped.
"""
import os
import random
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
from cli import TOP, Skip, folder, run, same, scan, test, write

MAILS = 400


def gmime(tmp):
    """The program of tests/gmime, built."""
    if shutil.which("pkg-config") is None or subprocess.run(
            ["pkg-config", "--exists", "gmime-3.0"]).returncode:
        raise Skip("libgmime-3.0-dev is not installed")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "gmime-3.0"],
                           stdout=subprocess.PIPE, check=True, text=True)
    out = os.path.join(tmp, "parts")
    subprocess.run(["cc", "-o", out, os.path.join(TOP, "tests", "gmime",
                                                  "parts.c")]
                   + flags.stdout.split(), check=True)
    return out


class Mail:
    """Random parts, well formed, or broken in one of the ways of `broken`."""

    def __init__(self, seed, broken=()):
        self.random, self.broken = random.Random(seed), broken
        self.end = self.random.choice([b"\n", b"\r\n"])
        self.boundaries = 0
        self.lines = [b"From: alice@example.com", b"MIME-Version: 1.0"]
        self.entity(0, b"multipart")
        self.data = self.end.join(self.lines) + self.end

    def one_of(self, *what):
        return self.random.choice(what)

    def is_broken(self, how):
        return how in self.broken and self.random.random() < 0.3

    def type(self, kind, boundary=None):
        if boundary is None:
            self.lines.append(self.one_of(b"Content-Type: ", b"content-type:")
                              + kind)
        else:
            self.lines += self.one_of(
                [b"Content-Type: %s; boundary=\"%s\"" % (kind, boundary)],
                [b"Content-Type: %s;" % kind, b"\tboundary=\"%s\"" % boundary],
                [b"Content-Type: %s; x=y; BOUNDARY=%s;" % (kind, boundary)])

    def text(self, n):
        for _ in range(n):
            self.lines.append(self.one_of(
                b"text", b"", b"--", b"-- ", b"--b", b"--b0 x", b" --b0",
                b"--B0--", b"hello: you", b"-", b"--b0--x"))

    def entity(self, depth, what):
        kind = what or self.one_of(*[b"leaf"] * 3, b"multipart", b"message")
        if depth > 4:
            kind = b"leaf"
        getattr(self, kind.decode())(depth)

    def leaf(self, depth):
        kind = self.one_of(None, b"text/html", b"image/png", b"text/plain")
        if kind:
            self.type(kind)
        if self.one_of(True, False):
            self.lines.append(b"Content-Transfer-Encoding: " + self.one_of(
                b"base64", b"8bit", b"quoted-printable"))
        self.lines.append(b"")
        if not self.is_broken("empty"):
            self.text(self.random.randrange(1, 5))

    def message(self, depth):
        self.type(b"message/rfc822")
        self.lines += [b"", b"Subject: attached"]
        self.entity(depth + 1, None)

    def multipart(self, depth):
        name = b"b%d%s" % (self.boundaries, self.one_of(b"", b"-", b"=x"))
        self.boundaries += 1
        self.type(b"multipart/" + self.one_of(b"mixed", b"alternative"), name)
        self.lines += [b""]
        if depth == 0:          # a lone dot, so that baredot looks again
            self.lines += [b"preamble", b"."]
        for _ in range(self.random.randrange(1, 4)):
            self.lines.append(b"--" + name +
                              self.one_of(b"", b" ", b"\t "))
            self.entity(depth + 1, None)
        if not self.is_broken("unclosed"):
            self.lines.append(b"--" + name + b"--" + self.one_of(b"", b" "))
            self.text(self.random.randrange(0, 3))


def of_gmime(program, paths):
    out = subprocess.run([program] + paths, stdout=subprocess.PIPE,
                         check=True, text=True).stdout
    found, parts = {}, None
    for line in out.splitlines():
        words = line.split()
        if line in paths:
            parts = found.setdefault(line, [])
            continue
        parts.append((int(words[0]), words[1].lower(),
                      tuple(int(n) for n in words[2:])))
    return found


def of_baredot(tmp):
    return {r["path"]: leaves(r["mime"]["list"])
            for r in scan("-v", tmp).of_type("message")}


def leaves(parts):
    found = []
    for p, after in zip(parts, parts[1:] + [{"depth": 0}]):
        holds = after["depth"] > p["depth"]
        found.append((p["depth"], p["type"],
                      () if holds else (p["body"], p["end"])))
    return found


def compare(seeds, broken=()):
    with folder() as tmp:
        program = gmime(tmp)
        mails = {write("%s/%d.eml" % (tmp, n), Mail(n, broken).data): n
                 for n in seeds}
        theirs, ours = of_gmime(program, list(mails)), of_baredot(tmp)
        for path, seed in mails.items():
            same(ours[path], theirs[path], "mail %d" % seed)


@test
def well_formed_mail_has_the_same_parts():
    compare(range(MAILS))


@test
def multiparts_that_are_not_closed_have_the_same_parts():
    compare(range(MAILS, 2 * MAILS), {"unclosed"})


@test
def empty_parts_are_the_same():
    compare(range(2 * MAILS, 3 * MAILS), {"empty"})


run()
