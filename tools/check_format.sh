#!/usr/bin/env bash
# Every C++ file is as clang-format leaves it. With --fix it writes them.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(git ls-files -- 'src/**/*.cc' 'src/**/*.h' 'src/**/*.c' 'tools/*.cc')
if [ "${1:-}" = --fix ]; then
  clang-format-19 -i "${files[@]}"
else
  clang-format-19 --dry-run --Werror "${files[@]}"
fi
