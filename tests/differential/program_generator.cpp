#include "tests/differential/program_generator.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "fmt/format.h"
#include "isa/encode.h"
#include "tests/differential/choices.h"
#include "tests/differential/function_generator.h"
#include "tests/differential/setting.h"
#include "vm/context.h"

namespace bpftwin::differential {
namespace {

constexpr auto types = std::to_array<ProgType>({
    ProgType::unspec,
    ProgType::unspec,
    ProgType::xdp,
    ProgType::xdp,
    ProgType::sched_cls,
    ProgType::sched_cls,
    ProgType::socket_filter,
    ProgType::kprobe,
});

std::string program_name(unsigned index) { return fmt::format("program{}", index); }

/// A map of every kind that programs use, of which a case gets a few.
MapSpec choose_map_spec(Choices& choices) {
    const std::uint32_t small = 8 * (1 + choices.below(4));
    const auto entries = 1 + choices.below(4);
    switch (choices.below(10)) {
        case 0:
        case 1:
            return {
                .type = MapType::array, .key_size = 4, .value_size = small, .max_entries = entries};
        case 2:
        case 3:
            return {.type = MapType::array,
                    .key_size = 4,
                    .value_size = choices.percent(20) ? 70000 : 4 + choices.below(200),
                    .max_entries = 1};
        case 4:
            return {.type = MapType::percpu_array,
                    .key_size = 4,
                    .value_size = small,
                    .max_entries = entries};
        case 5:
            return {
                .type = MapType::hash, .key_size = 4, .value_size = small, .max_entries = entries};
        case 6:
            return {.type = choices.percent(50) ? MapType::lru_hash : MapType::percpu_hash,
                    .key_size = 8,
                    .value_size = small,
                    .max_entries = entries};
        case 7: return {.type = MapType::ringbuf, .max_entries = 4096};
        case 8:
            return {.type = MapType::perf_event_array,
                    .key_size = 4,
                    .value_size = 4,
                    .max_entries = cpu_count};
        default: {
            MapSpec data{.type = MapType::array,
                         .key_size = 4,
                         .value_size = 64,
                         .max_entries = 1,
                         .map_flags = 1u << 7,  // BPF_F_RDONLY_PROG
                         .section = ".rodata",
                         .contents = Bytes(64),
                         .frozen = true};
            for (std::byte& byte : data.contents) byte = static_cast<std::byte>(choices.bits());
            return data;
        }
    }
}

MapSpec program_array(Choices& choices, unsigned programs) {
    MapSpec map{
        .type = MapType::prog_array, .key_size = 4, .value_size = 4, .max_entries = programs + 1};
    for (unsigned i = 0; i < programs; ++i)
        if (choices.percent(70)) map.slots.push_back({i, program_name(i)});
    return map;
}

void add_maps(Choices& choices, Setting& setting, unsigned programs) {
    for (unsigned i = choices.below(4); i > 0; --i)
        setting.maps.push_back(choose_map_spec(choices));
    if (choices.percent(25)) {
        setting.programs = static_cast<std::uint8_t>(setting.maps.size());
        setting.maps.push_back(program_array(choices, programs));
    }
    if (choices.percent(15)) {
        setting.rounds = static_cast<std::uint8_t>(setting.maps.size());
        setting.maps.push_back(
            {.type = MapType::array, .key_size = 4, .value_size = 8, .max_entries = 1});
    }
    for (std::size_t i = 0; i < setting.maps.size(); ++i)
        setting.maps[i].name = fmt::format("map{}", i);
}

/// The runs of bytes of a context struct that are no pointers.
std::vector<Span> scalar_bytes(const ContextLayout& layout) {
    std::vector<Span> spans;
    std::int32_t begin = 0;
    const auto end_at = [&](std::int32_t end) {
        if (end > begin) spans.push_back({begin, end});
    };
    for (const ContextFieldInfo& field : layout.fields) {
        if (!field.pointer) continue;
        end_at(field.offset);
        begin = field.offset + field.size;
    }
    end_at(static_cast<std::int32_t>(layout.size));
    return spans;
}

Setting choose_setting(Choices& choices, unsigned programs) {
    Setting setting;
    setting.type = choices.of(types);
    const ContextLayout& layout = context_layout(setting.type);
    setting.context_size = layout.is_bytes() ? 8u << choices.below(5) : layout.size;
    setting.context = layout.is_bytes()
                          ? std::vector{Span{0, static_cast<std::int32_t>(setting.context_size)}}
                          : scalar_bytes(layout);
    setting.has_packet = layout.has_packet;
    setting.packet_writable = layout.packet_writable;
    if (layout.has_packet) {
        setting.data_offset = layout.field("data")->offset;
        setting.data_end_offset = layout.field("data_end")->offset;
    }
    add_maps(choices, setting, programs);
    return setting;
}

/// What bpf_loop or bpf_for_each_map_elem call, or nothing.
std::optional<Signature> choose_callback(Choices& choices, const Setting& setting) {
    Signature signature{.callback = true};
    if (choices.percent(15)) {
        signature.params = {Param::scalar, Param::buffer};
        return signature;
    }
    if (setting.maps.empty() || !choices.percent(15)) return std::nullopt;
    signature.map = static_cast<std::uint8_t>(choices.below(setting.maps.size()));
    signature.params = {Param::map, Param::map_key, Param::map_value, Param::buffer};
    const MapSpec& map = setting.maps[signature.map];
    const bool visits = is_keyed(map.type) && !map.frozen && signature.map != setting.rounds;
    return visits ? std::optional(signature) : std::nullopt;
}

/// @param with_context whether one of the parameters may be the program's context.
Signature choose_parameters(Choices& choices, bool with_context) {
    Signature signature;
    for (unsigned i = 0, count = choices.below(6); i < count; ++i) {
        signature.params[i] = choices.percent(20) ? Param::buffer : Param::scalar;
        if (with_context && choices.percent(15)) {
            signature.params[i] = Param::context;
            with_context = false;
        }
    }
    return signature;
}

std::vector<Body> generate_subprograms(Choices& choices, const Setting& setting) {
    std::vector<Body> bodies;
    // A chain of as many frames as there may be, now and then of one too many.
    const bool chained = choices.percent(10);
    const unsigned chain = choices.percent(90) ? max_depth - 1 : max_depth;
    for (unsigned i = chained ? chain : choices.below(4); i > 0; --i) {
        const auto callback = chained ? std::nullopt : choose_callback(choices, setting);
        const Signature signature = callback ? *callback : choose_parameters(choices, !chained);
        bodies.push_back(generate_subprogram(choices, setting, bodies, signature, chained,
                                             1 + choices.below(chained ? 4 : 8)));
    }
    return bodies;
}

/// Puts functions behind each other and resolves what they say of each other.
class Linker {
public:
    explicit Linker(ProgramSpec& program) : program_(program) {}

    void add(const Body& body, std::string name) {
        starts_.push_back(static_cast<std::uint32_t>(program_.insns.size()));
        program_.functions.push_back({starts_.back(), std::move(name)});
        for (Reference reference : body.references) {
            reference.pc += starts_.back();
            references_.push_back(reference);
        }
        program_.insns.insert(program_.insns.end(), body.insns.begin(), body.insns.end());
    }

    /// @param order which subprogram is the n-th behind the entry.
    void resolve(std::span<const std::uint8_t> order) {
        for (const Reference& reference : references_) {
            const auto at = std::ranges::find(order, reference.subprogram) - order.begin();
            const auto start = std::int64_t{starts_[static_cast<std::size_t>(at) + 1]};
            aim(program_.insns[reference.pc], reference.op, start - reference.pc - 1);
        }
    }

private:
    ProgramSpec& program_;
    std::vector<std::uint32_t> starts_;
    std::vector<Reference> references_;
};

ProgramSpec generate_program(Choices& choices, const Setting& setting, unsigned index) {
    ProgramSpec program{.name = program_name(index), .section = "test", .type = setting.type};
    const std::vector<Body> subprograms = generate_subprograms(choices, setting);
    const bool chained = subprograms.size() >= max_depth - 1;
    const Body entry = generate_entry(choices, setting, subprograms, setting.programs.has_value(),
                                      chained, 2 + choices.below(choices.percent(20) ? 60 : 20));
    std::vector<std::uint8_t> order(subprograms.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = static_cast<std::uint8_t>(i);
        std::swap(order[i], order[choices.below(i + 1)]);
    }
    Linker linker(program);
    linker.add(entry, program.name);
    for (const std::uint8_t i : order) linker.add(subprograms[i], fmt::format("function{}", i));
    linker.resolve(order);
    return program;
}

Bytes random_bytes(Choices& choices, std::size_t size) {
    Bytes bytes(size);
    for (std::size_t at = 0; at < size; at += 8) {
        const std::uint64_t word = choices.edge64();
        std::memcpy(&bytes[at], &word, std::min<std::size_t>(8, size - at));
    }
    return bytes;
}

RunInput choose_input(Choices& choices, const Setting& setting) {
    constexpr auto lengths = std::to_array<std::size_t>({14, 15, 20, 34, 60, 64, 100, 128, 300});
    RunInput input;
    input.world = World::fixed();
    input.world.cpu = choices.below(cpu_count);
    input.world.random_seed = choices.bits();
    input.repeat = choices.percent(90) ? 1 : 2;
    input.budget = 10'000'000;
    input.want_maps = false;
    if (setting.has_packet) input.packet = random_bytes(choices, choices.of(lengths));
    // What the context of a packet says is made by the engine from the packet.
    if (!setting.has_packet) input.context = random_bytes(choices, setting.context_size);
    return input;
}

Case generate(Choices& choices) {
    constexpr unsigned most_programs = 6;
    Case result{.object = {.name = "case", .license = "GPL"}};
    const unsigned programs = 1 + choices.below(most_programs);
    const Setting setting = choose_setting(choices, programs);
    for (unsigned i = 0; i < programs; ++i) {
        result.object.programs.push_back(generate_program(choices, setting, i));
        result.runs.push_back({program_name(i), choose_input(choices, setting)});
    }
    result.runs.back().input.want_maps = true;
    result.object.maps = setting.maps;
    return result;
}

}  // namespace

Case generate_case(std::uint64_t seed) {
    Choices choices(seed);
    Case result = generate(choices);
    result.seed = seed;
    return result;
}

Case generate_case(std::span<const std::uint8_t> bytes) {
    Choices choices(bytes);
    return generate(choices);
}

}  // namespace bpftwin::differential
