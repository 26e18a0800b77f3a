#!/bin/sh
# Makes the roles that docs/operations.md tells of: one that migrates and owns the tables, and one that works with
# the rows, whom row-level security holds for. The image of PostgreSQL runs it once, when it makes the database.
set -eu
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
\set password `cat "$POSTGRES_PASSWORD_FILE"`
CREATE ROLE motovaultpro_owner LOGIN PASSWORD :'password';
CREATE ROLE motovaultpro LOGIN PASSWORD :'password';
ALTER DATABASE motovaultpro OWNER TO motovaultpro_owner;
SQL
