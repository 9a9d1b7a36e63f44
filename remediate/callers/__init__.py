"""Who builds the image, and how its secrets get there: one ecosystem a module, each of which finds builds and rewrites or refuses them."""
