#!/usr/bin/python3
"""What `make install` puts where.  Prints TAP."""
import os
import re
import shutil
import subprocess
import tempfile

from cli import TOP, Skip, baredot, check, run, same, test

UNIT = "baredot-recover.service"
SCAN = "baredot-scan.service"
# Each command has its page, its own or one that it shares.
COMMANDS = re.findall(r"^  ([a-z]+) ", baredot("help").out.decode(), re.M)
PAGES = ["baredot.1", "baredot-report.5", "baredot-rules.5"] + [
    "baredot-%s.7" % p for p in ("nightly", "queries", "repair", "replay")] + [
        "baredot-%s.1" % c for c in COMMANDS if c != "rules"]
UNITS = (UNIT, SCAN, "baredot-scan.timer")


def installed(*variables):
    """The files by their paths, as mode and bytes."""
    env = {k: v for k, v in os.environ.items()
           if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    with tempfile.TemporaryDirectory(prefix="baredot-install-") as top:
        done = subprocess.run(
            ["make", "-s", "install", "DESTDIR=" + top, *variables], cwd=TOP,
            env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        same(done.returncode, 0, done.stdout)
        found = {}
        for folder, _, names in os.walk(top):
            for n in names:
                path = os.path.join(folder, n)
                with open(path, "rb") as f:
                    found[path[len(top):]] = (
                        os.stat(path).st_mode & 0o7777, f.read())
        return found


@test
def all_that_is_needed_is_installed():
    found = installed()
    at = "/usr/local"
    same({p: oct(mode) for p, (mode, _) in found.items()}, {
        at + "/bin/baredot": "0o755",
        **{"%s/share/man/man%s/%s" % (at, p[-1], p): "0o644" for p in PAGES},
        at + "/share/bash-completion/completions/baredot": "0o644",
        at + "/share/zsh/site-functions/_baredot": "0o644",
        at + "/share/fish/vendor_completions.d/baredot.fish": "0o644",
        at + "/share/baredot/report.schema.json": "0o644",
        at + "/share/baredot/default.rules": "0o644",
        **{at + "/share/baredot/cluster/" + name:
           "0o755" if name.endswith((".sh", ".sbatch")) else "0o644"
           for name in os.listdir(TOP + "/packaging/cluster")},
        **{at + "/lib/systemd/system/" + u: "0o644" for u in UNITS}})


@test
def completions_are_those_of_the_program_that_was_installed():
    found = installed("PREFIX=/usr", "ZSHDIR=/usr/share/zsh/vendor-completions")
    for path, shell in (
            ("/usr/share/bash-completion/completions/baredot", "bash"),
            ("/usr/share/zsh/vendor-completions/_baredot", "zsh"),
            ("/usr/share/fish/vendor_completions.d/baredot.fish", "fish")):
        same(found[path][1], baredot("completion", shell).out, path)


@test
def every_page_that_another_names_is_installed():
    found = installed("PREFIX=/usr")
    names = set()
    for path, (_, text) in found.items():
        if "/man/" in path:
            names |= set(re.findall(rb"^\.Xr (baredot\S*) (\d)", text, re.M))
            names |= set(re.findall(
                rb"\\fB(baredot[a-z-]*)\((\d)\)\\fR",
                text.replace(b"\\-", b"-")))
    same({"%s.%s" % (n.decode(), s.decode()) for n, s in names} -
         {os.path.basename(p) for p in found}, set())


@test
def the_unit_for_boot_runs_the_program_that_was_installed():
    unit = installed("PREFIX=/opt/mail")["/opt/mail/lib/systemd/system/" +
                                         UNIT][1]
    check(b"\nExecStart=/opt/mail/bin/baredot recover\n" in unit, unit)
    with open(os.path.join(TOP, "packaging/systemd", UNIT), "rb") as f:
        same(unit.replace(b"/opt/mail/bin/", b""), f.read())


@test
def the_unit_for_the_night_runs_it_too():
    unit = installed("PREFIX=/opt/mail")["/opt/mail/lib/systemd/system/" +
                                         SCAN][1]
    check(b"\nExecStart=/opt/mail/bin/baredot scan --cron " in unit, unit)


@test
def systemd_has_nothing_to_say_about_the_units():
    if shutil.which("systemd-analyze") is None:
        raise Skip("there is no systemd-analyze")
    with tempfile.TemporaryDirectory(prefix="baredot-install-") as top:
        # What the manual pages need to be found is not looked at.
        env = {k: v for k, v in os.environ.items()
               if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        done = subprocess.run(["make", "-s", "install", "PREFIX=" + top],
                              cwd=TOP, env=env, capture_output=True)
        same(done.returncode, 0, done.stderr)
        for u in UNITS:
            done = subprocess.run(
                ["systemd-analyze", "verify", "--man=no",
                 top + "/lib/systemd/system/" + u], capture_output=True,
                text=True)
            said = [x for x in (done.stdout + done.stderr).splitlines()
                    if "baredot" in x]
            same((done.returncode, said), (0, []), u)
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=yes",
             "--threshold=35", top + "/lib/systemd/system/" + SCAN],
            capture_output=True, text=True)
        same(done.returncode, 0, done.stdout + done.stderr)


@test
def the_line_for_cron_is_one_that_the_program_understands():
    with open(os.path.join(TOP, "packaging", "cron.d", "baredot")) as f:
        (line,) = [x for x in f if x[0].isdigit()]
    before, command = line.split(" || ")
    same(before.split()[5:7], ["root", "systemctl"], "who, and the guard")
    words = command.split()
    same(words[0], "baredot", "what")
    with tempfile.TemporaryDirectory(prefix="baredot-install-") as top:
        os.mkdir(top + "/mail")
        ran = baredot(*words[1:-1], "--state", top + "/state", top + "/mail")
        same((ran.status, ran.out), (0, b""), ran.err)


def a_night(**more):
    """Run the command of the cron file where baredot is one that tells."""
    with open(os.path.join(TOP, "packaging", "cron.d", "baredot")) as f:
        (line,) = [x for x in f if x[0].isdigit()]
    with tempfile.TemporaryDirectory(prefix="baredot-install-") as top:
        for name, text in dict(more, baredot="echo scanned").items():
            path = os.path.join(top, name)
            with open(path, "w") as f:
                f.write("#!/bin/sh\n" + text + "\n")
            os.chmod(path, 0o755)
        return subprocess.run(
            ["/bin/sh", "-c", line.split(None, 6)[6]], env={"PATH": top},
            capture_output=True, text=True)


@test
def cron_scans_unless_the_timer_does():
    on = a_night(systemctl='[ "$*" = "-q is-enabled baredot-scan.timer" ]')
    same((on.returncode, on.stdout, on.stderr), (0, "", ""))
    off = a_night(systemctl="echo no >&2; exit 1")
    same((off.returncode, off.stdout, off.stderr), (0, "scanned\n", ""))
    none = a_night()
    same((none.returncode, none.stdout, none.stderr), (0, "scanned\n", ""))


@test
def the_unit_goes_where_it_is_wanted_or_nowhere():
    found = installed("PREFIX=/usr", "UNITDIR=/lib/systemd/system")
    check("/lib/systemd/system/" + UNIT in found, list(found))
    found = installed("PREFIX=/usr", "UNITDIR=")
    same([p for p in found if p.endswith(".service")], [])


if __name__ == "__main__":
    run()
