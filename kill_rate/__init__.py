"""The kill rate: what share of the broken dispatchers of the catalogue the suite catches, each for its own reason.

    make kill-rate
    make kill-rate FAULT='retries_*,star_trigger' WORKERS=1

Everything but the dispatcher stays up from one run of the suite to the next. Correct dispatchers that are built another
way run beside, the whole suite each: accusing one of them is a false alarm.
"""
