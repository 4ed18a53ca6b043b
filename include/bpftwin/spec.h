// What an object contains, as plain data: programs, maps, globals. Nothing here owns a
// descriptor or a mapping; a caller may edit every field before `Engine::instantiate`.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/insn.h"
#include "bpftwin/kinds.h"

namespace bpftwin {

class Btf;

/// One slot of a map with an initial value that names another object of the same file: an inner
/// map (array_of_maps, hash_of_maps) or a program (prog_array).
struct MapSlot {
    std::uint32_t index;  ///< Array index of the slot.
    std::string target;   ///< Name of a map, or of a program for prog_array.
};

/// How libbpf's `pinning` attribute was given.
enum class Pinning : std::uint8_t { none, by_name };

/// A map's definition (BTF-defined, legacy `maps` section, or a data section).
struct MapSpec {
    std::string name;  ///< As libbpf names it; data sections as "<object>.rodata" and the like.
    MapType type = MapType::unspec;
    std::uint32_t key_size = 0;    ///< Bytes.
    std::uint32_t value_size = 0;  ///< Bytes.
    std::uint32_t max_entries = 0;
    std::uint32_t map_flags = 0;  ///< BPF_F_* of map creation.
    std::uint32_t numa_node = 0;
    std::uint64_t map_extra = 0;
    std::uint32_t btf_key_type_id = 0;    ///< 0: none.
    std::uint32_t btf_value_type_id = 0;  ///< 0: none.
    Pinning pinning = Pinning::none;

    /// Definition of the inner maps of a map-in-map; null otherwise.
    std::shared_ptr<const MapSpec> inner;
    std::vector<MapSlot> slots;

    /// Data sections only: the section's name (".rodata.str1.1"), its first value, and whether
    /// user space freezes it (`.rodata*`) so that programs can only read.
    std::string section;
    Bytes contents;
    bool frozen = false;

    /// Whether the map holds a data section's globals.
    [[nodiscard]] bool is_data() const { return !section.empty(); }
};

/// One entry of `.BTF.ext` func info: the function that begins at `insn`.
struct FuncInfo {
    std::uint32_t insn;     ///< Index into `ProgramSpec::insns`.
    std::uint32_t type_id;  ///< BTF_KIND_FUNC.
};

/// One entry of `.BTF.ext` line info; offsets are into the BTF string section.
struct LineInfo {
    std::uint32_t insn;  ///< Index into `ProgramSpec::insns`.
    std::uint32_t file_name_off;
    std::uint32_t line_off;
    std::uint32_t line_col;  ///< line << 10 | column.
};

/// What became of a CO-RE relocation.
enum class CoreState : std::uint8_t {
    open,      ///< Nobody resolved it yet.
    applied,   ///< Its instruction holds the target's answer.
    poisoned,  ///< The target has none: the instruction is a call of a helper that no kernel has,
               ///< harmless as long as it is not reached.
    failed,    ///< It makes no sense, or types of the target give different answers.
};
std::string_view name_of(CoreState state);

/// One CO-RE relocation record of `.BTF.ext`, resolved by `resolve_core` (bpftwin/target.h).
struct CoreRelocation {
    std::uint32_t insn;  ///< Index into `ProgramSpec::insns`.
    std::uint32_t type_id;
    std::string access;            ///< "0:1:2".
    std::uint32_t kind;            ///< Linux enum bpf_core_relo_kind.
    std::uint32_t access_off = 0;  ///< Where `access` stands in the BTF string section.

    CoreState state = CoreState::open;
    std::string why = {};               ///< Poisoned or failed: the reason.
    std::array<Insn, 2> compiled = {};  ///< The instruction before it was resolved.
};

/// What an object wants from outside and declares in `.kconfig` or `.ksyms`.
struct ExternSpec {
    enum class Kind : std::uint8_t {
        config,    ///< A value of the kernel's configuration (`__kconfig`).
        variable,  ///< A variable or symbol of the kernel (`__ksym`).
        function,  ///< A function of the kernel that programs may call (`__ksym`, a kfunc).
    };

    std::string name;
    Kind kind;
    bool weak = false;         ///< It may be missing, and is 0 then.
    std::uint32_t type_id;     ///< Its VAR or FUNC.
    std::uint32_t offset = 0;  ///< Of a `config`, in the contents of the map `.kconfig`.
    std::uint32_t size = 0;    ///< Of a `config`, in bytes.
};

/// What became of a reference to an extern.
enum class ExternState : std::uint8_t {
    open,      ///< Nobody resolved it yet.
    resolved,  ///< Its instruction holds the target's answer.
    absent,  ///< The target has no such thing and need not: a load of 0, or a call of a helper that
             ///< no kernel has, harmless as long as it is not reached.
    failed,  ///< The target lacks what it must have, or has another thing of that name.
};
std::string_view name_of(ExternState state);

/// An instruction that refers to an extern, resolved by `resolve_externs` (bpftwin/target.h).
struct ExternReference {
    std::uint32_t insn;   ///< Index into `ProgramSpec::insns`.
    std::uint32_t index;  ///< Into `ObjectSpec::externs`.
    std::string name;

    ExternState state = ExternState::open;
    std::string why = {};     ///< Absent or failed: the reason.
    std::string module = {};  ///< Resolved: which module of the kernel has it; empty: none.
};

/// A function of the program: the entry, then every linked subprogram, in layout order.
struct Function {
    std::uint32_t insn;  ///< First instruction, index into `ProgramSpec::insns`.
    std::string name;
};

/// A callback in a struct of the kernel.
struct StructOpsMember {
    std::string type;  ///< "tcp_congestion_ops"; a suffix "___name" tells definitions apart.
    std::string name;  ///< "ssthresh".
};

/// One program with its subprograms linked behind it, ready to be submitted.
struct ProgramSpec {
    std::string name;     ///< The C function's name.
    std::string section;  ///< ELF section ("xdp", "kprobe/do_unlinkat").
    ProgType type = ProgType::unspec;
    std::optional<AttachType> expected_attach_type;
    std::string
        attach_target;  ///< What follows the section's prefix ("do_unlinkat"); may be empty.
    /// struct_ops: the first member that is set to it.
    std::optional<StructOpsMember> struct_ops;
    std::uint32_t prog_flags = 0;  ///< BPF_F_SLEEPABLE and the like, as the section name asks.
    bool autoload = true;          ///< False for sections "?name".

    std::vector<Insn> insns;
    std::vector<Function> functions;
    std::vector<FuncInfo> func_info;               ///< Sorted by `insn`; empty without BTF.
    std::vector<LineInfo> line_info;               ///< Sorted by `insn`; empty without BTF.
    std::vector<CoreRelocation> core_relocations;  ///< Sorted by `insn`.
    std::vector<ExternReference> externs;          ///< Sorted by `insn`.
    /// Loads of a map that nothing names, by instruction: their descriptor or index stays as it was
    /// written, and only a kernel can say what it is.
    std::vector<std::uint32_t> unnamed_maps;
    /// Where the function begins that handles exceptions (`__exception_cb` of bpf_throw).
    std::optional<std::uint32_t> exception_callback = {};
};

/// Everything that one ELF object (or hand-written program) defines.
struct ObjectSpec {
    std::string name;     ///< File name without folder and extension.
    std::string license;  ///< "GPL"; empty without a licence section.
    std::uint32_t kern_version = 0;
    std::vector<MapSpec> maps;
    std::vector<ProgramSpec> programs;
    std::shared_ptr<const Btf> btf;  ///< Null without a `.BTF` section.
    /// In libbpf's order: values of the configuration by alignment, size and name, then symbols by
    /// name.
    std::vector<ExternSpec> externs;
    /// Lines NAME=VALUE that count before the configuration of the kernel that the object is made
    /// ready for, also for the values that no configuration has (LINUX_KERNEL_VERSION).
    std::string kconfig;

    /// First program or map of that name, or null.
    [[nodiscard]] const ProgramSpec* program(std::string_view name) const;
    [[nodiscard]] const MapSpec* map(std::string_view name) const;
    [[nodiscard]] ProgramSpec* program(std::string_view name);
    [[nodiscard]] MapSpec* map(std::string_view name);
};

/// Reads an ELF object from memory. `name` is used in errors and in data maps' names.
/// @return the object's definition, or an Error that names section, symbol or instruction.
Result<ObjectSpec> load_elf(ByteView image, std::string_view name);

/// Reads an ELF object from a file.
Result<ObjectSpec> load_elf_file(const std::string& path);

/// Reads the types of a file: the `.BTF` section of an ELF object, kernel or module, or raw BTF
/// (/sys/kernel/btf/vmlinux).
/// @param base the kernel's types where the file has those of a module, which continue them.
Result<std::shared_ptr<const Btf>> load_btf_file(const std::string& path,
                                                 std::shared_ptr<const Btf> base = nullptr);

}  // namespace bpftwin
