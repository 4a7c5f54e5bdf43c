"""What scripts/verify runs. A part is one command; its figures are the lines of its output that the pattern finds."""
import dataclasses
import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
JOBS = os.environ.get("TARSIER_JOBS", str(os.cpu_count()))
# Ten minutes in all: with some 20 targets, each runs about as long as it takes from its corpus until new paths get rare.
# Hours find more: scripts/verify --only fuzz --fuzz-minutes 240.
FUZZ_MINUTES = 10
# The lines that tell how a test went: what failed, its indented figures, its counts.
TESTED = r"^FAIL.*|^ {6}\S.*|^\d+ passed, \d+ failed.*"
CTESTED = r"^\d+% tests passed.*|^.*\*\*\*(?:Failed|Timeout|Exception).*"


@dataclasses.dataclass
class Part:
    name: str
    what: str
    minutes: int  # about, on 2 processors with a warm compiler cache
    command: str
    figures: str = TESTED

    @property
    def brief(self):
        return re.split(r"[:;] ", self.what)[0]

    @property
    def limit_minutes(self):
        """After which it is ended, and has failed: enough for a cold cache and a busy machine."""
        return max(20, 8 * self.minutes)


def ninja(preset, targets=""):
    return f"cmake --preset {preset} > /dev/null && ninja -C build/{preset} -j {JOBS} {targets}"


def sanitized(preset):
    return (f"{ninja(preset, 'unit_tests fuzzers')} && ctest --test-dir build/{preset} -L unit --output-on-failure --timeout 600 && "
            f"ctest --test-dir build/{preset} -R _corpus$ --output-on-failure")


def described(script):
    """The first sentence that a test says about itself."""
    text = " ".join(script.read_text().split('"""')[1].split("\n\n")[0].split())
    return re.split(r"\.(?: |$)", text)[0]


def e2e(script, arguments=""):
    return f"python3 tests/e2e/{script} {arguments}".rstrip()


def whole_program_tests():
    """Every other script of tests/e2e, called what it is called."""
    arguments, minutes = {"hosts": "--away 60"}, {"hosts": 3, "config": 2}
    for script in sorted((ROOT / "tests/e2e").glob("*_test.py")):
        name = script.stem.removesuffix("_test")
        if name != "demo":
            yield Part(name, described(script), minutes.get(name, 1), e2e(script.name, arguments.get(name, "")))


def http2(source, more=""):
    return f"python3 tests/http2/http2_test.py --requests 1500 --late 6 --late-concurrency 16 --source {source} {more}"


def parts(fuzz_minutes=FUZZ_MINUTES):
    return [
        Part("build", "Release build of everything, form and include graph", 2,
             f"{ninja('release')} && tools/check_includes.py && tools/check_format.sh && build/release/tarsier version", r"^tarsier .*"),
        Part("unit", "Unit tests and corpora, release", 1, "ctest --test-dir build/release -LE program --output-on-failure", CTESTED),
        Part("overhead", "What watching costs, beside the OpenTelemetry Go SDK", 9, "bench/overhead/run.py --rounds 6",
             r"^\|.*|.* pays .*|^parents checked.*"),
        Part("agent", "What `tarsier agent` needs at fixed rates, and start-up", 2, "bench/overhead/agent.py",
             r"^\|.*|^start to first span.*"),
        Part("capture-cost", "What capture alone costs", 4,
             "ninja -C build/release capture_drain > /dev/null && bench/capture/cost.py", r"^CPU of the service.*|.*[+-]\d+\.\d.*"),
        Part("demo-sockets", "The demo, 10,000 requests, socket tracepoints", 1, e2e("demo_test.py", "--requests 10000 --source sockets")),
        Part("demo-syscalls", "The demo, 10,000 requests, system call tracepoints", 1,
             e2e("demo_test.py", "--requests 10000 --source syscalls")),
        *whole_program_tests(),
        Part("tls", "What real programs say over TLS, every build and front", 4,
             "python3 tests/tls/tls_test.py --requests 5000 --builds normal,stripped,pie,cgo,go1.19.13,go1.20.14,go1.21.13,go1.22.12,go1.23.12,go1.24.13,go1.25.7,http2 "
             "--fronts python,nginx,node"),
        Part("golinks", "Go call links, every build and version", 6,
             "python3 tests/golinks/golinks_test.py --builds "
             "normal,stripped,pie,cgo,hurried,procs,go1.19.13,go1.20.14,go1.21.13,go1.22.12,go1.23.12,go1.24.13,go1.25.7"),
        Part("matrix", "Go servers and clients of every kind, against real databases: whose call it is", 8,
             "python3 tests/matrix/matrix_test.py --versions go1.19.13,newest --servers nethttp,fasthttp,python --requests 60000 --coverage docs/coverage.md"),
        Part("http2-sockets", "HTTP/2 and gRPC in Go, Python and Node, both ends, socket tracepoints", 2, http2("sockets")),
        # A system call that ends after its socket is closed tells nothing any more: a few of some 1,500 to 10,000 requests.
        Part("http2-syscalls", "HTTP/2 and gRPC in Go, Python and Node, both ends, system call tracepoints", 2,
             http2("syscalls", "--may-miss 8")),
        Part("service-chain", "Services in six languages answer in one chain", 1, "python3 tests/services/run.py --check",
             r".* wrong answers"),
        Part("promql-conformance", "Prometheus's own PromQL test files", 1,
             "ninja -C build/release promql_script > /dev/null && tests/promql/conformance.py $(find build/release -name promql_script -type f)",
             TESTED + r"|.* files; .*"),
        Part("promql-differential", "The same queries over the same samples, beside a real Prometheus", 1,
             "python3 tests/promql/differential.py", TESTED + r"|.* queries over .*|^errors with .*"),
        Part("promql-speed", "Range queries beside a real Prometheus: time", 1, "python3 tests/promql/speed.py",
             r"^\d+ series.*|^query .*|.* ms .*"),
        Part("browser", "Dashboard, trace and logs pages in Chromium", 2, "python3 tests/browser/browser_test.py"),
        Part("compose", "The demo in containers, images from a binary of this host", 3, "python3 tests/compose/run.py", TESTED),
        Part("asan", "Unit tests and corpora, address and undefined sanitizers", 5, sanitized("asan"), CTESTED),
        Part("tsan", "Unit tests and corpora, thread sanitizer", 5, sanitized("tsan"), CTESTED),
        Part("fuzz", f"Every parser's fuzz target, {fuzz_minutes} minutes in all", fuzz_minutes + 1,
             f"{ninja('asan', 'fuzzers')} && tools/fuzz.sh build/asan {60 * fuzz_minutes}", r"^\w+_fuzz .*|^\d+ targets.*"),
        Part("chroot", "From an empty Debian 12 to a tested tarsier", 8,
             "python3 tests/chroot/run.py --keep --ccache", r"^(?:ok|FAIL).*|^\d+ failed"),
        Part("compose-source", "The demo in containers, tarsier built from source in one", 6,
             "python3 tests/compose/run.py --build-system build/debian/fresh --ccache", TESTED),
    ]


# What DESIGN asks for and one machine cannot do.
OUT_OF_REACH = [
    ("other kernels", "this program runs on the kernel that it finds; kernels below 6.3 need another machine"),
    ("other processors", "only this machine's architecture is built and run"),
]
