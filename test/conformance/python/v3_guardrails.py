"""Nylas's client for Python over policies, rules, lists and evaluations of rules. Prints what it read, as JSON."""

import json
import os
import urllib.request

from nylas import Client
from v3_client import BASE_URL, nylas, read, refusal, walk

KEY = os.environ["ROOKERY_API_KEY"]
INBOX = os.environ["INBOX"]
ABSENT = "0190a000-0000-7000-8000-00000000dead"
of_pod = Client(os.environ["POD_KEY"], BASE_URL)
default_workspace = nylas.applications.info().data.application_id


def rule_of(name, **more):
    conditions = [{"field": "from.domain", "operator": "is", "value": "evil.example"}]
    return {"name": name, "match": {"conditions": conditions}, "actions": [{"type": "block"}], **more}


def send(to):
    """Sends by the other API, as the client has no route for it here. @return whether it was sent"""
    body = json.dumps({"to": to, "subject": "x", "text": "x"}).encode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{BASE_URL}/v0/inboxes/{INBOX}/messages/send", body, headers)
    try:
        return urllib.request.urlopen(request).status == 200
    except urllib.error.HTTPError:
        return False


def empty():
    lists = [nylas.policies.list, nylas.rules.list, nylas.lists.list, lambda: nylas.rules.list_evaluations(INBOX)]
    answers = [method() for method in lists]
    return [[answer.data, answer.next_cursor, bool(answer.request_id)] for answer in answers]


def policy():
    made = read(
        nylas.policies.create(
            {
                "name": "Standard",
                "limits": {"limit_count_daily_message_per_grant": 500, "limit_attachment_allowed_types": ["image/*"]},
                "options": {"additional_folders": ["Leads"]},
                "spam_detection": {"use_list_dnsbl": True, "spam_sensitivity": 0.5},
            }
        )
    )
    change = {"limits": {"limit_attachment_count_limit": 5}, "spam_detection": {"spam_sensitivity": 2}}
    changed = read(nylas.policies.update(made.id, change))
    found = read(nylas.policies.find(made.id))
    nylas.workspaces.update(default_workspace, {"policy_id": made.id})
    used = refusal(lambda: nylas.policies.destroy(made.id))
    nylas.workspaces.update(default_workspace, {"policy_id": None})
    deleted = bool(nylas.policies.destroy(made.id).request_id)
    return {
        "made": [
            made.limits.limit_count_daily_message_per_grant,
            made.limits.limit_attachment_allowed_types,
            made.options.additional_folders,
            made.spam_detection.use_list_dnsbl,
            made.spam_detection.spam_sensitivity,
            made.rules,
        ],
        "changed": [
            changed.limits.limit_attachment_count_limit,
            changed.limits.limit_count_daily_message_per_grant,
            changed.spam_detection.use_list_dnsbl,
            changed.spam_detection.spam_sensitivity,
        ],
        "found": found == changed,
        "ids": found.application_id == found.organization_id == default_workspace,
        "used": used,
        "deleted": [deleted, refusal(lambda: nylas.policies.find(made.id))],
    }


def rule():
    made = read(nylas.rules.create(rule_of("First", priority=1, description="Of evil")))
    plain = read(nylas.rules.create(rule_of("Second")))
    conditions = [{"field": "from.address", "operator": "contains", "value": "x"}]
    match = {"operator": "any", "conditions": conditions}
    changed = read(nylas.rules.update(made.id, {"enabled": False, "match": match}))
    found = read(nylas.rules.find(made.id))
    listed = [one.name for one in read(nylas.rules.list())]
    deleted = [bool(nylas.rules.destroy(one.id).request_id) for one in (made, plain)]
    return {
        "made": [made.priority, made.description, made.trigger, made.match.operator, made.actions[0].type],
        "plain": [plain.priority, plain.description, plain.enabled, plain.match.conditions[0].value],
        "changed": [changed.enabled, changed.name, changed.match.operator, changed.match.conditions[0].field],
        "found": found == changed,
        "listed": listed,
        "deleted": [deleted, refusal(lambda: nylas.rules.find(made.id))],
    }


def value_list():
    made = read(nylas.lists.create({"name": "L", "type": "domain", "description": "Ours"}))
    none = nylas.lists.list_items(made.id)
    added = read(nylas.lists.add_items(made.id, {"items": ["@B.example", "a.example", "bücher.example"]}))
    items = read(nylas.lists.list_items(made.id))
    left = read(nylas.lists.remove_items(made.id, {"items": ["b.example", "no.example"]}))
    changed = read(nylas.lists.update(made.id, {"name": "M"}))
    found = read(nylas.lists.find(made.id))
    in_list = [{"field": "from.domain", "operator": "in_list", "value": [made.id]}]
    named = read(nylas.rules.create(rule_of("Lists", match={"conditions": in_list})))
    nylas.rules.destroy(named.id)
    deleted = bool(nylas.lists.destroy(made.id).request_id)
    return {
        "made": [made.type, made.description, made.items_count],
        "none": [none.data, none.next_cursor],
        "added": added.items_count,
        "items": [[item.value, item.list_id == made.id] for item in items],
        "left": left.items_count,
        "changed": [changed.name, changed.description],
        "found": found == changed,
        "named": named.match.conditions[0].value == [made.id],
        "deleted": [deleted, refusal(lambda: nylas.lists.find(made.id))],
    }


def pages():
    policies = [nylas.policies.create({"name": f"P{number}"}).data.id for number in range(3)]
    lists = [nylas.lists.create({"name": f"L{number}", "type": "tld"}).data.id for number in range(3)]
    rules = [nylas.rules.create(rule_of(f"R{number}", priority=number)).data.id for number in range(3)]
    values = [f"t{number:03}" for number in range(230)]
    nylas.lists.add_items(lists[0], {"items": values})
    cases = {
        "policies": (nylas.policies.list, [], policies[::-1]),
        "lists": (nylas.lists.list, [], lists[::-1]),
        "rules": (nylas.rules.list, [], rules[::-1]),
    }
    found = {}
    for name, (method, arguments, expected) in cases.items():
        walked = [walk(method, *arguments, limit=limit) for limit in (1, 2, 200, 500)]
        found[name] = [sizes if [one.id for one in items] == expected else None for items, sizes in walked]
    walked = [walk(nylas.lists.list_items, lists[0], limit=limit) for limit in (50, 200, 500)]
    found["items"] = [sizes if [one.value for one in items] == values else None for items, sizes in walked]
    for one in rules:
        nylas.rules.destroy(one)
    return found


def evaluations():
    conditions = [{"field": "recipient.domain", "operator": "is", "value": "evil.example"}]
    made = nylas.rules.create(rule_of("Sends", trigger="outbound", match={"conditions": conditions})).data
    nylas.workspaces.update(default_workspace, {"rule_ids": [made.id]})
    sent = [send("a@evil.example"), send("a@ok.example")]
    passed, blocked = read(nylas.rules.list_evaluations(INBOX))
    items, sizes = walk(nylas.rules.list_evaluations, INBOX, limit=1)
    return {
        "sent": sent,
        "stages": [passed.evaluation_stage, blocked.evaluation_stage],
        "from": [blocked.evaluation_input.from_address, blocked.evaluation_input.from_tld],
        "blocked": [blocked.applied_actions.blocked, blocked.message_id, blocked.matched_rule_ids == [made.id]],
        "passed": [passed.applied_actions.blocked, bool(passed.message_id), passed.matched_rule_ids],
        "times": blocked.evaluated_at == blocked.created_at == blocked.updated_at,
        "walked": [[one.id for one in items] == [passed.id, blocked.id], sizes],
    }


def refusals():
    lists = nylas.lists.list(query_params={"limit": 1})
    one = lists.data[0].id
    unknown = [{"field": "subject", "operator": "is", "value": "x"}]
    in_list = [{"field": "from.domain", "operator": "in_list", "value": [ABSENT]}]
    return {
        "key": refusal(Client("am_us_wrong", BASE_URL).rules.list),
        "above": refusal(lambda: nylas.policies.create({"name": "A", "limits": {"limit_size_total_mime": 2**40}})),
        "negative": refusal(lambda: nylas.policies.create({"name": "A", "limits": {"limit_storage_total": -2}})),
        "nameless": refusal(lambda: nylas.policies.create({"name": ""})),
        "field": refusal(lambda: nylas.rules.create(rule_of("W", match={"conditions": unknown}))),
        "list": refusal(lambda: nylas.rules.create(rule_of("W", match={"conditions": in_list}))),
        "type": refusal(lambda: nylas.lists.create({"name": "L", "type": "word"})),
        "value": refusal(lambda: nylas.lists.add_items(one, {"items": ["no tld"]})),
        "items": refusal(lambda: nylas.lists.add_items(one, {"items": []})),
        "token": refusal(lambda: nylas.rules.list(query_params={"page_token": lists.next_cursor})),
        "narrow": refusal(lambda: of_pod.rules.create(rule_of("Mine"))),
        "other": refusal(lambda: of_pod.rules.list_evaluations(INBOX)),
        "absent": [
            refusal(lambda: nylas.policies.update(ABSENT, {"name": "A"})),
            refusal(lambda: nylas.rules.destroy(ABSENT)),
            refusal(lambda: nylas.lists.remove_items(ABSENT, {"items": ["a"]})),
            refusal(lambda: nylas.rules.list_evaluations(ABSENT)),
        ],
    }


print(
    json.dumps(
        {
            "empty": empty(),
            "policy": policy(),
            "rule": rule(),
            "list": value_list(),
            "pages": pages(),
            "evaluations": evaluations(),
            "refusals": refusals(),
        }
    )
)
