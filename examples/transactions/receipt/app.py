"""receipt makes a receipt for a transaction: a service that is not Go, run by gunicorn with sync workers.

    gunicorn --workers 2 --bind :8082 app:application
"""
import json
import os
import sys
import time
import urllib.parse

# Shortens the work in tests, as the database's flag does.
SPEEDUP = float(os.environ.get("SPEEDUP", "1"))


def receipt_for(transaction, request_id):
    time.sleep(0.005 / SPEEDUP)
    lines = [f"{'operation':<12}{transaction.get('operation', '')}", f"{'amount':<12}{transaction.get('amount', 0):.2f}"]
    return {"receipt": "\n".join(lines), "user_id": transaction.get("user_id"), "request": request_id}


def application(environ, start_response):
    def answer(status, body):
        data = json.dumps(body).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
        return [data]

    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
    if path == "/health":
        return answer("200 OK", {"status": "healthy"})
    if path != "/receipt":
        return answer("404 Not Found", {"error": f"nothing at {path}"})
    if method != "POST":
        return answer("405 Method Not Allowed", {"error": "POST a transaction"})
    query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""))
    request_id = query.get("request", [""])[0]
    try:
        transaction = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    except ValueError as error:
        return answer("400 Bad Request", {"error": f"the body is not JSON: {error}"})
    print(json.dumps({"level": "INFO", "msg": "receipt made", "request": request_id}), file=sys.stdout, flush=True)
    return answer("200 OK", receipt_for(transaction, request_id))
