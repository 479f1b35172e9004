"""Devices of django-otp, made, used and read by django-otp."""

import os
import tempfile
from datetime import datetime, timezone as zone
from unittest.mock import patch

import django
from django.conf import settings
from django.core.management import call_command

from fixture import ACCEPTED, codes, dump

DATABASE = os.path.join(tempfile.mkdtemp(), "app.db")

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATABASE}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django_otp",
        "django_otp.plugins.otp_totp",
    ],
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    SECRET_KEY="of no use here",
)
django.setup()
call_command("migrate", verbosity=0)

from django.contrib.auth.models import User
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice


def device(user, key, **more):
    return TOTPDevice.objects.create(user=user, name="phone", key=key, **more)


def code(device, time):
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time
    return str(totp.token()).zfill(device.digits)


def use(device, offset=0):
    """A log-in with the code of that many seconds before or after."""
    assert device.verify_token(code(device, ACCEPTED + offset))


now = datetime.fromtimestamp(ACCEPTED, zone.utc)
with patch("django.utils.timezone.now", lambda: now), patch("time.time", lambda: ACCEPTED):
    names = ["ada", "bob", "zoé o'neil", "dan", "eve", "finn", "gus"]
    people = {name: User.objects.create(username=name, password="!", date_joined=now) for name in names}
    User.objects.filter(username="ada").update(email="ada@example.org", is_superuser=True)
    ada = device(people["ada"], "3132333435363738393031323334353637383930")
    use(ada)
    # Eight digits, a minute, and a phone whose clock is a step ahead.
    bob = device(people["bob"], "00112233445566778899aabbccddeeff01234567", digits=8, step=60)
    use(bob, 60)
    # Of two devices the one that was used last is taken, and one that was never confirmed is none.
    device(people["zoé o'neil"], "aa" * 20)
    zoe = device(people["zoé o'neil"], "bb" * 20)
    use(zoe)
    device(people["dan"], "cc" * 20, confirmed=False)
    # Ten bytes: 80 bits.
    eve = device(people["eve"], "ee" * 10)
    # Counts its steps from another time, which Loquet does not.
    device(people["finn"], "ff" * 20, t0=15)

dump("django-otp", DATABASE, ["auth_user", "otp_totp_totpdevice"])
owners = {"ada": ada, "bob": bob, "zoé o'neil": zoe, "eve": eve}
codes("django-otp", {name: lambda time, of=of: code(of, time) for name, of in owners.items()})
