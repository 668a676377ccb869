"""Nylas's client for Python as the scripts beside use it, and a check that what it read has the types it declares."""

import dataclasses
import os
import typing

from nylas import Client
from nylas.models.errors import NylasApiError

BASE_URL = os.environ["ROOKERY_BASE_URL"]
nylas = Client(os.environ["ROOKERY_API_KEY"], BASE_URL)


def refusal(call):
    """Status and type of what is refused. An error that is not the client's own, or has no request id, is raised."""
    try:
        call()
    except NylasApiError as error:
        assert error.request_id and error.type != "unknown", error
        return [error.status_code, error.type]
    return None


def read(value):
    """The value itself. The decoder of the client keeps a text where it declares a number: that is raised here."""
    for one in value if isinstance(value, list) else [value]:
        wrong = list(_misfits(one, type(one), type(one).__name__))
        assert not wrong, wrong
    return value


def _misfits(value, declared, path):
    if typing.get_origin(declared) is typing.Union:
        if value is None:
            return
        declared = typing.get_args(declared)[0]
    origin = typing.get_origin(declared) or declared
    if dataclasses.is_dataclass(declared):
        for name, of_field in typing.get_type_hints(declared).items():
            yield from _misfits(getattr(value, name), of_field, f"{path}.{name}")
    elif origin is list:
        if not isinstance(value, list):
            yield f"{path}: {value!r}"
            return
        for item in value:
            yield from _misfits(item, typing.get_args(declared)[0], f"{path}[]")
    elif origin is float:
        if not isinstance(value, (int, float)):
            yield f"{path}: {value!r}"
    elif origin is typing.Literal:
        if value not in typing.get_args(declared):
            yield f"{path}: {value!r}"
    elif origin is not typing.Any and (not isinstance(value, origin) or (origin is int and isinstance(value, bool))):
        yield f"{path}: {value!r}"


def walk(method, *arguments, limit):
    """All items of a list page by page, as the client has its callers do it; and how many were on each page."""
    items, sizes, query = [], [], {"limit": limit}
    while True:
        data, request_id, cursor, _headers = method(*arguments, query_params=query)
        assert request_id
        items += read(data)
        sizes.append(len(data))
        if not cursor:
            return items, sizes
        query = {"limit": limit, "page_token": cursor}
