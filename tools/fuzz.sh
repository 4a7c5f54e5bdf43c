#!/usr/bin/env bash
# Runs every fuzz target of a build made with the asan preset, from its corpus on, one on each processor, for SECONDS
# in all.
#
#   tools/fuzz.sh build/asan 60
#
# A crash leaves its input in the build folder and ends with 1: put the input into tests/corpus/<target>/ with the mend.
set -euo pipefail
build=${1:?usage: tools/fuzz.sh BUILD SECONDS} total=${2:?usage: tools/fuzz.sh BUILD SECONDS}
root=$(cd "$(dirname "$0")/.." && pwd)
mapfile -t targets < <(find "$build/src" -type f -name '*_fuzz' -perm -u+x | sort)
[ ${#targets[@]} -gt 0 ] || { echo "fuzz.sh: no fuzz target below $build: cmake --preset asan && ninja -C $build fuzzers" >&2; exit 1; }
jobs=${TARSIER_JOBS:-$(nproc)}
rounds=$(((${#targets[@]} + jobs - 1) / jobs))
each=$(((total + rounds - 1) / rounds))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fuzz() {  # target: a line of result, or what went wrong
  local name=${1##*/} seeds
  seeds="$root/tests/corpus/$name"
  mkdir -p "$work/$name"
  if "$1" -max_total_time="$each" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$build/$name-" \
    "$work/$name" $([ -d "$seeds" ] && echo "$seeds") > "$work/$name.log" 2>&1; then
    printf '%-28s %s inputs\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log")"
  else
    touch "$work/$name.failed"
    printf '%-28s FAILED\n%s\n' "$name" "$(tail -n 40 "$work/$name.log")"
  fi
}

export build root each work
export -f fuzz
printf '%s\0' "${targets[@]}" | xargs -0 -P "$jobs" -I {} bash -c 'fuzz {}'
failed=$(find "$work" -maxdepth 1 -name '*.failed' | wc -l)
echo "${#targets[@]} targets, $each s each: $((${#targets[@]} - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
