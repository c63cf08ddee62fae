"""dbox as Dovecot writes it: what was saved is what is reported.  Prints TAP."""
import hashlib
import os

from harness import SAN, check, main, same, scan, write
from post import LDA, Post, configure, need

HEAD = (b"From: Alice <alice@example.com>\nTo: bob@example.net\n"
        b"Subject: %d\nMessage-ID: <d%d@x>\n\n")
# Dovecot makes CRLF into LF, and leaves a CR alone.
BODIES = [b"in order\n", b"one\rtwo\nthree\n", b"a\n.\nb\n", b"x\ry\rz\n",
          b"\n" * 3, b"nul-free\n" * 20000, b"\1\2N no header\n\1\3\n\n",
          b"From here on\n"]
MAILS = [HEAD % (i, i) + body for i, body in enumerate(BODIES)]


class Box:
    """A mailbox of that kind, with all of these messages in it."""

    def __init__(self, folder, kind, more=b""):
        need("doveadm", "dovecot-core")
        self.post = Post(folder)
        self.top = self.post.home + "/box"
        os.mkdir(self.top)
        self.post.own(self.post.home)
        configure(self.post, "%s:%s" % (kind, self.top))
        if more:
            with open(self.post.conf, "ab") as f:
                f.write(more)
        self.sums = []

    def doveadm(self, *args, text=b""):
        r = self.post.run(["doveadm", "-c", self.post.conf, *args], text)
        same(r.returncode, 0, "doveadm: %r" % r.stdout)
        return r.stdout

    def save(self, mails):
        for mail in mails:
            self.doveadm("save", text=mail)
            self.sums.append(hashlib.sha256(mail).hexdigest())
        return self

    def deliver(self, mails):
        need(LDA, "dovecot-core")
        for mail in mails:
            r = self.post.run([LDA, "-c", self.post.conf], mail)
            same(r.returncode, 0, "dovecot-lda: %r" % r.stdout)


def reported(box, exe=SAN):
    r = scan("--hash", "-j1", box.top, exe=exe).whole()
    same({m["format"] for m in r.messages}, {"dbox"}, "formats")
    for m in r.messages:
        with open(m["path"], "rb") as f:
            f.seek(m["offset"])
            data = f.read(m["length"])
        same(hashlib.sha256(data).hexdigest(), m["sha256"], "at the offset")
    return r


def counted(box, name):
    r = reported(box)
    same(sorted(m["sha256"] for m in r.messages), sorted(box.sums),
         "messages")
    same(r.unreadable, [], "unreadable")
    check(all(os.path.basename(m["path"]).startswith(name)
              for m in r.messages), "names")
    bare = sum(f["count"] for m in r.messages for f in m["findings"]
               if f["code"] == "eol.bare-cr")
    same(bare, 3, "bare CRs")
    same(sum(f["code"] == "eod.lf-dot-lf" for m in r.messages
             for f in m["findings"]), 1, "lone dots")
    return r


def sdbox(folder):
    """What was saved into an sdbox is what is reported."""
    counted(Box(folder, "sdbox").save(MAILS), "u.")


def mdbox(folder):
    """What was saved into an mdbox is what is reported, and expunged messages
    are too, until they are purged."""
    box = Box(folder, "mdbox").save(MAILS)
    r = counted(box, "m.")
    same(sorted(m["index"] for m in r.messages),
         list(range(1, len(MAILS) + 1)), "places in the file")
    box.doveadm("expunge", "mailbox", "INBOX", "header", "Subject", "1")
    same(len(reported(box).messages), len(MAILS), "expunged, not purged")
    box.doveadm("purge")
    same(len(reported(box).messages), len(MAILS) - 1, "purged")


def mdbox_rotated(folder):
    """An mdbox of many files."""
    box = Box(folder, "mdbox", b"mdbox_rotate_size = 100k\n")
    box.save(MAILS)
    counted(box, "m.")
    check(len(os.listdir(box.top + "/storage")) > 2, "files")


def delivered(folder):
    """What dovecot-lda delivered is reported, with what it put before it."""
    for kind in ("sdbox", "mdbox"):
        os.chmod(folder, 0o755)
        os.mkdir(folder + "/" + kind)
        box = Box(folder + "/" + kind, kind)
        box.deliver(MAILS)
        r = reported(box)
        same(sorted(m["message_id"] for m in r.messages),
             sorted("<d%d@x>" % i for i in range(len(MAILS))), "messages")


def compressed(folder):
    """A message that Dovecot compressed in a dbox is reported as it was
    saved, and not as one whose bytes stand there; a damaged one is named."""
    os.chmod(folder, 0o755)
    for method in ("gz", "bz2", "zstd", "lz4"):
        for kind in ("sdbox", "mdbox"):
            where = "%s/%s-%s" % (folder, kind, method)
            os.mkdir(where)
            box = Box(where, kind, b"mail_plugins = zlib\nplugin {\n"
                      b"  zlib_save = %s\n}\n" % method.encode())
            box.save(MAILS)
            r = scan("--hash", box.top, exe=SAN).whole()
            same(sorted(m["sha256"] for m in r.messages), sorted(box.sums),
                 "messages")
            same((r.unreadable, r.status), ([], 1), "unreadable")
            check(not any(m["raw"] for m in r.messages), "raw")
            if method == "lz4":
                continue                # it has no checksum
            path = r.messages[-1]["path"]
            with open(path, "rb") as f:
                data = bytearray(f.read())
            data[r.messages[-1]["offset"] + 20] ^= 0x55
            write(path, bytes(data))
            r = scan("--hash", box.top, exe=SAN).whole()
            same((len(r.messages), len(r.unreadable), r.status),
                 (len(MAILS) - 1, 1, 2), "one was damaged")


def damaged(folder):
    """A damaged message is named, and the others are read."""
    box = Box(folder, "mdbox").save(MAILS)
    path = box.top + "/storage/m.1"
    with open(path, "rb") as f:
        data = bytearray(f.read())
    at = [m["offset"] for m in reported(box).messages][2] - 2
    data[at] = ord("0") if data[at] != ord("0") else ord("1")
    write(path, bytes(data))
    r = scan("--hash", box.top, exe=SAN).whole()
    same((len(r.messages), len(r.unreadable), r.status),
         (len(MAILS) - 1, 1, 2), "messages, unreadable, exit status")
    same([u["offset"] for u in r.unreadable], [at - 28], "where")


main([sdbox, mdbox, mdbox_rotated, delivered, compressed, damaged])
