"""Checks of the files that do not run anything."""

import fnmatch
import os
import re
import subprocess

import images
import yaml

# Full versions: 15.19-bookworm, 12.15-slim.
PINNED = re.compile(r"^[a-z/]+:\d+\.\d+(\.\d+)?(-[a-z-]+)?(@sha256:[0-9a-f]{64})?$")
# The only container that starts as root, and its capabilities; see docs/deployment.md.
ROOT = {"postgres-replica": {"CHOWN", "DAC_READ_SEARCH", "SETGID", "SETUID"}}


def default(value):
    """Replaces settings in a value with their defaults."""
    return re.sub(r"\$\{\w+:?-([^}]*)\}", r"\1", value)


def all_of(project):
    """Yields each fact that must be true, and whether it is."""
    with open(f"{project}/docker-compose.yml") as file:
        text = file.read()
    compose = yaml.safe_load(text)
    yield from of_services(compose)
    yield from of_secrets(project, compose, text)
    for folder in [".", *sorted(f"deploy/{it}" for it in os.listdir(f"{project}/deploy"))]:
        if os.path.exists(f"{project}/{folder}/Dockerfile"):
            yield from of_dockerfile(project, folder)


def of_services(compose):
    services = compose["services"]
    built = {it["image"] for it in services.values() if "build" in it}
    for name, service in services.items():
        image = service["image"]
        yield f"{name}: the image {image} is built here or pinned", image in built or bool(PINNED.match(image))
        yield f"{name}: gains no privileges", service.get("security_opt") == ["no-new-privileges:true"]
        yield f"{name}: drops all capabilities", service.get("cap_drop") == ["ALL"]
        yield f"{name}: adds none back without need", set(service.get("cap_add", [])) == ROOT.get(name, set())
        yield f"{name}: has a read-only file system", service.get("read_only") is True
        yield f"{name}: is not privileged", "privileged" not in service and "pid" not in service
        user = default(service.get("user", ""))
        yield f"{name}: names a user", bool(user)
        yield f"{name}: is not root", (user.split(":")[0] in ("0", "root")) == (name in ROOT)
        yield f"{name}: bounds its log", "max-size" in service.get("logging", {}).get("options", {})
        for port in service.get("ports", []):
            yield f"{name}: publishes {port} on this machine only", default(port).startswith("127.0.0.1:")
        ends = service.get("restart") == "no"
        yield f"{name}: a service restarts, a task does not", ends or service.get("restart") == "unless-stopped"
        for other, how in service.get("depends_on", {}).items():
            ended = services[other].get("restart") == "no"
            wanted = "service_completed_successfully" if ended else "service_healthy"
            yield f"{name}: waits for {other} to be ready", how == {"condition": wanted}
    proxies = default(services["motovaultpro"]["environment"].get("MVP__SERVER__TRUSTED_PROXIES", ""))
    subnet = default(compose["networks"]["default"]["ipam"]["config"][0]["subnet"])
    yield "the trusted proxy is the network's gateway", proxies == subnet.replace(".0/24", ".1")


def of_secrets(project, compose, text):
    declared = compose["secrets"]
    used = {it for service in compose["services"].values() for it in service.get("secrets", [])}
    yield f"every secret is declared and used: {used ^ set(declared)}", used == set(declared)
    for name, what in declared.items():
        yield f"{name} is a file below secrets/", re.fullmatch(r"\./secrets/(app|platform)/[a-z-]+\.txt", what["file"])
    for line in re.findall(r"^\s+\w*(?:PASSWORD|URL|KEY|SECRET)\w*:.*", text, re.M):
        name, value = line.strip().split(": ", 1)
        is_plain = not re.search("PASSWORD|SECRET|KEY", name) and not re.search(r"://[^/@]*:[^/@]*@", value)
        yield f"{name} contains no secret: {value}", name.endswith("_FILE") or is_plain
    holders = {it: [n for n, s in compose["services"].items() if it in s.get("secrets", [])] for it in declared}
    # Which services may read which password.
    for secret, services in {
        "postgres-password": ["postgres-roles"],
        "postgres-owner-password": ["migrate", "postgres-roles"],
        "postgres-service-password": ["motovaultpro", "postgres-roles", "pgbouncer"],
        "postgres-backup-password": ["postgres-roles", "backup"],
        "postgres-replica-password": ["postgres-roles", "postgres-replica"],
        "redis-url": ["motovaultpro", "redis"],
        "service-key": ["motovaultpro", "backup"],
    }.items():
        yield f"{secret} is read by {services} only: {holders.get(secret)}", holders.get(secret) == services

    ran = subprocess.run(["make", "setup"], cwd=project, capture_output=True, text=True)
    yield f"make setup succeeds: {ran.stderr}", ran.returncode == 0
    made = [os.path.join(project, it["file"]) for it in declared.values()]
    for path in made:
        yield (
            f"make setup creates {path}, for its owner only",
            os.path.exists(path) and os.stat(path).st_mode & 0o77 == 0,
        )
    before = [open(it).read() for it in made]
    yield "no two secrets are the same", len(set(before)) == len(before)
    subprocess.run(["make", "setup"], cwd=project, capture_output=True, check=True)
    yield "make setup replaces no secret", before == [open(it).read() for it in made]
    yield "make setup prints no secret", not any(it in ran.stdout + ran.stderr for it in before)
    ignored = open(f"{project}/.gitignore").read().splitlines()
    for path in ("/secrets/*", "/backups/", "/.env"):
        yield f"git ignores {path}", path in ignored


def of_dockerfile(project, folder):
    stages = images.stages(f"{project}/{folder}/Dockerfile")
    names = {it[0] for it in stages}
    here = f"{folder}/Dockerfile"
    for name, base, steps in stages:
        yield f"{here}: {base} is pinned", base == "scratch" or base in names or bool(PINNED.match(base))
        for instruction, rest in steps:
            if instruction == "COPY" and "--from=" not in rest:
                *sources, _ = [it for it in images.words(rest) if not it.startswith("--")]
                for source in sources:
                    yield f"{here}: {source} exists", os.path.exists(f"{project}/{folder}/{source}") or source == "."
            if instruction == "COPY" and (stage := re.search("--from=([a-z]+)", rest)):
                yield f"{here}: the stage {stage[1]} exists", stage[1] in names
        is_built = name in ("service", "backup") or (folder != "." and (name, base, steps) == stages[-1])
        users = [rest for instruction, rest in steps if instruction == "USER"]
        if is_built:
            yield (
                f"{here}: {name or base} does not run as root",
                bool(users) and users[-1].split(":")[0] not in ("0", "root"),
            )
    if folder == ".":
        rules = open(f"{project}/.dockerignore").read().splitlines()
        yield "the build context contains only named files", "*" in rules
        included = [it[1:] for it in rules if it.startswith("!")]
        for private in ("secrets", ".env", "data", "backups", ".git"):
            yield f"{private} is not in the build context", not any(fnmatch.fnmatch(private, it) for it in included)
        for path in re.findall(r"(?:^|\s)((?:deploy|frontend)/[\w./-]+)", open(f"{project}/Dockerfile").read()):
            if os.path.exists(f"{project}/{path}"):
                yield f"{path} goes into the build", any(path == it or path.startswith(f"{it}/") for it in included)
