#!/usr/bin/env python3
"""What capture alone adds to a service that speaks TLS, beside what it adds to the same service without: CPU per request of the service.

    tls_cost.py [--rounds N] [--seconds N]       needs build/release/src/capture/capture_drain, go, nginx and wrk
"""
import argparse
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/tls"), str(ROOT / "bench/capture")]

import cost  # noqa: E402
import stack  # noqa: E402
import tls_test  # noqa: E402

NGINX = """daemon off; master_process off; pid FOLDER/pid; error_log FOLDER/error.log;
events { worker_connections 512; }
http { access_log off; keepalive_requests 100000000;
  client_body_temp_path FOLDER; proxy_temp_path FOLDER; fastcgi_temp_path FOLDER; uwsgi_temp_path FOLDER; scgi_temp_path FOLDER;
  server { listen 127.0.0.1:PLAIN; location / { return 200 "0123456789"; } }
  server { listen 127.0.0.1:TLS ssl; ssl_certificate CERTIFICATE; ssl_certificate_key KEY; location / { return 200 "0123456789"; } } }
"""


def services(processes):
    """{(program, wire): (process, URL)}"""
    pair = tls_test.certificate(processes.folder)
    program, port = tls_test.build("normal"), {key: stack.free_port() for key in ("go", "go-tls", "nginx", "nginx-tls")}
    out = {}
    for wire, flags in (("plain", []), ("tls", ["-certificate", pair[0], "-key", pair[1]])):
        at = port["go" if wire == "plain" else "go-tls"]
        process = processes.start(f"go-{wire}", [program, "-listen", f"127.0.0.1:{at}", *flags])
        out["go", wire] = process, f"http{'s' * bool(flags)}://127.0.0.1:{at}/size/10"
    text = NGINX
    for word, value in {"FOLDER": processes.folder, "PLAIN": port["nginx"], "TLS": port["nginx-tls"], "CERTIFICATE": pair[0],
                        "KEY": pair[1]}.items():
        text = text.replace(word, str(value))
    (processes.folder / "nginx.conf").write_text(text)
    process = processes.start("nginx", ["nginx", "-c", processes.folder / "nginx.conf", "-e", processes.folder / "error.log"])
    out["nginx", "plain"] = process, f"http://127.0.0.1:{port['nginx']}/"
    out["nginx", "tls"] = process, f"https://127.0.0.1:{port['nginx-tls']}/"
    for _, url in out.values():
        stack.wait_for("the services answer", lambda u=url: tls_test.answers(u))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=3)
    options = parser.parse_args()
    without, added = {}, {}
    with stack.folder("tls-cost") as processes:
        measured = services(processes)
        for _ in range(options.rounds):
            before = {key: cost.round_of(*service, options.seconds) for key, service in measured.items()}
            drain = processes.start("drain", [cost.DRAIN, 600, "sockets", "/(nginx|tls/normal)$"])
            time.sleep(2)
            for key, service in measured.items():
                without.setdefault(key, []).append(before[key])
                added.setdefault(key, []).append(cost.round_of(*service, options.seconds) - before[key])
            processes.stop(drain)
            time.sleep(1)
    print(f"{'CPU of the service per request, us':38}{'plain':>16}{'TLS':>16}{'TLS adds, of plain':>20}")
    for program in ("go", "nginx"):
        cells = [f"{statistics.median(without[program, w]):.1f} {statistics.median(added[program, w]):+.1f}" for w in ("plain", "tls")]
        ratio = statistics.median(added[program, "tls"]) / statistics.median(added[program, "plain"])
        print(f"{program + ', answers only':38}{cells[0]:>16}{cells[1]:>16}{ratio:>20.2f}")


if __name__ == "__main__":
    main()
