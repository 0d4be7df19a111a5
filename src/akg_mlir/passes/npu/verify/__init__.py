"""Static checks of finished kernels: storage, instruction fields, ordering."""
