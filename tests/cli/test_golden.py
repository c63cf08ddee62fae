"""The samples: every planted finding is reported, and nothing else.

samples/make.py planted them and wrote down what it planted; the records of a
scan are compared with that, field by field.  Only tests/golden/samples.txt,
the report for people, was written by the program and then read: after a change
of words make it anew (text_report below) and read what changed.
"""
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
import zlib

sys.dont_write_bytecode = True
from cli import (BY_OPTION, GOLDEN, SAMPLES, TOP, UNREADABLE, baredot, check, folder,
                 read, run, same, scan, test)

# Mail that was not judged: named also without --verbose.
TOLD = ("convert it with readpst", "decrypt it first", "key of its queue")
VARYING = {"context", "why", "end", "milliseconds", "fools"}


sys.path.insert(0, SAMPLES)
import make
MADE = {"samples/" + path: made for path, made in make.all_samples().items()}


def golden(name):
    return [json.loads(line) for line in
            read(os.path.join(GOLDEN, name)).splitlines()]


def has_its_date(r):
    """All samples that have a Date have this one (make.py)."""
    date = r.pop("date", None)
    check(date in (None, "2023-11-14T22:13:20Z"), date)
    if r["raw"]:
        mail = read(os.path.join(TOP, r["path"]))[r["offset"]:]
        mail = mail[:r["length"]]
        said = mail.startswith(b"Date: ") or b"\nDate: " in mail or \
            b"\rDate: " in mail
        check(date is None or said, r["path"])
        check(date or not (b"Date: Tue, 14 Nov 2023 22:13:20 +0000" in mail
                           and r["findings"]), "no date: " + r["path"])


def by_code(record):
    """A record without what varies; its findings by their code."""
    r = {k: v for k, v in record.items() if k not in VARYING}
    if r["type"] == "message":
        findings = {f["code"]: {k: v for k, v in f.items()
                                if k not in VARYING} for f in r["findings"]}
        same(len(findings), len(r["findings"]), "a code stands twice")
        r["findings"] = findings
        has_its_date(r)
    if "not_observable" in r:
        check(r["not_observable"]["why"].startswith("lines are kept"))
        r["not_observable"] = {k: v for k, v in r["not_observable"].items()
                               if k not in VARYING}
    return r


def compare(got, want):
    for g, w in zip(got, want):
        same(by_code(g), by_code_of_golden(w), w.get("path"))
    same(len(got), len(want), "records")


def by_code_of_golden(w):
    if w["type"] == "message":
        return dict(w, findings={f["code"]: f for f in w["findings"]})
    return w


def all_records(*args):
    ran = baredot("scan", "-f", "ndjson", "--all", "--hash", "-v", *args,
                  "samples")
    same(ran.status, UNREADABLE)
    records = ran.records()
    same(records[0]["type"], "header")
    return records[1:]


@test
def the_samples_are_what_the_script_makes():
    with folder() as tmp:
        make = os.path.join(SAMPLES, "make.py")
        subprocess.run([sys.executable, "-B", make, tmp], check=True)
        made = files_in(tmp)
        here = {p: d for top in ("samples", "tests/golden")
                for p, d in files_in(os.path.join(TOP, top), TOP).items()}
        del here["samples/make.py"], here["tests/golden/samples.txt"]
        same(sorted(here), sorted(made))
        for path in made:
            same(unzipped(here[path]), unzipped(made[path]), path)


def files_in(path, top=None):
    return {os.path.relpath(os.path.join(d, f), top or path):
            read(os.path.join(d, f)) for d, _, names in os.walk(path)
            for f in names}


def unzipped(data):
    """Another zlib may pack the same bytes otherwise."""
    out = b""
    while data.startswith(b"\x1f\x8b"):
        z = zlib.decompressobj(31)
        out += z.decompress(data) + b"|member|"
        data = z.unused_data
    return out + data


@test
def every_code_has_a_sample():
    listed = baredot("explain").out.decode().split("\n")[:-1]
    codes = {line.split()[0] for line in listed
             if not line.startswith(BY_OPTION)}
    planted = {f["code"] for r in golden("samples-asked.ndjson")
               for f in r.get("findings", [])}
    same(planted, codes)


@test
def severities_that_differ_have_both_samples():
    seen = {}
    for r in golden("samples.ndjson"):
        for f in r.get("findings", []):
            seen.setdefault(f["code"], set()).add(f["severity"])
    for code in ("eod.crlf-dot-crlf", "eod.lf-dot-lf"):
        same(seen[code], {"high", "info"}, code)
    same(seen["eod.cr-dot-cr"], {"high", "medium"})
    same(seen["eod.stuffed-dot"], {"info", "medium"})


@test
def all_that_was_planted_and_nothing_else():
    compare(all_records(), golden("samples.ndjson"))


@test
def the_same_in_one_process():
    compare(all_records("-j", "0"), golden("samples.ndjson"))


@test
def the_same_from_the_portable_kernel():
    compare(all_records("--kernel", "portable"), golden("samples.ndjson"))


@test
def codes_that_must_be_asked_for():
    compare(all_records("--code", "+limit.line-78"),
            golden("samples-asked.ndjson"))


def without_parts(r):
    """Without --verbose the parts are listed where line ends are odd."""
    if "mime" in r and not any(
            f["code"].startswith(("eol.", "eod.")) and
            f["code"] != "eol.no-final" for f in r["findings"]):
        r["mime"].pop("list")
    return r


@test
def without_all_only_messages_with_findings():
    want = [without_parts(r) for r in golden("samples.ndjson")
            if r["type"] in ("store", "unreadable") or r.get("findings") or
            r.get("reason", "").endswith(TOLD)]
    ran = scan("samples")
    same(ran.status, UNREADABLE)
    compare(ran.records()[1:-1], want)
    same(ran.records()[-1]["records"], len(want) + 2)


@test
def each_folder_alone_says_the_same():
    want = golden("samples.ndjson")
    for name in sorted(os.listdir(SAMPLES)):
        top = "samples/" + name
        mine = [r for r in want if r.get("path", "").startswith(top + "/") or
                r.get("path") == top]
        if not os.path.isdir(os.path.join(TOP, top)):
            continue
        compare(scan("--all", "--hash", "-v", top).records()[1:-1], mine)


def member(data, name):
    """Of an archive, by Python's readers."""
    if data.startswith(b"PK"):
        return zipfile.ZipFile(io.BytesIO(data)).read(name)
    return tarfile.open(fileobj=io.BytesIO(data)).extractfile(name).read()


def message_bytes(r):
    if "envelope" in r and not r["raw"]:    # it stands nowhere as it is
        return bytes(MADE[r["path"]].mail.data)
    path, *members = r["path"].split("!")
    data = read(os.path.join(TOP, path))
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    for name in members:
        data = member(data, name)
    return data[r["offset"]:r["offset"] + r["length"]]


@test
def offset_and_length_cut_out_the_message():
    for r in all_records():
        if r["type"] == "message":
            data = message_bytes(r)
            same(len(data), r["length"], r["path"])
            same(hashlib.sha256(data).hexdigest(), r["sha256"], r["path"])


@test
def the_context_is_what_stands_there():
    at_line = {"limit.line-998", "limit.line-78", "limit.no-header-end",
               "dkim.body-mismatch", "dkim.fix-restores", "dkim.fix-breaks",
               "dkim.length", "dkim.rsa-sha1", "dkim.unusable",
               "mime.unclosed", "mime.no-boundary", "mime.duplicate-field",
               "mime.nesting"}
    for r in all_records("--code", "+limit.line-78"):
        for f in r.get("findings", []):
            data, c = message_bytes(r), f["context"]
            place = f["offsets"][0]
            start = place if f["code"] in at_line else max(0, place - 16)
            shown = data[start:place + 24]
            same((c["offset"], c["at"]), (start, place - start), r["path"])
            if f["code"] in at_line:    # the line's own bytes, no more
                shown = re.split(b"[\r\n]", shown)[0]
            same(bytes.fromhex(c["hex"]), shown, (r["path"], f["code"]))
            same(c["text"], re.sub(rb"[^ !#-\[\]-~]", b".", shown).decode())


def text_report():
    ran = baredot("scan", "-f", "text", "-v", "--color", "never", "samples")
    same(ran.status, UNREADABLE)
    return re.sub(rb", \d+\.\d\d s;", b", N.NN s;", ran.out).decode()


@test
def the_text_report_is_the_one_that_was_read_by_people():
    same(text_report().split("\n"), read(os.path.join(
        GOLDEN, "samples.txt")).decode().split("\n"))


@test
def the_text_report_holds_each_finding_once():
    line = re.compile(r"(.*):(\d+):(\d+): (info|low|medium|high) "
                      r"([a-z0-9.-]+): .*?(?:, (\d+) times)?: \".*\"")
    got = [line.fullmatch(x) for x in text_report().split("\n")]
    got = sorted(m.groups("1") for m in got if m)
    want = sorted((r["path"], str(r["index"]),
                   str(r["offset"] + f["offsets"][0]), f["severity"],
                   f["code"], str(f["count"]))
                  for r in golden("samples.ndjson")
                  for f in r.get("findings", []))
    same(got, want)


run()
