"""The front in Python: a thread for each connection, and pools of connections to the databases."""
import argparse
import http.client
import http.server
import queue
import socketserver
import urllib.parse

import psycopg2
import pymysql
import redis

CONNECTIONS = 16
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def with_pool(make, use):
    """Calls `use` with a connection of a pool that fills up as it is needed."""
    idle = queue.LifoQueue()
    for _ in range(CONNECTIONS):
        idle.put(None)

    def call(number, request):
        connection = idle.get()
        try:
            connection = connection or make()
            use(connection, number, request)
        finally:
            idle.put(connection)
    return call


def sql_state(number):
    out = ""
    for _ in range(4):
        number, digit = divmod(number, 36)
        out = DIGITS[digit] + out
    return "T" + out


def ask_postgresql(connection, number, _):
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::int FROM pg_sleep(0.001)", (number,))
        assert cursor.fetchone() == (number,)
        try:
            cursor.execute(f"DO $$ BEGIN RAISE 'asked for' USING ERRCODE = '{sql_state(number)}'; END $$")
        except psycopg2.Error as error:
            assert error.pgcode == sql_state(number), error.pgcode


def ask_mysql(connection, number, _):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s + SLEEP(0.001)", (number,))
        assert cursor.fetchone()[0] == number
        try:
            cursor.execute(f"SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = {5_000 + number}")
        except pymysql.Error as error:
            assert error.args[0] == 5_000 + number, error


def ask_redis(connection, number, request):
    connection.set("key:" + request, number)
    try:
        connection.eval("return redis.error_reply(ARGV[1] .. ' asked for')", 0, f"E{number}")
    except redis.ResponseError as error:
        assert str(error).startswith(f"E{number} "), error


def ask_http(connection, _, request):
    connection.request("GET", "/b/http?request=" + request)
    connection.getresponse().read()


def callers(options):
    host, _, port = options.redis.rpartition(":")
    _, _, mysql_port = options.mysql.partition(")")[0].rpartition(":")
    back = urllib.parse.urlsplit(options.http)
    return {
        "pq": with_pool(lambda: psycopg2.connect(options.postgresql), ask_postgresql),
        "mysql": with_pool(lambda: pymysql.connect(host="127.0.0.1", port=int(mysql_port), user="tester", autocommit=True), ask_mysql),
        "redis": with_pool(lambda: redis.Redis(host=host, port=int(port), single_connection_client=True), ask_redis),
        "http": with_pool(lambda: http.client.HTTPConnection(back.hostname, back.port), ask_http),
    }


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        client = url.path.removeprefix("/v/").partition("-")[0]
        request = urllib.parse.parse_qs(url.query).get("request", [""])[0]
        if client != "none":
            self.server.callers[client](int(request.partition("-")[2]), request)
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"done\n")

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    parser = argparse.ArgumentParser()
    for name in ("server", "listen", "http", "postgresql", "mysql", "redis"):
        parser.add_argument("-" + name)
    options = parser.parse_args()
    host, _, port = options.listen.rpartition(":")
    server = Server((host, int(port)), Handler)
    server.callers = callers(options)
    server.serve_forever()


main()
