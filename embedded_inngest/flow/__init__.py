"""Flow control: which starts of a function are put off, gathered, counted out or let through."""
