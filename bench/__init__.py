"""Benchmarks: how fast the embedded engine is, judged by its targets, and how fast the suite is."""
