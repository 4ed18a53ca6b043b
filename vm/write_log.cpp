#include "vm/write_log.h"

#include <algorithm>

#include "btf/source.h"
#include "helpers/map.h"
#include "vm/context.h"
#include "vm/packet.h"

namespace bpftwin {
namespace {

/// Whether asking for an element's address leaves the map as it is, and gives its value.
bool is_plain(const Map& map) {
    const MapType type = map.spec().type;
    return !map.regions().empty() && type != MapType::lru_hash && type != MapType::lru_percpu_hash;
}

class Collector {
public:
    explicit Collector(const Written& written) : written_(written) {}

    std::vector<LastWrite> run() && {
        if (const Packet* packet = written_.packet; packet && written_.packet_size != 0)
            bytes({.place = LastWrite::Place::packet,
                   .offset = static_cast<std::uint32_t>(written_.packet_size - packet->size())},
                  packet->data(), packet->size());
        bytes({.place = LastWrite::Place::context}, written_.context.address(),
              written_.context.size());
        for (const auto& map : written_.maps)
            if (is_plain(*map)) elements(*map);
        return std::move(writes_);
    }

private:
    void elements(Map& map) {
        const auto entries = map.entries();
        if (!entries) return;
        const std::uint32_t size = map.spec().value_size;
        const std::uint32_t first = map.is_per_cpu() ? written_.cpu * size : 0;
        for (const MapEntry& entry : *entries)
            if (const void* value = map.lookup_elem(entry.key.data(), written_.cpu))
                bytes({.place = LastWrite::Place::map,
                       .map = map.spec().name,
                       .key = entry.key,
                       .offset = first},
                      reinterpret_cast<std::uint64_t>(value), size);
    }

    /// @param at what the first byte belongs to.
    void bytes(const LastWrite& at, std::uint64_t address, std::uint64_t size) {
        const Writer* last = nullptr;
        for (std::uint64_t i = 0; i < size; ++i) {
            const Writer* writer = written_.log.at(address + i);
            if (writer && last && *writer == *last)
                ++writes_.back().size;
            else if (writer)
                add(at, static_cast<std::uint32_t>(i), *writer);
            last = writer;
        }
    }

    void add(LastWrite at, std::uint32_t offset, const Writer& writer) {
        at.offset += offset;
        at.size = 1;
        at.program = writer.program->name;
        at.pc = writer.pc;
        at.source = source_at(*writer.program, written_.btf, writer.pc);
        writes_.push_back(std::move(at));
    }

    const Written& written_;
    std::vector<LastWrite> writes_;
};

}  // namespace

void WriteLog::note(std::uint64_t address, std::uint64_t bytes, const Writer& writer) {
    for (std::uint64_t i = 0; i < bytes; ++i) by_address_[address + i] = writer;
}

const Writer* WriteLog::at(std::uint64_t address) const {
    const auto found = by_address_.find(address);
    return found == by_address_.end() ? nullptr : &found->second;
}

HelperWrites::HelperWrites(WriteLog& log, const Packet* packet, Writer writer)
    : log_(log), packet_(packet), writer_(writer) {
    if (!packet_) return;
    data_ = packet_->data();
    const ByteView bytes = packet_->bytes();
    before_.assign(bytes.begin(), bytes.end());
}

void HelperWrites::note_packet() {
    const ByteView after = packet_->bytes();
    for (std::size_t i = 0; i < after.size(); ++i) {
        const std::uint64_t address = packet_->data() + i;
        const std::uint64_t old = address - data_;
        if (old >= before_.size() || before_[old] != after[i]) log_.note(address, 1, writer_);
    }
}

void HelperWrites::finish(Map* map, const void* key, std::uint32_t cpu) {
    if (packet_) note_packet();
    if (!map || !is_plain(*map)) return;
    if (const void* value = map->lookup_elem(key, cpu))
        log_.note(reinterpret_cast<std::uint64_t>(value), map->spec().value_size, writer_);
}

std::vector<LastWrite> last_writes(const Written& written) { return Collector(written).run(); }

}  // namespace bpftwin
