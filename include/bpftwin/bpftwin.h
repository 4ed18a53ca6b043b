// The whole public interface.
#pragma once

#include "bpftwin/edit.h"
#include "bpftwin/engine.h"
#include "bpftwin/error.h"
#include "bpftwin/insn.h"
#include "bpftwin/kernel.h"
#include "bpftwin/kinds.h"
#include "bpftwin/network.h"
#include "bpftwin/run.h"
#include "bpftwin/spec.h"
#include "bpftwin/target.h"
#include "bpftwin/verdict.h"
