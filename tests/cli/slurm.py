"""A Slurm of four nodes on this machine, on 127.0.0.1, in a folder of its own."""
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time

from cli import Skip, read, write
from processes import kill, parent
from servers import free_port

NODES = ("n1", "n2", "n3", "n4")
# A node is lost after three seconds without an answer, and a job that was there
# starts again five seconds (the least cred_expire) later, not after minutes.
CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={top}/socket/munge,cred_expire=5
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={top}/state
SlurmdSpoolDir={top}/spool.%n
SlurmctldPidFile={top}/pid/slurmctld
SlurmdPidFile={top}/pid/%n
SlurmctldLogFile={top}/log/slurmctld
SlurmdLogFile={top}/log/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_min_interval=0,bf_interval=1
ReturnToService=2
KillWait=10
SlurmdTimeout=3
MessageTimeout=2
TCPTimeout=1
SlurmdParameters=config_overrides
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
NODE = "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} " \
    "CPUs=1 RealMemory=2000\n"


def program(name):
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not found:
        raise Skip("there is no %s: slurm-wlm and munge are not installed" %
                   name)
    return found


def environment(pid):
    return read("/proc/%d/environ" % pid).split(b"\0")


class Slurm:
    def __init__(self, top):
        self.top, self.conf, self.up = top, top + "/slurm.conf", False
        self.env = dict(os.environ, SLURM_CONF=self.conf)
        for name in ("munged", "slurmctld", "slurmd", "sbatch"):
            program(name)
        for name in ("state", "log", "pid", "socket", "key"):
            os.makedirs(top + "/" + name)
        for path in (os.path.dirname(top), top, top + "/socket"):
            os.chmod(path, 0o755)       # the socket is for everybody
        os.chmod(top + "/key", 0o700)
        write(top + "/key/key", os.urandom(1024))
        os.chmod(top + "/key/key", 0o600)
        host = socket.gethostname().split(".")[0]
        text = CONF.format(top=top, host=host, port=free_port(),
                           user=pwd.getpwuid(os.getuid()).pw_name)
        text += "".join(NODE.format(name=n, host=host, port=free_port())
                        for n in NODES)
        write(self.conf, text.encode())

    def start(self):
        subprocess.run(
            [program("munged"), "--key-file=%s/key/key" % self.top,
             "--socket=%s/socket/munge" % self.top,
             "--pid-file=%s/pid/munged" % self.top,
             "--log-file=%s/log/munged" % self.top,
             "--seed-file=%s/key/seed" % self.top], check=True, timeout=20)
        subprocess.run([program("slurmctld"), "-f", self.conf], check=True,
                       timeout=20)
        for node in NODES:
            os.makedirs("%s/spool.%s" % (self.top, node))
            self.start_node(node)
        self.wait(lambda: self.says("sinfo", "-h", "-t", "idle", "-o", "%D")
                  == str(len(NODES)), "no four nodes")
        self.up = True

    def start_node(self, node):
        subprocess.run([program("slurmd"), "-f", self.conf, "-N", node],
                       check=True, timeout=20)

    def says(self, *command):
        return subprocess.run(command, env=self.env, timeout=60,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT).stdout.decode().strip()

    def wait(self, what, otherwise, seconds=60):
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end:
                raise AssertionError("%s\n%s\n%s" % (
                    otherwise, self.says("squeue"),
                    read(self.top + "/log/slurmctld").decode()[-3000:]))
            time.sleep(0.1)

    def state(self, job):
        """Of a job, or of an element: JOB_INDEX."""
        for word in self.says("scontrol", "-o", "show", "job", job).split():
            if word.startswith("JobState="):
                return word[9:]

    def ended(self, job):
        return self.state(job) in ("COMPLETED", "FAILED", "CANCELLED",
                                   "TIMEOUT")

    def is_empty(self):
        return self.says("squeue", "-h") == ""

    def empty(self):
        self.says("scancel", "-u", str(os.getuid()))
        self.wait(self.is_empty, "jobs that cannot be cancelled")

    def processes(self, *more):
        """Those of jobs, and those that watch over them, that have this in
        their environment too."""
        ours = {b"SLURM_CONF=" + self.conf.encode(), *more}
        found = set()
        for path in glob.glob("/proc/[0-9]*"):
            pid = int(os.path.basename(path))
            try:
                if not ours <= set(environment(pid)):
                    continue
                found.add(pid)
                above = parent(pid)
                if read("/proc/%d/comm" % above).startswith(b"slurmstepd"):
                    found.add(above)
            except OSError:
                continue                # gone, or another user's
        return found

    def kill_node(self, node):
        """As when the power goes: none sees another one die."""
        daemon = {int(read("%s/pid/%s" % (self.top, node)))}
        name = b"SLURMD_NODENAME=" + node.encode()
        stopped, seen = set(), daemon
        while seen - stopped:           # they may have started others
            kill(seen - stopped, signal.SIGSTOP)
            stopped |= seen
            seen = self.processes(name)
        kill(stopped)
        os.unlink("%s/pid/%s" % (self.top, node))

    def stop(self):
        if not os.path.exists(self.top + "/pid/munged"):
            return
        daemons = [int(read(path)) for path in glob.glob(self.top + "/pid/*")]
        self.says("scancel", "-f", "-u", str(os.getuid()))
        self.says("scontrol", "shutdown")
        end = time.monotonic() + 5
        for pid in [*self.processes(), *daemons]:
            stop(pid, end)


def stop(pid, end):
    """It is gone, at the latest a little after the end."""
    try:
        os.kill(pid, signal.SIGTERM)
        while time.monotonic() < end:
            os.kill(pid, 0)
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
