#!/usr/bin/env python3
"""Export over real TLS, with a certificate authority of our own: insecure, trusted and refused; and a stop does not wait for a
far side that is silent, what it did not take is sent after the next start.
"""
import contextlib
import http.server
import socket
import ssl
import subprocess
import threading
import time

import stack

REQUESTS = 40


def make_certificate(folder):
    """A server certificate for 127.0.0.1, signed by an authority that nobody knows. Returns (authority, chain with key)."""
    authority, key, request, signed = (folder / name for name in ("authority.pem", "server.key", "server.csr", "server.pem"))
    subject = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run = lambda *words: subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
    run("req", "-x509", *subject, "-keyout", folder / "authority.key", "-out", authority, "-subj", "/CN=Test authority", "-days", 2)
    run("req", *subject, "-keyout", key, "-out", request, "-subj", "/CN=test server")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    run("x509", "-req", "-in", request, "-CA", authority, "-CAkey", folder / "authority.key", "-CAcreateserial",
        "-extfile", folder / "names", "-days", 2, "-out", signed)
    authority.chmod(0o644)
    signed.write_text(signed.read_text() + key.read_text())
    return authority, signed


class Door:
    """Listens on loopback and passes what comes on to another port; with a certificate it speaks TLS. Silent: takes all, says nothing."""

    def __init__(self, to=None, certificate=None):
        self.to, self.context, self.connections, self.received = to, None, 0, 0
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError):
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            if not self.to:
                while data := connection.recv(65536):
                    self.received += len(data)
                return
            far = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self.copy, args=(far, connection), daemon=True).start()
            self.copy(connection, far)

    def copy(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.received += len(data)
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def service():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def spans(sink):
    return {query for trace in sink.traces("{ kind = server } | select(.url.query)", spans=10)
            for group in trace["spanSets"] for span in group["spans"]
            for query in (a["value"]["stringValue"] for a in span["attributes"] if a["key"] == "url.query")}


class Street:
    def __init__(self, processes, watched):
        self.processes, self.watched = processes, watched

    def sink(self, name):
        return stack.Tarsier(self.processes, "server", name=f"sink-{name}")

    def agent(self, name, endpoint, insecure, env=None, data=None):
        flags = stack.watch_ports(self.processes, [self.watched], name=name, otel={"endpoint": endpoint, "insecure": insecure})
        return stack.Tarsier(self.processes, "agent", flags=[*flags, "--capture-network=false"], name=f"agent-{name}", env=env, data=data)

    def send(self, ids):
        for n in range(REQUESTS):
            stack.fetch(f"http://127.0.0.1:{self.watched}/item?request={ids}-{n}")
        return {f"request={ids}-{n}" for n in range(REQUESTS)}


def wait_attached(tarsier):
    stack.wait_for("capture is attached", lambda: "capture attached" in tarsier.log() and tarsier.worker(), 60)


def check_tls(checks, street, folder):
    authority, certificate = make_certificate(folder)
    sinks = {name: street.sink(name) for name in ("insecure", "trusted", "refused", "plain")}
    doors = {name: Door(sink.wait_ready().ports["server-otlp-http-port"], None if name == "plain" else certificate)
             for name, sink in sinks.items()}
    url = lambda name: f"{'http' if name == 'plain' else 'https'}://127.0.0.1:{doors[name].port}"
    agents = {"insecure": street.agent("insecure", url("insecure"), True),
              "trusted": street.agent("trusted", url("trusted"), False, env={"SSL_CERT_FILE": str(authority)}),
              "refused": street.agent("refused", url("refused"), False),
              "plain": street.agent("plain", url("plain"), False)}
    for agent in agents.values():
        wait_attached(agent)
    time.sleep(2)
    sent = street.send("tls")
    for name in ("insecure", "trusted", "plain"):
        with contextlib.suppress(TimeoutError):
            stack.wait_for("the spans arrive", lambda n=name: sent <= spans(sinks[n]), 20)
    checks.equal("https, insecure: any certificate is taken", spans(sinks["insecure"]), sent)
    checks.equal("https, its authority trusted: sent", spans(sinks["trusted"]), sent)
    checks.equal("http: sent as it is, whatever insecure says", spans(sinks["plain"]), sent)
    checks.check("https, unknown authority: tried", doors["refused"].connections > 0)
    checks.equal("https, unknown authority: nothing is sent", (spans(sinks["refused"]), doors["refused"].received), (set(), 0))
    checks.check("and the log says why and what to do", "certificate does not hold" in agents["refused"].log()
                 and "allow insecure" in agents["refused"].log(), agents["refused"].log()[-1500:])
    begin = time.time()
    checks.equal("exit code of one that is refused", street.processes.stop(agents["refused"].process), 0)
    checks.check("it stops within 2.5 s", time.time() - begin < 2.5, f"{time.time() - begin:.1f} s")


def check_stop(checks, street):
    silent = Door()
    agent = street.agent("silent", f"http://127.0.0.1:{silent.port}", True)
    wait_attached(agent)
    time.sleep(2)
    sent = street.send("silent")
    stack.wait_for("a request is under way", lambda: silent.received > 0, 20)
    time.sleep(1)
    begin = time.time()
    code = street.processes.stop(agent.process)
    took = time.time() - begin
    checks.equal("a silent far side: exit code", code, 0)
    checks.check("a silent far side: stopping takes at most 2.5 s", took < 2.5, f"{took:.1f} s")
    print(f"      it took {took:.1f} s")
    sink = street.sink("later").wait_ready()
    street.agent("silent-again", f"http://127.0.0.1:{sink.ports['server-otlp-http-port']}", True, data=agent.data)
    stack.wait_for("the queue is sent", lambda: sent <= spans(sink), 30)
    checks.check("what it did not take is sent after the next start", True)


def main():
    checks = stack.Checks()
    with stack.folder("export") as processes:
        processes.folder.chmod(0o755)
        street = Street(processes, service())
        check_tls(checks, street, processes.folder)
        check_stop(checks, street)
    checks.end()


if __name__ == "__main__":
    main()
