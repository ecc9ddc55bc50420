//! Draws the pictures of `docs/verdicts.md` from computed values. With `CLIO_BLESS=1` the tests write them.

use std::fmt::Write as _;
use std::path::Path;

use super::simulation::{SEED, by_wilson};
use super::worlds::{N_DAYS, Numbers, World, live};
use super::*;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 20.0;

const OURS: &str = "#1f5fa8";
const USUAL: &str = "#d0752b";

/// Checks that the committed picture equals the drawn one.
#[expect(clippy::disallowed_methods, reason = "a test has no Config, and a person runs it")]
fn check(name: &str, drawn: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verdicts").join(name);
    if std::env::var_os("CLIO_BLESS").is_some() {
        std::fs::write(&file, drawn).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let mend = "CLIO_BLESS=1 cargo test -p clio-serving --lib -- pictures";
    assert!(committed == drawn, "{} is another picture; to write it: {mend}", file.display());
}

/// A picture on a white background, with a text alternative for people who do not see it.
fn picture(height: f64, says: &str, drawn: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<title>{says}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n{drawn}</svg>\n"
    )
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, colour: &str, words: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{words}</text>"
    );
}

fn line(svg: &mut String, from: (f64, f64), to: (f64, f64), colour: &str, width: f64) {
    let ((x, y), (to_x, to_y)) = (from, to);
    let _ = writeln!(
        svg,
        "<line x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{to_x:.1}\" y2=\"{to_y:.1}\" stroke=\"{colour}\" stroke-width=\"{width}\"/>"
    );
}

/// Few people, counted nearly exactly, and many, counted by a sketch of precision 14 with an error of 0.8 %: the
/// example at the head of the page, and a hundred times as many people.
#[test]
fn three_intervals_of_a_rate() {
    let rate = 0.176;
    let few = Known {
        people: 1_990.0,
        counting: 0.000_25,
        words: "1,990 people, counted nearly one by one",
    };
    let many =
        Known { people: 199_000.0, counting: 0.008 * rate, words: "199,000 people, by a sketch" };
    let x = |rate: f64| LEFT + (WIDTH - LEFT - RIGHT) * (rate - 0.15) / 0.05;
    let mut svg = String::new();
    for percent in 15..=20 {
        let at = x(f64::from(percent) / 100.0);
        line(&mut svg, (at, 14.0), (at, 250.0), "#ddd", 1.0);
        text(&mut svg, (at, 268.0), "middle", "#444", &format!("{percent} %"));
    }
    let mut widths = Vec::new();
    for (at, known) in (0_u8..).zip([few, many]) {
        let top = 30.0 + 120.0 * f64::from(at);
        text(&mut svg, (LEFT + 4.0, top), "start", "#222", known.words);
        let off = crate::propagation::Z_95 * known.counting;
        let rows = [
            ("counting", (rate - off, rate + off)),
            ("sampling", wilson(rate, known.people)),
            ("combined", combined(rate, known.people, known.counting * known.counting)),
        ];
        for (row, (name, (lower, upper))) in (1_u8..).zip(rows) {
            let y = top + 25.0 * f64::from(row);
            text(&mut svg, (LEFT - 14.0, y + 4.0), "end", "#222", name);
            let colour = if row == 1 { USUAL } else { OURS };
            line(&mut svg, (x(lower), y), (x(upper), y), colour, 6.0);
            line(&mut svg, (x(rate), y - 8.0), (x(rate), y + 8.0), "#222", 1.5);
            widths.push(upper - lower);
        }
    }
    // For few people sampling dominates, for many counting does.
    assert!(widths[0] < 0.05 * widths[2] && widths[3] > 0.8 * widths[5], "{widths:?}");
    let says = "A rate of 17.6 % of 1,990 people and of 199,000 with its intervals: of few people sampling is nearly all of it, of many what sketches err";
    check("intervals.svg", &picture(280.0, says, &svg));
}

/// The difference of both sides on a day, with the usual interval and the one of verdicts.
struct Look {
    day: usize,
    usual: (f64, f64),
    ours: (f64, f64),
}

/// The number of people of a rate, the standard error of counting, and the caption.
struct Known {
    people: f64,
    counting: f64,
    words: &'static str,
}

/// Two sides without a true difference, morning after morning.
#[test]
fn looks_at_two_equal_sides() {
    let mut looks: Vec<Look> = Vec::new();
    // The first world in which the usual interval excludes 0 on some morning.
    for at in 0_u64.. {
        looks.clear();
        let mut numbers = Numbers(SEED.wrapping_add(at.wrapping_mul(0x1234_5678_9abc_def1)));
        live(&World::PLAIN, &mut numbers, |day, sample| {
            let judged = judge(&[sample], 0.05)[0];
            if let Some(half_width) = judged.half_width {
                let ours = (judged.own - judged.other, half_width);
                looks.push(Look { day, usual: by_wilson(sample), ours });
            }
        });
        if looks.iter().any(|look| look.usual.0.abs() > look.usual.1) {
            break;
        }
    }
    let x = |day: usize| {
        LEFT - 60.0 + (WIDTH - LEFT - RIGHT + 60.0) * (day as f64 - 9.5) / (N_DAYS as f64 - 9.0)
    };
    let y = |points: f64| 170.0 - 3_000.0 * points;
    let mut svg = String::new();
    for points in [-4, -2, 0, 2, 4] {
        let at = y(f64::from(points) / 100.0);
        let colour = if points == 0 { "#222" } else { "#ddd" };
        line(&mut svg, (x(10) - 14.0, at), (WIDTH - RIGHT, at), colour, 1.0);
        text(&mut svg, (x(10) - 22.0, at + 4.0), "end", "#444", &format!("{points:+}"));
    }
    let mut n_wrong = 0;
    for Look { day, usual: (difference, half), ours: (daily, half_width) } in &looks {
        let at = x(*day);
        line(&mut svg, (at, y(daily - half_width)), (at, y(daily + half_width)), OURS, 2.0);
        let is_wrong = difference.abs() > *half;
        n_wrong += u32::from(is_wrong);
        let width = if is_wrong { 8.0 } else { 5.0 };
        line(&mut svg, (at, y(difference - half)), (at, y(difference + half)), USUAL, width);
        if day % 5 == 0 {
            text(&mut svg, (at, 318.0), "middle", "#444", &format!("day {day}"));
        }
        assert!(daily.abs() < *half_width);
    }
    text(
        &mut svg,
        (x(10) - 14.0, 20.0),
        "start",
        USUAL,
        "95 % intervals by Wilson, thick where they leave out 0",
    );
    text(
        &mut svg,
        (x(10) - 14.0, 38.0),
        "start",
        OURS,
        "those of verdicts, which hold at all looks",
    );
    let says = format!(
        "The difference of two sides without a true one, in points, from day 10 to day {N_DAYS}: the usual interval leaves out 0 on {n_wrong} \
         mornings, that of verdicts on none"
    );
    check("looks.svg", &picture(330.0, &says, &svg));
}
