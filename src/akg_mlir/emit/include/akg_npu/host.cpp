// What kernels on a host have in common, as a library: they compile faster without it.
#if !defined(AKG_HOST_LIBRARY)
#define AKG_HOST_LIBRARY
#endif
#include "launch.hpp"

__thread akg::Context akg::context;
__thread akg::Core *akg::checking;
__thread const akg::Memory *akg::memories;
