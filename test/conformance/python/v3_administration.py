"""Nylas's client for Python against the administrative routes of /v3. Prints what it read, as JSON."""

import json
import os

from nylas import Client
from nylas.models.errors import NylasApiError, NylasOAuthError

KEY = os.environ["ROOKERY_API_KEY"]
INBOX = os.environ["INBOX"]
nylas = Client(KEY, os.environ["ROOKERY_BASE_URL"])

# The client wants the headers of a service account on domains; a key beside them is what counts here.
SIGNED = {
    "headers": {
        "X-Nylas-Kid": "key",
        "X-Nylas-Timestamp": "1",
        "X-Nylas-Nonce": "nonce",
        "X-Nylas-Signature": "signature",
        "Authorization": f"Bearer {KEY}",
    }
}


def refusal(call):
    """Status, type and whether there is a request id, as the client has them."""
    try:
        call()
    except NylasApiError as error:
        return [error.status_code, error.type, bool(error.request_id)]
    except NylasOAuthError as error:
        return [error.status_code, error.error, error.error_description]
    return None


def application():
    info = nylas.applications.info()
    nylas.applications.update(request_body={"branding": {"name": "Python"}})
    again = nylas.applications.info().data
    return [bool(info.request_id), info.data.environment, again.branding.name]


def redirect_uris():
    uris = nylas.applications.redirect_uris
    made = uris.create(request_body={"url": "https://app.example.com/python", "platform": "web"}).data
    changed = uris.update(made.id, request_body={"url": "https://app.example.com/other"}).data
    found = uris.find(made.id).data
    listed = [uri.id for uri in uris.list().data]
    deleted = bool(uris.destroy(made.id).request_id)
    return [found.url == changed.url, found.platform, made.id in listed, deleted]


def connectors():
    listed = nylas.connectors.list(query_params={"limit": 10}).data
    made = nylas.connectors.create(request_body={"provider": "nylas", "name": "Ours"}).data
    changed = nylas.connectors.update("nylas", request_body={"scope": ["a"]}).data
    found = nylas.connectors.find("nylas").data
    credentials = nylas.connectors.credentials.list("nylas").data
    return [len(listed), made.provider, changed.scope, found.scope, credentials]


def domains():
    body = {"name": "Agents", "domain_address": "python.example.com"}
    made = nylas.domains.create(body, overrides=SIGNED).data
    found = nylas.domains.find("python.example.com", overrides=SIGNED).data
    renamed = nylas.domains.update(made.id, {"name": "Fleet"}, overrides=SIGNED).data
    record = nylas.domains.get_info(made.id, {"type": "spf"}, overrides=SIGNED).data
    listed = [one.id for one in nylas.domains.list(query_params={"limit": 200}, overrides=SIGNED).data]
    deleted = bool(nylas.domains.destroy(made.id, overrides=SIGNED).request_id)
    return [found.id == made.id, renamed.name, record.domain_id == made.id, made.id in listed, deleted]


def detection():
    def detect(email):
        found = nylas.auth.detect_provider({"email": email, "all_provider_types": True}).data
        return [found.detected, found.provider]

    return [detect(INBOX), detect("a+b@gmail.com")]


print(
    json.dumps(
        {
            "application": application(),
            "redirect_uris": redirect_uris(),
            "connectors": connectors(),
            "domains": domains(),
            "detection": detection(),
            "calendars": nylas.calendars.list(INBOX).data,
            "refusals": {
                "key": refusal(Client("am_us_wrong", os.environ["ROOKERY_BASE_URL"]).applications.info),
                "absent": refusal(lambda: nylas.connectors.find("google")),
                "used": refusal(lambda: nylas.connectors.destroy("nylas")),
                "calendar": refusal(lambda: nylas.calendars.find(INBOX, "primary")),
                "event": refusal(lambda: nylas.events.list(INBOX, {"calendar_id": "primary"})),
                "unavailable": refusal(lambda: nylas.calendars.create(INBOX, {"name": "Ours"})),
                "later": refusal(lambda: nylas.webhooks.list()),
                "token": refusal(lambda: nylas.auth.validate_access_token("x")),
                "revoke": refusal(lambda: nylas.auth.revoke("x")),
            },
        }
    )
)
