// What libbpf makes of an object's instructions.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/insn.h"

namespace bpftwin::test {

/// What libbpf made of one program.
using Stream = std::vector<Insn>;

/// The programs of an object as libbpf would load them, and the maps that they refer to, by
/// descriptor, as the kernel calls them.
struct Relocated {
    std::map<std::string, Stream> programs;
    std::map<int, std::string> maps;
    std::chrono::steady_clock::time_point begin, end;  ///< From opening it to its instructions.
};

/// All programs of an object, relocated by libbpf; nothing is loaded but maps, for a moment.
/// @param btf the file with the types to resolve CO-RE relocations against; empty: the running
/// kernel's.
/// @return without programs for an object that has none; an Error with libbpf's reason where it
/// refuses the object.
Result<Relocated> relocated_by_libbpf(const std::string& path, const std::string& btf = {});

/// The same of an object in memory, with the running kernel's types.
Result<Relocated> relocated_by_libbpf(ByteView image, const std::string& name);

/// Whether an instruction loads a map, by its descriptor.
bool names_map(const Insn& insn);

}  // namespace bpftwin::test
