"""Builds in Python text (and in Starlark, which looks like it): LibCST gives the tree and the byte spans, edits are byte spans.

Nothing here is imported before a file needs it: LibCST is heavy.
"""
