"""Nylas's client for Python as the scripts beside use it, and a check that answers have the types it declares."""

import dataclasses
import os
import typing

from nylas import Client
from nylas.handler.http_client import HttpClient
from nylas.models.errors import NylasApiError

BASE_URL = os.environ["ROOKERY_BASE_URL"]
nylas = Client(os.environ["ROOKERY_API_KEY"], BASE_URL)

_execute = HttpClient._execute
_bodies = []


def _recorded(*arguments, **options):
    answer = _execute(*arguments, **options)
    _bodies.append(answer[0])
    return answer


HttpClient._execute = _recorded


def refusal(call):
    """Status and type of what is refused. An error that is not the client's own, or has no request id, is raised."""
    try:
        call()
    except NylasApiError as error:
        assert error.request_id and error.type != "unknown", error
        return [error.status_code, error.type]
    return None


def read(answer):
    """
    What the client decoded of the answer that came last. It raises where a field that it needs is absent, but makes a
    number of a text and a text of a number: the body itself is looked at for those, which are raised here.
    """
    decoded, body = answer.data, _bodies[-1]["data"]
    if isinstance(decoded, list):
        items = body["items"] if isinstance(body, dict) else body
        pairs = list(zip(decoded, items, strict=True))
    else:
        pairs = [(decoded, body)]
    for one, raw in pairs:
        wrong = list(_misfits(raw, type(one), type(one).__name__))
        assert not wrong, wrong
    return decoded


def _misfits(raw, declared, path):
    if typing.get_origin(declared) is typing.Union:
        if raw is None:
            return
        declared = typing.get_args(declared)[0]
    origin = typing.get_origin(declared) or declared
    wrong = f"{path}: {raw!r}"
    if dataclasses.is_dataclass(declared):
        if not isinstance(raw, dict):
            yield wrong
            return
        for name, of_field in typing.get_type_hints(declared).items():
            yield from _misfits(raw.get(name), of_field, f"{path}.{name}")
    elif origin is list:
        if not isinstance(raw, list):
            yield wrong
            return
        for item in raw:
            yield from _misfits(item, typing.get_args(declared)[0], f"{path}[]")
    elif origin is float:
        if not isinstance(raw, (int, float)):
            yield wrong
    elif origin is typing.Literal:
        if raw not in typing.get_args(declared):
            yield wrong
    elif origin is not typing.Any and type(raw) is not origin:
        yield wrong


def walk(method, *arguments, limit):
    """All items of a list page by page, as the client has its callers do it; and how many were on each page."""
    items, sizes, query = [], [], {"limit": limit}
    while True:
        page = method(*arguments, query_params=query)
        assert page.request_id
        items += read(page)
        sizes.append(len(page.data))
        if not page.next_cursor:
            return items, sizes
        query = {"limit": limit, "page_token": page.next_cursor}
