// Cases of the public bpf_conformance suite, in its `.data` format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/insn.h"

namespace bpftwin::conformance {

/// One `.data` file. Sections begin with a line "-- name": asm, mem, result, raw and error are
/// read, c and "no register offset" hold nothing for us.
struct DataFile {
    std::string name;             ///< File name without extension.
    std::vector<Insn> program;    ///< Of `raw` where there is one, else of `asm`.
    std::vector<Insn> assembled;  ///< Of `asm`; empty without it.
    Bytes memory;                 ///< What r1 points to.
    std::uint64_t result = 0;     ///< Expected r0.
    std::string error;            ///< Expected failure, or empty.
};

/// @return the case, or an Error with section and line.
Result<DataFile> parse_data_file(std::string_view text, std::string name);
Result<DataFile> read_data_file(const std::filesystem::path& path);

/// All cases of a folder by name; empty if there is no such folder.
std::vector<std::filesystem::path> data_files_in(const std::filesystem::path& folder);

}  // namespace bpftwin::conformance
