"""The only room that reads or writes files: discovery, ignore rules, the build context, configuration, all-or-nothing writes.

Everything here treats a repository as hostile: no symbolic link leads out of the given folder, nothing of it is run, and every
walk, read and pattern is bounded in time and memory.
"""
