"""Network namespaces for tests: made, entered by the calling thread, and removed again."""
import contextlib
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def ip(*words):
    subprocess.run(["ip", *map(str, words)], check=True)


@contextlib.contextmanager
def made(*names):
    """Full names of new namespaces with a loopback device, e.g. test-1234-agent; gone with the block."""
    full = [f"tarsier-{os.getpid()}-{name}" for name in names]
    there = []
    try:
        for name in full:
            ip("netns", "add", name)
            there.append(name)
            ip("-n", name, "link", "set", "lo", "up")
        yield full
    finally:
        for name in there:
            ip("netns", "delete", name)


def connect(first, first_address, second, second_address):
    """A cable (veth) between two namespaces; addresses like 10.77.0.1/24."""
    ip("link", "add", "cable", "netns", first, "type", "veth", "peer", "name", "cable", "netns", second)
    for name, address in ((first, first_address), (second, second_address)):
        ip("-n", name, "address", "add", address, "dev", "cable")
        ip("-n", name, "link", "set", "cable", "up")


def enter(fd):
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def inside(name):
    """The block's sockets, and the processes that it starts, are in that namespace."""
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{name}") as there:
        enter(there.fileno())
        try:
            yield
        finally:
            enter(home.fileno())
