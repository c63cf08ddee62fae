"""Archives written anew, held against other programs' and Python's readers."""
import bz2
import gzip
import io
import lzma
import os
import random
import resource
import struct
import subprocess
import tarfile
import zipfile
import zlib

from harness import ROOT, check, main, need, same, write

DRIVER = os.path.join(ROOT, "build", "tests", "archive_driver")
MAIL = b"From: a@example.org\nSubject: %d\n\nbody %d\n.\nend\n"
UNPACK = {b"\x1f\x8b": gzip.decompress, b"BZ": bz2.decompress,
          b"\xfd7": lzma.decompress, b"(\xb5": ["zstd", "-dcq"],
          b"\x04\"": ["lz4", "-dcq"]}
WIDE = 256 << 20        # bytes of address space, as a worker has


def drive(*args, limit=False, seconds=60):
    run = subprocess.run(
        [DRIVER] + [str(a) for a in args], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=seconds, preexec_fn=(
            lambda: resource.setrlimit(resource.RLIMIT_AS, (WIDE, WIDE)))
        if limit else None)
    check(run.returncode in (0, 1, 2), "driver %r: status %d %r" %
          (args, run.returncode, run.stderr))
    return run.stdout.decode("latin-1").rstrip("\n")


def good(*args, **more):
    said = drive(*args, **more)
    check(said.startswith("ok "), "driver %r: %s" % (args[0], said))
    return said.split()


class Batch:
    """Many archives in one process; a path may be used again and again."""

    def __init__(self):
        self.p = subprocess.Popen([DRIVER, "-"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)

    def __call__(self, *args):
        self.p.stdin.write("\t".join(args).encode() + b"\n")
        self.p.stdin.flush()
        return self.p.stdout.readline().decode("latin-1").rstrip("\n")

    def close(self):
        self.p.stdin.close()
        same(self.p.wait(), 0, "status of the driver")


def shell(command, cwd=None):
    subprocess.run(command, cwd=cwd, check=True, shell=isinstance(
        command, str), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def plain(data):
    """Without its compression, by Python or the program that made it."""
    tool = UNPACK.get(data[:2])
    if tool is None:
        return data
    if callable(tool):
        return tool(data)
    return subprocess.run(tool, input=data, stdout=subprocess.PIPE,
                          check=True).stdout


# What is in an archive: (ordinal, facts, data, head) of each member; data is
# None for what is no regular file.

def read_tar(data):
    data = plain(data)
    out = []
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:",
                      encoding="latin-1") as t:
        for m in t:
            body = data[m.offset_data:m.offset_data + m.size] \
                if m.isreg() else None
            head = data[m.offset:m.offset_data]
            pax = dict(m.pax_headers)
            out.append(((m.name, m.type, m.mtime, m.mode, m.uid, m.gid,
                         m.uname, m.gname, m.linkname, sorted(pax.items())),
                        body, head))
    return out


def read_zip(data):
    out = []
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        for m in sorted(z.infolist(), key=lambda m: m.header_offset):
            mode = m.external_attr >> 16
            regular = not m.is_dir() and (mode >> 12) in (0, 8)
            body = z.read(m)        # checks the CRC
            end = m.header_offset + 30 + struct.unpack_from(
                "<H", data, m.header_offset + 26)[0]
            end += struct.unpack_from("<H", data, m.header_offset + 28)[0]
            out.append(((m.orig_filename, m.date_time, m.external_attr,
                         m.extra, m.comment, m.create_system),
                        body if regular else None,
                        data[m.header_offset:end + m.compress_size]))
        out.append((("comment", z.comment), None, b""))
    return out


def read_cpio(data):
    data = plain(data)
    out, at = [], 0
    while True:
        if data[at:at + 6] == b"070707":
            size, align, base = 76, 1, 8
            spans = [6, 6, 6, 6, 6, 6, 6, 11, 6, 11]
            order = ("dev ino mode uid gid nlink rdev mtime namesize "
                     "filesize").split()
        else:
            size, align, base, spans = 110, 4, 16, [8] * 13
            order = ("ino mode uid gid nlink mtime filesize dev1 dev2 rdev1 "
                     "rdev2 namesize check").split()
        fields, p = {}, at + 6
        for name, n in zip(order, spans):
            fields[name] = int(data[p:p + n], base)
            p += n
        check(p == at + size, "cpio header")
        name = data[p:p + fields["namesize"] - 1]
        p += fields["namesize"]
        p += -(p - at) % align if align > 1 else 0
        head = data[at:p]
        if name == b"TRAILER!!!":
            check(not data[p:].strip(b"\0"), "cpio: zeros at the end")
            return out
        body = data[p:p + fields["filesize"]]
        if data[at:at + 6] == b"070702" and fields["mode"] >> 12 == 8:
            same(fields["check"], sum(body) & 0xffffffff, "cpio checksum")
        at = p + len(body)
        at += -at % align
        regular = fields["mode"] >> 12 == 8
        fields.pop("check", None)
        if regular:
            fields.pop("filesize")
        out.append(((name, sorted(fields.items())),
                    body if regular else None, head + (
                        b"" if regular else body)))


READERS = {"tar": read_tar, "zip": read_zip, "cpio": read_cpio}


def tree(folder):
    """Folders, mail, a link, an empty file, and names that are hard."""
    root = os.path.join(folder, "t")
    for i in range(3):
        write(os.path.join(root, "Maildir", "cur", "%d.eml" % i),
              MAIL % (i, i))
    write(os.path.join(root, "empty"), b"")
    write(os.path.join(root, "n" * 60, "m" * 60, "x" * 30), b"long name\n")
    write(os.path.join(root.encode(), b"odd \xc3\xa9\t\n"), b"bytes\n")
    write(os.path.join(root, "block"), b"\r\n" * 256)
    os.symlink("Maildir/cur/0.eml", os.path.join(root, "link"))
    for base, _, names in os.walk(root):
        for name in names:
            os.utime(os.path.join(base, name), (1.5e9, 1.5e9),
                     follow_symlinks=False)
    return folder


TARS = {"gnu-%s" % f: "tar --format=%s -cf %%s t" % f
        for f in ("gnu", "oldgnu", "posix", "ustar", "v7")}
TARS.update({"bsd-%s" % f: "bsdtar --format=%s -cf %%s t" % f
             for f in ("ustar", "pax", "gnutar", "v7tar")})
CPIOS = {"cpio-%s" % f: "find t | cpio -o -H %s > %%s" % f
         for f in ("newc", "crc", "odc")}
CPIOS.update({"bsd-%s" % f: "bsdtar --format=%s -cf %%s t" % f
              for f in ("newc", "odc")})
ZIPS = {"zip": "zip -qry %s t", "zip-stored": "zip -qry0 %s t",
        "zip-stream": "zip -qry - t > %s", "zip-comment":
        "echo hi | zip -qryz %s t", "bsd-zip": "bsdtar --format=zip -cf %s t"}
FILTERS = ("gzip", "bzip2", "xz", "zstd", "lz4")


def flavours(folder):
    """(name, kind, path) of archives of the same tree by many programs."""
    for tool in ("bsdtar", "cpio", "zip", "zstd", "lz4", "xz", "bzip2"):
        need(tool)
    tree(folder)
    out = []
    for kind, makers in (("tar", TARS), ("cpio", CPIOS), ("zip", ZIPS)):
        for name, command in sorted(makers.items()):
            path = os.path.join(folder, "a." + name + "." + kind)
            # GNU tar's ustar and v7 leave out what has too long a name.
            subprocess.run(command % path, cwd=folder, shell=True,
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            check(os.path.getsize(path) > 0, path)
            out.append((name, kind, path))
    for f in FILTERS:
        for kind, inner in (("tar", "gnu-gnu"), ("cpio", "cpio-newc")):
            path = os.path.join(folder, "a.%s.%s" % (kind, f))
            shell("%s -c a.%s.%s > %s" % (f, inner, kind, path), folder)
            out.append((kind + "-" + f, kind, path))
    path = os.path.join(folder, "py.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for i in range(4):
            z.writestr("m%d.eml" % i, MAIL % (i, i))
        z.writestr("\u00e9.eml", b"utf-8\n")
        with z.open("sizes-of-zip64", "w", force_zip64=True) as m:
            m.write(MAIL % (9, 9))
    out.append(("py-zip", "zip", path))
    with zipfile.ZipFile(path[:-4] + "b.zip", "w", zipfile.ZIP_BZIP2) as z:
        for i in range(3):
            z.writestr("m%d.eml" % i, MAIL % (i, i) * 50)
    out.append(("py-zip-bzip2", "zip", path[:-4] + "b.zip"))
    path = os.path.join(folder, "py.tar")
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as t:
        for i in range(3):
            m = tarfile.TarInfo("m\u00e9%d" % i)
            m.size, m.mtime = len(MAIL % (i, i)), 1.5e9 + 0.25
            m.pax_headers = {"SCHILY.xattr.user.a": "b", "comment": "c"}
            t.addfile(m, io.BytesIO(MAIL % (i, i)))
    out.append(("py-pax", "tar", path))
    return out


def compare(kind, old, new, changes, what):
    """new is old with changes {ordinal: bytes or None}, by another reader."""
    a, b = READERS[kind](old), READERS[kind](new)
    kept = [m for i, m in enumerate(a) if changes.get(i, b"") is not None]
    numbers = [i for i in range(len(a)) if changes.get(i, b"") is not None]
    same(len(b), len(kept), what + ": members")
    for i, x, y in zip(numbers, kept, b):
        same(y[0], x[0], "%s: facts of %d" % (what, i))
        same(y[1], changes.get(i, x[1]), "%s: data of %d" % (what, i))
        if i not in changes:
            same(y[2], x[2], "%s: header of %d" % (what, i))


def others_agree(kind, old, new):
    """The usual programs say of it what they say of the old one."""
    tools = {"tar": ["bsdtar -tf %s", "tar -tf %s"], "zip": ["unzip -tq %s",
             "bsdtar -tf %s"], "cpio": ["bsdtar -tf %s"]}[kind]
    for tool in tools:
        if ".lz4" in old and tool.startswith("tar"):
            tool = "tar -I lz4 -tf %s"
        said = []
        for path in (old, new):
            run = subprocess.run(tool % path, shell=True,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
            said.append((run.returncode, run.stderr.replace(
                path.encode(), b"it")))
        same(said[1], said[0], tool)
        same(said[1][0], 0, tool)


def test_any_member(folder):
    """In archives of every kind any member can be replaced or left out, and
    nothing else changes"""
    os.mkdir(os.path.join(folder, "d"))
    new, ask = os.path.join(folder, "new"), Batch()
    texts = [b"", b"x", b"\r\n" * 300, bytes(range(256)) * 2,
             os.urandom(70000), b"y" * 513]
    for t, text in enumerate(texts):
        write(os.path.join(folder, "text%d" % t), text)
    for name, kind, path in flavours(os.path.join(folder, "d")):
        with open(path, "rb") as f:
            old = f.read()
        members = READERS[kind](old)
        regular = [i for i, m in enumerate(members) if m[1] is not None]
        check(len(regular) >= 3, name)
        for k, i in enumerate(regular):
            t = (k + len(name)) % len(texts)
            said = ask("rewrite", path, new, "%d=%s/text%d" %
                       (i, folder, t)).split()
            changes = int(members[i][1] != texts[t])
            same(said[:1] + said[4:6], ["ok", str(changes), "0"], name)
            if changes:
                with open(new, "rb") as f:
                    compare(kind, old, f.read(), {i: texts[t]}, name)
        good("rewrite", path, new, "%d=-" % regular[0],
             "%d=%s/text5" % (regular[1], folder))
        with open(new, "rb") as f:
            compare(kind, old, f.read(), {regular[0]: None,
                                          regular[1]: texts[5]}, name)
        others_agree(kind, path, new)
    ask.close()


def test_all_members(folder):
    """Making all members CRLF and taking that back gives the same bytes"""
    os.mkdir(os.path.join(folder, "d"))
    for name, kind, path in flavours(os.path.join(folder, "d")):
        with open(path, "rb") as f:
            old = f.read()
        members = READERS[kind](old)
        rules, changes = [], {}
        for i, m in enumerate(members):
            if m[1] is not None:
                body = m[1].replace(b"\r\n", b"\n")
                changes[i] = body.replace(b"\n", b"\r\n")
                rules.append("%d=%s" % (i, write(
                    os.path.join(folder, "was", str(i)), m[1])))
        new, back = folder + "/new", folder + "/back"
        good("rewrite", path, new, "crlf")
        with open(new, "rb") as f:
            compare(kind, old, f.read(), changes, name)
        good("rewrite", new, back, *rules)
        with open(back, "rb") as f:
            again = f.read()
        compare(kind, old, again, {i: members[i][1] for i in changes}, name)
        good("check", path, back) if kind == "tar" else None
        if kind == "tar" and not name.startswith(("bsd", "py", "gnu-v7")):
            same(plain(again), plain(old), name + ": the bytes")


def small_archives():
    """(kind, bytes), as short as can be."""
    buf = io.BytesIO()
    with tarfile.open(fileobj=buf, mode="w", format=tarfile.PAX_FORMAT) as t:
        for i, name in enumerate(("a", "b" * 101)):
            m = tarfile.TarInfo(name)
            m.size = len(MAIL % (i, i))
            t.addfile(m, io.BytesIO(MAIL % (i, i)))
    tar = buf.getvalue().rstrip(b"\0")
    tar += b"\0" * (-len(tar) % 512 + 1024)
    buf = io.BytesIO()
    with zipfile.ZipFile(buf, "w", zipfile.ZIP_DEFLATED) as z:
        for i in range(2):
            z.writestr("m%d" % i, MAIL % (i, i))
        z.comment = b"hello"
    out = [("tar", tar), ("zip", buf.getvalue())]
    cpio = b""
    for name, body in (("a", MAIL % (1, 1)), ("b", MAIL % (2, 2)),
                       ("TRAILER!!!", b"")):
        head = b"070701" + b"".join(b"%08X" % v for v in (
            len(cpio), 0o100644 if body else 0, 0, 0, 1, 1500000000,
            len(body), 0, 0, 0, 0, len(name) + 1, 0)) + name.encode() + b"\0"
        cpio += head + b"\0" * (-len(head) % 4) + body
        cpio += b"\0" * (-len(cpio) % 4)
    out.append(("cpio", cpio))
    for tool in FILTERS:
        need(tool)
        out.append(("tar", subprocess.run([tool, "-c"], input=tar,
                                          stdout=subprocess.PIPE).stdout))
    return out


def test_cut(folder):
    """An archive that is cut off anywhere is refused"""
    path, new, ask = folder + "/cut", folder + "/new", Batch()
    for kind, data in small_archives():
        for n in range(len(data)):
            write(path, data[:n])
            said = ask("rewrite", path, new, "crlf")
            check(said.startswith("bad "), "%s %r at %d: %s" %
                  (kind, data[:2], n, said))
        write(path, data)
        good("rewrite", path, new, "crlf")
    ask.close()


def test_flipped(folder):
    """With any bit flipped it is refused, or others read the same change"""
    path, new, dice = folder + "/odd", folder + "/new", random.Random(4)
    went, ask = 0, Batch()
    for kind, data in small_archives():
        for n in range(len(data)):
            odd = bytearray(data)
            odd[n] ^= 1 << dice.randrange(8)
            odd = bytes(odd)
            write(path, odd)
            said = ask("rewrite", path, new, "crlf")
            check(said[:3] in ("bad", "ok "), said)
            if not said.startswith("ok "):
                continue
            went += 1
            members = READERS[kind](odd)
            changes = {i: m[1].replace(b"\r\n", b"\n").replace(
                b"\n", b"\r\n") for i, m in enumerate(members) if m[1]}
            with open(new, "rb") as f:
                if int(said.split()[6]):
                    compare(kind, odd, f.read(), changes, "%s at %d" %
                            (kind, n))
    ask.close()
    check(went > 100, "only %d flips went through" % went)


def ustar(name, data=b"", **more):
    m = tarfile.TarInfo(name)
    for key, value in more.items():
        setattr(m, key, value)
    m.size = more.get("size", len(data))
    return m.tobuf(tarfile.GNU_FORMAT) + data + b"\0" * (-len(data) % 512)


def zipped(names, **more):
    buf = io.BytesIO()
    with zipfile.ZipFile(buf, "w") as z:
        for name in names:
            z.writestr(name, MAIL % (1, 1))
    return buf.getvalue()


def recount(block):
    """A tar header with its checksum made right."""
    block = bytearray(block)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    return bytes(block)


END = b"\0" * 1024


def unlisted(data):
    """A zip of two members whose directory lists the second alone."""
    first = data.index(b"PK\1\2")
    second = data.index(b"PK\1\2", first + 4)
    end = data.index(b"PK\5\6")
    return (data[:first] + data[second:end] + b"PK\5\6" + b"\0" * 4 +
            struct.pack("<HHIIH", 1, 1, end - second, first, 0))


def refused_cases(folder):
    mail = MAIL % (1, 1)
    one = ustar("a", mail)
    tar = one + END
    zip2 = zipped(["a", "b"])
    body = ustar("x", b"z" * 100)
    high = bytearray(one)
    high[124:136] = b"\x80" + b"\0" * 3 + struct.pack(">Q", 1 << 62)
    below = bytearray(one)
    below[124:136] = b"\xff" * 12
    label = ustar("label", b"", type=b"V")
    sparse = os.path.join(folder, "sparse")
    with open(sparse, "wb") as f:
        f.truncate(1 << 20)
        f.seek(1 << 19)
        f.write(b"x" * 5000)
    shell("tar -S --format=gnu -cf s1 sparse; tar -S --format=posix -cf s2 "
          "sparse; rm sparse", folder)
    write(folder + "/q/secret.eml", mail)
    write(folder + "/q/big.eml", os.urandom(200000))
    shell("zip -qrP pw enc.zip q; zip -qr -fz z64"
          ".zip q; rm -r q", folder)
    flipped = bytearray(zip2)
    flipped[zip2.index(b"body 1") + 5] ^= 3

    def of(name):
        with open(os.path.join(folder, name), "rb") as f:
            return f.read()

    table = [
        ("nothing", b"", "no tar, cpio or zip"),
        ("a mail", mail * 20, "no tar, cpio or zip"),
        ("RAR 5", b"Rar!\x1a\x07\x01\0" + b"\0" * 600, "RAR"),
        ("7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 600, "7z"),
        ("cabinet", b"MSCF" + b"\0" * 600, "cabinet"),
        ("LHA", b"\x20\x00-lh5-" + b"\0" * 600, "LHA"),
        ("compress", b"\x1f\x9d\x90" + b"\0" * 600, "compress (.Z)"),
        ("lzip", b"LZIP\x01" + b"\0" * 600, "lzip"),
        ("ar", b"!<arch>\n" + b"\0" * 600, "ar archive"),
        ("binary cpio", b"\xc7\x71" + b"\0" * 600, "binary cpio"),
        ("tar with bytes behind it", tar + b"x" * 512, "behind its end"),
        ("tar behind a tar", tar + tar, "behind its end"),
        ("tar and a third of a block", tar + b"\0" * 100, "end is missing"),
        ("tar without end", one, "end is missing"),
        ("tar with half an end", one + END[:512], "end is missing"),
        ("cpio with bytes behind it", small_archives()[2][1] + b"x",
         "behind its end"),
        ("gzip with bytes behind it", gzip.compress(tar) + b"x" * 20,
         "not gzip"),
        ("bzip2 with bytes behind it", bz2.compress(tar) + b"x" * 20,
         "behind its end"),
        ("gzip whose CRC is wrong", gzip.compress(tar)[:-5] + b"1234" +
         gzip.compress(tar)[-1:], "damaged"),
        ("gzip in gzip", gzip.compress(gzip.compress(tar)),
         "no tar, cpio or zip"),
        ("zip in gzip", gzip.compress(zip2), "in a compressed file"),
        ("zip with bytes behind it", zip2 + b"x", "end is missing, or other"),
        ("zip with bytes before it", b"#!/bin/sh\n" + zip2,
         "no tar, cpio or zip"),
        ("zip with a gap", zip2[:zip2.index(b"PK\1\2")] + b"APK Sig Block 42"
         + zip2[zip2.index(b"PK\1\2"):], "before its end"),
        ("zip with a member that its directory lacks", unlisted(zip2),
         "between them"),
        ("zip with two ends", zip2[:-2] + struct.pack("<H", 22) + b"PK\5\6" +
         b"\0" * 18, "two ends"),
        ("zip whose CRC is wrong", bytes(flipped), "CRC"),
        ("encrypted zip", of("enc.zip"), "encrypted"),
        ("zip of many volumes", zip2[:-18] + b"\1\0\1\0" + zip2[-14:],
         "volume"),
        ("first volume of a zip", b"PK\7\x08" + zip2, "volume"),
        ("zip64", of("z64.zip"), "zip64"),
        ("signed jar", zipped(["a", "META-INF/MANIFEST.MF",
                               "META-INF/KEY.SF"]), "signed"),
        ("signed OpenDocument", zipped(
            ["a", "META-INF/documentsignatures.xml"]), "signed"),
        ("two of a name", one + one + END, "same name"),
        ("two of a path", one + ustar("./a", mail) + END, "same name"),
        ("two of a name in a zip", zip2.replace(b"b" + mail, b"a" + mail)
         .replace(b"\0b" + b"PK\5", b"\0a" + b"PK\5"), "same name"),
        ("another name in the directory", zip2.replace(b"b" + mail,
                                                       b"a" + mail),
         "differ"),
        ("sparse, GNU", of("s1"), "sparse"),
        ("sparse, pax", of("s2"), "sparse"),
        ("volume label", label + one + END, "volume label"),
        ("second volume", recount(ustar("x", mail, type=b"M")) + END,
         "volume of many"),
        ("size 2^62", recount(bytes(high)) + END, "that cannot be"),
        ("size below 0", recount(bytes(below)) + END, "damaged"),
        ("folder with contents", ustar("d/", mail, type=b"5",
                                       size=len(mail)) + END, "readers part"),
        ("unknown kind", ustar("a", mail, type=b"Z", size=len(mail)) + END,
         "not known"),
        ("checksum", one[:5] + b"x" + one[6:] + END, "no tar, cpio or zip"),
        ("second checksum", one + body[:5] + b"x" + body[6:] + END,
         "checksum"),
    ]
    buf = io.BytesIO()
    with tarfile.open(fileobj=buf, mode="w", format=tarfile.PAX_FORMAT,
                      pax_headers={"path": "p"}) as t:
        t.addfile(tarfile.TarInfo("a"))
    table.append(("global header", buf.getvalue(), "global header"))
    return table


def test_refused(folder):
    """What is not rewritten is refused with the reason"""
    path, new = folder + "/odd", folder + "/new"
    for name, data, text in refused_cases(folder):
        write(path, data)
        for args in (("look", path), ("rewrite", path, new, "crlf")):
            said = drive(*args)
            check(said.startswith("bad ") and text in said, "%s: %r, and "
                  "not %r" % (name, said, text))


def test_hard_links(folder):
    """A member that a hard link leads to is not changed; others are"""
    new, text = folder + "/new", folder + "/text"
    write(text, b"changed\n")
    write(folder + "/d/a", MAIL % (1, 1))
    write(folder + "/d/z", MAIL % (2, 2))
    os.link(folder + "/d/a", folder + "/d/b")
    need("cpio")
    shell("tar -cf t.tar d/a d/b d/z; ls d/a d/b d/z | cpio -o -H newc >"
          "t.cpio; bsdtar --format=odc -cf t.odc d/a d/b d/z", folder)
    for kind, file in (("tar", "t.tar"), ("cpio", "t.cpio"),
                       ("cpio", "t.odc")):
        file = os.path.join(folder, file)
        for rule in ("0=" + text, "0=-"):
            said = drive("rewrite", file, new, rule)
            check("hard links" in said, "%s: %s" % (file, said))
        good("rewrite", file, new, "2=" + text)
        with open(file, "rb") as f, open(new, "rb") as g:
            compare(kind, f.read(), g.read(), {2: b"changed\n"}, file)


def test_pax_size(folder):
    """A size in an extended header is believed, and not changed"""
    mail = MAIL % (1, 1)
    record = b"11 size=%d\n" % len(mail)
    data = ustar("x", record, type=b"x", size=len(record)) + ustar(
        "a", mail) + ustar("b", mail) + END
    path, new, text = folder + "/t.tar", folder + "/new", folder + "/text"
    write(path, data)
    write(text, b"changed\n")
    said = drive("rewrite", path, new, "0=" + text)
    check("extended header" in said, said)
    good("rewrite", path, new, "1=" + text)
    good("rewrite", path, new, "0=-")


def test_names(folder):
    """Names that lead elsewhere, or nowhere, stay what they are"""
    names = ["../up", "/abs", "a/../../b", "\x1b[31m", "new\nline", "-rf",
             "a" * 99, "d/./e"]
    data = b"".join(ustar(n, MAIL % (1, 1)) for n in names) + END
    path, new = folder + "/t.tar", folder + "/new"
    write(path, data)
    good("rewrite", path, new, "crlf")
    with open(new, "rb") as f:
        got = f.read()
    same([m[0][0] for m in read_tar(got)], [m[0][0] for m in read_tar(data)],
         "names")
    check(not os.path.exists(os.path.join(folder, "..", "up")), "extracted")


def test_many(folder):
    """100,000 members are written within a worker's memory"""
    path, new = folder + "/t.tar", folder + "/new"
    with open(path, "wb") as f:
        for i in range(100000):
            f.write(ustar("d%d/m%d" % (i % 100, i), b"x\n" if i % 10 == 0
                          else b""))
        f.write(END)
    said = good("rewrite", path, new, "99990=" + write(
        folder + "/text", b"x\r\n"), limit=True)
    same(said[3:5], ["100000", "1"], "members, replaced")


def bomb(folder, name, n, pack):
    path = os.path.join(folder, name)
    head = ustar("a", b"", size=n)
    with subprocess.Popen(pack + " > " + path, shell=True,
                          stdin=subprocess.PIPE) as p:
        p.stdin.write(head)
        piece = b"\0" * (1 << 20)
        for _ in range(n >> 20):
            p.stdin.write(piece)
        p.stdin.write(END)
    return path


def test_bombs(folder):
    """What expands to too much is refused, within a worker's memory"""
    for name, pack in (("gz", "gzip -9"), ("bz2", "bzip2 -9"),
                       ("zst", "zstd -q"), ("xz", "xz -0 -T2")):
        said = drive("look", bomb(folder, name, 80 << 20, pack), limit=True)
        check(said.startswith("bad ") and "expands" in said, name + said)
    buf = io.BytesIO()
    with zipfile.ZipFile(buf, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("a", b"\0" * (80 << 20))
    said = drive("look", write(folder + "/z.zip", buf.getvalue()), limit=True)
    check("expands" in said, "zip: " + said)


def test_overlap(folder):
    """Members of a zip that share bytes are refused"""
    data = bytearray(zipped(["a", "a"[:1] + "b"]))
    first = data.index(b"PK\1\2")
    second = data.index(b"PK\1\2", first + 4)
    data[second + 42:second + 46] = b"\0" * 4
    said = drive("look", write(folder + "/o.zip", bytes(data)))
    check(said.startswith("bad "), said)


def test_memory(folder):
    """xz with its greatest dictionary is refused; the usual ones are done"""
    need("xz")
    text = write(folder + "/text", b"x\r\n")
    write(folder + "/t", ustar("a", os.urandom(300000)) + ustar(
        "b", MAIL % (1, 1)) + END)
    shell("xz -9 -c t > nine.xz; zstd -q -19 -c t > nineteen.zst", folder)
    for name in ("nine.xz", "nineteen.zst"):
        good("rewrite", os.path.join(folder, name), folder + "/new",
             "1=" + text, limit=True)
    huge = bytearray(lzma.compress(b"x" * 100000, preset=0))
    size = (huge[12] + 1) * 4           # of the block's header; .xz 3.1
    same(bytes(huge[14:16]), b"\x21\x01", "LZMA2")
    huge[16] = 38                       # a dictionary of 2 GiB
    huge[12 + size - 4:12 + size] = struct.pack("<I", zlib.crc32(
        bytes(huge[12:12 + size - 4])))
    lzma.decompress(bytes(huge))
    said = drive("look", write(folder + "/huge.xz", bytes(huge)), limit=True)
    check(said.startswith("bad ") and "emory" in said, said)


def test_checked(folder):
    """The check sees every kind of difference"""
    def tar(*members):
        return b"".join(members) + END
    a, b = ustar("a", b"text\n"), ustar("b", b"more\n")
    old = write(folder + "/old", tar(a, b))
    same(drive("check", old, old)[:2], "ok", "itself")
    table = [
        ("missing", tar(a)), ("more", tar(a, b, ustar("c"))),
        ("name", tar(b, a)), ("name", tar(a, ustar("c", b"more\n"))),
        ("contents", tar(a, ustar("b", b"morE\n"))),
        ("size", tar(a, ustar("b", b"more\n\n"))),
        ("attributes", tar(a, ustar("b", b"more\n", mtime=5))),
        ("attributes", tar(a, ustar("b", b"more\n", mode=0o600))),
        ("attributes", tar(a, ustar("b", b"more\n", uid=5))),
        ("attributes", tar(a, ustar("b", b"more\n", gid=5))),
        ("attributes", tar(a, ustar("b", b"more\n", uname="x"))),
        ("attributes", tar(a, ustar("b", b"more\n", gname="x"))),
        ("another format", gzip.compress(tar(a, b))),
        ("another format", zipped(["a", "b"])),
        ("headers", tar(a, recount(b[:500] + b"x" + b[501:]))),
        ("between", tar(a, b) + b"\0" * 512),
    ]
    for text, data in table:
        said = drive("check", old, write(folder + "/new", data))
        check(said.startswith("bad ") and text in said, "%s: %s" %
              (text, said))


if __name__ == "__main__":
    if not os.path.exists(DRIVER):
        subprocess.run(["make", "-s", "-C", ROOT, "build/tests/archive_driver"],
                       check=True, stdout=subprocess.DEVNULL)
    main([test_any_member, test_all_members, test_cut, test_flipped,
          test_refused, test_hard_links, test_pax_size, test_names, test_many,
          test_bombs, test_overlap, test_memory, test_checked])
