#include "vm/packet.h"
