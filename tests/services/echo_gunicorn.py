"""GET /echo/{id} as a WSGI application: gunicorn runs it in several processes."""
import echo_common


def application(environ, start_response):
    status, body = echo_common.answer("echo_gunicorn", environ["PATH_INFO"])
    reason = {200: "OK", 404: "Not Found"}.get(status, "Bad Gateway")
    start_response(f"{status} {reason}", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
