#include "bench/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "fmt/format.h"

namespace bpftwin::bench {
namespace {

constexpr double name_space = 150;  ///< Left of bars.
constexpr double value_space = 56;  ///< Right of the longest bar.
constexpr double axis_space = 26;   ///< For the numbers of an axis.
constexpr double bar_height = 11;
constexpr double bar_gap = 2;
constexpr double group_gap = 12;

/// The next number of the form 1, 2 or 5 times a power of ten, downwards or upwards.
double tick_below(double value) {
    const double power = std::pow(10, std::floor(std::log10(value) + 1e-9));
    for (const double digit : {5.0, 2.0})
        if (value >= digit * power * (1 - 1e-9)) return digit * power;
    return power;
}

double tick_above(double value) {
    const double below = tick_below(value);
    if (below >= value * (1 - 1e-9)) return below;
    for (const double factor : {2.0, 2.5})
        if (const double next = tick_below(below * factor * (1 + 1e-6)); next > below * 1.5)
            return next;
    return 10 * below;
}

std::string tag_begin(double width, double height, std::string_view title) {
    return fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">\n",
                       width, height, escaped(title));
}

std::string text(double x, double y, std::string_view css, std::string_view content) {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", x, y, css,
                       escaped(content));
}

std::string line(double x1, double y1, double x2, double y2, std::string_view css) {
    return fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>\n", x1, y1,
        x2, y2, css);
}

std::string path(const std::vector<std::pair<double, double>>& points, std::string_view css) {
    std::string d;
    for (const auto& [x, y] : points)
        d += fmt::format("{}{:.1f} {:.1f}", d.empty() ? "M" : " L", x, y);
    return fmt::format("<path d=\"{}\" class=\"{}\"/>\n", d, css);
}

/// Ticks are round: "0.2", "5", "10,000".
std::string tick_label(double tick) {
    return tick < 1000 ? fmt::format("{:g}", tick) : short_number(tick);
}

struct Range {
    double least = std::numeric_limits<double>::infinity();
    double most = 0;

    void include(double value) {
        least = std::min(least, value);
        most = std::max(most, value);
    }
};

/// Bars of one chart, from the top down.
class Bars {
public:
    explicit Bars(const BarChart& chart)
        : chart_(chart),
          scale_(LogScale::around(range().least, range().most,
                                  chart.width - name_space - value_space)),
          height_(axis_space + group_gap +
                  static_cast<double>(chart.groups.size()) * (group_height() + group_gap)) {}

    [[nodiscard]] std::string svg() const {
        std::string out = tag_begin(chart_.width, height_, chart_.title) + grid();
        double y = axis_space + group_gap;
        for (const BarGroup& group : chart_.groups) {
            out += drawn(group, y);
            y += group_height() + group_gap;
        }
        return out + "</svg>\n";
    }

private:
    [[nodiscard]] Range range() const {
        Range range;
        range.include(chart_.base);
        for (const BarGroup& group : chart_.groups)
            for (const double value : group.values) range.include(value);
        return range;
    }

    [[nodiscard]] double group_height() const {
        return static_cast<double>(chart_.series.size()) * (bar_height + bar_gap) - bar_gap;
    }

    [[nodiscard]] double x(double value) const { return name_space + scale_.at(value); }

    [[nodiscard]] std::string grid() const {
        std::string out;
        for (const double tick : scale_.ticks()) {
            const bool is_base = tick == chart_.base;
            out += line(x(tick), axis_space, x(tick), height_, is_base ? "base" : "grid");
            out += text(x(tick), axis_space - 8, "tick", tick_label(tick));
        }
        return out;
    }

    [[nodiscard]] std::string drawn(const BarGroup& group, double y) const {
        std::string out = text(name_space - 10, y + group_height() / 2 + 4,
                               group.strong ? "name strong" : "name", group.name);
        for (std::size_t i = 0; i < group.values.size(); ++i, y += bar_height + bar_gap)
            out += bar(group, i, y);
        return out;
    }

    [[nodiscard]] std::string bar(const BarGroup& group, std::size_t series, double y) const {
        const double value = group.values[series];
        const double from = std::min(x(value), x(chart_.base));
        const double to = std::max(x(value), x(chart_.base));
        return fmt::format(
                   "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" rx=\"1.5\" "
                   "class=\"s{}{}\"><title>{}, {}: {} {}</title></rect>\n",
                   from, y, std::max(to - from, 1.5), bar_height, series,
                   group.strong ? "" : " soft", escaped(group.name), escaped(chart_.series[series]),
                   short_number(value), escaped(chart_.unit)) +
               text(to + 5, y + bar_height - 2, group.strong ? "value strong" : "value",
                    short_number(value));
    }

    const BarChart& chart_;
    LogScale scale_;
    double height_;
};

/// Lines of one chart.
class Lines {
public:
    explicit Lines(const LineChart& chart) : chart_(chart) {
        Range xs;
        Range ys;
        for (const Line* one : all())
            for (const auto& [x, y] : one->points) {
                xs.include(x);
                ys.include(y);
            }
        x_scale_ = LogScale::around(xs.least, xs.most, chart.width - left - right);
        y_scale_ = LogScale::around(ys.least, ys.most, chart.height - top - bottom);
    }

    [[nodiscard]] std::string svg() const {
        std::string out = tag_begin(chart_.width, chart_.height, chart_.title) + grid();
        out += path(placed(chart_.limit), "limit");
        const auto [x, y] = place(chart_.limit.points.back());
        out += text(x + 8, y + 4, "value strong", chart_.limit.name);
        for (std::size_t i = 0; i < chart_.lines.size(); ++i) out += drawn(chart_.lines[i], i);
        return out + "</svg>\n";
    }

private:
    static constexpr double left = 70, right = 90, top = 24, bottom = 46;
    using Point = std::pair<double, double>;

    [[nodiscard]] std::vector<const Line*> all() const {
        std::vector<const Line*> lines = {&chart_.limit};
        for (const Line& one : chart_.lines) lines.push_back(&one);
        return lines;
    }

    [[nodiscard]] Point place(const Point& point) const {
        return {left + x_scale_.at(point.first),
                chart_.height - bottom - y_scale_.at(point.second)};
    }

    [[nodiscard]] std::vector<Point> placed(const Line& one) const {
        std::vector<Point> points;
        for (const Point& point : one.points) points.push_back(place(point));
        return points;
    }

    [[nodiscard]] std::string grid() const {
        const double low = chart_.height - bottom;
        std::string out = text(left, top - 10, "axis", chart_.y_name) +
                          text(chart_.width - right, low + 40, "axis end", chart_.x_name);
        for (const double tick : y_scale_.ticks()) {
            const double y = low - y_scale_.at(tick);
            out += line(left, y, chart_.width - right, y, "grid");
            out += text(left - 8, y + 4, "name", tick_label(tick));
        }
        for (const double tick : x_scale_.ticks()) {
            const double x = left + x_scale_.at(tick);
            out += line(x, top, x, low, "grid");
            out += text(x, low + 18, "tick", tick_label(tick));
        }
        return out;
    }

    [[nodiscard]] std::string drawn(const Line& one, std::size_t series) const {
        std::string out = path(placed(one), fmt::format("l{}", series));
        for (std::size_t i = 0; i < one.points.size(); ++i) {
            const auto [x, y] = place(one.points[i]);
            out += fmt::format(
                "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" class=\"s{}\"><title>{}: {} at "
                "{}</title></circle>\n",
                x, y, series, escaped(one.name), short_number(one.points[i].second),
                short_number(one.points[i].first));
        }
        return out;
    }

    const LineChart& chart_;
    LogScale x_scale_{};
    LogScale y_scale_{};
};

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    return out;
}

std::string whole_number(std::uint64_t value) {
    std::string digits = fmt::format("{}", value);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), ",");
    return digits;
}

std::string short_number(double value) {
    if (value < 1) return fmt::format("{:#.2g}", value);
    if (value < 99.95) return fmt::format("{:#.3g}", value);
    return whole_number(static_cast<std::uint64_t>(std::llround(value)));
}

LogScale LogScale::around(double least, double most, double length) {
    const double low = tick_below(least);
    return {low, std::max(tick_above(most), tick_above(low * 1.5)), length};
}

double LogScale::at(double value) const {
    return length * std::log(value / low) / std::log(high / low);
}

std::vector<double> LogScale::ticks() const {
    std::vector<double> ticks;
    const bool powers_only = high / low > 1001;
    const int first = static_cast<int>(std::floor(std::log10(low) + 1e-9));
    const int last = static_cast<int>(std::ceil(std::log10(high)));
    for (int power = first; power <= last; ++power)
        for (const double digit : {1.0, 2.0, 5.0}) {
            const double tick = digit * std::pow(10, power);
            if (tick < low * (1 - 1e-9) || tick > high * (1 + 1e-9)) continue;
            if (digit == 1 || !powers_only) ticks.push_back(tick);
        }
    return ticks;
}

std::string svg(const BarChart& chart) { return Bars(chart).svg(); }
std::string svg(const LineChart& chart) { return Lines(chart).svg(); }

std::string legend(const std::vector<std::string>& series) {
    std::string out = "<p class=\"legend\">";
    for (std::size_t i = 0; i < series.size(); ++i)
        out += fmt::format("<span><i class=\"b{}\"></i>{}</span>", i, escaped(series[i]));
    return out + "</p>\n";
}

}  // namespace bpftwin::bench
