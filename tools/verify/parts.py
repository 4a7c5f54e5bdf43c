"""What scripts/verify runs. A part is one command; its figures are the lines of its output that the pattern finds."""
import dataclasses
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
JOBS = os.environ.get("TARSIER_JOBS", str(os.cpu_count()))
COUNTS = r"^\d+ passed, \d+ failed.*"
TESTS_PASSED = r"^\d+% tests passed.*"


@dataclasses.dataclass
class Part:
    name: str
    what: str
    command: str
    figures: str = COUNTS
    minutes: int = 30  # after which it is ended, and has failed


def sanitized(preset):
    return (f"cmake --preset {preset} > /dev/null && ninja -C build/{preset} -j {JOBS} unit_tests fuzzers > build/verify/ninja-{preset}.log && "
            f"ctest --test-dir build/{preset} -L unit --output-on-failure --timeout 600 && "
            f"ctest --test-dir build/{preset} -R _corpus$ --output-on-failure")


def e2e(script, arguments=""):
    return f"python3 tests/e2e/{script} {arguments}"


def whole_program_tests():
    """Every other script of tests/e2e, called what it is called and described by the first line that it says about itself."""
    scripts = [path for path in sorted((ROOT / "tests/e2e").glob("*_test.py")) if path.stem != "demo_test"]
    return [Part(path.stem.removesuffix("_test"), path.read_text().split('"""')[1].splitlines()[0].rstrip("."), e2e(path.name)) for path in scripts]


PARTS = [
    Part("build", "Release build of everything, form and include graph",
         f"cmake --preset release > /dev/null && ninja -C build/release -j {JOBS} > build/verify/ninja-release.log && "
         "tools/check_includes.py && tools/check_format.sh && build/release/tarsier version", r"^tarsier .*", 90),
    Part("unit", "Unit tests and corpora, release", "ctest --test-dir build/release -LE program --output-on-failure", TESTS_PASSED),
    Part("asan", "Unit tests and corpora, address and undefined sanitizers", sanitized("asan"), TESTS_PASSED, 150),
    Part("tsan", "Unit tests and corpora, thread sanitizer", sanitized("tsan"), TESTS_PASSED, 150),
    Part("fuzz", "Every parser's fuzz target, an hour in all",
         f"cmake --preset fuzz > /dev/null && ninja -C build/fuzz -j {JOBS} fuzzers > build/verify/ninja-fuzz.log && "
         "tools/fuzz.sh build/fuzz 3600", r"^\w+_fuzz .*|^\d+ targets.*", 240),
    Part("demo-sockets", "The demo, 10,000 requests, socket tracepoints", e2e("demo_test.py", "--requests 10000 --source sockets")),
    Part("demo-syscalls", "The demo, 10,000 requests, system call tracepoints", e2e("demo_test.py", "--requests 10000 --source syscalls")),
    *whole_program_tests(),
    Part("golinks", "Go call links, every build and version",
         "python3 tests/golinks/golinks_test.py --builds normal,stripped,pie,cgo,go1.21.13,go1.22.12,go1.23.12,go1.24.13,go1.25.7",
         COUNTS, 60),
    Part("service-chain", "Services in six languages answer in one chain", "python3 tests/services/run.py --check", r".* wrong answers"),
    Part("promql-conformance", "Prometheus's own PromQL test files",
         "ninja -C build/release promql_script > /dev/null && tests/promql/conformance.py $(find build/release -name promql_script -type f)",
         COUNTS + r"|.* files; .*"),
    Part("promql-differential", "The same queries over the same samples, beside a real Prometheus",
         "python3 tests/promql/differential.py", COUNTS + r"|.* queries over .*", 90),
    Part("promql-speed", "Range queries beside a real Prometheus: time", "python3 tests/promql/speed.py", r"^\d+ series.*|.* ms .*", 60),
    Part("browser", "Dashboard, trace and logs pages in Chromium", "python3 tests/browser/browser_test.py"),
    Part("compose", "The demo in containers, images from a binary of this host", "python3 tests/compose/run.py",
         COUNTS + r"|^requests: .*"),
    Part("chroot", "From an empty Debian 12: scripts/setup, build, tests", "python3 tests/chroot/run.py --keep",
         r"^(?:ok|FAIL).*|^\d+ failed", 150),
    Part("compose-source", "The demo in containers, tarsier built from source in one",
         "python3 tests/compose/run.py --build-system build/debian/fresh", COUNTS + r"|^requests: .*", 120),
    Part("overhead", "What watching costs, beside the OpenTelemetry Go SDK", "bench/overhead/run.py --rounds 6",
         r"^\|.*|.* pays .*|^parents checked.*", 60),
    Part("capture-cost", "What capture alone costs",
         "ninja -C build/release capture_drain > /dev/null && bench/capture/cost.py", r"^CPU of the service.*|.*[+-]\d+\.\d.*", 30),
]

# What DESIGN asks for and one machine cannot do.
OUT_OF_REACH = [
    ("other kernels", "this program runs on the kernel that it finds; kernels below 6.3 need another machine"),
    ("other processors", "only this machine's architecture is built and run"),
]
