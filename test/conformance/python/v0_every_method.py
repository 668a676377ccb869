"""Calls every method of AgentMail's client for Python at every scope it has it for. Prints the ledger, as JSON."""

import base64
import datetime
import hashlib
import json
import smtplib
import time
from email.message import EmailMessage
from os import environ

import httpx
from agentmail import SendAttachment
from agentmail.api_keys import CreateBearerApiKeyRequest
from agentmail.errors import ConflictError, NotFoundError, ValidationError
from agentmail.files import FileForbiddenError
from agentmail.inboxes.types import CreateInboxRequest
from v0_ledger import BASE_URL, ONCE, client, client_of, ledger, mark, methods

am = methods()
SMTP_PORT = int(environ["SMTP_PORT"])
ABSENT = "0190a000-0000-7000-8000-00000000dead"
HOOK = f"{BASE_URL}/healthz"
LATER = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
FILE = {"filename": "a.txt", "content_type": "text/plain", "content": base64.b64encode(b"A file.").decode()}


def received(inbox_id, subject):
    """A mail from outside with a file: its Message-ID, once it is listed."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Human <human@outside.test>", inbox_id, subject
    mail["Message-ID"] = f"<{subject}@outside.test>"
    mail.set_content("Hello there.")
    mail.add_attachment(b"A file.", maintype="text", subtype="plain", filename="a.txt")
    with smtplib.SMTP("127.0.0.1", SMTP_PORT) as peer:
        peer.send_message(mail)
    return f"<{subject}@outside.test>"


def resources(pod_id, inbox_id):
    """Each scope: what the client has for it, and the ids that its methods begin with."""
    return [(am, []), (am.pods, [pod_id]), (am.inboxes, [inbox_id])]


def identity():
    assert am.auth.me().scope_type == "organization"
    assert am.organizations.get().inbox_count >= 0
    am.organizations.get_labs()
    am.organizations.join_labs()


def tenants():
    pod = am.pods.create(name="Tenant", client_id="tenant")
    assert am.pods.create(name="Tenant", client_id="tenant").pod_id == pod.pod_id
    assert am.pods.get(pod.pod_id).name == "Tenant"
    assert pod.pod_id in [one.pod_id for one in am.pods.list(limit=100).pods]
    return pod.pod_id


def inboxes(pod_id):
    plain = am.inboxes.create(request=CreateInboxRequest(username="plain", display_name=None))
    mine = am.pods.inboxes.create(pod_id, username="agent", metadata={"team": "support"})
    assert am.inboxes.get(plain.inbox_id).inbox_id == plain.inbox_id
    assert am.pods.inboxes.get(pod_id, mine.inbox_id).metadata == {"team": "support"}
    assert am.inboxes.update(plain.inbox_id, display_name="Plain").display_name == "Plain"
    assert am.pods.inboxes.update(pod_id, mine.inbox_id, display_name="Agent").display_name == "Agent"
    assert [one.inbox_id for one in am.pods.inboxes.list(pod_id).inboxes] == [mine.inbox_id]
    assert am.inboxes.list(limit=1).next_page_token
    assert [one.inbox_id for one in am.inboxes.search(q="plai").inboxes] == [plain.inbox_id]
    assert [one.inbox_id for one in am.pods.inboxes.search(pod_id, q="agent").inboxes] == [mine.inbox_id]
    return mine.inbox_id, plain.inbox_id


def credentials(pod_id, inbox_id):
    for keys, ids in [(am.api_keys, []), (am.pods.api_keys, [pod_id]), (am.inboxes.api_keys, [inbox_id])]:
        made = keys.create(*ids, request=CreateBearerApiKeyRequest(name="one", permissions=None))
        assert client_of(made.api_key).auth.me().api_key_id == made.api_key_id
        assert keys.update(*ids, made.api_key_id, name="two").name == "two"
        assert "two" in [one.name for one in keys.list(*ids, limit=100).api_keys]
        if not ids:
            assert keys.get(made.api_key_id).name == "two"
        keys.delete(*ids, made.api_key_id)


def domains(pod_id):
    for number, (names, ids) in enumerate([(am.domains, []), (am.pods.domains, [pod_id])]):
        name = f"domain-{number}.example"
        made = names.create(*ids, domain=name, feedback_enabled=True, inbound_enabled=True)
        assert made.domain_id == name
        assert names.get(*ids, name).domain == name
        assert name in [one.domain_id for one in names.list(*ids).domains]
        assert names.update(*ids, name, inbound_enabled=False).domain_id == name
        assert b"TXT" in names.get_zone_file(*ids, name)
        names.verify(*ids, name)
        if not ids:
            am.domains.get_setup_link(name)
        names.delete(*ids, name)


def messages(inbox_id):
    mail = am.inboxes.messages
    first, other = received(inbox_id, "first"), received(inbox_id, "other")
    assert {one.message_id for one in mail.list(inbox_id, include_spam=True).messages} >= {first, other}
    found = mail.get(inbox_id, first)
    assert found.subject == "first" and "Hello there." in found.extracted_text
    assert mail.get_raw(inbox_id, first).download_url
    assert mail.get_attachment(inbox_id, first, found.attachments[0].attachment_id).download_url
    assert "seen" in mail.update(inbox_id, first, add_labels=["seen"], remove_labels=["unread"]).labels
    assert len(mail.batch_get(inbox_id, message_ids=[first, other]).messages) == 2
    mail.batch_update(inbox_id, message_ids=[first, other], add_labels=["both"], remove_labels=[])
    sent = mail.send(inbox_id, to=["peer@outside.test"], subject=None, text="Out", attachments=[FILE])
    assert mail.get(inbox_id, sent.message_id).labels == ["sent"]
    for answer in (mail.reply(inbox_id, first, text="Yes"), mail.reply_all(inbox_id, first, text="All")):
        assert answer.thread_id == found.thread_id
    assert mail.forward(inbox_id, first, to=["peer@outside.test"], text="See").message_id
    assert first in [one.message_id for one in mail.search(inbox_id, q="first").messages]
    mail.create_agent_armor_feedback(inbox_id, first, feedback="spam_or_phishing")
    mail.release_agent_armor_message(inbox_id, first, reason="It is mine.")
    mail.delete(inbox_id, other)
    return found.thread_id, found.attachments[0].attachment_id


def threads(pod_id, inbox_id, thread_id, attachment_id):
    for scope, ids in resources(pod_id, inbox_id):
        all_threads = scope.threads
        assert thread_id in [one.thread_id for one in all_threads.list(*ids, include_trash=True).threads]
        assert all_threads.get(*ids, thread_id).message_count >= 3
        assert all_threads.get_attachment(*ids, thread_id, attachment_id).download_url
        assert thread_id in [one.thread_id for one in all_threads.search(*ids, q="first").threads]
        all_threads.update(*ids, thread_id, add_labels=["looked-at"], remove_labels=[])
        last = received(inbox_id, f"gone-{len(ids)}-{type(ids).__name__}-{time.monotonic_ns()}")
        listed = am.inboxes.messages.get(inbox_id, last)
        all_threads.delete(*ids, listed.thread_id)


def drafts(pod_id, inbox_id):
    mine = am.inboxes.drafts
    made = mine.create(inbox_id, to=["peer@outside.test"], subject="Draft", text="Text", attachments=[FILE])
    later = mine.create(inbox_id, to=["peer@outside.test"], text="Later", send_at=LATER)
    assert later.send_status == "scheduled"
    assert mine.update(inbox_id, made.draft_id, subject=None, text="Other").text == "Other"
    for scope, ids in resources(pod_id, inbox_id):
        assert made.draft_id in [one.draft_id for one in scope.drafts.list(*ids).drafts]
        found = scope.drafts.get(*ids, made.draft_id)
        assert scope.drafts.get_attachment(*ids, made.draft_id, found.attachments[0].attachment_id).download_url
    assert mine.send(inbox_id, made.draft_id).message_id
    mine.delete(inbox_id, later.draft_id)
    assert mine.list(inbox_id).drafts == []


def lists(pod_id, inbox_id):
    for scope, ids in resources(pod_id, inbox_id):
        entries = scope.lists
        made = entries.create(*ids, "receive", "block", entry="spam.example", reason="Spam")
        assert made.entry == "spam.example"
        assert entries.get(*ids, "receive", "block", "spam.example").reason == "Spam"
        assert [one.entry for one in entries.list(*ids, "receive", "block").entries] == ["spam.example"]
        entries.delete(*ids, "receive", "block", "spam.example")


def metrics(pod_id, inbox_id):
    for scope, ids in resources(pod_id, inbox_id):
        scope.metrics.query_events(*ids, event_types=["message.sent", "message.received"])
        scope.metrics.query_usage(*ids, period=3600)
        scope.metrics.query_rates(*ids, rate_types=["bounce", "complaint"])


def webhooks(pod_id, inbox_id):
    kinds = ["message.received"]
    for scope, ids in resources(pod_id, inbox_id):
        hooks = scope.webhooks
        made = hooks.create(*ids, url=HOOK, event_types=kinds, headers={"X-Team": "a"})
        assert hooks.get(*ids, made.webhook_id).url == HOOK
        assert made.webhook_id in [one.webhook_id for one in hooks.list(*ids).webhooks]
        assert hooks.update(*ids, made.webhook_id, enabled=False).enabled is False
        hooks.update_headers(*ids, made.webhook_id, headers={"X-Other": "b"}, remove_headers=["X-Team"])
        assert hooks.get_headers(*ids, made.webhook_id).header_names == ["X-Other"]
        hooks.delete(*ids, made.webhook_id)
        polled = hooks.polling.create(*ids, event_types=kinds, client_id="poller")
        assert polled.token
        assert hooks.polling.get(*ids, "poller").webhook_id == polled.webhook_id
        assert len(hooks.polling.list(*ids).polling_webhooks) == 1
        hooks.polling.delete(*ids, polled.webhook_id)


def events_and_sockets(inbox_id):
    assert am.inboxes.events.list(inbox_id, limit=5).events
    with client.websockets.connect() as socket:
        mark("websockets.connect")
        assert socket


def sign_up():
    signed = am.agent.sign_up(username="newcomer")
    newcomer = methods(client_of(signed.api_key))
    assert newcomer.auth.me().organization_id == signed.organization_id
    assert newcomer.agent.attach_human(human_email="human@outside.test").human_email == "human@outside.test"
    # A wrong one: who has the mail has the right one.
    newcomer.agent.verify(otp_code="nothing")


def code_of(kind, method, *values, **options):
    """The code of the error of this kind that a call is answered with."""
    try:
        method(*values, **options, request_options=ONCE)
    except kind as error:
        return error.body.code
    raise AssertionError("it was not refused")


def files(inbox_id):
    """A file: announced, uploaded without a key, completed, listed, read, attached by its link, and deleted."""
    content = b"kept by Python"
    announced = {"path": "reports/q3.txt", "size": len(content), "content_type": "text/plain"}
    announced["sha_256"] = base64.b64encode(hashlib.sha256(content).digest()).decode()
    created = am.inboxes.files.create(inbox_id, **announced)
    assert created.status == "pending" and created.download_url is None
    again = am.inboxes.files.create(inbox_id, **announced)
    assert again.file_id == created.file_id
    upload = again.upload
    assert httpx.put(upload.url, content=b"other bytes!!!", headers=upload.headers).status_code == 400
    assert httpx.put(upload.url, content=content, headers=upload.headers).status_code == 200
    file = am.inboxes.files.complete(inbox_id, created.file_id)
    assert (file.status, file.name, file.sha_256) == ("ready", "q3.txt", announced["sha_256"])
    page = am.inboxes.files.list(inbox_id, path_prefix="reports/q")
    assert (page.count, page.limit, page.files[0].file_id) == (1, 100, file.file_id)
    file = am.inboxes.files.get(inbox_id, file.file_id)
    answer = httpx.get(file.download_url)
    assert answer.content == content and answer.headers["content-disposition"].startswith("attachment")
    sent = am.inboxes.messages.send(
        inbox_id, to="x@outside.test", subject="a file", text="see it", attachments=[SendAttachment(url=file.download_url)]
    )
    (attached,) = am.inboxes.messages.get(inbox_id, sent.message_id).attachments
    assert (attached.filename, attached.size) == ("q3.txt", len(content))
    direct = client.inboxes.files
    assert code_of(ConflictError, direct.create, inbox_id, **{**announced, "size": 1}) == "conflict"
    largest = [{**announced, "path": f"large-{number}", "size": 268_435_456} for number in range(4)]
    for each in largest[:3]:
        direct.create(inbox_id, **each)
    assert code_of(FileForbiddenError, direct.create, inbox_id, **largest[3]) == "limit_exceeded"
    am.inboxes.files.delete(inbox_id, file.file_id)
    for each in (direct.get, direct.complete, direct.delete):
        assert code_of(NotFoundError, each, inbox_id, file.file_id) == "not_found"
        assert code_of(ValidationError, each, inbox_id, "nothing") == "validation_error"


def of_the_vendor_alone(pod_id, inbox_id):
    """Its directory of apps and the accounts there, its calendars, which have their documented answers."""
    for scope, ids in resources(pod_id, inbox_id):
        assert scope.accounts.list(*ids).accounts == []
        scope.accounts.get(*ids, ABSENT)
    am.accounts.update(ABSENT, status="disabled")
    assert am.apps.list().apps == [] and am.apps.search(q="a").apps == []
    assert am.apps.list_accounts(ABSENT).accounts == []
    am.apps.get(ABSENT)
    am.apps.connect(ABSENT)
    am.inboxes.authorize(inbox_id, auth_token="token")
    calendar = am.inboxes.calendar
    day = {"start": "2030-01-01T10:00:00", "end": "2030-01-01T11:00:00"}
    for each in (calendar.get, calendar.get_agenda, calendar.list_events):
        each(inbox_id)
    calendar.update(inbox_id, timezone="UTC")
    calendar.create_event(inbox_id, title="Meeting", **day)
    for each in (calendar.get_event, calendar.list_event_instances, calendar.update_event, calendar.delete_event):
        each(inbox_id, ABSENT)
    calendar.respond_to_event(inbox_id, ABSENT, status="accepted")


def main():
    identity()
    pod_id = tenants()
    inbox_id, plain = inboxes(pod_id)
    credentials(pod_id, inbox_id)
    domains(pod_id)
    thread_id, attachment_id = messages(inbox_id)
    threads(pod_id, inbox_id, thread_id, attachment_id)
    drafts(pod_id, inbox_id)
    lists(pod_id, inbox_id)
    metrics(pod_id, inbox_id)
    webhooks(pod_id, inbox_id)
    events_and_sockets(inbox_id)
    sign_up()
    files(inbox_id)
    of_the_vendor_alone(pod_id, inbox_id)
    am.inboxes.delete(plain)
    am.pods.inboxes.delete(pod_id, inbox_id)
    am.pods.delete(pod_id)
    print(json.dumps(ledger(), default=str))


main()
