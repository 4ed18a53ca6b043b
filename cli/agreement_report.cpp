#include "cli/agreement_report.h"

#include <algorithm>
#include <span>

#include "cli/table.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

std::string answer_text(const Verdict& verdict) {
    if (verdict.answer != Answer::rejected) return std::string(name_of(verdict.answer));
    return fmt::format("{}, errno {}", name_of(verdict.answer), verdict.error);
}

std::string why(const Verdict& verdict) {
    if (verdict.answer != Answer::accepted) return verdict.reason;
    return fmt::format("{} insns, {} states", verdict.insns, verdict.states);
}

struct NamedShare {
    const char* name;
    Share Agreement::* share;
};

constexpr NamedShare shares_of_verdicts[] = {{"same verdict", &Agreement::verdict},
                                             {"same reason", &Agreement::reason},
                                             {"same errno", &Agreement::error},
                                             {"same insns", &Agreement::insns}};
constexpr NamedShare share_of_states[] = {{"same states", &Agreement::states}};

std::string shares_text(const Agreement& agreement, std::span<const NamedShare> shares) {
    std::string text;
    for (const auto& [name, share] : shares)
        text += fmt::format("{} {}\n", name, (agreement.*share).text());
    return text;
}

std::string count_text(const Agreement& agreement, Finding finding) {
    return fmt::format("{} {}\n", name_of(finding), agreement.count(finding));
}

std::string distances_text(const Agreement& agreement) {
    Table table(2);
    for (const Distance& distance : agreement.distances)
        table.add({std::string(distance.direction), std::string(distance.size),
                   fmt::format("{}", distance.programs)});
    return table.text("  ");
}

std::string speed_text(const Agreement& agreement) {
    const std::string name = "speed ours/" + agreement.timed();
    if (agreement.speed() == 0) return name + " -\n";
    return fmt::format("{} {:.2f}\n", name, agreement.speed());
}

/// "same verdict" as "same_verdict".
std::string key_of(std::string_view name) {
    std::string key(name);
    std::ranges::replace(key, ' ', '_');
    return key;
}

void add_shares(Json& json, const Agreement& agreement, std::span<const NamedShare> shares) {
    for (const auto& [name, share] : shares)
        json[key_of(name)] = {{"same", (agreement.*share).part}, {"of", (agreement.*share).all}};
}

}  // namespace

std::string pair_text(const JudgedTwice& pair, Style style) {
    std::string text =
        fmt::format("{}: {} ({}): {}\n", pair.ours.file, style.bold(pair.ours.program),
                    pair.ours.section, style.bad(name_of(finding_of(pair))));
    Table table;
    for (const Judged* one : {&pair.ours, &pair.theirs})
        table.add({one->judge, answer_text(one->verdict), why(one->verdict)});
    return text + table.text("  ");
}

Json pair_json(const JudgedTwice& pair) {
    Json json = {{"file", pair.ours.file},
                 {"program", pair.ours.program},
                 {"section", pair.ours.section},
                 {"size", pair.ours.insns},
                 {"finding", name_of(finding_of(pair))}};
    for (const auto& [side, judged] :
         {std::pair{"ours", &pair.ours}, std::pair{"theirs", &pair.theirs}}) {
        json[side] = {{"verifier", judged->judge}};
        json[side].update(verdict_json(judged->verdict));
    }
    return json;
}

std::string agreement_text(const Agreement& agreement) {
    std::string text = count_text(agreement, Finding::wrongly_accepted) +
                       count_text(agreement, Finding::wrongly_rejected) +
                       count_text(agreement, Finding::unsupported) + agreement.features.text();
    if (agreement.count(Finding::not_loadable) != 0)
        text += count_text(agreement, Finding::not_loadable);
    return text + shares_text(agreement, shares_of_verdicts) + distances_text(agreement) +
           shares_text(agreement, share_of_states) + speed_text(agreement);
}

Json agreement_json(const Agreement& agreement) {
    Json json = Json::object();
    for (const Finding finding : {Finding::wrongly_accepted, Finding::wrongly_rejected,
                                  Finding::unsupported, Finding::not_loadable, Finding::not_judged})
        json[key_of(name_of(finding))] = agreement.count(finding);
    json["features"] = Json::array();
    for (const auto& [feature, count] : agreement.features.counts())
        json["features"].push_back({{"feature", feature}, {"programs", count}});
    add_shares(json, agreement, shares_of_verdicts);
    json["distances"] = Json::array();
    for (const Distance& distance : agreement.distances)
        json["distances"].push_back({{"direction", distance.direction},
                                     {"distance", distance.size},
                                     {"programs", distance.programs}});
    add_shares(json, agreement, share_of_states);
    json["speed"] = agreement.speed() == 0 ? Json() : Json(agreement.speed());
    return json;
}

}  // namespace bpftwin::cli
