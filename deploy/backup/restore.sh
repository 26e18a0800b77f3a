#!/bin/sh
# Restores a backup into a separate folder, where PostgreSQL starts and recovers. So a bad backup is found before anything is
# replaced. Used by `make restore`:
#
#     restore-backup prepare [BACKUP]    restore and recover a backup, by default the newest
#     restore-backup send                write the recovered data folder to standard output, as a tar archive
#     restore-backup remove              remove the folder
set -eu
umask 077
place=$MVP__BACKUP__FOLDER/.restored
data=$place/data
identity=/var/lib/motovaultpro/data/identity.txt
key=/var/lib/motovaultpro/data/restored-service-key.txt

case ${1-} in
    prepare)
        rm -rf "$place"
        mkdir "$place"
        echo 'local all all trust' >"$place/pg_hba.conf"
        # Encrypted backups are opened with the identity, if there is one.
        set -- ${2:+"$2"}
        [ ! -e "$identity" ] || set -- "$@" --identity "$identity"
        motovaultpro backup restore "$@" --into "$data"
        # An encrypted backup contains the service key that its database needs; `make restore` installs it.
        [ ! -e "$data.service.key" ] || cp "$data.service.key" "$key"
        failed() {
            tail -n 20 "$place/log" >&2
            echo "restore-backup: PostgreSQL could not recover from this backup" >&2
            exit 1
        }
        pg_ctl start --pgdata="$data" --silent --wait --timeout=86400 --log="$place/log" \
            --options="-c listen_addresses= -c unix_socket_directories=/tmp -c hba_file=$place/pg_hba.conf" || failed
        # PostgreSQL accepts connections once the recovery is complete, and exits if it fails.
        until pg_isready --quiet --host=/tmp --username=postgres; do
            pg_ctl status --pgdata="$data" >/dev/null || failed
            sleep 0.2
        done
        # `backup restore` has set these for the recovery only.
        psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --host=/tmp --username=postgres --dbname=motovaultpro <<'SQL'
ALTER SYSTEM RESET restore_command;
ALTER SYSTEM RESET recovery_target_time;
ALTER SYSTEM RESET recovery_target_inclusive;
ALTER SYSTEM RESET recovery_target_timeline;
ALTER SYSTEM RESET recovery_target_action;
ALTER SYSTEM RESET hot_standby;
ALTER SYSTEM RESET archive_mode;
\t on
\pset format unaligned
SELECT 'restore-backup: recovered ' || count(*) || ' tables' FROM pg_tables WHERE schemaname = 'public';
SQL
        pg_ctl stop --pgdata="$data" --silent --wait --mode=fast
        ;;
    send) exec tar -C "$data" -cf - . ;;
    remove) rm -rf "$place" "$key" ;;
    *)
        echo "usage: restore-backup prepare [BACKUP] | send | remove" >&2
        exit 2
        ;;
esac
