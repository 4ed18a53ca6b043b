#include "helpers/prototype.h"
