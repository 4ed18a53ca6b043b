// What is said of strings by looking at blocks of them agrees with what reading them says.
#include "btf/names.h"

#include <random>

#include "gtest/gtest.h"

namespace bpftwin::test {
namespace {

using btf_wire::NameRule;

/// Strings of identifier characters, most of them short, with a few odd characters.
std::string some_strings(unsigned seed, std::size_t size) {
    static constexpr std::string_view common = "azAZ09_.", odd = " -/@[`{\x7f\x80\xc0\xd7\xf7\xff";
    std::mt19937 random(seed);
    const auto one_of = [&](std::string_view set) { return set[random() % set.size()]; };
    std::string strings(1, '\0');
    while (strings.size() < size) {
        const std::size_t length = random() % 8 == 0 ? random() % 1024 : random() % 32;
        for (std::size_t i = 0; i < length; ++i) strings += one_of(common);
        if (random() % 16 == 0) strings += one_of(odd);
        strings += '\0';
    }
    return strings;
}

TEST(plain_strings, that_begin_like_identifiers_are_such) {
    std::size_t known = 0;
    for (unsigned seed = 0; seed < 20; ++seed) {
        const std::string strings = some_strings(seed, 20'000);
        const PlainStrings plain(strings);
        for (std::uint32_t at = 0; at < strings.size(); ++at) {
            if (!plain.at(at) || !begins_identifier(strings[at])) continue;
            ++known;
            ASSERT_TRUE(follows(NameRule::identifier, at, strings.c_str() + at))
                << "seed " << seed << ", offset " << at;
        }
    }
    EXPECT_GT(known, 10'000U);
}

TEST(plain_strings, are_nearly_all_of_short_identifiers) {
    std::string strings(1, '\0');
    for (unsigned i = 0; i < 10'000; ++i) strings += "name_" + std::to_string(i) + '\0';
    const PlainStrings plain(strings);
    for (std::size_t at = 0; at < strings.size(); ++at) ASSERT_TRUE(plain.at(at)) << at;
}

TEST(plain_strings, end_within_511_characters) {
    // Every offset of a name in its block, with the longest name that is one and the next one.
    for (std::size_t before = 1; before < 300; ++before)
        for (const std::size_t length : {511U, 512U, 513U}) {
            const std::string name(length, 'x');
            const std::string strings = std::string(before, '\0') + name + '\0';
            const bool plain = PlainStrings(strings).at(before);
            ASSERT_LE(plain, length <= 511) << before << ", " << length;
        }
}

}  // namespace
}  // namespace bpftwin::test
