"""Which bytes every instruction touches, how long buffers live, and where they are put."""
