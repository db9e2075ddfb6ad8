"""Speaks to a server through Chargebee's Python client, one call for each line of JSON on its standard input.

Run with the interpreter of an environment that has the client: `python chargebee_drive.py SITE KEY [RETRIES [DOMAIN]]`,
where the site is `HOST:PORT/NAME`, or a name below the domain. A line is
`{"call": NAME, "id": ID, "params": {}, "headers": {}}`; what the client made of the answer, or of the error, is printed
as one line of JSON.
"""

import dataclasses
import json
import sys
from enum import Enum

import chargebee
from chargebee.retry_config import RetryConfig

LEFT_OUT = ("raw_data", "headers")


def main(site, key, retries="0", domain=None):
    chargebee.Chargebee.verify_ca_certs = False
    client = chargebee.Chargebee(api_key=key, site=site, protocol="http", chargebee_domain=domain)
    if int(retries):
        client.update_retry_config(RetryConfig(enabled=True, max_retries=int(retries), delay_ms=1))
    for line in sys.stdin:
        print(json.dumps(answered(client, json.loads(line)), default=plain), flush=True)


def answered(client, asked):
    try:
        response = called(client, asked)
    except chargebee.APIError as error:
        told = {"error": type(error).__name__, "param": error.param, "status": error.http_status_code}
        return told | {"type": error.type, "code": error.api_error_code, "message": str(error)}
    except Exception as error:  # noqa: BLE001 - whatever the client makes of the answer is told
        return {"error": type(error).__name__, "message": str(error)}
    return {"answer": response, "replayed": getattr(response, "is_idempotency_replayed", None)}


def called(client, asked):
    params, headers = asked.get("params"), asked.get("headers") or None
    fulfillments = client.OfferFulfillment
    if asked["call"] == "list":
        return client.PersonalizedOffer.personalized_offers(params, headers)
    if asked["call"] == "event":
        return client.OfferEvent.offer_events(params, headers)
    if asked["call"] == "accept":
        return fulfillments.offer_fulfillments(params, headers)
    if asked["call"] == "read":
        return fulfillments.offer_fulfillments_get(asked["id"], headers)
    return fulfillments.offer_fulfillments_update(asked["id"], params, headers)


def plain(value):
    if isinstance(value, Enum):
        return value.value
    return {each.name: getattr(value, each.name) for each in dataclasses.fields(value) if each.name not in LEFT_OUT}


if __name__ == "__main__":
    main(*sys.argv[1:])
