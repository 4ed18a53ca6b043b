// Any bytes are BTF or an error, by themselves and as the types of a module that continue others;
// of BTF everything can be asked, printed, read, laid out again and compared.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "btf/btf.h"
#include "btf/core_resolver.h"
#include "btf/diff.h"
#include "btf/format.h"
#include "tests/btf/builder.h"

namespace {

using namespace bpftwin;

/// Of more types only the first are looked at one by one, so that an input stays quick.
constexpr std::uint32_t max_types = 16;
/// Larger values are not read from text: allowed are 64 MiB, with whose page faults most time would
/// go.
constexpr std::uint64_t max_value = 1 << 16;

void ask(const Btf& btf, std::uint32_t id, ByteView value) {
    const BtfType& type = btf.type(id);
    const auto found = btf.find(type.name, type.kind);
    if (!type.name.empty() && (!found || *found > id)) std::abort();
    const auto size = btf.size_of(btf.resolve(id));
    if (size != btf.size_of(id) && type.kind != BtfKind::var) std::abort();
    (void)describe(btf, id);
    (void)declaration(btf, id, "name");
    if (size.value_or(0) > max_value) return;
    const std::string text = format_value(btf, id, value);
    const auto again = parse_value(btf, id, text);
    if (again && again->size() != size) std::abort();
    const auto* characters = reinterpret_cast<const char*>(value.data());
    (void)parse_value(btf, id, {characters, value.size()});
}

/// Lays out every data section as if its variables followed each other.
void lay_out_all(const Btf& btf) {
    std::vector<DatasecLayout> layouts;
    for (std::uint32_t id = 1; id < btf.type_count(); ++id) {
        if (btf.kind(id) != BtfKind::datasec) continue;
        DatasecLayout layout{btf.type(id).name, 0, {}};
        for (const BtfSectionVar& var : btf.section_vars(btf.type(id))) {
            layout.offsets.emplace(btf.type(var.type).name, layout.size);
            layout.size += var.size;
        }
        layouts.push_back(std::move(layout));
    }
    std::ranges::sort(layouts, {}, &DatasecLayout::name);
    (void)with_datasecs(btf.raw(), layouts);
}

/// Any bytes are taken, and what has no such section stays as it is.
void lay_out(ByteView bytes) {
    const DatasecLayout layout{".data", 8, {{"first", 4}, {"second", 0}, {"both", {}}}};
    (void)with_datasecs(bytes, {&layout, 1});
    if (!std::ranges::equal(*with_datasecs(bytes, {}), bytes)) std::abort();
}

/// What split BTF continues: a type of each kind that others refer to.
std::shared_ptr<const Btf> small_base() {
    test::BtfBuilder b;
    const auto number = b.int_("int", 4, test::BtfBuilder::is_signed);
    const auto list = b.struct_("list", 16, {{"next", number + 2, 0}, {"value", number, 64}});
    b.ptr(list);
    b.typedef_("list_t", list);
    b.enum_("state", 4, {{"OFF", 0}, {"ON", 1}});
    b.array(list, number, 4);
    b.func("visit", b.func_proto(number, {{"list", number + 2}}));
    b.fwd("later");
    return b.build();
}

/// Every kind of relocation of a type, answered by the types themselves and by the base's.
void relocate(const Btf& btf, const Btf& base, std::uint32_t id) {
    CoreResolver resolver(btf, {{&base, {}}, {&btf, "own"}});
    for (std::uint32_t kind = 0; core_kind(kind); ++kind)
        for (const std::string_view access : {"0", "0:0", "1:1:0"}) {
            const auto answer = resolver.resolve(*core_kind(kind), id, access);
            if (!answer && answer.error().message.empty()) std::abort();
            if (answer) (void)to_text(answer->local);
        }
}

void try_all(const Result<std::shared_ptr<const Btf>>& btf, const Btf& base, ByteView value) {
    if (!btf) {
        if (btf.error().message.empty()) std::abort();
        return;
    }
    const std::uint32_t first = (*btf)->first_id();
    for (std::uint32_t id = first; id < (*btf)->type_count() && id - first < max_types; ++id)
        ask(**btf, id, value);
    // Each may take a million comparisons.
    constexpr std::uint32_t max_relocated = 4;
    for (std::uint32_t id = first; id < (*btf)->type_count() && id - first < max_relocated; ++id)
        relocate(**btf, base, id);
    (void)to_raw(**btf);
    (void)to_c(**btf);
    (void)btf_changes(base, **btf);
    if (!btf_changes(**btf, **btf).empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto base = small_base();
    const ByteView bytes = std::as_bytes(std::span(data, size));
    // The strings stand last, so they are the part of the input that can be text of values.
    const ByteView value = bytes.last(std::min<std::size_t>(bytes.size(), 256));
    lay_out(bytes);
    const auto whole = Btf::parse(bytes);
    try_all(whole, *base, value);
    if (whole) lay_out_all(**whole);
    try_all(Btf::parse(bytes, base), *base, value);
    return 0;
}
