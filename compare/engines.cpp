#include "compare/engines.h"

#include <algorithm>
#include <iterator>

#include "bpftwin/kernel.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace bpftwin::compare {
namespace {

struct Row {
    std::string_view name;
    std::unique_ptr<Engine> (*make)();
    Safety safety;
    bool is_engine;  ///< False: another engine in a mode of its own.
};

/// What runs in this process.
constexpr Row rows[] = {
    {"interp", make_interpreter, Safety::unsafe, true},
    {"jit", make_jit, Safety::unsafe, true},
    {"checked", make_interpreter, Safety::checked, false},
};

constexpr std::string_view kernel_names[] = {"kernel", "vm:IMAGE"};

template <class Wanted>
std::vector<std::string_view> names_of(Wanted wanted) {
    std::vector<std::string_view> names;
    for (const Row& row : rows)
        if (wanted(row)) names.push_back(row.name);
    return names;
}

bool is_any(const Row&) { return true; }
bool is_engine(const Row& row) { return row.is_engine; }

/// The row of that name among those wanted.
template <class Wanted>
Result<const Row*> find(std::string_view name, Wanted wanted) {
    for (const Row& row : rows)
        if (row.name == name && wanted(row)) return &row;
    return fail(fmt::format("no engine '{}'; there are {}, {}", name,
                            fmt::join(names_of(wanted), ", "), fmt::join(kernel_names, ", ")));
}

}  // namespace

Result<std::unique_ptr<Engine>> make_engine(std::string_view name) {
    if (is_kernel(name)) return make_kernel(name);
    const auto row = find(name, is_engine);
    if (!row) return std::unexpected(row.error());
    return (*row)->make();
}

std::vector<std::string_view> engine_names() {
    auto names = names_of(is_engine);
    names.insert(names.end(), std::begin(kernel_names), std::end(kernel_names));
    return names;
}

bool is_kernel(std::string_view name) { return name == "kernel" || name.starts_with("vm:"); }

Result<std::unique_ptr<Instance>> Contender::instantiate(const ObjectSpec& object,
                                                         EngineOptions options) const {
    options.safety = safety;
    auto instance = engine->instantiate(object, options);
    return instance ? std::move(instance) : std::unexpected(instance.error().in(name));
}

Result<Contender> make_contender(std::string_view name) {
    if (is_kernel(name)) {
        auto engine = make_kernel(name);
        if (!engine) return std::unexpected(engine.error());
        return Contender{std::string(name), std::move(*engine), Safety::unsafe};
    }
    const auto row = find(name, is_any);
    if (!row) return std::unexpected(row.error());
    return Contender{std::string((*row)->name), (*row)->make(), (*row)->safety};
}

Result<std::vector<Contender>> make_contenders(std::span<const std::string> names) {
    std::vector<Contender> contenders;
    for (const std::string& name : names) {
        auto one = make_contender(name);
        if (!one) return std::unexpected(one.error());
        if (std::ranges::find(contenders, one->name, &Contender::name) != contenders.end())
            return fail(fmt::format("engine '{}' is there twice", name));
        contenders.push_back(std::move(*one));
    }
    return contenders;
}

std::vector<std::string> contender_names() {
    const auto names = names_of(is_any);
    return {names.begin(), names.end()};
}

}  // namespace bpftwin::compare
