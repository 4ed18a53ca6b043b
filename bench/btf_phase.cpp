// The phase that parses a kernel's types, beside libbpf where that is installed.
#include <chrono>

#include "bench/phases.h"
#include "bpftwin/spec.h"
#include "btf/btf.h"
#include "fmt/format.h"

#ifdef BENCH_LIBBPF
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#endif

namespace bpftwin::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Parses the same bytes `repeat` times; `parse` gives what is freed outside of the time.
template <class Parse>
compare::Timed parsing(Parse parse) {
    return [parse](std::size_t, std::uint32_t repeat) -> Result<double> {
        std::chrono::duration<double, std::nano> time{};
        for (std::uint32_t i = 0; i < repeat; ++i) {
            const auto begin = Clock::now();
            const auto types = parse();
            time += Clock::now() - begin;
            if (!types) return fail("the types cannot be parsed");
        }
        return time.count();
    };
}

#ifdef BENCH_LIBBPF
struct Free {
    void operator()(btf* types) const { btf__free(types); }
};
using TheirTypes = std::unique_ptr<btf, Free>;

TheirTypes parse_theirs(ByteView raw) {
    return TheirTypes(btf__new(raw.data(), static_cast<std::uint32_t>(raw.size())));
}

Result<void> check_same(const Btf& ours, const btf& theirs) {
    if (btf__type_cnt(&theirs) != ours.type_count()) return fail("libbpf counts other types");
    for (std::uint32_t id = 1; id < ours.type_count(); ++id) {
        const btf_type* type = btf__type_by_id(&theirs, id);
        if (static_cast<BtfKind>(btf_kind(type)) != ours.kind(id) ||
            ours.type(id).name != btf__name_by_offset(&theirs, type->name_off))
            return fail(fmt::format("libbpf reads type {} differently", id));
    }
    return {};
}
#endif

}  // namespace

Result<BtfRow> measure_btf(const std::string& path, bool quick) {
    const auto types = load_btf_file(path);
    if (!types) return std::unexpected(types.error());
    const ByteView raw = (*types)->raw();
    std::vector<compare::Timed> things = {parsing([raw] {
        auto parsed = Btf::parse(raw);
        return parsed ? std::move(*parsed) : nullptr;
    })};
#ifdef BENCH_LIBBPF
    const TheirTypes theirs = parse_theirs(raw);
    if (!theirs) return fail("libbpf cannot parse " + path);
    if (auto same = check_same(**types, *theirs); !same) return std::unexpected(same.error());
    things.push_back(parsing([raw] { return parse_theirs(raw); }));
#endif
    const bool beside_libbpf = things.size() == 2;
    compare::Sampler sampler(std::move(things));
    if (auto done = sampler.run({.rounds = quick ? 21U : 101U}); !done)
        return std::unexpected(done.error());
    const auto measured = sampler.measurements();
    BtfRow row{path, raw.size(), (*types)->type_count(), measured[0], std::nullopt};
    if (beside_libbpf) row.libbpf = measured[1];
    return row;
}

}  // namespace bpftwin::bench
