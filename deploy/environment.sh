# shellcheck shell=bash
# Sourced by the scripts beside it: the settings of env.example, and the databases they name.

say() { printf '%s\n' "$*"; }

refuse() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Export every NAME=value of the settings file; nothing in it is run. What the caller set before stays.
read_settings() {
    local file=${DEPTHCASE_SETTINGS:-/etc/depthcase/depthcase.env} name value
    [ -r "$file" ] || refuse "The settings $file cannot be read; run as root, or name another with DEPTHCASE_SETTINGS."
    while IFS='=' read -r name value; do
        [[ $name =~ ^[A-Z][A-Z0-9_]*$ ]] || continue
        [ -n "${!name+set}" ] || export "$name=$value"
    done <"$file"
}

# Point PostgreSQL's tools at the database whose address the variable $1 holds. The password goes by the environment:
# arguments are seen by everybody on the machine.
use_database() {
    local pattern='^postgresql(\+[a-z0-9]+)?://([A-Za-z0-9_]+):([A-Za-z0-9._~-]+)@([^:/@]+)(:([0-9]+))?/([A-Za-z0-9_]+)$'
    [[ ${!1:-} =~ $pattern ]] || refuse "$1 is no address like postgresql+driver://user:password@host:port/database."
    export PGUSER=${BASH_REMATCH[2]} PGPASSWORD=${BASH_REMATCH[3]} PGHOST=${BASH_REMATCH[4]}
    export PGPORT=${BASH_REMATCH[6]:-5432} PGDATABASE=${BASH_REMATCH[7]}
}

# The databases: a name for the backup, and the variable that holds the address.
# shellcheck disable=SC2034
databases=(prefect:PREFECT_SERVER_DATABASE_CONNECTION_URL mlflow:MLFLOW_BACKEND_STORE_URI)

# The folders that belong to the installation: a name for the backup, and where they lie.
list_folders() {
    local entry
    folders=()
    for entry in "data:$DEPTHCASE_DATA" "artifacts:$MLFLOW_ARTIFACTS_DESTINATION" "results:$DEPTHCASE_HOME/prefect/storage"; do
        case $entry in
            *://*) say "${entry#*:} is an object store: it has a backup of its own." ;;
            *) folders+=("$entry") ;;
        esac
    done
}
