"""Instructions cut in several, so that what needs a part of their results can start earlier."""
