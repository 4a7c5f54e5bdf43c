#!/usr/bin/env bash
# Sends the demo's mix of requests to core and prints what was sent and what came back.
#
#   bash load-test.sh                      20 requests a second for 5 minutes
#   RATE=100 FOR=60s bash load-test.sh
#   bash load-test.sh -requests 1000 -concurrency 50
set -euo pipefail
cd "$(dirname "$0")/load"
command -v go > /dev/null || { echo "load-test.sh: go is missing; install Go 1.22 or newer (apt-get install golang, or scripts/setup)" >&2; exit 1; }
go build -o "${TMPDIR:-/tmp}/tarsier-demo-load" .
exec "${TMPDIR:-/tmp}/tarsier-demo-load" -target "${TARGET:-http://127.0.0.1:8080}" -rate "${RATE:-20}" -for "${FOR:-5m}" "$@"
