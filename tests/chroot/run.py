#!/usr/bin/env python3
"""From an empty Debian 12 with git and a shell to a tested tarsier: what scripts/setup installs is all that is needed.

    run.py [--tests base_test,model_test] [--jobs N] [--ccache [DIR]] [--at PATH] [--keep] [--reuse]

Clones HEAD into a fresh debootstrap chroot (build/debian/fresh), runs scripts/setup and the build there, then the program, a
few of the unit tests and the UI's, and tries Chromium, gunicorn and Go.
"""
import argparse
import os
import subprocess
import time

from debian import CACHE, ROOT, Chroot, copy_of_base, host_ccache, remove, run

HOSTS = "host"

CHECKS = [
    ("nothing listens because of the set-up", "! ls /run/nginx.pid /usr/sbin/policy-rc.d 2> /dev/null"),
    ("tarsier version", "build/release/tarsier version"),
    ("tarsier doctor", "build/release/tarsier doctor"),
    ("Chromium", "echo '<p>drawn</p>' > /tmp/page.html && chromium --headless --no-sandbox --disable-gpu --dump-dom "
                 "/tmp/page.html 2> /dev/null | grep drawn"),
    ("gunicorn", "gunicorn --version"),
    ("Java and nginx", "java -version 2>&1 && nginx -v 2>&1"),
    ("Go builds the demo", ". scripts/lib.sh && cd examples/transactions/core && go version && go build -o /tmp/core ."),
]


class Steps:
    def __init__(self, system, at):
        self.system, self.at, self.failed = system, at, 0

    def __call__(self, what, command, **env):
        begin = time.time()
        try:
            self.system.run(f"cd {self.at} && ({command})", env=env)
            verdict = "ok   "
        except subprocess.CalledProcessError as error:
            verdict, self.failed = f"FAIL (exit code {error.returncode}) ", self.failed + 1
        print(f"{verdict} {what}: {time.time() - begin:.0f} s", flush=True)
        return verdict.startswith("ok")


def bring_in(system, at):
    """The clone, and git, which the user has already."""
    system.run("apt-get update -qq && apt-get install -y -qq --no-install-recommends git procps > /dev/null",
               env={"DEBIAN_FRONTEND": "noninteractive"})
    clone = system.folder / at.lstrip("/")
    if not clone.exists():
        run("git", "clone", "-q", "--depth", "1", f"file://{ROOT}", clone)


def build_and_try(system, options):
    steps = Steps(system, options.at)
    if not steps("scripts/setup", "scripts/setup"):
        return steps.failed
    steps("scripts/setup again is quick", "timeout 20 scripts/setup")
    targets = " ".join(options.tests)
    build = f". scripts/lib.sh && cmake --preset release > /dev/null && ninja -C build/release -j {options.jobs} tarsier {targets} > /tmp/build.log"
    if not steps("build", f"({build}) || {{ tail -n 40 /tmp/build.log; exit 1; }}"):
        return steps.failed
    for what, command in CHECKS:
        steps(what, command)
    for test in options.tests:
        steps(test, f"build/release/src/{test.removesuffix('_test')}/{test} --gtest_brief=1")
    steps("the UI's tests", ". scripts/lib.sh && ctest --test-dir build/release -R '^ui' --output-on-failure")
    return steps.failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=lambda text: text.split(","), default=["base_test", "model_test", "wire_test"])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--ccache", nargs="?", metavar="DIR", const=HOSTS, help="a compiler cache to use in there: this host's, or DIR")
    parser.add_argument("--at", default="/src", help="where the clone is in there")
    parser.add_argument("--keep", action="store_true", help="do not remove the system at the end")
    parser.add_argument("--reuse", action="store_true", help="go on with the system that --keep left")
    options = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("run.py: needs root to enter a chroot")
    folder = CACHE / "fresh"
    if not options.reuse:
        copy_of_base("fresh")
    with Chroot(folder) as system:
        if options.ccache:
            cache = host_ccache() if options.ccache == HOSTS else options.ccache
            system.mount("root/.cache/ccache", "--bind", cache)
        bring_in(system, options.at)
        failed = build_and_try(system, options)
    if not options.keep:
        remove(folder)
    print(f"{failed} failed")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
