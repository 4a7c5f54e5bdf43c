"""PostgreSQL, MariaDB and Redis on free ports, with their data in the test's folder."""
import os
import pathlib
import shutil
import subprocess

import stack

NOBODY = 65534  # the first two refuse to be root


def as_nobody(folder):
    """A command's prefix, and a folder that it may write to."""
    folder.mkdir()
    if os.getuid() != 0:
        return []
    os.chown(folder, NOBODY, NOBODY)
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def accepts(port):
    import socket
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


def postgresql(processes):
    """URL of a running server."""
    installed = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    if not installed:
        raise SystemExit("PostgreSQL is not installed: scripts/setup --verify")
    folder, port = processes.folder / "postgresql", stack.free_port()
    prefix = as_nobody(folder)
    subprocess.run([*prefix, installed[-1] / "initdb", "-D", folder / "data", "-U", "tester", "-A", "trust", "--no-sync"], check=True,
                   stdout=subprocess.DEVNULL, cwd="/")
    processes.start("postgresql", [installed[-1] / "postgres", "-D", folder / "data", "-p", port, "-k", folder, "-c", "fsync=off",
                                   "-c", "log_min_messages=fatal", "-c", "shared_buffers=16MB"], prefix=prefix, cwd="/")
    stack.wait_for("PostgreSQL listens", lambda: accepts(port))
    return f"postgres://tester@127.0.0.1:{port}/postgres?sslmode=disable"


def mysql(processes):
    """Data source name of a running MariaDB."""
    if not shutil.which("mariadbd"):
        raise SystemExit("MariaDB is not installed: scripts/setup --verify")
    folder, port = processes.folder / "mysql", stack.free_port()
    prefix = as_nobody(folder)
    (folder / "data").mkdir()
    os.chown(folder / "data", folder.stat().st_uid, folder.stat().st_gid)
    processes.start("mysql", [shutil.which("mariadbd"), "--no-defaults", f"--datadir={folder}/data", f"--socket={folder}/socket",
                              f"--port={port}", "--bind-address=127.0.0.1", "--skip-grant-tables", "--connect-timeout=60", "--innodb-log-file-size=8M",
                              "--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0"], prefix=prefix, cwd="/")
    stack.wait_for("MariaDB listens", lambda: accepts(port), 60)
    return f"tester@tcp(127.0.0.1:{port})/"


def redis(processes):
    """Address of a running Redis."""
    if not shutil.which("redis-server"):
        raise SystemExit("Redis is not installed: scripts/setup")
    port = stack.free_port()
    processes.start("redis", ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], cwd="/")
    stack.wait_for("Redis listens", lambda: accepts(port))
    return f"127.0.0.1:{port}"


STARTERS = {"postgresql": postgresql, "mysql": mysql, "redis": redis}
