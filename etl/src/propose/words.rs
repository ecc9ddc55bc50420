//! What names of columns and tables say, word by word.

/// Words for who does something, the surest first.
const PEOPLE: [&str; 22] = [
    "user",
    "profile",
    "person",
    "viewer",
    "visitor",
    "customer",
    "member",
    "account",
    "subscriber",
    "household",
    "client",
    "passenger",
    "patient",
    "rider",
    "player",
    "uid",
    "uuid",
    "cookie",
    "ip",
    "device",
    "session",
    "author",
];
/// Words behind a name that keys something.
const KEYS: [&str; 8] = ["id", "key", "hash", "uuid", "code", "no", "num", "sku"];
/// What is counted up, not grouped by.
const AMOUNTS: [&str; 40] = [
    "seconds", "secs", "sec", "minutes", "mins", "hours", "ms", "millis", "duration", "amount",
    "price", "cost", "revenue", "total", "tip", "fare", "sales", "quantity", "qty", "count",
    "counts", "n", "bytes", "size", "distance", "miles", "km", "delay", "length", "weight",
    "spend", "budget", "profit", "value", "bids", "tolls", "fee", "tax", "watched", "clicks",
];
/// Amounts that say how long something lasted.
const DURATIONS: [&str; 12] = [
    "seconds", "secs", "sec", "minutes", "mins", "hours", "ms", "millis", "duration", "delay",
    "length", "watched",
];
/// Numbers whose sum says nothing.
const NOT_SUMMED: [&str; 30] = [
    "lat",
    "lon",
    "lng",
    "latitude",
    "longitude",
    "score",
    "propensity",
    "probability",
    "prob",
    "rate",
    "ratio",
    "pct",
    "percent",
    "share",
    "temp",
    "temperature",
    "affinity",
    "rank",
    "index",
    "year",
    "age",
    "humid",
    "pressure",
    "dir",
    "dep",
    "arr",
    "sched",
    "start",
    "end",
    "number",
];
/// What somebody does with what was shown, with the word for those who did it.
const ACTIONS: [(&str, &str, &str); 18] = [
    ("click", "clicks", "clickers"),
    ("clicked", "clicks", "clickers"),
    ("play", "plays", "players"),
    ("played", "plays", "players"),
    ("watch", "watches", "watchers"),
    ("watched", "watches", "watchers"),
    ("view", "views", "viewers"),
    ("viewed", "views", "viewers"),
    ("conversion", "conversions", "converters"),
    ("converted", "conversions", "converters"),
    ("purchase", "purchases", "buyers"),
    ("purchased", "purchases", "buyers"),
    ("bought", "purchases", "buyers"),
    ("order", "orders", "buyers"),
    ("ordered", "orders", "buyers"),
    ("install", "installs", "installers"),
    ("signup", "signups", "new_people"),
    ("like", "likes", "likers"),
];
/// What is shown.
const SHOWN: [&str; 7] =
    ["impression", "exposure", "display", "showing", "delivery", "send", "sent"];

/// The words of a name: `profileId` and `profile_id` are the same two.
pub(super) fn of(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for letter in name.chars() {
        let begins = letter.is_uppercase() && was_lower;
        if (!letter.is_alphanumeric() || begins) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        was_lower = letter.is_lowercase() || letter.is_ascii_digit();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

pub(super) fn has_any(name: &str, wanted: &[&str]) -> bool {
    of(name).iter().any(|word| wanted.contains(&word.as_str()))
}

/// Whether a name says how long something lasted, whose median says more than its sum.
pub(super) fn is_duration(name: &str) -> bool {
    has_any(name, &DURATIONS)
}

/// How surely a name says who did it; the smaller the surer.
pub(super) fn person_rank(name: &str) -> Option<usize> {
    let words = of(name);
    let is_plain = words.len() <= 2;
    let rank =
        PEOPLE.iter().position(|&person| words.first().is_some_and(|word| word == person))?;
    (is_plain && (words.len() == 1 || is_key(name))).then_some(rank)
}

/// Whether a name begins with a word for people.
pub(super) fn is_person(name: &str) -> bool {
    of(name).first().is_some_and(|first| PEOPLE.contains(&first.as_str()))
}

/// Whether a number is called as one of the table's rows is: `flight` of `flights`.
pub(super) fn is_number_of(name: &str, table: &str) -> bool {
    name_of(name) == table.trim_end_matches('s')
}

/// Whether a name ends as those of keys do.
pub(super) fn is_key(name: &str) -> bool {
    let words = of(name);
    let last = words.last().map_or("", String::as_str);
    KEYS.contains(&last)
        || (last.len() > 2 && last.ends_with("id") && !["paid", "valid"].contains(&last))
        || last == "tailnum"
}

pub(super) fn is_amount(name: &str) -> bool {
    has_any(name, &AMOUNTS)
}

pub(super) fn is_summed(name: &str) -> bool {
    !has_any(name, &NOT_SUMMED) && !is_key(name)
}

/// What a table or a flag is called that says what people did: the events and the people.
pub(super) fn action(name: &str) -> Option<(&'static str, &'static str)> {
    let words = of(name);
    let is = |word: &str, action: &str, plural: &str| word == action || word == plural;
    ACTIONS.iter().find_map(|&(action, plural, people)| {
        words.iter().any(|word| is(word, action, plural)).then_some((plural, people))
    })
}

/// Whether a table is called after what is shown.
pub(super) fn is_shown(name: &str) -> bool {
    of(name).iter().any(|word| SHOWN.iter().any(|shown| word.starts_with(shown)))
}

/// A name that a model accepts.
pub(super) fn name_of(text: &str) -> String {
    let name = of(text).join("_");
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let name = name.trim_matches('_');
    match name.chars().next() {
        Some(first) if first.is_ascii_lowercase() => name.to_owned(),
        Some(_) => format!("x{name}"),
        None => "unnamed".to_owned(),
    }
}

/// The name without what says that it is a key: `asset_id` is a column, `asset` what it stands for.
pub(super) fn without_key(name: &str) -> String {
    let mut words = of(name);
    if words.len() > 1 && words.last().is_some_and(|last| KEYS.contains(&last.as_str())) {
        words.pop();
    }
    name_of(&words.join("_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(of("profileId"), ["profile", "id"]);
        assert_eq!(of("user-item_affinity_0"), ["user", "item", "affinity", "0"]);
        assert_eq!(name_of("Miles per Gallon"), "miles_per_gallon");
        assert_eq!(name_of("2nd"), "x2nd");
        assert_eq!(name_of("日本"), "unnamed");
        assert_eq!(without_key("asset_id"), "asset");
        assert_eq!(without_key("id"), "id");
        assert!(person_rank("profile_id").is_some() && person_rank("user_name_length").is_none());
        assert_eq!(action("qualified_plays"), Some(("plays", "players")));
        assert!(is_shown("ad_impressions") && !is_shown("plays"));
    }
}
