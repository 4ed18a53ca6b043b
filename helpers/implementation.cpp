#include "helpers/implementation.h"
