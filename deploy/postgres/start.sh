#!/bin/sh
# Starts PostgreSQL with the image's own script. To create a database, that script requires a password for the superuser,
# and leaves it in the server's environment. So it gets a random one, which `set-roles` immediately replaces with the one
# from the secret.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    POSTGRES_PASSWORD=$(od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n')
    [ -n "$POSTGRES_PASSWORD" ] || {
        echo "start-postgres: no random bytes are available" >&2
        exit 1
    }
    export POSTGRES_PASSWORD
fi
exec docker-entrypoint.sh "$@"
