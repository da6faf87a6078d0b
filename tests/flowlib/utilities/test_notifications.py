"""State handlers that tell people."""

import json
import smtplib
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar, Self

import pytest

from flowlib import Flow, task
from flowlib.engine.state import Failed, Running
from flowlib.executors import LocalExecutor
from flowlib.utilities.notifications import callback_factory, gmail_notifier, slack_notifier


class Webhook(BaseHTTPRequestHandler):
    """Keeps what it was told."""

    told: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.told.append(json.loads(self.rfile.read(length)))
        self.send_response(403 if self.path == "/refuses" else 200)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """To nobody."""


@pytest.fixture
def webhook() -> Iterator[str]:
    Webhook.told.clear()
    with HTTPServer(("127.0.0.1", 0), Webhook) as server:
        thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class Mail:
    """Stands for Gmail's server."""

    sent: ClassVar[list[EmailMessage]] = []
    logins: ClassVar[list[tuple[str, str]]] = []

    def __init__(self, host: str, port: int, timeout: float) -> None:
        assert (host, port) == ("smtp.gmail.com", 465)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        pass

    def login(self, account: str, password: str) -> None:
        self.logins.append((account, password))

    def send_message(self, message: EmailMessage) -> None:
        self.sent.append(message)


@task
def work() -> None:
    raise ValueError("no")


def run(handler: Any, **secrets: str) -> Any:
    with Flow("f") as flow:
        done = work(task_args={"state_handlers": [handler]})
    state = flow.run(executor=LocalExecutor(), context={"secrets": secrets})
    assert state is not None
    return state.result[done]


def test_a_callback_is_called_for_the_states_it_wants() -> None:
    called: list[Any] = []
    handler = callback_factory(
        lambda task, state: called.append((task.name, type(state))), lambda state: state.is_failed()
    )
    assert type(run(handler)) is Failed
    assert called == [("work", Failed)]


def test_slack(webhook: str) -> None:
    state = run(slack_notifier, SLACK_WEBHOOK_URL=webhook)
    assert type(state) is Failed
    assert [told["attachments"][0]["title"] for told in Webhook.told] == [
        "work is now in a Running state",
        "work is now in a Failed state",
    ]
    assert "ValueError" in Webhook.told[1]["attachments"][0]["text"]
    assert Webhook.told[1]["attachments"][0]["color"] == Failed.color


def test_slack_for_some_states_by_another_secret(webhook: str) -> None:
    run(slack_notifier(only_states=[Failed], webhook_secret="MINE"), MINE=webhook)
    run(slack_notifier(ignore_states=[Running], webhook_secret="MINE"), MINE=webhook)
    assert [told["attachments"][0]["color"] for told in Webhook.told] == [Failed.color] * 2


def test_a_webhook_that_refuses_is_a_failure_of_the_handler(webhook: str) -> None:
    state = run(slack_notifier, SLACK_WEBHOOK_URL=f"{webhook}/refuses")
    assert "403" in state.message
    assert "state handlers" in state.message


def test_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtplib, "SMTP_SSL", Mail)
    Mail.sent.clear()
    run(gmail_notifier(only_states=[Failed]), EMAIL_USERNAME="me@x", EMAIL_PASSWORD="p")
    (message,) = Mail.sent
    assert Mail.logins == [("me@x", "p")]
    assert (message["To"], message["Subject"]) == ("me@x", "work is now in a Failed state")
    assert "ValueError" in message.get_content()
