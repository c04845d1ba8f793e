"""A server that is busy or silent for a moment is asked again; a question that might act twice is not."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from flows.errors import ServiceError
from flows.operations import servers
from flows.operations.servers import PrefectServer


class Busy(BaseHTTPRequestHandler):
    """Silent at the first question, busy at the second, then it answers."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.command)
        if len(self.asked) == 1:
            time.sleep(0.6)
        # Who was not answered in time has hung up.
        with suppress(BrokenPipeError):
            self.send_response(503 if len(self.asked) == 2 else 200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[PrefectServer]:
    quick = servers.client
    monkeypatch.setattr(servers, "client", lambda url, login: quick(url, login, time_limit=0.2))
    monkeypatch.setattr(servers, "_BUSY_PAUSES", (0.0, 0.0))
    monkeypatch.setattr(Busy, "asked", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield PrefectServer(f"http://127.0.0.1:{server.server_port}/api")
        server.shutdown()


def test_a_question_is_asked_until_it_is_answered(busy: PrefectServer) -> None:
    assert busy.request("GET", "flow_runs/1") == []
    assert Busy.asked == ["GET"] * 3


def test_what_might_act_twice_is_asked_once(busy: PrefectServer) -> None:
    with pytest.raises(ServiceError) as refused:
        busy.request("POST", "flow_runs/")
    assert str(refused.value) == (
        f"The Prefect server at {busy.api_url} does not answer (ReadTimeout); start it with depthcase up."
    )
    assert Busy.asked == ["POST"]
