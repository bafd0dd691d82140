"""URLs: sent exactly as they are written, or refused."""

import pytest

from reference_dispatcher.delivery import Target
from reference_dispatcher.values import RefusedError


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://h.example", b"/"),
        ("http://h.example?a=1", b"/?a=1"),
        ("http://h.example/hook", b"/hook"),
        ("http://h.example/hook/", b"/hook/"),
        ("http://h.example/a%2Fb%20c/%7e?q=%41&r=a+b&&", b"/a%2Fb%20c/%7e?q=%41&r=a+b&&"),
        ("http://h.example/../a/./b//c;p=1", b"/../a/./b//c;p=1"),
        ("http://h.example/hook?", b"/hook?"),
        ("http://h.example/hook?u=http://x/?y#fragment", b"/hook?u=http://x/?y"),
        ("http://h.example/{a}|b^\"'<>`\\", b"/{a}|b^\"'<>`\\"),
        ("http://h.example/ż?ó=🚀", b"/%C5%BC?%C3%B3=%F0%9F%9A%80"),
    ],
)
def test_path_and_query_stay_as_written(url: str, path: bytes) -> None:
    """Escapes, dots, slashes and an empty query are the receiver's business; only what HTTP cannot hold is escaped."""
    assert Target.parse(url).path == path


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "authority"),
    [
        ("http://h.example/", "http", "h.example", None, "h.example"),
        ("HTTPS://H.Example:8443/", "https", "H.Example", 8443, "H.Example:8443"),
        ("http://h.example:80/", "http", "h.example", 80, "h.example:80"),
        ("http://[::1]:8080/", "http", "::1", 8080, "[::1]:8080"),
        ("http://żółw.example/", "http", "xn--w-uga1v8h.example", None, "xn--w-uga1v8h.example"),
    ],
)
def test_host_and_port_are_read(url: str, scheme: str, host: str, port: int | None, authority: str) -> None:
    """The connection goes to host and port, and the Host header says what the URL says."""
    target = Target.parse(url)

    assert (target.scheme, target.host, target.port, target.authority) == (scheme, host, port, authority)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "hook",
        "/hook",
        "//h.example/hook",
        "file:///etc/passwd",
        "ftp://h.example/hook",
        "gopher://h.example/",
        "javascript:alert(1)",
        "http:",
        "http://",
        "http:///hook",
        "http://:80/",
        "http://h.example:/",
        "http://h.example:0/",
        "http://h.example:65536/",
        "http://h.example:http/",
        "http://user:password@h.example/",
        "http://h.example\\@other.example/",
        "http://h.example /",
        "http://h.example/a b",
        "http://h.example/a\r\nHost: evil",
        " http://h.example/",
        "http://h.example/\0",
        "http://[::1/",
        "http://[v1.x]/",
        "http://" + "ż" * 70 + ".example/",
    ],
)
def test_what_is_no_url_of_a_host_is_refused(url: str | None) -> None:
    """Other schemes, missing hosts, credentials and anything that could split a request are refused."""
    with pytest.raises(RefusedError):
        Target.parse(url)


def test_refusal_does_not_repeat_the_url() -> None:
    """A URL may hold credentials, so the text that gets into rows and logs does not show it."""
    with pytest.raises(RefusedError) as refusal:
        Target.parse("http://user:s3cret@h.example/")

    assert "s3cret" not in str(refusal.value)
