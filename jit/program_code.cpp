#include "jit/program_code.h"

#include <algorithm>

namespace bpftwin::jit {
std::uint32_t ProgramCode::site_base(const ObjectSpec& object, std::size_t program) {
    std::size_t base = 0;
    // One more than it has: control may arrive behind the last.
    for (std::size_t i = 0; i < program; ++i) base += object.programs[i].insns.size() + 1;
    return static_cast<std::uint32_t>(base);
}

Result<ProgramCode> ProgramCode::create(const ObjectSpec& object, const MachineCode& entry,
                                        std::vector<MachineCode> programs) {
    ProgramCode result;
    std::vector<ByteView> pieces = {entry.code};
    for (const MachineCode& program : programs) pieces.push_back(program.code);
    auto memory = CodeMemory::create(pieces);
    if (!memory) return std::unexpected(memory.error());
    result.memory_ = std::move(*memory);
    const std::byte* begin = result.memory_.begin();
    std::size_t offset = 0;
    for (std::size_t i = 0; i < programs.size(); ++i) {
        offset = CodeMemory::next_offset(offset, pieces[i].size());
        programs[i].code = {};
        result.parts_.push_back({&object.programs[i], static_cast<std::uint32_t>(offset),
                                 site_base(object, i), std::move(programs[i]),
                                 static_cast<std::uint32_t>(pieces[i + 1].size())});
    }
    result.exit_ = begin + entry.function_offsets[1];
    for (const Part& part : result.parts_) {
        result.starts_.push_back(part.size == 0 ? nullptr : begin + part.begin);
        for (const std::uint32_t function : part.code.function_offsets)
            result.functions_.push_back(
                reinterpret_cast<std::uint64_t>(begin + part.begin + function));
    }
    return result;
}

bool ProgramCode::is_function(std::uint64_t address) const {
    return std::ranges::binary_search(functions_, address);
}

std::uint64_t ProgramCode::function(const ProgramSpec& program, std::uint32_t insn) const {
    const auto found = std::ranges::find_if(functions_, [&](std::uint64_t address) {
        const auto first = find(address);
        return first && first->program == &program && first->place->first_pc == insn;
    });
    return found == functions_.end() ? 0 : *found;
}

std::optional<ProgramCode::Located> ProgramCode::find(std::uint64_t address) const {
    const std::uint64_t begin = reinterpret_cast<std::uint64_t>(memory_.begin());
    for (const Part& part : parts_) {
        const std::uint64_t offset = address - begin - part.begin;
        if (offset >= part.size) continue;
        const auto& places = part.code.places;
        const auto after = std::ranges::upper_bound(places, offset, {}, &CodePlace::offset);
        if (after == places.begin()) return std::nullopt;
        const std::uint32_t end = after == places.end() ? part.size : after->offset;
        return Located{part.program, &*std::prev(after), begin + part.begin + end};
    }
    return std::nullopt;
}

Site ProgramCode::site(std::uint32_t number) const {
    const auto after = std::ranges::upper_bound(parts_, number, {}, &Part::site_base);
    const Part& part = *std::prev(after);
    return {part.program, number - part.site_base};
}

}  // namespace bpftwin::jit
