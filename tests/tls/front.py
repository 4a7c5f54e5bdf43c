"""The front of tls_test.py in Python: a thread a connection, http.server with TLS; calls with http.client.

    front.py PORT CERTIFICATE KEY TARGET_PORT
"""
import http.client
import http.server
import ssl
import sys
import threading
import urllib.parse

port, certificate, key, target = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
outgoing = ssl.create_default_context()
outgoing.check_hostname, outgoing.verify_mode = False, ssl.CERT_NONE
kept = threading.local()


def call(path):
    if not hasattr(kept, "connection"):
        kept.connection = http.client.HTTPSConnection("127.0.0.1", target, context=outgoing)
    kept.connection.request("GET", path)
    kept.connection.getresponse().read()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        path = url.path
        if path.startswith("/call"):
            path = path.removeprefix("/call")
            call(f"{path}?{url.query}")
        body = b"0" * int(path.removeprefix("/size/"))
        self.send_response(int(urllib.parse.parse_qs(url.query).get("status", ["200"])[0]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


server = Server(("127.0.0.1", port), Handler)
incoming = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
incoming.load_cert_chain(certificate, key)
server.socket = incoming.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
