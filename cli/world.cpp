#include "cli/world.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "cli/areas.h"
#include "cli/hex.h"
#include "cli/network.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "vm/cgroup_tree.h"

namespace bpftwin::cli {
namespace {

using Json = nlohmann::json;

/// One field of a world by name. Text goes to `comm` only.
struct Field {
    std::string_view name;
    std::uint64_t limit;
    void (*set)(World&, std::uint64_t);
};

constexpr std::uint64_t u32_max = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t s32_max = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t u64_max = std::numeric_limits<std::uint64_t>::max();

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }

constexpr Field fields[] = {
    {"ktime_ns", u64_max, [](World& w, std::uint64_t v) { w.ktime_ns = v; }},
    {"ktime_step_ns", u64_max, [](World& w, std::uint64_t v) { w.ktime_step_ns = v; }},
    {"random_seed", u64_max, [](World& w, std::uint64_t v) { w.random_seed = v; }},
    {"cpu", u32_max, [](World& w, std::uint64_t v) { w.cpu = low(v); }},
    {"pid", u32_max, [](World& w, std::uint64_t v) { w.task.pid = low(v); }},
    {"tgid", u32_max, [](World& w, std::uint64_t v) { w.task.tgid = low(v); }},
    {"uid", u32_max, [](World& w, std::uint64_t v) { w.task.uid = low(v); }},
    {"gid", u32_max, [](World& w, std::uint64_t v) { w.task.gid = low(v); }},
    {"pid_ns_dev", u64_max, [](World& w, std::uint64_t v) { w.task.pid_ns_dev = v; }},
    {"pid_ns_ino", u64_max, [](World& w, std::uint64_t v) { w.task.pid_ns_ino = v; }},
    {"perf_counter", u64_max, [](World& w, std::uint64_t v) { w.perf.counter = v; }},
    {"perf_enabled", u64_max, [](World& w, std::uint64_t v) { w.perf.enabled = v; }},
    {"perf_running", u64_max, [](World& w, std::uint64_t v) { w.perf.running = v; }},
    {"attach_cookie", u64_max, [](World& w, std::uint64_t v) { w.attach_cookie = v; }},
    {"func_ip", u64_max, [](World& w, std::uint64_t v) { w.func_ip = v; }},
    {"ima_algorithm", s32_max,
     [](World& w, std::uint64_t v) { w.ima_algorithm = static_cast<std::int32_t>(v); }},
};

/// Fields that hold several numbers: "1,0x2a", in JSON [1, 42].
struct ListField {
    std::string_view name;
    std::vector<std::uint64_t>& (*of)(World&);
};
constexpr ListField list_fields[] = {
    {"kernel_stack", [](World& w) -> std::vector<std::uint64_t>& { return w.task.kernel_stack; }},
    {"user_stack", [](World& w) -> std::vector<std::uint64_t>& { return w.task.user_stack; }},
    {"cgroups", [](World& w) -> std::vector<std::uint64_t>& { return w.task.cgroups; }},
};

Result<void> set_list(std::vector<std::uint64_t>& list, std::string_view text) {
    list.clear();
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        auto value = parse_integer(text.substr(0, comma));
        if (!value) return std::unexpected(value.error());
        list.push_back(*value);
        text.remove_prefix(std::min(comma, text.size() - 1) + 1);
    }
    return {};
}

/// "1,20,30;1,40": a way from the root for each cgroup.
Result<void> set_cgroups(World& world, std::string_view text) {
    world.other_cgroups.clear();
    while (!text.empty()) {
        const std::size_t end = text.find(';');
        auto set = set_list(world.other_cgroups.emplace_back(), text.substr(0, end));
        if (!set) return std::unexpected(set.error().in("other_cgroups"));
        text.remove_prefix(std::min(end, text.size() - 1) + 1);
    }
    return {};
}

Result<void> set_field(World& world, std::string_view name, std::string_view text) {
    if (name == "comm") {
        world.task.comm = text;
        return {};
    }
    if (name == "other_cgroups") return set_cgroups(world, text);
    if (name == "ima_hash") {
        auto bytes = parse_hex(text);
        if (!bytes) return std::unexpected(bytes.error().in(name));
        world.ima_hash = std::move(*bytes);
        return {};
    }
    if (name == "retval") {
        auto value = parse_integer(text);
        if (!value) return std::unexpected(value.error().in(name));
        world.retval = static_cast<std::int32_t>(*value);
        return {};
    }
    for (const ListField& field : list_fields) {
        if (field.name != name) continue;
        auto set = set_list(field.of(world), text);
        return set ? set : std::unexpected(set.error().in(name));
    }
    for (const Field& field : fields) {
        if (field.name != name) continue;
        auto value = parse_integer(text);
        if (!value) return std::unexpected(value.error().in(name));
        if (text.starts_with('-') || *value > field.limit) {
            return fail(fmt::format("{}: {} is not between 0 and {}", name, text, field.limit));
        }
        field.set(world, *value);
        return {};
    }
    return fail(fmt::format("no field '{}'; there are {}", name, world_fields()));
}

Result<void> set_base(World& world, std::string_view name) {
    if (name != "real" && name != "fixed") {
        return fail(fmt::format("base '{}' is neither real nor fixed", name));
    }
    world = name == "real" ? World::real() : World::fixed();
    return {};
}

/// [1, "0x2a"] as "1,0x2a", a list of lists with semicolons; what is no number is seen as such
/// later.
std::string list_text(const Json& list) {
    std::string text;
    for (const Json& value : list) {
        if (!text.empty()) text += value.is_array() ? ";" : ",";
        text += value.is_array()    ? list_text(value)
                : value.is_string() ? value.get<std::string>()
                                    : value.dump();
    }
    return text;
}

Result<void> set_json_field(World& world, const std::string& name, const Json& value) {
    if (value.is_string()) return set_field(world, name, value.get<std::string>());
    if (value.is_number_integer()) return set_field(world, name, value.dump());
    if (value.is_array()) return set_field(world, name, list_text(value));
    return fail(fmt::format("field {} is neither text nor an integer", name));
}

Result<void> apply_network(World& world, const Json& json) {
    auto network = parse_network(json);
    if (!network) return std::unexpected(network.error().in("network"));
    world.network = std::make_shared<const Network>(std::move(*network));
    return {};
}

Result<void> apply_areas(World& world, const Json& json) {
    auto areas = parse_areas(json);
    if (!areas) return std::unexpected(areas.error().in("vmas"));
    world.task.areas = std::move(*areas);
    return {};
}

/// {"schedule": "0xffffffff81000000"}
Result<void> add_symbols(World& world, const Json& json) {
    if (!json.is_object()) return fail("symbols: not a JSON object of names and addresses");
    for (const auto& [name, value] : json.items()) {
        auto address = parse_integer(value.is_string() ? value.get<std::string>() : value.dump());
        if (!address) return std::unexpected(address.error().in("symbols: " + name));
        world.symbols.emplace_back(name, *address);
    }
    return {};
}

/// {"task.comm": "\"bash\"", "args.file.f_flags": 2}: text is a value as in `ObjectField`.
Result<void> add_objects(World& world, const Json& json) {
    if (!json.is_object()) return fail("objects is not a JSON object of paths and values");
    for (const auto& [path, value] : json.items()) {
        if (!value.is_string() && !value.is_number() && !value.is_boolean())
            return fail(fmt::format("object {} is neither text nor a number", path));
        world.objects.push_back(
            {path, value.is_string() ? value.get<std::string>() : value.dump()});
    }
    return {};
}

Result<void> apply_json(World& world, const Json& json) {
    if (!json.is_object()) return fail("not a JSON object");
    if (json.contains("base")) {
        const Json& base = json["base"];
        auto set = set_base(world, base.is_string() ? base.get<std::string>() : base.dump());
        if (!set) return set;
    }
    for (const auto& [name, value] : json.items()) {
        if (name == "base") continue;
        auto set = name == "task"      ? apply_json(world, value)
                   : name == "network" ? apply_network(world, value)
                   : name == "objects" ? add_objects(world, value)
                   : name == "symbols" ? add_symbols(world, value)
                   : name == "vmas"    ? apply_areas(world, value)
                                       : set_json_field(world, name, value);
        if (!set) return set;
    }
    return {};
}

Result<void> apply_file(World& world, const std::string& path) {
    auto contents = read_bytes(path);
    if (!contents) {
        return fail(fmt::format("{}; give real, fixed, FIELD=VALUE or a JSON file",
                                contents.error().message));
    }
    auto text = reinterpret_cast<const char*>(contents->data());
    Json json = Json::parse(text, text + contents->size(), nullptr, false);
    if (json.is_discarded()) return fail(path + ": not valid JSON");
    auto applied = apply_json(world, json);
    return applied ? applied : std::unexpected(applied.error().in(path));
}

Result<void> apply(World& world, const std::string& argument) {
    if (argument == "real" || argument == "fixed") return set_base(world, argument);
    std::size_t equals = argument.find('=');
    if (equals == std::string::npos) return apply_file(world, argument);
    return set_field(world, argument.substr(0, equals), argument.substr(equals + 1));
}

}  // namespace

std::string world_fields() {
    std::string names = "comm";
    for (const Field& field : fields) names += fmt::format(", {}", field.name);
    for (const ListField& field : list_fields) names += fmt::format(", {}", field.name);
    names += ", ima_hash, other_cgroups, retval";
    return names;
}

Result<World> parse_world(std::span<const std::string> arguments) {
    World world = World::real();
    for (const std::string& argument : arguments) {
        auto applied = apply(world, argument);
        if (!applied) return std::unexpected(applied.error().in("--world"));
    }
    if (auto tree = CgroupTree::create(world); !tree)
        return std::unexpected(tree.error().in("--world"));
    return world;
}

World other_world(World world, bool invented) {
    constexpr std::uint64_t some_time = 12'345'678'901'234'567;
    constexpr std::uint64_t some_step = 1'013;
    world.ktime_ns = world.ktime_ns.value_or(0) + some_time;
    world.ktime_step_ns += some_step;
    world.random_seed = world.random_seed.value_or(0) + some_step;
    if (!invented) return world;
    constexpr std::uint32_t every_byte = 0x01010101;  // Results are compared byte by byte.
    for (std::uint32_t* id : {&world.task.pid, &world.task.tgid, &world.task.uid, &world.task.gid})
        *id += every_byte;
    world.task.comm = "another task";
    constexpr std::uint64_t every_byte_of_address = 0x0101010101010101;
    for (std::uint64_t* value : {&world.attach_cookie, &world.func_ip, &world.perf.counter,
                                 &world.perf.enabled, &world.perf.running})
        *value += every_byte_of_address;
    std::vector<std::vector<std::uint64_t>*> lists{&world.task.kernel_stack,
                                                   &world.task.user_stack};
    if (world.objects.empty()) {  // Objects may be of cgroups, by their ids.
        lists.push_back(&world.task.cgroups);
        for (auto& path : world.other_cgroups) lists.push_back(&path);
    }
    for (auto* list : lists)
        for (std::uint64_t& value : *list) value += every_byte_of_address;
    constexpr std::uint64_t every_byte_of_page = 0x0000'0101'0101'0000;
    for (MemoryArea& area : world.task.areas)
        area.start += every_byte_of_page, area.end += every_byte_of_page;
    return world;
}

}  // namespace bpftwin::cli
