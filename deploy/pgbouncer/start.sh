#!/bin/sh
# Runs PgBouncer with the password of the service's role, which it reads from the secret at each start. PgBouncer's files are
# in RUN, in memory, and only their owner can read them.
set -eu
umask 077
run=${RUN:-/run/pgbouncer}
secret=${SECRET:-/run/secrets/postgres-service-password}
password=$(tr -d '\r\n' <"$secret")
[ -n "$password" ] || {
    echo "start-pgbouncer: $secret is empty" >&2
    exit 1
}
# In this file, quotes are doubled.
printf '"%s" "%s"\n' "${DB_USER:-motovaultpro}" "$(printf %s "$password" | sed 's/"/""/g')" >"$run/users"
cat >"$run/pgbouncer.ini" <<END
[databases]
${DB_NAME:-motovaultpro} = host=${DB_HOST:-admin-postgres} port=${DB_PORT:-5432}

[pgbouncer]
listen_addr = ${LISTEN:-*}
listen_port = ${PORT:-6432}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $run/users
pool_mode = transaction
max_client_conn = ${CLIENTS:-200}
default_pool_size = ${SERVERS:-20}
server_idle_timeout = 60
# With the default of fifteen seconds, a restart of PostgreSQL would cause an outage of that length.
server_login_retry = 1
server_connect_timeout = 5
# The service waits three seconds for a transaction to begin.
query_wait_timeout = 5
ignore_startup_parameters = extra_float_digits
END
# For point-at.sh.
echo $$ >"$run/pid"
exec pgbouncer "$run/pgbouncer.ini"
