"""Settings of the kernel: legal values are taken, others are told in one line that holds no secret."""

import pytest

from reference_kernel.settings import SettingsError, read_settings


def test_command_line_wins() -> None:
    """Host and port of the command line come before the environment, and the rest has defaults."""
    settings = read_settings(host="::1", port="81", environ={"PORT": "82", "INNGEST_BASE_URL": "https://i.example/"})

    assert (settings.host, settings.port, settings.inngest_base_url) == ("::1", 81, "https://i.example")
    assert read_settings(environ={}).port == 8080


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "http", "PORT='http' is not a port."),
        ("PORT", "0", "PORT='0' is not a port."),
        ("PORT", "65536", "PORT='65536' is not a port."),
        ("INNGEST_BASE_URL", "inngest:8288", "INNGEST_BASE_URL='inngest:8288' is not the origin of a server."),
        ("INNGEST_BASE_URL", "http://i/e/key", "INNGEST_BASE_URL='http://i/e/key' is not the origin of a server."),
        ("INNGEST_EVENT_KEY", "a/b", "INNGEST_EVENT_KEY is not a key."),
    ],
)
def test_bad_value_is_one_line(name: str, value: str, told: str) -> None:
    """A value that is not legal is named with what would be."""
    with pytest.raises(SettingsError) as refusal:
        read_settings(environ={name: value})

    assert str(refusal.value).startswith(told)
    assert "\n" not in str(refusal.value)


def test_settings_do_not_show_the_key() -> None:
    """Printing the settings does not give the event key away."""
    assert "k3y" not in repr(read_settings(environ={"INNGEST_EVENT_KEY": "k3y"}))
