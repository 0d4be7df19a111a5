// The host body: a model of the machine that runs kernels on any computer.
#pragma once

#include "cube.hpp"
#include "entry.hpp"
#include "movement.hpp"
#include "scalar.hpp"
#include "transpose.hpp"
#include "vector.hpp"

#if !defined(AKG_HOST_LIBRARY)
#include "launch.hpp"
#endif
