#!/usr/bin/env bash
# After passwords were changed in the settings: give them to the databases, and to the services by a restart.
# Runs in hand end as Crashed and are continued by Retry on their page. Run as root. Usage: rotate.sh
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "$(readlink -f "$0")")/environment.sh"
[ "$(id -u)" = 0 ] || refuse "rotate.sh reads the settings and restarts services; run it as root."
read_settings
(cd / && runuser --user postgres -- /opt/depthcase/deploy/databases.sh)
systemctl restart depthcase-prefect depthcase-mlflow depthcase-worker
until depthcase status >/dev/null; do sleep 3; done
/opt/depthcase/deploy/smoke.sh
