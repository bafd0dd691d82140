"""Load: publish many events, and find in SQL what was lost, doubled or not recorded."""
