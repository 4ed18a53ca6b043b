#include "helpers/map.h"
