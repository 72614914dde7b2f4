"""Somebody outside who waits for the heartbeat of notify: an HTTP server that keeps which paths it was asked for."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

SECRET = "only-we-know"


class Watcher:
    def __init__(self) -> None:
        watcher, self.paths, self.status = self, list[str](), 200

        class Asked(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                watcher.paths.append(self.path)
                self.send_response(watcher.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Asked)
        self.url = f"http://127.0.0.1:{self.server.server_port}/{SECRET}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
