#include "vm/runtime.h"
