"""Empty Debian 12 systems in a folder: made by debootstrap, kept in build/debian, entered by chroot."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = ROOT / "build/debian"


def host_mirror():
    """The archive that this host installs from; another one by TARSIER_DEBIAN_MIRROR."""
    for path in [pathlib.Path("/etc/apt/sources.list"), *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))]:
        for line in path.read_text().splitlines() if path.is_file() else ():
            found = re.match(r"(?:URIs:|deb(?: \[[^]]*\])?)\s+(\S+/debian/?)(?:\s|$)", line)
            if found:
                return found[1]
    raise SystemExit("no Debian archive in /etc/apt: set TARSIER_DEBIAN_MIRROR to one's URL")


MIRROR = os.environ.get("TARSIER_DEBIAN_MIRROR") or host_mirror()
# What a host behind a proxy or an own registry has set; the certificates it trusts are copied.
PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "GOPROXY", "GONOSUMDB", "GOSUMDB", "PIP_INDEX_URL", "PIP_DEFAULT_TIMEOUT",
             "npm_config_registry")


def passed_on():
    """The environment that reaches package registries from a Debian system as from this host."""
    trust = {"NODE_EXTRA_CA_CERTS": "/etc/ssl/certs/ca-certificates.crt"}  # Node trusts a list of its own otherwise
    return trust | {name: os.environ[name] for name in PASSED_ON if name in os.environ}


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


def host_ccache():
    """Where this host's compiler cache is."""
    return pathlib.Path(subprocess.check_output(["ccache", "--get-config", "cache_dir"], text=True).strip())


def base():
    """The minimal system that everything else begins with, made once."""
    ready = CACHE / "base.ready"
    folder = CACHE / "base"
    if not ready.exists():
        if not shutil.which("debootstrap"):
            raise SystemExit("debootstrap is not installed: scripts/setup --verify installs it")
        remove(folder)
        CACHE.mkdir(parents=True, exist_ok=True)
        print(f"debootstrap bookworm from {MIRROR}", flush=True)
        with open(CACHE / "debootstrap.log", "w") as log:
            run("debootstrap", "--variant=minbase", "bookworm", folder, MIRROR, stdout=log, stderr=log)
        # Waiting for the disk after each file is worth nothing in a system that is thrown away.
        (folder / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")
        ready.touch()
    return folder


def mounts_below(folder):
    mounts = [line.split()[1] for line in pathlib.Path("/proc/self/mounts").read_text().splitlines()]
    return [mount for mount in mounts if pathlib.Path(mount).is_relative_to(folder)]


def remove(folder):
    """Removes a system; never what is mounted into it, such as the host's /dev."""
    below = mounts_below(folder)
    if below:
        raise SystemExit(f"still mounted, umount first: {' '.join(below)}")
    shutil.rmtree(folder, ignore_errors=True)


def copy_of_base(name):
    folder = CACHE / name
    remove(folder)
    run("cp", "-a", base(), folder)
    return folder


class Chroot:
    """A system that commands run in; what is mounted is unmounted at the end of the block."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.mounts = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.mounts = stack
            self.mount("proc", "-t", "proc", "proc")
            self.mount("sys", "-t", "sysfs", "-o", "ro", "sysfs")
            self.mount("dev", "--bind", "/dev")
            shutil.copy("/etc/resolv.conf", self.folder / "etc/resolv.conf")
            certificates = self.folder / "usr/local/share/ca-certificates"
            shutil.copytree("/usr/local/share/ca-certificates", certificates, dirs_exist_ok=True)
            self.mounts = stack.pop_all()
        return self

    def __exit__(self, *reason):
        self.mounts.close()

    def mount(self, where, *what):
        target = self.folder / where
        target.mkdir(parents=True, exist_ok=True)
        run("mount", *what, target)
        self.mounts.callback(run, "umount", "--lazy", target)

    def run(self, command, env=None, **options):
        clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb"}
        return run("chroot", self.folder, "/bin/bash", "-c", command, env=clean | passed_on() | (env or {}), **options)
