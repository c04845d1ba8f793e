#!/usr/bin/env bash
# Put a backup in the place of what is there. The services must be stopped; what was there is kept beside.
# Usage: restore.sh FOLDER_OF_THE_BACKUP
set -euo pipefail
umask 077
# shellcheck source=environment.sh
. "$(dirname "$(readlink -f "$0")")/environment.sh"
[ $# = 1 ] || refuse "Usage: restore.sh FOLDER_OF_THE_BACKUP"
backup=$(readlink -f "$1")
read_settings
list_folders

[ -f "$backup/SHA256SUMS" ] || refuse "$backup is no finished backup; the finished ones hold a file SHA256SUMS."
(cd "$backup" && sha256sum --check --quiet SHA256SUMS) || refuse "$backup is damaged; take another. Nothing was changed."
mkdir -p "$DEPTHCASE_BACKUPS"
exec 9>"$DEPTHCASE_BACKUPS/.lock"
flock --nonblock 9 || refuse "Another backup or restore is at work in $DEPTHCASE_BACKUPS; wait for it."
for entry in "${databases[@]}"; do
    use_database "${entry#*:}"
    others='SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()'
    [ "$(psql --no-psqlrc --tuples-only --no-align --command="$others")" = 0 ] ||
        refuse "Somebody is connected to the database $PGDATABASE; stop the services first: systemctl stop depthcase.target"
done

sql=$(mktemp)
trap 'rm -f "$sql"' EXIT
for entry in "${databases[@]}"; do
    use_database "${entry#*:}"
    say 'DROP SCHEMA public CASCADE; CREATE SCHEMA public;' >"$sql"
    pg_restore --no-owner --no-privileges --no-comments --file=- "$backup/${entry%%:*}.dump" |
        sed '/^CREATE SCHEMA public;$/d' >>"$sql"
    # One transaction: a failure leaves the database as it was.
    psql --quiet --no-psqlrc --single-transaction --set=ON_ERROR_STOP=1 --output=/dev/null --file="$sql"
    say "Database $PGDATABASE restored."
done

moment=$(date -u +%Y%m%dT%H%M%SZ)
for entry in "${folders[@]}"; do
    folder=${entry#*:}
    archive="$backup/${entry%%:*}.tar"
    [ -f "$archive" ] || continue
    beside="$folder.restoring-$moment"
    mkdir -p "$beside"
    tar --extract --file="$archive" --directory="$beside" --same-permissions
    if [ -e "$folder" ]; then
        mv "$folder" "$folder.before-$moment"
        say "What was in $folder is now in $folder.before-$moment; delete it when all is well."
    fi
    mv "$beside" "$folder"
    say "Folder $folder restored."
done
say "Restored from $backup. Start the services (systemctl start depthcase.target), then run depthcase doctor."
