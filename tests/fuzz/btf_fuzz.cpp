// Any bytes are BTF or an error; of BTF everything can be asked, printed, read and laid out again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "btf/btf.h"
#include "btf/format.h"

namespace {

using namespace bpftwin;

/// Of more types only the first are looked at one by one, so that an input stays quick.
constexpr std::uint32_t max_types = 64;

void ask(const Btf& btf, std::uint32_t id, ByteView value) {
    const BtfType& type = btf.type(id);
    const auto found = btf.find(type.name, type.kind);
    if (!type.name.empty() && (!found || *found > id)) std::abort();
    const auto size = btf.size_of(btf.resolve(id));
    if (size != btf.size_of(id) && type.kind != BtfKind::var) std::abort();
    (void)describe(btf, id);
    (void)declaration(btf, id, "name");
    const std::string text = format_value(btf, id, value);
    const auto again = parse_value(btf, id, text);
    if (again && again->size() != size) std::abort();
    const auto* characters = reinterpret_cast<const char*>(value.data());
    (void)parse_value(btf, id, {characters, value.size()});
}

/// Lays out every data section as if its variables followed each other.
void lay_out(const Btf& btf) {
    std::vector<DatasecLayout> layouts;
    for (std::uint32_t id = 1; id < btf.type_count(); ++id) {
        if (btf.kind(id) != BtfKind::datasec) continue;
        DatasecLayout layout{std::string(btf.type(id).name), 0, {}};
        for (const BtfSectionVar& var : btf.section_vars(btf.type(id))) {
            layout.offsets.emplace(btf.type(var.type).name, layout.size);
            layout.size += var.size;
        }
        layouts.push_back(std::move(layout));
    }
    (void)with_datasecs(btf, layouts);
    if (!with_datasecs(btf, {})) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes = std::as_bytes(std::span(data, size));
    const auto btf = Btf::parse(bytes);
    if (!btf) {
        if (btf.error().message.empty()) std::abort();
        return 0;
    }
    // The strings stand last, so they are the part of the input that can be text of values.
    const ByteView value = bytes.last(std::min<std::size_t>(bytes.size(), 256));
    for (std::uint32_t id = 0; id < (*btf)->type_count() && id < max_types; ++id)
        ask(**btf, id, value);
    (void)to_raw(**btf);
    (void)to_c(**btf);
    lay_out(**btf);
    return 0;
}
