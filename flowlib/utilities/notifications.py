"""State handlers made of callbacks, and such that tell people by Slack or mail."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowlib.client.secrets import Secret

if TYPE_CHECKING:
    from flowlib.engine.state import State

#: Seconds to wait for a server that is told something.
PATIENCE = 30


@dataclass(frozen=True, slots=True)
class Callback:
    """A state handler that calls a function when the new state fits."""

    fn: "Callable[[Any, State], Any]"
    check: "Callable[[State], bool]"

    def __call__(self, tracked: Any, old_state: "State", new_state: "State") -> "State":
        if self.check(new_state):
            self.fn(tracked, new_state)
        return new_state


def callback_factory(
    fn: "Callable[[Any, State], Any]", check: "Callable[[State], bool]"
) -> Callback:
    """A state handler that calls ``fn(task or flow, state)`` when ``check(state)`` holds."""
    return Callback(fn, check)


def is_failed(state: "State") -> bool:
    """A check for callback_factory."""
    return state.is_failed()


def slack_notifier(
    tracked_obj: Any = None,
    old_state: "State | None" = None,
    new_state: "State | None" = None,
    ignore_states: "Iterable[type[State]] | None" = None,
    only_states: "Iterable[type[State]] | None" = None,
    webhook_secret: str | None = None,
    backend_info: bool = True,
    proxies: dict[str, str] | None = None,
) -> Any:
    """A state handler that posts each new state to the webhook in a secret: SLACK_WEBHOOK_URL.

    ``slack_notifier(only_states=[Failed])`` makes one. backend_info is taken and ignored: there is
    no server to link to. Raises OSError where the webhook refuses.
    """
    if new_state is None:
        return functools.partial(
            slack_notifier,
            ignore_states=ignore_states,
            only_states=only_states,
            webhook_secret=webhook_secret,
            proxies=proxies,
        )
    if _wanted(new_state, ignore_states, only_states):
        import json
        import urllib.error
        import urllib.request  # slow to import, for the flows that tell

        message = {
            "attachments": [
                {
                    "fallback": _told(tracked_obj, new_state),
                    "color": new_state.color,
                    "title": _told(tracked_obj, new_state),
                    "text": str(new_state.message or ""),
                }
            ]
        }
        request = urllib.request.Request(
            Secret(webhook_secret or "SLACK_WEBHOOK_URL").get(),
            data=json.dumps(message).encode(),
            headers={"Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies))
        try:
            opener.open(request, timeout=PATIENCE).close()
        except urllib.error.HTTPError as exc:
            exc.close()
            raise
    return new_state


def gmail_notifier(
    tracked_obj: Any = None,
    old_state: "State | None" = None,
    new_state: "State | None" = None,
    ignore_states: "Iterable[type[State]] | None" = None,
    only_states: "Iterable[type[State]] | None" = None,
) -> Any:
    """A state handler that mails each new state, from and to the account in two secrets:
    EMAIL_USERNAME and EMAIL_PASSWORD.

    ``gmail_notifier(only_states=[Failed])`` makes one. Raises what smtplib raises.
    """
    if new_state is None:
        return functools.partial(
            gmail_notifier, ignore_states=ignore_states, only_states=only_states
        )
    if _wanted(new_state, ignore_states, only_states):
        import email.message
        import smtplib

        account = Secret("EMAIL_USERNAME").get()
        message = email.message.EmailMessage()
        message["From"] = message["To"] = account
        message["Subject"] = _told(tracked_obj, new_state)
        message.set_content(str(new_state.message or ""))
        with smtplib.SMTP_SSL("smtp.gmail.com", 465, timeout=PATIENCE) as server:
            server.login(account, Secret("EMAIL_PASSWORD").get())
            server.send_message(message)
    return new_state


def _wanted(
    state: "State",
    ignore_states: "Iterable[type[State]] | None",
    only_states: "Iterable[type[State]] | None",
) -> bool:
    ignored = isinstance(state, tuple(ignore_states or ()))
    return not ignored and (not only_states or isinstance(state, tuple(only_states)))


def _told(tracked: Any, state: "State") -> str:
    return f"{tracked.name} is now in a {type(state).__name__} state"
