"""Processes: started, watched and ended with all that they started, on ports that are free."""
