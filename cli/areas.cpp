#include "cli/areas.h"

#include <algorithm>
#include <array>

#include "cli/hex.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace bpftwin::cli {
namespace {

using Json = nlohmann::json;

Result<std::uint64_t> number_of(const Json& json) {
    const std::string text = json.is_string() ? json.get<std::string>() : json.dump();
    auto number = parse_integer(text);
    if (number && text.starts_with('-')) return fail(text + " is negative");
    return number;
}

/// A letter of /proc/PID/maps and the flags that memory with it has (VM_*; what is mapped by
/// mmap may get all kinds of access).
struct Letter {
    char set, unset;
    std::uint64_t flags;
};
constexpr Letter letters[] = {{'r', '-', 0x1}, {'w', '-', 0x2}, {'x', '-', 0x4}, {'s', 'p', 0x88}};
constexpr std::uint64_t may_be_accessed = 0x70;

/// "rw-p", or a number.
Result<std::uint64_t> flags_of(const Json& json) {
    const std::string text = json.is_string() ? json.get<std::string>() : "";
    if (text.size() != std::size(letters)) return number_of(json);
    std::uint64_t flags = may_be_accessed;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == letters[i].set)
            flags |= letters[i].flags;
        else if (text[i] != letters[i].unset)
            return number_of(json);
    }
    return flags;
}

Result<std::uint64_t> pages_of(const Json& json) {
    auto number = number_of(json);
    constexpr std::uint64_t page = MemoryArea::page_size;
    if (number && *number % page != 0)
        return fail(fmt::format("{:#x} is no multiple of {}", *number, page));
    return number;
}

struct Field {
    std::string_view name;
    std::uint64_t MemoryArea::* member;
    Result<std::uint64_t> (*read)(const Json&);
};
constexpr Field fields[] = {
    {"start", &MemoryArea::start, pages_of},  {"end", &MemoryArea::end, pages_of},
    {"flags", &MemoryArea::flags, flags_of},  {"offset", &MemoryArea::offset, pages_of},
    {"inode", &MemoryArea::inode, number_of},
};

Result<void> take(MemoryArea& area, const std::string& name, const Json& json) {
    if (name == "file") {
        if (!json.is_string() || !json.get<std::string>().starts_with('/'))
            return fail(json.dump() + " is no path from the root");
        area.file = json.get<std::string>();
        return {};
    }
    const auto* field = std::ranges::find(fields, name, &Field::name);
    if (field == std::end(fields))
        return fail("no such field; there are start, end, flags, offset, inode, file");
    auto number = field->read(json);
    if (!number) return std::unexpected(number.error());
    area.*field->member = *number;
    return {};
}

Result<MemoryArea> area_of(const Json& json) {
    MemoryArea area{.flags = may_be_accessed};
    if (!json.is_object()) return fail("not a JSON object");
    for (const auto& [name, value] : json.items())
        if (auto taken = take(area, name, value); !taken)
            return std::unexpected(taken.error().in(name));
    if (area.end <= area.start)
        return fail(fmt::format("end: {:#x} is not behind the start", area.end));
    return area;
}

}  // namespace

Result<std::vector<MemoryArea>> parse_areas(const Json& json) {
    std::vector<MemoryArea> areas;
    if (!json.is_array()) return fail("not a list");
    for (std::size_t i = 0; i < json.size(); ++i) {
        auto area = area_of(json[i]);
        if (!area) return std::unexpected(area.error().in(fmt::format("[{}]", i)));
        const auto same = std::ranges::find_if(areas, [&](const MemoryArea& other) {
            return area->start < other.end && other.start < area->end;
        });
        if (same != areas.end())
            return fail(fmt::format("[{}]: start: {:#x} to {:#x} is there already", i, area->start,
                                    area->end));
        areas.push_back(std::move(*area));
    }
    std::ranges::sort(areas, {}, &MemoryArea::start);
    return areas;
}

}  // namespace bpftwin::cli
