"""Benchmarks: how fast the parts are that the suite brings along; they print numbers and judge nothing."""
