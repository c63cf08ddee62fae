"""Queues of mail servers: read, never repaired; and those of real servers.

POSTFIX_TREE, EXIM_TREE: folders that their packages were unpacked to; else,
where they are not installed, these are fetched, once, to build/packages.
Everything runs below a folder of its own, without network.
"""
import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from cli import (SAMPLES, UNREADABLE, Skip, baredot, check, folder, read, run,
                 same, scan, test, write)
from queued import (compare, libraries, runs, sent, unpacked,
                    with_accounts)

QUEUES = {"postfix": "postsuper -h", "exim": "exim -Mf",
          "opensmtpd": "smtpctl pause", "kumomta": "kcli suspend",
          "haraka": "haraka -c", "sendmail": "sendmail -Qreason",
          "qmail": "in a queue of qmail", "courier": "cancelmsg"}


def tree(top):
    return {os.path.join(d, f): read(os.path.join(d, f))
            for d, _, files in os.walk(top) for f in files}


@test
def nothing_in_a_queue_is_repaired_and_the_reason_is_told():
    with folder() as top:
        for name, command in QUEUES.items():
            mail = shutil.copytree(os.path.join(SAMPLES, name),
                                   top + "/mail/" + name)
            before = tree(mail)
            for verb in (("fix", "--state", top + "/state"),
                         ("quarantine", "--into", top + "/quarantine")):
                ran = baredot(*verb, "-f", "ndjson", "-m", "info",
                              "--apply", mail)
                found = ran.of_type("message")
                check(found, name)
                for r in found:
                    same(r["repair"]["action"], "refused", r["path"])
                    check(command in r["repair"]["why"], r["repair"]["why"])
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

MASTER = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
postlog unix-dgram n - n - 1 postlogd
"""
MAIN = """\
compatibility_level = 3.6
queue_directory = {top}/queue
data_directory = {top}/data
command_directory = {top}/bin
daemon_directory = {tree}/usr/lib/postfix/sbin
shlib_directory = {tree}/usr/lib/postfix
meta_directory = {top}/etc
mail_owner = {owner}
setgid_group = {group}
myhostname = mx.example.net
mydestination =
inet_interfaces = loopback-only
alias_maps =
alias_database =
maillog_file = {top}/log
maillog_file_prefixes = {top}
header_checks = regexp:{top}/etc/hold
import_environment = MAIL_CONFIG TZ LD_LIBRARY_PATH LANG=C
authorized_submit_users = static:anyone
"""


class Postfix:
    """One that holds whatever it is given."""

    def __init__(self, top):
        if os.getuid() != 0:
            raise Skip("Postfix needs root")
        self.top, self.tree, path = top, "", "/usr/lib/postfix"
        if not os.path.exists(path + "/sbin/master"):
            self.tree = unpacked("POSTFIX_TREE", "postfix", "libdb5.3",
                                 "libicu72", "libnsl2", "libsasl2-2")
            path = self.tree + path + ":" + libraries(self.tree)
        lib = path
        owner, group = ("postfix", "postdrop") if any(
            u.pw_name == "postfix" for u in pwd.getpwall()) else (
                "daemon", "bin")
        self.env = dict(os.environ, LD_LIBRARY_PATH=lib,
                        MAIL_CONFIG=top + "/etc")
        runs(self.tree + "/usr/sbin/postdrop", self.env)
        write(top + "/etc/main.cf", MAIN.format(
            top=top, tree=self.tree, owner=owner, group=group).encode())
        write(top + "/etc/master.cf", MASTER.encode())
        write(top + "/etc/hold", b"/^Subject: / HOLD\n")
        write(top + "/bin/postdrop", b"#!/bin/sh\nLD_LIBRARY_PATH=%s "
              b"exec %s/usr/sbin/postdrop \"$@\"\n" % (
                  lib.encode(), self.tree.encode()))
        os.chmod(top + "/bin/postdrop", 0o755)
        for name in ("active bounce corrupt defer deferred flush hold "
                     "incoming maildrop pid private public saved trace "
                     "../data").split():
            path = top + "/queue/" + name
            os.makedirs(path, 0o700)
            if name != "pid":
                shutil.chown(path, owner)
        shutil.chown(top + "/queue/maildrop", owner, group)
        os.chmod(top + "/queue/maildrop", 0o1730)
        shutil.chown(top + "/queue/public", owner, group)
        os.chmod(top + "/queue/public", 0o2710)
        for path in (top, top + "/queue"):
            os.chmod(path, 0o755)
        self.master = None

    def command(self, name, *args, **more):
        return subprocess.run([self.tree + "/usr/sbin/" + name, *args],
                              env=self.env, timeout=20, check=True,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, **more).stdout

    def start(self):
        self.master = subprocess.Popen(
            [self.tree + "/usr/lib/postfix/sbin/master", "-c",
             self.top + "/etc", "-d"], env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

    def stop(self):
        if self.master:
            self.master.terminate()
            self.master.wait(20)

    def send(self, mail, sender, recipients):
        self.command("sendmail", "-C", self.top + "/etc", "-i", "-f", sender,
                     *recipients, input=mail)

    def held(self, n):
        """The files in hold/, as soon as there are n."""
        end = time.monotonic() + 20
        path = self.top + "/queue/hold"
        while len(os.listdir(path)) < n:
            time.sleep(0.1)
            if time.monotonic() > end:
                raise AssertionError(read(self.top + "/log"))
        return [os.path.join(path, f) for f in sorted(os.listdir(path))]


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

EXIM = """\
primary_hostname = mx.example.net
spool_directory = {top}/spool
log_file_path = {top}/log/%slog
exim_user = daemon
exim_group = daemon
queue_only = true
spool_wireformat = true
chunking_advertise_hosts = *
acl_smtp_rcpt = any
never_users =
begin acl
any:
  accept set acl_m_note = one\\ntwo
begin routers
"""


def exim(top):
    """What runs it, with a queue of its own; nothing is ever delivered."""
    if os.getuid() != 0:
        raise Skip("Exim needs root")
    program, env = shutil.which("exim4") or shutil.which("exim"), os.environ
    before = []
    if program is None:
        tree = unpacked("EXIM_TREE", "exim4-daemon-light", "libdb5.3",
                        "libidn12", "libgnutls-dane0", "libunbound8")
        program = tree + "/usr/sbin/exim4"
        env = dict(env, LD_LIBRARY_PATH=libraries(tree))
        before = with_accounts(top, "Debian-exim")
    runs(program, env)
    os.chmod(top, 0o755)
    conf = write(top + "/conf", EXIM.format(top=top).encode())
    for name in ("spool", "log"):
        os.mkdir(top + "/" + name)
        shutil.chown(top + "/" + name, "daemon")

    def send(*args, data):
        subprocess.run([*before, program, "-C", conf, "-odq", *args],
                       input=data, env=env, check=True, timeout=20,
                       stdout=subprocess.PIPE)
    return send


@test
def what_exim_was_given_is_what_is_found_in_its_spool():
    with folder() as top:
        send, mails = exim(top), sent()
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
        send = exim(top)
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
