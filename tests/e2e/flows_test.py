#!/usr/bin/env python3
"""Network flows beside the kernel's own counts: bytes of every TCP and UDP connection, over IPv4 and IPv6 loopback, of
processes that are watched and of others, within 1 % of what TCP_INFO says, and not counted twice.

    flows_test.py [--megabytes 50]
"""
import argparse
import os
import signal
import socket
import struct
import sys
import threading
import time

import stack

CHUNK = 64 << 10
DATAGRAMS, ASKED, ANSWERED = 3000, 1000, 100


def tcp_info(s):
    """(bytes acknowledged by the other end, bytes received), each less what SYN and FIN count for."""
    acked, received = struct.unpack_from("=QQ", s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), 120)
    return acked, received


def receive(s, size):
    while size:
        size -= len(s.recv(min(size, CHUNK))) or sys.exit("connection ended early")


def serve(family, port, manner):
    """A mover: each connection says how much it will send and wants back, as often as it likes. A child or a thread answers.

    UDP: answers each datagram."""
    address = ("127.0.0.1" if family == "4" else "::1", int(port))
    kind = socket.AF_INET if family == "4" else socket.AF_INET6
    if manner == "udp":
        with socket.socket(kind, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            s.bind(address)
            print("ready", flush=True)
            while True:
                s.sendto(b"a" * ANSWERED, s.recvfrom(2000)[1])
    listener = socket.create_server(address, family=kind, backlog=64)
    print("ready", flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection = listener.accept()[0]
        if manner == "threads":
            threading.Thread(target=answer, args=(connection,), daemon=True).start()
        elif os.fork() == 0:
            answer(connection)
            os._exit(0)
        else:
            connection.close()


def answer(connection):
    with connection:
        while head := connection.recv(16, socket.MSG_WAITALL):
            sent, wanted = struct.unpack("!QQ", head)
            receive(connection, sent)
            connection.sendall(b"a" * wanted)


class Connection:
    def __init__(self, family, port):
        self.socket = socket.create_connection(("127.0.0.1" if family == "4" else "::1", port))

    def move(self, sent, wanted):
        self.socket.sendall(struct.pack("!QQ", sent, wanted))
        chunk, left = b"q" * CHUNK, sent
        while left:
            left -= self.socket.send(chunk[:left])
        receive(self.socket, wanted)

    def close(self):
        """TCP_INFO just before the end."""
        info = tcp_info(self.socket)
        self.socket.close()
        return info


def start_mover(processes, name, family, port, manner="threads"):
    command = [sys.executable, __file__, "serve", family, str(port), manner]
    mover = processes.start(name, command, env={"OTEL_SERVICE_NAME": name})
    log = processes.folder / f"{name}.log"
    stack.wait_for(f"{name} listens", lambda: log.read_text(), 30)
    return mover


def flows(tarsier, port, metric="bytes"):
    """By direction: total, and the labels of each series."""
    out = {"request": 0.0, "response": 0.0}
    series = tarsier.promql(f'beyla_network_flow_{metric}_total{{server_port="{port}"}}')
    for labels, value in series:
        out[labels["direction"]] += value
    return out, [labels for labels, _ in series]


def check_flow(checks, tarsier, what, port, asked, answered):
    got, series = flows(tarsier, port)
    checks.near(f"{what}: request bytes ({asked / 1e6:.1f} MB)", got["request"], asked, 0.01)
    checks.near(f"{what}: response bytes ({answered / 1e6:.1f} MB)", got["response"], answered, 0.01)
    return series


def check_name(checks, series, name):
    checks.equal("its name, as destination of requests and source of responses",
                 {(l["direction"], l.get("service_peer_name" if l["direction"] == "request" else "service_name")) for l in series},
                 {("request", name), ("response", name)})


def many_connections(family, port, megabytes):
    """Several connections, one after another and side by side; returns what TCP_INFO says of them all."""
    asked = answered = 0
    size = (megabytes << 20) // 10
    for _ in range(5):
        pair = [Connection(family, port) for _ in range(2)]
        for connection in pair:
            connection.move(size // 2, 10_000)
        for connection in reversed(pair):
            connection.move(size // 2, 200_000)
        for connection in pair:
            acked, received = connection.close()
            asked, answered = asked + acked, answered + received
    return asked, answered


def send_datagrams(family, port):
    kind = socket.AF_INET if family == "4" else socket.AF_INET6
    with socket.socket(kind, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        for _ in range(DATAGRAMS):
            s.sendto(b"q" * ASKED, ("127.0.0.1" if family == "4" else "::1", port))
            s.recv(2000)
    return DATAGRAMS * ASKED, DATAGRAMS * ANSWERED


def restart_worker(tarsier):
    old = tarsier.worker()
    os.kill(old, signal.SIGKILL)
    stack.wait_for("the worker is started again", lambda: tarsier.worker() != old and stack.fetch(tarsier.url() + "/ready"), 20)


def settle():
    time.sleep(5 + 5 + 2)  # live connections are reported every 5 s, metrics sent every 5 s


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=50)
    megabytes = parser.parse_args().megabytes
    checks = stack.Checks()
    watched, forks, silent, live, early, udp4, udp6 = (stack.free_port() for _ in range(7))
    with stack.folder("flows") as processes:
        start_mover(processes, "early", "4", early)
        before = Connection("4", early)
        before.move(20_000_000, 2_000_000)
        at_attach = tcp_info(before.socket)
        tarsier = stack.Tarsier(processes, flags=stack.watch_ports(processes, [watched, forks])).wait_ready()
        start_mover(processes, "watched", "4", watched)
        start_mover(processes, "forks", "4", forks, "children")
        start_mover(processes, "silent", "6", silent)
        start_mover(processes, "live", "4", live)
        start_mover(processes, "udp4", "4", udp4, "udp")
        start_mover(processes, "udp6", "6", udp6, "udp")
        time.sleep(2)  # until the listener is found and named

        v4 = many_connections("4", watched, megabytes)
        forked = many_connections("4", forks, megabytes)
        v6 = many_connections("6", silent, megabytes)
        stays = Connection("4", live)
        stays.move(10_000_000, 3_000_000)
        before.move(5_000_000, 1_000_000)
        u4, u6 = send_datagrams("4", udp4), send_datagrams("6", udp6)
        settle()

        series = check_flow(checks, tarsier, "IPv4, a watched service", watched, *v4)
        check_name(checks, series, "watched")
        checks.equal("its addresses", {(l["src_address"], l["dst_address"], l["transport"]) for l in series},
                     {("127.0.0.1", "127.0.0.1", "tcp")})
        check_name(checks, check_flow(checks, tarsier, "a child for each connection", forks, *forked), "forks")
        series = check_flow(checks, tarsier, "IPv6, nobody watched", silent, *v6)
        checks.equal("its addresses", {(l["src_address"], l["dst_address"], l["transport"]) for l in series}, {("::1", "::1", "tcp")})
        check_flow(checks, tarsier, "a connection that lives on", live, *tcp_info(stays.socket))
        now = tcp_info(before.socket)
        check_flow(checks, tarsier, "a connection from before the attach: what came after it", early,
                   *(b - a for a, b in zip(at_attach, now)))
        series = check_flow(checks, tarsier, "UDP over IPv4", udp4, *u4)
        checks.equal("its transport", {l["transport"] for l in series}, {"udp"})
        check_flow(checks, tarsier, "UDP over IPv6", udp6, *u6)
        packets, _ = flows(tarsier, udp4, "packets")
        checks.equal("datagrams", packets, {"request": DATAGRAMS, "response": DATAGRAMS})

        restart_worker(tarsier)
        stays.move(1_000_000, 500_000)
        settle()
        got, _ = flows(tarsier, live)
        checks.near("a new worker counts only what came since", got["request"], 1_000_000, 0.01)
        checks.equal("exit code", processes.stop(tarsier.process), 0)
    checks.end()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    main()
