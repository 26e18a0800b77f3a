"""The machine that the test uses like a person: with commands, a browser and process inspection."""

import glob
import http.client
import json
import os
import subprocess
import sys
import time

STATE = os.environ["COMPOSE_TEST_STATE"]
PROJECT = os.environ["COMPOSE_TEST_PROJECT"]
GATEWAY = "172.30.83.1"
SERVICE, PROXY_CLIENT = ("172.30.83.2", 3001), "203.0.113.7"
PASSWORD = "horse battery 7"

passed = []


def check(is_so, what):
    if not is_so:
        print(f"compose-test: FAILED: {what}", file=sys.stderr)
        show_logs()
        sys.exit(1)
    passed.append(what)


def show_logs():
    for log in sorted(glob.glob(f"{STATE}/logs/*.log")):
        print(f"--- {os.path.basename(log)}", file=sys.stderr)
        print("".join(open(log, errors="replace").readlines()[-15:]), file=sys.stderr)
    for path in sorted(glob.glob(f"{STATE}/containers/*.json")):
        with open(path) as file:
            container = json.load(file)
        print(f"{container['name']}: {container['status']} {container.get('code', '')}", file=sys.stderr)


def run(*command, given="", fails=False, what=None):
    """Runs a command as a user of the machine would, and returns its output."""
    ran = subprocess.run(command, cwd=PROJECT, input=given, capture_output=True, text=True, timeout=300)
    output = ran.stdout + ran.stderr
    what = what or f"`{' '.join(command)}` {'fails' if fails else 'succeeds'}"
    check((ran.returncode != 0) == fails, f"{what}: it ended with {ran.returncode}:\n{output}")
    return output


def docker(*arguments, **options):
    return run("scripts/compose", *arguments, **options)


def secret(name):
    folder = "platform" if name.startswith(("platform", "vehicles")) else "app"
    return open(f"{PROJECT}/secrets/{folder}/{name}.txt").read().strip()


def query(sql, service="admin-postgres"):
    return docker(
        "exec", "-T", service, "psql", "-XAtq", "-h", "/var/run/postgresql", "-U", "postgres", "-c", sql, "motovaultpro"
    ).strip()


def request(method, path, body=None, headers=None, expect=(200, 201)):
    headers = {"Host": "localhost:3001", "Content-Type": "application/json"} | (headers or {})
    for _ in range(5):
        connection = http.client.HTTPConnection(*SERVICE, timeout=20)
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status != 503:
            break
        # The machine is busy: try again, like a client.
        time.sleep(int(answer.getheader("Retry-After", "1")))
    check(answer.status in expect, f"{method} {path} is answered with {expect}: {answer.status} {text}")
    return answer, json.loads(text) if text.startswith(("{", "[")) else text


class Browser:
    """Sends requests with a session cookie, through a proxy on the machine."""

    def __init__(self):
        self.headers = {"X-Forwarded-For": PROXY_CLIENT}

    def sign_in(self, path, **body):
        answer, _ = request("POST", path, {"email": "ann@example.org", "password": PASSWORD} | body, self.headers)
        self.headers["Cookie"] = answer.getheader("Set-Cookie").split(";")[0]
        return self

    def __call__(self, method, path, body=None):
        return request(method, path, body, self.headers)[1]

    def vehicles(self):
        found = self("GET", "/api/vehicles")
        found = found if isinstance(found, list) else found["items"]
        return sorted(it["nickname"] for it in found)

    def add(self, nickname):
        self("POST", "/api/vehicles", {"nickname": nickname, "make": "Honda"})


def containers():
    for path in glob.glob(f"{STATE}/containers/*.json"):
        with open(path) as file:
            container = json.load(file)
        if container["status"] == "running":
            yield container


def processes(container):
    """Yields every process of a container."""
    space = os.readlink(f"/proc/{container['pid']}/ns/pid")
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            if os.readlink(f"{folder}/ns/pid") == space:
                yield folder
        except OSError:
            continue
