"""Real receivers do what their rows of receivers.conf say (docs/replay.md).

Each is given strings of CR, LF, dots, NULs and text, in the middle of a message
and where its first line ends; what comes of it is compared with what `baredot
replay` says.  CHECK_LONG: all strings up to a length of 5 instead of 3, and
longer ones by chance; a first line of more than the named ones.  All is on
127.0.0.1.
"""
import itertools
import os
import random
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
from cli import TOP, baredot, folder, read, run, same, test, write
from receiving import SERVERS, Caller, offers_chunking

LONG = "CHECK_LONG" in os.environ
ABC = b"\r\n.\0x"
TAIL = b"x\r\n.\r\n"
# The bytes as they are, by DATA and by BDAT.
AS_IS = ("as-is", "as-is-bdat")
BDAT = b"""\
sender as-is-bdat {
	title = x known = source source = x holds = file
	lf = keep cr = keep stuffs = { } bdat = where-offered
}
"""
# What is predicted, and what is seen.
SEEN = {"whole": "data", "cut": "end", "smuggled": "end", "refused": "reject",
        "open": "open"}


def named():
    """Those of which it is known what ten receivers do."""
    table = read(TOP + "/tests/data/receivers.tsv").splitlines()[1:]
    return [bytes.fromhex(line.split(b"\t")[0].decode()) for line in table]


def strings():
    out = [bytes(s) for n in range(1, 6 if LONG else 4)
           for s in itertools.product(ABC, repeat=n)]
    rng = random.Random(7)
    for _ in range(1000 if LONG else 0):
        out.append(bytes(rng.choice(b"\r\n..\r\n\0x") for _ in range(
            rng.randint(6, 14))))
    return list(dict.fromkeys(out + named()))


def messages():
    """The bytes of each, without its last line "x", by its name."""
    middle = b"From: a@example.com\r\nSubject: x\r\n\r\nfirst part"
    out = {"middle-" + s.hex(): middle + s for s in strings()}
    for s in strings() if LONG else named():
        out["first-" + s.hex()] = b"Subject: first part" + s
    return out


def predictions(top, mails, names):
    """{(name of a message, row, by BDAT): what is to be seen}; and the rows
    that offer CHUNKING."""
    for name, data in mails.items():
        write("%s/mails/%s.eml" % (top, name), data + b"x\r\n")
    out = {(m, row, b): "whole" for m in mails for row in names
           for b in (False, True)}
    rows = write(top + "/rows", BDAT)
    ran = baredot("replay", "-f", "ndjson", "--all", "--eol", "crlf",
                  "--servers", rows, "--from", ",".join(AS_IS), "--to",
                  ",".join(names), top + "/mails")
    found = ran.of_type("replay")
    same(len(found), len(mails), ran.err)
    for r in found:
        name = os.path.basename(r["path"])[:-4]
        for o in r["outcomes"]:
            out.update(((name, row, sender == AS_IS[1]), o["outcome"])
                       for row in o["receivers"] for sender in o["senders"])
    offer = {r["name"] for r in ran.of_type("header")[0]["replay"]["receivers"]
             if r["chunking"]}
    return {key: SEEN[outcome] for key, outcome in out.items()}, offer


def differences(row, mails, predicted, by_bdat):
    """Lines that name the bytes."""
    names = [m for m in mails if not row.minds_header or m[:5] != "first"]
    seen = {}

    def call(some):
        with Caller(row, by_bdat) as caller:
            for m in some:
                seen[m] = caller.what_comes_of(mails[m], TAIL)

    with ThreadPoolExecutor(row.at_once) as pool:
        list(pool.map(call, [names[i::row.at_once]
                             for i in range(row.at_once)]))
    for name in names:
        got = seen[name]
        want = predicted[name, row.name, by_bdat]
        if want == "end" and row.behind == "refused":
            want = "reject"
        if got != want:
            yield "%s, %s, %s: %s, predicted %s" % (
                row.name, "BDAT" if by_bdat else "DATA", name, got, want)


def compare(server, top):
    mails, wrong = messages(), []
    os.chmod(top, 0o755)
    os.mkdir(top + "/server")
    running = server(top + "/server")
    predicted, chunking = predictions(top, mails, sorted({
        row.name for row in running.rows}))
    with running:
        for row in running.rows:
            same(offers_chunking(row), row.name in chunking, row.name)
            wrong += differences(row, mails, predicted, False)
            if row.name in chunking:
                wrong += differences(row, mails, predicted, True)
    same(wrong[:40], [], "%d differ" % len(wrong))


def measured(server):
    def measure():
        with folder() as top:
            compare(server, top)
    measure.__name__ = server.__name__ + "_does_what_its_rows_say"
    return measure


if os.access("/dev/shm", os.W_OK):
    tempfile.tempdir = "/dev/shm"       # they flush each message to the disk
for each in SERVERS:
    if not sys.argv[1:] or each.__name__ in sys.argv[1:]:
        test(measured(each))

run()
