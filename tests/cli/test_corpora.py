"""Real mail that others wrote, where it is at hand: counts that an
independent counter made, and sizes that Dovecot reported.

The folder is $BAREDOT_CORPORA, or ../shared/corpora beside this repository.
"""
import hashlib
import os
import re
import sys

sys.dont_write_bytecode = True
from cli import TOP, check, exact, read, run, same, scan, test

CORPORA = os.environ.get("BAREDOT_CORPORA") or os.path.normpath(
    os.path.join(TOP, "../shared/corpora"))


def at(*parts):
    return os.path.join(CORPORA, *parts)


def messages(*args):
    return scan("--all", *args).of_type("message")


def kind(r):
    e = r["line_ends"]
    return ("mixed" if e["crlf"] and e["lf"] else
            "crlf" if e["crlf"] else "lf" if e["lf"] else "none")


def kinds(records):
    out = {}
    for r in records:
        out[kind(r)] = out.get(kind(r), 0) + 1
    return out


def found(r):
    return {f["code"]: f for f in r["findings"]}


def one(path, *args):
    (r,) = messages("--format-in", "eml", *args, at(path))
    return r


@test
def every_file_as_its_bytes_are():
    """Each file as one message: length, sum and breaks by Python."""
    seen = 0
    for r in messages("--hash", "--format-in", "eml", CORPORA):
        data = read(exact(r, "path"))
        if not r["raw"]:
            continue
        seen += 1
        crlf, crcrlf = data.count(b"\r\n"), data.count(b"\r\r\n")
        same(r["line_ends"], {
            "crlf": crlf, "lf": data.count(b"\n") - crlf,
            "cr": data.count(b"\r") - crlf - crcrlf, "crcrlf": crcrlf},
            r["path"])
        same(r["length"], len(data), r["path"])
        same(r["sha256"], hashlib.sha256(data).hexdigest(), r["path"])
        nul = found(r).get("limit.nul", {"count": 0})["count"]
        same(nul, data.count(b"\0"), r["path"])
    check(seen > 700, seen)


@test
def stalwart_57_crlf_52_lf_4_mixed():
    records = messages(at("stalwart-mail-parser"))
    same(kinds(records), {"crlf": 57, "lf": 52, "mixed": 4})
    same(sorted("/".join(r["path"].split("/")[-2:]) for r in records
                if kind(r) == "mixed"),
         ["malformed/000.eml", "malformed/018.eml", "thirdparty/001.eml",
          "thirdparty/003.eml"])


@test
def stalwart_one_bare_cr_in_a_crlf_file():
    r = one("stalwart-mail-parser/eml/legacy/049.eml")
    same((r["convention"], r["line_ends"]["cr"]), ("crlf", 1))
    same(found(r)["eol.bare-cr"]["count"], 1)
    bare = [x["path"] for x in messages(at("stalwart-mail-parser"))
            if x["line_ends"]["cr"]]
    same(bare, [at("stalwart-mail-parser/eml/legacy/049.eml")])


@test
def stalwart_13_nuls():
    r = one("stalwart-mail-parser/eml/thirdparty/005.eml")
    same(found(r)["limit.nul"]["count"], 13)


@test
def james_59_crlf_28_lf_1_mixed():
    same(kinds(messages("--format-in", "eml", at("james-mime4j"))),
         {"crlf": 59, "lf": 28, "mixed": 1})


@test
def spamassassin_three_signed_messages_are_mixed():
    for n in (21, 22, 23):
        r = one("spamassassin-t-data/dkim/test-pass-%d.msg" % n)
        same(kind(r), "mixed", n)
        check({"eol.bare-lf", "eol.crlf"} & set(found(r)))


@test
def spamassassin_bsmtp_ends_with_a_lone_dot_and_quit():
    r = one("spamassassin-t-data/spam/bsmtp")
    dots = [f for c, f in found(r).items() if re.match("eod.*-dot-", c)]
    data = read(at("spamassassin-t-data/spam/bsmtp"))
    last = max(o for f in dots for o in f["offsets"])
    same(data[last:].split(), [b".", b"QUIT"])


@test
def rspamd_200_crcrlf():
    r = one("rspamd/functional/messages/numeric_urls.eml")
    same(found(r)["eol.crcrlf"]["count"], 200)
    same((r["line_ends"]["crcrlf"], r["line_ends"]["cr"]), (200, 0))


@test
def postfix_queue_files_are_messages_with_their_envelope():
    ran = scan("--all", at("postfix-queue-files"))
    got = ran.of_type("message")
    same({r["format"] for r in got}, {"postfix"})
    same((len(got), ran.of_type("unreadable")), (28, []))
    same([r["path"] for r in got if "sender" not in r["envelope"] or
          not r["envelope"]["arrived"].startswith("20")], [])
    same(ran.records()[-1]["skipped"]["not_mail"], 1)


@test
def exim_kept_what_came_by_bdat():
    data, wire = (one("exim-4.96-written/%s" % p) for p in (
        "data/1xUsmb-0006p7-27-D", "wire/1xUsmb-0006nu-1A-D"))
    same(data["line_ends"]["cr"], 0)
    check(wire["line_ends"]["cr"] > 0)
    check(wire["line_ends"]["lf"] > 0 and wire["line_ends"]["crlf"] > 0)
    check(any(c.startswith("eod.") and f["severity"] == "high"
              for c, f in found(wire).items()))


def dovecot_sizes(name):
    """[(physical, virtual)] in the order of the UIDs."""
    text = read(at("dovecot-2.3.19-written", name + ".fetch.txt")).decode()
    return [(int(a), int(b)) for a, b in re.findall(
        r"size\.physical: (\d+)\nsize\.virtual: (\d+)", text)]


def virtual(r):
    return r["length"] + r["line_ends"]["lf"]


@test
def dovecot_maildir_sizes():
    for name, raw in (("maildir", True), ("maildir-gz", False)):
        records = messages(at("dovecot-2.3.19-written", name))
        same(sorted((r["length"], virtual(r)) for r in records),
             sorted(dovecot_sizes(name)), name)
        same({r["raw"] for r in records}, {raw})
        for r in records:               # and the sizes in the file's name
            s, w = re.search(r",S=(\d+),W=(\d+)", r["path"]).groups()
            same((r["length"], virtual(r)), (int(s), int(w)), r["path"])


@test
def dovecot_mbox_sizes():
    # Dovecot leaves out the fields that it put there itself.
    own = re.compile(rb"^(?:X-UID|Status|X-Status|X-Keywords|Content-Length|"
                     rb"X-IMAPbase):[^\n]*\n(?:[ \t][^\n]*\n)*", re.M)
    records = messages(at("dovecot-2.3.19-written", "mbox"))
    box = read(at("dovecot-2.3.19-written", "mbox", "inbox"))
    sizes = []
    for r in records:
        data = box[r["offset"]:r["offset"] + r["length"]]
        header = re.split(rb"(?<=\n)\r?\n", data, maxsplit=1)[0]
        fields = own.findall(header)
        bytes_ = sum(map(len, fields))
        lfs = sum(not f.endswith(b"\r\n") for f in fields)
        sizes.append((r["length"] - bytes_, virtual(r) - bytes_ - lfs))
    same(sizes, dovecot_sizes("mbox"))


if not os.path.isdir(CORPORA):
    print("1..1\nok 1 - corpora # SKIP there is no folder of corpora here "
          "(BAREDOT_CORPORA)")
    sys.exit(0)
run()
