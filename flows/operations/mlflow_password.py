"""MLflow's server behind one name and password, as `mlflow server --app-name depthcase-password` loads it.

MLflow's own accounts (basic-auth) need a package outside the tested set and hash the password anew on each request.
"""

import hmac
from base64 import b64encode
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from flows.errors import ServiceError
from flows.settings import settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# What a machine that watches the server may ask without the password.
_OPEN = "/health"
_REFUSAL = b"A name and a password are needed: MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.\n"


def create_app() -> Application:
    """MLflow's application behind the name and password of the settings. Raises ServiceError where there are none."""
    # Here, since it loads the whole server and reads the server's environment.
    from mlflow.server.fastapi_app import app

    return behind_password(app, settings().mlflow_login)


def behind_password(app: Application, login: str) -> Application:
    """`app`, answering only who sends `login` ("user:password", HTTP basic); health stays open, sockets are closed.

    Raises ServiceError for an empty login.
    """
    if not login:
        raise ServiceError(
            "The MLflow server was told to ask for a password and has none; "
            "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
        )
    expected = b"Basic " + b64encode(login.encode())

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or _may_pass(scope, expected):
            await app(scope, receive, send)
        elif scope["type"] == "http":
            await _refuse(send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    return guarded


def _may_pass(scope: Scope, expected: bytes) -> bool:
    if scope["type"] == "http" and scope["path"] == _OPEN:
        return True
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    return len(given) == 1 and hmac.compare_digest(given[0], expected)


async def _refuse(send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(_REFUSAL)).encode()),
        (b"www-authenticate", b'Basic realm="MLflow", charset="UTF-8"'),
    ]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": _REFUSAL})
