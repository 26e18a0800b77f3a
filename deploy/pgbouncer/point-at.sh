#!/bin/sh
# Points the running PgBouncer at another server: point-pgbouncer-at HOST [PORT]. From then on, PgBouncer connects to that
# server, and closes each connection to the previous one as soon as no transaction uses it. This lasts until PgBouncer
# restarts, which uses DB_HOST again.
set -eu
[ $# -gt 0 ] || {
    echo "usage: point-pgbouncer-at HOST [PORT]" >&2
    exit 2
}
run=${RUN:-/run/pgbouncer}
sed -i "/^\[databases\]/,/^\[pgbouncer\]/s/ host=.*/ host=$1 port=${2:-5432}/" "$run/pgbouncer.ini"
kill -HUP "$(cat "$run/pid")"
