#!/usr/bin/env bash
# A substitute for the entrypoint of Docker's official PostgreSQL image, according to its documentation: reads and
# unsets *_FILE, runs initdb as the user postgres, starts a temporary server on the socket, runs
# /docker-entrypoint-initdb.d in order, stops that server, and starts the real one.
set -Eeo pipefail

from_file() {
    local file=$1_FILE
    if [[ -n ${!1-} && -n ${!file-} ]]; then
        echo "error: both $1 and $file are set" >&2
        exit 1
    fi
    [[ -z ${!file-} ]] || export "$1=$(<"${!file}")"
    export "$1=${!1-${2-}}"
    unset "$file"
}

[[ ${1-} != -* ]] || set -- postgres "$@"
if [[ ${1-} == postgres ]]; then
    from_file POSTGRES_PASSWORD
    from_file POSTGRES_USER postgres
    from_file POSTGRES_DB "$POSTGRES_USER"
    from_file POSTGRES_INITDB_ARGS
    mkdir -p "$PGDATA"
    chmod 0700 "$PGDATA" || true
    chmod 03775 /var/run/postgresql || true
    if [[ $(id -u) -eq 0 ]]; then
        find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres {} +
        exec setpriv --reuid postgres --regid postgres --init-groups --inh-caps=-all "$0" "$@"
    fi
    if [[ ! -s $PGDATA/PG_VERSION ]]; then
        if [[ -z $POSTGRES_PASSWORD ]]; then
            echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
            exit 1
        fi
        # shellcheck disable=SC2086 # Several arguments.
        initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") $POSTGRES_INITDB_ARGS
        # The image's own settings.
        echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
        echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
        pg_ctl --pgdata="$PGDATA" --options="$(printf '%q ' "${@:2}" -c listen_addresses= -p 5432)" --wait start
        query=(psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --no-password --no-psqlrc)
        [[ $POSTGRES_DB == postgres ]] ||
            "${query[@]}" --dbname=postgres --set=name="$POSTGRES_DB" <<<'CREATE DATABASE :"name"'
        for script in /docker-entrypoint-initdb.d/*; do
            case $script in
                *.sh)
                    echo "$0: running $script"
                    # shellcheck disable=SC1090
                    if [[ -x $script ]]; then "$script"; else . "$script"; fi
                    ;;
                *.sql) "${query[@]}" --dbname="$POSTGRES_DB" --file="$script" ;;
                *) echo "$0: ignoring $script" ;;
            esac
        done
        pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
    fi
fi
exec "$@"
