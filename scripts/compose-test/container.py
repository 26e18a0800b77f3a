"""Runs processes with a container's view: their own root, network, users and capabilities."""

import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback

libc = ctypes.CDLL(None, use_errno=True)
NEWNS, NEWUTS, NEWIPC, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x20000000, 0x40000000
RDONLY, REMOUNT, BIND, REC, PRIVATE = 0x1, 0x20, 0x1000, 0x4000, 0x40000
CAPBSET_DROP, NO_NEW_PRIVS, PDEATHSIG, AMBIENT, AMBIENT_CLEAR = 24, 38, 1, 47, 4
# The capabilities that Docker grants unless they are dropped.
DOCKERS = [0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31]
NUMBERS = {"CHOWN": 0, "DAC_OVERRIDE": 1, "DAC_READ_SEARCH": 2, "FOWNER": 3, "KILL": 5, "SETGID": 6, "SETUID": 7}

PASSWD = """root:x:0:0:root:/root:/bin/bash
postgres:x:999:999::/var/lib/postgresql:/bin/bash
redis:x:998:998::/data:/bin/sh
nobody:x:65534:65534:nobody:/:/usr/sbin/nologin
"""
GROUP = "root:x:0:\npostgres:x:999:\nredis:x:998:\nnogroup:x:65534:\n"

IS_ROOT = os.getuid() == 0
if not IS_ROOT:
    # Without root, containers have only this user. initdb looks up its name.
    PASSWD += f"tester:x:{os.getuid()}:{os.getgid()}::/:/bin/sh\n"


def call(name, *arguments):
    if getattr(libc, name)(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}{arguments}: {os.strerror(code)}")


def mount(source, target, kind=None, flags=0, options=None):
    texts = [it.encode() if it else None for it in (source, target, kind)]
    call("mount", *texts, ctypes.c_ulong(flags), options.encode() if options else None)


def bind(source, target, read_only=False):
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "w").close()
    mount(source, target, flags=BIND | REC)
    if read_only:
        try:
            mount(None, target, flags=BIND | REMOUNT | RDONLY)
        except OSError:
            # Without root, mounts with additional options can't be remounted, and are read-only.
            if IS_ROOT:
                raise


def users(root):
    """Returns the names and ids of the users in an image."""
    found = {}
    for line in open(f"{root}/etc/passwd") if root != "debian" else PASSWD.splitlines():
        name, _, user, group, *_ = line.strip().split(":")
        found[name] = (int(user), int(group))
    return found


def identity(spec):
    """Returns the ids of the user that a container's process runs as. Without root, all have the same user."""
    if not IS_ROOT:
        return os.getuid(), os.getgid()
    known = users(spec["root"])
    user, _, group = spec["user"].partition(":")
    if user in known:
        return known[user]
    return int(user), int(group or 0)


def give(path, owner, mode, known):
    os.makedirs(path, exist_ok=True)
    os.chmod(path, mode)
    if IS_ROOT:
        os.chown(path, *(known.get(owner) or (int(owner), int(owner))))


def lay_out(root, spec):
    """Mounts the container's file system at `root`, in the mount namespace of this process."""
    mount("none", "/", flags=REC | PRIVATE)
    os.makedirs(root, exist_ok=True)
    mount("tmpfs", root, "tmpfs", 0, "mode=755")
    source = "" if spec["root"] == "debian" else spec["root"]
    for name in ("usr", "bin", "sbin", "lib", "lib32", "lib64"):
        path = f"{source}/{name}"
        if os.path.islink(path):
            os.symlink(os.readlink(path), f"{root}/{name}")
        elif os.path.isdir(path):
            bind(path, f"{root}/{name}", read_only=True)
    if source:
        for name in ("etc", "var", "tmp"):
            shutil.copytree(f"{source}/{name}", f"{root}/{name}", symlinks=True)
    else:
        debian(root)
    known = users(spec["root"])
    for path, (owner, mode) in spec["folders"].items():
        give(root + path, owner, mode, known)
    for path, (file, mode) in spec["files"].items():
        if os.path.getsize(file) > 10_000_000:
            bind(file, root + path, read_only=True)
        else:
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            shutil.copyfile(file, root + path)
            os.chmod(root + path, mode)
    with open(f"{root}/etc/hosts", "w") as file:
        file.write("127.0.0.1 localhost\n" + "".join(f"{at} {name}\n" for name, at in spec["hosts"].items()))
    os.makedirs(root + spec["folder"], exist_ok=True)
    devices(root, spec)
    # Ordered by depth, because mounts can be nested.
    for target, what in sorted(spec["mounts"].items()):
        if what["kind"] == "tmpfs":
            os.makedirs(root + target, exist_ok=True)
            mount("tmpfs", root + target, "tmpfs", 0, what["options"])
        else:
            bind(what["source"], root + target, what["read_only"])
    os.makedirs(f"{root}/proc", exist_ok=True)
    mount("proc", f"{root}/proc", "proc")
    if spec["read_only"]:
        mount("tmpfs", root, "tmpfs", REMOUNT | RDONLY, "mode=755")


def debian(root):
    """Creates a Debian without settings or data of this machine."""
    for folder in ("etc", "root", "run", "tmp", "var/lib", "var/log", "home"):
        os.makedirs(f"{root}/{folder}")
    os.chmod(f"{root}/tmp", 0o1777)
    os.symlink("/run", f"{root}/var/run")
    mount("tmpfs", f"{root}/usr/local", "tmpfs", 0, "mode=755")
    os.makedirs(f"{root}/usr/local/bin")
    for name, text in (("passwd", PASSWD), ("group", GROUP), ("nsswitch.conf", "hosts: files dns\n")):
        with open(f"{root}/etc/{name}", "w") as file:
            file.write(text)
    for name in ("ld.so.cache", "alternatives"):
        path = f"/etc/{name}"
        if os.path.isdir(path):
            shutil.copytree(path, root + path, symlinks=True)
        elif os.path.exists(path):
            shutil.copyfile(path, root + path)


def devices(root, spec):
    os.makedirs(f"{root}/dev")
    mount("tmpfs", f"{root}/dev", "tmpfs", 0, "mode=755")
    for name in ("null", "zero", "full", "random", "urandom"):
        bind(f"/dev/{name}", f"{root}/dev/{name}")
    for name, to in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink(f"/proc/self/fd{to}", f"{root}/dev/{name}")
    os.makedirs(f"{root}/dev/shm")
    mount("tmpfs", f"{root}/dev/shm", "tmpfs", 0, f"mode=1777,size={spec['shm_size']}")


def become(spec, root, command, environment):
    """Becomes the container's command, with its root, user and capabilities."""
    user, group = identity(spec)
    keep = [NUMBERS[it] for it in spec["cap_add"]] + ([] if "ALL" in spec["cap_drop"] else DOCKERS)
    os.chroot(root)
    os.chdir(spec["folder"])
    for number in range(41):
        if number not in keep:
            libc.prctl(CAPBSET_DROP, number, 0, 0, 0)
    libc.prctl(AMBIENT, AMBIENT_CLEAR, 0, 0, 0)
    if "no-new-privileges:true" in spec["security_opt"]:
        call("prctl", NO_NEW_PRIVS, 1, 0, 0, 0)
    if IS_ROOT:
        os.setgroups([])
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
    os.umask(0o022)
    # Python ignores these signals, and programs that it starts would inherit that.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(command[0], command, environment)
    except OSError as error:
        print(f"compose-test: cannot run {command[0]}: {error}", file=sys.stderr, flush=True)
        os._exit(127)


def first_process(spec, root):
    """The first process of the container: the command itself, or one that passes signals on to it."""
    libc.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    lay_out(root, spec)
    if not spec["init"]:
        become(spec, root, spec["command"], spec["environment"])
    child = fork(become, spec, root, spec["command"], spec["environment"])
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, lambda number, _: os.kill(child, number))
    while True:
        pid, status = os.wait()
        if pid == child:
            # Remaining processes end with this one.
            return os.waitstatus_to_exitcode(status)


def fork(action, *arguments):
    """Runs an action in a new process, which exits with its result."""
    child = os.fork()
    if child:
        return child
    code = 125
    try:
        code = action(*arguments)
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(code & 0xFF)


def exit_code(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def hold(spec, root, to_parent, from_parent):
    """Creates the namespaces of a container and its first process."""
    libc.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    call("unshare", NEWNS | NEWUTS | NEWIPC | NEWNET)
    os.write(to_parent, b".")
    os.read(from_parent, 1)
    ip("link", "set", "lo", "up")
    if spec["address"]:
        # Derived from the IP address, so that it stays the same when a container is replaced.
        numbers = [int(it) for it in spec["address"].split("/")[0].split(".")]
        ip("link", "set", "eth0", "address", "02:42:" + ":".join(f"{it:02x}" for it in numbers))
        ip("addr", "add", spec["address"], "dev", "eth0")
        ip("link", "set", "eth0", "up")
        # Packets that are sent before the link is up are lost, and only resent after seconds.
        while "state UP" not in ip("link", "show", "eth0"):
            time.sleep(0.01)
    # Not earlier, because the next process is the first one in the new namespace.
    call("unshare", NEWPID)
    first = fork(first_process, spec, root)
    os.write(to_parent, f"{first}\n".encode())
    return exit_code(first)


def start(spec, root, state):
    """Starts a container and waits until it exits. Writes its state to the file `state`. Returns its exit code, and whether to
    restart it."""
    from_child, to_parent = os.pipe()
    from_parent, to_child = os.pipe()
    holder = fork(hold, spec, root, to_parent, from_parent)
    os.close(to_parent)
    os.close(from_parent)
    os.read(from_child, 1)
    if spec["address"]:
        link = f"veth{holder}"
        ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", str(holder))
        ip("link", "set", link, "master", spec["bridge"], "up")
    os.write(to_child, b".")
    first = int(os.read(from_child, 20) or 0)
    write(state, spec | {"status": "running", "pid": first, "mounted_at": root})
    code = exit_code(holder)
    os.close(from_child)
    os.close(to_child)
    if spec["address"]:
        # The kernel removes it later, and until then the old address still responds.
        subprocess.run(["ip", "link", "delete", f"veth{holder}"], capture_output=True)
    goes_on = spec["restart"] == "unless-stopped" and not os.path.exists(f"{state}.stop")
    write(state, spec | {"status": "restarting" if goes_on else "exited", "code": code})
    return code, goes_on


def execute(spec, command, extra):
    """Runs a command in a running container, as `docker exec` does. Returns its exit code."""

    def enter():
        spaces = [
            os.open(f"/proc/{spec['pid']}/ns/{name}", os.O_RDONLY) for name in ("mnt", "uts", "ipc", "net", "pid")
        ]
        for space in spaces:
            call("setns", space, 0)
        return exit_code(fork(become, spec, spec["mounted_at"], command, spec["environment"] | extra))

    return exit_code(fork(enter))


def ip(*arguments):
    return subprocess.run(["ip", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def write(path, state):
    with open(f"{path}.new", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump(state, file, default=str)
    os.rename(f"{path}.new", path)
