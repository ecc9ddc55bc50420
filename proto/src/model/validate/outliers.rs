//! Validates a model's outliers: their members, peers and rate.

use super::measure::share_problem;
use super::{difference, need};
use crate::model::problems::{Problems, choose};
use crate::model::raw::{At, Entry, RawDimension, RawModel, RawOutliers};
use crate::model::{Expression, OutlierRules, RateOfEvents, Watching};

/// The rules of the table, if there is one: `None` if it has a problem. `worthwhile` is the model's worthwhile
/// difference.
pub(super) fn validate(
    raw: &RawModel,
    worthwhile: f64,
    problems: &mut Problems,
) -> Option<Option<OutlierRules>> {
    let Some(own) = &raw.outliers else { return Some(None) };
    let dimension = dimension(raw, own, problems);
    let peers = dimension.and_then(|found| peers(own, found, problems));
    let pool = match (&own.pool, peers) {
        (Entry::Absent, _) => Some(None),
        (Entry::Bad, _) | (_, None) => None,
        (Entry::Given(at), Some(peers)) => pool(own, at, peers, problems).map(Some),
    };
    let mend = "write it over two counts or sums, such as `\"plays / impressions\"`";
    let rate = need(&own.place, "rate", &own.rate, mend, problems);
    let line = own.rate.line_or(own.place.line);
    let rate = rate.and_then(|text| {
        let expression = expression(own, "rate", text, line, problems)?;
        ratio(raw, own, "rate", &expression, line, problems)
    });
    let watching = match &own.watching {
        Entry::Absent => Some(None),
        Entry::Bad => None,
        Entry::Given(at) => watching(raw, own, at, problems).map(Some),
    };
    let beyond = difference(&own.place, "beyond", &own.beyond, worthwhile, problems);
    Some(Some(OutlierRules {
        dimension: dimension?.place.name.clone(),
        peers: peers?.clone(),
        pool: pool?,
        rate: rate?,
        watching: watching?,
        beyond: beyond?,
    }))
}

/// The dimension, with a single value per cell.
fn dimension<'a>(
    raw: &'a RawModel,
    own: &RawOutliers,
    problems: &mut Problems,
) -> Option<&'a RawDimension> {
    let place = &own.place;
    let mend = "name the dimension whose members are compared with their peers";
    let name = need(place, "dimension", &own.dimension, mend, problems)?;
    let line = own.dimension.line_or(place.line);
    let found = raw.dimensions.iter().find(|dimension| dimension.place.name == *name);
    let Some(found) = found else {
        let what = format!("there is no dimension `{name}`");
        let names = raw.dimensions.iter().map(|own| own.place.name.as_str());
        problems.report(line, place.key("dimension"), what, choose(name, names));
        return None;
    };
    if found.multi.value().is_some_and(|multi| *multi) {
        let what = format!("`{name}` has several values a cell, whose events nobody can part");
        problems.report(line, place.key("dimension"), what, "name a dimension with one value");
        return None;
    }
    Some(found)
}

/// The attributes that define peers.
fn peers<'a>(
    own: &'a RawOutliers,
    dimension: &RawDimension,
    problems: &mut Problems,
) -> Option<&'a Vec<String>> {
    let place = &own.place;
    let mend = "list the attributes that peers have in common, such as `[\"title\"]`";
    let peers = need(place, "peers", &own.peers, mend, problems)?;
    let line = own.peers.line_or(place.line);
    let attributes = dimension.attributes.value().map_or(&[][..], Vec::as_slice);
    let mut is_right = true;
    for (at, peer) in peers.iter().enumerate() {
        if !attributes.contains(peer) {
            let what = format!("`{}` has no attribute `{peer}`", dimension.place.name);
            let mend = choose(peer, attributes.iter().map(String::as_str));
            problems.report(line, place.key("peers"), what, mend);
            is_right = false;
        } else if peers[..at].contains(peer) {
            let what = format!("`{peer}` is listed twice");
            problems.report(line, place.key("peers"), what, "list it once");
            is_right = false;
        }
    }
    is_right.then_some(peers)
}

fn pool(
    own: &RawOutliers,
    at: &At<String>,
    peers: &[String],
    problems: &mut Problems,
) -> Option<String> {
    if peers.contains(&at.value) {
        return Some(at.value.clone());
    }
    let what = format!("`{}` is none of `peers`", at.value);
    let mend = choose(&at.value, peers.iter().map(String::as_str));
    problems.report(at.line, own.place.key("pool"), what, mend);
    None
}

fn expression(
    own: &RawOutliers,
    key: &str,
    text: &str,
    line: usize,
    problems: &mut Problems,
) -> Option<Expression> {
    Expression::parse(text)
        .map_err(|error| {
            let mend = "use names of measures with `/` between them";
            problems.report(line, own.place.key(key), error.to_string(), mend);
        })
        .ok()
}

/// A ratio of two additive measures.
fn ratio(
    raw: &RawModel,
    own: &RawOutliers,
    key: &str,
    expression: &Expression,
    line: usize,
    problems: &mut Problems,
) -> Option<RateOfEvents> {
    let adds_up = |kind: Option<&String>| kind.is_some_and(|kind| kind == "count" || kind == "sum");
    let names = raw.measures.iter().filter(|own| adds_up(own.kind.value()));
    let names: Vec<&str> = names.map(|own| own.place.name.as_str()).collect();
    let key = own.place.key(key);
    let Some((above, below)) = expression.as_ratio() else {
        let what = format!("`{}` is no ratio of two measures", expression.text());
        let mend = "write one over counts or sums, such as `\"plays / impressions\"`";
        problems.report(line, key, what, mend);
        return None;
    };
    let other = [above, below].into_iter().find(|name| !names.contains(name));
    if let Some(name) = other {
        let what = format!("`{name}` is no count and no sum, which days add up to");
        problems.report(line, key, what, choose(name, names));
        return None;
    }
    Some(RateOfEvents { above: above.to_owned(), below: below.to_owned() })
}

fn watching(
    raw: &RawModel,
    own: &RawOutliers,
    at: &At<String>,
    problems: &mut Problems,
) -> Option<Watching> {
    let expression = expression(own, "watching", &at.value, at.line, problems)?;
    let Some(share) = expression.as_share() else {
        let rate = ratio(raw, own, "watching", &expression, at.line, problems);
        return rate.map(Watching::Rate);
    };
    let names = || raw.measures.iter().map(|own| own.place.name.as_str());
    if !names().any(|name| name == share.measure()) {
        let what = format!("there is no measure `{}`", share.measure());
        let mend = choose(share.measure(), names());
        problems.report(at.line, own.place.key("watching"), what, mend);
        return None;
    }
    if let Some((what, mend)) = share_problem(raw, share) {
        problems.report(at.line, own.place.key("watching"), what, mend);
        return None;
    }
    Some(Watching::Share(share.clone()))
}
