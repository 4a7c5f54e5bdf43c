"""grpcio: the server and the client that main.go has, in Python.

    echo.py server ADDRESS
    echo.py client ADDRESS --requests N [--concurrency N] [--context HEX]
"""
import argparse
import concurrent.futures
import contextlib
import itertools
import json
import os
import sys
import threading
import time
import urllib.request

import grpc

# What a server's handlers call.
WEB, RPC = os.environ.get("WEB", ""), os.environ.get("RPC", "")
DOWN = grpc.insecure_channel(RPC) if RPC else None


def call_out(context):
    """A handler's own calls, which carry the trace id of its request where it can be seen."""
    given = dict(context.invocation_metadata()).get("traceparent")
    if given and WEB:
        urllib.request.urlopen(f"http://{WEB}/small?request={given.split('-')[1]}").read()
    if given and RPC:
        with contextlib.suppress(grpc.RpcError):
            DOWN.unary_unary(f"/down.Down/{given.split('-')[1]}")(b"x")


def unary(message, context):
    call_out(context)
    if message.startswith(b"slow"):
        time.sleep(0.02)
    if message.startswith(b"code"):
        context.abort(next(code for code in grpc.StatusCode if code.value[0] == int(message.split()[1])), "as asked")
    return message


def watch(message, _):
    for _ in range(4):
        yield message
        time.sleep(0.002)


def chat(messages, _):
    yield from messages


def serve(address):
    handlers = {"Unary": grpc.unary_unary_rpc_method_handler(unary), "Watch": grpc.unary_stream_rpc_method_handler(watch),
                "Chat": grpc.stream_stream_rpc_method_handler(chat)}
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(64),
                         handlers=[grpc.method_handlers_generic_handler("echo.Echo", handlers)])
    assert server.add_insecure_port(address)
    server.start()
    server.wait_for_termination()


def call(channel, kind, number, metadata):
    """The method and the name of its status."""
    name = {3: "Watch", 4: "Chat", 7: "Nothing"}.get(kind, "Unary")
    path = f"/echo.Echo/{name}"
    message = {1: b"code 5", 2: b"big " + b"x" * 40_000, 5: b"slow", 6: b"code 13"}.get(kind, b"ok %d" % number)
    try:
        if kind == 3:
            list(channel.unary_stream(path)(message, metadata=metadata))
        elif kind == 4:
            list(channel.stream_stream(path)(iter([message] * 3), metadata=metadata))
        else:
            channel.unary_unary(path)(message, metadata=metadata)
    except grpc.RpcError as error:
        return path, error.code().name
    return path, "OK"


def load(options):
    sys.stdin.readline()  # the test says when
    channel = grpc.insecure_channel(options.address)
    numbers, lock, stop = itertools.count(), threading.Lock(), threading.Event()
    if options.requests == 0:
        threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()

    def work(_):
        while True:
            number = next(numbers)
            if stop.is_set() or 0 < options.requests <= number:
                return
            trace = f"{options.context}{number + 1:016x}"
            metadata = [("traceparent", f"00-{trace}-{number + 1:016x}-01")] if options.context else None
            start = time.time_ns()
            name, status = call(channel, number % 8, number, metadata)
            line = json.dumps({"id": trace, "name": name, "status": status, "sent": 0, "received": 0, "start": start,
                               "ms": (time.time_ns() - start) / 1e6})
            with lock:
                print(line, flush=True)
            if options.requests == 0:
                time.sleep(0.002)

    with concurrent.futures.ThreadPoolExecutor(options.concurrency) as pool:
        list(pool.map(work, range(options.concurrency)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=("server", "client"))
    parser.add_argument("address")
    parser.add_argument("--requests", type=int, default=100, help="0: until standard input ends")
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--context", default="")
    options = parser.parse_args()
    if options.role == "server":
        serve(options.address)
    else:
        load(options)


if __name__ == "__main__":
    main()
