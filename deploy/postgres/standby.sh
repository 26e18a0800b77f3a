#!/bin/sh
# Runs a standby of PRIMARY: its data is copied over once, and then it follows. It begins as root, who alone may
# read the secret, and goes on as postgres.
set -eu
secret=${SECRET:-/run/secrets/postgres-password}

if [ "$(id -u)" = 0 ]; then
    PGPASSWORD=$(cat "$secret")
    export PGPASSWORD
    mkdir -p "$PGDATA"
    chown postgres:postgres "$PGDATA"
    exec gosu postgres "$0" "$@"
fi

port=${PRIMARY_PORT:-5432}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    until pg_isready -q -h "$PRIMARY" -p "$port" -U postgres; do sleep 1; done
    # Copied beside its place: a copy that was broken off is no database, and never taken for one.
    rm -rf "$PGDATA/copy"
    pg_basebackup -h "$PRIMARY" -p "$port" -U postgres -D "$PGDATA/copy" -R -X stream -c fast -w
    find "$PGDATA/copy" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$PGDATA" {} +
    # The last to come is what tells that all is there.
    mv "$PGDATA/copy/PG_VERSION" "$PGDATA/"
    rmdir "$PGDATA/copy"
    chmod 0700 "$PGDATA"
fi
unset PGPASSWORD
exec postgres -c hot_standby=on "$@"
