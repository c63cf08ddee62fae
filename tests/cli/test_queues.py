"""Queues that keep a message as it is, its envelope beside it: OpenSMTPD's and
KumoMTA's; Haraka's; folders of Exchange and IIS.  And a real OpenSMTPD.

That runs in a mount namespace of its own, where /var/spool and its users are
the test's.
"""
import hashlib
import os
import re
import shutil
import sys
import time

sys.dont_write_bytecode = True
from cli import (SAMPLES, baredot, check, folder, read, run, same, scan,
                 test, write)
from servers import OpenSMTPD

KUMOMTA = "data/04/af/c0/00/833b11eeb3c89f6bdeced846"
TOLD = "data of a mail server or reader, not mail"


def copy(name, to):
    return shutil.copytree(os.path.join(SAMPLES, name), to)


def addresses(r):
    return [x["address"] for x in r["envelope"]["recipients"]]


@test
def kumomtas_envelope_is_found_below_what_was_named():
    with folder() as top:
        spool = copy("kumomta", top + "/spool")
        for args, cwd in (((spool,), "/"), ((".",), spool), (("spool",), top),
                          (("./spool/",), top), (("-j2", top), "/")):
            ran = baredot("scan", "-f", "ndjson", "-v", *args, cwd=cwd)
            (r,) = ran.of_type("message")
            same(r["envelope"]["sender"], "alice@example.com", args)
            same(addresses(r), ["bob@example.net", "carol@example.org"])
            same([x["reason"] for x in ran.of_type("skipped")], [TOLD])
        # Nor is what lies there taken for the tree beside.
        write(spool + "/data/meta/" + KUMOMTA,
              b'{"sender":"eve@example.com","recipient":"eve@example.com"}')
        for path in ("data", "data/data"):
            (r,) = scan(spool + "/" + path).of_type("message")
            same((r["format"], r["envelope"]), ("kumomta", {
                "queue_id": "04afc000833b11eeb3c89f6bdeced846",
                "recipients": [], "arrived": "2023-11-14T22:13:20Z"}), path)
        # Around a file that was named, whichever way that was.
        os.symlink(spool + "/data", top + "/to")
        for path in (spool + "/data/" + KUMOMTA, top + "/to/" + KUMOMTA):
            (r,) = scan(path).of_type("message")
            same(addresses(r), ["bob@example.net", "carol@example.org"], path)


@test
def no_link_leads_to_an_envelope():
    for link in ("meta", "meta/data", "meta/data/04/af", "meta/" + KUMOMTA):
        with folder() as top:
            spool = copy("kumomta", top + "/spool")
            os.rename(spool + "/" + link, top + "/away")
            os.symlink(top + "/away", spool + "/" + link)
            for named in (spool, spool + "/data/" + KUMOMTA):
                (r,) = scan(named).of_type("message")
                check("sender" not in r["envelope"], (link, named))
    with folder() as top:
        queue = copy("opensmtpd/queue", top + "/queue")
        one = queue + "/7c/7c0cec1a/7c0cec1a0000004d"
        os.rename(one, top + "/away")
        os.symlink(top + "/away", one)
        (r,) = scan(queue).of_type("message")
        same(addresses(r), ["carol@example.org"])


@test
def a_broken_envelope_hides_no_message():
    with folder() as top:
        spool = copy("kumomta", top + "/spool")
        write(spool + "/meta/" + KUMOMTA, b'{"sender":"x"')
        (r,) = scan(spool).of_type("message")
        check("sender" not in r["envelope"])
        # A tree of envelopes under another name holds no messages.
        os.rename(spool + "/meta", spool + "/envelopes")
        write(spool + "/envelopes/" + KUMOMTA, b'{"sender":"x"}')
        ran = scan("-v", spool)
        same([x["path"] for x in ran.of_type("message")],
             [spool + "/data/" + KUMOMTA])
        same([x["reason"] for x in ran.of_type("skipped")],
             ["the envelope of a message of KumoMTA"])
        # But what is no JSON to its end is judged.
        write(spool + "/envelopes/" + KUMOMTA,
              b'{"sender":"x"}\r\n.\nMAIL FROM:<>\r\n')
        same(len(scan(spool).of_type("message")), 2)


@test
def what_a_server_has_not_taken_yet_is_skipped():
    with folder() as top:
        mail = b"From: a@example.com\nTo: b@example.net\nSubject: x\n\n\rx\n"
        for path in ("o/queue/ab/ab012345/message", "o/purge/1/message",
                     "o/incoming/ab012346/message", "o/temporary/ab012347",
                     "k/new/.tmpAbCdEf", "k/lock", "k/" + KUMOMTA,
                     "h/__tmp__.1_1_0_1_aBcDeF_1_mx"):
            write(top + "/" + path, mail)
        ran = scan("-v", top)
        same([r["path"][len(top):] for r in ran.of_type("message")
              if r["format"] != "eml"],
             ["/k/" + KUMOMTA, "/o/queue/ab/ab012345/message"])
        same([r["path"][len(top):] for r in ran.of_type("skipped")],
             ["/h/__tmp__.1_1_0_1_aBcDeF_1_mx", "/k/new", "/o/incoming",
              "/o/purge", "/o/temporary"])
        same(len(scan(top + "/o/incoming").of_type("message")), 1)


@test
def folders_of_exchange_and_iis_are_left_alone():
    with folder() as top:
        for where, command in (("TransportRoles/Pickup", "Suspend-Message"),
                               ("TransportRoles/Replay", "Suspend-Message"),
                               ("mailroot/Queue", "net stop smtpsvc"),
                               ("mailroot/Badmail", "net stop smtpsvc")):
            path = top + "/" + where
            copy("pickup", path)
            os.makedirs(os.path.dirname(path) + "/Pickup", exist_ok=True)
            before = read(path + "/replay.eml")
            ran = baredot("fix", "--state", top + "/state", "-f", "ndjson",
                          "--apply", path)
            (r,) = [r for r in ran.of_type("message")
                    if r["path"].endswith("replay.eml")]
            same((r["format"], r["repair"]["action"]), ("pickup", "refused"))
            check(command in r["repair"]["why"], r["repair"]["why"])
            same(read(path + "/replay.eml"), before)
        # Elsewhere it is a file like any.
        copy("pickup", top + "/mine")
        baredot("fix", "--state", top + "/state", "--apply", top + "/mine")
        check(b"goodbye\rand" not in read(top + "/mine/replay.eml"))


# --- a real OpenSMTPD

HEAD = b"From: alice@example.com\r\nTo: bob@example.net\r\nSubject: x\r\n" \
    b"Message-ID: <%d@example.com>\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000" \
    b"\r\n\r\n"
BODIES = [
    b"plain\r\n", b"", b"a\rb\rc\r\n", b"..\r\n...x\r\n....\r\nend\r\n",
    b"a\r\r\n..\r\r\n\r..\r\nb\r\n", b"bare\nlf\r\n", b"x" * 900 + b"\r\n",
    b"m\xc3\xbcnchen\r\n" * 50, b"a\n\r\n..\r\n\r\r\n",
]


def as_stored(data):
    """A line ends at LF; a CR before that goes, and a dot that was doubled."""
    lines = [line[:-1] if line.endswith(b"\r") else line
             for line in data.split(b"\n")]
    return b"\n".join(x[1:] if x.startswith(b".") else x for x in lines)


def sent(server):
    out = {}
    for i, body in enumerate(BODIES):
        data = HEAD % i + body
        recipients = ["r%d@example.net" % k for k in range(1 + i * 9)]
        sender = "a%d@example.com" % i if i else ""
        out[server.send(data, sender, recipients)] = (
            as_stored(data), sender, recipients)
    return out


def compare(records, mails, unpacked):
    same(len(records), len(mails))
    for r in records:
        e = r["envelope"]
        tail, sender, recipients = mails[e["queue_id"]]
        same((r["format"], e["sender"]), ("opensmtpd", sender))
        listed = addresses(r)
        same(len(listed) + e.get("recipients_more", 0), len(recipients))
        same(len(listed), min(64, len(recipients)))
        check(set(listed) <= set(recipients))
        check(abs(time.time() - time.mktime(time.strptime(
            e["arrived"] + "+0000", "%Y-%m-%dT%H:%M:%SZ%z"))
            + time.timezone) < 600)
        data = unpacked(read(r["path"]))
        check(data.endswith(b"\n" + tail), (data, tail))
        same((r["length"], r["sha256"]),
             (len(data), hashlib.sha256(data).hexdigest()))
        crlf, crcrlf = data.count(b"\r\n"), data.count(b"\r\r\n")
        found = {f["code"]: f["count"] for f in r["findings"]}
        # A CR between breaks is one; one before a CRLF is that CRLF's.
        same((found.get("eol.bare-cr", 0), found.get("eol.crlf", 0) +
              found.get("eol.crcrlf", 0)),
             (data.count(b"\r") - crlf - crcrlf, crlf), tail)
        for code, where in (("lf-dot-lf", rb"(?<!\r)\n\.(?=\n)"),
                            ("lf-dot-crlf", rb"(?<!\r)\n\.(?=\r\n)"),
                            ("crlf-dot-lf", rb"\r\n\.(?=\n)"),
                            ("crlf-dot-crlf", rb"\r\n\.(?=\r\n)")):
            same(found.get("eod." + code, 0),
                 len(re.findall(where, data)), (code, tail))


@test
def what_opensmtpd_was_given_is_what_is_found_in_its_queue():
    import zlib
    for option, unpacked in (("", bytes), ("queue compression",
                             lambda data: zlib.decompress(data, 31))):
        with folder() as top:
            with OpenSMTPD(top, option) as server:
                mails = sent(server)
            ran = scan("--all", "--hash", "-v", top + "/spool")
            same(ran.of_type("unreadable"), [])
            compare(ran.of_type("message"), mails, unpacked)
            same(len(ran.of_type("skipped")), 3 + sum(
                len(m[2]) for m in mails.values()))
            before = {p: read(p) for p in (r["path"] for r in
                                           ran.of_type("message"))}
            ran = baredot("fix", "--state", top + "/state", "-f", "ndjson",
                          "--apply", top + "/spool")
            actions = {r["repair"]["action"] for r in
                       ran.of_type("message")}
            check("refused" in actions and actions <= {"refused", "none"})
            same({p: read(p) for p in before}, before)


@test
def what_opensmtpd_encrypted_is_told():
    with folder() as top:
        with OpenSMTPD(top, "queue compression",
                       "queue encryption " + "0123456789abcdef" * 2) as server:
            server.send(HEAD % 1 + b"a\r\n", "a@example.com",
                        ["b@example.net"])
        ran = scan(top + "/spool")
        same(ran.of_type("message"), [])
        (r,) = ran.of_type("skipped")
        check(r["reason"].startswith("encrypted by OpenSMTPD"), r)


run()
