// `bpftwin btf`: the types of an object or a kernel; `btf diff`: what changed between two.
#include <memory>

#include "btf/btf.h"
#include "btf/diff.h"
#include "btf/format.h"
#include "cli/btf_diff.h"
#include "cli/command.h"
#include "cli/object.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    std::string path;
    std::string base;
    std::string format = "c";
    std::string type;
};

struct DiffArguments {
    std::string before, after;
    std::string type;
    bool json = false;
};

constexpr BtfKind defining_kinds[] = {BtfKind::struct_, BtfKind::union_,   BtfKind::enum_,
                                      BtfKind::enum64,  BtfKind::typedef_, BtfKind::int_,
                                      BtfKind::float_,  BtfKind::func};

std::string_view without_keyword(std::string_view name) {
    for (std::string_view keyword : {"struct ", "union ", "enum "}) {
        if (name.starts_with(keyword)) return name.substr(keyword.size());
    }
    return name;
}

std::string member_place(const Btf& btf, const BtfMember& member) {
    if (member.bitfield_size != 0) {
        return fmt::format("/* {}:{}  {} bits */", member.bit_offset / 8, member.bit_offset % 8,
                           member.bitfield_size);
    }
    return fmt::format("/* {}  {} */", member.bit_offset / 8, btf.size_of(member.type).value_or(0));
}

std::string member_text(const Btf& btf, const BtfMember& member) {
    std::string bits = member.bitfield_size != 0 ? fmt::format(" : {}", member.bitfield_size) : "";
    return fmt::format("    {}{};", declaration(btf, member.type, member.name), bits);
}

/// With offset and size of each member.
std::string layout(const Btf& btf, std::uint32_t id) {
    const BtfType& type = btf.type(id);
    Table table;
    table.add({declaration(btf, id, "") + " {", fmt::format("/* {} bytes */", type.size)});
    for (const BtfMember& member : btf.members(type)) {
        table.add({member_text(btf, member), member_place(btf, member)});
    }
    return table.text() + "};\n";
}

std::string enumerators(const Btf& btf, std::uint32_t id) {
    const BtfType& type = btf.type(id);
    std::string text = declaration(btf, id, "") + " {\n";
    for (const BtfEnumerator& e : btf.enumerators(type)) {
        text += type.kind_flag
                    ? fmt::format("    {} = {},\n", e.name, static_cast<std::int64_t>(e.value))
                    : fmt::format("    {} = {},\n", e.name, e.value);
    }
    return text + "};\n";
}

std::string definition(const Btf& btf, std::uint32_t id) {
    const BtfType& type = btf.type(id);
    switch (type.kind) {
        case BtfKind::struct_:
        case BtfKind::union_: return layout(btf, id);
        case BtfKind::enum_:
        case BtfKind::enum64: return enumerators(btf, id);
        case BtfKind::typedef_:
            return fmt::format("typedef {};\n", declaration(btf, type.type, type.name));
        case BtfKind::int_:
        case BtfKind::float_: return fmt::format("{} /* {} bytes */\n", type.name, type.size);
        case BtfKind::func: return declaration(btf, type.type, type.name) + ";\n";
        case BtfKind::void_:
        case BtfKind::ptr:
        case BtfKind::array:
        case BtfKind::fwd:
        case BtfKind::volatile_:
        case BtfKind::const_:
        case BtfKind::restrict_:
        case BtfKind::func_proto:
        case BtfKind::var:
        case BtfKind::datasec:
        case BtfKind::decl_tag:
        case BtfKind::type_tag: break;
    }
    bug("a kind that defines no named type");
}

/// Every type of that name, as C.
Result<std::string> named(const Btf& btf, std::string_view name) {
    std::string text;
    for (BtfKind kind : defining_kinds) {
        if (auto id = btf.find(without_keyword(name), kind)) text += definition(btf, *id);
    }
    if (text.empty()) return fail(fmt::format("--type {}: no such type", name));
    return text;
}

using SharedBtf = std::shared_ptr<const Btf>;

Result<SharedBtf> open_btf(const std::string& path, SharedBtf base = nullptr) {
    if (!path.ends_with(".c")) return load_btf_file(path, std::move(base));
    auto object = open_object({.path = path});
    if (!object) return std::unexpected(object.error());
    if (object->btf == nullptr) return fail(path + ": the compiler wrote no BTF");
    return object->btf;
}

Result<SharedBtf> open_with_base(const Arguments& arguments) {
    if (arguments.base.empty()) return open_btf(arguments.path);
    auto base = open_btf(arguments.base);
    if (!base) return std::unexpected(base.error().in("--base"));
    return open_btf(arguments.path, std::move(*base));
}

Result<Exit> run(const Arguments& arguments) {
    if (arguments.path.empty()) return fail("FILE is required (see bpftwin btf --help)");
    auto btf = open_with_base(arguments);
    if (!btf) return std::unexpected(btf.error());
    if (arguments.type.empty()) {
        print(arguments.format == "c" ? to_c(**btf) : to_raw(**btf));
        return exit_fine;
    }
    auto text = named(**btf, arguments.type);
    if (!text) return std::unexpected(text.error().in(arguments.path));
    print(*text);
    return exit_fine;
}

Result<Exit> run_diff(const DiffArguments& arguments) {
    auto before = open_btf(arguments.before);
    if (!before) return std::unexpected(before.error());
    auto after = open_btf(arguments.after);
    if (!after) return std::unexpected(after.error());
    const auto changes = btf_changes(**before, **after, without_keyword(arguments.type));
    print(arguments.json ? json_text(btf_changes_json(changes)) + '\n'
                         : btf_changes_text(changes, stdout_style()));
    return changes.empty() ? exit_fine : exit_finding;
}

Options add_diff_options(Options parent, DiffArguments& arguments) {
    Options options = parent.add_command("diff", "Show what changed between two sets of types");
    options.add("BEFORE", arguments.before, "ELF object, C source, or raw BTF").required();
    options.add("AFTER", arguments.after, "What to compare it with").required();
    options.add("--type", arguments.type, "Only types of this name");
    options.add_flag("--json", arguments.json, "JSON output (docs/json.md)");
    options.footer(
        "Compared by name are structs, unions, enums, typedefs, functions and variables; types\n"
        "without a name by what they are made of. Offsets and sizes are bytes, those of bit "
        "fields\n"
        "have the bit behind the colon. The exit status is 1 where something changed.\n\n"
        "Example:\n"
        "  bpftwin btf diff vmlinux-6.1.btf /sys/kernel/btf/vmlinux --type sk_buff");
    return options;
}

}  // namespace

Command add_btf(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    auto diff_arguments = std::make_shared<DiffArguments>();
    Options options = line.add_command("btf", "Show the types of an object or a kernel");
    options.add("FILE", arguments->path,
                "ELF object, C source, or raw BTF (/sys/kernel/btf/vmlinux)");
    options.add("--base", arguments->base,
                "The kernel's types, which those of FILE, a module's, continue");
    const Option format =
        options.add("--format", arguments->format, "c (default) or raw, one line per type")
            .one_of({"c", "raw"});
    options.add("--type", arguments->type, "Only types of this name, with their layout")
        .excludes(format);
    const Options diff = add_diff_options(options, *diff_arguments);
    options.footer(
        "Examples:\n"
        "  bpftwin btf /sys/kernel/btf/vmlinux --type xdp_md\n"
        "  bpftwin btf nf_tables.ko --base vmlinux.btf --format raw");
    return {options, [arguments, diff_arguments, diff] {
                return diff.given() ? run_diff(*diff_arguments) : run(*arguments);
            }};
}

}  // namespace bpftwin::cli
