"""Clients: each speaks to one part of the platform and turns what it says into values."""
