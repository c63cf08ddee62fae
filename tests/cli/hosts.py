"""Hosts to log in to by ssh: each is an sshd of its own, on 127.0.0.1.

SSHD_TREE: a folder that Debian's package openssh-server was unpacked to; else,
where it is not installed, it is fetched, once, to build/packages.
"""
import os
import pwd
import shutil
import socket
import subprocess
import time

from cli import Skip, read, write
from processes import below, kill
from queued import libraries, runs, unpacked, with_accounts
from servers import free_port

# SHLVL: bash then reads no file of the user's.
SSHD = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {top}/host
PidFile {top}/{name}.pid
AuthorizedKeysFile {top}/user.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
SetEnv SHLVL=2
"""
SSH = """\
Host {name}
HostName 127.0.0.1
Port {port}
User {user}
IdentityFile {top}/user
IdentitiesOnly yes
StrictHostKeyChecking no
UserKnownHostsFile /dev/null
LogLevel ERROR
"""


def key(path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path],
                   check=True, timeout=20)


class Hosts:
    def __init__(self, top, *names):
        """What `ssh` is called as: self.ssh."""
        self.top, self.running = top, {}
        for tool in ("ssh", "ssh-keygen"):
            if not shutil.which(tool):
                raise Skip("there is no %s" % tool)
        self.prepare_program()
        key(top + "/host")
        key(top + "/user")
        write(top + "/ssh_config", b"")
        self.ssh = "ssh -F %s/ssh_config" % top
        try:
            for name in names:
                self.add(name)
        except BaseException:
            self.stop()
            raise

    def prepare_program(self):
        self.sshd, self.env = "/usr/sbin/sshd", dict(os.environ)
        if not os.path.exists(self.sshd):
            tree = unpacked("SSHD_TREE", "openssh-server", "libwrap0",
                            "libnsl2")
            self.sshd = tree + self.sshd
            self.env["LD_LIBRARY_PATH"] = libraries(tree)
        runs(self.sshd, self.env)
        self.before = []
        if os.getuid() == 0:
            # It gives up root's rights in /run/sshd, to the user sshd.
            self.before = with_accounts(self.top, "sshd") + [
                "sh", "-c", "mount -t tmpfs tmpfs /run && "
                "mkdir -m 755 /run/sshd && exec \"$@\"", "sh"]

    def add(self, name):
        me = dict(top=self.top, name=name, port=free_port(),
                  user=pwd.getpwuid(os.getuid()).pw_name)
        conf = "%s/%s.conf" % (self.top, name)
        write(conf, SSHD.format(**me).encode())
        with open(self.top + "/ssh_config", "a") as f:
            f.write(SSH.format(**me))
        log = "%s/%s.log" % (self.top, name)
        self.running[name] = subprocess.Popen(
            self.before + [self.sshd, "-D", "-f", conf, "-E", log],
            env=self.env, stdin=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", me["port"]), 5).close()
                break
            except ConnectionError:
                if time.monotonic() > end or \
                        self.running[name].poll() is not None:
                    raise Skip("sshd does not start: %s" % (
                        read(log, "r") if os.path.exists(log) else ""))
                time.sleep(0.05)
        done = subprocess.run(self.ssh.split() + [name, "true"], timeout=20,
                              stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise Skip("sshd lets nobody in: %s" % done.stderr.decode().strip())

    def kill(self, name):
        """As when the power goes."""
        process = self.running.pop(name)
        kill(below(process.pid))
        process.wait()

    def stop(self):
        for name in list(self.running):
            self.kill(name)
