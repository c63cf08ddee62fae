#!/usr/bin/python3
"""A message is what it is however the user names it: from inside its folder,
by a link, by a path with dots.  Prints TAP.
"""
import os
import shutil

from cli import (CLEAN, FINDINGS, SAMPLES, baredot, check, folder, read, run,
                 same, test, write)

HEAD = b"From: a@example.org\r\nMessage-ID: <1@example.org>\r\n" \
    b"Date: Mon, 01 Jan 2024 00:00:00 +0000\r\n\r\n"
MAIL = HEAD + b"one\ntwo\r\n"
FIXED = HEAD + b"one\r\ntwo\r\n"
BASE = "1500000001.M1P1.host"
NAME = "%s,S=%d,W=%d:2,S" % (BASE, len(MAIL), len(FIXED))
RIGHT = ",S=%d,W=%d:2,S" % (len(FIXED), len(FIXED))

# Where we are, and what is named; {} stands for the folder of all.
WAYS = (
    (".", "M"), (".", "./M/"), (".", "{}/M"), (".", "M/cur"),
    (".", "M/cur/."), (".", "M/new/../cur"), (".", "to-maildir"),
    (".", "to-cur"), (".", "M/cur/" + NAME), (".", "to-cur/" + NAME),
    ("M", "."), ("M", "cur"), ("M/cur", "."), ("M/cur", ".."),
    ("M/cur", NAME), ("M/cur", "./" + NAME), ("M/new", "../cur"))


def maildir(top, parts=("cur", "new", "tmp")):
    for part in parts:
        os.makedirs("%s/M/%s" % (top, part))
    os.symlink(top + "/M", top + "/to-maildir")
    os.symlink("M/cur", top + "/to-cur")
    os.mkdir(top + "/state", 0o700)
    return write("%s/M/cur/%s" % (top, NAME), MAIL)


def files(top):
    return {name: read(os.path.join(where, name))
            for where, _, names in os.walk(top + "/M") for name in names}


def act(top, command, where, what, *options):
    return baredot(command, "--apply", "-f", "ndjson", *options, what,
                   cwd=os.path.join(top, where))


def fixed_and_undone(top, where, what):
    ran = act(top, "fix", where, what, "--state", top + "/state")
    same(ran.status, CLEAN, ran.err)
    (name, data), = files(top).items()
    same(data, FIXED, what)
    check(name.endswith(RIGHT) and not name.startswith(BASE + ","), name)
    ran = baredot("undo", "last", "--apply", "--state", top + "/state")
    same((ran.status, files(top)), (CLEAN, {NAME: MAIL}), what)


@test
def a_message_of_a_maildir_gets_a_new_name_however_it_is_named():
    for where, what in WAYS:
        with folder() as top:
            maildir(top)
            fixed_and_undone(top, where, what.replace("{}", top))


@test
def a_folder_of_a_maildir_is_one_however_it_is_named():
    for where, what in WAYS:
        if not what.endswith(NAME):
            with folder() as top:
                maildir(top)
                got = baredot("scan", "--all", "-f", "ndjson",
                              what.replace("{}", top),
                              cwd=os.path.join(top, where))
                same([r["format"] for r in got.of_type("message")],
                     ["maildir"], what)


@test
def copies_without_empty_folders_get_right_names_too():
    for parts in (("cur", "new"), ("cur", "tmp"), ("cur",)):
        with folder() as top:
            maildir(top, parts)
            fixed_and_undone(top, ".", "M")
            same(sorted(os.listdir(top + "/M")), sorted(parts))


@test
def what_is_taken_out_of_a_copy_without_tmp_comes_back():
    for parts in (("cur", "new"), ("cur",)):
        with folder() as top:
            maildir(top, parts)
            into = top + "/into"
            same(act(top, "quarantine", ".", "M", "--into", into,
                     "--min-severity", "low").status, CLEAN)
            same(files(top), {})
            same(baredot("restore", "--into", into, "--apply").status, CLEAN)
            same(files(top), {NAME: MAIL})


QUEUES = (              # the sample; in it: where we are, what is named
    ("opensmtpd", "queue/7c", "."), ("opensmtpd", "queue/7c/7c0cec1a", "."),
    ("opensmtpd", "queue/7c/7c0cec1a", "message"),
    ("opensmtpd", ".", "link"), ("opensmtpd", ".", "link/7c0cec1a/message"),
    ("kumomta", "data/data/04", "."), ("kumomta", ".", "link"),
    ("kumomta", "data/data/04/af/c0/00", "."),
    ("kumomta", "data/data/04/af/c0/00", "833b11eeb3c89f6bdeced846"))
LINKS = {"opensmtpd": "queue/7c", "kumomta": "data/data/04"}


@test
def a_message_in_a_queue_is_never_changed_however_it_is_named():
    for sample, where, what in QUEUES:
        with folder() as top:
            shutil.copytree(os.path.join(SAMPLES, sample), top + "/M")
            os.symlink(top + "/M/" + LINKS[sample], top + "/M/link")
            os.mkdir(top + "/state", 0o700)
            before = files(top)
            ran = act(top, "fix", "M/" + where, what, "--to", "crlf",
                      "--state", top + "/state")
            why = [r["repair"].get("why", "") for r in ran.of_type("message")]
            check(any("OpenSMTPD: " in w or "KumoMTA: " in w for w in why),
                  "%s, %s: %s" % (where, what, why))
            same((ran.status, files(top)), (FINDINGS, before), what)


if __name__ == "__main__":
    run()
