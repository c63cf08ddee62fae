#!/usr/bin/python3
"""Source archives, the Debian package and the container are what they say.

The package is made here of objects that are there already.  With CHECK_LONG it
is built as it is for users, installed in a new Debian, used, and purged; so are
the container, step by step, and the static program.  Prints TAP.
"""
import functools
import hashlib
import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile

from cli import SAMPLES, TOP, Skip, check, folder, read, run, same, test

PROGRAM = os.path.join(TOP, "build", "baredot")
LONG = 900              # seconds, for what builds or installs
STATE = "var/lib/baredot"


def do(*command, status=0, **more):
    """Run it; its output, both kinds."""
    env = {k: v for k, v in os.environ.items()
           if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS",
                        "SOURCE_DATE_EPOCH")}
    env.update(more.pop("env", {}), LC_ALL="C", DEBIAN_FRONTEND="noninteractive")
    more.setdefault("cwd", TOP)
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, timeout=LONG,
                          stderr=subprocess.STDOUT, **more)
    text = done.stdout.decode(errors="replace")
    same(done.returncode, status, "%s: %s" % (" ".join(command), text[-3000:]))
    return text


def need(*tools):
    for t in tools:
        if shutil.which(t) is None:
            raise Skip("there is no %s: packaging/install-deps.sh installs it" % t)


def need_long():
    if not os.environ.get("CHECK_LONG"):
        raise Skip("only with CHECK_LONG")


def need_root():
    if os.geteuid() != 0:
        raise Skip("only root can make a root of its own")


def need_git():
    if not os.path.exists(os.path.join(TOP, ".git")):
        raise Skip("this is no git checkout")


@functools.lru_cache()
def version():
    (found,) = re.findall(r"^VERSION = (\S+)$",
                          read(os.path.join(TOP, "Makefile"), "r"), re.M)
    return found


def archive(top=TOP, **more):
    """The bytes of the source archive that is made there."""
    with folder() as out:
        do("packaging/dist.sh", "baredot-" + version(), out + "/a.tar.gz",
           cwd=top, **more)
        return read(out + "/a.tar.gz")


def members(data, strip):
    """Path without its first part, if so: whether it can be run, and bytes."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {m.name.split("/", 1)[1] if strip else m.name:
                (m.mode & 0o100 != 0, tar.extractfile(m).read())
                for m in tar if m.isfile()}


def unpack(data, where):
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        tar.extractall(where)
    return os.path.join(where, "baredot-" + version())


# --- the source archive

@test
def a_source_archive_has_the_files_that_git_has():
    need_git()
    want = subprocess.run(["git", "archive", "HEAD"], cwd=TOP, check=True,
                          stdout=subprocess.PIPE).stdout
    got = archive()
    same(members(got, True) == members(want, False), True)
    with tarfile.open(fileobj=io.BytesIO(got)) as tar:
        for m in tar:
            same((m.uid, m.gid, m.uname, m.gname, m.mode & 0o7777), (
                0, 0, "", "", 0o644 | 0o111 * (m.isdir() or m.mode & 1)),
                m.name)


@test
def who_makes_a_source_archive_and_when_does_not_matter():
    first = archive()
    others = archive(env={"TZ": "Asia/Tokyo"}, umask=0o077)
    same(hashlib.sha256(others).hexdigest(), hashlib.sha256(first).hexdigest())
    with folder() as top:
        tree = unpack(first, top)
        do("make", "-s", "dist", cwd=tree, umask=0o077)
        same(read("%s/build/baredot-%s.tar.gz" % (tree, version())) == first,
             True, "made in an unpacked one")


@test
def a_source_archive_can_be_given_its_time():
    data = archive(env={"SOURCE_DATE_EPOCH": "86400"})
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        same({m.mtime for m in tar}, {86400})


@test
def the_version_is_the_same_wherever_it_is_said():
    same(do(PROGRAM, "--version"), "baredot %s\n" % version())
    debian = read(TOP + "/packaging/debian/changelog", "r")
    same(re.match(r"baredot \((.*)-\d+\) ", debian).group(1), version())
    changes = read(TOP + "/CHANGELOG.md", "r")
    same(re.search(r"^## \[(\d.*?)\]", changes, re.M).group(1), version())


# --- the package

def source_tree(top):
    """An unpacked source archive, older than any object, with debian/."""
    data = archive(env={"SOURCE_DATE_EPOCH": "1000000000"})
    tree = unpack(data, top)
    shutil.copytree(tree + "/packaging/debian", tree + "/debian")
    return tree


@functools.lru_cache()
def quick_package():
    """The package of what is in build/ already; its folder stays until the
    tests end."""
    need("dpkg-buildpackage", "dh")
    top = tempfile.TemporaryDirectory(prefix="baredot-test.")
    tree = source_tree(top.name)
    missing = subprocess.run(["dpkg-checkbuilddeps"], cwd=tree,
                             stderr=subprocess.PIPE, text=True)
    if missing.returncode:
        raise Skip(missing.stderr.strip())
    os.mkdir(tree + "/build")
    for name in ("opt", "gen", "baredot"):
        do("cp", "-a", os.path.join(TOP, "build", name), tree + "/build/")
    said = do("dpkg-buildpackage", "-b", "-nc", "--no-sign", cwd=tree,
              env={"DEB_BUILD_OPTIONS": "nocheck"})
    check("  CC  " not in said, "it was built anew: " + said)
    return top, deb_in(top.name)


def deb_in(where):
    (found,) = [n for n in os.listdir(where)
                if n.startswith("baredot_") and n.endswith(".deb")]
    return os.path.join(where, found)


def lintian(where):
    need("lintian")
    (changes,) = [n for n in os.listdir(where) if n.endswith(".changes")]
    said = do("lintian", "--allow-root", "--fail-on", "none", "-I",
              "--pedantic", where + "/" + changes)
    return [x for x in said.splitlines() if re.match("[EWIP]: ", x)]


@test
def the_package_has_what_it_should():
    _, deb = quick_package()
    same(do("dpkg-deb", "-f", deb, "Version"), version() + "-1\n")
    for library in ("libarchive13", "libc6", "libssl3"):
        check(library in do("dpkg-deb", "-f", deb, "Depends"), library)
    with folder() as top:
        do("dpkg-deb", "-R", deb, top)
        same(read(top + "/DEBIAN/conffiles"), b"/etc/default/baredot\n")
        unit = read(top + "/lib/systemd/system/baredot-scan.service")
        check(b"\nExecStart=/usr/bin/baredot scan " in unit, unit)
        for name in ("usr/share/man/man1/baredot.1.gz",
                     "usr/share/doc/baredot/README.md",
                     "usr/share/doc/baredot/SECURITY.md",
                     "usr/share/doc/baredot/docs/repair.md",
                     "usr/share/doc/baredot/changelog.gz",
                     "usr/share/doc/baredot/examples/cron.d/baredot",
                     "lib/systemd/system/baredot-recover.service",
                     "lib/systemd/system/baredot-scan.timer"):
            check(os.path.isfile(os.path.join(top, name)), name)
        program = top + "/usr/bin/baredot"
        same(do(program, "--version"), "baredot %s\n" % version())
        do("debian/tests/scan", cwd=debian_tests(top),
           env={"PATH": "%s/usr/bin:%s" % (top, os.environ["PATH"])})


def debian_tests(top):
    """Where the package's own test finds itself and samples/."""
    where = os.path.join(top, "source")
    os.makedirs(where + "/debian")
    os.symlink(SAMPLES, where + "/samples")
    os.symlink(TOP + "/packaging/debian/tests", where + "/debian/tests")
    return where


@test
def lintian_has_nothing_to_say():
    top, _ = quick_package()
    same(lintian(top.name), [])


def purged(make):
    """What a purge leaves of a state folder that make(path) filled."""
    need_root()
    if subprocess.run(["unshare", "-m", "true"],
                      stderr=subprocess.DEVNULL).returncode:
        raise Skip("there are no mount namespaces")
    with folder() as top:
        state = os.path.join(top, "baredot")
        os.mkdir(state, 0o700)
        make(state)
        said = do("unshare", "-m", "sh", "-c",
                  "mount --bind %s /var/lib && exec sh %s/packaging/debian/postrm "
                  "purge" % (top, TOP))
        return said, sorted(
            os.path.relpath(os.path.join(at, n), top)
            for at, folders, names in os.walk(top) for n in folders + names)


@test
def a_purge_takes_what_scans_keep_and_no_original():
    def scanned(state):
        do(PROGRAM, "scan", "--cron", "--state", state, SAMPLES + "/eml",
           status=1)
        check(os.path.exists(state + "/scan.sqlite"), os.listdir(state))
        with open(state + "/scan.sqlite.damaged", "w"):
            pass
        do(PROGRAM, "recover", "--state", state)

    def repaired(state):
        shutil.copytree(SAMPLES + "/eml", state + ".eml")
        do(PROGRAM, "fix", "--apply", "--state", state, state + ".eml")
        shutil.rmtree(state + ".eml")
        scanned(state)

    same(purged(scanned), ("", []))
    same(purged(lambda state: None), ("", []))
    said, left = purged(repaired)
    check("originals of messages stay" in said, said)
    check("baredot/lock" in left and "baredot/scan.sqlite" not in left, left)
    check(any("/blobs/" in p for p in left), left)


# --- with CHECK_LONG: as users do it

@functools.lru_cache()
def new_debian():
    """A small Debian, as a tar file: its folder stays until the tests end."""
    need_root()
    need("mmdebstrap")
    top = tempfile.TemporaryDirectory(prefix="baredot-test.")
    done = subprocess.run(["mmdebstrap", "--quiet", "--variant=apt", "bookworm",
                           top.name + "/root.tar"], timeout=LONG,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode:
        raise Skip("no Debian can be had here: %s" %
                   done.stdout.decode(errors="replace").strip()[-200:])
    return top


# ROOT USER FOLDER COMMAND...
ENTER = """top=$1 user=$2 at=$3
shift 3
mount -t proc proc "$top/proc" &&
exec chroot --userspec "$user" "$top" env -i -C "$at" LC_ALL=C HOME=/ \\
    PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"
"""


class Root:
    """A Debian of its own."""
    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="baredot-test.")
        do("tar", "-xf", new_debian().name + "/root.tar", "-C", self.top)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top)

    def path(self, name):
        return os.path.join(self.top, name.lstrip("/"))

    def do(self, *command, user="0", cwd="/", status=0, **more):
        return do("unshare", "-m", "sh", "-c", ENTER, "sh", self.top, user, cwd,
                  *command, status=status, **more)

    def files(self):
        """But for what packages are known and what was logged."""
        found = set()
        for at, folders, names in os.walk(self.top):
            at = os.path.relpath(at, self.top)
            folders[:] = [n for n in folders if os.path.join(at, n) not in (
                "./proc", "./dev", "./tmp", "./var/log", "./var/cache",
                "./var/lib/dpkg", "./var/lib/apt")]
            found.update(os.path.join(at, n) for n in folders + names)
        return found


@functools.lru_cache()
def full_package():
    need("dpkg-buildpackage", "dh")
    do("make", "-s", "deb")
    return deb_in(os.path.join(TOP, "build", "deb"))


@test
def a_package_is_built_with_hardening_and_lintian_has_nothing_to_say():
    need_long()
    deb = full_package()
    same(lintian(os.path.dirname(deb)), [])


@test
def a_package_that_is_built_elsewhere_has_the_same_bytes():
    need_long()
    with folder() as top:
        tree = unpack(archive(), top)
        do("packaging/deb.sh", version(), "-b", cwd=tree, umask=0o027,
           env={"TZ": "Asia/Tokyo"})
        other = deb_in(tree + "/build/deb")
        same(read(other) == read(full_package()), True)


@test
def the_package_is_installed_used_and_purged():
    need_long()
    deb = full_package()
    with Root() as root:
        depends = do("dpkg-deb", "-f", deb, "Depends")
        root.do("apt-get", "-qq", "update")
        root.do("apt-get", "-qq", "install", "-y", "--no-install-recommends",
                *(x.split()[0] for x in depends.split(",")))
        before = root.files()
        shutil.copy(deb, root.path("tmp/baredot.deb"))
        shutil.copytree(SAMPLES, root.path("tmp/source/samples"))
        shutil.copytree(TOP + "/packaging/debian",
                        root.path("tmp/source/debian"))
        root.do("apt-get", "-qq", "install", "-y", "/tmp/baredot.deb")
        same(root.do("baredot", "--version"), "baredot %s\n" % version())
        units = "etc/systemd/system/%s.target.wants/baredot-%s"
        check(os.path.lexists(root.path(units % (
            "multi-user", "recover.service"))), "recover is on")
        check(not os.path.lexists(root.path(units % (
            "timers", "scan.timer"))), "the timer is off")
        root.do("debian/tests/scan", cwd="/tmp/source")
        root.do("baredot", "scan", "--cron", "/tmp/source/samples/eml",
                status=1)
        check(os.path.exists(root.path(STATE + "/scan.sqlite")), "a state")
        root.do("dpkg", "--install", "/tmp/baredot.deb")    # an upgrade
        root.do("dpkg", "--remove", "baredot")
        check(os.path.exists(root.path(STATE + "/scan.sqlite")), "a state")
        root.do("dpkg", "--purge", "baredot")
        same(sorted(root.files() - before), [])


def steps(text):
    """The lines of a Containerfile: word and rest."""
    text = re.sub(r"^#.*\n", "", text, flags=re.M).replace("\\\n", " ")
    return [line.split(None, 1) for line in text.splitlines() if line]


@test
def the_steps_of_the_container_lead_to_one():
    need_long()
    new_debian()
    wanted = ["FROM", "COPY", "WORKDIR", "RUN"]
    build, final = Root(), Root()
    with build, final:
        at, root, user, rest = "/", None, "0", {}
        for word, text in steps(read(TOP + "/packaging/Containerfile", "r")):
            words = text.split()
            if word == "FROM":
                same(words[0], "debian:12-slim")
                root, at = (build if words[1:] == ["AS", "build"] else
                            final), "/"
            elif word == "WORKDIR":
                at = text
                os.makedirs(root.path(at), exist_ok=True)
            elif word == "COPY" and words[0] == ".":
                unpack(archive(), root.path("tmp"))
                os.rename(root.path("tmp/baredot-" + version()),
                          root.path(words[1]))
            elif word == "COPY":
                same(words[0], "--from=build")
                do("sh", "-c", "cp %s %s" % (build.path(words[1]),
                                             root.path(words[2])))
            elif word == "RUN":
                root.do("sh", "-c", text, cwd=at)
            elif word == "USER":
                user = text
            else:
                rest[word] = text
            check(word in wanted or root is final, word)
        same(rest, {"ENTRYPOINT": '["baredot"]', "CMD": '["help"]'})
        same((user, at), ("10001", "/mail"))
        root.do("baredot", "help", user=user, cwd=at)
        shutil.copytree(SAMPLES + "/eml", root.path("mail/eml"))
        said = root.do("baredot", "scan", "--require-sandbox", "--cron",
                       "--state", "/var/lib/baredot", "/mail", user=user,
                       cwd=at, status=1)
        check("eod.lf-dot-crlf" in said, said)


@test
def the_static_program_needs_nothing_and_says_the_same():
    need_long()
    need_root()
    do("make", "-s", "static")
    with folder() as top:
        shutil.copy(TOP + "/build/baredot-static", top + "/baredot")
        shutil.copytree(SAMPLES, top + "/samples")
        os.makedirs(top + "/dev")
        here = do(PROGRAM, "scan", "-f", "text", "samples", cwd=top, status=2)
        there = do("chroot", top, "/baredot", "scan", "-f", "text", "samples",
                   status=2)
        clock = re.compile(r"\d+\.\d\d s;")
        same(clock.sub("", there), clock.sub("", here))


if __name__ == "__main__":
    run()
