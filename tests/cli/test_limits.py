"""What is beyond a limit is said, and is neither clean nor a finding."""
import gzip
import io
import subprocess
import tarfile
import threading
import time
import zipfile

from harness import (FROM, OPT, SAN, Report, check, main, message, same, scan,
                     shim, write)


def box(n, text="m"):
    return b"".join(FROM + message("%s%d" % (text, i), dirty=i % 3 == 0) +
                    b"\n" for i in range(n))


def fast(*args, seconds, **more):
    """A clock that goes on by a second at each look."""
    return scan("-a", "--timeout=0", "--file-timeout=%d" % seconds, *args,
                shim=shim("clock"), env={"CLOCK_FAST": "1"}, **more).whole()


def of(report, path):
    return [m for m in report.messages if m["path"].startswith(path)]


def given_up(r, path, late, all_of_it):
    """What there is of the file is the start of it all, and the rest is
    said to be missing."""
    got = of(r, path)
    same(got, all_of_it[:len(got)], "messages of " + path)
    same([(u["path"].split("!")[0], u["limit"]) for u in late],
         [(path, "seconds")] * len(late), "what is given up")
    check(all("not looked at" in u["error"] for u in late), late)
    return len(got)


def a_file_that_takes_long_is_given_up(folder):
    """However long a file may take, its messages up to there are told, it is
    unreadable from there on, and the others are not touched by that."""
    paths = [write(folder + "/a.mbox", box(30)),
             write(folder + "/b.mbox", box(2, "n")),
             write(folder + "/c.mbox.gz", gzip.compress(box(30, "p")))]
    whole = scan("-a", *paths).whole()
    counts = set()
    for seconds in range(1, 100, 2):
        for jobs in ("-j0", "-j2"):
            r = fast(jobs, *paths, seconds=seconds)
            left = False
            for p in paths:
                late = [u for u in r.unreadable if u["path"] == p]
                n = given_up(r, p, late, of(whole, p))
                same(len(late), n < len(of(whole, p)), "%s after %d s" % (
                    p, seconds))
                left = left or late
                if p == paths[0]:
                    counts.add(n)
            same(r.status, 2 if left else 1, "exit status")
    same(fast("-j0", *paths, seconds=0).messages, whole.messages,
         "without a limit")
    check(len(counts) > 10 and 30 in counts, "cut off at %s" % counts)


def packed(path, mode, *members):
    with tarfile.open(path, mode) as t:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return path


def an_archive_that_takes_long_is_given_up(folder):
    """The same of an archive: no member behind is looked at, and that is
    said of the archive."""
    after = write(folder + "/b.mbox", box(3, "n"))
    for name, mode in (("a.tar.gz", "w:gz"), ("a.tar", "w")):
        path = packed(folder + "/" + name, mode, *(
            ("%02d.mbox" % i, box(2, "t%d." % i)) for i in range(20)))
        whole = scan("-a", "--forensic", path).whole()
        same(len(whole.messages), 40, "all of it")
        cut = 0
        for seconds in range(10, 150, 7):
            r = fast("-j0", "--forensic", path, after, seconds=seconds)
            late = [u for u in r.unreadable if u["path"].startswith(path)]
            given_up(r, path, late, whole.messages)
            same(len(of(r, after)), 3, "messages of the next file")
            if late:
                cut += 1
                check(len(late) <= 2, "what is given up: %s" % late)
                same(late[-1]["path"], path, "the last one is the archive")
                (f,) = [f for f in r.of("file") if f["path"] == path]
                same(f["status"], "unreadable", "the file")
        check(cut > 3, "given up %d times" % cut)


def what_is_passed_over_takes_time_too(folder):
    """A member that is no mail, and large once it is unpacked; many members
    that are none."""
    last = ("z.eml", message("m"))
    with zipfile.ZipFile(folder + "/c.zip", "w") as z:
        for name, data in [("%02d.bin" % i, b"x") for i in range(60)] + [last]:
            z.writestr(name, data)
    for path in (packed(folder + "/a.tar.gz", "w:gz",
                        ("x.bin", bytes(40 << 20)), last),
                 packed(folder + "/b.tar", "w",
                        *(("%02d.bin" % i, b"") for i in range(60)), last),
                 folder + "/c.zip"):
        same(len(scan("-a", path).whole().messages), 1, "without hurry")
        r = fast("-j0", path, seconds=10)
        same(([(u["path"], u["limit"]) for u in r.unreadable], r.messages),
             ([(path, "seconds")], []), "in a hurry")


def what_is_large_has_more_time(folder):
    """A second for each MiB, beside."""
    path = write(folder + "/a.eml", message("m", dirty=False) +
                 (b"x" * 63 + b"\n") * (20 << 14))
    r = fast("-j0", path, seconds=5)
    same((len(r.messages), r.unreadable), (1, []), "20 MiB")
    small = write(folder + "/b.mbox", box(30))
    check(fast("-j0", small, seconds=5).unreadable, "as many looks")


def a_slow_pipe_is_given_up(folder):
    """What comes slowly by standard input, for ever, ends."""
    child = subprocess.Popen([OPT, "scan", "-a", "-f", "ndjson",
                              "--file-timeout=2", "-"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
    stop = threading.Event()

    def feed():
        try:
            while not stop.is_set() and time.monotonic() < start + 15:
                child.stdin.write(box(20))
                child.stdin.flush()
                time.sleep(0.05)
            child.stdin.close()
        except BrokenPipeError:
            pass

    feeder = threading.Thread(target=feed)
    start = time.monotonic()
    feeder.start()
    try:
        out = child.stdout.read()
        status = child.wait(20)
    finally:
        stop.set()
        child.kill()
        feeder.join()
        child.stdout.close()
        child.stderr.close()
    took = time.monotonic() - start
    r = Report(status, out, "").whole()
    check(2 <= took < 14, "it took %.1f s" % took)
    same([(u["path"], u["limit"]) for u in r.unreadable],
         [("-", "seconds")], "unreadable")
    check(r.messages and r.unreadable[0]["offset"] > 0, r.unreadable)


def text_names_the_option(folder):
    """The text report says which option it is."""
    path = write(folder + "/a.mbox", box(30))
    r = scan("-f", "text", "-j0", "--file-timeout=3", path,
             shim=shim("clock"), env={"CLOCK_FAST": "1"})
    check(b"(see --file-timeout)" in r.out, r.out)


def with_header(size, fields):
    """A message whose header block, with the empty line, has that size."""
    head = b"From: a@example.com\n" + b"A: b\n" * (fields - 2)
    last = b"B: "
    while size - len(head) > 900 + len(last):
        last += b"c" * 76 + b"\n "
    last = last.rstrip() + b"\n c"
    last += b"c" * (size - len(head) - len(last) - 2)
    block = head + last + b"\n\n"
    same(len(block), size, "the header block that was to be made")
    return block + b"text\n"


def a_long_header_block_is_said_to_be_cut(folder):
    """Exactly where not all fields are seen in the second look, and with
    whatever else the message has a record for."""
    for size, fields, seen in ((65534, 9, 0), (65535, 9, 0), (65536, 9, 0),
                               (65537, 9, 65536), (65538, 9, 65536),
                               (300000, 9, 65536), (9000, 999, 0),
                               (9000, 1000, 0)):
        path = write(folder + "/m.eml", with_header(size, fields))
        want = {"length": size, "seen": seen} if seen else None
        with open(path, "rb") as f:
            piped = scan("--dkim", "-", stdin=f).whole()
        for r in (piped, scan("--dkim", path, exe=SAN).whole(),
                  scan("--dkim", "--redact", path).whole()):
            same([m["header_cut"] for m in r.messages],
                 [want] if want else [], "%d bytes" % size)
            same([(m["findings"], m.get("severity")) for m in r.messages],
                 [([], None)] * len(r.messages), "findings")
            same((r.summary["flagged"], r.status), (0, 0), "flagged, status")
        same(scan(path).whole().messages, [], "not looked for")
        text = scan("--dkim", "-f", "text", path).out
        same(b"note: the header block has %d bytes" % size in text,
             bool(seen), "said in the text")


def many_fields_are_said_to_be_cut(folder):
    """The same behind the thousandth field."""
    for n in (999, 1000, 1001, 5000):
        data = b"A: b\n" * n + b"\ntext\r\n"
        path = write(folder + "/m.eml", data)
        (m,) = scan("--dkim", path, exe=SAN).whole().messages
        same(m.get("header_cut"), {"length": 5 * n + 1, "seen": 5000}
             if n > 1000 else None, "%d fields" % n)


def the_next_message_is_not_cut(folder):
    """What is said of one message is not said of the next."""
    mails = (with_header(70000, 9), b"A: b\n\n\rtext\n",
             with_header(66000, 9), b"A: b\n\n\rtext\n")
    for args in ((), ("--dkim",)):
        r = scan("-a", *args, write(folder + "/m.mbox", b"".join(
            FROM + m + b"\n" for m in mails))).whole()
        same(["header_cut" in m for m in r.messages],
             [bool(args), False] * 2, args)


def what_is_behind_the_cut_is_what_is_not_seen(folder):
    """A signature in front of the cut is compared, one behind it is not; a
    defect is found wherever it stands."""
    sign = (b"DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; "
            b"d=example.com; s=s; h=from; bh=AAAA; b=AAAA\n")
    fill = b"X-Fill: " + b"x" * 70 + b"\n"
    for where in range(0, 1800, 100):
        data = (fill * where + sign + fill * (1800 - where) +
                b"Y: \r odd\n\ntext\n")
        (m,) = scan("--dkim", write(folder + "/m.eml", data)).whole().messages
        at = where * len(fill)
        same(m["header_cut"]["seen"], 65536, "seen")
        same([d["offset"] for d in m.get("dkim", [])],
             [at] if at + len(sign) <= 65536 else [], "signatures")
        check("eol.bare-cr" in [f["code"] for f in m["findings"]],
              "the CR behind the cut")


if __name__ == "__main__":
    main([a_file_that_takes_long_is_given_up,
          an_archive_that_takes_long_is_given_up,
          what_is_passed_over_takes_time_too, what_is_large_has_more_time,
          a_slow_pipe_is_given_up,
          text_names_the_option, a_long_header_block_is_said_to_be_cut,
          many_fields_are_said_to_be_cut, the_next_message_is_not_cut,
          what_is_behind_the_cut_is_what_is_not_seen])
