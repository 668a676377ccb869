"""Nylas's client for Python over accounts and workspaces. Prints what it read, as JSON."""

import json
import os

from nylas import Client
from v3_client import BASE_URL, nylas, read, refusal

POD_KEY = os.environ["POD_KEY"]
ABSENT = "0190a000-0000-7000-8000-00000000dead"
of_pod = Client(POD_KEY, BASE_URL)


def address(username):
    return f"{username}@rookery.localhost"


def create(username, settings=None, **more):
    body = {"provider": "nylas", "settings": {"email": address(username), **(settings or {})}, **more}
    return read(nylas.auth.custom_authentication(body))


def emails(client=nylas, **query):
    return [grant.email for grant in read(client.grants.list(query_params=query))]


def account():
    made = create("Python", {"app_password": "Correct-Horse-Battery-1"}, name="Python", state="order-42")
    names = [made.id, f"grant:{made.id}", made.email, made.email.upper(), f"email:{made.email}"]
    found = [read(nylas.grants.find(name)) for name in names]
    changed = read(nylas.grants.update(made.id, {"settings": {"app_password": "Other.App.Password.2"}}))
    deleted = bool(nylas.grants.destroy(made.email).request_id)
    return {
        "made": [made.provider, made.email, made.grant_status, made.scope, made.settings, made.state],
        "found": all(one == made for one in found),
        "changed": [changed.id == made.id, changed.state],
        "deleted": [deleted, refusal(lambda: nylas.grants.find(made.id))],
    }


def lists_of_accounts():
    names = [f"page-{number}" for number in range(5)]
    for name in names:
        create(name)
    newest = [address(name) for name in reversed(names)]
    walked = [one for offset in range(0, 6, 2) for one in emails(limit=2, offset=offset)]
    return {
        "limits": [len(emails(limit=limit)) for limit in (1, 2, 200, 500)],
        "walked": walked == emails(limit=200) and walked[:5] == newest,
        "oldest": emails(limit=200, sortBy="created_at", orderBy="asc") == walked[::-1],
        "email": emails(email=newest[0].upper()) == newest[:1],
        "valid": emails(limit=200, grantStatus="valid") == walked,
        "empty": [
            emails(provider="google"),
            emails(grant_status="invalid"),
            emails(workspace_id=ABSENT),
            emails(offset=100),
            emails(before=1000),
            emails(of_pod),
        ],
    }


def workspace():
    made = read(nylas.workspaces.create({"name": "Acme", "domain": "Acme.example"}))
    plain = read(nylas.workspaces.create({"name": "Plain"}))
    policy = nylas.policies.create({"name": "Strict"}).data.id
    found = [read(nylas.workspaces.find(name)) for name in (made.workspace_id, "acme.example")]
    attached = read(nylas.workspaces.update(made.workspace_id, {"policy_id": policy, "auto_group": False}))
    detached = read(nylas.workspaces.update(made.workspace_id, {"policy_id": None, "rule_ids": None}))
    listed = [one.workspace_id for one in read(nylas.workspaces.list())]
    default = [one for one in nylas.workspaces.list().data if one.default]
    deleted = [bool(nylas.workspaces.destroy(one).request_id) for one in ("acme.example", plain.workspace_id)]
    return {
        "made": [made.domain, made.auto_group, made.default, made.policy_id, made.rule_ids],
        "plain": [plain.domain, plain.auto_group],
        "found": all(one == made for one in found),
        "attached": [attached.policy_id == policy, attached.auto_group],
        "detached": [detached.policy_id, detached.rule_ids],
        "listed": made.workspace_id in listed and plain.workspace_id in listed,
        "default": [one.workspace_id == one.application_id for one in default],
        "deleted": [deleted, refusal(lambda: nylas.workspaces.find(made.workspace_id))],
    }


def assignment():
    home = nylas.workspaces.create({"name": "Moves"}).data.workspace_id
    one, two = create("mover-1"), create("mover-2")
    assigned = read(nylas.workspaces.manual_assign(home, {"assign_grants": [one.id, two.email]}))
    removed = read(nylas.workspaces.manual_assign(home, {"remove_grants": [one.id]}))
    grouped = read(nylas.workspaces.auto_group())
    again = refusal(lambda: nylas.workspaces.auto_group({"specific_domain": "acme.example"}))
    return {
        "assigned": [assigned.grants_assigned == [one.id, two.id], assigned.grants_removed, assigned.domain],
        "removed": [removed.grants_assigned, removed.grants_removed == [one.id]],
        "in": emails(workspace_id=home) == [two.email],
        "grouped": [bool(grouped.job_id), bool(grouped.message), again],
    }


default_workspace = nylas.applications.info().data.application_id
print(
    json.dumps(
        {
            "account": account(),
            "lists": lists_of_accounts(),
            "workspace": workspace(),
            "assignment": assignment(),
            "refusals": {
                "key": refusal(Client("am_us_wrong", BASE_URL).grants.list),
                "twice": refusal(lambda: create("page-0")),
                "domain": refusal(
                    lambda: nylas.auth.custom_authentication(
                        {"provider": "nylas", "settings": {"email": "a@unregistered.example"}}
                    )
                ),
                "provider": refusal(
                    lambda: nylas.auth.custom_authentication(
                        {"provider": "google", "settings": {"email": address("google")}}
                    )
                ),
                "password": refusal(lambda: create("weak", {"app_password": "short"})),
                "limit": refusal(lambda: nylas.grants.list(query_params={"limit": 0})),
                "me": refusal(lambda: nylas.grants.find("me")),
                "other": refusal(lambda: of_pod.grants.find(address("page-0"))),
                "absent": refusal(lambda: nylas.grants.destroy(ABSENT)),
                "renamed": refusal(lambda: nylas.grants.update(address("page-0"), {"settings": {"email": "b@c.example"}})),
                "narrow": refusal(lambda: of_pod.workspaces.create({"name": "Mine"})),
                "default": refusal(lambda: nylas.workspaces.destroy(default_workspace)),
                "unknown": refusal(lambda: nylas.workspaces.update(default_workspace, {"policy_id": ABSENT})),
                "nobody": refusal(lambda: nylas.workspaces.manual_assign(default_workspace, {})),
            },
        }
    )
)
