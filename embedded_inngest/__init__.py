"""An in-memory server that imitates Inngest v1.43.0, so that the suite runs where no Inngest can be had."""

IMITATED = "1.43.0"
"""The release whose recorded behaviour is imitated."""

VERSION = f"{IMITATED}-embedded"
"""What `version` prints, so that no log can be mistaken for one of the real server."""
