// bpftwin_libbpf_streams: whether our loader makes of every program in a folder of objects what
// libbpf makes of it, instruction for instruction.
//
// libbpf relocates when it loads. A handler of the object's own sections looks at all programs in
// the moment before the first goes to the kernel, and ends the load there.
#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "bpftwin/kernel.h"
#include "bpftwin/spec.h"
#include "fmt/format.h"
#include "isa/decode.h"
#include "tests/corpus/libbpf_object.h"
#include "tests/corpus/this_kernel.h"

namespace {

using namespace bpftwin;

/// What libbpf made of one program.
using Stream = std::vector<Insn>;

/// The programs of an object as libbpf would load them, and the maps that they refer to, by
/// descriptor, as the kernel calls them: libbpf tells descriptors only when all is loaded.
struct Relocated {
    std::map<std::string, Stream> programs;
    std::map<int, std::string> maps;
};

bpf_object* loading = nullptr;
Relocated* found = nullptr;

bool names_map(const Insn& insn) {
    const auto op = decode(insn);
    return op == Op::lddw_map_fd || op == Op::lddw_map_value;
}

void look_at_maps(const Stream& stream) {
    for (const Insn& insn : stream) {
        if (!names_map(insn)) continue;
        bpf_map_info info{};
        std::uint32_t size = sizeof info;
        if (bpf_obj_get_info_by_fd(insn.imm, &info, &size) == 0) found->maps[insn.imm] = info.name;
    }
}

int look(bpf_program*, bpf_prog_load_opts*, long) {
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, loading) {
        if (!bpf_program__autoload(program)) continue;
        Stream& stream = found->programs[bpf_program__name(program)];
        stream.resize(bpf_program__insn_cnt(program));
        std::memcpy(stream.data(), bpf_program__insns(program), stream.size() * sizeof(Insn));
        look_at_maps(stream);
    }
    return -ECANCELED;
}

/// Handlers of the sections of one object, as long as they live.
class Handlers {
public:
    explicit Handlers(bpf_object* object) {
        std::set<std::string> sections;
        bpf_program* program = nullptr;
        bpf_object__for_each_program(program, object) {
            std::string section = bpf_program__section_name(program);
            if (section.starts_with('?')) section.erase(0, 1);
            if (!sections.insert(section).second) continue;
            libbpf_prog_handler_opts options{};
            options.sz = sizeof options;
            options.prog_prepare_load_fn = look;
            // Any type will do where libbpf knows none for the section's name: nothing is loaded.
            const bpf_prog_type type = bpf_program__type(program);
            ids_.push_back(libbpf_register_prog_handler(
                section.c_str(), type == BPF_PROG_TYPE_UNSPEC ? BPF_PROG_TYPE_XDP : type,
                bpf_program__expected_attach_type(program), &options));
        }
    }
    ~Handlers() {
        for (const int id : ids_) libbpf_unregister_prog_handler(id);
    }
    Handlers(const Handlers&) = delete;
    Handlers& operator=(const Handlers&) = delete;

private:
    std::vector<int> ids_;
};

/// Memory that users of these maps size before they load them. Maps may be of types that came after
/// libbpf's enumeration.
__attribute__((no_sanitize("enum"))) void give_sizes(bpf_object* object) {
    constexpr unsigned page = 4096;
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) {
        const bpf_map_type type = bpf_map__type(map);
        const bool is_sized = type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_USER_RINGBUF ||
                              type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_HASH;
        if (is_sized && bpf_map__max_entries(map) == 0) bpf_map__set_max_entries(map, page);
    }
}

/// Without programs for an object that has none.
Result<Relocated> relocated_by_libbpf(const std::string& path) {
    const auto first = test::open_by_libbpf(path);
    if (!first) return std::unexpected(first.error());
    Relocated result;
    if (bpf_object__next_program(first->get(), nullptr) == nullptr) return result;
    const Handlers handlers(first->get());
    const auto object = test::open_by_libbpf(path);
    if (!object) return std::unexpected(object.error());
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object->get()) bpf_program__set_autoload(program, true);
    give_sizes(object->get());
    loading = object->get();
    found = &result;
    const int error = -bpf_object__load(object->get());
    if (result.programs.empty())
        return std::unexpected(test::libbpf_error("libbpf does not relocate it", error));
    return result;
}

/// Ours with the map's index, theirs with its descriptor: both by the name that the kernel has.
std::string map_name(const Insn& insn, const ObjectSpec& object) {
    const auto index = static_cast<std::size_t>(insn.imm);
    return index < object.maps.size() ? object.maps[index].name.substr(0, BPF_OBJ_NAME_LEN - 1)
                                      : "?";
}

bool same(const Insn& ours, const Insn& theirs, const ObjectSpec& object, const Relocated& maps) {
    if (ours == theirs) return true;
    if (!names_map(ours)) return false;
    const auto name = maps.maps.find(theirs.imm);
    Insn alike = theirs;
    alike.imm = ours.imm;
    return alike == ours && name != maps.maps.end() && name->second == map_name(ours, object);
}

/// The first difference, or nothing.
std::string difference(const ProgramSpec& ours, const Stream& theirs, const ObjectSpec& object,
                       const Relocated& maps) {
    if (ours.insns.size() != theirs.size())
        return fmt::format("{} instructions, libbpf has {}", ours.insns.size(), theirs.size());
    for (std::size_t i = 0; i < ours.insns.size(); ++i)
        if (!same(ours.insns[i], theirs[i], object, maps))
            return fmt::format(
                "insn {}: {:016x} ({}), libbpf has {:016x} ({})", i,
                std::bit_cast<std::uint64_t>(ours.insns[i]), map_name(ours.insns[i], object),
                std::bit_cast<std::uint64_t>(theirs[i]),
                maps.maps.contains(theirs[i].imm) ? maps.maps.at(theirs[i].imm) : "?");
    return "";
}

/// Why an object's program differs, where that is known and reviewed.
std::string_view known_reason(std::string_view object, std::string_view program) {
    struct Known {
        std::string_view object, program, reason;
    };
    static constexpr Known known[] = {
#define MISS(object, program, reason) {object, program, reason},
#include "tests/corpus/known_misses.def"
    };
    const auto found = std::ranges::find_if(
        known, [&](const Known& one) { return one.object == object && one.program == program; });
    return found == std::end(known) ? "" : found->reason;
}

class Comparison {
public:
    void add(const std::string& path);
    /// @return whether every program is the same or a known miss, and externs resolve alike.
    bool finish() const;

private:
    void judge_externs(const std::string& file, const std::string& ours, std::string_view theirs);
    void compare(const std::string& file, const Result<ObjectSpec>& ours, const Relocated& theirs);
    void miss(const std::string& file, const std::string& program, const std::string& what);

    unsigned programs_ = 0;
    unsigned same_ = 0;
    unsigned known_ = 0;        ///< Reviewed misses.
    unsigned empty_ = 0;        ///< Objects in which libbpf finds no program.
    unsigned unrelocated_ = 0;  ///< Objects that libbpf does not relocate here.
    unsigned judged_alike_ = 0, judged_otherwise_ = 0;  ///< Objects, by whether externs resolve.
};

void Comparison::add(const std::string& path) {
    const std::string file = std::filesystem::path(path).filename();
    const auto theirs = relocated_by_libbpf(path);
    if (theirs && theirs->programs.empty()) {
        ++empty_;
        fmt::print("{}: no program for libbpf (old compilers gave functions no type)\n", file);
        return;
    }
    auto ours = load_elf_file(path);
    judge_externs(file, ours ? test::make_ready(*ours) : ours.error().message,
                  theirs ? "" : theirs.error().message);
    if (theirs) return compare(file, ours, *theirs);
    ++unrelocated_;
    fmt::print("{}: {}\n", file, theirs.error().message);
}

void Comparison::judge_externs(const std::string& file, const std::string& ours,
                               std::string_view theirs) {
    // Both may have other reasons to refuse it, but one's extern is the other's too.
    const bool alike = ours.empty() ? !theirs.contains("extern") : !theirs.empty();
    ++(alike ? judged_alike_ : judged_otherwise_);
    if (!alike)
        fmt::print("{}: externs {}; libbpf: {}\n", file, ours.empty() ? "resolved" : ours,
                   theirs.empty() ? "resolved" : theirs);
}

void Comparison::compare(const std::string& file, const Result<ObjectSpec>& ours,
                         const Relocated& theirs) {
    for (const auto& [name, stream] : theirs.programs) {
        ++programs_;
        const ProgramSpec* program = ours ? ours->program(name) : nullptr;
        const std::string what = !ours      ? ours.error().message
                                 : !program ? "no such program"
                                            : difference(*program, stream, *ours, theirs);
        if (!what.empty()) {
            miss(file, name, what);
            continue;
        }
        ++same_;
    }
}

void Comparison::miss(const std::string& file, const std::string& program,
                      const std::string& what) {
    const std::string_view reason = known_reason(file, program);
    if (!reason.empty()) ++known_;
    fmt::print("{} {}: {}{}{}\n", file, program, what, reason.empty() ? "" : "; known: ", reason);
}

bool Comparison::finish() const {
    fmt::print(
        "{} objects without a program, {} that libbpf does not relocate\n"
        "same answer whether externs resolve {}/{}\n"
        "same stream {}/{} ({:.1f} %); {} known misses\n",
        empty_, unrelocated_, judged_alike_, judged_alike_ + judged_otherwise_, same_, programs_,
        100.0 * same_ / std::max(programs_, 1U), known_);
    return same_ + known_ == programs_ && judged_otherwise_ == 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return fmt::print(stderr, "usage: bpftwin_libbpf_streams OBJECT|FOLDER...\n"), 2;
    if (const auto kernel = make_kernel_judge(); !kernel)
        return fmt::print("{}\n", kernel.error().message), test::skipped;
    const auto paths = test::objects_named(argc - 1, argv + 1);
    if (!paths) return fmt::print("{}\n", paths.error().message), test::skipped;
    // libbpf 1.1 frees its list of handlers twice when the last one goes.
    libbpf_register_prog_handler("never", BPF_PROG_TYPE_XDP, BPF_XDP, nullptr);
    Comparison comparison;
    for (const std::string& path : *paths) comparison.add(path);
    return comparison.finish() ? 0 : 1;
}
