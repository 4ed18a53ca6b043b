// Resolves the labels of a program written in C++.
#include "isa/builder.h"

#include <map>

#include "bpftwin/error.h"

namespace bpftwin::build {
namespace {

std::map<std::string_view, std::size_t> positions_of_labels(const std::vector<Item>& items) {
    std::map<std::string_view, std::size_t> positions;
    std::size_t pc = 0;
    for (const auto& item : items) {
        if (item.count == 0 && !positions.try_emplace(item.label, pc).second)
            bug("label " + item.label + " is defined twice");
        pc += item.count;
    }
    return positions;
}

}  // namespace

std::vector<Insn> program(std::initializer_list<Item> items) {
    return program(std::vector<Item>(items));
}

std::vector<Insn> program(const std::vector<Item>& items) {
    auto positions = positions_of_labels(items);
    std::vector<Insn> insns;
    for (const auto& item : items) {
        insns.insert(insns.end(), item.slots.begin(), item.slots.begin() + item.count);
        if (item.count == 0 || item.label.empty()) continue;
        auto target = positions.find(item.label);
        if (target == positions.end()) bug("label " + item.label + " is not defined");
        auto distance =
            static_cast<std::int64_t>(target->second) - static_cast<std::int64_t>(insns.size());
        if (!aim(insns.back(), item.aimed, distance))
            bug("label " + item.label + " is too far away");
    }
    return insns;
}

}  // namespace bpftwin::build
