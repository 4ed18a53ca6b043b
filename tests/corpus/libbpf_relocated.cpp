// libbpf relocates when it loads. A handler of the object's own sections looks at all programs in
// the moment before the first goes to the kernel, and ends the load there.
#include "tests/corpus/libbpf_relocated.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "isa/decode.h"
#include "tests/corpus/libbpf_object.h"

namespace bpftwin::test {

bool names_map(const Insn& insn) {
    const auto op = decode(insn);
    return op == Op::lddw_map_fd || op == Op::lddw_map_value;
}

namespace {

bpf_object* loading = nullptr;
Relocated* found = nullptr;

/// libbpf tells descriptors only when all is loaded: the kernel knows the maps' names.
void look_at_maps(const Stream& stream) {
    for (const Insn& insn : stream) {
        if (!names_map(insn)) continue;
        bpf_map_info info{};
        std::uint32_t size = sizeof info;
        if (bpf_obj_get_info_by_fd(insn.imm, &info, &size) == 0) found->maps[insn.imm] = info.name;
    }
}

int look(bpf_program*, bpf_prog_load_opts*, long) {
    found->end = std::chrono::steady_clock::now();
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

/// libbpf 1.1 frees its list of handlers twice when the last one goes: there is always one more.
void keep_a_handler() {
    static const int handler =
        libbpf_register_prog_handler("never", BPF_PROG_TYPE_XDP, BPF_XDP, nullptr);
    (void)handler;
}

Result<Relocated> relocated(auto open) {
    keep_a_handler();
    const auto first = open();
    if (!first) return std::unexpected(first.error());
    Relocated result;
    if (bpf_object__next_program(first->get(), nullptr) == nullptr) return result;
    const Handlers handlers(first->get());
    result.begin = std::chrono::steady_clock::now();
    const auto object = open();
    if (!object) return std::unexpected(object.error());
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object->get()) bpf_program__set_autoload(program, true);
    give_sizes(object->get());
    loading = object->get();
    found = &result;
    const int error = -bpf_object__load(object->get());
    if (result.programs.empty())
        return std::unexpected(libbpf_error("libbpf does not relocate it", error));
    return result;
}

}  // namespace

Result<Relocated> relocated_by_libbpf(const std::string& path, const std::string& btf) {
    return relocated([&] { return open_by_libbpf(path, btf); });
}

Result<Relocated> relocated_by_libbpf(ByteView image, const std::string& name) {
    return relocated([&] { return open_by_libbpf(image, name); });
}

}  // namespace bpftwin::test
