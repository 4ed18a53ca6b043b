#include "vm/world.h"
