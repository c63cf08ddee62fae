"""Queues of mail servers: read, never repaired; and those of real servers.

Everything runs below a folder of its own, without network.
"""
import hashlib
import os
import shutil
import sys

sys.dont_write_bytecode = True
from cli import (SAMPLES, UNREADABLE, baredot, check, folder, read, run,
                 same, scan, test, write)
from queued import compare, sent
from servers import Exim, Postfix

QUEUES = {"postfix": "postsuper -h", "exim": "exim -Mf",
          "opensmtpd": "smtpctl pause", "kumomta": "kcli suspend",
          "haraka": "haraka -c", "sendmail": "sendmail -Qreason",
          "qmail": "qmail-qread", "courier": "cancelmsg"}


def tree(top):
    return {os.path.join(d, f): read(os.path.join(d, f))
            for d, _, files in os.walk(top) for f in files}


@test
def nothing_in_a_queue_is_repaired_and_the_reason_is_told():
    with folder() as top:
        for name, command in QUEUES.items():
            mail = shutil.copytree(os.path.join(SAMPLES, name),
                                   top + "/mail/" + name)
            if name == "postfix":       # in maildrop, too
                path = mail + "/maildrop/4B0B0B0B0B"
                text = read(path)
                write(path, text.replace(b"Subject: s", b"Subject: \r"))
            before = tree(mail)
            for verb in (("fix", "--state", top + "/state"),
                         ("quarantine", "--into", top + "/quarantine")):
                ran = baredot(*verb, "-f", "ndjson", "-m", "info",
                              "--apply", mail)
                found = ran.of_type("message")
                check(found, name)
                for r in found:
                    same(r["repair"]["action"], "refused", r["path"])
                    check(("postcat -q" if "maildrop" in r["path"] else
                           command) in r["repair"]["why"], r["repair"]["why"])
                check(name != "postfix" or any(
                    "maildrop" in r["path"] for r in found), name)
                same(ran.records()[-1]["repairs"]["refused"], len(found))
            same(tree(mail), before, name)


@test
def a_queue_file_is_known_wherever_it_is():
    with folder() as top:
        data = read(os.path.join(SAMPLES, "postfix", "active", "4D5E6F7A8B"))
        (r,) = scan("--all", write(top + "/a copy", data)).of_type("message")
        same(r["format"], "postfix")
        check("queue_id" not in r["envelope"])
        (r,) = scan("--all", "-", input=data).of_type("message")
        same((r["format"], r["path"]), ("postfix", "-"))
        ran = scan("--all", write(top + "/cut", data[:-2]))
        same((ran.status, ran.of_type("message")), (UNREADABLE, []))


@test
def the_other_file_of_exim_is_beside_and_no_link():
    name = "1r2KQK-0001Ab-0C"
    with folder() as top:
        for kind in "HD":
            shutil.copy(os.path.join(SAMPLES, "exim", "input",
                                     name + "-" + kind), top)
        for args, cwd in (((top,), "/"), ((".",), top), ((name + "-H",), top),
                          (("./" + name + "-H",), top),
                          ((top + "/" + name + "-H",), "/"), (("-j2", top),
                                                              "/")):
            ran = baredot("scan", "-f", "ndjson", "--all", *args, cwd=cwd)
            (r,) = ran.of_type("message")
            same((r["format"], r["envelope"]["queue_id"]), ("exim", name))
            same(ran.of_type("unreadable"), [])
        ran = scan("--all", "-", input=read(top + "/" + name + "-H"))
        check("not at hand" in ran.of_type("unreadable")[0]["error"])
        os.rename(top + "/" + name + "-D", top + "/body")
        os.symlink("body", top + "/" + name + "-D")
        for path in (top, top + "/" + name + "-H"):
            ran = scan("--all", path)
            same(ran.of_type("message"), [])
            check("there is no" in ran.of_type("unreadable")[0]["error"])


@test
def addresses_of_any_bytes_are_exact():
    with folder() as top:
        data = read(os.path.join(SAMPLES, "postfix", "maildrop",
                                 "4B0B0B0B0B"))
        data = data.replace(b"bob@example.net", b"b\xffb@example.net")
        (r,) = scan("--all", write(top + "/x", data)).of_type("message")
        same(r["envelope"]["recipients"],
             [{"address": "b\ufffdb@example.net",
               "address_b64": "Yv9iQGV4YW1wbGUubmV0"}])


# --- a real Postfix

@test
def what_postfix_was_given_is_what_is_found_in_its_queue():
    with folder() as top:
        server, mails = Postfix(top), sent()
        for mail, sender, recipients in mails.values():
            server.send(mail, sender, recipients)
        drop = scan("--all", "--hash", top + "/queue/maildrop")
        compare(drop.of_type("message"), mails)
        same(drop.of_type("unreadable"), [])
        server.start()
        try:
            files = server.held(len(mails))
        finally:
            server.stop()
        ran = scan("--all", "--hash", top + "/queue")
        same(ran.of_type("unreadable"), [])
        compare(ran.of_type("message"), mails)
        # And its own reader sees the same bytes.
        for r in ran.of_type("message"):
            same(r["path"] in files, True)
            same(r["envelope"]["queue_id"], os.path.basename(r["path"]))
            data = server.command("postcat", "-bh", r["path"])
            same(len(data), r["length"], r["path"])
            same(hashlib.sha256(data).hexdigest(), r["sha256"], r["path"])


# --- a real Exim

@test
def what_exim_was_given_is_what_is_found_in_its_spool():
    with folder() as top:
        send, mails = Exim(top).send, sent()
        for mail, sender, recipients in mails.values():
            send("-i", "-f", sender or "<>", *recipients, data=mail)
        ran = scan("--all", "--hash", "-v", top + "/spool/input")
        same(ran.of_type("unreadable"), [])
        same(len(ran.of_type("skipped")), len(mails))
        compare(ran.of_type("message"), mails)
        for r in ran.of_type("message"):
            same((r["format"], r["convention"]), ("exim", "lf"))
            same(r["path"], "%s/spool/input/%s-H" % (
                top, r["envelope"]["queue_id"]))
            # All but the Received field is what was sent, a line for each.
            sent_lines = mails[r["message_id"]][0].count(b"\n")
            check(r["line_ends"]["lf"] > sent_lines)


@test
def what_came_into_exim_by_bdat_is_found_as_it_came():
    body = b"hi\r\n.\r\n..\r\nbare\nlf\r\nthe end\r\n"
    mail = b"Subject: by BDAT\r\nMessage-ID: <b@example.com>\r\n\r\n" + body
    with folder() as top:
        send = Exim(top).send
        send("-bs", data=b"EHLO client.example.com\r\n"
             b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\n"
             b"BDAT %d LAST\r\n%sQUIT\r\n" % (len(mail), mail))
        (r,) = scan("--all", top + "/spool/input").of_type("message")
        same(r["convention"], "crlf")
        same({f["code"]: f["count"] for f in r["findings"]},
             {"eol.bare-lf": 1, "eod.crlf-dot-crlf": 1, "eod.stuffed-dot": 1})
        start = r["length"] - len(body)
        same(next(f["offsets"] for f in r["findings"]
                  if f["code"] == "eod.crlf-dot-crlf"), [start + 4])


run()
