#include "bpftwin/spec.h"
