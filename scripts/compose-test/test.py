"""Tests docker-compose.yml and its images without Docker, with the same `make` commands that people use. cargo xtask test-compose
runs this in separate namespaces."""

import glob
import json
import os
import re
import time

import static_checks
from container import IS_ROOT
from machine import (
    GATEWAY,
    PROJECT,
    PROXY_CLIENT,
    STATE,
    Browser,
    check,
    containers,
    docker,
    passed,
    processes,
    query,
    request,
    run,
    secret,
    show_logs,
)
from project import Project

# The former script for new volumes, which failed because the image unsets the variable before it runs the script.
OLD_SCRIPT = """#!/bin/sh
set -eu
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
\\set password `cat "$POSTGRES_PASSWORD_FILE"`
CREATE ROLE motovaultpro_owner LOGIN PASSWORD :'password';
CREATE ROLE motovaultpro LOGIN PASSWORD :'password';
ALTER DATABASE motovaultpro OWNER TO motovaultpro_owner;
SQL
"""
ROLES = {
    "postgres": "postgres-password",
    "motovaultpro_owner": "postgres-owner-password",
    "motovaultpro": "postgres-service-password",
    "motovaultpro_backup": "postgres-backup-password",
    "motovaultpro_replica": "postgres-replica-password",
}


def a_fresh_volume_starts():
    output = run("make", "start")
    check("MotoVaultPro is at http://127.0.0.1:3001" in output, f"make start prints the address: {output}")
    states = query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner <> 'motovaultpro_owner'")
    check(states == "0", f"every table belongs to the owner's role: {states}")
    check(int(query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) > 10, "the schema is migrated")
    _, health = request("GET", "/api/health")
    check("redis" in json.dumps(health).lower(), f"the cache is Redis: {health}")
    project = Project(PROJECT, os.environ["COMPOSE_TEST_PROGRAM"])
    for name in ("motovaultpro", "admin-postgres", "pgbouncer", "redis"):
        docker("exec", "-T", name, *project.health(name), what=f"the health check of {name} succeeds")
    log = open(f"{STATE}/logs/motovaultpro.log").read()
    # For example, there is a warning if row-level security does not apply to the service's role.
    check('"level":"WARN"' not in log and '"level":"ERROR"' not in log, f"the service logs no warning: {log}")


def requests_are_served_and_the_proxy_is_trusted():
    token = re.search("setup token: (\\S+)", docker("logs", "motovaultpro"))
    check(token is not None, "the log has the setup token")
    browser = Browser().sign_in("/api/auth/register", setupToken=token[1])
    browser.add("before the backup")
    check(browser.vehicles() == ["before the backup"], "a vehicle is stored")
    log = json.dumps(browser("GET", "/api/auth/security-log"))
    check(PROXY_CLIENT in log and GATEWAY not in log, f"the client's address is the one that the proxy reports: {log}")
    browser("PATCH", "/api/user/preferences", {"timeZone": "Europe/Berlin"})
    return browser


def each_role_has_its_own_password():
    known = query("SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_authid WHERE rolpassword LIKE 'SCRAM-%'")
    check(known == ",".join(sorted(ROLES)), f"these roles have a password, and no others: {known}")
    secrets = {role: secret(name) for role, name in ROLES.items()}
    check(len(set(secrets.values())) == len(ROLES), "every role has its own password")
    pairs = [(role, other) for role in ROLES for other in ROLES]
    lines = "".join(f"{role} {secrets[other]}\n" for role, other in pairs)
    script = (
        "while read -r role password; do PGPASSWORD=$password"
        " psql -XAtqc 'SELECT 1' -h admin-postgres -U $role motovaultpro 2>&1 </dev/null || true; done"
    )
    answers = docker("exec", "-T", "backup", "sh", "-c", script, given=lines).replace("psql: error: ", "\n").split("\n")
    answers = [it for it in answers if it == "1" or "failed" in it]
    for (role, other), answer in zip(pairs, answers, strict=True):
        check((answer == "1") == (role == other), f"{role} with the password of {other}: {answer}")


def roles_have_only_the_privileges_that_they_need():
    rights = query(
        "SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles"
        " WHERE rolname LIKE 'motovaultpro%' AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls)"
    )
    check(rights == "", f"only the superuser has these privileges: {rights}")
    created = query("SELECT has_schema_privilege('motovaultpro', 'public', 'CREATE')")
    check(created == "f", "the service's role cannot create tables")
    check(query("SELECT count(*) FROM pg_tables WHERE tableowner = 'motovaultpro'") == "0", "it owns nothing")


def redis_requires_its_password():
    answer = docker("exec", "-T", "redis", "redis-cli", "ping")
    check("NOAUTH" in answer, f"Redis rejects clients without the password: {answer}")


def secrets_are_in_files_only():
    values = {name: secret(name) for name in [*ROLES.values(), "platform-db-password", "vehicles-db-password"]}
    values["redis-url"] = re.search(":([^:@]+)@", secret("redis-url"))[1]
    seen = 0
    for container in containers():
        for process in processes(container):
            for kind in ("cmdline", "environ"):
                try:
                    text = open(f"{process}/{kind}", "rb").read().decode(errors="replace")
                except OSError:
                    continue
                seen += 1
                for name, value in values.items():
                    check(value not in text, f"no {kind} in {container['service']} contains {name}")
    check(seen > 20, f"processes were inspected: {seen}")
    for log in glob.glob(f"{STATE}/logs/*.log"):
        text = open(log, errors="replace").read()
        for name, value in values.items():
            check(value not in text, f"{log} does not contain {name}")


def containers_have_no_privileges():
    expected = {"admin-postgres", "backup", "motovaultpro", "pgbouncer", "redis"}
    found = {it["service"] for it in containers()}
    check(found >= expected, f"these are running: {found}")
    for container in containers():
        name = container["service"]
        for process in processes(container):
            try:
                status = dict(it.split(":\t", 1) for it in open(f"{process}/status").read().splitlines())
                comm, mounts = status["Name"], open(f"{process}/mounts").read().splitlines()
            except OSError:
                continue
            if comm.startswith("python"):
                continue  # The substitute for Docker's init.
            check(status["NoNewPrivs"] == "1", f"{name}: {comm} cannot gain privileges")
            check(int(status["CapEff"], 16) == 0, f"{name}: {comm} has no capabilities: {status['CapEff']}")
            check(status["Uid"].split()[0] != "0", f"{name}: {comm} does not run as root")
            root = next(it.split()[3] for it in mounts if it.split()[1] == "/")
            check("ro" in root.split(","), f"{name}: its file system is read-only: {root}")


def backups_are_created_on_schedule_and_on_request():
    for _ in range(200):
        if os.path.exists(f"{PROJECT}/secrets/backup/backup-signing.key") and glob.glob(
            f"{PROJECT}/backups/*-postgresql"
        ):
            break
        time.sleep(0.1)
    check(len(glob.glob(f"{PROJECT}/backups/*-postgresql")) == 1, "the service creates a first backup by itself")
    docker("exec", "-T", "backup", "/usr/local/bin/backup-health")
    output = run("make", "backup")
    check("using PostgreSQL in Docker Compose" in output and "created " in output, f"make backup creates one: {output}")
    check(run("scripts/backup", "list").count("-postgresql") == 2, "both backups are listed")
    verified = run("scripts/backup", "verify", "--require-signature")
    check("damaged" not in verified, f"both are intact and signed: {verified}")


def a_replica_follows():
    docker("--profile", "replica", "up", "--detach", "postgres-replica")
    for _ in range(200):
        log = open(f"{STATE}/logs/postgres-replica.log").read()
        if "started streaming WAL" in log:
            break
        time.sleep(0.1)
    check("started streaming WAL" in log, "the replica follows")
    check(query("SELECT pg_is_in_recovery()", "postgres-replica") == "t", "the replica is a standby")
    followers = query("SELECT string_agg(usename, ',') FROM pg_stat_replication")
    check(followers == "motovaultpro_replica", f"it follows with its own role: {followers}")


def migrating_needs_no_rust():
    output = run("make", "migrate")
    check("using PostgreSQL in Docker Compose" in output and "up to date" in output, f"make migrate: {output}")


def a_backup_is_restored(browser):
    browser.add("after the backup")
    check(len(browser.vehicles()) == 2, "there are two vehicles")
    output = run("make", "restore", given="no\n")
    check("stays as it is" in output and len(browser.vehicles()) == 2, f"without confirmation, nothing is replaced: {output}")
    output = run("make", "restore", given="y\n")
    check("recovered" in output and "is at http" in output, f"make restore: {output}")
    browser.sign_in("/api/auth/login")
    check(browser.vehicles() == ["before the backup"], f"the backup's data is restored: {browser.vehicles()}")
    check(not os.path.exists(f"{PROJECT}/backups/.restored"), "the unpacked backup is deleted")
    browser.add("after the restore")


def changed_secrets_are_used_after_a_start(browser):
    run("make", "stop")
    for name in [*ROLES.values(), "redis-url"]:
        os.remove(f"{PROJECT}/secrets/app/{name}.txt")
    run("make", "setup")
    output = run("make", "migrate", what="the database is found although nothing is running")
    check("using PostgreSQL in Docker Compose" in output, output)
    run("make", "start")
    check(len(browser.vehicles()) == 2, "the service works with the new secrets")
    each_role_has_its_own_password()


def an_empty_secret_is_rejected():
    path = f"{PROJECT}/secrets/app/postgres-owner-password.txt"
    saved = open(path).read()
    open(path, "w").close()
    output = run("make", "repair-roles", fails=True)
    check("postgres-owner-password is empty" in output, f"the message names the empty secret: {output}")
    with open(path, "w") as file:
        file.write(saved)


def an_encrypted_backup_is_created():
    identity = run("scripts/backup", "keygen")
    with open(f"{PROJECT}/secrets/backup/identity.txt", "w") as file:
        file.write("".join(it + "\n" for it in identity.splitlines() if it.startswith("AGE-SECRET-KEY-")))
    if IS_ROOT:
        os.chown(f"{PROJECT}/secrets/backup/identity.txt", 65532, 65532)
    recipient = re.search("age1[0-9a-z]+", identity)[0]
    with open(f"{PROJECT}/docker-compose.override.yml", "w") as file:
        file.write(f"services:\n  backup:\n    environment:\n      MVP__BACKUP__RECIPIENTS: {recipient}\n")
    output = run("make", "backup")
    check("created " in output, f"make backup: {output}")
    newest = max(glob.glob(f"{PROJECT}/backups/*-postgresql"))
    check(os.path.exists(f"{newest}/service.key.age"), f"an encrypted backup contains the service key: {os.listdir(newest)}")


def cleaning_removes_the_volumes():
    output = run("make", "clean", given="y\n")
    check("with all records in them (motovaultpro_" in output, f"make clean asks for confirmation: {output}")
    check(docker("--volumes") == "", "the volumes are removed")
    check(not list(containers()), "nothing is running")
    check(glob.glob(f"{PROJECT}/backups/*-postgresql"), "the backups remain")
    check(os.path.exists(f"{PROJECT}/secrets/app/postgres-password.txt"), "the secrets remain")


def a_lost_database_is_restored(browser):
    """Simulates a new machine that only has the backups and the identity."""
    key = secret("service-key")
    for path in glob.glob(f"{PROJECT}/secrets/app/*.txt"):
        os.remove(path)
    run("make", "setup")
    check(secret("service-key") != key, "the machine has a new service key")
    output = run("make", "restore", given="y\n")
    check("is at http" in output, f"make restore: {output}")
    check(secret("service-key") == key, "the service key is restored from the backup")
    browser.sign_in("/api/auth/login")
    found = browser.vehicles()
    check(found == ["after the restore", "before the backup"], f"the backup's data is restored: {found}")
    docker("down", "--volumes")
    os.remove(f"{PROJECT}/docker-compose.override.yml")


def a_damaged_volume_is_repaired():
    """Creates a volume as the old files did, and repairs it with the current ones."""
    compose = open(f"{PROJECT}/docker-compose.yml").read()
    os.makedirs(f"{PROJECT}/deploy/old")
    script = f"{PROJECT}/deploy/old/make-roles.sh"
    with open(script, "w") as file:
        file.write(OLD_SCRIPT)
    os.chmod(script, 0o755)
    with open(f"{PROJECT}/docker-compose.yml", "w") as file:
        file.write(
            """
services:
  admin-postgres:
    image: postgres:15-bookworm
    environment:
      POSTGRES_DB: motovaultpro
      POSTGRES_USER: postgres
      POSTGRES_PASSWORD_FILE: /run/secrets/postgres-password
    secrets: [postgres-password]
    volumes:
      - postgres_data:/var/lib/postgresql/data
      - ./deploy/old/make-roles.sh:/docker-entrypoint-initdb.d/make-roles.sh:ro
    healthcheck:
      test: [CMD, pg_isready, -q, -h, 127.0.0.1, -U, postgres]
  waits:
    image: postgres:15-bookworm
    entrypoint: ["true"]
    restart: "no"
    tmpfs: [/var/lib/postgresql/data]
    depends_on:
      admin-postgres: {condition: service_healthy}
volumes:
  postgres_data:
secrets:
  postgres-password:
    file: ./secrets/app/postgres-password.txt
"""
        )
    docker("up", "--detach")
    damaged = query("SELECT count(*) FROM pg_authid WHERE rolname LIKE 'motovaultpro%' AND rolpassword IS NULL")
    check(damaged == "2", f"the old script leaves both roles without a password: {damaged}")
    docker("down", "--remove-orphans")
    with open(f"{PROJECT}/docker-compose.yml", "w") as file:
        file.write(compose)
    run("make", "repair-roles")
    repaired = query("SELECT count(*) FROM pg_authid WHERE rolname LIKE 'motovaultpro%' AND rolpassword IS NULL")
    check(repaired == "0", f"make repair-roles sets every role's password: {repaired}")
    run("make", "start")
    request("GET", "/api/health")


def main():
    began = time.monotonic()

    def step(action, *arguments):
        at = time.monotonic()
        result = action(*arguments)
        print(f"  {action.__name__.replace('_', ' ')}: {time.monotonic() - at:.1f} s", flush=True)
        return result

    for what, is_so in static_checks.all_of(PROJECT):
        check(is_so, what)
    print(f"  static checks: {len(passed)}", flush=True)
    step(a_fresh_volume_starts)
    browser = step(requests_are_served_and_the_proxy_is_trusted)
    step(each_role_has_its_own_password)
    step(roles_have_only_the_privileges_that_they_need)
    step(redis_requires_its_password)
    step(backups_are_created_on_schedule_and_on_request)
    step(a_replica_follows)
    step(secrets_are_in_files_only)
    step(containers_have_no_privileges)
    step(migrating_needs_no_rust)
    step(a_backup_is_restored, browser)
    step(changed_secrets_are_used_after_a_start, browser)
    step(an_empty_secret_is_rejected)
    step(an_encrypted_backup_is_created)
    step(cleaning_removes_the_volumes)
    step(a_lost_database_is_restored, browser)
    step(a_damaged_volume_is_repaired)
    how = "as root" if IS_ROOT else "without root: all containers have one user"
    print(f"compose-test: {how}, {time.monotonic() - began:.0f} s\ncompose-test: {len(passed)} passed, 0 failed")


try:
    main()
except Exception:
    show_logs()
    raise
