"""Containers: what the suite starts in Docker, ended and removed however this process dies."""
