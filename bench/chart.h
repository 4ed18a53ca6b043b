// Charts as inline SVG: bars and lines on logarithmic scales. Colours are CSS classes s0, s1, … of
// the page around them, one per series.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bpftwin::bench {

/// `text` as content or attribute of HTML.
std::string escaped(std::string_view text);

/// "1,200".
std::string whole_number(std::uint64_t value);

/// Two or three digits, "0.52", "5.30", and whole numbers from 100 on.
std::string short_number(double value);

/// A logarithmic scale from `low` to `high` over `length` pixels.
struct LogScale {
    double low;
    double high;
    double length;

    /// The scale that begins and ends at the ticks around these values.
    static LogScale around(double least, double most, double length);

    [[nodiscard]] double at(double value) const;
    /// 1, 2 and 5 times powers of ten; powers alone over more than three of them.
    [[nodiscard]] std::vector<double> ticks() const;
};

/// One group of horizontal bars: a bar per series.
struct BarGroup {
    std::string name;
    std::vector<double> values;
    bool strong = false;  ///< A summary of the others.
};

struct BarChart {
    std::string title;  ///< Read aloud instead of the chart.
    std::string unit;   ///< Behind numbers in hints: "x native".
    std::vector<std::string> series;
    std::vector<BarGroup> groups;
    double base = 1;  ///< Where bars begin; to its left they mean less.
    double width = 920;
};
std::string svg(const BarChart& chart);

struct Line {
    std::string name;
    std::vector<std::pair<double, double>> points;
};

struct LineChart {
    std::string title;
    std::string x_name;
    std::string y_name;
    std::vector<Line> lines;
    Line limit;  ///< Dashed.
    double width = 920;
    double height = 360;
};
std::string svg(const LineChart& chart);

/// The series' names beside their colours.
std::string legend(const std::vector<std::string>& series);

}  // namespace bpftwin::bench
