// A program that takes the place of a function of another one.
//! covers: program type ext
#include "case.h"

//! test: it runs on the arguments of that function
//! run: --ctx u64[0]=9 --unsafe
//! expect: returned 9
SEC("freplace/function")
int replace(__u64* args) { return args[0]; }
