// What an object wants from outside: symbols that it does not define and that BTF places in
// `.ksyms` or `.kconfig` (libbpf's bpf_object__collect_externs).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bpftwin/spec.h"
#include "btf/btf.h"
#include "loader/config.h"
#include "loader/elf.h"

namespace bpftwin {

/// The externs of an object, in libbpf's order.
class Externs {
public:
    Externs() = default;
    /// @return an Error that names an extern of a type that no configuration value has.
    static Result<Externs> read(const ElfFile& elf, const Btf& btf);

    [[nodiscard]] const std::vector<ExternSpec>& all() const { return externs_; }
    /// The index of the extern of that name.
    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const;
    /// Where the configuration values stand, or nothing where there are none.
    [[nodiscard]] std::optional<DatasecLayout> config_layout() const;

private:
    std::vector<ExternSpec> externs_;
    std::unordered_map<std::string, std::uint32_t> by_name_;
};

}  // namespace bpftwin
