"""The receiver: an HTTP server whose paths are the endpoints of webhooks, scripted, and keeping every attempt whole."""
