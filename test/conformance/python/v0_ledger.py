"""AgentMail's client for Python, every method of it: which were called, how each answered, and which were not."""

import inspect
import os

from agentmail import AgentMail
from agentmail.core.api_error import ApiError
from agentmail.environment import AgentMailEnvironment

BASE_URL = os.environ["ROOKERY_BASE_URL"]
# It repeats a 409 by itself, which is not looked at here.
ONCE = {"max_retries": 0}


def client_of(key=None):
    sockets = BASE_URL.replace("http", "ws", 1)
    environment = AgentMailEnvironment(http=BASE_URL, websockets=sockets)
    return AgentMail(api_key=key or os.environ["ROOKERY_API_KEY"], environment=environment)


client = client_of()
_outcomes = {}


class _Methods:
    """The methods of a resource, by the names that the client has for them, each recorded when it is called."""

    def __init__(self, resource, path):
        self._resource = resource
        self._path = path

    def __getattr__(self, name):
        member = getattr(self._resource, name)
        path = [*self._path, name]
        if not inspect.ismethod(member):
            return _Methods(member, path)
        return lambda *values, **options: _recorded(".".join(path), member, values, options)


def _recorded(name, method, values, options):
    outcomes = _outcomes.setdefault(name, [])
    try:
        answer = method(*values, **options, request_options=ONCE)
        # What is streamed has been answered when its first bytes are there.
        answer = b"".join(answer) if inspect.isgenerator(answer) else answer
    except ApiError as error:
        body = error.body if isinstance(error.body, dict) else getattr(error.body, "__dict__", {})
        outcomes.append([error.status_code, body.get("code")])
        return None
    outcomes.append("ok")
    return answer


def methods(of=client):
    return _Methods(of, [])


def mark(name):
    """A method that was called by other means."""
    _outcomes.setdefault(name, []).append("ok")


def _names(resource, path):
    for name in dir(type(resource)):
        if name.startswith("_") or name == "with_raw_response":
            continue
        member = getattr(resource, name)
        if inspect.ismethod(member):
            # At the top there is only a helper for raw requests.
            if path:
                yield ".".join([*path, name])
        elif type(member).__name__.endswith("Client"):
            yield from _names(member, [*path, name])


def ledger():
    """What was refused and with what, by method; those that only worked; those that nobody called."""
    every = sorted(_names(client, []))
    refused = {name: outcomes for name, outcomes in _outcomes.items() if set(map(str, outcomes)) != {"ok"}}
    return {
        "methods": len(every),
        "uncalled": [name for name in every if name not in _outcomes],
        "worked": len(_outcomes) - len(refused),
        "refused": refused,
    }
