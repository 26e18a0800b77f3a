#!/bin/sh
# Creates missing roles and the database as in docs/operations.md, and sets every role's password from its secret. Running it
# again only changes passwords, so it runs at every start and also repairs roles without a password. It connects as the
# superuser over PostgreSQL's socket, which requires no password.
set -eu
SECRETS=${SECRETS:-/run/secrets}
export SECRETS

for role in '' owner- service- backup- replica-; do
    secret=$SECRETS/postgres-${role}password
    [ -n "$(tr -d '\r\n' <"$secret")" ] || {
        echo "set-roles: $secret is empty: remove the file, then run \`make setup\`" >&2
        exit 1
    }
done

# psql reads the passwords itself, so they are on no command line and in no environment variable. The server logs no
# statement of this session, not even one that fails.
psql --no-psqlrc --no-password --quiet --set=ON_ERROR_STOP=1 \
    --host="${PGHOST:-/var/run/postgresql}" --username=postgres --dbname=postgres <<'SQL'
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
\set superuser `tr -d '\r\n' <"$SECRETS/postgres-password"`
\set owner `tr -d '\r\n' <"$SECRETS/postgres-owner-password"`
\set service `tr -d '\r\n' <"$SECRETS/postgres-service-password"`
\set backup `tr -d '\r\n' <"$SECRETS/postgres-backup-password"`
\set replica `tr -d '\r\n' <"$SECRETS/postgres-replica-password"`

BEGIN;
SELECT format('CREATE ROLE %I', name)
FROM unnest(ARRAY['motovaultpro_owner', 'motovaultpro', 'motovaultpro_backup', 'motovaultpro_replica']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE postgres PASSWORD :'superuser';
ALTER ROLE motovaultpro_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner';
ALTER ROLE motovaultpro LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'service';
ALTER ROLE motovaultpro_backup LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE REPLICATION NOBYPASSRLS PASSWORD :'backup';
ALTER ROLE motovaultpro_replica LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE REPLICATION NOBYPASSRLS PASSWORD :'replica';
COMMIT;

SELECT 'CREATE DATABASE motovaultpro'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'motovaultpro') \gexec
ALTER DATABASE motovaultpro OWNER TO motovaultpro_owner;
SQL
echo "set-roles: the roles are ready"
