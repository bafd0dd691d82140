"""Databases: the ways in which Postgres is had."""
