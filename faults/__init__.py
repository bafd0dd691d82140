"""The catalogue of faults: dispatchers that are each broken in one way, and some that are correct but different.

A fault is a small change of the reference's design. It names the requirements that it must break, the hop at which the
suite must say so, and requirements that must stay green beside. It is started like the reference itself, a fault of the
kernel or of Inngest in the place of either, and a variant that goes by other names with the target that tells them:

    DISPATCHER="faults star_trigger" make verify
    KERNEL="faults fire_and_forget" make verify
    EMBEDDED="faults any_event_key_accepted" ENGINE=embedded make verify
    DISPATCHER="faults names_of_its_own" TARGET=faults/other_names.toml make verify

`python -m faults --list` prints the catalogue as JSON, so that whoever judges need not import the judged.
"""
