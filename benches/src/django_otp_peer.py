"""django-otp beside Loquet: codes verified and saved, each durable, over SQLite in WAL mode.

The device is fetched in a transaction, as its documentation asks for, its throttle consulted, the code checked, and
the device saved. Django sees each code at the time it belongs to.
"""

import multiprocessing
import sys
import time
from unittest import mock

import django
from django.conf import settings

TURN = 3.0
DEVICES = 64


def configure(path):
    settings.configure(
        SECRET_KEY="bench",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_otp", "django_otp.plugins.otp_totp"],
        DATABASES={"default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            "OPTIONS": {
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
            },
        }},
    )
    django.setup()


def turn(path, own, of, setup):
    """Verifies codes for a while, of every `of`th device; says how many a second."""
    configure(path)
    from django.db import transaction
    from django_otp.oath import TOTP
    from django_otp.plugins.otp_totp import models

    if setup:
        from django.contrib.auth.models import User
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        for number in range(DEVICES):
            models.TOTPDevice.objects.create(user=User.objects.create(username=str(number)), name="phone")
        return 0.0

    devices = list(models.TOTPDevice.objects.order_by("pk"))[own::of]
    # Later than any turn before: codes are used once.
    now = time.time() + of * 10_000_000
    done = 0
    begun = time.monotonic()
    while time.monotonic() - begun < TURN:
        now += 30
        for device in devices:
            totp = TOTP(device.bin_key, device.step, device.t0, device.digits, 0)
            totp.time = now
            with mock.patch.object(models.time, "time", return_value=now), transaction.atomic():
                found = models.TOTPDevice.objects.select_for_update().get(pk=device.pk)
                allowed, _ = found.verify_is_allowed()
                assert allowed and found.verify_token(totp.token()), "a right code is refused"
            done += 1
    return done / (time.monotonic() - begun)


def main(path):
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(1) as pool:
        pool.apply(turn, (path, 0, 1, True))
    print("| candidate | codes/s |\n|-----------|--------:|")
    for processes in (1, 4):
        with spawn.Pool(processes) as pool:
            rates = pool.starmap(turn, [(path, own, processes, False) for own in range(processes)])
        print(f"| django-otp, {processes} process{'es' if processes > 1 else ''} | {sum(rates):.0f} |")


if __name__ == "__main__":
    main(sys.argv[1])
