"""The harness: everything the suite is made of that does not know pytest."""
