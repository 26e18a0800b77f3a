#!/bin/sh
# Points the running PgBouncer at another server: point-pgbouncer-at HOST [PORT]. It connects there from then on, and
# closes each connection to the server before as soon as no transaction uses it. This lasts until PgBouncer starts again,
# with DB_HOST.
set -eu
[ $# -gt 0 ] || {
    echo "usage: point-pgbouncer-at HOST [PORT]" >&2
    exit 2
}
run=${RUN:-/run/pgbouncer}
sed -i "/^\[databases\]/,/^\[pgbouncer\]/s/ host=.*/ host=$1 port=${2:-5432}/" "$run/pgbouncer.ini"
kill -HUP "$(cat "$run/pid")"
