#!/bin/sh
# Runs PgBouncer with the database's password, which it learns from the secret at each start. What it needs of it lies
# in RUN, in memory, for its owner alone.
set -eu
umask 077
run=${RUN:-/run/pgbouncer}
secret=${SECRET:-/run/secrets/postgres-password}
password=$(cat "$secret")
# In the file a quote is written twice.
printf '"%s" "%s"\n' "${DB_USER:-postgres}" "$(printf %s "$password" | sed 's/"/""/g')" >"$run/users"
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
ignore_startup_parameters = extra_float_digits
END
exec pgbouncer "$run/pgbouncer.ini"
