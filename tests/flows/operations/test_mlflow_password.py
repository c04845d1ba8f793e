"""The password before the MLflow server: who may pass, on every kind of connection."""

import asyncio
from base64 import b64encode
from typing import Any

import pytest

from flows.errors import ServiceError
from flows.operations.mlflow_password import behind_password

LOGIN = "press:pass:with colon ä"


async def _inner(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "passed"})


def ask(path: str = "/api", *, headers: tuple[tuple[bytes, bytes], ...] = (), kind: str = "http") -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {}

    scope = {"type": kind, "path": path, "headers": list(headers)}
    asyncio.run(behind_password(_inner, LOGIN)(scope, receive, send))
    return sent


def basic(login: str) -> tuple[bytes, bytes]:
    return b"authorization", b"Basic " + b64encode(login.encode())


def test_the_right_password_passes() -> None:
    assert ask(headers=(basic(LOGIN),)) == [{"type": "passed"}]


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (basic("press:wrong"),),
        (basic(":"),),
        ((b"authorization", b"Basic " + LOGIN.encode()),),
        ((b"authorization", b"Bearer " + b64encode(LOGIN.encode())),),
        (basic("press:wrong"), basic(LOGIN)),
    ],
)
def test_anything_else_is_told_to_give_one(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    start, body = ask(headers=headers)
    assert start["status"] == 401
    assert (b"www-authenticate", b'Basic realm="MLflow", charset="UTF-8"') in start["headers"]
    assert b"MLFLOW_TRACKING_PASSWORD" in body["body"]


def test_only_the_very_path_of_health_is_open() -> None:
    assert ask("/health") == [{"type": "passed"}]
    for path in ("/health/", "/healthy", "//health", "/api/health", "/HEALTH", "/health/../api"):
        assert ask(path)[0]["status"] == 401


def test_a_socket_without_the_password_is_closed() -> None:
    assert ask(kind="websocket") == [{"type": "websocket.close", "code": 1008}]
    assert ask("/health", kind="websocket") == [{"type": "websocket.close", "code": 1008}]
    assert ask(headers=(basic(LOGIN),), kind="websocket") == [{"type": "passed"}]


def test_the_server_may_begin_and_end() -> None:
    assert ask(kind="lifespan") == [{"type": "passed"}]


def test_no_password_is_not_taken_for_an_open_door() -> None:
    with pytest.raises(ServiceError) as refused:
        behind_password(_inner, "")
    assert str(refused.value) == (
        "The MLflow server was told to ask for a password and has none; "
        "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
    )
