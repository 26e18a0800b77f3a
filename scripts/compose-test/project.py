"""Reads docker-compose.yml like Docker Compose does, and converts it to the parameters of containers."""

import glob
import ipaddress
import os
import re

import images
import yaml
from container import write

STATE = os.environ["COMPOSE_TEST_STATE"]
BRIDGE = "compose0"


def interpolate(value, settings):
    """Replaces ${NAME}, ${NAME:-default} and ${NAME-default}."""
    if isinstance(value, dict):
        return {key: interpolate(it, settings) for key, it in value.items()}
    if isinstance(value, list):
        return [interpolate(it, settings) for it in value]
    if not isinstance(value, str):
        return value

    def replaced(found):
        if found[0] == "$$":
            return "$"
        given = settings.get(found["name"])
        if found["rule"] == ":-":
            return given or found["default"]
        if found["rule"] == "-":
            return found["default"] if given is None else given
        return given or ""

    pattern = r"\$\$|\$\{(?P<name>\w+)(?:(?P<rule>:?-)(?P<default>[^}]*))?\}"
    return re.sub(pattern, replaced, value)


def dotenv(path):
    if not os.path.exists(path):
        return {}
    lines = [it.strip() for it in open(path)]
    return dict(it.split("=", 1) for it in lines if it and not it.startswith("#"))


class Project:
    """A folder with a docker-compose.yml file."""

    def __init__(self, folder, program):
        self.folder = os.path.abspath(folder)
        self.program = program
        self.name = re.sub(r"[^a-z0-9_-]", "", os.path.basename(self.folder).lower())
        settings = dotenv(f"{self.folder}/.env") | os.environ
        with open(f"{self.folder}/docker-compose.yml") as file:
            self.file = interpolate(yaml.safe_load(file), settings)
        override = f"{self.folder}/docker-compose.override.yml"
        if os.path.exists(override):
            # As documented, only for the settings of services.
            with open(override) as file:
                for name, service in yaml.safe_load(file)["services"].items():
                    self.file["services"][name]["environment"] |= service["environment"]
        self.services = self.file["services"]
        networks = (self.file.get("networks") or {}).get("default") or {}
        pools = networks.get("ipam", {}).get("config") or [{"subnet": "172.18.0.0/24"}]
        self.subnet = ipaddress.ip_network(pools[0]["subnet"])
        self.gateway = str(self.subnet[1])
        self.built = {}

    # State on disk.

    def containers(self, service=None):
        found = []
        for path in sorted(glob.glob(f"{STATE}/containers/*.json")):
            with open(path) as file:
                container = yaml.safe_load(file)
            if container["project"] == self.name and service in (None, container["service"]):
                found.append(container)
        return found

    def running(self, service):
        return next((it for it in self.containers(service) if it["status"] == "running"), None)

    def volume(self, name):
        return f"{STATE}/volumes/{self.name}_{name}"

    # Parameters of containers.

    def image(self, name):
        """Returns the image of a service, and builds it if a service with that image has build settings."""
        wanted = self.services[name]["image"]
        if wanted in self.built:
            return self.built[wanted]
        build = next(
            (it["build"] for it in self.services.values() if it.get("image") == wanted and "build" in it), None
        )
        if build is None:
            image = images.official(wanted)
        else:
            build = {"context": build} if isinstance(build, str) else build
            context = os.path.join(self.folder, build["context"])
            laid_out = f"{STATE}/image"
            image = images.build(context, build.get("target"), laid_out, self.program)
        self.built[wanted] = image
        return image

    def mounts(self, name, image):
        """Returns the mounts of a service."""
        service, found = self.services[name], {}
        for spec in service.get("tmpfs", []):
            target, _, options = spec.partition(":")
            found[target] = {"kind": "tmpfs", "options": options or "mode=1777"}
        for spec in service.get("volumes", []):
            source, target, *mode = spec.split(":")
            if source.startswith((".", "/")):
                source = os.path.abspath(os.path.join(self.folder, source))
                # Docker creates missing folders, as root.
                os.makedirs(source, exist_ok=True) if not os.path.exists(source) else None
            else:
                source = self.make_volume(source, target, image)
            found[target] = {"kind": "bind", "source": source, "read_only": mode == ["ro"]}
        for secret in service.get("secrets", []):
            file = os.path.join(self.folder, self.file["secrets"][secret]["file"])
            if not os.path.exists(file):
                raise SystemExit(f"bind source path does not exist: {file}")
            found[f"/run/secrets/{secret}"] = {"kind": "bind", "source": file, "read_only": True}
        for target in image.volumes:
            if target not in found:
                raise SystemExit(f"compose-test: {name} would get an anonymous volume at {target}")
        # /var/run is a symbolic link.
        return {re.sub("^/var/run/", "/run/", target): what for target, what in found.items()}

    def make_volume(self, name, target, image):
        path = self.volume(name)
        if not os.path.exists(path):
            os.makedirs(path)
            driver = (self.file["volumes"][name] or {}).get("driver_opts", {})
            options = dict(it.split("=") for it in driver.get("o", "").split(",") if it)
            target = re.sub("^/var/run/", "/run/", target)
            owner, mode = image.folders.get(target, ("root", 0o755))
            if driver.get("type") == "tmpfs":
                owner, mode = "root", int(options.get("mode", "1777"), 8)
            os.chmod(path, mode)
            if os.getuid() == 0:
                numbers = {"root": 0, "postgres": 999, "redis": 998}
                os.chown(path, *[numbers.get(owner, owner)] * 2)
        return path

    def address(self, name):
        return str(self.subnet[2 + list(self.services).index(name)])

    def spec(self, name, command=None, entrypoint=None, is_run=False):
        """Returns everything that a container of a service needs."""
        service, image = self.services[name], self.image(name)
        first = entrypoint if entrypoint is not None else service.get("entrypoint")
        rest = command if command is not None else service.get("command")
        if first is None:
            rest = image.command if rest is None else rest
            first = image.entrypoint
        address = None
        if service.get("network_mode") != "none":
            address = str(self.subnet[100]) if is_run else self.address(name)
        environment = image.environment | {"HOME": "/", "HOSTNAME": name}
        for key, value in (service.get("environment") or {}).items():
            if not isinstance(value, str):
                raise SystemExit(f"compose-test: {name}: {key} must be a string: quote it")
            environment[key] = value
        return {
            "project": self.name,
            "service": name,
            "root": image.root,
            "user": service.get("user", image.user),
            "folder": image.folder,
            "folders": image.folders,
            "files": image.files,
            "command": [*first, *(rest or [])],
            "environment": environment,
            "mounts": self.mounts(name, image),
            "read_only": service.get("read_only", False),
            "init": service.get("init", False),
            "cap_add": service.get("cap_add", []),
            "cap_drop": service.get("cap_drop", []),
            "security_opt": service.get("security_opt", []),
            "restart": service.get("restart", "no"),
            "shm_size": service.get("shm_size", "64m"),
            "hosts": {it: self.address(it) for it in self.services},
            "address": address and f"{address}/{self.subnet.prefixlen}",
            "bridge": BRIDGE,
            "stop_signal": image.stop_signal,
            "grace": int(str(service.get("stop_grace_period", "10s")).rstrip("s")),
        }

    def health(self, name):
        """Returns the command of the health check."""
        check = self.services[name].get("healthcheck", {})
        if check.get("disable"):
            return None
        test = check.get("test") or self.image(name).health
        return {"CMD": test[1:], "CMD-SHELL": ["/bin/sh", "-c", *test[1:]]}[test[0]] if test else None

    def order(self, wanted):
        """Returns the services and their dependencies, dependencies first."""
        found = []

        def visit(name):
            for other in self.services[name].get("depends_on", {}):
                visit(other)
            if name not in found:
                found.append(name)

        for name in wanted:
            visit(name)
        return found


def forget(container):
    path = f"{STATE}/containers/{container['name']}.json"
    os.remove(path)
    if os.path.exists(f"{path}.stop"):
        os.remove(f"{path}.stop")


def save(container):
    write(f"{STATE}/containers/{container['name']}.json", container)
