#include "loader/extern_config.h"

#include <algorithm>
#include <unordered_map>

#include "btf/near_names.h"
#include "fmt/format.h"
#include "loader/config.h"

namespace bpftwin {
namespace {

bool is_configured(std::string_view name) { return name.starts_with("CONFIG_"); }
/// Names that libbpf gives values which no configuration has.
bool is_made_up(std::string_view name) { return name.starts_with("LINUX_"); }

bool has_function(const Btf& types, std::string_view name) {
    return types.find(name, BtfKind::func).has_value();
}

bool has_helper(const Btf& types, std::string_view name) {
    const auto id = types.find("bpf_func_id", BtfKind::enum_);
    if (!id) return false;
    const auto helpers = types.enumerators(types.type(*id));
    return std::ranges::find(helpers, name, &BtfEnumerator::name) != helpers.end();
}

/// System calls are entered through functions of the machine's own names.
bool wraps_system_calls(const Btf& types) {
    constexpr std::string_view wrappers[] = {"__x64_sys_bpf", "__arm64_sys_bpf", "__s390x_sys_bpf",
                                             "__riscv_sys_bpf"};
    return std::ranges::any_of(wrappers,
                               [&](std::string_view name) { return has_function(types, name); });
}

class ConfigResolver {
public:
    ConfigResolver(ObjectSpec& object, const Target& target, std::vector<ExternOutcome>& outcomes)
        : object_(object), target_(target), outcomes_(outcomes) {
        const auto map = std::ranges::find(object.maps, config_section, &MapSpec::section);
        if (map != object.maps.end()) contents_ = &map->contents;
    }

    void run() {
        if (!contents_) return;
        std::ranges::fill(*contents_, std::byte{0});
        for (std::uint32_t i = 0; i < object_.externs.size(); ++i)
            if (object_.externs[i].kind == ExternSpec::Kind::config)
                waiting_.emplace(object_.externs[i].name, i);
        read(object_.kconfig, "the object's own configuration");
        for (const auto& [name, index] : std::unordered_map(waiting_))
            if (!is_configured(name)) make_up(index);
        read(target_.config, fmt::format("the configuration of {}", target_.name));
        for (const auto& [name, index] : waiting_) outcomes_[index] = missing(index);
    }

private:
    using Waiting = std::unordered_map<std::string_view, std::uint32_t>;

    std::span<std::byte> place(const ExternSpec& spec) {
        if (spec.offset > contents_->size() || spec.size > contents_->size() - spec.offset)
            return {};
        return std::span(*contents_).subspan(spec.offset, spec.size);
    }

    /// What `store` stores, told as `value`.
    template <class Store>
    void settle(std::uint32_t index, std::string_view value, Store store) {
        const ExternSpec& spec = object_.externs[index];
        ExternOutcome& outcome = outcomes_[index];
        waiting_.erase(spec.name);
        outcome.state = ExternState::failed;
        const auto form = object_.btf
                              ? config_form(*object_.btf, object_.btf->type(spec.type_id).type)
                              : std::nullopt;
        const std::span<std::byte> bytes = place(spec);
        if (!form || bytes.size() == 0 || bytes.size() != spec.size) {
            outcome.why = "the map .kconfig has no place for it";
            return;
        }
        if (auto stored = store(*form, bytes); !stored) {
            outcome.why = stored.error().message;
            return;
        }
        outcome.state = ExternState::resolved;
        outcome.value = value;
    }

    void read(std::string_view text, std::string_view origin) {
        const auto done = for_each_config(text, [&](std::string_view name, std::string_view value) {
            const auto found = waiting_.find(name);
            if (found != waiting_.end())
                settle(found->second, value, [&](const ConfigForm& form, std::span<std::byte> to) {
                    return store_config(form, value, to);
                });
            return Result<void>();
        });
        if (!done) give_up(done.error().in(origin));
    }

    void give_up(const Error& error) {
        for (const auto& [name, index] : waiting_)
            outcomes_[index] = {
                .name = std::string(name), .state = ExternState::failed, .why = error.message};
        waiting_.clear();
    }

    [[nodiscard]] std::optional<std::uint64_t> made_up(std::string_view name) const {
        if (name == "LINUX_KERNEL_VERSION" && target_.version != 0) return target_.version;
        if (!target_.types) return std::nullopt;
        if (name == "LINUX_HAS_BPF_COOKIE")
            return has_helper(*target_.types, "BPF_FUNC_get_attach_cookie");
        if (name == "LINUX_HAS_SYSCALL_WRAPPER") return wraps_system_calls(*target_.types);
        return std::nullopt;
    }

    void make_up(std::uint32_t index) {
        const auto value = made_up(object_.externs[index].name);
        if (!value) return;
        settle(index, std::to_string(*value),
               [&](const ConfigForm& form, std::span<std::byte> place) {
                   return store_number(form, *value, place);
               });
    }

    [[nodiscard]] ExternOutcome missing(std::uint32_t index) const {
        const ExternSpec& spec = object_.externs[index];
        const bool may_be = spec.weak && (is_configured(spec.name) || is_made_up(spec.name));
        return {.name = spec.name,
                .state = may_be ? ExternState::absent : ExternState::failed,
                .why = reason(spec)};
    }

    [[nodiscard]] std::string reason(const ExternSpec& spec) const {
        const std::string advice =
            spec.weak
                ? ""
                : fmt::format("; give it by --kconfig {}=VALUE or declare it __weak", spec.name);
        if (is_made_up(spec.name))
            return fmt::format("not known of {}{}{}", target_.name, because(), advice);
        if (!is_configured(spec.name))
            return "only CONFIG_… and LINUX_… name values of a configuration";
        if (target_.config.empty())
            return fmt::format("the configuration of {} is not known{}{}", target_.name, because(),
                               advice);
        return fmt::format("the configuration of {} does not set it{}{}", target_.name,
                           near(spec.name), advice);
    }

    [[nodiscard]] std::string because() const {
        return target_.unknown.empty() ? "" : fmt::format(" ({})", target_.unknown);
    }

    [[nodiscard]] std::string near(std::string_view wanted) const {
        std::vector<std::string_view> names;
        (void)for_each_config(target_.config, [&](std::string_view name, std::string_view) {
            names.push_back(name);
            return Result<void>();
        });
        return did_you_mean(wanted, names);
    }

    ObjectSpec& object_;
    const Target& target_;
    std::vector<ExternOutcome>& outcomes_;
    Bytes* contents_ = nullptr;
    Waiting waiting_;  ///< Those without a value yet.
};

}  // namespace

void resolve_config(ObjectSpec& object, const Target& target,
                    std::vector<ExternOutcome>& outcomes) {
    ConfigResolver(object, target, outcomes).run();
}

}  // namespace bpftwin
