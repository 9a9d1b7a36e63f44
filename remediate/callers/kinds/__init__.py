"""One ecosystem a module: `read` finds the builds of a file, `rewrite` moves their secrets or refuses."""
