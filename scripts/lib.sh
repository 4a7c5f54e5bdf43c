# Shared by the scripts: where newer toolchains live, and how to say what is wrong.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOOLCHAIN="${TARSIER_TOOLCHAIN:-${XDG_CACHE_HOME:-$HOME/.cache}/tarsier/toolchain}"
[ -d "$TOOLCHAIN/bin" ] && PATH="$TOOLCHAIN/bin:$PATH"
export PATH

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

# at_least 20.19 20.20.2: is the second version the first or newer?
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

need_root() { [ "$(id -u)" = 0 ] || die "needs root: run it with sudo ($1)"; }
