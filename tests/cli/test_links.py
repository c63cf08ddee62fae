#!/usr/bin/python3
"""Links on the way to what is acted on: root follows one of a user only to
what is that user's, and says of each other what to do.  Prints TAP."""
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "faults"))
from act_lib import Box, Driver, GROUP, OWNER     # noqa: E402
from harness import OPT, ROOT, SAN, Skip, check, main, same     # noqa: E402

CLEAN, FINDINGS, UNREADABLE, LATER = 0, 1, 2, 75
EVE, BOB = 65531, 65532
MAIL = (b"From: a@example.org\r\nTo: b@example.org\r\nSubject: t\r\n"
        b"Date: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
        b"Message-ID: <x@example.org>\r\n\r\na\nb\r\n.\rc\r\n")
NAME = "1.a.example:2,S"
FROM = b"From a@example.org Mon Jan  1 00:00:00 2024\n"


class Ran:
    def __init__(self, done):
        self.status = done.returncode
        self.raw = done.stdout
        self.err = done.stderr.decode()
        self.all = self.raw.decode("utf-8", "surrogateescape") + self.err

    def of(self, kind):
        records = [json.loads(line) for line in self.raw.splitlines()]
        return [r for r in records if r["type"] == kind]


def baredot(*args, exe=SAN, **more):
    done = subprocess.run([os.fsencode(a) for a in (exe,) + args],
                          env=dict(os.environ, LC_ALL="C"),
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60, **more)
    check(b"Sanitizer" not in done.stderr + done.stdout,
          done.stderr.decode())
    return Ran(done)


def tree(path):
    """All that is there, with whose it is; not when it was read."""
    found = {}
    for top, dirs, files in os.walk(path):
        for p in [os.path.join(top, n) for n in dirs + files] + [top]:
            st = os.lstat(p)
            data = os.readlink(p) if stat.S_ISLNK(st.st_mode) else None
            if stat.S_ISREG(st.st_mode):
                with open(p, "rb") as f:
                    data = f.read()
            found[p] = (st.st_mode, st.st_uid, st.st_gid, data)
    return found


def own(path, uid):
    for top, dirs, files in os.walk(path):
        for n in [top] + [os.path.join(top, x) for x in dirs + files]:
            os.lchown(n, uid, uid)


def store(path, uid):
    """A Maildir and beside it an mbox, an archive and a message."""
    for f in ("cur", "new", "tmp"):
        os.makedirs(path + "/Maildir/" + f)
    for name in ("Maildir/cur/" + NAME, "one.eml"):
        with open(path + "/" + name, "wb") as f:
            f.write(MAIL)
    with open(path + "/mbox", "wb") as f:
        f.write(FROM + MAIL.replace(b"\r\n", b"\n").replace(b"a\nb", b"a\r\nb")
                + b"\n")
    with tarfile.open(path + "/mails.tar", "w") as t:
        t.add(path + "/one.eml", "one.eml")
    own(path, uid)


class World:
    """Eve's home; what is root's alone; another place of hers."""

    def __init__(self, folder):
        if os.geteuid() != 0:
            raise Skip("it takes root")
        self.top = folder + "/w"
        self.home = self.top + "/home/eve"
        os.makedirs(self.home)
        os.chmod(folder, 0o755)
        os.chmod(os.path.dirname(folder), 0o755)
        own(self.home, EVE)
        store(self.top + "/secret", 0)
        os.chmod(self.top + "/secret", 0o700)
        store(self.top + "/shown", 0)
        store(self.top + "/bob", BOB)
        store(self.top + "/srv/eve", EVE)
        self.link("home", "users", 0)
        self.link("secret", "root-link", 0)
        self.state, self.into = folder + "/state", folder + "/into"

    def link(self, to, name, uid=EVE):
        if to.startswith("/"):
            to = self.top + to
        os.symlink(to, self.top + "/" + name)
        os.lchown(self.top + "/" + name, uid, uid)

    def path(self, name):
        return self.top + "/" + name

    def others(self):
        return {k: tree(self.top + "/" + k) for k in (
            "secret", "shown", "bob")}

    def fix(self, *args, **more):
        return baredot("fix", "--apply", "-f", "ndjson", "--state",
                       self.state, *args, **more)

    def quarantine(self, *args, **more):
        return baredot("quarantine", "--apply", "-m", "medium", "-f",
                       "ndjson", "--into", self.into, *args, **more)


def run_of(ran):
    return ran.of("summary")[0]["acts"]["run"]


# What eve made, as (name, to, owner); what is named; the link that is told.
OTHERS = (
    ("to a folder", [("home/eve/Maildir", "/secret/Maildir", EVE)],
     "home/eve/Maildir", "home/eve/Maildir"),
    ("with a slash", [("home/eve/Maildir", "/secret/Maildir", EVE)],
     "home/eve/Maildir/", "home/eve/Maildir"),
    ("relative", [("home/eve/Maildir", "../../secret/Maildir", EVE)],
     "home/eve/Maildir", "home/eve/Maildir"),
    ("not closed", [("home/eve/Maildir", "../../shown/Maildir", EVE)],
     "home/eve/Maildir", "home/eve/Maildir"),
    ("another user's", [("home/eve/Maildir", "../../bob/Maildir", EVE)],
     "home/eve/Maildir", "home/eve/Maildir"),
    ("above", [("home/eve/mail", "../../secret", EVE)],
     "home/eve/mail/Maildir", "home/eve/mail"),
    ("below", [("home/eve/cur", "/secret/Maildir/cur", EVE)],
     "home/eve/cur", "home/eve/cur"),
    ("of all", [("home/eve/up", "../..", EVE)],
     "home/eve/up/shown/Maildir", "home/eve/up"),
    ("links to links", [("home/eve/b", "/secret/Maildir", EVE),
                        ("home/eve/a", "b", EVE)],
     "home/eve/a", "home/eve/b"),
    ("by a link of root's", [("home/eve/a", "../../root-link/Maildir", EVE)],
     "home/eve/a", "home/eve/a"),
    ("by a link of bob's", [("bob/a", "../secret/Maildir", BOB),
                            ("home/eve/a", "../../bob/a", EVE)],
     "home/eve/a", "bob/a"),
    ("a link of root's that she moved",
     [("home/eve/a", "../../secret/Maildir", 0)],
     "home/eve/a", "home/eve/a"),
    ("behind another one", [("home/eve/Maildir", "/secret/Maildir", EVE)],
     "users/eve/Maildir", "home/eve/Maildir"),
    ("with ..", [("home/eve/srv", "../../srv/eve", EVE)],
     "home/eve/srv/../../shown/Maildir", "home/eve/srv"),
    ("a message", [("home/eve/mail", "../../shown", EVE)],
     "home/eve/mail/one.eml", "home/eve/mail"),
    ("an mbox", [("home/eve/mail", "../../shown", EVE)],
     "home/eve/mail/mbox", "home/eve/mail"),
    ("an archive", [("home/eve/mail", "../../shown", EVE)],
     "home/eve/mail/mails.tar", "home/eve/mail"),
    ("is a message", [("home/eve/one.eml", "/secret/one.eml", EVE)],
     "home/eve/one.eml", None),
    ("is an mbox", [("home/eve/mbox", "/secret/mbox", EVE)],
     "home/eve/mbox", None),
    ("is an archive", [("home/eve/mails.tar", "/secret/mails.tar", EVE)],
     "home/eve/mails.tar", None),
)


def plant(w, links):
    for name, to, uid in links:
        w.link(to, name, uid)


def is_refused(w, ran, link, what):
    """It is told of every message or file, with the link."""
    same(ran.status, FINDINGS, what + ": " + ran.all)
    whys = [r["repair"]["why"] for r in ran.of("message") if "repair" in r
            and r["repair"]["action"] != "none"]
    whys += [r["why"] for r in ran.of("outcome")]
    check(whys, what + ": " + ran.all)
    for why in whys:
        if link is None:
            check("is a symbolic link" in why, "%s: %s" % (what, why))
            continue
        check("the link " in why and (link + " of user ") in why and
              "name the real path" in why, "%s: %s" % (what, why))


def links_to_others_are_refused(folder):
    """A link of a user's to what is not theirs is refused, and told in the dry
    run too."""
    for i, (what, links, named, link) in enumerate(OTHERS):
        w = World(folder + "/%d" % i)
        plant(w, links)
        first = w.others(), tree(w.home)
        is_refused(w, baredot("fix", "-f", "ndjson", w.path(named)), link,
                   what + ", dry")
        is_refused(w, w.fix(w.path(named)), link, what + ", fix")
        is_refused(w, w.quarantine(w.path(named)), link,
                   what + ", quarantine")
        same((w.others(), tree(w.home)), first, what)


def relative_paths_are_not_different(folder):
    """A path from where we are is looked at like any other."""
    w = World(folder)
    w.link("../../secret/Maildir", "home/eve/Maildir")
    first = w.others()
    is_refused(w, w.fix("home/eve/Maildir", cwd=w.top), "home/eve/Maildir",
               "relative")
    is_refused(w, w.fix("Maildir", cwd=w.home), "Maildir", "in her home")
    same(w.others(), first, "others")


def reports_are_not_different(folder):
    """--from does not lead anywhere else either."""
    w = World(folder)
    w.link("../../shown", "home/eve/mail")
    report, first = folder + "/report", w.others()

    def scan(path, **more):
        with open(report, "wb") as f:
            f.write(baredot("scan", "-f", "ndjson", path, **more).raw)

    for path in ("home/eve/mail/Maildir", "home/eve/mail/one.eml"):
        scan(path, cwd=w.top)
        w.fix("--from", report, cwd=w.top)
        same(w.others(), first, path)
    for path in ("mail/Maildir", "mail/one.eml", "mail/mbox"):
        scan(path, cwd=w.home)
        is_refused(w, w.fix("--from", report, cwd=w.home), "mail", path)
        same(w.others(), first, path)


OWN = (
    ("to her own", [("home/eve/Maildir", "../../srv/eve/Maildir", EVE)],
     "home/eve/Maildir", "srv/eve"),
    ("above", [("home/eve/mail", "/srv/eve", EVE)], "home/eve/mail/Maildir",
     "srv/eve"),
    ("links to links", [("home/eve/b", "/srv/eve/", EVE),
                        ("home/eve/a", "b", EVE)], "home/eve/a/Maildir/cur",
     "srv/eve"),
    ("that root made for her", [("home/eve/Maildir", "/srv/eve/Maildir", 0)],
     "home/eve/Maildir", "srv/eve"),
    ("of root's", [], "users/../root-link/Maildir", "secret"),
    ("no link", [], "secret/Maildir", "secret"),
    ("a message", [("home/eve/mail", "/srv/eve", EVE)],
     "home/eve/mail/one.eml", "srv/eve"),
    ("an mbox", [("home/eve/mail", "/srv/eve", EVE)], "home/eve/mail/mbox",
     "srv/eve"),
    ("an archive", [("home/eve/mail", "/srv/eve", EVE)],
     "home/eve/mail/mails.tar", "srv/eve"),
)


def links_to_ones_own_are_followed(folder):
    """Links of root's, and of a user to what is theirs, are followed: it is
    done, and undone."""
    for i, (what, links, named, where) in enumerate(OWN):
        w = World(folder + "/%d" % i)
        plant(w, links)
        first = tree(w.top)
        dry = baredot("fix", "-f", "ndjson", w.path(named))
        same([r["repair"]["action"] for r in dry.of("message")], ["edit"],
             what)
        same([r["status"] for r in dry.of("outcome")], [], what)
        ran = w.fix(w.path(named))
        same([r["status"] for r in ran.of("outcome")], ["done"], what)
        now = tree(w.top)
        changed = [p for p in set(first) | set(now)
                   if first.get(p) != now.get(p)]
        check(changed and all(p.startswith(w.path(where) + "/")
                              for p in changed), "%s: %s" % (what, changed))
        ran = baredot("undo", "last", "--state", w.state, "--apply")
        same(ran.status, CLEAN, what + ran.all)
        same(tree(w.top), first, what)


def users_follow_their_own_links(folder):
    """As the user, their links lead where they may go, and so do root's."""
    if os.geteuid() != 0:
        raise Skip("it takes root")
    w = World(folder)
    exe = shutil.copy(OPT, folder + "/baredot")
    more = {"user": EVE, "group": EVE, "extra_groups": [], "exe": exe}
    os.mkdir(w.home + "/state", 0o700)
    os.chown(w.home + "/state", EVE, EVE)
    w.state = w.home + "/state"
    w.link("../../srv/eve/Maildir", "home/eve/Maildir")
    ran = w.fix(w.path("users/eve/Maildir"), **more)
    same([r["status"] for r in ran.of("outcome")], ["done"], ran.all)
    ran = baredot("undo", "last", "--state", w.state, "--apply", **more)
    same(ran.status, CLEAN, ran.all)


def replace_by_link(w, name, to):
    os.rename(w.path(name), w.path(name) + ".away")
    w.link(to, name)


def what_was_recorded_is_not_different(folder):
    """Undo and restore: a folder that became a link since is left alone, where
    the link leads to what is not theirs."""
    for command in ("undo", "restore"):
        for level in ("srv/eve", "srv/eve/Maildir", "srv/eve/Maildir/cur"):
            top = folder + "/%s-%s" % (command, level.replace("/", "-"))
            w = World(top)
            own(w.path("srv"), EVE)
            done = w.fix(w.path("srv/eve/Maildir")) if command == "undo" \
                else w.quarantine(w.path("srv/eve/Maildir"))
            same([r["status"] for r in done.of("outcome")], ["done"],
                 done.all)
            # The same messages as hers are, so that names do not tell.
            shutil.copytree(w.path(level), w.path("trap"), symlinks=True)
            own(w.path("trap"), 0)
            first = tree(w.path("trap"))
            replace_by_link(w, level, w.path("trap")[len(w.top):])
            ran = baredot("undo", "last", "--state", w.state, "--apply",
                          "-f", "ndjson") if command == "undo" else baredot(
                "restore", "--into", w.into, "--apply", "-f", "ndjson")
            same(ran.status, FINDINGS, level + ran.all)
            told = ran.of("outcome")
            same([r["status"] for r in told], ["refused"], level)
            if level != "srv/eve/Maildir/cur":
                check("of user %d" % EVE in told[0]["why"], told)
            same(tree(w.path("trap")), first, level)
            # Where it leads to what is hers it is undone.
            os.unlink(w.path(level))
            os.rename(w.path(level) + ".away", w.path(level))
            ran = baredot("undo", "last", "--state", w.state, "--apply") if \
                command == "undo" else baredot("restore", "--into", w.into,
                                               "--apply")
            same(ran.status, CLEAN, level + ran.all)


def recovery_is_not_different(folder):
    """Recover: what a crash left is not settled where a link leads since."""
    if os.geteuid() != 0:
        raise Skip("it takes root")
    os.chmod(folder, 0o755)
    box = Box(folder + "/box")
    target = box.target("mh")
    for n in range(40, 400):
        d = Driver(os.path.join(ROOT, "build", "faults"))
        try:
            killed = d.run("%d:K" % n, "fix", box.state, *target).killed
        finally:
            d.close()
        if killed and open_runs(box.state):
            break
    h = box.path + "/H"
    shutil.copytree(h, box.path + "/trap", symlinks=True)
    first = tree(box.path + "/trap")
    os.rename(h, h + ".away")
    os.symlink("trap", h)
    os.lchown(h, OWNER, GROUP)
    ran = baredot("recover", "--state", box.state)
    same(ran.status, LATER, ran.all)
    check("of user %d" % OWNER in ran.err, ran.err)
    same(tree(box.path + "/trap"), first, "the trap")
    os.unlink(h)
    os.rename(h + ".away", h)
    same(baredot("recover", "--state", box.state).status, CLEAN, "recover")


def open_runs(state):
    """A run has an intent without an end."""
    ran = baredot("runs", "-f", "ndjson", "--state", state, exe=OPT)
    return any(r["files"]["open"] for r in ran.of("run"))


def folders_of_ours_are_not_different(folder):
    """State, quarantine, --to and --output go no link of a user's either."""
    w = World(folder)
    os.mkdir(w.top + "/private", 0o755)
    w.link("../../private", "home/eve/p")
    w.link("private", "p", 0)
    mail = w.path("srv/eve/Maildir")
    w.state = w.home + "/p/state"
    ran = w.fix(mail)
    same(ran.status, UNREADABLE, ran.all)
    check("home/eve/p of user %d" % EVE in ran.err, ran.err)
    same(os.listdir(w.top + "/private"), [], "nothing was made")
    w.state = w.top + "/p/state"
    same([r["status"] for r in w.fix(mail).of("outcome")], ["done"], "root's")
    for name in ("state", "state/"):
        ran = baredot("undo", "last", "--state", w.top + "/p/" + name,
                      "--apply")
        same(ran.status, CLEAN, ran.all)
    ran = baredot("runs", "--state", w.home + "/p/state")
    same(ran.status, UNREADABLE, ran.all)
    same(baredot("runs", "--state", w.home + "/none/x").status, CLEAN,
         "none")
    same([r["status"] for r in w.quarantine(mail).of("outcome")], ["done"],
         "quarantine")
    for apply in ((), ("--apply",)):
        ran = baredot("restore", "--into", w.into, "--to", w.home + "/p/out",
                      *apply)
        same(ran.status, UNREADABLE, ran.all)
        check("home/eve/p of user %d" % EVE in ran.err, ran.err)
    same(os.listdir(w.top + "/private"), ["state"], "nothing was made")
    for to in ("/p/out", "/p/out/", "/home/eve/../../new"):
        ran = baredot("restore", "--into", w.into, "--to", w.top + to,
                      "--apply")
        same(ran.status, CLEAN, ran.all)
    for apply in ((), ("--apply", "--state", w.state)):
        ran = baredot("fix", "-f", "ndjson", "--output",
                      w.home + "/p/new.tar", *apply,
                      w.path("shown/mails.tar"))
        same([r["status"] for r in ran.of("outcome")], ["refused"], ran.all)
        check("home/eve/p of user" in ran.of("outcome")[0]["why"], ran.all)
    same(sorted(os.listdir(w.top + "/private")), ["out", "state"],
         "no archive")


def reports_go_no_link_of_a_user_either(folder):
    """A report that is to be written where a link of a user's leads to what is
    not theirs is refused; through root's, and to a new file, it is written."""
    w = World(folder)
    os.mkdir(w.path("tmp"))
    os.chmod(w.path("tmp"), 0o1777)
    w.link("../shown/one.eml", "tmp/report")
    w.link("../shown/new", "tmp/gone")
    w.link("../shown", "tmp/folder")
    w.link("../report", "tmp/roots", 0)
    with open(w.path("report"), "wb") as f:
        f.write(b"old\n")
    first = w.others()
    for name in ("tmp/report", "tmp/folder/new", "tmp/folder/one.eml"):
        ran = baredot("scan", "-f", "ndjson", "-o", w.path(name),
                      w.path("srv"))
        check(ran.status not in (CLEAN, FINDINGS), name + ran.all)
        check("of user %d" % EVE in ran.err, ran.err)
    for name in ("tmp/gone", "tmp/new", "tmp/roots", "report"):
        ran = baredot("scan", "-f", "ndjson", "-o", w.path(name),
                      w.path("srv"))
        same(ran.status, FINDINGS, name + ran.all)
    check(not os.path.islink(w.path("tmp/gone")), "it stayed a link")
    check(os.path.islink(w.path("tmp/roots")), "it became a file")
    check(b"summary" in open(w.path("report"), "rb").read(), "the report")
    same(w.others(), first, "others")


def mailboxes_of_root_in_others_folders_are_refused(folder):
    """An mbox of root's in a folder that another user may change is left
    alone: it would be done with root's rights."""
    w = World(folder)
    for mode in (0o700, 0o770, 0o777):
        os.chmod(w.path("srv/eve"), mode)
        os.chown(w.path("srv/eve/mbox"), 0, 0)
        first = tree(w.path("srv"))
        ran = w.fix(w.path("srv/eve/mbox"))
        same([r["status"] for r in ran.of("outcome")], ["refused"], ran.all)
        same(tree(w.path("srv")), first, "%o" % mode)


def names_of_links_are_shown_safely(folder):
    """The name of a link is a stranger's: it is escaped, and cut."""
    w = World(folder)
    for name in (b"x\x1b[31m\n\xff", b"y" * 250):
        path = os.fsencode(w.home) + b"/" + name
        os.symlink(os.fsencode(w.path("shown")), path)
        os.lchown(path, EVE, EVE)
        for form in ("text", "ndjson"):
            ran = baredot("fix", "-f", form, path + b"/Maildir")
            same(ran.status, FINDINGS, ran.all)
            check(b"\x1b" not in ran.raw and b"\xff" not in ran.raw, ran.raw)
            check(b"name the real path" in ran.raw, ran.raw)
            if form == "ndjson":
                ran.of("message")


main([links_to_others_are_refused, relative_paths_are_not_different,
      reports_are_not_different, links_to_ones_own_are_followed,
      users_follow_their_own_links, what_was_recorded_is_not_different,
      recovery_is_not_different, folders_of_ours_are_not_different,
      reports_go_no_link_of_a_user_either,
      mailboxes_of_root_in_others_folders_are_refused,
      names_of_links_are_shown_safely])
