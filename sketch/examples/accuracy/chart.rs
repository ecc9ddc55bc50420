//! Curves as SVG: a column for each precision, and rows for error, bias and coverage.

use std::fmt::Write as _;

use clio_sketch::Family;

use crate::{Curve, LARGEST, Point};

const WIDTH: f64 = 290.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 52.0;
const TOP: f64 = 56.0;
const GAP: f64 = 46.0;

const OURS: &str = "#1f5fa8";
const REFERENCE: &str = "#d0752b";
const STATED: &str = "#666";

/// A panel: where it is, and what its vertical axis shows.
struct Panel {
    x: f64,
    y: f64,
    from: f64,
    to: f64,
}

impl Panel {
    fn x_of(&self, n: f64) -> f64 {
        self.x + WIDTH * n.log10() / LARGEST.log10()
    }

    fn y_of(&self, value: f64) -> f64 {
        self.y
            + HEIGHT * (1.0 - (value.clamp(self.from, self.to) - self.from) / (self.to - self.from))
    }

    /// Frame, grid and labels.
    fn frame(&self, svg: &mut String, title: &str, marks: &[(f64, &str)]) {
        let Self { x, y, .. } = *self;
        text(svg, x + WIDTH / 2.0, y - 6.0, "middle", title);
        for decade in 0..=7 {
            let at = self.x_of(10_f64.powi(decade));
            line(svg, (at, y), (at, y + HEIGHT), "#eee", "");
            if decade % 2 == 0 || decade == 7 {
                let label =
                    ["1", "", "100", "", "10⁴", "", "10⁶", "10⁷"][decade.unsigned_abs() as usize];
                text(svg, at, y + HEIGHT + 14.0, "middle", label);
            }
        }
        for &(value, label) in marks {
            let at = self.y_of(value);
            line(svg, (x, at), (x + WIDTH, at), "#ddd", "");
            text(svg, x - 6.0, at + 4.0, "end", label);
        }
        let _ = writeln!(
            svg,
            r##"<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#999"/>"##
        );
    }

    fn curve(
        &self,
        svg: &mut String,
        curve: &Curve,
        style: &str,
        value: impl Fn(usize, &Point) -> f64,
    ) {
        let points: Vec<String> = curve
            .points
            .iter()
            .enumerate()
            .map(|(i, point)| {
                format!("{:.1},{:.1}", self.x_of(point.n as f64), self.y_of(value(i, point)))
            })
            .collect();
        let _ = writeln!(svg, r#"<polyline points="{}" fill="none" {style}/>"#, points.join(" "));
    }
}

/// Draws the curves of one family.
pub(crate) fn draw(family: Family, curves: &[Curve]) -> String {
    let width = LEFT + curves.len() as f64 * (WIDTH + GAP);
    let height = TOP + 3.0 * (HEIGHT + GAP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\" fill=\"#333\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    let reference = match family {
        Family::HllPlusPlus => "hyperloglogplus",
        _ => "the datasketches crate, composite",
    };
    let mut at = LEFT;
    for (label, color) in [("ours", OURS), (reference, REFERENCE), ("stated", STATED)] {
        line(&mut svg, (at, 14.0), (at + 24.0, 14.0), color, "stroke-width=\"2\"");
        text(&mut svg, at + 30.0, 18.0, "start", label);
        at += 60.0 + 6.5 * label.len() as f64;
    }
    for (column, curve) in (0_u32..).zip(curves) {
        let x = LEFT + f64::from(column) * (WIDTH + GAP);
        let rows: [fn(&mut String, &Curve, f64, f64); 3] = [errors, biases, coverage];
        for (row, draw) in (0_u32..).zip(rows) {
            draw(&mut svg, curve, x, TOP + f64::from(row) * (HEIGHT + GAP));
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn errors(svg: &mut String, curve: &Curve, x: f64, y: f64) {
    let panel = Panel { x, y, from: 0.0, to: 1.25 };
    let title = format!("precision {}: RMS error, in 1.04 / √m", curve.precision);
    panel.frame(svg, &title, &[(0.0, "0"), (0.5, "0.5"), (1.0, "1")]);
    let root = |squares: f64, point: &Point| (squares / point.n_sketches).sqrt() / curve.unit;
    panel.curve(svg, curve, &style(STATED, true), |i, _| curve.stated[i] / curve.unit);
    panel.curve(svg, curve, &style(REFERENCE, false), |_, point| {
        root(point.squared_error_of_reference, point)
    });
    panel.curve(svg, curve, &style(OURS, false), |_, point| root(point.squared_error, point));
}

fn biases(svg: &mut String, curve: &Curve, x: f64, y: f64) {
    let panel = Panel { x, y, from: -0.5, to: 0.5 };
    let title = "mean error, in 1.04 / √m (grey: ± 2 of its noise)";
    panel.frame(svg, title, &[(-0.5, "-0.5"), (0.0, "0"), (0.5, "0.5")]);
    for sign in [-2.0, 2.0] {
        panel.curve(svg, curve, &style("#aaa", false), |_, point| {
            sign * point.squared_error.sqrt() / point.n_sketches / curve.unit
        });
    }
    panel.curve(svg, curve, &style(REFERENCE, false), |_, point| {
        point.error_of_reference / point.n_sketches / curve.unit
    });
    panel.curve(svg, curve, &style(OURS, false), |_, point| {
        point.error / point.n_sketches / curve.unit
    });
}

fn coverage(svg: &mut String, curve: &Curve, x: f64, y: f64) {
    let panel = Panel { x, y, from: 0.9, to: 1.0 };
    panel.frame(
        svg,
        "share of 95 % bounds that hold",
        &[(0.9, "90 %"), (0.94, "94 %"), (1.0, "100 %")],
    );
    panel.curve(svg, curve, &style(STATED, true), |_, _| 0.95);
    panel.curve(svg, curve, &style(OURS, false), |_, point| point.n_covered / point.n_sketches);
}

fn style(color: &str, is_dashed: bool) -> String {
    let dashes = if is_dashed { r#" stroke-dasharray="4 3""# } else { "" };
    format!(r#"stroke="{color}" stroke-width="1.4"{dashes}"#)
}

fn line(svg: &mut String, from: (f64, f64), to: (f64, f64), color: &str, more: &str) {
    let _ = writeln!(
        svg,
        r#"<line x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}" stroke="{color}" {more}/>"#,
        from.0, from.1, to.0, to.1
    );
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let _ = writeln!(svg, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#);
}
