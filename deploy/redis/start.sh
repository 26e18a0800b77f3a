#!/bin/sh
# Starts Redis with the password from the URL in the secret, which the service also reads. Redis reads it from standard
# input, so it is on no command line, in no environment variable and in no other file.
set -eu
secret=${SECRET:-/run/secrets/redis-url}
password=$(sed -n 's|^redis://:\([A-Za-z0-9._~-]\{1,\}\)@.*|\1|p' "$secret")
[ -n "$password" ] || {
    echo "start-redis: $secret must be redis://:PASSWORD@redis:6379, with letters and digits only in the password" >&2
    exit 1
}
exec redis-server - "$@" <<END
requirepass $password
END
