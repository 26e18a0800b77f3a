#!/bin/sh
# Lets a standby in from the networks that this server is in. The image of PostgreSQL runs it once, when it makes
# the database; a database that is older is told by hand (docs/deployment.md).
set -eu
line="host replication $POSTGRES_USER samenet scram-sha-256"
grep -qxF "$line" "$PGDATA/pg_hba.conf" || echo "$line" >>"$PGDATA/pg_hba.conf"
