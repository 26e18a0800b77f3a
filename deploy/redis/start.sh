#!/bin/sh
# Starts Redis with the password of the address in the secret, which the service reads as well. Redis gets it on
# standard input: it is in no command line, no environment and no file besides.
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
