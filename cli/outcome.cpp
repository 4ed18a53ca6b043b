#include "cli/outcome.h"

#include <algorithm>

#include "vm/context.h"
#include "vm/packet.h"

namespace bpftwin::cli {
namespace {

/// Little-endian integers in numeric order, all else byte by byte.
bool key_less(const MapEntry& a, const MapEntry& b) {
    constexpr std::size_t widest_integer = 8;
    if (a.key.size() > widest_integer) return a.key < b.key;
    return std::lexicographical_compare(a.key.rbegin(), a.key.rend(), b.key.rbegin(), b.key.rend());
}

}  // namespace

Outcomes::Outcomes(ProgType type) : type_(type) {}
Outcomes::Outcomes(Outcomes&&) noexcept = default;
Outcomes::~Outcomes() = default;

Result<Outcomes> Outcomes::create(ProgType type) {
    Outcomes outcomes(type);
    if (!context_layout(type).has_packet) return outcomes;
    auto packet = Packet::create();
    if (!packet) return std::unexpected(packet.error());
    outcomes.packet_ = std::move(*packet);
    return outcomes;
}

Result<Outcome> Outcomes::begin(const RunInput& input) {
    auto context = Context::create(type_, input, packet_.get());
    if (!context) return std::unexpected(context.error());
    return Outcome{.number = ++count_,
                   .context_before = context->without_pointers(),
                   .packet_before = context->packet_afterwards(),
                   .result = {}};
}

void Outcomes::finish(Outcome& outcome, RunResult result) {
    const Bytes& mask = result.context_mask;
    const std::size_t size = std::min(outcome.context_before.size(), result.context.size());
    for (std::size_t i = 0; i < std::min(mask.size(), size); ++i)
        if (mask[i] == std::byte{0}) result.context[i] = outcome.context_before[i];
    outcome.result = std::move(result);
}

Result<std::vector<FinalMap>> final_maps(const ObjectSpec& object, Instance& instance) {
    std::vector<FinalMap> maps;
    for (const MapSpec& spec : object.maps) {
        MapView* map = instance.map(spec.name);
        if (map == nullptr) continue;
        auto entries = map->entries();
        if (!entries) return std::unexpected(entries.error().in("map " + spec.name));
        std::ranges::stable_sort(*entries, key_less);
        maps.push_back({&spec, std::move(*entries)});
    }
    return maps;
}

}  // namespace bpftwin::cli
