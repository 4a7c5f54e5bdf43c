"""What both Python services do: ask DOWNSTREAM + id when that is set, over a connection kept by each thread."""
import http.client
import json
import os
import threading
import urllib.parse

DOWNSTREAM = urllib.parse.urlsplit(os.environ.get("DOWNSTREAM", ""))
local = threading.local()


def ask(echo_id):
    for attempt in (1, 2):
        connection = getattr(local, "connection", None)
        if connection is None:
            connection = local.connection = http.client.HTTPConnection(DOWNSTREAM.netloc, timeout=10)
        try:
            connection.request("GET", DOWNSTREAM.path + echo_id)
            response = connection.getresponse()
            return json.loads(response.read())
        except (http.client.HTTPException, ConnectionError):
            # A server may close a kept connection at any time; the request is safe to send again.
            connection.close()
            local.connection = None
            if attempt == 2:
                raise


def answer(service, path):
    """Returns the status and the body for a GET of this path."""
    if not path.startswith("/echo/"):
        return 404, b"{}"
    out = {"service": service, "id": path[6:]}
    status = 200
    if DOWNSTREAM.netloc:
        try:
            out["downstream"] = ask(out["id"])
        except (OSError, ValueError, http.client.HTTPException) as error:
            status, out["error"] = 502, str(error)
    return status, json.dumps(out).encode()
