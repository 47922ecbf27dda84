"""Run in a network namespace of its own: nginx with our example before a stand-in for the dashboard and the
API; prints as JSON what a browser gets and what they are sent."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from dashboard.door import HEADERS, POLICY


class StandIn(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        upgraded = self.headers.get("Upgrade") == "websocket" and self.headers.get("Connection") == "upgrade"
        self.send_response(101 if upgraded else 200)
        for name, value in {**HEADERS, "content-security-policy": POLICY}.items():
            self.send_header(name, value)
        if upgraded:
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "upgrade")
            self.end_headers()
            return
        body = json.dumps({"port": self.server.server_port, **dict(self.headers)}).encode()  # type: ignore[attr-defined]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """No word."""


def get(host: str, path: str = "/", *, tls: bool = True, **headers: str) -> dict[str, Any]:
    address = {"citelift.example.com": "127.0.0.1", "api.citelift.example.com": "127.0.0.1"}[host]
    line: HTTPConnection
    if tls:
        context = ssl.create_default_context(cafile=sys.argv[2])
        raw = socket.create_connection((address, 443), 10)
        line = HTTPSConnection(host, context=context)
        line.sock = context.wrap_socket(raw, server_hostname=host)
    else:
        line = HTTPConnection(address, 80, timeout=10)
    line.request("GET", path, headers={"Host": host, **headers})
    reply = line.getresponse()
    found = {"status": reply.status, "headers": reply.getheaders()}
    if reply.status == 200:
        found["seen"] = json.loads(reply.read())
    return found


def main() -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for port in (8501, 8502):
        server = ThreadingHTTPServer(("127.0.0.1", port), StandIn)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    folder = Path(sys.argv[1]).parent
    nginx = subprocess.Popen(["nginx", "-e", str(folder / "error.log"), "-p", str(folder), "-c", sys.argv[1]])
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", 443), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        dashboard, api = "citelift.example.com", "api.citelift.example.com"
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "X-Forwarded-For": "6.6.6.6"}
        told = {
            "plain": get(dashboard, "/x?y=1", tls=False),
            "page": get(dashboard, "/", **{"X-Forwarded-For": "6.6.6.6"}),
            "socket": get(dashboard, "/_stcore/stream", **upgrade),
            "api": get(api, "/v1/visibility"),
            "signing in": [get(dashboard, "/signin")["status"] for _ in range(30)],
        }
        sys.stdout.write(json.dumps(told))
    finally:
        nginx.terminate()
        nginx.wait(10)


if __name__ == "__main__":
    main()
