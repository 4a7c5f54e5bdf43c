"""A Docker daemon of our own: private socket and folders, no change to the host's firewall, ended by process id."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "chroot"))

from debian import CACHE, mounts_below, remove, run  # noqa: E402


class Docker:
    def __init__(self, folder=CACHE / "docker"):
        self.folder = folder
        self.env = {**os.environ, "DOCKER_HOST": f"unix://{folder}/docker.sock", "DOCKER_BUILDKIT": "0", "COMPOSE_DOCKER_CLI_BUILD": "0"}

    def __enter__(self):
        if not shutil.which("dockerd"):
            raise SystemExit("dockerd is not installed: scripts/setup --verify installs Debian's")
        self.clear()
        self.folder.mkdir(parents=True)
        command = ["dockerd", f"--data-root={self.folder}/data", f"--exec-root={self.folder}/exec", f"--pidfile={self.folder}/pid",
                   "--host", self.env["DOCKER_HOST"], "--iptables=false", "--ip-forward=false", "--ip-masq=false", "--bridge=none"]
        with open(self.folder / "log", "w") as log:
            self.daemon = subprocess.Popen(command, stdout=log, stderr=log)
        for _ in range(120):
            if self.daemon.poll() is not None:
                break
            if self.docker("version", check=False, capture_output=True).returncode == 0:
                return self
            time.sleep(0.5)
        self.stop()
        raise SystemExit("dockerd does not run here:\n" + (self.folder / "log").read_text()[-3000:])

    def __exit__(self, *reason):
        self.stop()
        with contextlib.suppress(SystemExit):
            self.clear()

    def clear(self):
        """A daemon leaves mounts behind when it is ended in the middle."""
        for mount in reversed(mounts_below(self.folder)):
            run("umount", "--lazy", mount)
        remove(self.folder)

    def stop(self):
        self.daemon.terminate()
        try:
            self.daemon.wait(60)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()

    def docker(self, *arguments, check=True, **options):
        return subprocess.run(["docker", *map(str, arguments)], env=self.env, check=check, **options)

    def import_system(self, folder, name, without=(), extra=(), change="ENV container docker"):
        """Makes an image of a system in a folder; `extra` is more for tar to put in."""
        excludes = [f"--exclude=./{path}" for path in ("proc/*", "sys/*", "dev/*", "var/cache/apt/*", *without)]
        command = ["tar", "-c", "-C", folder, *excludes, ".", *extra]
        tar = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE)
        self.docker("import", "--change", change, "-", name, stdin=tar.stdout, stdout=subprocess.DEVNULL)
        tar.stdout.close()
        if tar.wait() > 1:  # 1: a file changed or went away meanwhile, as a compiler cache's do
            raise SystemExit(f"tar of {folder} failed")
        return name

    def compose(self, file, *arguments, env=None, **options):
        """`docker compose` where there is the plug-in, Debian's docker-compose otherwise."""
        plugin = self.docker("compose", "version", check=False, capture_output=True).returncode == 0
        command = ["docker", "compose"] if plugin else ["/usr/bin/docker-compose"]
        return run(*command, "-f", file, *arguments, env=self.env | (env or {}), **options)
