"""Images as described by their Dockerfiles, based on substitutes for the official images."""

import glob
import json
import os
import re
import shlex
import subprocess
from dataclasses import dataclass, field, replace

HERE = os.path.dirname(os.path.abspath(__file__))
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Image:
    """The image of a container."""

    # This machine's Debian, or the folder that deploy/image-root.sh has created.
    root: str = "debian"
    environment: dict = field(default_factory=lambda: {"PATH": PATH})
    user: str = "root"
    folder: str = "/"
    entrypoint: list = field(default_factory=list)
    command: list = field(default_factory=list)
    health: list = field(default_factory=list)
    stop_signal: str = "SIGTERM"
    # Folders for which a container gets an anonymous volume, unless it mounts another one there.
    volumes: list = field(default_factory=list)
    # Path: owner and mode, also of a new volume that is mounted there.
    folders: dict = field(default_factory=dict)
    # Path in the container: file on this machine and mode.
    files: dict = field(default_factory=dict)


def programs():
    """Returns the folder of PostgreSQL's programs, which is not in PATH on Debian."""
    folders = glob.glob("/usr/lib/postgresql/*/bin")
    return max(folders, key=lambda it: int(it.split("/")[4]))


def official(name):
    """Returns a substitute for an official image."""
    if name == "scratch":
        return Image(root="scratch")
    kind = name.split(":")[0]
    if kind == "postgres":
        data, socket = "/var/lib/postgresql/data", "/run/postgresql"
        return Image(
            environment={"PATH": f"{PATH}:{programs()}", "PGDATA": data, "LANG": "C.UTF-8"},
            entrypoint=["docker-entrypoint.sh"],
            command=["postgres"],
            stop_signal="SIGINT",
            volumes=[data],
            folders={
                data: ("postgres", 0o1777),
                socket: ("postgres", 0o3777),
                "/docker-entrypoint-initdb.d": ("root", 0o755),
            },
            files={"/usr/local/bin/docker-entrypoint.sh": (f"{HERE}/docker-entrypoint.sh", 0o755)},
        )
    if kind == "redis":
        return Image(folder="/data", volumes=["/data"], folders={"/data": ("redis", 0o755)})
    if kind in ("debian", "node", "rust"):
        return Image()
    raise SystemExit(f"compose-test: there is no substitute for the image {name}")


def instructions(dockerfile):
    """Yields each instruction with its arguments, as one line of text."""
    with open(dockerfile) as file:
        text = "".join(line for line in file if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if line.strip():
            name, rest = line.strip().split(None, 1)
            yield name, rest.strip()


def stages(dockerfile):
    """Returns for each stage its name, its base image and its instructions."""
    found = []
    for name, rest in instructions(dockerfile):
        if name == "FROM":
            base, *alias = re.split(r"\s+AS\s+", rest)
            found.append((alias[0] if alias else "", base, []))
        else:
            found[-1][2].append((name, rest))
    return found


def words(text):
    """Returns the arguments of an instruction, in JSON or shell form."""
    return json.loads(text) if text.startswith("[") else shlex.split(text)


def build(context, target, laid_out, program):
    """Returns the image of a stage, by default the last one. `laid_out` is the folder for the root of an image from scratch,
    and `program` is the result of building the service."""
    every = stages(os.path.join(context, "Dockerfile"))
    stage = next((it for it in every if it[0] == target), None) if target else every[-1]
    if stage is None:
        raise SystemExit(f"compose-test: the Dockerfile in {context} has no stage {target}")
    image = replace(official(stage[1]))
    for name, rest in stage[2]:
        if name == "COPY":
            copy(image, words(rest), context, every, laid_out, program)
        elif name == "USER":
            image.user = rest
        elif name == "WORKDIR":
            image.folder = rest
        elif name == "ENV":
            image.environment |= dict(it.split("=", 1) for it in shlex.split(rest))
        elif name == "ENTRYPOINT":
            image.entrypoint, image.command = words(rest), []
        elif name == "CMD":
            image.command = words(rest)
        elif name == "STOPSIGNAL":
            image.stop_signal = rest
        elif name == "HEALTHCHECK":
            image.health = ["CMD", *words(rest.split(" CMD ")[1].strip())]
        elif name not in ("LABEL", "EXPOSE", "RUN"):
            raise SystemExit(f"compose-test: unknown instruction {name} in {context}/Dockerfile")
    return image


def copy(image, parts, context, every, laid_out, program):
    """COPY from the context, or from the /image folder of the build."""
    options = {it.split("=")[0]: it.split("=")[1] for it in parts if it.startswith("--")}
    *sources, to = [it for it in parts if not it.startswith("--")]
    mode = int(options["--chmod"], 8) if "--chmod" in options else None
    for source in sources:
        if "--from" in options:
            if not source.startswith("/image/"):
                raise SystemExit(f"compose-test: cannot copy {source} from {options['--from']}")
            if not os.path.exists(laid_out):
                lay_out(context, every, options["--from"], laid_out, program)
            if image.root == "scratch":
                image.root = laid_out
            if "--chown" in options:
                # Subfolders have the same owner.
                for folder, _, _ in os.walk(laid_out + source.removeprefix("/image")):
                    inside = to + folder.removeprefix(laid_out + source.removeprefix("/image"))
                    image.folders[inside] = (options["--chown"].split(":")[0], 0o755)
            if to.startswith("/usr/local/bin/"):
                image.files[to] = (laid_out + source.removeprefix("/image"), 0o755)
        else:
            path = os.path.join(context, source)
            if not os.path.isfile(path):
                raise SystemExit(f"compose-test: COPY {source}: no such file in {context}")
            if to.endswith("/"):
                to += os.path.basename(source)
            image.files[to] = (path, mode or os.stat(path).st_mode & 0o777)


def lay_out(context, every, stage, laid_out, program):
    """Runs the commands that the build runs after the compiler."""
    text = " ".join(rest for name, _, steps in every if name == stage for step, rest in steps if step == "RUN")
    found = re.search(r"&& (deploy/\S+) \S+ /image\s*$", text)
    if not found:
        raise SystemExit("compose-test: the Dockerfile does not create /image")
    subprocess.run([os.path.join(context, found[1]), program, laid_out], check=True)
