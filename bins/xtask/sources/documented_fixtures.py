"""Tables in the documented shape of software that does not run here, encrypted with Python's `cryptography`.

The shapes and formats are those of the software's own code: Authelia's migrations and `internal/utils/crypto.go`, Laravel's
`Encrypter`, `ActiveRecord::Encryption`, the gems attr_encrypted and encryptor as devise-two-factor's UPGRADING.md reads them,
rodauth's `otp_hmac_secret`, Keycloak's `OTPCredentialModel`, authentik's `TOTPDevice`. All is derived from labels, so that
nothing changes from one run to the next.
"""

import base64
import hashlib
import hmac
import json
import os
import sqlite3
import tempfile

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from fixture import ACCEPTED, codes, dump, key


def some(label, length):
    """Bytes that look random."""
    return hashlib.shake_256(label.encode()).digest(length)


def b64(content):
    return base64.b64encode(content).decode()


def b32(content):
    return base64.b32encode(content).decode().rstrip("=")


def totp(secret, digits=6, period=30, algorithm="sha1"):
    """RFC 6238."""

    def code(time):
        mac = hmac.digest(secret, (time // period).to_bytes(8), algorithm)
        at = mac[-1] & 15
        number = int.from_bytes(mac[at : at + 4]) & 0x7FFF_FFFF
        return str(number % 10**digits).zfill(digits)

    return code


def encrypt(secret_key, label, text, aad=b""):
    """AES-256-GCM: nonce, and ciphertext with tag."""
    nonce = some(label + " nonce", 12)
    return nonce, AESGCM(secret_key).encrypt(nonce, text, aad)


def cbc(secret_key, iv, text):
    padder = padding.PKCS7(128).padder()
    padded = padder.update(text) + padder.finalize()
    encryptor = Cipher(algorithms.AES(secret_key), modes.CBC(iv)).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


def write(name, schema, rows):
    """Writes a fixture from `CREATE TABLE`s and rows for each table."""
    database = os.path.join(tempfile.mkdtemp(), "app.db")
    with sqlite3.connect(database) as connection:
        for table, create in schema.items():
            connection.execute(f"CREATE TABLE {table} ({create})")
            for row in rows[table]:
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)
    dump(name, database, schema)


def authelia():
    encryption_key = b"a very important secret of the service"
    derive = HKDF(hashes.SHA256(), 32, None, b"authelia:kdf:storage:encryption_key:v1")
    newer, older = derive.derive(encryption_key), hashlib.sha256(encryption_key).digest()
    schema = (
        "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, created_at DATETIME NOT NULL, last_used_at DATETIME NULL, "
        "username VARCHAR(100) NOT NULL, issuer VARCHAR(100), algorithm VARCHAR(6) NOT NULL DEFAULT 'SHA1', "
        "digits INTEGER NOT NULL DEFAULT 6, period INTEGER NOT NULL DEFAULT 30, secret BLOB NOT NULL"
    )
    ada, bob = some("authelia ada", 20), some("authelia bob", 32)
    aad = b"authelia:storage:totp_configurations:secret:ada"
    day = "2024-01-01 00:00:00+00:00"
    rows = [
        (1, day, day, "ada", "Shop", "SHA1", 6, 30, b"".join(encrypt(newer, "ada", b32(ada).encode(), aad))),
        # As schemas before 26 have it.
        (2, day, None, "bob", "Shop", "SHA512", 8, 60, b"".join(encrypt(older, "bob", b32(bob).encode()))),
    ]
    write("authelia", {"totp_configurations": schema}, {"totp_configurations": rows})
    key("authelia", encryption_key + b"\n")
    codes("authelia", {"ada": totp(ada), "bob": totp(bob, 8, 60, "sha512")})


def laravel():
    app_key, previous = some("laravel now", 32), some("laravel before", 32)

    def crypt(secret_key, label, text, gcm=False):
        if gcm:
            iv, ciphertext = encrypt(secret_key, label, text)
            value, tag, mac = b64(ciphertext[:-16]), b64(ciphertext[-16:]), ""
        else:
            iv = some(label + " iv", 16)
            value, tag = b64(cbc(secret_key, iv, text)), ""
            mac = hmac.new(secret_key, (b64(iv) + value).encode(), "sha256").hexdigest()
        return b64(json.dumps({"iv": b64(iv), "value": value, "mac": mac, "tag": tag}).encode())

    def serialized(text):
        return f's:{len(text)}:"{text}";'.encode()

    schema = (
        "id integer PRIMARY KEY, name varchar NOT NULL, email varchar NOT NULL, two_factor_secret text, "
        "two_factor_recovery_codes text, two_factor_confirmed_at datetime"
    )
    ada, bob, carol = some("laravel ada", 20), some("laravel bob", 20), some("laravel carol", 20)
    day = "2024-01-01 00:00:00"
    rows = [
        (1, "Ada", "ada@example.org", crypt(app_key, "ada", serialized(b32(ada))), None, day),
        (2, "Bob", "bob@example.org", crypt(previous, "bob", b32(bob).encode()), None, day),
        (3, "Carol", "carol@example.org", crypt(app_key, "carol", serialized(b32(carol)), True), None, day),
        # Never confirmed, and never begun.
        (4, "Dan", "dan@example.org", crypt(app_key, "dan", serialized(b32(some("dan", 20)))), None, None),
        (5, "Eve", "eve@example.org", None, None, None),
    ]
    write("laravel", {"users": schema}, {"users": rows})
    lines = [f"base64:{b64(app_key)}", f"base64:{b64(previous)}", ""]
    key("laravel", "\n".join(lines).encode())
    owners = {"ada@example.org": ada, "bob@example.org": bob, "carol@example.org": carol}
    codes("laravel", {name: totp(secret) for name, secret in owners.items()})


DEVISE = "id integer PRIMARY KEY, email varchar NOT NULL, consumed_timestep integer, otp_required_for_login boolean"


def rails():
    primary, salt = b"EGY8WhulUOXixybod7ZWwMIL68R9o5kC", b"xEY0dt6TZcAMg52K7O84wYzkjvbA62Hz"

    def message(hash_class, label, text):
        secret_key = PBKDF2HMAC(hash_class, 32, salt, 2**16).derive(primary)
        nonce, ciphertext = encrypt(secret_key, label, text)
        headers = {"iv": b64(nonce), "at": b64(ciphertext[-16:])}
        return json.dumps({"p": b64(ciphertext[:-16]), "h": headers}, separators=(",", ":"))

    ada, bob = some("rails ada", 20), some("rails bob", 20)
    rows = [
        (1, "ada@example.org", ACCEPTED // 30, True, message(hashes.SHA256(), "ada", b32(ada).encode())),
        # The hash of applications that began before Rails 7.1.
        (2, "bob@example.org", None, True, message(hashes.SHA1(), "bob", b32(bob).encode())),
        (3, "carol@example.org", None, False, None),
    ]
    write("rails", {"users": DEVISE + ", otp_secret varchar"}, {"users": rows})
    lines = [b"active_record_encryption:", b"  primary_key: " + primary, b"  deterministic_key: unused"]
    key("rails", b"\n".join([*lines, b"  key_derivation_salt: " + salt, b""]))
    codes("rails", {"ada@example.org": totp(ada), "bob@example.org": totp(bob)})


def attr_encrypted():
    encryption_key = b"the otp_secret_encryption_key of the service"

    def columns(label, text):
        salt = some(label + " salt", 16)
        secret_key = PBKDF2HMAC(hashes.SHA1(), 32, salt, 2000).derive(encryption_key)
        nonce, ciphertext = encrypt(secret_key, label, text)
        # Ruby ends each line of base64, and the gem marks a salt.
        return b64(ciphertext) + "\n", b64(nonce) + "\n", "_" + b64(salt) + "\n"

    schema = ", encrypted_otp_secret varchar, encrypted_otp_secret_iv varchar, encrypted_otp_secret_salt varchar"
    ada, bob = some("devise ada", 15), some("devise bob", 20)
    rows = [
        (1, "ada@example.org", ACCEPTED // 30, True, *columns("ada", b32(ada).encode())),
        (2, "bob@example.org", None, True, *columns("bob", b32(bob).encode())),
    ]
    write("attr-encrypted", {"users": DEVISE + schema}, {"users": rows})
    key("attr-encrypted", encryption_key + b"\n")
    codes("attr-encrypted", {"ada@example.org": totp(ada), "bob@example.org": totp(bob)})


def rodauth():
    hmac_secret = b"the hmac_secret of the service"
    letters = "abcdefghijklmnopqrstuvwxyz234567"

    def phone(stored):
        mac = hmac.digest(hmac_secret, base64.b32decode(stored.upper()), "sha256")
        return "".join(letters[byte % 32] for byte in mac[: len(stored)])

    schema = {
        "accounts": "id integer PRIMARY KEY, status_id integer NOT NULL, email varchar NOT NULL",
        "account_otp_keys": "id integer PRIMARY KEY, key varchar NOT NULL, num_failures integer NOT NULL, last_use datetime",
    }
    ada, bob = b32(some("rodauth ada", 20)).lower(), b32(some("rodauth bob", 10)).lower()
    day = "2024-01-01 00:00:00"
    accounts = [(1, 2, "ada@example.org"), (2, 2, "bob@example.org"), (3, 2, "carol@example.org")]
    keys = [(1, ada, 0, day), (2, bob, 0, day)]
    write("rodauth", schema, {"accounts": accounts, "account_otp_keys": keys})
    key("rodauth", hmac_secret + b"\n")
    owners = {"ada@example.org": ada, "bob@example.org": bob}
    codes("rodauth", {name: totp(base64.b32decode(phone(stored).upper())) for name, stored in owners.items()})


def keycloak():
    def data(algorithm="HmacSHA1", digits=6, period=30, kind="totp", encoding=None):
        fields = {"subType": kind, "digits": digits, "counter": 0, "period": period, "algorithm": algorithm}
        return json.dumps(fields | ({"secretEncoding": encoding} if encoding else {}))

    def secret(value):
        return json.dumps({"value": value})

    schema = {
        "realm": "id varchar(36) PRIMARY KEY, name varchar(255)",
        "user_entity": "id varchar(36) PRIMARY KEY, email varchar(255), realm_id varchar(255), username varchar(255)",
        "credential": "id varchar(36) PRIMARY KEY, type varchar(255), user_id varchar(36), created_date bigint, "
        "user_label varchar(255), secret_data text, credential_data text, priority integer",
    }
    bob = some("keycloak bob", 32)
    users = [(f"u{number}", None, "r1", name) for number, name in enumerate(["ada", "bob", "carol"])]
    credentials = [
        # Without an encoding the letters themselves are the key.
        ("c1", "otp", "u0", 1, "phone", secret("aBcDeFgHiJkLmNoPqRsT"), data(), 10),
        ("c2", "otp", "u0", 2, "spare", secret("0" * 20), data(), 20),
        ("c3", "otp", "u1", 1, None, secret(b32(bob)), data("HmacSHA256", 8, 60, encoding="BASE32"), 10),
        ("c4", "otp", "u2", 1, None, secret("1" * 20), data(kind="hotp"), 10),
        ("c5", "password", "u2", 1, None, "{}", "{}", 10),
        ("c6", "otp", "u9", 1, None, secret("2" * 20), data(), 10),
    ]
    users.append(("u9", None, "r2", "ada"))
    realms = [("r1", "shop"), ("r2", "other")]
    write("keycloak", schema, {"realm": realms, "user_entity": users, "credential": credentials})
    codes("keycloak", {"ada": totp(b"aBcDeFgHiJkLmNoPqRsT"), "bob": totp(bob, 8, 60, "sha256")})


def authentik():
    schema = {
        "authentik_core_user": "id integer PRIMARY KEY, username varchar(150) NOT NULL, email varchar(254) NOT NULL",
        "authentik_stages_authenticator_totp_totpdevice": "id integer PRIMARY KEY, name varchar(64) NOT NULL, "
        "confirmed boolean NOT NULL, key varchar(80) NOT NULL, step smallint NOT NULL, t0 bigint NOT NULL, "
        "digits smallint NOT NULL, tolerance smallint NOT NULL, drift smallint NOT NULL, last_t bigint NOT NULL, "
        "user_id integer NOT NULL",
    }
    ada, bob = some("authentik ada", 20), some("authentik bob", 20)
    users = [(1, "ada", "ada@example.org"), (2, "bob", "")]
    devices = [
        (1, "phone", True, ada.hex(), 30, 0, 6, 1, 0, ACCEPTED // 30, 1),
        (2, "phone", True, bob.hex(), 30, 0, 8, 1, 0, -1, 2),
        (3, "phone", False, "dd" * 20, 30, 0, 6, 1, 0, -1, 2),
    ]
    write("authentik", schema, dict(zip(schema, (users, devices))))
    codes("authentik", {"ada": totp(ada), "bob": totp(bob, 8)})


for fixture in (authelia, laravel, rails, attr_encrypted, rodauth, keycloak, authentik):
    fixture()
