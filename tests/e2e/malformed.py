#!/usr/bin/env python3
"""Sends a service what no well-behaved client sends: random bytes, truncated and oversized heads, slow drips, resets.

    malformed.py HOST PORT [--seed N] [--rounds N]

Ends with one JSON line: how many of each were sent, and whether a plain request is still answered afterwards. The service is
the judge of what is HTTP; whoever watches it must neither crash nor slow it.
"""
import argparse
import json
import random
import socket
import struct
import time


def connect(host, port):
    s = socket.create_connection((host, port), timeout=5)
    s.settimeout(2)
    return s


def drain(s):
    try:
        while s.recv(65536):
            pass
    except OSError:
        pass


def random_bytes(s, rng):
    s.sendall(rng.randbytes(rng.randint(1, 20_000)))


def truncated_head(s, rng):
    head = b"GET /api/health HTTP/1.1\r\nHost: x\r\nX-Header: value\r\n\r\n"
    s.sendall(head[: rng.randint(1, len(head) - 1)])


def oversized_head(s, rng):
    s.sendall(b"GET /api/health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * rng.randint(70_000, 2_000_000) + b"\r\n\r\n")


def slow_drip(s, rng):
    for byte in b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n":
        s.sendall(bytes([byte]))
        time.sleep(0.002)
    drain(s)


def reset(s, rng):
    s.sendall(b"POST /api/transaction HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"x" * rng.randint(0, 5000))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def lying_length(s, rng):
    s.sendall(b"POST /api/transaction HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{}" + b"GET / HTTP/1.1\r\n" * 3)


def broken_chunks(s, rng):
    s.sendall(b"POST /api/transaction HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + rng.randbytes(50))


def two_lengths(s, rng):
    s.sendall(b"POST /api/transaction HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 7\r\n\r\nabcdefg")


def binary_in_head(s, rng):
    s.sendall(b"GET /" + rng.randbytes(200).replace(b"\n", b"") + b" HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n")


KINDS = [random_bytes, truncated_head, oversized_head, slow_drip, reset, lying_length, broken_chunks, two_lengths, binary_in_head]


def healthy(host, port, path="/api/health"):
    s = connect(host, port)
    s.settimeout(10)
    s.sendall(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return s.recv(16).startswith(b"HTTP/1.1 ")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    sent = {}
    for _ in range(options.rounds):
        for kind in KINDS:
            with connect(options.host, options.port) as s:
                try:
                    kind(s, rng)
                    if rng.random() < 0.5:
                        s.shutdown(socket.SHUT_WR)
                        drain(s)
                except OSError:
                    pass  # the service may hang up first: that is its right
            sent[kind.__name__] = sent.get(kind.__name__, 0) + 1
    print(json.dumps({"sent": sent, "healthy": healthy(options.host, options.port)}))


if __name__ == "__main__":
    main()
