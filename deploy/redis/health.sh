#!/bin/sh
# Succeeds if Redis accepts its password, which redis-cli reads from standard input.
set -eu
secret=${SECRET:-/run/secrets/redis-url}
password=$(sed -n 's|^redis://:\([^@]*\)@.*|\1|p' "$secret")
printf 'AUTH %s\nPING\n' "$password" | redis-cli | grep -qx PONG
