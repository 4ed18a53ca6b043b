#include "loader/section_names.h"

#include <linux/bpf.h>

#include <algorithm>
#include <array>

namespace bpftwin {
namespace {

enum class Match : std::uint8_t { exact, target, prefix };

struct SectionRow {
    std::string_view name;
    Match match;
    ProgType type;
    std::optional<AttachType> attach_type;
    std::uint32_t flags;
};

namespace attach {
inline constexpr std::optional<AttachType> none;
#define ATTACH_TYPE(name, number) inline constexpr std::optional name = AttachType::name;
#include "bpftwin/attach_type.def"
}  // namespace attach

constexpr std::uint32_t sleepable = BPF_F_SLEEPABLE;
constexpr std::uint32_t frags = BPF_F_XDP_HAS_FRAGS;

constexpr auto section_table = std::to_array<SectionRow>({
#define SECTION(name, match, type, attach_type, flags) \
    {name, Match::match, ProgType::type, attach::attach_type, flags},
#include "loader/sections.def"
});

bool fits(const SectionRow& row, std::string_view name) {
    if (name == row.name) return true;
    return row.match == Match::target && name.starts_with(row.name) && name[row.name.size()] == '/';
}

bool fits_as_prefix(const SectionRow& row, std::string_view name) {
    return row.match == Match::prefix && name.starts_with(row.name);
}

const SectionRow* row_of(std::string_view name) {
    for (auto fit : {fits, fits_as_prefix}) {
        auto row = std::ranges::find_if(section_table, [&](auto& r) { return fit(r, name); });
        if (row != section_table.end()) return &*row;
    }
    return nullptr;
}

}  // namespace

SectionMeaning section_meaning(std::string_view name) {
    const auto* row = row_of(name);
    if (!row) return {};
    auto rest = name.substr(row->name.size());
    return {.type = row->type,
            .attach_type = row->attach_type,
            .attach_target = std::string(rest.starts_with('/') ? rest.substr(1) : ""),
            .prog_flags = row->flags};
}

}  // namespace bpftwin
