"""Proof by real builds: the fixed build runs the same commands with the same secrets, and leaves none behind."""
