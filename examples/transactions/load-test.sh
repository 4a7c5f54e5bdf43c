#!/usr/bin/env bash
# Sends the demo's mix of requests to core and prints what was sent and what came back. Without Go it runs in a container.
#
#   bash load-test.sh                      20 requests a second for 5 minutes
#   RATE=100 FOR=60s bash load-test.sh
#   bash load-test.sh -requests 1000 -concurrency 50
set -euo pipefail
cd "$(dirname "$0")"
mix=(-rate "${RATE:-20}" -for "${FOR:-5m}" "$@")
if command -v go > /dev/null; then
  program="${TMPDIR:-/tmp}/tarsier-demo-load"
  (cd load && go build -o "$program" .)
  exec "$program" -target "${TARGET:-http://127.0.0.1:8080}" "${mix[@]}"
elif docker compose version > /dev/null 2>&1; then
  exec docker compose run --rm --no-deps load -target "${TARGET:-http://core:8080}" "${mix[@]}"
fi
echo "load-test.sh: needs Go 1.22 or newer (scripts/setup installs it), or Docker with its compose plugin" >&2
exit 1
