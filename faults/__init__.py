"""The catalogue of faults: each a small override of a part of the reference dispatcher.

A fault says in `MUST_BREAK` which requirements it must break, and in `HOP` where the suite must say that events are
lost. It is started like the reference itself: `DISPATCHER=faults.star_trigger make verify`.
"""
