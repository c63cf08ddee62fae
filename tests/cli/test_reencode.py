"""Python's email package reads the same in a message with one part encoded.

The encoder is called by a small program of tests/reencode, for it does not
matter here who asks for it.
"""
import email
import glob
import os
import random
import subprocess
import sys

sys.dont_write_bytecode = True
from cli import TOP, check, folder, read, run, same, test, write

MAILS = 300
ENCODING = "content-transfer-encoding"


def program(tmp):
    out = os.path.join(tmp, "encoded")
    objects = [o for part in ("scanner/base", "rules", "build/gen")
               for o in glob.glob(os.path.join(TOP, "build", "opt", part,
                                               "*.o"))]
    subprocess.run(
        ["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-o", out]
        + ["-I" + os.path.join(TOP, d) for d in ("scanner/base", "rules")]
        + [os.path.join(TOP, "tests", f) for f in
           ("reencode/encoded.c", "encodelaws.c")]
        + objects + ["-lcrypto", "-lpcre2-8"], check=True)
    return out


class Mail:
    """Random well-formed parts; no CR but in a CRLF."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.native = self.random.choice("lc")
        self.boundaries = 0
        self.lines = [b"From: alice@example.com", b"MIME-Version: 1.0"]
        self.entity(0)
        self.data = (b"\n" if self.native == "l" else b"\r\n").join(
            self.lines) + self.random.choice([b"", b"\n"])

    def one_of(self, *what):
        return self.random.choice(what)

    def entity(self, depth):
        if depth < 3 and self.random.random() < 0.5:
            self.multipart(depth)
        else:
            self.leaf()

    def leaf(self):
        kind, words = self.one_of(
            (b"text/plain; charset=utf-8", [b"Gr\xc3\xbc\xc3\x9fe", b"a"]),
            (b"text/html; charset=iso-8859-1", [b"<p>", b"\xe9t\xe9 ", b"="]),
            (b"text/plain; charset=\"utf-8\"",
             [b"\xd8\xaa\xd8\xb3\xd8\xaa"]),
            (b"application/octet-stream", [b"\x00\xff", b"\x01"]),
            (None, [b"text", b"a\tb\t", b"=3D", b"--", b"\x1b[0m"]))
        if kind:
            self.lines.append(self.one_of(b"Content-Type: ", b"content-type:")
                              + kind)
        if self.one_of(True, False):
            self.lines.append(b"Content-Transfer-Encoding: " + self.one_of(
                b"8bit", b"7bit", b"8BIT  "))
        self.lines.append(b"")
        for _ in range(self.random.randrange(1, 8)):
            self.lines.append(self.one_of(
                b".", b"", b"..", b"From here", b"-- ", b"--b0x",
                b" ".join(self.one_of(*words) for _ in range(
                    self.random.choice([1, 3, 60])))))

    def multipart(self, depth):
        name = b"b%d" % self.boundaries
        self.boundaries += 1
        self.lines += [b"Content-Type: multipart/mixed; boundary=" + name, b""]
        for _ in range(self.random.randrange(1, 4)):
            self.lines.append(b"--" + name)
            self.entity(depth + 1)
        self.lines.append(b"--" + name + b"--")


def canonical(body):
    return body.replace(b"\r\n", b"\n")


def body(part):
    return part.get_payload(decode=True)


def headers(part):
    return [(k, v) for k, v in part.items() if k.lower() != ENCODING]


def compare(old, new, number, what):
    """How many parts are now encoded."""
    a, b = (list(email.message_from_bytes(m).walk()) for m in (old, new))
    same(len(b), len(a), "%s: parts" % what)
    changed = 0
    for i, (p, q) in enumerate(zip(a, b)):
        same(headers(q), headers(p), "%s: header %d" % (what, i))
        same(q.defects, p.defects, "%s: defects %d" % (what, i))
        if p.is_multipart():
            continue
        if q.get_all(ENCODING) == p.get_all(ENCODING):
            same(body(q), body(p), "%s: body %d" % (what, i))
            continue
        changed += 1
        same(i, number, "%s: the part" % what)
        same(q.get_all(ENCODING)[0] in ("quoted-printable", "base64"), True)
        same(canonical(body(q)), canonical(body(p)), "%s: body" % what)
    return changed


@test
def python_decodes_what_it_read_before():
    done = 0
    with folder() as tmp:
        encoded = program(tmp)
        paths = []
        for seed in range(MAILS):
            m = Mail(seed)
            paths.append(write("%s/%s%d.eml" % (tmp, m.native, seed), m.data))
        out = subprocess.run([encoded] + paths, stdout=subprocess.PIPE,
                             check=True, text=True).stdout
        for line in out.splitlines():
            path, number, *why_not = line.split(" ", 2)
            if why_not:
                continue
            old, new = read(path), read(path + "." + number)
            same(compare(old, new, int(number), line), 1, line)
            done += 1
    check(done > MAILS, "only %d parts were encoded" % done)


run()
