"""Queues of sendmail, qmail and Courier: where their files are looked for, and
those of real servers.

QMAIL: a qmail that was built for a folder of its own, and whose queue the test
may use.  Everything runs without network, sees no other folders than its own,
and delivers nothing.
"""
import hashlib
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
from cli import (SAMPLES, UNREADABLE, Skip, baredot, check, folder, read, run,
                 same, scan, test, write)
from queued import compare, sent
from servers import Courier, Sendmail

DF = "df3AEMDKn0004243"
HF = "hf3AEMDKn0004243"


def sample(name, top):
    return shutil.copytree(os.path.join(SAMPLES, name), top + "/" + name)


def messages(*args, **more):
    return baredot("scan", "-f", "ndjson", "--all", *args,
                   **more).of_type("message")


def error(*args, **more):
    ran = baredot("scan", "-f", "ndjson", "--all", *args, **more)
    same((ran.status, ran.of_type("message")), (UNREADABLE, []))
    (r,) = ran.of_type("unreadable")
    return r["error"]


@test
def a_body_in_another_folder_is_below_what_was_named():
    with folder() as top:
        q1 = sample("sendmail", top) + "/q1"
        for args, cwd in ((("sendmail/q1",), top), ((".",), q1),
                          ((q1 + "//",), "/"), (("-j2", q1), "/"),
                          ((q1 + "/qf/" + HF,), "/"), ((HF,), q1 + "/qf"),
                          (("qf/" + HF,), q1),
                          (("--forensic", top), "/")):
            found = {r["envelope"]["queue_id"]: r for r in messages(
                *args, cwd=cwd)}
            same(found[HF[2:]]["message_id"], "<sendmail.2@example.org>")
        for args, cwd in (((q1 + "/qf",), "/"), ((".",), q1 + "/qf")):
            check("there is no " + DF in error(*args, cwd=cwd), args)
        # By a link that was named: where the file is, not where the link is.
        os.symlink(q1 + "/qf/" + HF, top + "/" + HF)
        same(messages(top + "/" + HF), [])
        os.symlink(q1 + "/qf", top + "/elsewhere")
        same(len(messages(top + "/elsewhere/" + HF)), 1)


@test
def no_link_leads_to_another_file_of_a_queue():
    with folder() as top:
        q1 = sample("sendmail", top) + "/q1"
        os.rename(q1 + "/df", top + "/bodies")
        os.symlink(top + "/bodies", q1 + "/df")
        for path in (q1, q1 + "/qf/" + HF):
            check("there is no " + DF in error(path))
        os.unlink(q1 + "/df")
        os.mkdir(q1 + "/df")
        os.symlink(top + "/bodies/" + DF, q1 + "/df/" + DF)
        for path in (q1, q1 + "/qf/" + HF):
            check("there is no " + DF in error(path))
        mess = sample("qmail", top) + "/mess"
        info = os.path.join(os.path.dirname(mess), "info")
        os.rename(info, top + "/info")
        os.symlink(top + "/info", info)
        # And so it is no queue of qmail any more.
        same({r["format"] for r in messages(os.path.dirname(mess))}, {"mh"})


@test
def a_record_names_another_queue_and_no_other_place():
    with folder() as top:
        queue = sample("sendmail", top)
        for name in os.listdir(queue + "/mqueue"):
            if name[:2] != "qf" or not name.endswith("42"):
                os.unlink(queue + "/mqueue/" + name)
        os.rename(queue + "/q1/df", queue + "/df")
        shutil.rmtree(queue + "/q1")
        (qf,) = os.listdir(queue + "/mqueue")
        data = read(queue + "/mqueue/" + qf)
        for i, path in enumerate((
                "q2/" + qf.replace("q", "d"), "q2/df/" + qf.replace("q", "d"),
                "../secret/" + qf.replace("q", "d"))):
            write(queue + "/" + path, b"the body\n")
            for named in ("q2", "/mail/q2", "/mail/q2/df", "../secret",
                          "../../secret", "secret"):
                # Where it is not split q2/df is not looked at, nor q2 if it is.
                write(queue + "/mqueue/" + qf, data.replace(
                    b"I254/1/77\n", b"d%s\n" % named.encode()))
                found = messages(queue)
                same(sum("envelope" in r for r in found),
                     i == 0 and "q2" in named, (path, named))
            os.unlink(queue + "/" + path)


@test
def envelopes_of_qmail_are_below_what_was_named():
    with folder() as top:
        queue = sample("qmail", top)
        for args, cwd, known in (
                ((queue,), "/", True), ((".",), queue, True),
                ((queue + "/mess/20/457",), "/", True),
                (("20/457",), queue + "/mess", True),
                (("457",), queue + "/mess/20", False),
                ((queue + "/mess",), "/", False),
                ((".",), queue + "/mess/20", False)):
            (r,) = [r for r in messages(*args, cwd=cwd)
                    if r["path"].endswith("457")]
            same((r["format"], r["raw"]), ("qmail", True), args)
            same(r["envelope"].get("sender"),
                 "alice@example.com" if known else None, args)
        # What is not there any more is not known, and nothing else.
        shutil.rmtree(queue + "/info/20")
        shutil.rmtree(queue + "/remote/20")
        (r,) = messages(queue + "/mess/20")
        (r,) = [r for r in messages(queue) if r["path"].endswith("457")]
        same(r["envelope"], {"queue_id": "457", "recipients": [
            {"address": "bob@mx.example.net"}]})


@test
def a_folder_of_mh_is_no_queue():
    with folder() as top:
        mail = read(os.path.join(SAMPLES, "qmail", "mess", "20", "457"))
        for path in ("mess/20/457", "info/20/457", "msgs/57/457",
                     "msgs/57/D457", "df457"):
            write(top + "/" + path, mail)
        same({r["format"] for r in messages(top)}, {"mh", "eml"})
        same(len(messages(top)), 5)


# --- a real sendmail

def wire_is(r, top):
    """What sendmail would send is what was judged."""
    data = read(top + "/sent/" + r["envelope"]["queue_id"])
    same((len(data), hashlib.sha256(data).hexdigest()),
         (r["length"], r["sha256"]), r["path"])


@test
def what_sendmail_was_given_is_what_it_sends():
    with folder() as top:
        server, mails = Sendmail(top), sent()
        for mail, sender, recipients in mails.values():
            server.give("-i", "-f", sender or "<>", *recipients, data=mail)
        ran = scan("--all", "--hash", "-v", server.queue)
        same(ran.of_type("unreadable"), [])
        same(len(ran.of_type("skipped")), len(mails))
        found = ran.of_type("message")
        compare(found, mails)
        for r in found:
            same((r["format"], r["convention"], r["raw"]),
                 ("sendmail", "lf", False))
            same(r["path"], "%s/qf%s" % (server.queue,
                                         r["envelope"]["queue_id"]))
            same({f["code"]: f["count"] for f in r["findings"]
                  if f["code"].startswith("eod")},
                 {"eod.lf-dot-lf": 1, "eod.stuffed-dot": 1})
        server.give("-q", "-v")
        same(os.listdir(server.queue), [])
        for r in found:
            wire_is(r, top)


@test
def odd_bytes_and_split_queues_of_sendmail():
    odd = (b"From: alice@example.com\nTo: bob@example.net\nSubject: a\n\tb\n c"
           b"\nBcc: eve@example.org\nMessage-ID: <1@x>\nX-Bytes: \xff\x81g\x9f "
           b"\xc3\x89\xff $x $g ?P?\nReturn-Path: <x@y>\nFull-Name: A\nContent-Length: 7\n\n"
           b"a\rb\n\0\n\r\r\n.\n\xff\xff\x81g\n\n\nthe end\n")
    with folder() as top:
        server = Sendmail(top)
        for name in ("qf", "df", "xf"):
            os.mkdir(server.queue + "/" + name, 0o700)
        server.give("-i", "-f", "alice@example.com", "bob@example.net",
                    data=odd)
        server.talk(b"EHLO localhost\r\n", b"MAIL FROM:<>\r\n",
                    b"RCPT TO:<bob@example.net>\r\n", b"DATA\r\n",
                    b"From: alice@example.com\r\nMessage-ID: <2@x>\r\n\r\n"
                    b"..\r\n...\r\nthe end\r\n.\r\n")
        found = {r["message_id"]: r for r in messages("--hash", server.queue)}
        same(sorted(found), ["<1@x>", "<2@x>"])
        same({f["code"]: f["count"] for f in found["<1@x>"]["findings"]
              if f["code"][:3] == "eol"}["eol.bare-cr"], 1)
        same(found["<2@x>"]["envelope"]["sender"], "")
        same({f["code"] for f in found["<2@x>"]["findings"]},
             {"eod.lf-dot-lf", "eod.stuffed-dot"})
        # In quarantine it is read as before; and so it goes out.
        server.give("-Qreason", "-qI" +
                    found["<1@x>"]["envelope"]["queue_id"])
        again = {r["message_id"]: r for r in messages("--hash", server.queue)}
        check("/hf" in again["<1@x>"]["path"], again)
        same(again["<1@x>"]["sha256"], found["<1@x>"]["sha256"])
        server.give("-Q", "-qQ")
        server.give("-q", "-v")
        for r in found.values():
            wire_is(r, top)


# --- a real Courier

def as_it_stands(r, mail):
    """The message is the file, and ends in what was given."""
    data = read(r["path"])
    same((r["raw"], r["offset"], r["length"], r["sha256"]),
         (True, 0, len(data), hashlib.sha256(data).hexdigest()))
    check(data.endswith(mail), r["path"])


@test
def what_courier_was_given_is_what_is_found_in_its_queue():
    with folder() as top:
        server = Courier(top)
        mails = {k: (mail.replace(b"a line", b"a\rb"), sender, to[:60])
                 for k, (mail, sender, to) in sent().items()}
        for mail, sender, to in mails.values():
            server.give(mail, sender, to)
        for where in ("tmp", "msgs"):
            ran = scan("--all", "--hash", "-v", server.var)
            same(ran.of_type("unreadable"), [])
            found = ran.of_type("message")
            compare(found, mails)
            for r in found:
                mail = mails[r["message_id"]][0]
                same((r["format"], r["convention"]), ("courier", "lf"))
                check("/%s/" % where in r["path"], r["path"])
                as_it_stands(r, mail.split(b"\n\n", 1)[1])
                same({f["code"]: f["count"] for f in r["findings"]
                      if f["code"][:3] in ("eod", "eol")},
                     dict({"eod.lf-dot-lf": 1, "eod.stuffed-dot": 1},
                          **({"eol.bare-cr": 1} if b"\r" in mail else {})))
            refused(server.var, "cancelmsg", len(found))
            if where == "tmp":
                server.take(len(mails))


def refused(top, why, n):
    ran = baredot("quarantine", "--into", os.path.dirname(top) + "/q", "-f",
                  "ndjson", "-m", "info", "--apply", top)
    found = ran.of_type("message")
    same(len(found), n)
    for r in found:
        same(r["repair"]["action"], "refused")
        check(why in r["repair"]["why"], r["repair"]["why"])


# --- a real qmail

@test
def what_qmail_was_given_is_what_is_found_in_its_queue():
    top = os.environ.get("QMAIL")
    if top is None:
        raise Skip("QMAIL names no qmail for tests")
    mails = {k: (mail.replace(b"a line", b"a\rb"), sender, to)
             for k, (mail, sender, to) in sent().items()}
    for mail, sender, to in mails.values():
        with folder() as own:
            data = write(own + "/mail", mail)
            envelope = write(own + "/envelope", b"".join(
                x + b"\0" for x in [b"F" + sender.encode()] +
                [b"T" + x.encode() for x in to] + [b""]))
            with open(data, "rb") as a, open(envelope, "rb") as b:
                subprocess.run([top + "/bin/qmail-queue"], stdin=a, stdout=b,
                               check=True, timeout=20)
    ran = scan("--all", "--hash", top + "/queue")
    same(ran.of_type("unreadable"), [])
    found = ran.of_type("message")
    compare(found, mails, arrived=False)
    for r in found:
        same((r["format"], r["convention"]), ("qmail", "lf"))
        same(os.path.basename(r["path"]), r["envelope"]["queue_id"])
        as_it_stands(r, mails[r["message_id"]][0])
    refused(top + "/queue", "qmail-qread", len(found))


run()
