#!/usr/bin/env python3
"""The demo in containers, as docker-compose.yml brings it up: what tarsier shows is what the load generator counted.

    run.py [--seconds 20] [--rate 50] [--build-system FOLDER [--ccache]]

No image is pulled: the base images are made by debootstrap. tarsier's image takes build/release/tarsier; with
--build-system (a system in which scripts/setup has run, such as tests/chroot/run.py --keep leaves) it is built from source in
the container, with a copy of this host's compiler cache if --ccache is given.
"""
import argparse
import json
import pathlib
import subprocess
import sys

from docker import CACHE, Docker, run
from debian import ROOT, Chroot, copy_of_base, host_ccache, passed_on

sys.path.insert(0, str(ROOT / "tests/e2e"))

import stack  # noqa: E402
import truth  # noqa: E402

DEMO = ROOT / "examples/transactions"
COMPOSE = DEMO / "docker-compose.yml"
PORTS = dict(zip(stack.PORTS, (3000, 9009, 3100, 3200, 4317, 4318)))


class Published(stack.Tarsier):
    """The tarsier that listens on the usual ports, in whatever it runs."""

    def __init__(self):
        self.ports, self.host = PORTS, "127.0.0.1"

    def wait_ready(self, seconds=120):
        stack.wait_for("tarsier is ready", lambda: stack.fetch(self.url() + "/ready"), seconds)
        return self


def runtime_packages():
    """What the two Dockerfiles would install, read from them."""
    text = (ROOT / "Dockerfile").read_text()
    packages = text.split('packages="')[1].split('"')[0].replace("\\", " ").split()
    return [*packages, "gunicorn"]


def base_system():
    """The base with the run-time packages, kept between runs as long as the packages are the same."""
    folder, mark = CACHE / "runtime", CACHE / "runtime.packages"
    packages = " ".join(runtime_packages())
    if not mark.exists() or mark.read_text() != packages:
        mark.unlink(missing_ok=True)
        copy_of_base("runtime")
        with Chroot(folder) as system:
            system.run(f"apt-get update -qq && apt-get install -y -qq --no-install-recommends {packages} > /dev/null",
                       env={"DEBIAN_FRONTEND": "noninteractive"})
        mark.write_text(packages)
    return folder


def go_toolchain():
    """What tar adds of this host's Go, as /go."""
    root = pathlib.Path(subprocess.check_output(["go", "env", "GOROOT"], text=True).strip())
    return ["--exclude=testdata", "--exclude=*_test.go", f"--exclude={root.name}/test", f"--transform=s,^{root.name}/,go/,",
            "-C", root.parent, root.name]


def compiler_cache():
    """What tar adds of this host's compiler cache, where root's is."""
    folder = host_ccache()
    return [f"--exclude={folder.name}/tmp", f"--transform=s,^{folder.name}/,root/.cache/ccache/,", "-C", folder.parent, folder.name]


def images(docker, options):
    """The build arguments: base images that exist only here."""
    base = docker.import_system(base_system(), "tarsier-test/base")
    docker.import_system(base_system(), "tarsier-test/go", extra=go_toolchain(), change="ENV PATH /go/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    env = {"BASE_IMAGE": base, "GO_IMAGE": "tarsier-test/go", "BUILD_IMAGE": base, "BINARY": "build/release/tarsier", "INCIDENTS": "false"}
    if options.build_system:
        extra = compiler_cache() if options.ccache else ()
        change = "ENV " + " ".join(f'{name}="{value}"' for name, value in passed_on().items())
        env |= {"BUILD_IMAGE": docker.import_system(options.build_system, "tarsier-test/build", without=["src"], extra=extra, change=change)}
        # The daemon gives containers no way out; the build asks a package registry.
        env |= {"BINARY": "", "BUILD_NETWORK": "host"}
    return env


def ports_are_free():
    for port in (*PORTS.values(), 8080):
        holder = subprocess.check_output(["ss", "-Hltnp", f"sport = :{port}"], text=True).strip()
        if holder:
            raise SystemExit(f"port {port} is taken: {holder}")


def load(folder, options):
    """load-test.sh as a user runs it, and its truth."""
    counts = folder / "truth.json"
    run("bash", DEMO / "load-test.sh", "-rate", options.rate, "-for", f"{options.seconds}s", "-ids", "c", "-truth", counts, "-quiet")
    return json.loads(counts.read_text())


def compare(checks, tarsier, counts):
    checks.equal("requests without an answer", counts["failed"], 0)

    def arrived():
        rows = tarsier.promql('sum(http_server_request_duration_seconds_count{service_name=~"core.*"})')
        return rows and rows[0][1] >= counts["answered"]
    try:
        stack.wait_for("the metrics arrive", arrived, 30, every=1)
    except TimeoutError:
        pass  # the checks say what is missing
    core = truth.check_spans(checks, truth.spans_of(tarsier), counts, "c")
    truth.check_metrics(checks, tarsier, counts, 8080)
    truth.check_logs(checks, tarsier, core, "c")
    names = {labels["service_name"] for labels, _ in tarsier.promql("count by (service_name) (http_server_request_duration_seconds_count)")}
    checks.equal("services", sorted(names), ["core-service", "database-service", "receipt"])
    titles = [d["title"] for d in json.loads(stack.fetch(tarsier.url() + "/api/search"))]
    checks.check("the dashboard", "Beyla RED Metrics & Operations" in titles, titles)
    print(f"      {counts['answered']} requests answered, p50 {counts['latency']['p50']}, p99 {counts['latency']['p99']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--build-system", help="build tarsier in a container made of this system")
    parser.add_argument("--ccache", action="store_true", help="put a copy of this host's compiler cache into it")
    options = parser.parse_args()
    checks = stack.Checks()
    ports_are_free()
    with Docker() as docker:
        env = images(docker, options)
        try:
            docker.compose(COMPOSE, "up", "--build", "-d", env=env)
            tarsier = Published().wait_ready()
            for service, line in (("database", "database listens"), ("receipt", "Booting worker"), ("core", "core listens")):
                stack.wait_for(f"{service} listens", lambda s=service, t=line: t in logs(docker, env, s), 60, every=1)
            compare(checks, tarsier, load(docker.folder, options))
            if checks.failed:
                print(logs(docker, env, "tarsier")[-4000:])
        finally:
            docker.compose(COMPOSE, "down", "-v", env=env)
    checks.end()


def logs(docker, env, service):
    return docker.compose(COMPOSE, "logs", "--no-color", service, env=env, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
