#!/usr/bin/env bash
# Install or upgrade depthcase on a Debian server: packages, users, folders, settings, databases, services, proxy.
# Run as root from a checkout; run again after each change: what is there stays, what is missing is added.
# Usage: bootstrap.sh [NAME_OF_THE_SERVER]      the whole server
#        bootstrap.sh --worker SETTINGS_FILE     a worker alone, for a server that runs elsewhere
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=environment.sh
. "$here/environment.sh"
settings=/etc/depthcase/depthcase.env

packages() {
    local missing=() name
    for name in "$@"; do
        dpkg --status "$name" >/dev/null 2>&1 || missing+=("$name")
    done
    [ "${#missing[@]}" = 0 ] && return
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

users() {
    local name
    for name in "$@"; do
        id "depthcase-$name" >/dev/null 2>&1 ||
            useradd --system --home-dir "/var/lib/depthcase/$name" --shell /usr/sbin/nologin "depthcase-$name"
        install --directory --owner="depthcase-$name" --group="depthcase-$name" --mode=0750 "/var/lib/depthcase/$name"
    done
    install --directory --owner=depthcase-worker --group=depthcase-worker --mode=0750 \
        /var/lib/depthcase/data /var/lib/depthcase/data/1_raw
    install --directory --mode=0700 /etc/depthcase /var/backups/depthcase
    install --directory --mode=0755 /etc/depthcase/tls
}

# A file of settings with passwords of its own; an existing one is left alone.
settings() {
    [ -e "$settings" ] && return
    local name=${1:-$(hostname --fqdn)} line
    (
        umask 077
        while IFS= read -r line; do
            line=${line//plant.example/$name}
            # One password for each place: an address and its database share the line.
            printf '%s\n' "${line//CHANGE-ME/$(openssl rand -hex 24)}"
        done <"$here/env.example" >"$settings.new"
    )
    mv "$settings.new" "$settings"
    say "Settings with new passwords written to $settings."
}

# A certificate of its own, until the plant's authority gives one.
certificate() {
    local folder=$DEPTHCASE_TLS
    [ -e "$folder/certificate.pem" ] && return
    (
        umask 077
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 -subj "/CN=$DEPTHCASE_HOST" \
            -addext "subjectAltName=DNS:$DEPTHCASE_HOST" -keyout "$folder/key.pem" -out "$folder/certificate.pem" 2>/dev/null
    )
    chmod 0644 "$folder/certificate.pem"
    install --mode=0644 "$folder/certificate.pem" /usr/local/share/ca-certificates/depthcase.crt
    update-ca-certificates >/dev/null
    say "A certificate of its own was made for $DEPTHCASE_HOST; put the plant's into $folder when you have it."
}

# The package with the tested versions, in a folder that only root writes.
program() {
    install --directory /opt/depthcase
    [ -x /opt/depthcase/venv/bin/python ] || python3.11 -m venv /opt/depthcase/venv
    /opt/depthcase/venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --constraint "$here/../constraints.txt" "$here/..[postgresql]"
    rm -rf /opt/depthcase/deploy.new
    cp -r "$here" /opt/depthcase/deploy.new
    rm -rf /opt/depthcase/deploy
    mv /opt/depthcase/deploy.new /opt/depthcase/deploy
    install --mode=0755 "$here/depthcase" /usr/local/bin/depthcase
}

proxy() {
    local variables
    # shellcheck disable=SC2016
    variables='${DEPTHCASE_HOST} ${DEPTHCASE_TLS} ${DEPTHCASE_HTTP} ${DEPTHCASE_HTTPS} ${DEPTHCASE_HTTPS_MLFLOW}'
    # shellcheck disable=SC2016
    variables+=' ${DEPTHCASE_PREFECT_PAGES} ${DEPTHCASE_PREFECT_UPSTREAM} ${DEPTHCASE_MLFLOW_UPSTREAM}'
    envsubst "$variables" <"$here/proxy/depthcase.conf.template" >/etc/nginx/conf.d/depthcase.conf
    rm -f /etc/nginx/sites-enabled/default
    nginx -t -q
    systemctl enable --quiet nginx
    systemctl reload-or-restart nginx
}

units() {
    install --mode=0644 "$here"/systemd/* /etc/systemd/system/
    systemctl daemon-reload
    systemctl enable --quiet "$@"
}

worker_alone() {
    [ -r "$1" ] || refuse "The settings $1 cannot be read; copy them from the server, as the README says."
    packages python3.11 python3.11-venv ca-certificates
    users worker
    install --mode=0600 "$1" "$settings"
    program
    units depthcase-worker
    systemctl restart depthcase-worker
    until depthcase status; do sleep 5; done
    say "This machine's worker takes runs now."
}

[ "$(id -u)" = 0 ] || refuse "bootstrap.sh installs packages and users; run it as root."
if [ "${1:-}" = --worker ]; then
    worker_alone "${2:?SETTINGS_FILE is missing}"
    exit
fi
packages python3.11 python3.11-venv postgresql nginx-light openssl gettext-base ca-certificates curl
users prefect mlflow worker
settings "${1:-}"
# Not from the caller's environment: the services will read the file and nothing else.
while IFS='=' read -r name _; do
    [[ $name =~ ^[A-Z][A-Z0-9_]*$ ]] && unset "$name"
done <"$settings"
DEPTHCASE_SETTINGS=$settings read_settings
certificate
if systemctl is-active --quiet depthcase-prefect; then
    # While the old program still runs, so that there is a way back.
    say "Backup before the upgrade: $("$here/backup.sh")"
    systemctl stop depthcase.target depthcase-worker depthcase-mlflow depthcase-prefect
fi
program
systemctl enable --now --quiet postgresql
# In a folder that the administrator of PostgreSQL may enter, with the settings in the environment.
(cd / && runuser --user postgres -- /opt/depthcase/deploy/databases.sh)
units depthcase.target depthcase-prefect depthcase-mlflow depthcase-worker depthcase-backup.timer
proxy
depthcase migrate
systemctl start depthcase.target depthcase-backup.timer
until depthcase status >/dev/null; do sleep 3; done
depthcase up
/opt/depthcase/deploy/smoke.sh
say "Installed. Prefect: $DEPTHCASE_PREFECT_PAGES  MLflow: $DEPTHCASE_MLFLOW_PAGES  Passwords: $settings"
