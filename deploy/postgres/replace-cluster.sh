#!/bin/sh
# Replaces the database in PGDATA with one from a tar archive on standard input. `make restore` runs it while no server uses
# that folder. The replaced database remains in replaced-TIME.
set -eu
umask 077
new=$PGDATA/.new
rm -rf "$new"
mkdir "$new"
tar -C "$new" -xf -
if [ ! -s "$new/PG_VERSION" ] || [ ! -s "$new/global/pg_control" ]; then
    rm -rf "$new"
    echo "replace-cluster: the archive is not a PostgreSQL data folder; nothing was replaced" >&2
    exit 1
fi
if [ -e "$PGDATA/PG_VERSION" ]; then
    old=$PGDATA/replaced-$(date -u +%Y%m%dT%H%M%SZ)
    mkdir "$old"
    find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name .new ! -name 'replaced-*' -exec mv -t "$old" {} +
    echo "replace-cluster: the replaced database is in $old"
fi
find "$new" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$PGDATA" {} +
# Last, since it marks the database as complete.
mv "$new/PG_VERSION" "$PGDATA/"
rmdir "$new"
chmod 0700 "$PGDATA"
