// bpftwin_libbpf_streams: whether our loader makes of every program in a folder of objects what
// libbpf makes of it, instruction for instruction.
//
// libbpf relocates when it loads. A handler of the object's own sections looks at all programs in
// the moment before the first goes to the kernel, and ends the load there.
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bpftwin/spec.h"
#include "fmt/format.h"
#include "isa/decode.h"

namespace {

using namespace bpftwin;

struct Close {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using LibbpfObject = std::unique_ptr<bpf_object, Close>;

/// What libbpf made of one program.
struct Stream {
    std::vector<Insn> insns;
};

/// The programs of an object as libbpf would load them, and its maps by descriptor.
struct Relocated {
    std::map<std::string, Stream> programs;
    std::map<int, std::string> maps;
};

bpf_object* loading = nullptr;
Relocated* found = nullptr;

int look(bpf_program*, bpf_prog_load_opts*, long) {
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, loading) found->maps[bpf_map__fd(map)] = bpf_map__name(map);
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, loading) {
        if (!bpf_program__autoload(program)) continue;
        Stream& stream = found->programs[bpf_program__name(program)];
        stream.insns.resize(bpf_program__insn_cnt(program));
        std::memcpy(stream.insns.data(), bpf_program__insns(program),
                    stream.insns.size() * sizeof(Insn));
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

Result<Relocated> relocated_by_libbpf(const std::string& path) {
    const LibbpfObject first(bpf_object__open_file(path.c_str(), nullptr));
    if (!first) return fail(std::string("libbpf opens it not: ") + std::strerror(errno), errno);
    const Handlers handlers(first.get());
    const LibbpfObject object(bpf_object__open_file(path.c_str(), nullptr));
    if (!object) return fail(std::string("libbpf opens it not: ") + std::strerror(errno), errno);
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object.get()) bpf_program__set_autoload(program, true);
    Relocated result;
    loading = object.get();
    found = &result;
    const int error = bpf_object__load(object.get());
    if (result.programs.empty())
        return fail(std::string("libbpf relocates it not: ") + std::strerror(-error), -error);
    return result;
}

/// Instructions that depend on a kernel's types: they are compared when those are resolved here.
std::set<std::size_t> open_sites(const ProgramSpec& program) {
    std::set<std::size_t> sites;
    for (const CoreRelocation& one : program.core_relocations) sites.insert(one.insn);
    for (const ExternReference& one : program.externs) sites.insert({one.insn, one.insn + 1UL});
    return sites;
}

/// Ours with the map's index, theirs with its descriptor: both by name.
std::string map_name(const Insn& insn, const ObjectSpec& object) {
    const auto index = static_cast<std::size_t>(insn.imm);
    return index < object.maps.size() ? object.maps[index].name : "?";
}

bool same(const Insn& ours, const Insn& theirs, const ObjectSpec& object, const Relocated& maps) {
    if (ours == theirs) return true;
    const auto op = decode(ours);
    if (!op || (*op != Op::lddw_map_fd && *op != Op::lddw_map_value)) return false;
    const auto name = maps.maps.find(theirs.imm);
    Insn alike = theirs;
    alike.imm = ours.imm;
    return alike == ours && name != maps.maps.end() && name->second == map_name(ours, object);
}

/// The first difference, or nothing.
std::string difference(const ProgramSpec& ours, const Stream& theirs, const ObjectSpec& object,
                       const Relocated& maps) {
    if (ours.insns.size() != theirs.insns.size())
        return fmt::format("{} instructions, libbpf has {}", ours.insns.size(),
                           theirs.insns.size());
    const auto open = open_sites(ours);
    for (std::size_t i = 0; i < ours.insns.size(); ++i)
        if (!open.contains(i) && !same(ours.insns[i], theirs.insns[i], object, maps))
            return fmt::format("insn {}: {:016x} ({}), libbpf has {:016x} ({})", i,
                               std::bit_cast<std::uint64_t>(ours.insns[i]),
                               map_name(ours.insns[i], object),
                               std::bit_cast<std::uint64_t>(theirs.insns[i]),
                               maps.maps.contains(theirs.insns[i].imm)
                                   ? maps.maps.at(theirs.insns[i].imm)
                                   : "?");
    return "";
}

struct Sums {
    unsigned programs = 0;
    unsigned same = 0;
    unsigned open = 0;    ///< Of `same`, those with sites that were left out.
    unsigned unread = 0;  ///< Objects that libbpf does not relocate here.
};

void compare(const std::string& path, Sums& sums) {
    const std::string name = std::filesystem::path(path).filename();
    const auto theirs = relocated_by_libbpf(path);
    if (!theirs) {
        ++sums.unread;
        return fmt::print("{}: {}\n", name, theirs.error().message);
    }
    const auto ours = load_elf_file(path);
    for (const auto& [program, stream] : theirs->programs) {
        ++sums.programs;
        const ProgramSpec* spec = ours ? ours->program(program) : nullptr;
        const std::string what = !ours   ? ours.error().message
                                 : !spec ? "no such program"
                                         : difference(*spec, stream, *ours, *theirs);
        if (!what.empty()) {
            fmt::print("{} {}: {}\n", name, program, what);
            continue;
        }
        ++sums.same;
        sums.open += !open_sites(*spec).empty();
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return fmt::print(stderr, "usage: bpftwin_libbpf_streams FOLDER...\n"), 2;
    if (!std::getenv("LIBBPF_LOG")) libbpf_set_print(nullptr);
    // libbpf 1.1 frees its list of handlers twice when the last one goes.
    libbpf_register_prog_handler("never", BPF_PROG_TYPE_XDP, BPF_XDP, nullptr);
    Sums sums;
    std::set<std::string> paths;
    for (int i = 1; i < argc; ++i)
        for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i]))
            if (entry.path().extension() == ".o") paths.insert(entry.path());
    for (const std::string& path : paths) compare(path, sums);
    fmt::print(stderr,
               "programs {} same {} ({:.1f} %), {} of them but for CO-RE and externs; {} objects "
               "that libbpf does not relocate here\n",
               sums.programs, sums.same,
               100.0 * sums.same / std::max(sums.programs, 1U), sums.open, sums.unread);
    return sums.same == sums.programs ? 0 : 1;
}
