#include "btf/btf.h"
#include "btf/format.h"
