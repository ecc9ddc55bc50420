//! Which questions are answered exactly.

use super::fields::{Field, Members};
use super::filter::Filter;
use super::tally::{Grouping, Span, Tally};
use crate::world::World;
use Field::{Asset, Audience, Country, Day, Device, Language, MediaType, Tags, Title};

/// Single days are answered only for this many first days, so that a year does not take gigabytes.
const MAX_SINGLE_DAYS: u32 = 31;

/// Questions that share a filter, which is therefore tested once per event.
#[derive(Debug, Clone)]
pub(super) struct Topic {
    /// The prefix of the ids of its answers.
    pub(super) name: String,
    pub(super) filter: Option<Filter>,
    pub(super) tallies: Vec<Tally>,
}

/// All questions with their counters at zero.
pub(super) fn topics(world: &World, members: &Members) -> Vec<Topic> {
    let n_days = u32::try_from(members.n(Day)).expect("validated: at most 3,660 days");
    let all_and_days = Span::AllTimeAndDays(n_days.min(MAX_SINGLE_DAYS));
    let pairs = [
        [Country, Device],
        [MediaType, Country],
        [Day, Country],
        [Audience, Country],
        [Tags, Device],
        [Audience, Tags],
    ];
    let wide = pairs.iter().map(|pair| pair.to_vec()).chain([vec![Day]]).collect();
    let mut everything = vec![(all_and_days, singles(&Field::BUT_DAY)), (Span::AllTime, wide)];
    // Ranges that no single period covers.
    let ranges = [(0, 2.min(n_days - 1)), (1, n_days - 1), (1, n_days.saturating_sub(2).max(1))];
    for (from, to) in ranges.into_iter().filter(|(from, to)| from <= to && *to < n_days) {
        everything.push((Span::Days(from, to), singles(&[Country, MediaType, Audience])));
    }
    let mut topics = vec![topic(members, "all-events".to_owned(), None, everything)];
    for (place, filter) in filters(world).into_iter().enumerate() {
        // In turn, so that every kind of filter is combined with some groupings, and every grouping
        // with some filters.
        let by_turn = [Country, Audience, Tags, MediaType, Day, Device];
        let turn = |step: usize| by_turn[(place + step) % by_turn.len()];
        let questions = [
            (all_and_days, Vec::new()),
            (Span::AllTime, singles(&[turn(0), turn(1), turn(3)])),
            (Span::Days(0, 2.min(n_days - 1)), singles(&[turn(2)])),
        ];
        topics.push(topic(members, format!("filter-{:02}", place + 1), Some(filter), questions));
    }
    topics
}

fn singles(fields: &[Field]) -> Vec<Vec<Field>> {
    fields.iter().map(|field| vec![*field]).collect()
}

fn topic(
    members: &Members,
    name: String,
    filter: Option<Filter>,
    questions: impl IntoIterator<Item = (Span, Vec<Vec<Field>>)>,
) -> Topic {
    let grouping = |fields: Vec<Field>| {
        let only = filter.as_ref().and_then(|filter| named_members(filter, &fields, members));
        Grouping { fields, only }
    };
    let tally = |(span, groupings): (Span, Vec<Vec<Field>>)| {
        Tally::new(members, span, groupings.into_iter().map(grouping).collect())
    };
    let tallies = questions.into_iter().map(tally).collect();
    Topic { name, filter, tallies }
}

/// The members of a single multi-valued field that the filter requires.
fn named_members(filter: &Filter, fields: &[Field], members: &Members) -> Option<Vec<bool>> {
    let [field @ (Audience | Tags)] = *fields else { return None };
    let named = filter.named(field)?;
    let is_named = |code| {
        let name = members.name(field, code);
        named.iter().any(|value| Some(value.as_str()) == name)
    };
    Some((0..members.n(field)).map(is_named).collect())
}

/// Every operator on every kind of field, alone and nested.
fn filters(world: &World) -> Vec<Filter> {
    // With fewer than three countries, the last one is repeated.
    let country = |place: usize| world.places[place.min(world.places.len() - 1)].code;
    let titles: Vec<&str> =
        world.catalogue.titles.iter().take(3).map(|title| title.name.as_str()).collect();
    let assets: Vec<&str> =
        world.catalogue.assets.iter().step_by(7).take(5).map(|asset| asset.id.as_str()).collect();
    let (any, all, none) = (Filter::any_of, Filter::all_of, Filter::none_of);
    vec![
        any(Audience, &["binge-watchers", "sports-fans"]),
        all(Audience, &["binge-watchers", "true-crime-addicts"]),
        none(Audience, &["binge-watchers", "weekend-viewers"]),
        any(Audience, &["anime-fans"]),
        all(Audience, &["parents-with-kids", "weekend-viewers", "comedy-nights"]),
        any(Tags, &["award", "night"]),
        all(Tags, &["award", "close-up"]),
        none(Tags, &["award", "bold-type", "drama"]),
        any(Country, &[country(0), country(1)]),
        none(Country, &[country(0)]),
        Filter::and([
            any(Country, &[country(0)]),
            any(Audience, &["new-subscribers", "comedy-nights"]),
        ]),
        Filter::or([
            any(Country, &[country(2)]),
            all(Audience, &["binge-watchers", "sci-fi-explorers"]),
        ]),
        Filter::not(any(Audience, &["binge-watchers"])),
        Filter::not(Filter::or([any(Tags, &["drama"]), any(Country, &[country(0), country(2)])])),
        Filter::and([
            any(Tags, &["comedy", "bold-type", "cast-quote"]),
            Filter::not(any(Audience, &["weekend-viewers"])),
            none(Country, &[country(1)]),
        ]),
        Filter::and([any(Audience, &["sports-fans"]), none(Audience, &["weekend-viewers"])]),
        Filter::and([any(MediaType, &["trailer", "teaser"]), any(Device, &["tv"])]),
        any(Title, &titles),
        any(Asset, &assets),
        none(Language, &["en"]),
        Filter::or([
            Filter::and([any(Device, &["mobile", "tablet"]), all(Tags, &["crime", "award"])]),
            Filter::and([any(Device, &["tv"]), none(Audience, &["parents-with-kids"])]),
        ]),
    ]
}
