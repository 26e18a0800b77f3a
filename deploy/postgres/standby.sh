#!/bin/sh
# Runs a standby of PRIMARY: copies the data once, then follows the primary. Starts as root, which can read the secret, and
# continues as postgres.
set -eu
umask 077
run=${RUN:-/run/standby}
secret=${SECRET:-/run/secrets/postgres-replica-password}
passwords=$run/passwords

if [ -r "$secret" ]; then
    password=$(tr -d '\r\n' <"$secret")
    [ -n "$password" ] || {
        echo "start-standby: $secret is empty" >&2
        exit 1
    }
    # In this file, \ and : are escaped.
    printf '*:*:*:*:%s\n' "$(printf %s "$password" | sed 's/[\\:]/\\&/g')" >"$passwords"
fi
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA"
    chown postgres:postgres "$passwords" "$PGDATA"
    exec setpriv --reuid postgres --regid postgres --init-groups --inh-caps=-all "$0" "$@"
fi

# shellcheck disable=SC2153 # Another variable, from docker-compose.yml.
primary="host=$PRIMARY port=${PRIMARY_PORT:-5432} user=motovaultpro_replica passfile=$passwords"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    until pg_isready -q -h "$PRIMARY" -p "${PRIMARY_PORT:-5432}" -U postgres; do sleep 1; done
    # Copy to a separate folder, so that an interrupted copy is not mistaken for a database.
    rm -rf "$PGDATA/copy"
    pg_basebackup --dbname="$primary" --pgdata="$PGDATA/copy" --wal-method=stream --checkpoint=fast --no-password
    touch "$PGDATA/copy/standby.signal"
    find "$PGDATA/copy" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$PGDATA" {} +
    # Last, since it marks the database as complete.
    mv "$PGDATA/copy/PG_VERSION" "$PGDATA/"
    rmdir "$PGDATA/copy"
    chmod 0700 "$PGDATA"
fi
exec postgres -c hba_file=/etc/postgresql/pg_hba.conf -c hot_standby=on -c "primary_conninfo=$primary" "$@"
