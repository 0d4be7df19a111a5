// What kernels on a host have in common, as a library: they compile faster without it.
#define AKG_HOST_LIBRARY
#include "launch.hpp"

__thread akg::Context akg::context;
