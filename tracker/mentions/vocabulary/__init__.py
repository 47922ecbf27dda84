"""Words that languages write small, one a line and folded, so that a name made of one is known for it."""
