#include "vm/memory.h"
