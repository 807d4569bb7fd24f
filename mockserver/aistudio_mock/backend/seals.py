"""Text in the documented shape of an IAM token, `t1.BODY.SEAL` (service-behaviour a.3), that proves itself.

Apart from `identity`, because hashing is imported with the first token and not with the server.
"""

import base64
import hashlib
import hmac
import re

_TOKEN = re.compile(r"t1\.(?P<body>[A-Za-z0-9_-]+={0,2})\.(?P<seal>[A-Za-z0-9_-]{86})={0,2}")


def sealed(content: str, secret: bytes) -> str:
    """A token that holds `content`."""
    body = base64.urlsafe_b64encode(content.encode()).decode()
    return f"t1.{body}.{_seal(body, secret)}"


def content_of(token: str, secret: bytes) -> str | None:
    """What a token holds; None where it was not sealed with this secret."""
    found = _TOKEN.fullmatch(token)
    if found is None or not hmac.compare_digest(found["seal"], _seal(found["body"], secret)):
        return None
    return base64.urlsafe_b64decode(found["body"]).decode()


def _seal(body: str, secret: bytes) -> str:
    # 64 bytes of HMAC-SHA512 are the 86 characters of the documented shape.
    digest = hmac.digest(secret, body.encode(), hashlib.sha512)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
