"""Archives and compressed files that are scanned: as if they were unpacked."""
import base64
import bz2
import gzip
import io
import lzma
import os
import random
import resource
import subprocess
import tarfile
import threading
import time
import zipfile

from harness import (FROM, Mbox, OPT, SAN, Failed, check, main, message, need,
                     same, scan, shim, small_tree, start, write)
from processes import children

BSDTAR = "bsdtar"
FORMATS = {"tar": ["--format", "gnutar"], "ustar.tar": ["--format", "ustar"],
           "pax.tar": ["--format", "pax"], "v7.tar": ["--format", "v7tar"],
           "newc.cpio": ["--format", "newc"], "odc.cpio": ["--format", "odc"],
           "bin.cpio": ["--format", "bin"], "zip": ["--format", "zip"],
           "7z": ["--format", "7zip"], "iso": ["--format", "iso9660"]}
FILTERS = {"gz": "--gzip", "bz2": "--bzip2", "xz": "--xz", "zst": "--zstd",
           "lz4": "--lz4", "lz": "--lzip", "Z": "--compress"}
STORED = {"zip": ["--options", "zip:compression=store"],
          "7z": ["--options", "7zip:compression=store"]}
MEMORY = 384 << 20      # bytes of all processes together
SECONDS = 120


def bsdtar(out, *args, cwd, names=(".",)):
    subprocess.run([BSDTAR, "-cf", out, *args, *names], cwd=cwd, check=True,
                   stderr=subprocess.DEVNULL)
    return out


def compressed(path, data, kind):
    """The data in a file of their own."""
    folder = os.path.dirname(path)
    plain = write(os.path.join(folder, "plain"), data)
    bsdtar(path, "--format", "raw", FILTERS[kind], cwd=folder,
           names=["plain"])
    os.unlink(plain)
    return path


def key(m, top):
    """All that is said of a message, but where it is."""
    left = {k: v for k, v in m.items() if k not in ("path", "path_b64", "raw",
                                                    "member")}
    path = m["path"][len(top):].lstrip("/!")
    return path[2:] if path.startswith("./") else path, left


def keys(report, top):
    return sorted((key(m, top) for m in report.messages), key=repr)


def tree(folder):
    """Mail of all kinds."""
    small_tree(folder)
    random.seed(1)
    box = Mbox(folder + "/boxes/long")
    for i in range(60):
        body = b"".join(b"%d " % random.getrandbits(40) + random.choice(
            (b"\n", b"\n", b"\r\n", b"\r", b"\n.\r\n")) for _ in range(1500))
        box.add(b"From: a@b.example\nMessage-ID: <l%d@x>\n" % i +
                (b"Content-Length: %d\n" % (len(body) + 12 + len(FROM))
                 if i % 3 == 0 else b"") + b"\n", b"\n" + FROM + b"not one\n\n"
                if i % 3 == 0 else b"", body, b"\n")
    box.close()
    return folder


def large(path):
    """More than the window of what cannot be read twice."""
    return write(path, message("big", True, (b"x" * 76 + b"\n") * 60000))


def formats(folder):
    """Each format, plain and compressed: the messages are those of the folder,
    and all that is said of them."""
    need(BSDTAR)
    top = tree(folder + "/t")
    want = keys(scan("-a", "-j2", top).whole(), top)
    same(len(want) > 130, True, "messages")
    for name, args in FORMATS.items():
        for kind in [""] + (sorted(FILTERS) if name in ("tar", "zip") else
                            ["gz", "zst"] if "7z" not in name else []):
            path = folder + "/x." + name + ("." + kind if kind else "")
            if name in ("zip", "7z") and not kind:
                bsdtar(path, *args, *STORED[name], cwd=top)
                r = scan("-a", path).whole()
                same(keys(r, path), want, name + ", stored")
            bsdtar(path, *args, *([FILTERS[kind]] if kind else []), cwd=top)
            r = scan("-a", "--unpack=all", path).whole()
            same(keys(r, path), want, os.path.basename(path))
            same(r.unreadable, [], path)
            stores = [s for s in r.of("store") if s["path"] == path]
            same([s["format"] for s in stores],
                 [name.split(".")[-1]], "the archive's own record")
            check(stores[0]["members"] >= len({m["path"] for m in
                                               r.messages}), "members")
            os.unlink(path)


def one_file(folder):
    """An mbox or a message that is compressed, once or up to four times over, or
    comes through a pipe."""
    need(BSDTAR)
    top = tree(folder + "/t")
    large(top + "/eml/large.eml")
    for name in ("boxes/long", "eml/large.eml"):
        plain = top + "/" + name
        with open(plain, "rb") as f:
            data = f.read()
        want = [key(m, plain)[1] for m in scan("-a", plain).messages]
        with open(plain, "rb") as f:
            r = scan("-a", "-", stdin=f)
        same([key(m, "-")[1] for m in r.messages], want, "standard input")
        with subprocess.Popen(["cat", plain], stdout=subprocess.PIPE) as cat:
            r = scan("-a", "-", stdin=cat.stdout)
        same([key(m, "-")[1] for m in r.messages], want, "a pipe")
        for kind in FILTERS:
            path = compressed(folder + "/c/x." + kind, data, kind)
            r = scan("-a", path).whole()
            same([key(m, path)[1] for m in r.messages], want, kind)
            check(all(not m["raw"] for m in r.messages), "raw")
        many = gzip.compress(bz2.compress(lzma.compress(gzip.compress(data))))
        path = write(folder + "/c/x.many", many)
        r = scan("-a", path).whole()
        same([key(m, path)[1] for m in r.messages], want, "four times")
        write(path, gzip.compress(many))
        r = scan("-a", path).whole()
        same(([u["limit"] for u in r.unreadable], r.status),
             (["filters"], 2), "five times")


def nothing(folder):
    """What is compressed may be nothing."""
    for pack in (gzip.compress, bz2.compress, lzma.compress,
                 lambda _: bytes.fromhex("28b52ffd240001000099e9d851")):
        r = scan("-v", write(folder + "/x", pack(b""))).whole()
        same([x["reason"] for x in r.of("skipped")], ["compressed: empty"],
             str(pack))


def what_follows(folder):
    """Behind compressed data zeros are padding, another file of the kind is more
    of it, and anything else is told."""
    box = FROM + message("one") + b"\n"
    for kind in sorted(set(FILTERS) - {"Z"}):      # which has no end
        path = compressed(folder + "/c/x." + kind, box, kind)
        with open(path, "rb") as f:
            data = f.read()
        for more, n, bad in ((b"", 1, 0), (b"\0" * 700, 1, 0), (data, 2, 0),
                             (box, 1, 1), (b"\0" * 70000 + b"x", 1, 1)):
            r = scan(write(path, data + more)).whole()
            what = "%s, %d bytes more" % (kind, len(more))
            if more[:1] == b"\0" and not bad and r.unreadable:
                check("xz" in kind or kind in ("zst", "lz"), what)
                continue        # they want multiples of 4, or frames
            same((len(r.messages) <= n, len(r.unreadable)), (True, bad), what)
            same(bad or len(r.messages), bad or n, what)


def nested(folder):
    """Archives in archives: paths and ordinals say where, down to a limit."""
    data = FROM + message("m") + b"\n" + FROM + message("n")
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("notes.txt", "no mail\n")
        z.writestr("box", data)
        z.writestr("one.eml", message("o"))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as t:
        for name, content in (("d/a.eml", message("a")),
                              ("d/in.zip", inner.getvalue()),
                              ("d/z.eml", message("z"))):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            t.addfile(info, io.BytesIO(content))
    path = write(folder + "/x.tgz", out.getvalue())
    r = scan(path).whole()
    same([(m["path"][len(path):], m["member"], m["index"]) for m in
          r.messages], [("!d/a.eml", [1], 1), ("!d/in.zip!box", [2, 2], 1),
                        ("!d/in.zip!box", [2, 2], 2),
                        ("!d/in.zip!one.eml", [2, 3], 1),
                        ("!d/z.eml", [3], 1)], "messages")
    same([(s["path"][len(path):], s["format"], s["messages"]) for s in
          r.of("store")], [("!d/in.zip!box", "mbox", 2),
                           ("!d/in.zip", "zip", 1), ("", "tar", 2)], "stores")
    same(r.summary["skipped"]["not_mail"], 1, "not mail")
    for depth in range(1, 12):
        with open(path, "rb") as f:
            content = f.read()
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as t:
            for name, c in (("deep", content), ("beside.eml", message("b"))):
                info = tarfile.TarInfo(name)
                info.size = len(c)
                t.addfile(info, io.BytesIO(c))
        write(path, out.getvalue())
        r = scan("-a", path).whole()
        # in.zip is one level below x.tgz.
        lost = max(0, depth + 2 - 8)
        same(len(r.messages), (5 if lost == 0 else 2 if lost == 1 else 0) +
             min(depth, 8), "messages at depth %d" % depth)
        same([u["limit"] for u in r.unreadable], ["nesting"] * (lost > 0),
             "limit at depth %d" % depth)
    r = scan("--unpack-limits=nesting=16", path).whole()
    same((len(r.messages), r.unreadable), (16, []), "with a higher limit")


def names(folder):
    """Names of members: any bytes, none, the same twice."""
    odd = [b"\xff\xfe.eml", "\u00e4/\u2028.eml".encode(), b"a!b.eml",
           b"new\nline\x1b[31m.eml", b"-rf.eml", b"../../up.eml",
           b"/etc/abs.eml", b"same.eml", b"same.eml", b"n" * 200 + b".eml"]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT,
                      encoding="utf-8", errors="surrogateescape") as t:
        for i, name in enumerate(odd):
            info = tarfile.TarInfo(name.decode("utf-8", "surrogateescape"))
            data = message("m%d" % i)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    path = write(folder + "/x.tar", out.getvalue())
    for locale in ("C", "C.UTF-8"):
        r = scan(path, env={"LC_ALL": locale}).whole()
        same([m["member"] for m in r.messages],
             [[i + 1] for i in range(len(odd))], "ordinals")
        got = [base64.b64decode(m["path_b64"]) if "path_b64" in m else
               m["path"].encode() for m in r.messages]
        same([g[len(path) + 1:] for g in got], odd, "names")
        check(b"\x1b" not in r.out and b"\n" not in r.out.strip(b"\n")
              .replace(b"}\n{", b""), "not escaped")
    for member in ("pax", "zip"):
        out = io.BytesIO()
        name = "gr\u00fc\u00dfe/\u4f60.eml"
        if member == "zip":
            with zipfile.ZipFile(out, "w") as z:
                z.writestr(name, message("u"))
        else:
            with tarfile.open(fileobj=out, mode="w",
                              format=tarfile.PAX_FORMAT) as t:
                info = tarfile.TarInfo(name)
                info.size = len(message("u"))
                t.addfile(info, io.BytesIO(message("u")))
        write(path, out.getvalue())
        for locale in ("C", "C.UTF-8"):
            r = scan(path, env={"LC_ALL": locale}).whole()
            same([m["path"] for m in r.messages], [path + "!" + name],
                 member + ", " + locale)


def members_that_are_none(folder):
    """Folders, links, devices, data of servers and tmp/ are left out."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for name, kind in (("dir", tarfile.DIRTYPE), ("sym", tarfile.SYMTYPE),
                           ("hard", tarfile.LNKTYPE), ("dev", tarfile.CHRTYPE),
                           ("fifo", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            t.addfile(info)
        for name in ("M/tmp/1700000000.M1P1.host", "M/dovecot-uidlist",
                     "M/cur/1700000000.M1P1.host:2,S", "7", "8"):
            info = tarfile.TarInfo(name)
            info.size = len(message("x"))
            t.addfile(info, io.BytesIO(message("x")))
    path = write(folder + "/x.tar", out.getvalue())
    r = scan(path).whole()
    same([(m["path"].split("!")[1], m["format"]) for m in r.messages],
         [("M/cur/1700000000.M1P1.host:2,S", "maildir"), ("7", "mh"),
          ("8", "mh")], "messages")


def damaged(folder):
    """Cut off or with a byte changed, anywhere: messages that are told of are
    right, the exit status says that there may be more, nothing crashes."""
    need(BSDTAR)
    random.seed(7)
    for i in range(6):
        write(folder + "/t/%d.eml" % i, message("m%d" % i, True, b"".join(
            b"%d\n" % random.getrandbits(30) for _ in range(30))))
    write(folder + "/later/z.eml", message("later"))
    whole = {(m["path"].split("/")[-1], m["sha256"]) for m in
             scan(folder + "/t").messages}
    same(len(whole), 6, "messages")
    tried = 0
    unsummed = ("x.tar", "x.cpio", "x.tar.zst")     # no sum of what is in it
    for name, args in (("x.tar", []), ("x.tar.gz", ["--gzip"]),
                       ("x.tar.zst", ["--zstd"]), ("x.tar.xz", ["--xz"]),
                       ("x.zip", ["--format", "zip"]),
                       ("x.7z", ["--format", "7zip"]),
                       ("x.cpio", ["--format", "newc"])):
        os.makedirs(folder + "/d", exist_ok=True)
        path = bsdtar(folder + "/d/" + name, *args, cwd=folder + "/t")
        with open(path, "rb") as f:
            data = f.read()
        os.unlink(path)
        for n in range(12):
            at = random.randrange(len(data))
            bad = bytearray(data)
            bad[at] ^= 1 << random.randrange(8)
            for what, b in (("cut", data[:at]), ("flip", bytes(bad))):
                write("%s/d/%02d-%s-%s" % (folder, n, what, name), b)
        r = scan("-j2", "-a", folder + "/d", folder + "/later",
                 exe=SAN).whole()
        for m in r.messages:
            tried += 1
            at = m["path"].split("/")[-1]
            if "later" in m["path"]:
                continue
            if (at, m["sha256"]) not in whole:
                check("flip" in m["path"] and name in unsummed,
                      "another message: %s" % m["path"])
        same(len([m for m in r.messages if "later" in m["path"]]), 1, "later")
        check(r.status == 2 and len(r.unreadable) > (
            4 if name in unsummed else 12), "%s: told: %d" % (name, len(
                r.unreadable)))
        for old in os.listdir(folder + "/d"):
            os.unlink(folder + "/d/" + old)
    check(tried > 100, "messages that were told of: %d" % tried)


def zips_that_are_cut(folder):
    """A zip without its table of contents: all members before the cut are read,
    and it is said that there may be more."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for i in range(9):
            z.writestr("%d.eml" % i, message("m%d" % i, True))
        ends = [i.header_offset for i in z.infolist()[1:]] + [z.start_dir]
    data = out.getvalue()
    for at in range(40, z.start_dir + 1, 7):
        r = scan(write(folder + "/x.zip", data[:at])).whole()
        same(r.status, 2, "exit status")
        same([m["member"] for m in r.messages],
             [[i + 1] for i, end in enumerate(ends) if end <= at],
             "cut at %d" % at)


def encrypted(folder):
    """An encrypted member is named, and the others are read."""
    need(BSDTAR)
    for i in range(3):
        write(folder + "/t/%d.eml" % i, message("m%d" % i))
    path = folder + "/x.zip"
    bsdtar(path, "--format", "zip", "--options", "zip:encryption=zipcrypt",
           "--passphrase", "secret", cwd=folder + "/t")
    with zipfile.ZipFile(path, "a") as z:
        z.writestr("open.eml", message("open"))
    r = scan(path).whole()
    same([m["path"].split("!")[1] for m in r.messages], ["open.eml"],
         "messages")
    same(sorted(("encrypted" in u["error"], u["path"].split("!")[1])
                for u in r.unreadable), [(True, "./%d.eml" % i) for i in range(3)],
         "unreadable")
    same(r.status, 2, "exit status")


def kinds(folder):
    """--unpack says which; a Maildir's message is never one."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("a.eml", message("a"))
    path = write(folder + "/x.zip", out.getvalue())
    for args, n in ((["--unpack=none"], 0), (["--unpack=tar,7z"], 0),
                    (["--unpack=zip"], 1), (["--unpack=all"], 1), ([], 1)):
        r = scan("-v", *args, path).whole()
        same((len(r.messages), r.status), (n, n), str(args))
    same(scan("--unpack=rar", path).status, 64, "a kind that is not known")
    same(scan("--unpack-limits=x=1", path).status, 64, "a limit that is none")
    same(scan("--unpack-limits=ratio", path).status, 64, "no number")
    write(folder + "/M/cur/1", out.getvalue())
    for part in ("new", "tmp"):
        os.makedirs(folder + "/M/" + part)
    r = scan("-a", folder + "/M").whole()
    same([(m["path"].split("/")[-1], m["format"]) for m in r.messages],
         [("1", "maildir")], "in a Maildir")
    with zipfile.ZipFile(folder + "/none.zip", "w") as z:
        z.writestr("a.txt", "no mail")
    r = scan("-v", folder + "/none.zip").whole()
    same(([s["reason"] for s in r.of("skipped")], r.status),
         (["not mail", "an archive without mail"], 0), "without mail")


def workers_die(folder):
    """A worker that dies in the midst of an archive: the archive is gone on
    with, nothing is lost or told twice; and one that always dies is named."""
    need(BSDTAR)
    top = small_tree(folder + "/t")
    write(top + "/odd/broken.gz", b"\x1f\x8b\x08broken")
    path = bsdtar(folder + "/a.tar.gz", "--gzip", cwd=top)
    write(folder + "/z.eml", message("z"))
    clean = [r for r in scan("-j1", folder + "/a.tar.gz",
                             folder + "/z.eml").whole().records
             if r["type"] not in ("header", "summary")]
    for n in range(1, 40, 3):
        r = scan("-j1", path, folder + "/z.eml", shim=shim("fault"), env={
            "FAULT_CALL": "digest", "FAULT_DO": "abort", "FAULT_AT": str(n),
            "FAULT_WHO": "worker"}).whole()
        same([x for x in r.records if x["type"] not in ("header",
                                                        "summary")],
             clean, "records, at the %d-th" % n)
    r = scan("-j1", path, folder + "/z.eml", shim=shim("fault"), env={
        "FAULT_CALL": "digest", "FAULT_DO": "abort", "FAULT_NAME": "h5@x",
        "FAULT_WHO": "worker"}).whole()
    same([u["path"] for u in r.unreadable if "broken" not in u["path"]],
         [path], "what could not be read")
    check(any(m["path"].endswith("z.eml") for m in r.messages), "the next one")


class Watch(threading.Thread):
    """The most memory that a scan has at a time, all processes together."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most = pid, 0

    def rss(self, pid):
        try:
            with open("/proc/%d/status" % pid) as f:
                return sum(int(x.split()[1]) << 10 for x in f
                           if x.startswith(("RssAnon", "RssShmem")))
        except (OSError, IndexError):
            return 0

    def run(self):
        while os.path.exists("/proc/%d" % self.pid):
            now = self.rss(self.pid) + sum(map(self.rss,
                                               children(self.pid)))
            self.most = max(self.most, now)
            time.sleep(0.02)


def many_at_once(folder):
    """However many workers there are, all of them together stay below that;
    what does not fit into a share of it is unpacked all the same."""
    lines = (b"x" * 63 + b"\n") * (72 << 14)
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 96 << 20, "preset": 0}]
    data = lzma.compress(message("m") + lines, format=lzma.FORMAT_XZ,
                         filters=filters)
    for i in range(8):
        write("%s/m/%d/a.xz" % (folder, i), data)
        write("%s/m/%d/b.eml" % (folder, i), message("b"))
    # Its message does not end.
    write(folder + "/m/8/a.xz", data[:len(data) // 2])
    for jobs in (8, 12):
        child = start("-a", "-f", "ndjson", "-j%d" % jobs, "--unpack-limits=ratio=0",
                      folder + "/m", stdin=subprocess.DEVNULL,
                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        watch = Watch(child.pid)
        watch.start()
        out, _ = child.communicate(timeout=SECONDS)
        print("# %d workers: %.0f MiB" % (jobs, watch.most / (1 << 20)))
        check(72 << 20 < watch.most < MEMORY, "memory: %d" % watch.most)
        same((out.count(b'"type":"message"'),
              out.count(b'"type":"unreadable"'), child.returncode),
             (16, 1, 2), "messages, unreadable, status")


def defused(folder, path, limit, *args):
    """It ends in time and memory with a record, and the next one is read."""
    later = write(folder + "/zz-later.eml", message("later"))
    begun = time.monotonic()
    child = start("-j2", *args, path, later, stdin=subprocess.DEVNULL,
                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    watch = Watch(child.pid)
    watch.start()
    try:
        out, _ = child.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        raise Failed("%s does not end" % path)
    records = [x for x in out.splitlines()]
    text = out.decode()
    print("# %s: %.1f s, %.0f MiB" % (
        os.path.basename(path), time.monotonic() - begun,
        watch.most / (1 << 20)))
    check(watch.most < MEMORY, "memory: %d" % watch.most)
    same(child.returncode, 2, "exit status")
    check('"type":"unreadable"' in text, "no record")
    if limit:
        check('"limit":"%s"' % limit in text, "limit: %s" % [
            x for x in records if b'"unreadable"' in x])
    check("zz-later.eml" in text, "the next one was not read")


def repeat(head, piece, times, pack):
    """That many streams one after another, which are one."""
    return pack(head) + pack(piece) * times


def tar_head(name, size):
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


def bombs(folder):
    """A few bytes that say gigabytes, and a million members."""
    lines = (b"x" * 70 + b"\n") * (1 << 18)
    mail = FROM + message("bomb")
    for name, pack in (("a.bz2", bz2.compress), ("b.xz", lzma.compress),
                       ("c.gz", gzip.compress)):
        defused(folder, write(folder + "/" + name, repeat(
            mail, lines, 150, pack)), "ratio")
    twice = gzip.compress(repeat(mail, lines, 150, gzip.compress))
    defused(folder, write(folder + "/d.gz.gz", twice), "ratio")
    defused(folder, write(folder + "/e.gz.gz", twice), "bytes",
            "--unpack-limits=ratio=0,bytes=100M")
    # A member that is passed over is unpacked, too.
    defused(folder, write(folder + "/f.tar.bz2", repeat(
        tar_head("M/tmp/1700000000.M1P1.x", 4 << 30), b"\0" * (32 << 20), 128,
        bz2.compress)), "ratio")
    # A line of 4 GB.
    defused(folder, write(folder + "/g.bz2", repeat(
        mail, b"y" * (32 << 20), 128, bz2.compress)), "ratio")
    with zipfile.ZipFile(folder + "/h.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("a.mbox", mail + lines * 10)
        z.writestr("b.mbox", mail + lines * 10)
    defused(folder, folder + "/h.zip", "ratio")
    defused(folder, write(folder + "/i.tar.gz", repeat(
        b"", tar_head("e", 0) * 10000, 200, gzip.compress)), "members",
        "--unpack-limits=members=1000000,ratio=0")


def not_from_here(folder):
    """A 7z in another archive cannot be read, which is said; the rest is."""
    need(BSDTAR)
    write(folder + "/t/a.eml", message("a"))
    seven = bsdtar(folder + "/t/in.7z", "--format", "7zip", cwd=folder + "/t",
                   names=["a.eml"])
    path = bsdtar(folder + "/x.tar", cwd=folder + "/t",
                  names=["in.7z", "a.eml"])
    same(len(scan(seven).messages), 1, "by itself")
    r = scan(path).whole()
    same(([u["path"].split("!")[1] for u in r.unreadable],
          [m["path"].split("!")[1] for m in r.messages], r.status),
         (["in.7z"], ["a.eml"], 2), "in a tar")


def overlap(folder):
    """Many entries of a zip's table that share one piece of data."""
    body = write(folder + "/one.zip", b"")
    mail = FROM + message("o", True) + b"x" * 70 + b"\n"
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("a.mbox", mail + (b"x" * 70 + b"\n") * 400000)
    with open(body, "rb") as f:
        data = f.read()
    at = data.rindex(b"PK\1\2")
    end = data.rindex(b"PK\5\6")
    entry = data[at:end]
    n = 3000
    tail = bytearray(data[end:])
    tail[8:10] = tail[10:12] = n.to_bytes(2, "little")
    tail[12:16] = (len(entry) * n).to_bytes(4, "little")
    bomb = data[:at] + entry * n + bytes(tail)
    path = write(folder + "/overlap.zip", bomb)
    r = scan("-j2", path, limit=SECONDS)
    # All of them are one member.
    same((len(r.messages), r.status), (1, 1), "messages, status")


def dictionary(folder):
    """What needs more memory than there is: it is said, and the rest goes on."""
    def xz_with_dictionary(size):
        filters = [{"id": lzma.FILTER_LZMA2, "dict_size": size, "preset": 0}]
        return lzma.compress(message("m"), format=lzma.FORMAT_XZ,
                             filters=filters)

    defused(folder, write(folder + "/a.xz",
                          xz_with_dictionary(1536 << 20)), None)
    r = scan(write(folder + "/b.xz", xz_with_dictionary(64 << 20)))
    same((len(r.messages), r.status), (1, 1), "of 64 MiB")
    # Nor does it end the process at the next name that is no Unicode.
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("a.eml", message("a"))
    data = out.getvalue().replace(b"a.eml", b"\xff.eml")
    tar = tar_head("in.zip", len(data)) + data
    odd = write(folder + "/c.tar", tar + bytes(-len(tar) % 512 + 1024))
    r = scan("-j1", folder + "/a.xz", odd).whole()
    same(([u["path"] for u in r.unreadable], len(r.messages)),
         ([folder + "/a.xz"], 1), "the next one")


def many_times_over(folder):
    """Compressed forty times: it ends at the limit, as what unpacks to itself
    does."""
    data = message("q")
    for _ in range(40):
        data = gzip.compress(data)
    r = scan(write(folder + "/q.gz", data)).whole()
    same(([u["limit"] for u in r.unreadable], r.status), (["filters"], 2),
         "forty times")


def repairs_leave_them(folder):
    """fix and quarantine of a folder: archives in it are left as they are,
    and that is told."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as t:
        info = tarfile.TarInfo("a.eml")
        info.size = len(message("a"))
        t.addfile(info, io.BytesIO(message("a")))
    path = write(folder + "/m/x.tgz", out.getvalue())
    mail = folder + "/m/a.eml"
    for command, state in (("fix", "--state"), ("quarantine", "--into")):
        write(mail, message("a"))
        r = subprocess.run([OPT, command, "--apply", state, folder + "/" +
                            command, "-f", "ndjson", folder + "/m"],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        same(r.returncode, 1, "exit status of " + command)
        check(b"name that as PATH" in r.stdout, "not told by " + command)
        if command == "fix":
            with open(mail, "rb") as f:
                check(f.read() != message("a"), "the message is as it was")
        else:
            check(not os.path.exists(mail), "the message is there")
        with open(path, "rb") as f:
            same(f.read(), out.getvalue(), "the archive")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main([formats, one_file, what_follows, nothing, nested, names, members_that_are_none, damaged,
          zips_that_are_cut, encrypted, kinds, workers_die, bombs, not_from_here, overlap, dictionary, many_at_once,
          many_times_over, repairs_leave_them])
