"""What a dispatcher of the suite loads before anything else: answers to look-ups of our names.

Each hook is copied into a folder beside its plan, reads nothing else, and imports nothing of the suite.
"""
