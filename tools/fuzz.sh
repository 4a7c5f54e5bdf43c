#!/usr/bin/env bash
# Runs every fuzz target of a build made with the fuzz preset, from its corpus on, for SECONDS in all.
#
#   tools/fuzz.sh build/fuzz 60
#
# A crash leaves its input in the build folder and ends with 1: put the input into tests/corpus/<target>/ with the mend.
set -euo pipefail
build=${1:?usage: tools/fuzz.sh BUILD SECONDS} total=${2:?usage: tools/fuzz.sh BUILD SECONDS}
root=$(cd "$(dirname "$0")/.." && pwd)
mapfile -t targets < <(find "$build/src" -type f -name '*_fuzz' -perm -u+x | sort)
[ ${#targets[@]} -gt 0 ] || { echo "fuzz.sh: no fuzz target below $build: cmake --preset fuzz && ninja -C $build fuzzers" >&2; exit 1; }
each=$(((total + ${#targets[@]} - 1) / ${#targets[@]}))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
for target in "${targets[@]}"; do
  name=$(basename "$target")
  seeds="$root/tests/corpus/$name"
  mkdir -p "$work/$name"
  if "$target" -max_total_time="$each" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$build/$name-" "$work/$name" $([ -d "$seeds" ] && echo "$seeds") > "$work/$name.log" 2>&1; then
    printf '%-28s %s inputs\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log")"
  else
    failed=$((failed + 1))
    printf '%-28s FAILED\n' "$name"
    tail -n 40 "$work/$name.log"
  fi
done
echo "${#targets[@]} targets, $each s each: $((${#targets[@]} - failed)) passed, $failed failed"
[ $failed -eq 0 ]
