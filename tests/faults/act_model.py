"""What a power cut may leave, by the weakest promises of POSIX: a model.

Real file systems keep more than they promise, so a missing sync of a folder
does not show on them.  Here the calls of one operation are replayed on paper:
what was done to a file or folder since it was last synced is on the disk, or
not, or the first of it, or (bytes) in part; of the changes to a folder, any may
be there without the others, and folders know nothing of each other.  Each such
state is built as a real tree, under the old inode numbers, recovered, and judged
as act.py does.
"""
import hashlib
import os
import random
import shutil

from act_lib import Driver, entry, must


class File:
    def __init__(self, data=b"", mode=0o600, uid=0, gid=0):
        self.data, self.mode, self.uid, self.gid = data, mode, uid, gid
        self.mtime = self.atime = 0
        self.attrs = {}
        self.known_key = None           # set when nothing changes any more

    def copy(self):
        f = File(self.data, self.mode, self.uid, self.gid)
        f.mtime, f.atime, f.attrs = self.mtime, self.atime, dict(self.attrs)
        return f

    def apply(self, op, part):
        what, args = op[0], op[2:]
        if what == "write":
            off, data = int(args[0]), bytes.fromhex("".join(args[1:]))
            if part == "half":
                data = data[:len(data) // 2]
            if part == "zeros":
                data = bytes(len(data))
            old = self.data.ljust(off, b"\0")
            self.data = old[:off] + data + old[off + len(data):]
        elif what == "truncate":
            self.data = self.data[:int(args[0])]
        elif what == "chmod":
            self.mode = int(args[0], 8)
        elif what == "chown":
            self.uid, self.gid = int(args[0]), int(args[1])
        elif what == "times":
            self.atime, self.mtime = int(args[0]), int(args[1])
        elif what == "xattr":
            self.attrs[args[0]] = bytes.fromhex("".join(args[1:]))

    def key(self):
        if self.known_key is None:
            self.known_key = repr((self.data, self.mode, self.uid, self.gid,
                                   self.mtime, sorted(self.attrs.items())))
        return self.known_key


FILE_OPS = ("write", "truncate", "chmod", "chown", "times", "xattr")


class Disk:
    """What is known of a tree: contents and entries by inode, each with what
    was done to it since it was synced."""

    def __init__(self, path):
        self.files, self.dirs, self.owners = {}, {}, {}
        self.todo = {}                  # inode: operations not synced
        self.root = self.read(path)

    def read(self, path):
        st = os.lstat(path)
        if not os.path.isdir(path):
            e = entry(path)
            f = File(e[0], e[1] & 0o7777, e[2], e[3])
            f.mtime, f.atime, f.attrs = e[4], e[5], dict(e[6])
            self.files[st.st_ino] = f
        else:
            self.owners[st.st_ino] = (st.st_uid, st.st_gid,
                                      st.st_mode & 0o7777)
            self.dirs[st.st_ino] = {n: self.read(path + "/" + n)
                                    for n in os.listdir(path)}
        return st.st_ino

    def now(self, d):
        """The entries of a folder as the processes see them."""
        seen = dict(self.dirs[d])
        for change in self.todo.get(d, ()):
            for name, ino in change.items():
                seen[name] = ino
        return {n: i for n, i in seen.items()
                if n is not None and i is not None}

    def has_name(self, ino):
        return any(ino in self.now(d).values() for d in self.dirs)

    def do(self, op):
        what = op[0]
        if what == "sync":
            self.sync(int(op[1]))
        elif what in FILE_OPS:
            self.todo.setdefault(int(op[1]), []).append(op)
        elif what == "make":
            self.files[int(op[1])] = File(uid=int(op[2]), gid=int(op[3]))
        elif what in ("create", "name", "mkdir"):
            d = int(op[1]) or self.root
            ino = int(op[3])
            if what == "create":
                self.files[ino] = File(uid=int(op[4]), gid=int(op[5]))
            if what == "mkdir":
                self.dirs[ino], self.owners[ino] = {}, (0, 0, 0o700)
            self.note(d, {os.path.basename(op[2]): ino})
        elif what == "unlink":
            d = int(op[1])
            ino = self.now(d).get(op[2])
            self.note(d, {op[2]: None})
            if ino in self.files and not self.has_name(ino):
                self.todo[d][-1][None] = ino
        else:
            self.rename(what, int(op[1]), op[2], int(op[3]), op[4])

    def rename(self, what, a, name_a, b, name_b):
        one, other = self.now(a)[name_a], self.now(b).get(name_b)
        first = {name_a: other if what == "swap" else None}
        second = {name_b: one}
        if a == b:
            self.note(a, {**first, **second})
        else:
            self.note(a, first)
            self.note(b, second)

    def note(self, d, change):
        self.todo.setdefault(d, []).append(change)

    def sync(self, ino):
        ops = self.todo.pop(ino, ())
        if ino in self.dirs:
            for change in ops:
                self.enter(ino, change)
        elif ops:
            self.change(ino, ops, "all")

    def change(self, ino, ops, part):
        """Operations on a file come to the disk.  Copies of the disk share
        what is in files, so it is another one then."""
        f = self.files[ino].copy()
        for op in ops:
            f.apply(op, part)
        self.files[ino] = f

    def enter(self, d, change):
        """A change of a folder comes to the disk.  The name None: with it
        the file lost its last name, and its bytes are given to others,
        whatever another folder on the disk says."""
        for name, ino in change.items():
            if name is None:
                freed = self.files[ino].copy()
                freed.data = b"freed"
                self.files[ino] = freed
            else:
                self.dirs[d][name] = ino

    def choices(self):
        """[(inode, what may be on the disk)]"""
        found = []
        for ino, ops in self.todo.items():
            if ino in self.dirs:
                n = len(ops)
                some = [tuple(i for i in range(n) if bits >> i & 1)
                        for bits in range(1 << n)] if n < 7 else []
                found.append((ino, [tuple(range(k)) for k in range(n + 1)] +
                              some))
            else:
                found.append((ino, ["none", "all", "half", "zeros"] +
                              list(range(1, len(ops)))))
        return found

    def after(self, chosen):
        """A copy in which just that came to the disk."""
        disk = Disk.__new__(Disk)
        disk.root, disk.owners, disk.todo = self.root, dict(self.owners), {}
        disk.files = dict(self.files)
        disk.dirs = {ino: dict(d) for ino, d in self.dirs.items()}
        for ino, how in chosen.items():
            if ino in disk.dirs:
                for i in how:
                    disk.enter(ino, self.todo[ino][i])
            elif how != "none":
                first = how if isinstance(how, int) else None
                disk.change(ino, self.todo[ino][:first], how)
        return disk

    def key(self):
        def walk(ino):
            if ino in self.files:
                return "f%d " % ino + self.files[ino].key()
            return "d{%s}" % ",".join(
                [n + ":" + walk(i)
                 for n, i in sorted(self.dirs[ino].items())
                 if i is not None])
        return hashlib.sha256(walk(self.root).encode()).digest()

    def build(self, path, numbers):
        """As a real tree; numbers: a file of real and modelled inodes."""
        shutil.rmtree(path, ignore_errors=True)
        made, pairs = {}, []

        def put(where, ino):
            if ino in made:
                os.link(made[ino], where)
                return
            if ino in self.dirs:
                os.mkdir(where)
                for name, i in self.dirs[ino].items():
                    if i is not None:
                        put(where + "/" + name, i)
                uid, gid, mode = self.owners[ino]
                os.chown(where, uid, gid)
                os.chmod(where, mode)
            else:
                f = self.files[ino]
                with open(where, "wb") as out:
                    out.write(f.data)
                for k, v in f.attrs.items():
                    os.setxattr(where, k, v)
                os.chown(where, f.uid, f.gid)
                os.chmod(where, f.mode)
                os.utime(where, ns=(f.atime, f.mtime))
                made[ino] = where
            pairs.append((os.lstat(where).st_ino, ino))

        put(path, self.root)
        with open(numbers, "w") as f:
            f.writelines("%d %d\n" % p for p in pairs)


def picks(choices, rng, most):
    """Choices to try: nothing, all, each alone, each alone missing, random."""
    none = {ino: ways[0] for ino, ways in choices}
    full = {ino: max(ways, key=len) if isinstance(ways[0], tuple) else "all"
            for ino, ways in choices}
    yield none
    yield full
    for ino, ways in choices:
        for way in ways:
            yield {**none, ino: way}
            yield {**full, ino: way}
    for _ in range(most):
        yield {ino: rng.choice(ways) for ino, ways in choices}


def read_trace(path):
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [line.split() for line in f]


def states_of(disk, ops, first, most, rng, seen):
    """[(k, state, what was chosen)]: what a power cut after k >= first of
    the calls may leave, unless it was seen already."""
    found = []
    for k in range(len(ops) + 1):
        for chosen in picks(disk.choices(), rng, most) if k >= first else ():
            state = disk.after(chosen)
            key = (state.key(), k == len(ops))
            if key not in seen:
                seen.add(key)
                found.append((k, state, chosen))
        if k < len(ops):
            disk.do(ops[k])
    return found


class Sweep:
    def __init__(self, bench, case, build, most):
        self.bench, self.case, self.most = bench, case, most
        self.trace = bench.folder + "/trace"
        self.numbers = bench.folder + "/numbers"
        self.tracer = Driver(build, trace=self.trace, lacks=case.lacks)
        self.judge = Driver(build, inodes=self.numbers, lacks=case.lacks)
        self.rng, self.seen = random.Random(11), set()

    def close(self):
        self.tracer.close()
        self.judge.close()

    def operation(self, limit):
        """Power cuts while it is done."""
        self.one(limit, None)

    def recovery(self, limit, step):
        """It is killed at some call; power cuts in recovery."""
        calls = self.bench.calls(self.case)
        for n in range(1, calls + 1, step):
            self.one(limit, n)

    def given_up(self, limit, at):
        """The first write to a mailbox, call `at`, is said to have failed; it
        is killed while it takes that back; power cuts in recovery."""
        for n in range(at + 1, at + 16):
            self.one(limit, n, "%d:A28,%d:K" % (at, n))

    def mail_came(self, limit, at, step, put, check):
        """It is killed after the swap, call `at`, and there is mail in both
        files, on the disk, by the time of recovery; power cuts in that."""
        for n in range(at + 1, self.bench.calls(self.case) + 1, step):
            self.one(limit, n, put=put, check=check)

    def deliver(self, put, box):
        """As those would that sync what they delivered: [who]."""
        names = []
        for name, path, size, data in put(box):
            names.append(name)
            ino = os.stat(path).st_ino
            with open(self.trace, "a") as f:
                f.write("write %d %d %s\nsync %d\n" % (ino, size, data.hex(),
                                                      ino))
        return names

    def one(self, limit, killed, fault=None, put=None, check=None):
        bench, case = self.bench, self.case
        box, place, first = bench.setup(case)
        disk, since = Disk(box.path), 0
        if os.path.exists(self.trace):
            os.unlink(self.trace)
        args = case.args(case.op, box, place)
        r = self.tracer.run(fault or ("%d:K" % killed if killed else "0:"),
                            *args)
        if killed:
            names = self.deliver(put, box) if put else None
            since = len(read_trace(self.trace))
            self.tracer.run("0:", "recover", box.state)
            r = None
        else:
            must(r.status == 0, "while it was traced: %s %s" % (r.status,
                                                                r.lines))
        ops = read_trace(self.trace)
        states = states_of(disk, ops, since, self.most, self.rng, self.seen)
        if len(states) > limit:
            states = self.rng.sample(states, limit)
        for k, state, chosen in states:
            state.build(box.path, self.numbers)
            bench.attempt("power cuts", "%s%s, after call %d (%s), %s" % (
                case.name, ", killed at %d" % killed if killed else "", k,
                " ".join(ops[k - 1])[:60] if k else "", chosen),
                judge, bench, self.judge, case, box, first,
                r if k == len(ops) else None,
                check and (lambda: check(bench, case, box, first, names)))


def judge(bench, driver, case, box, first, result, check):
    kept, bench.driver = bench.driver, driver
    try:
        bench.recover(box)
        if check is not None:
            return check()
        bench.settled(case, box, first, result)
        bench.undone(box, first)
    finally:
        bench.driver = kept
