"""Running compiled programs: the graph on the host, its kernels by an executor of one floor."""
