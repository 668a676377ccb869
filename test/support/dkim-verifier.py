"""Verifies the DKIM signatures of mails with dkimpy, independently of the server's own code.

Reads JSON on standard input: {"mails": [base64], "records": {name: text}}. Prints a JSON array with an array for each mail: a verdict for
each of its signatures, which is true, false, or why it is none.
"""
import base64
import json
import sys

import dkim

asked = json.load(sys.stdin)
records = asked["records"]


def look_up(name, timeout=5):
    found = records.get(name.decode().rstrip("."))
    return None if found is None else found.encode()


def verdicts_of(mail):
    lines = mail.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    count = sum(1 for line in lines if line.lower().startswith(b"dkim-signature:"))
    verdicts = []
    for index in range(count):
        try:
            verdicts.append(dkim.DKIM(mail).verify(idx=index, dnsfunc=look_up))
        except dkim.DKIMException as error:
            verdicts.append(str(error))
    return verdicts


print(json.dumps([verdicts_of(base64.b64decode(mail)) for mail in asked["mails"]]))
