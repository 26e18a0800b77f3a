#!/bin/sh
# Creates a backup whenever the newest one is BACKUP_HOURS old. With arguments, it runs `motovaultpro backup` with them once,
# as in `docker compose run backup list`.
set -eu
umask 077
run=${RUN:-/run/backup}
secret=${SECRET:-/run/secrets/postgres-backup-password}
hours=${BACKUP_HOURS:-24}
case $hours in
    '' | *[!0-9]* | 0*)
        echo "backup-on-schedule: BACKUP_HOURS must be a whole number of hours, at least 1" >&2
        exit 1
        ;;
esac
password=$(tr -d '\r\n' <"$secret")
case $password in
    '' | *[!A-Za-z0-9._~-]*)
        echo "backup-on-schedule: $secret must contain a password of letters and digits only" >&2
        exit 1
        ;;
esac
printf 'postgres://motovaultpro_backup:%s@%s:5432/postgres\n' "$password" "$MVP__DATABASE__HOST" >"$run/postgres-url"

[ $# -eq 0 ] || exec motovaultpro backup "$@"

while true; do
    # The folder of a backup has the backup's age.
    newest=$(find "$MVP__BACKUP__FOLDER" -maxdepth 1 -name '[0-9]*-postgresql' -mmin "-$((hours * 60))" -print -quit)
    if [ -z "$newest" ] && ! motovaultpro backup create; then
        echo "backup-on-schedule: the next attempt is in 15 minutes" >&2
        sleep 900
    fi
    sleep 60
done
