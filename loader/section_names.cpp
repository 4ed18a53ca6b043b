#include "loader/section_names.h"

#include <linux/bpf.h>

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

/// Whether a row is for the name that begins with it.
bool fits(const SectionRow& row, std::string_view name) {
    const auto rest = name.substr(row.name.size());
    return rest.empty() || (row.match == Match::target && rest.front() == '/');
}

/// A row for the name itself comes before one for all that begin so.
const SectionRow* row_of(std::string_view name) {
    const SectionRow* prefix = nullptr;
    const char first = name.empty() ? '\0' : name.front();
    for (const SectionRow& row : section_table) {
        if (row.name.front() != first || !name.starts_with(row.name)) continue;
        if (fits(row, name)) return &row;
        if (!prefix && row.match == Match::prefix) prefix = &row;
    }
    return prefix;
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
