#!/usr/bin/env bash
# After an installation or a change: do the two addresses that people open answer, with TLS, only to who has the password?
# Changes nothing. Usage: smoke.sh
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$(readlink -f "$0")")/environment.sh"
read_settings
failed=0

# What a request for the address $1 gives as its status, with the name and password $2 where they are given.
status_of() {
    local login=""
    [ -z "${2:-}" ] || login="user = \"$2\""
    # By standard input: arguments are seen by everybody on the machine.
    curl --config - --silent --output /dev/null --max-time 20 --cacert "$SSL_CERT_FILE" --write-out '%{http_code}' "$1" \
        <<<"$login" || true
}

expect() {
    local title=$1 wanted=$2 found=$3
    if [ "$found" = "$wanted" ]; then
        say "ok      $title"
    else
        say "failed  $title: $found instead of $wanted"
        failed=$((failed + 1))
    fi
}

prefect="$DEPTHCASE_PREFECT_PAGES/api" mlflow=$DEPTHCASE_MLFLOW_PAGES
mlflow_login="$MLFLOW_TRACKING_USERNAME:$MLFLOW_TRACKING_PASSWORD"
expect "Prefect is healthy" 200 "$(status_of "$prefect/health")"
expect "Prefect asks for the password" 401 "$(status_of "$prefect/admin/version")"
expect "Prefect takes the password" 200 "$(status_of "$prefect/admin/version" "$PREFECT_API_AUTH_STRING")"
expect "MLflow is healthy" 200 "$(status_of "$mlflow/health")"
expect "MLflow asks for the password" 401 "$(status_of "$mlflow/version")"
expect "MLflow takes the password" 200 "$(status_of "$mlflow/version" "$mlflow_login")"
for address in "$DEPTHCASE_PREFECT_PAGES" "$DEPTHCASE_MLFLOW_PAGES"; do
    policy=$(curl --silent --head --max-time 20 --cacert "$SSL_CERT_FILE" "$address/" |
        grep --ignore-case --count '^content-security-policy: default-src' || true)
    expect "$address sends its policy" 1 "$policy"
done
[ "$failed" = 0 ] || refuse "$failed of the checks failed; look into journalctl --unit 'depthcase-*' and /var/log/nginx."
say "All is well from outside. From inside: depthcase doctor"
