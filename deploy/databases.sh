#!/usr/bin/env bash
# Make the two roles and databases that the settings name, or give the roles the passwords that now stand there.
# Run as a user whom PostgreSQL knows as an administrator; compose runs it on the first start of its PostgreSQL.
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$(readlink -f "$0")")/environment.sh"
[ -n "${MLFLOW_BACKEND_STORE_URI:-}" ] || read_settings

for entry in "${databases[@]}"; do
    (
        administrator=("${PGHOST:-}" "${PGPORT:-}" "${PGUSER:-}" "${PGPASSWORD:-}")
        use_database "${entry#*:}"
        role=$PGUSER password=$PGPASSWORD database=$PGDATABASE
        unset PGHOST PGPORT PGUSER PGPASSWORD
        [ -z "${administrator[0]}" ] || export PGHOST="${administrator[0]}"
        [ -z "${administrator[1]}" ] || export PGPORT="${administrator[1]}"
        [ -z "${administrator[2]}" ] || export PGUSER="${administrator[2]}"
        [ -z "${administrator[3]}" ] || export PGPASSWORD="${administrator[3]}"
        # The names and passwords hold no quote: use_database has seen to it. By standard input, not by arguments.
        psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --dbname=postgres <<SQL
SELECT 'CREATE ROLE $role' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$role') \gexec
ALTER ROLE $role LOGIN PASSWORD '$password';
SELECT 'CREATE DATABASE $database OWNER $role ENCODING ''UTF8'' TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '$database') \gexec
REVOKE ALL ON DATABASE $database FROM PUBLIC;
SQL
        say "Database $database belongs to $role."
    )
done
