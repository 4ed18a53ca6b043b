// The pipeline from an ELF image to an ObjectSpec. Each step is a function from values to a value;
// what they refer to of the image lives as long as the call.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "bpftwin/spec.h"
#include "btf/btf.h"
#include "fmt/format.h"
#include "loader/btf_ext.h"
#include "loader/btf_repair.h"
#include "loader/code.h"
#include "loader/elf.h"
#include "loader/externs.h"
#include "loader/link.h"
#include "loader/map_slots.h"
#include "loader/maps.h"
#include "loader/relocate.h"
#include "loader/struct_ops.h"

namespace bpftwin {
namespace {

using SharedBtf = std::shared_ptr<const Btf>;

/// Instructions of all programs with their subprograms: what a small file may unfold to.
constexpr std::size_t most_linked_insns = 4'000'000;

/// "dir/file.bpf.o" is the object "file", as libbpf has it.
std::string object_name(std::string_view path) {
    auto file = path.substr(path.rfind('/') + 1);
    return std::string(file.substr(0, file.find('.')));
}

std::string license_of(const ElfFile& elf) {
    const auto* section = elf.section("license");
    if (!section) return {};
    auto end = std::ranges::find(section->data, std::byte{0});
    return {reinterpret_cast<const char*>(section->data.data()),
            static_cast<std::size_t>(end - section->data.begin())};
}

Result<std::uint32_t> version_of(const ElfFile& elf) {
    const auto* section = elf.section("version");
    if (!section) return 0;
    std::uint32_t version;
    if (section->data.size() != sizeof(version))
        return fail(fmt::format("section version: {} bytes, expected 4", section->data.size()));
    std::memcpy(&version, section->data.data(), sizeof(version));
    return version;
}

/// What ELF knows of the sections that BTF describes: sizes, and offsets of variables. Where two
/// static variables share a name, the compiler's own offsets have to do.
std::vector<DatasecLayout> section_layouts(const ElfFile& elf) {
    std::vector<DatasecLayout> all;
    all.reserve(elf.sections().size());
    for (const auto& section : elf.sections())
        all.push_back({section.name, static_cast<std::uint32_t>(section.size), {}});
    for (const auto& symbol : elf.symbols()) {
        if (!symbol.is_variable() || symbol.section >= all.size()) continue;
        const auto value = static_cast<std::uint32_t>(symbol.value);
        const auto [known, is_new] = all[symbol.section].offsets.try_emplace(symbol.name, value);
        if (!is_new) known->second.reset();
    }
    std::vector<DatasecLayout> of_data;
    for (const auto& section : elf.sections())
        if (section.can_hold_variables()) of_data.push_back(std::move(all[section.index]));
    std::ranges::stable_sort(of_data, {}, &DatasecLayout::name);
    return of_data;
}

struct Types {
    SharedBtf btf;
    Externs externs;
};

/// Types that follow those layouts.
Result<SharedBtf> laid_out(ByteView raw, std::span<const DatasecLayout> layouts) {
    auto bytes = with_datasecs(raw, layouts);
    if (!bytes) return std::unexpected(bytes.error());
    return Btf::parse(*std::move(bytes));
}

/// The object's types, with what ELF knows of its sections, and its externs. Where configuration
/// values stand is known only when their types are.
Result<Types> types_of(const ElfFile& elf) {
    const auto* section = elf.section(".BTF");
    if (!section || section->data.empty()) return {};
    auto btf = laid_out(repaired_btf(section->data, elf), section_layouts(elf));
    if (!btf) return std::unexpected(btf.error().in("section .BTF"));
    auto externs = Externs::read(elf, **btf);
    if (!externs) return std::unexpected(externs.error());
    if (const auto config = externs->config_layout()) btf = laid_out((*btf)->raw(), {&*config, 1});
    if (!btf) return std::unexpected(btf.error().in("section .BTF"));
    return Types{std::move(*btf), std::move(*externs)};
}

Result<BtfExt> btf_ext_of(const ElfFile& elf, const Btf* btf) {
    const auto* section = elf.section(".BTF.ext");
    if (!section || section->data.empty() || !btf) return {};
    auto ext = parse_btf_ext(section->data, *btf);
    if (!ext) return std::unexpected(ext.error().in("section .BTF.ext"));
    return ext;
}

void append(std::vector<PlacedMap>& to, std::vector<PlacedMap>&& from) {
    std::ranges::move(from, std::back_inserter(to));
}

Result<MapTable> maps_of(const ElfFile& elf, const Types& types, std::string_view object) {
    const Btf* btf = types.btf.get();
    auto maps = btf_maps(elf, btf);
    if (!maps) return std::unexpected(maps.error());
    auto legacy = legacy_maps(elf, btf);
    if (!legacy) return std::unexpected(legacy.error());
    append(*maps, std::move(*legacy));
    auto data = data_maps(elf, btf, object);
    if (!data) return std::unexpected(data.error());
    append(*maps, std::move(*data));
    if (const auto config = types.externs.config_layout())
        maps->push_back(config_map(*config, *btf, object));
    if (auto arena = place_arena(elf, *maps); !arena) return std::unexpected(arena.error());
    return MapTable(std::move(*maps));
}

Result<std::vector<MapSpec>> map_specs(const ElfFile& elf, const Code& code, MapTable&& table) {
    auto slots = map_slots(elf, code, table);
    if (!slots) return std::unexpected(slots.error());
    std::vector<MapSpec> specs = std::move(table).specs();
    for (auto& [map, slot] : *slots) specs[map].slots.push_back(std::move(slot));
    return specs;
}

Result<std::vector<ProgramSpec>> programs_of(const LinkInput& input) {
    std::vector<ProgramSpec> programs;
    std::size_t insns = 0;
    for (std::uint32_t i = 0; i < input.code.functions().size(); ++i) {
        if (!input.code.functions()[i].entry) continue;
        auto program = link_program(input, i);
        if (!program) return std::unexpected(program.error());
        insns += program->insns.size();
        if (insns > most_linked_insns)
            return fail(fmt::format("more than {} instructions with all subprograms linked",
                                    most_linked_insns));
        programs.push_back(std::move(*program));
    }
    return programs;
}

/// Sections that stand by themselves.
Result<ObjectSpec> head_of(const ElfFile& elf, std::string_view path) {
    ObjectSpec object;
    object.name = object_name(path);
    object.license = license_of(elf);
    auto version = version_of(elf);
    if (!version) return std::unexpected(version.error());
    object.kern_version = *version;
    return object;
}

Result<ObjectSpec> load(const ElfFile& elf, std::string_view path) {
    auto object = head_of(elf, path);
    if (!object) return object;
    auto types = types_of(elf);
    if (!types) return std::unexpected(types.error());
    object->btf = types->btf;
    object->externs = types->externs.all();
    const Btf* btf = object->btf.get();
    auto code = Code::read(elf);
    if (!code) return std::unexpected(code.error());
    auto maps = maps_of(elf, *types, object->name);
    if (!maps) return std::unexpected(maps.error());
    auto ext = btf_ext_of(elf, btf);
    if (!ext) return std::unexpected(ext.error());
    auto references = references_of(elf, *code, *maps, types->externs);
    if (!references) return std::unexpected(references.error());

    auto specs = map_specs(elf, *code, std::move(*maps));
    if (!specs) return std::unexpected(specs.error());
    object->maps = std::move(*specs);
    const Exceptions exceptions(btf);
    auto programs = programs_of({elf, *code, *references, types->externs, *ext, exceptions});
    if (!programs) return std::unexpected(programs.error());
    object->programs = std::move(*programs);
    auto callbacks = struct_ops_callbacks(elf, btf, *code);
    if (!callbacks) return std::unexpected(callbacks.error());
    for (PlacedCallback& callback : *callbacks)
        if (ProgramSpec* program = object->program(callback.program); !program->struct_ops)
            program->struct_ops = std::move(callback.member);
    return object;
}

/// The error with `path` before it, on one line: names from a hostile file may hold line ends and
/// terminal control codes.
std::unexpected<Error> in_file(const Error& error, std::string_view path) {
    Error result{"", error.code};
    for (char c : error.in(path).message) {
        auto byte = static_cast<unsigned char>(c);
        result.message +=
            byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
    }
    return std::unexpected(result);
}

/// More than any object; a device without an end is noticed in time.
constexpr std::size_t largest_file = std::size_t{1} << 30;

/// Files of /sys and /proc may say any size, so it is only where to begin.
std::size_t expected_size(const std::string& path) {
    std::error_code unknown;
    const std::uintmax_t size = std::filesystem::file_size(path, unknown);
    return unknown ? 0 : static_cast<std::size_t>(std::min<std::uintmax_t>(size, largest_file));
}

Result<Bytes> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    // One byte more, so that the end is noticed without another round.
    Bytes content(std::max<std::size_t>(expected_size(path), 4095) + 1);
    std::size_t size = 0;
    while (in.read(reinterpret_cast<char*>(content.data() + size),
                   static_cast<std::streamsize>(content.size() - size))) {
        size = content.size();
        if (size > largest_file) return fail(path + ": longer than 1 GiB", EFBIG);
        content.resize(2 * size);
    }
    if (!in.eof()) return fail(fmt::format("{}: {}", path, std::strerror(errno)), errno);
    content.resize(size + static_cast<std::size_t>(in.gcount()));
    return content;
}

bool is_elf(ByteView bytes) {
    constexpr std::string_view magic =
        "\x7f"
        "ELF";
    return bytes.size() >= magic.size() &&
           std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

/// Types of a BPF object are completed as it is loaded, those of kernels and modules are whole.
Result<SharedBtf> btf_of_elf(ByteView image, SharedBtf base) {
    auto elf = ElfFile::open(image);
    if (!elf || base) {
        const auto section = section_of_any_elf(image, ".BTF");
        if (section) return Btf::parse(*section, std::move(base));
        return std::unexpected(elf ? section.error() : elf.error());
    }
    auto types = types_of(*elf);
    if (!types) return std::unexpected(types.error());
    if (!types->btf) return fail("no section .BTF; compile with -g");
    return std::move(types->btf);
}

}  // namespace

Result<ObjectSpec> load_elf(ByteView image, std::string_view name) {
    auto elf = ElfFile::open(image);
    if (!elf) return in_file(elf.error(), name);
    auto object = load(*elf, name);
    if (!object) return in_file(object.error(), name);
    return object;
}

Result<ObjectSpec> load_elf_file(const std::string& path) {
    auto image = read_file(path);
    if (!image) return std::unexpected(image.error());
    return load_elf(*image, path);
}

Result<std::shared_ptr<const Btf>> load_btf_file(const std::string& path, SharedBtf base) {
    auto bytes = read_file(path);
    if (!bytes) return std::unexpected(bytes.error());
    auto btf = is_elf(*bytes) ? btf_of_elf(*bytes, std::move(base))
                              : Btf::parse(std::move(*bytes), std::move(base));
    if (!btf) return in_file(btf.error(), path);
    return btf;
}

}  // namespace bpftwin
