"""Signs Docker schema 1 manifests (JWS, ES256) with a key that is nobody's secret."""

import base64
import hashlib
import json

# The curve P-256 and its generator.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
KEY = 0x7E57

# What comes before the point in a DER SubjectPublicKeyInfo of this curve.
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(factor, point):
    total = None
    while factor:
        if factor & 1:
            total = add(total, point)
        point = add(point, point)
        factor >>= 1
    return total


def sign(message):
    number = int.from_bytes(hashlib.sha256(message).digest(), "big")
    nonce = int.from_bytes(hashlib.sha256(b"nonce" + message).digest(), "big") % N
    r = multiply(nonce, G)[0] % N
    s = pow(nonce, -1, N) * (number + r * KEY) % N
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def text(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def public_key():
    x, y = (number.to_bytes(32, "big") for number in multiply(KEY, G))
    name = base64.b32encode(hashlib.sha256(SPKI + x + y).digest()[:30]).decode()
    name = ":".join(name[i : i + 4] for i in range(0, len(name), 4))
    return {"crv": "P-256", "kid": name, "kty": "EC", "x": text(x), "y": text(y)}


def signed(document):
    """Returns (payload, body): what the digest is of and the registry stores; what is pushed."""
    payload = json.dumps(document, indent=3).encode()
    tail = b"\n}"
    assert payload.endswith(tail)
    head = payload[: -len(tail)]
    protected = {
        "formatLength": len(head),
        "formatTail": text(tail),
        "time": "2015-01-01T00:00:00Z",
    }
    protected = text(json.dumps(protected).encode())
    signature = {
        "header": {"jwk": public_key(), "alg": "ES256"},
        "signature": text(sign(f"{protected}.{text(payload)}".encode())),
        "protected": protected,
    }
    return payload, head + b',\n   "signatures": ' + json.dumps([signature]).encode() + tail
