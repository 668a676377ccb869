"""Events that wait, by AgentMail's client for Python and Svix's consumer, and texts of attachments. Prints what was received, as JSON."""

import base64
import json
import time
import urllib.request

from svix.api_internal.message_pollerv2 import MessagePollerv2ConsumerPollOptions as Options
from svix.autoconfig import AutoConfigConsumer
from svix.models import SinkInCommon
from v0_ledger import client

PATIENCE = 60


def until(find):
    """What `find` gives as soon as it gives something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = find()
        if found:
            return found
        time.sleep(0.1)
    raise SystemExit("it did not come")


def subjects(batch):
    return [item.payload["message"]["subject"] for item in batch.data]


def polled(polling, ids, inbox_id, writer_id):
    """Two mails: both received, the first committed, and the second received again once its lease is over."""
    made = polling.create(*ids, event_types=["message.received"], client_id="python")
    consumer = AutoConfigConsumer(made.token, SinkInCommon())
    for subject in ("first", "second"):
        client.inboxes.messages.send(writer_id, to=inbox_id, subject=subject)
    brief = Options(lease_duration_ms=1)

    def of(count):
        batch = consumer.receive("worker", brief)
        return batch if len(batch.data) == count else None

    both = until(lambda: of(2))
    consumer.commit("worker", both.data[0].offset)
    left = until(lambda: of(1))
    consumer.commit("worker", left.data[0].offset)
    assert consumer.receive("worker").data == []
    polling.delete(*ids, made.webhook_id)
    return [subjects(both), subjects(left)]


def text_of_attachment(inbox_id, writer_id):
    file = {"filename": "a.csv", "content_type": "text/csv", "content": base64.b64encode(b"a,b\n1,2\n").decode()}
    sent = client.inboxes.messages.send(writer_id, to=inbox_id, subject="Table", attachments=[file])
    [attachment] = client.inboxes.messages.get(writer_id, sent.message_id).attachments
    found = client.inboxes.messages.get_attachment(writer_id, sent.message_id, attachment.attachment_id)
    with urllib.request.urlopen(found.text_url) as answer:
        return [answer.headers["content-type"], answer.read().decode()]


pod = client.pods.create(name="Polled").pod_id
inbox = client.pods.inboxes.create(pod, username="polled-by-python").inbox_id
writer = client.pods.inboxes.create(pod, username="python-writes").inbox_id
scopes = {
    "organization": (client.webhooks.polling, []),
    "pod": (client.pods.webhooks.polling, [pod]),
    "inbox": (client.inboxes.webhooks.polling, [inbox]),
}
print(
    json.dumps(
        {
            "polled": {name: polled(polling, ids, inbox, writer) for name, (polling, ids) in scopes.items()},
            "text": text_of_attachment(inbox, writer),
        }
    )
)
