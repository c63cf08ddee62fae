"""What real mail servers are given, and what must be found in their queues."""
import os
import subprocess
import time

from cli import TOP, Skip, check, read, same, write

MAIL = (b"From: alice@example.com\nTo: bob@example.net\nSubject: number %d\n"
        b"Message-ID: <%d@example.com>\nDate: Tue, 14 Nov 2023 22:13:20 +0000"
        b"\n\nhello\n.\n..\n%s\nthe end\n")


def sent():
    """What is sent: by its Message-ID, from whom, to whom."""
    out = {}
    for i in range(12):
        text = [b"x" * 5000, b"a line", b"m\xfcnchen", b""][i % 4]
        out["<%d@example.com>" % i] = (
            MAIL % (i, i, text), "a%d@example.com" % i if i else "",
            ["r%d.%d@example.net" % (i, k) for k in range(1 + i * 7)])
    return out


def compare(records, mails, arrived=True):
    same(len(records), len(mails))
    for r in records:
        _, sender, recipients = mails[r["message_id"]]
        same(r["envelope"]["sender"], sender)
        listed = [x["address"] for x in r["envelope"]["recipients"]]
        more = r["envelope"].get("recipients_more", 0)
        same(len(listed) + more, len(recipients))
        same(len(listed), min(64, len(recipients)))
        check(set(listed) <= set(recipients))
        check(not arrived or abs(time.time() - time.mktime(time.strptime(
            r["envelope"]["arrived"] + "+0000",
            "%Y-%m-%dT%H:%M:%SZ%z")) + time.timezone) < 600)


def unpacked(variable, *packages):
    """Where Debian's packages are unpacked: they cannot be installed together
    with other mail servers.  The variable names such a folder; else they are
    fetched, once."""
    top = os.environ.get(variable) or os.path.join(
        TOP, "build", "packages", packages[0])
    if os.path.isdir(top):
        return top
    new = "%s.%d" % (top, os.getpid())
    os.makedirs(new + "/deb")
    script = ("cd %s/deb && apt-get -qq download %s && "
              "for p in *.deb; do dpkg-deb -x $p ..; done" % (
                  new, " ".join(packages)))
    try:
        subprocess.run(["sh", "-c", script], check=True, timeout=100,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.rename(new, top)
    except (subprocess.SubprocessError, OSError):
        subprocess.run(["rm", "-rf", new])
        raise Skip("%s cannot be fetched: unpack %s to a folder and name it "
                   "with %s" % (packages[0], " ".join(packages), variable))
    return top


def with_accounts(top, *users):
    """passwd and group in top, as they are here but for these users; and what
    runs a command that sees those, and no other change."""
    if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL
                      ).returncode != 0:
        raise Skip("there are no mount namespaces")
    for name, line in (("passwd", "%s:x:%d:%d::/:/bin/false\n"),
                       ("group", "%s:x:%d:\n")):
        text = b"".join(
            x for x in read("/etc/" + name).splitlines(keepends=True)
            if x.split(b":")[0].decode() not in users)
        for i, user in enumerate(users):
            ids = (21001 + i,) * line.count("%d")
            text += (line % (user, *ids)).encode()
        os.chmod(write(top + "/" + name, text), 0o644)
    return ["unshare", "-m", "sh", "-c",
            "mount --bind %s/passwd /etc/passwd && "
            "mount --bind %s/group /etc/group && exec \"$@\"" % (top, top),
            "sh"]


def libraries(tree):
    """For programs in there: what they need and is not installed."""
    lib = tree + "/usr/lib"
    return ":".join(lib + "/" + name for name in sorted(os.listdir(lib))
                    if name.endswith(("-linux-gnu", "-linux-gnueabihf",
                                      "courier-authlib")))


def runs(program, env):
    """All its libraries are there."""
    said = subprocess.run(["ldd", program], env=env, timeout=20,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if said.returncode or b"not found" in said.stdout:
        raise Skip("%s lacks libraries: %s" % (
            program, said.stdout.decode(errors="replace").strip()))
