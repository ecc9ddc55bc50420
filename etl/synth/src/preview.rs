//! Small pictures of assets: something to look at on a dashboard, about a kilobyte each.

use std::fmt::Write;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::catalogue::{Asset, MediaType, Title};

/// Previews beyond this number would only cost inodes: no dashboard page shows so many.
pub(super) const MAX_PREVIEWS: usize = 2_000;

/// The number of characters of a title's line that fit the picture's width at its font size.
const LINE_CHARS: usize = 15;

/// Draws an asset's preview as SVG: 320 by 180, its title's colours and motif, its own variation.
pub(super) fn preview(seed: u64, asset_place: usize, asset: &Asset, title: &Title) -> String {
    // One stream per title, so that its assets look like one campaign; one for the variation.
    let mut of_title = stream(seed, 1 << 32 | u64::from(asset.title));
    let mut of_asset = stream(seed, asset_place as u64);
    let hue = (of_title.random_range(0..360) + of_asset.random_range(0..25)) % 360;
    let second_hue = (hue + of_title.random_range(30..90)) % 360;
    let mut svg = format!(
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180" width="320" height="180" "#,
            r#"role="img" aria-label="{name}">"#,
            r#"<defs><linearGradient id="sky" x1="0" y1="0" x2="1" y2="1">"#,
            r#"<stop offset="0" stop-color="hsl({hue},62%,42%)"/>"#,
            r#"<stop offset="1" stop-color="hsl({second_hue},68%,20%)"/></linearGradient>"#,
            r#"<linearGradient id="foot" x1="0" y1="0" x2="0" y2="1">"#,
            r##"<stop offset="0" stop-color="#000" stop-opacity="0"/>"##,
            r##"<stop offset="1" stop-color="#000" stop-opacity=".6"/></linearGradient></defs>"##,
            r#"<rect width="320" height="180" fill="url(#sky)"/>"#,
        ),
        name = escape(&asset.name),
        hue = hue,
        second_hue = second_hue,
    );
    match of_title.random_range(0..4) {
        0 => hills(&mut svg, second_hue, &mut of_asset),
        1 => skyline(&mut svg, second_hue, &mut of_asset),
        2 => rings(&mut svg, hue, &mut of_asset),
        _ => beams(&mut svg, hue, &mut of_asset),
    }
    svg.push_str(r#"<rect y="70" width="320" height="110" fill="url(#foot)"/>"#);
    play_mark(&mut svg, asset.media_type);
    lettering(&mut svg, asset, title);
    svg.push_str("</svg>\n");
    svg
}

fn stream(seed: u64, purpose: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Stream 0 makes the catalogue.
    rng.set_stream(purpose + 1);
    rng
}

/// Appends a piece; writing to a `String` never fails.
fn push(svg: &mut String, piece: std::fmt::Arguments<'_>) {
    svg.write_fmt(piece).expect("a string takes all that is written to it");
}

/// A low sun and two rows of hills.
fn hills(svg: &mut String, hue: u32, rng: &mut ChaCha8Rng) {
    let (x, y) = (rng.random_range(60..260), rng.random_range(40..80));
    push(svg, format_args!(r#"<circle cx="{x}" cy="{y}" r="30" fill="hsl({hue},90%,80%)"/>"#));
    for (base, light) in [(112, 30), (138, 18)] {
        let [a, b, c, d] = [(); 4].map(|()| base + rng.random_range(-22..22));
        push(
            svg,
            format_args!(
                r#"<path d="M0 {a}C60 {b} 110 {c} 170 {d}S280 {b} 320 {a}V180H0Z" fill="hsl({hue},50%,{light}%)"/>"#
            ),
        );
    }
}

/// Houses against the sky, some with a light.
fn skyline(svg: &mut String, hue: u32, rng: &mut ChaCha8Rng) {
    for column in 0..10 {
        let (x, top) = (column * 32, rng.random_range(50..120));
        push(
            svg,
            format_args!(
                r#"<path d="M{x} 180V{top}H{end}V180Z" fill="hsl({hue},45%,{light}%)"/>"#,
                end = x + 30,
                light = rng.random_range(12..22),
            ),
        );
        if rng.random_bool(0.6) {
            push(
                svg,
                format_args!(
                    r#"<rect x="{x}" y="{y}" width="5" height="7" fill="hsl({warm},90%,72%)"/>"#,
                    x = x + rng.random_range(5..20),
                    y = top + 10,
                    warm = 45,
                ),
            );
        }
    }
}

/// Circles around a point, as of a planet or a record.
fn rings(svg: &mut String, hue: u32, rng: &mut ChaCha8Rng) {
    let (x, y) = (rng.random_range(180..290), rng.random_range(30..90));
    for radius in [24, 46, 70, 98, 130] {
        push(
            svg,
            format_args!(
                r#"<circle cx="{x}" cy="{y}" r="{radius}" fill="none" stroke="hsl({hue},80%,75%)" stroke-opacity=".35" stroke-width="{width}"/>"#,
                width = rng.random_range(2..12),
            ),
        );
    }
}

/// Slanted beams of light.
fn beams(svg: &mut String, hue: u32, rng: &mut ChaCha8Rng) {
    for _ in 0..6 {
        let (x, width) = (rng.random_range(-60..300), rng.random_range(10..50));
        push(
            svg,
            format_args!(
                r#"<path d="M{x} 180L{a} 0H{b}L{c} 180Z" fill="hsl({hue},85%,78%)" fill-opacity=".16"/>"#,
                a = x + 80,
                b = x + 80 + width,
                c = x + width,
            ),
        );
    }
}

/// A triangle for assets that play: large for a trailer, small for a teaser, none for artwork.
fn play_mark(svg: &mut String, media_type: MediaType) {
    let radius = match media_type {
        MediaType::Artwork => return,
        MediaType::Trailer => 26,
        MediaType::Teaser => 16,
    };
    push(
        svg,
        format_args!(
            r##"<circle cx="160" cy="74" r="{radius}" fill="#000" fill-opacity=".45"/><path d="M{left} {top}L{right} 74L{left} {bottom}Z" fill="#fff"/>"##,
            left = 160 - radius / 3,
            right = 160 + radius / 2,
            top = 74 - radius / 2,
            bottom = 74 + radius / 2,
        ),
    );
}

/// The title at the foot and the badge at the head.
fn lettering(svg: &mut String, asset: &Asset, title: &Title) {
    const FONT: &str = r#"font-family="system-ui,sans-serif""#;
    let badge = format!("{} · {}", asset.media_type.as_str(), asset.language).to_uppercase();
    push(
        svg,
        format_args!(
            r##"<rect x="14" y="14" width="{width}" height="20" rx="10" fill="#000" fill-opacity=".45"/><text x="24" y="28" {FONT} font-size="11" font-weight="600" letter-spacing=".8" fill="#fff">{badge}</text>"##,
            width = 20 + 8 * badge.chars().count(),
        ),
    );
    let lines = lines(&title.name);
    for (place, line) in lines.iter().enumerate() {
        let y = 162 - 28 * (lines.len() - 1 - place);
        push(
            svg,
            format_args!(
                r##"<text x="16" y="{y}" {FONT} font-size="26" font-weight="800" fill="#fff">{}</text>"##,
                escape(line),
            ),
        );
    }
}

/// Breaks a text at spaces.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < LINE_CHARS => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::config::SynthConfig;

    #[test]
    fn previews_are_small_different_and_show_their_title() {
        let catalogue = Catalogue::new(&SynthConfig::small());
        let mut pictures = std::collections::BTreeSet::new();
        for (place, asset) in catalogue.assets.iter().enumerate() {
            let title = &catalogue.titles[usize::from(asset.title)];
            let svg = preview(1, place, asset, title);
            assert!(svg.len() < 4_000, "{}", svg.len());
            assert!(svg.contains(title.name.split(' ').next_back().unwrap()));
            assert_eq!(svg.matches('<').count(), svg.matches('>').count());
            pictures.insert(svg);
        }
        assert_eq!(pictures.len(), catalogue.assets.len());
    }

    #[test]
    fn long_titles_break() {
        assert_eq!(lines("The Midnight Neighbors II"), ["The Midnight", "Neighbors II"]);
    }
}
