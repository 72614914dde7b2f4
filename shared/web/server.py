"""nameko's web server with the limits that it lacks; one in each process, behind the doors."""

from collections.abc import Callable
from functools import partial
from typing import Any

import eventlet
import structlog
from eventlet import wsgi
from nameko.web.server import WebServer
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from shared.web.responses import no_door

log = structlog.get_logger()
CONNECTIONS = 1000  # at once; further ones wait in the kernel
SOCKET_TIMEOUT = 15  # seconds without a byte before a connection is closed


class Protocol(wsgi.HttpProtocol):
    """Answers what is no request by a problem body, as doors answer; the standard library would write a page."""

    default_request_version = "HTTP/1.0"  # else it answers, as in 1991, without a status
    error_content_type = "application/problem+json"
    error_message_format = (
        '{"type":"urn:ombud:problem:not-http","title":"NotHttp","status":%(code)d,"detail":"%(explain)s"}'
    )


class LimitedServer(WebServer):
    """nameko's server with a socket timeout, without its request log, and with problem bodies for unknown paths."""

    _starting: bool

    def start(self) -> None:
        if self._starting:
            return
        self._starting = True
        # Not the default, with which a second service would share the port instead of being refused.
        self._sock = eventlet.listen(self.bind_addr, reuse_port=False, backlog=512)
        self._sock.settimeout(None)
        self._serv = self.get_wsgi_server(self._sock, self.get_wsgi_app())
        self._places = eventlet.semaphore.Semaphore(CONNECTIONS)
        self._gt = self.container.spawn_managed_thread(self.run)

    def run(self) -> None:
        """Accepts until stopped; nameko's own loop ends the service at the first error, such as too many open files."""
        while self._is_accepting:
            self._places.acquire()
            try:
                sock, address = self._sock.accept()
            except OSError as error:
                self._places.release()
                log.warning("connection_not_accepted", error=str(error))
                eventlet.sleep(0.2)
                continue
            sock.settimeout(SOCKET_TIMEOUT)
            self.container.spawn_managed_thread(partial(self._serve, sock, address))

    def _serve(self, sock: Any, address: Any) -> None:
        try:
            self.process_request(sock, address)
        except Exception as error:
            log.warning("connection_broken", error=type(error).__name__)
        finally:
            self._places.release()

    def get_wsgi_server(self, sock: Any, wsgi_app: Any, **_: Any) -> wsgi.Server:
        return wsgi.Server(
            sock,
            sock.getsockname(),
            wsgi_app,
            log_output=False,
            socket_timeout=SOCKET_TIMEOUT,
            debug=False,
            keepalive=True,
            url_length_limit=8192,
            protocol=Protocol,
        )

    def get_wsgi_app(self) -> Callable[..., Any]:
        inner = super().get_wsgi_app()
        inner.url_map.merge_slashes = False  # not found, as other misspelt addresses, instead of a redirect

        def app(environ: dict[str, Any], start_response: Any) -> Any:
            adapter = inner.url_map.bind_to_environ(environ)
            try:
                provider, values = adapter.match()
            except HTTPException as error:
                response: Any = error if isinstance(error.response, Response) else no_door(error)
                return response(environ, start_response)
            # eventlet reads a chunked body to its end; werkzeug would take it for empty without being told.
            if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
                environ["wsgi.input_terminated"] = True
            request = Request(environ)
            request.path_values = values  # type: ignore[attr-defined]
            return provider.handle_request(request)(environ, start_response)

        return app
