#!/usr/bin/env bash
# One backup of everything that cannot be made again: both databases, MLflow's files, the data folder, results.
# Services may run. Prints the folder of the backup. Usage: backup.sh
set -euo pipefail
umask 077
# shellcheck source=environment.sh
. "$(dirname "$(readlink -f "$0")")/environment.sh"
read_settings
list_folders

mkdir -p "$DEPTHCASE_BACKUPS"
exec 9>"$DEPTHCASE_BACKUPS/.lock"
flock --nonblock 9 || refuse "Another backup or restore is at work in $DEPTHCASE_BACKUPS; wait for it."

target="$DEPTHCASE_BACKUPS/$(date -u +%Y%m%dT%H%M%SZ)"
beside="$target.unfinished"
rm -rf "$DEPTHCASE_BACKUPS"/*.unfinished
mkdir "$beside"

# Databases first: files are only ever added, so whatever the databases name is still there when the files are copied.
for entry in "${databases[@]}"; do
    use_database "${entry#*:}"
    pg_dump --format=custom --no-owner --no-privileges --file="$beside/${entry%%:*}.dump"
done
for entry in "${folders[@]}"; do
    folder=${entry#*:}
    [ -d "$folder" ] || continue
    # A file that grows while it is copied (1) is written beside and renamed by its owner: the next backup has it.
    tar --create --file="$beside/${entry%%:*}.tar" --directory="$folder" --warning=no-file-changed . || [ $? = 1 ]
done
(cd "$beside" && sha256sum -- *.dump *.tar >SHA256SUMS && sync -- *)
mv "$beside" "$target"

find "$DEPTHCASE_BACKUPS" -mindepth 1 -maxdepth 1 -type d -name '????????T??????Z' | sort |
    head -n "-$DEPTHCASE_BACKUPS_KEPT" | xargs --no-run-if-empty rm -rf
say "$target"
