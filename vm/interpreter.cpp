#include "bpftwin/bpftwin.h"
