"""Settings of the dispatcher: legal values are taken, others are told in one line that holds no secret."""

import pytest

from reference_dispatcher.settings import SettingsError, read_settings

LEAST = {"DATABASE_URL": "postgresql://beema:pa55@db.example/beema", "INNGEST_DEV": "1"}


def test_least_that_must_be_set() -> None:
    """With a database and the dev mode everything else has a default."""
    settings = read_settings(environ=LEAST)

    assert (settings.port, settings.serve_origin) == (3000, "http://127.0.0.1:3000")
    assert (settings.inngest_base_url, settings.inngest_app_id) == ("http://127.0.0.1:8288", "beema-studio")
    assert (settings.webhook_timeout, settings.webhook_allow_private) == (10.0, False)


@pytest.mark.parametrize(
    ("host", "origin"),
    [("0.0.0.0", "http://127.0.0.1:81"), ("::", "http://127.0.0.1:81"), ("::1", "http://[::1]:81")],  # noqa: S104 - read, not bound
)
def test_origin_follows_the_address_that_is_listened_on(host: str, origin: str) -> None:
    """Unless it is told otherwise, Inngest is given the address that the command line names."""
    assert read_settings(host=host, port="81", environ=LEAST | {"PORT": "82"}).serve_origin == origin


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "http", "PORT='http' is not a port."),
        ("PORT", "65536", "PORT='65536' is not a port."),
        ("INNGEST_DEV", "yes", "INNGEST_DEV='yes' is not a switch."),
        ("WEBHOOK_ALLOW_PRIVATE", "", "WEBHOOK_ALLOW_PRIVATE='' is not a switch."),
        ("WEBHOOK_TIMEOUT_SECONDS", "0", "WEBHOOK_TIMEOUT_SECONDS='0' is not a time."),
        ("WEBHOOK_TIMEOUT_SECONDS", "inf", "WEBHOOK_TIMEOUT_SECONDS='inf' is not a time."),
        ("INNGEST_BASE_URL", "inngest:8288", "INNGEST_BASE_URL='inngest:8288' is not the origin of a server."),
        ("SERVE_ORIGIN", "http://s/api/inngest", "SERVE_ORIGIN='http://s/api/inngest' is not the origin of a server."),
        ("DATABASE_URL", "", "DATABASE_URL is not the address of a Postgres."),
        ("DATABASE_URL", "mysql://u:pa55@h/d", "DATABASE_URL is not the address of a Postgres."),
        ("INNGEST_DEV", "0", "INNGEST_SIGNING_KEY is not hex of at least 32 characters."),
    ],
)
def test_bad_value_is_one_line(name: str, value: str, told: str) -> None:
    """A value that is missing or not legal is named with what would be; a secret one is not repeated."""
    with pytest.raises(SettingsError) as refusal:
        read_settings(environ=LEAST | {name: value})

    assert str(refusal.value).startswith(told)
    assert "\n" not in str(refusal.value)
    assert "pa55" not in str(refusal.value)


@pytest.mark.parametrize("key", ["test-signing-key", "0123", "x" * 32, "signkey-prod-" + "ab" * 15])
def test_weak_signing_key_is_refused_outside_the_dev_mode(key: str) -> None:
    """A key that is not hex, or too short, does not start a dispatcher that must refuse strangers, nor is it shown."""
    with pytest.raises(SettingsError) as refusal:
        read_settings(environ=LEAST | {"INNGEST_DEV": "0", "INNGEST_SIGNING_KEY": key})

    assert key not in str(refusal.value)


@pytest.mark.parametrize("key", ["ab" * 16, "signkey-prod-" + "0F" * 32])
def test_strong_signing_key_is_taken(key: str) -> None:
    """Hex of 32 characters or more, with or without the prefix of Inngest, is a key."""
    settings = read_settings(environ=LEAST | {"INNGEST_DEV": "0", "INNGEST_SIGNING_KEY": key})

    assert settings.inngest_signing_key == key


def test_any_signing_key_will_do_in_the_dev_mode() -> None:
    """A key like `test-signing-key`, which the dev mode never checks, becomes one that the SDK can work with."""
    key = read_settings(environ=LEAST | {"INNGEST_SIGNING_KEY": "test-signing-key"}).inngest_signing_key

    assert len(bytes.fromhex(str(key))) == 32


def test_settings_do_not_show_secrets() -> None:
    """Printing the settings gives neither the keys nor the database's password away."""
    shown = repr(read_settings(environ=LEAST | {"INNGEST_EVENT_KEY": "k3y", "INNGEST_SIGNING_KEY": "s1gn"}))

    assert not any(secret in shown for secret in ("pa55", "k3y", "s1gn"))
