// `bpftwin run --json`: one document, written as the runs end; one line per run. See docs/json.md.
#include <map>

#include "cli/hex.h"
#include "cli/json.h"
#include "cli/network.h"
#include "cli/report.h"
#include "cli/values.h"
#include "fmt/format.h"
#include "vm/return_names.h"

namespace bpftwin::cli {
namespace {

Json source_json(const SourceLine& source) {
    return {{"file", source.file},
            {"line", source.line},
            {"column", source.column},
            {"text", source.text}};
}

Json trap_json(const Trap& trap) {
    Json json = {{"kind", bpftwin::name_of(trap.kind)},
                 {"reason", trap.reason},
                 {"program", trap.program},
                 {"function", trap.function},
                 {"pc", trap.pc}};
    json["source"] = trap.source ? source_json(*trap.source) : Json();
    json["address"] = trap.address;
    json["size"] = trap.size;
    json["write"] = trap.write;
    json["region"] = trap.region;
    json["offset"] = trap.offset;
    if (!trap.notes.empty()) json["notes"] = trap.notes;
    return json;
}

Json redirect_json(const Redirect& redirect) {
    return {{"kind", name_of(redirect.kind)},
            {"ifindex", redirect.ifindex},
            {"map", redirect.map},
            {"key", redirect.key},
            {"flags", redirect.flags}};
}

Json clones_json(const std::vector<Clone>& clones) {
    Json list = Json::array();
    for (const Clone& clone : clones)
        list.push_back({{"ifindex", clone.ifindex},
                        {"flags", clone.flags},
                        {"packet", hex(clone.packet, "")}});
    return list;
}

Json event_json(const RunPlan& plan, const Event& event) {
    Json json = {{"map", event.map}, {"cpu", event.cpu}};
    json.update(typed_json(plan.events.of(event.map), event.data));
    return json;
}

Json remote_json(const RemoteEvent& event) {
    switch (event.kind) {
        case RemoteEvent::Kind::repeat: return {{"kind", "repeat"}};
        case RemoteEvent::Kind::keydown:
            return {{"kind", "keydown"},
                    {"protocol", event.protocol},
                    {"scancode", event.scancode},
                    {"toggle", event.toggle}};
        case RemoteEvent::Kind::pointer:
            return {{"kind", "pointer"}, {"x", event.x}, {"y", event.y}};
    }
    bug("RemoteEvent::Kind");
}

Json changes_json(const RunPlan& plan, const Outcome& outcome) {
    Json json = Json::object();
    for (const FieldChange& change :
         changed_fields(plan.program.type, outcome.context_before, outcome.result.context)) {
        json[std::string(change.name)] = {{"before", change.before}, {"after", change.after}};
    }
    return json;
}

Json optional_hex(const std::optional<Bytes>& bytes) {
    return bytes ? Json(hex(*bytes, "")) : Json();
}

Json return_json(const RunPlan& plan, const RunResult& result) {
    if (result.trap) return {{"return_value", nullptr}, {"return_name", nullptr}};
    auto name =
        return_name(plan.program.type, plan.program.expected_attach_type, result.return_value);
    return {{"return_value", result.return_value}, {"return_name", name ? Json(*name) : Json()}};
}

Json run_json(const RunPlan& plan, const Outcome& outcome) {
    const RunResult& result = outcome.result;
    Json json = {{"number", outcome.number}};
    json.update(return_json(plan, result));
    json["trap"] = result.trap ? trap_json(*result.trap) : Json();
    json["packet"] = optional_hex(result.packet);
    json["packet_changed"] = outcome.packet_changed();
    json["context"] = hex(result.context, "");
    json["context_changes"] = changes_json(plan, outcome);
    json["redirect"] = result.redirect ? redirect_json(*result.redirect) : Json();
    if (!result.clones.empty()) json["clones"] = clones_json(result.clones);
    if (result.tunnel) json["tunnel"] = tunnel_json(*result.tunnel);
    if (Json socket = socket_json(result.socket); !socket.is_null())
        json["socket"] = std::move(socket);
    json["events"] = Json::array();
    for (const Event& event : result.events) json["events"].push_back(event_json(plan, event));
    json["trace"] = result.trace;
    if (!result.signals.empty()) {
        json["signals"] = Json::array();
        for (const SignalSent& sent : result.signals)
            json["signals"].push_back(
                {{"pid", sent.pid}, {"signal", sent.signal}, {"thread", sent.thread}});
    }
    for (const RemoteEvent& event : result.remote) json["remote"].push_back(remote_json(event));
    if (!result.sequence.empty()) json["sequence"] = result.sequence;
    if (result.retval) json["retval"] = *result.retval;
    if (result.override_return) json["override_return"] = *result.override_return;
    if (!result.calls.empty()) {
        json["calls"] = Json::array();
        for (const CallRecord& call : result.calls)
            json["calls"].push_back({{"function", call.function},
                                     {"args", call.args},
                                     {"result", call.result},
                                     {"replaced", call.replaced}});
    }
    if (result.claims_held != 0) json["claims_held"] = result.claims_held;
    if (plan.time) {
        json["duration_ns"] = result.duration_ns;
        json["insns"] = result.insns;
    }
    return json;
}

Json entry_json(const ObjectSpec& object, const MapSpec& map, const MapEntry& entry) {
    Json values = Json::array();
    for (const Bytes& value : entry.values) {
        values.push_back(typed_json(value_type(object, map), value));
        std::string_view target = target_name(object, map, value);
        if (!target.empty()) values.back()["target"] = target;
    }
    return {{"key", typed_json(key_type(object, map), entry.key)}, {"values", values}};
}

Json map_json(const ObjectSpec& object, const FinalMap& map) {
    Json json = {{"name", map.spec->name}, {"type", bpftwin::name_of(map.spec->type)}};
    if (map.spec->is_data()) json["section"] = map.spec->section;
    json["entries"] = Json::array();
    for (const MapEntry& entry : map.entries) {
        json["entries"].push_back(entry_json(object, *map.spec, entry));
    }
    return json;
}

class JsonReport : public Report {
public:
    explicit JsonReport(const RunPlan& plan) : plan_(plan) {}

    void begin() override {
        const ProgramSpec& program = plan_.program;
        print("{\n");
        field("object", plan_.path);
        field("program", program.name);
        field("section", program.section);
        field("type", bpftwin::name_of(program.type));
        field("engine", plan_.engine);
        field("safety", plan_.safety == Safety::checked ? "checked" : "unsafe");
        field("verdict", plan_.verdict ? Json(name_of(plan_.verdict->answer)) : Json());
        field("repeat", plan_.repeat);
        print("\"runs\": [");
    }

    void add(const Outcome& outcome) override {
        const RunResult& result = outcome.result;
        print(fmt::format("{}\n{}", runs_++ == 0 ? "" : ",",
                          json_text(run_json(plan_, outcome), -1)));
        ++counts_[result.trap ? "trapped" : return_label(plan_.program, result.return_value)];
    }

    void end(const std::vector<FinalMap>& maps, const Error* error) override {
        print("\n],\n");
        Json summary = Json::object();
        for (const auto& [label, count] : counts_) summary[label] = count;
        field("returned", summary);
        Json contents = Json::array();
        for (const FinalMap& map : maps) contents.push_back(map_json(plan_.object, map));
        field("maps", contents);
        print(fmt::format("\"error\": {}\n}}\n",
                          json_text(error ? Json(error->message) : Json(), -1)));
    }

private:
    static void field(std::string_view name, const Json& value) {
        print(fmt::format("\"{}\": {},\n", name, json_text(value, -1)));
    }

    const RunPlan& plan_;
    std::uint64_t runs_ = 0;
    std::map<std::string, std::uint64_t> counts_;
};

}  // namespace

std::unique_ptr<Report> json_report(const RunPlan& plan) {
    return std::make_unique<JsonReport>(plan);
}

}  // namespace bpftwin::cli
