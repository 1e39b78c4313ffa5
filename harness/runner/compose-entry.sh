#!/usr/bin/env bash
# What the `runner` of docker-compose.yml does: installs the checkout that is mounted at /sitedrill, and
# drills the reference site against the LocalStack beside it. The arguments are options of `sitedrill run`.
set -euo pipefail

python3 -m venv /opt/sitedrill
/opt/sitedrill/bin/pip install --quiet --disable-pip-version-check -c /sitedrill/constraints.txt /sitedrill
# The container is the wall here: it is thrown away, and sees the checkout only to read it.
exec /opt/sitedrill/bin/sitedrill run --cloud localstack --endpoint "$SITEDRILL_ENDPOINT" \
  --runner host --out /build/drills "$@"
