"""Reports: what a person and what a program reads of a run."""
