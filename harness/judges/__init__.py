"""Judges: each looks at what was seen, and raises `UnmetError` when it breaks a promise; none imports the judged."""
