#include "vm/context.h"
