"""The keys of a running dexd, opened with the seal file as only root can."""

import ctypes
import ctypes.util
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives import serialization

SODIUM = ctypes.CDLL(ctypes.util.find_library("sodium"))


def derive(key, label, context=b""):
    return hmac.new(key, b"dexd/1/" + label + b"\0" + context,
                    hashlib.sha256).digest()


def seal_key(d):
    number, text = (d.run / "seal.keys").read_text().split()[:2]
    return int(number), bytes.fromhex(text)


def owners_of_keys(d):
    """The seal key and what is derived of it → who may have that."""
    _, root = seal_key(d)
    attest_root = derive(root, b"attest-root")
    return {
        root: {"parent"},
        attest_root: {"signer"},
        derive(root, b"keyset"): {"signer"},
        derive(root, b"document"): {"signer", "frontend"},
        derive(root, b"cookie"): {"engine"},
        derive(attest_root, b"attest", b"local"): {"authn-local"},
        derive(attest_root, b"attest", b"mock"): {"authn-mock"},
    }


def open_keyset(d):
    """The PKCS #8 of every signing key."""
    number, root = seal_key(d)
    sealed = bytes.fromhex(d.sql("select hex(sealed) from dexd_keyset"))
    assert struct.unpack(">I", sealed[:4])[0] == number
    nonce, box = sealed[4:28], sealed[28:]
    context = b"dexd keyset 1\0" + sealed[:4]
    plain = ctypes.create_string_buffer(len(box))
    n = ctypes.c_ulonglong()
    assert SODIUM.crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, ctypes.byref(n), None, box, ctypes.c_ulonglong(len(box)), context,
        ctypes.c_ulonglong(len(context)), nonce, derive(root, b"keyset")) == 0
    plain = plain.raw[:n.value]
    version, _, count = struct.unpack(">BQI", plain[:13])
    assert version == 2
    at, keys = 13, []
    for _ in range(count):
        at += 2 + 4 + 40 + 4 * 8
        (length,) = struct.unpack(">I", plain[at:at + 4])
        keys.append(plain[at + 4:at + 4 + length])
        at += 4 + length
    assert at == len(plain)
    return keys


def private_needles(der):
    """How a private key may lie in memory: as DER, and as numbers, whose bytes
    libcrypto keeps in the machine's order."""
    key = serialization.load_der_private_key(der, None)
    numbers = key.private_numbers() if hasattr(key, "private_numbers") else None
    if numbers is None:                    # Ed25519
        raw = [key.private_bytes(serialization.Encoding.Raw,
                                 serialization.PrivateFormat.Raw,
                                 serialization.NoEncryption())]
    elif hasattr(numbers, "p"):            # RSA
        raw = [n.to_bytes((n.bit_length() + 7) // 8, "big")
               for n in (numbers.p, numbers.q, numbers.d)]
    else:
        raw = [numbers.private_value.to_bytes(32, "big")]
    return [s for n in raw for s in (n[:32], n[::-1][:32], n[-32:])]
