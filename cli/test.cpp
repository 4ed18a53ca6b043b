// `bpftwin test`: the tests in the comments of BPF sources, on several engines.
#include <algorithm>
#include <memory>

#include "cli/clearance.h"
#include "cli/command.h"
#include "cli/hex.h"
#include "cli/object.h"
#include "cli/target.h"
#include "cli/test_report.h"
#include "cli/test_run.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    std::vector<std::string> files;
    std::vector<std::string> engines;
    ObjectArguments object;  ///< But for its path.
    TrustArguments trust;
    std::string filter, table;
    bool json = false;
};

Result<std::string> read_source(const std::string& path) {
    auto bytes = read_bytes(path);
    if (!bytes) return std::unexpected(bytes.error());
    return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

/// All tests of all files.
class TestSession {
public:
    explicit TestSession(const Arguments& arguments) : arguments_(arguments) {}

    Result<Exit> run() {
        if (auto ready = open_engines(); !ready) return std::unexpected(ready.error());
        Progress progress("files");
        InterruptGuard guard;
        const auto files = static_cast<double>(arguments_.files.size());
        for (std::uint64_t i = 0; i < arguments_.files.size(); ++i) {
            if (InterruptGuard::interrupted()) return exit_interrupted;
            if (auto done = run_file(arguments_.files[i]); !done)
                return std::unexpected(done.error());
            progress.show(i + 1, static_cast<double>(i + 1) / files);
        }
        return finish();
    }

private:
    // An engine that was asked for by name has to be there.
    Result<void> open_engines() {
        competitors_ = make_competitors(arguments_.engines);
        for (const Competitor& one : competitors_)
            if (!one.contender && !arguments_.engines.empty()) return fail(one.absent);
        std::erase_if(competitors_, [&](const Competitor& one) {
            if (!one.contender) absent_ += fmt::format("without {}: {}\n", one.name, one.absent);
            return !one.contender;
        });
        for (const Competitor& one : competitors_)
            engines_.push_back({one.name, one.contender->engine->release()});
        return {};
    }

    Result<void> run_file(const std::string& path) {
        const auto source = read_source(path);
        if (!source) return std::unexpected(source.error());
        const auto tests = parse_tests(*source);
        if (!tests) return std::unexpected(tests.error().in(path));
        if (tests->empty())
            return fail(path + ": no tests in it (//! test: TITLE; see bpftwin test --help)");
        ObjectArguments from = arguments_.object;
        from.path = path;
        const auto object = open_ready_object(from);
        if (!object) return std::unexpected(object.error());
        for (const TestCase& test : *tests) {
            if (!test.title.contains(arguments_.filter)) continue;
            auto result = run_test(path, test, *object, arguments_.trust, competitors_);
            if (!result)
                return std::unexpected(result.error().in(fmt::format("{}:{}", path, test.line)));
            if (!arguments_.json) print(test_line(*result, engines_, stdout_style()));
            results_.push_back(std::move(*result));
        }
        return {};
    }

    Result<Exit> finish() {
        if (results_.empty())
            return fail(
                fmt::format("--filter {}: no test has this in its title", arguments_.filter));
        if (arguments_.json)
            print(json_text(test_json(results_, engines_)) + '\n');
        else
            print(absent_ + test_summary(results_, engines_, stdout_style()));
        if (!arguments_.table.empty()) {
            const auto written =
                write_file("--table", arguments_.table, feature_table(results_, engines_));
            if (!written) return std::unexpected(written.error());
        }
        return std::ranges::all_of(results_, &TestResult::passed) ? exit_fine : exit_finding;
    }

    const Arguments& arguments_;
    std::vector<Competitor> competitors_;
    std::vector<TestEngine> engines_;
    std::string absent_;
    std::vector<TestResult> results_;
};

constexpr std::string_view footer = R"(Tests stand in comments of the source:
  //! test: a packet from a blocked address is dropped and counted
  //! run: --packet blocked.pcap --set blocked 3221225985 0
  //! expect: returned XDP_DROP
  //! expect: 3221225985 -> 1
`run:` takes the options of `bpftwin run` that say what a program runs on, on one line or
several; files are looked for beside the source, and the world is fixed. Each text that is
expected has to be in a line of what `bpftwin run` shows, in this order; other engines have to
have the same effects. A program that the verifier does not accept is not run: what it shows is
the verdict (`expect: rejected`), unless `run:` has --unverified, which runs it in the checked
interpreter only. More lines: `since: 5.17` (kernels before it do not run the test),
`differs on vm:6.1: REASON` (which has to show), `covers: FEATURE` (for --table). Those before
the first test hold for all.

Examples:
  bpftwin test firewall.bpf.c
  bpftwin test *.bpf.c --engines jit,kernel,vm:6.1 --table features.md

Exit status: 0 all pass, 1 some fail, 2 bad usage or input, 130 interrupted)";

}  // namespace

Command add_test(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options =
        line.add_command("test", "Run the tests in the comments of BPF sources on several engines");
    options.add("FILE", arguments->files, "C sources (.c) or assembler texts (.s, .bpfasm)")
        .required();
    add_engines_option(options, arguments->engines);
    add_kernel_arguments(options, arguments->object);
    add_trust_options(options, arguments->trust);
    options.add("--filter", arguments->filter, "Only tests with this in their title").type("TEXT");
    options
        .add("--table", arguments->table, "Write which feature runs on which engine, as Markdown")
        .type("FILE");
    options.add_flag("--json", arguments->json, "JSON output (docs/json.md)");
    options.footer(std::string(footer));
    return {options, [arguments] { return TestSession(*arguments).run(); }};
}

}  // namespace bpftwin::cli
