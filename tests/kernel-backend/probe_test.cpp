// Everything that the tables list, asked of kernels: what they have must be what the version
// columns say, but for the exceptions of probe_exceptions.def.
#include "kernel-backend/probe.h"

#include <fnmatch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "fmt/format.h"
#include "helpers/maps/type_info.h"
#include "kernel-backend/release.h"
#include "kernel-backend/vm.h"
#include "tests/kernel-backend/machine.h"

namespace bpftwin::kernel {
namespace {

using testing::HasSubstr;

bool matches(const char* pattern, const std::string& text) {
    return fnmatch(pattern, text.c_str(), 0) == 0;
}

struct Exception {
    const char *release, *feature, *answer, *reason;

    [[nodiscard]] bool covers(const std::string& name, std::string_view said) const {
        return said == answer && matches(feature, name);
    }
};

constexpr auto exceptions = std::to_array<Exception>({
#define EXCEPTION(release, feature, answer, reason) {release, feature, answer, reason},
#include "tests/kernel-backend/probe_exceptions.def"
});

/// Compares answers with what the tables let expect of one kernel.
class Comparison {
public:
    explicit Comparison(Kernel& kernel) : release_(kernel.release()) {
        for (const Exception& exception : exceptions)
            if (matches(exception.release, release_)) excepted_.push_back({&exception});
    }

    [[nodiscard]] bool is_since(std::string_view version) const {
        return version_code(release_) >= version_code(std::string(version));
    }

    void add(const std::string& feature, const Result<bool>& answer, bool expected) {
        ++asked_;
        if (answer && *answer == expected) return;
        // Where this process may not ask, nothing is known.
        if (!answer && answer.error().code == EPERM) return;
        const std::string_view said = !answer ? "?" : *answer ? "yes" : "no";
        if (is_excepted(feature, said)) return;
        ADD_FAILURE() << release_ << ": " << feature << ": " << said << ", and expected "
                      << (expected ? "yes" : "no")
                      << (answer ? std::string() : "; " + answer.error().message);
    }

    /// Of answers, to be called at the end.
    [[nodiscard]] std::size_t count() const {
        for (const auto& [exception, used] : excepted_)
            EXPECT_TRUE(used) << release_ << ": the exception for " << exception->feature
                              << " no longer applies: remove it";
        return asked_;
    }

private:
    struct Excepted {
        const Exception* exception;
        bool used = false;
    };

    bool is_excepted(const std::string& feature, std::string_view said) {
        const auto found = std::ranges::find_if(excepted_, [&](const Excepted& excepted) {
            return excepted.exception->covers(feature, said);
        });
        if (found == excepted_.end()) return false;
        return found->used = true;
    }

    std::string release_;
    std::vector<Excepted> excepted_;
    std::size_t asked_ = 0;
};

void compare_prog_types(Kernel& kernel, Comparison& comparison) {
    for (const ProgType type : prog_types())
        comparison.add(fmt::format("program type {}", name_of(type)), has_prog_type(kernel, type),
                       comparison.is_since(since(type)));
}

void compare_map_types(Kernel& kernel, Comparison& comparison) {
    for (const MapTypeInfo& info : map_type_table())
        comparison.add(fmt::format("map type {}", info.name), has_map_type(kernel, info.type),
                       comparison.is_since(since(info.type)));
}

void compare_btf_kinds(Kernel& kernel, Comparison& comparison) {
    for (const BtfKind kind : btf_kinds())
        comparison.add(fmt::format("BTF kind {}", name_of(kind)), has_btf_kind(kernel, kind),
                       comparison.is_since(since(kind)));
}

/// A kernel of the table's version has a helper in exactly the program types that it lists.
void compare_pairs(Kernel& kernel, const Helper& helper, Comparison& comparison) {
    for (const ProgType type : prog_types())
        if (type != ProgType::ext)  // Tested below: these have no helpers of their own.
            comparison.add(fmt::format("{} helper {}", name_of(type), helper.name),
                           has_helper(kernel, type, helper), available_to(helper, type));
}

/// An older one may have it in fewer of them, but in one at least.
void compare_somewhere(Kernel& kernel, const Helper& helper, Comparison& comparison) {
    Result<bool> somewhere = false;
    for (const ProgType type : prog_types()) {
        if (type == ProgType::ext || !available_to(helper, type)) continue;
        const auto answer = has_helper(kernel, type, helper);
        if (answer.value_or(false) || (!answer && somewhere && !*somewhere)) somewhere = answer;
    }
    comparison.add(fmt::format("helper {}", helper.name), somewhere,
                   comparison.is_since(helper.since));
}

void compare_helpers(Kernel& kernel, Comparison& comparison) {
    const auto compare = comparison.is_since("6.18") ? compare_pairs : compare_somewhere;
    for (const Helper& helper : helper_table()) compare(kernel, helper, comparison);
}

class Probe : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        const std::string& name = GetParam();
        if (name.starts_with("vm:"))
            if (const std::string why = obstacle(name.substr(3)); !why.empty()) GTEST_SKIP() << why;
        auto kernel = kernel_named(name);
        if (!kernel && name == "kernel") GTEST_SKIP() << kernel.error().message;
        ASSERT_TRUE(kernel) << kernel.error().message;
        kernel_ = std::move(*kernel);
    }
    std::unique_ptr<Kernel> kernel_;
};

TEST_P(Probe, finds_exactly_what_is_as_old_as_the_kernel) {
    Comparison comparison(*kernel_);
    compare_prog_types(*kernel_, comparison);
    compare_map_types(*kernel_, comparison);
    compare_btf_kinds(*kernel_, comparison);
    compare_helpers(*kernel_, comparison);
    EXPECT_GE(comparison.count(), prog_types().size() + map_type_table().size() +
                                      btf_kinds().size() + helper_table().size());
}

std::vector<std::string> kernel_names() {
    std::vector<std::string> names = {"kernel"};
    for (const char* version : machine_versions) names.push_back(std::string("vm:") + version);
    return names;
}

INSTANTIATE_TEST_SUITE_P(kernels, Probe, testing::ValuesIn(kernel_names()), [](const auto& name) {
    std::string text = name.param;
    std::ranges::replace_if(text, [](char c) { return c == ':' || c == '.'; }, '_');
    return text;
});

TEST(probe, finds_no_type_or_helper_that_no_kernel_has) {
    const auto kernel = local_kernel();
    if (!kernel) GTEST_SKIP() << kernel.error().message;
    constexpr std::uint32_t beyond = 1000;
    Helper helper = *helper_by_id(1);
    helper.id = beyond;
    EXPECT_EQ(has_prog_type(**kernel, static_cast<ProgType>(beyond)), false);
    EXPECT_EQ(has_map_type(**kernel, static_cast<MapType>(beyond)), false);
    EXPECT_EQ(has_helper(**kernel, ProgType::xdp, helper), false);
}

/// A kernel that refuses everything with one errno.
class RefusingKernel final : public Kernel {
public:
    explicit RefusingKernel(int error) : error_(error) {}
    Result<int> bpf(int, std::span<std::byte>, std::span<const Pointer>) override {
        return fail("refused", error_);
    }
    void close(int) override {}
    Result<Bytes> read_file(const std::string&) override { return fail("refused", error_); }
    [[nodiscard]] const std::string& release() const override { return name_; }
    [[nodiscard]] std::uint32_t cpu_count() const override { return 1; }
    Result<std::vector<Bytes>> take_ring_records(int, std::uint32_t) override {
        return std::vector<Bytes>{};
    }
    Result<void> put_ring_record(int, std::uint32_t, ByteView) override { return {}; }
    Result<void> open_perf_buffers(int) override { return {}; }
    Result<std::vector<PerfRecord>> take_perf_records(int) override {
        return std::vector<PerfRecord>{};
    }
    Result<std::vector<std::string>> take_trace() override { return std::vector<std::string>{}; }

private:
    int error_;
    std::string name_ = "6.18.0";
};

TEST(probe, a_refusal_for_other_reasons_than_absence_is_an_error_and_never_no) {
    for (const int error : {EPERM, EACCES, ENOMEM, ETIMEDOUT}) {
        RefusingKernel kernel(error);
        for (const ProgType type : prog_types()) {
            EXPECT_FALSE(has_prog_type(kernel, type)) << name_of(type);
            EXPECT_FALSE(has_helper(kernel, type, *helper_by_id(1))) << name_of(type);
        }
        for (const MapTypeInfo& info : map_type_table())
            EXPECT_FALSE(has_map_type(kernel, info.type)) << info.name;
        for (const BtfKind kind : btf_kinds())
            EXPECT_FALSE(has_btf_kind(kernel, kind)) << name_of(kind);
    }
}

TEST(probe, a_lack_of_privilege_is_said) {
    RefusingKernel kernel(EPERM);
    EXPECT_EQ(has_prog_type(kernel, ProgType::xdp).error().message,
              "the kernel does not let this process ask: refused");
}

TEST(probe, a_helper_of_a_replacing_program_is_a_question_about_the_replaced_one) {
    RefusingKernel kernel(EINVAL);
    const auto answer = has_helper(kernel, ProgType::ext, *helper_by_id(1));
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message, HasSubstr("may call what the program may"));
}

template <class List>
void expect_never_backwards(const List& list, auto since_of) {
    std::uint32_t last = 0;
    for (const auto& entry : list) {
        const std::uint32_t code = version_code(std::string(since_of(entry)));
        EXPECT_GE(code, last) << since_of(entry);
        last = code;
    }
}

TEST(first_kernels, of_types_and_kinds_never_go_backwards) {
    expect_never_backwards(prog_types(), [](ProgType type) { return since(type); });
    expect_never_backwards(map_type_table(),
                           [](const MapTypeInfo& info) { return since(info.type); });
    expect_never_backwards(btf_kinds(), [](BtfKind kind) { return since(kind); });
}

TEST(version_code, compares_releases_with_versions) {
    EXPECT_EQ(version_code("6.12.117+deb12-cloud-amd64"), version_code("6.12") + 117);
    EXPECT_GT(version_code("4.10"), version_code("4.9"));
    EXPECT_EQ(version_code("4.19.325"), version_code("4.19") + 255);
}

}  // namespace
}  // namespace bpftwin::kernel
