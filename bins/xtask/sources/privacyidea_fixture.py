"""Tokens of privacyIDEA, made, used and read by privacyIDEA."""

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from fixture import ACCEPTED, codes, dump, key

FOLDER = Path(tempfile.mkdtemp())
DATABASE, ENCKEY, PASSWD = FOLDER / "pi.db", FOLDER / "enckey", FOLDER / "passwd"
ENCKEY.write_bytes(os.urandom(96))
names = ["ada", "bob", "carol", "dan", "eve"]
lines = [f"{name}:x:{1000 + uid}:1000:{name},,,:/home/{name}:/bin/sh\n" for uid, name in enumerate(names)]
PASSWD.write_text("".join(lines))
(FOLDER / "pi.cfg").write_text(
    f"SQLALCHEMY_DATABASE_URI = 'sqlite:///{DATABASE}'\n"
    f"PI_ENCFILE = '{ENCKEY}'\n"
    "SECRET_KEY = 'of no use here, and long enough for it'\n"
    "PI_PEPPER = 'of no use either'\n"
    "PI_AUDIT_NO_SIGN = True\n"
    "PI_LOGFILE = '/dev/null'\n"
)

from privacyidea.app import create_app
from privacyidea.lib.realm import set_realm
from privacyidea.lib.resolver import save_resolver
from privacyidea.lib.token import enable_token, init_token
from privacyidea.lib.user import User
from privacyidea.models import db

app = create_app("production", str(FOLDER / "pi.cfg"), silent=True, initialize_hsm=True)
with app.app_context(), app.test_request_context(), patch("time.time", lambda: ACCEPTED):
    db.create_all()
    save_resolver({"resolver": "users", "type": "passwdresolver", "fileName": str(PASSWD)})
    set_realm("shop", [{"name": "users"}])

    def token(name, key, **more):
        parameters = {"type": "totp", "otpkey": key, "serial": f"TOTP-{name}", **more}
        return init_token(parameters, user=User(name, realm="shop"))

    def code(token, time):
        return token.get_otp(time_seconds=time)[2]

    ada = token("ada", "3132333435363738393031323334353637383930")
    sha256 = {"hashlib": "sha256", "otplen": 8, "timeStep": 60}
    bob = token("bob", "00112233445566778899aabbccddeeff" * 2, **sha256)
    carol = token("carol", "cc" * 20)
    for used in (ada, bob):
        assert used.check_otp(code(used, ACCEPTED)) == ACCEPTED // used.timestep
    # Switched off, and counter-based: neither is exported.
    token("dan", "dd" * 20)
    enable_token("TOTP-dan", enable=False)
    token("eve", "ee" * 20, type="hotp")
    db.session.commit()

    dump("privacyidea", DATABASE, ["token", "tokeninfo", "tokenowner"])
    key("privacyidea", ENCKEY.read_bytes())
    owners = {"1000": ada, "1001": bob, "1002": carol}
    codes("privacyidea", {name: lambda time, of=of: code(of, time) for name, of in owners.items()})
