//! The kinds of settings: how values are written in a file, a variable and a flag, and how they are shown.
//!
//! | kind | in a file | elsewhere |
//! | --- | --- | --- |
//! | count | `64` | `64` |
//! | time | `"1m 30s"` | `90s` |
//! | size | `"512MiB"`, or a number of MiB | the same, without quotes |
//! | switch | `true` | `true`, `1`, `yes`, `on`; as a flag also nothing |
//! | list | `["a", "b"]` | `a,b` |

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use clio_proto::Projection;
use ipnet::IpNet;
use jiff::SignedDuration;
use serde_json::{Value, json};
use toml::de::DeValue;

use super::Place;

/// The unit of a size without one.
const MIB: u64 = 1 << 20;

/// The kind of a setting, including its bounds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Count(u64, u64),
    Time(Duration, Duration),
    /// In bytes.
    Size(u64, u64),
    Switch,
    /// Any text; the name is for help.
    Text(&'static str),
    OneOf(&'static [&'static str]),
    Folder,
    File,
    Address,
    Names,
    Origins,
    Networks,
    Replicas,
    /// Values of fields.
    Only,
    /// A first day.
    Since,
    Dimensions,
}

/// Counts without a bound of their own.
pub(super) const COUNTS: Kind = Kind::Count(1, 1_000_000_000);
/// Counts of which 0 stands for no limit.
pub(super) const COUNTS_OR_NONE: Kind = Kind::Count(0, 1_000_000);
/// Times without bounds of their own. Nothing waits longer than a day.
pub(super) const TIMES: Kind = Kind::Time(Duration::from_millis(1), Duration::from_hours(24));
/// Sizes without bounds of their own.
pub(super) const SIZES: Kind = Kind::Size(1 << 10, 1 << 40);

impl Kind {
    /// The placeholder in help.
    pub(super) fn value_name(self) -> &'static str {
        match self {
            Self::Count(..) => "N",
            Self::Time(..) => "TIME",
            Self::Size(..) => "SIZE",
            Self::Switch => "true|false",
            Self::Text(name) => name,
            Self::OneOf(_) => "FORMAT",
            Self::Folder => "DIR",
            Self::File => "FILE",
            Self::Address => "ADDR",
            Self::Names => "NAME,...",
            Self::Origins => "ORIGIN,...",
            Self::Networks => "ADDR,...",
            Self::Replicas => "URL,...",
            Self::Only => "FIELD=VALUE,...",
            Self::Since => "DAY|Nd",
            Self::Dimensions => "DIMENSION,...",
        }
    }

    pub(super) fn is_list(self) -> bool {
        matches!(
            self,
            Self::Names | Self::Origins | Self::Networks | Self::Replicas | Self::Dimensions
        )
    }

    /// Whether the order of a list, and how often it names something, do not matter.
    fn is_set(self) -> bool {
        matches!(self, Self::Dimensions)
    }

    /// The allowed values, for the documentation.
    #[cfg(test)]
    pub(super) fn in_words(self) -> String {
        match self {
            Self::Count(least, most) => format!("{least} to {most}"),
            Self::Time(least, most) => {
                format!("time, {} to {}", time_text(least), time_text(most))
            }
            Self::Size(least, most) => format!("size, {} to {}", size_text(least), size_text(most)),
            Self::Switch => "switch".to_owned(),
            Self::Text(_) => "text".to_owned(),
            Self::OneOf(words) => clio_proto::quoted(words.iter().copied()),
            Self::Folder => "folder".to_owned(),
            Self::File => "file".to_owned(),
            Self::Address => "address with a port".to_owned(),
            Self::Names => "list of names".to_owned(),
            Self::Origins => "list of origins".to_owned(),
            Self::Networks => "list of addresses and networks".to_owned(),
            Self::Replicas => "list of addresses".to_owned(),
            Self::Only => "values of fields".to_owned(),
            Self::Since => "day, or number of days".to_owned(),
            Self::Dimensions => "list of dimensions".to_owned(),
        }
    }

    /// What to write instead of an invalid value.
    pub(super) fn mend(self) -> String {
        match self {
            Self::Count(least, most) => format!("write a whole number from {least} to {most}"),
            Self::Time(least, most) => format!(
                "write a time such as `\"30s\"` or `\"1m 30s\"`, from {} to {}",
                time_text(least),
                time_text(most)
            ),
            Self::Size(least, most) => format!(
                "write a size such as `\"512MiB\"`, or a number of MiB, from {} to {}",
                size_text(least),
                size_text(most)
            ),
            Self::Switch => "write `true` or `false`".to_owned(),
            Self::Text(_) | Self::Folder | Self::File => {
                "write a text that is not empty".to_owned()
            }
            Self::OneOf(words) => {
                format!("write one of {}", clio_proto::quoted(words.iter().copied()))
            }
            Self::Address => {
                "write an address with a port, such as `\"127.0.0.1:8080\"`".to_owned()
            }
            Self::Names => {
                "write a list of names without ports, such as `[\"clio.example.com\"]`".to_owned()
            }
            Self::Origins => "write a list of origins, a scheme and a host each, such as \
                              `[\"https://cdn.example.com\"]`"
                .to_owned(),
            Self::Networks => {
                "write a list of addresses and networks, such as `[\"10.0.0.7\", \"fd00::/8\"]`"
                    .to_owned()
            }
            Self::Replicas => {
                "write a list of addresses, such as `[\"http://127.0.0.1:50051\"]`".to_owned()
            }
            Self::Only => "write values by field, such as `\"country=US,CA; asset.media_type=video\"`, or, for values \
                           with such signs, a filter of `anyOf` tests joined by `and`"
                .to_owned(),
            Self::Since => {
                "write a day such as `\"2026-01-05\"`, or how many of the newest days: `\"400d\"`".to_owned()
            }
            Self::Dimensions => "write a list of dimensions, such as `[\"device\"]`".to_owned(),
        }
    }

    /// The texts that a value in a file stands for: several for a list, otherwise one. `None` if it has the wrong
    /// type.
    pub(super) fn texts_of(self, value: &DeValue<'_>) -> Option<Vec<String>> {
        if self.is_list() {
            let array = value.as_array()?;
            let text = |element: &toml::Spanned<DeValue<'_>>| {
                element.get_ref().as_str().map(str::to_owned)
            };
            return array.iter().map(text).collect();
        }
        let integer = || {
            let integer = value.as_integer()?;
            i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|it| it.to_string())
        };
        let text = || value.as_str().map(str::to_owned);
        let one = match self {
            Self::Count(..) => integer(),
            Self::Size(..) => text().or_else(integer),
            Self::Switch => value.as_bool().map(|it| it.to_string()),
            _ => text(),
        };
        Some(vec![one?])
    }

    /// Stores texts in the place, if they are valid.
    ///
    /// # Errors
    ///
    /// Why they are not.
    pub(super) fn write(self, texts: &[String], place: Place<'_>) -> Result<(), String> {
        let refused = || Err(format!("`{}` is not what it takes", texts.join(",")));
        let text = texts.last().map_or("", |text| text.trim());
        let done = match place {
            Place::Count(place) => self.number(text).and_then(|it| put(place, it)),
            Place::Count32(place) => self.number(text).and_then(|it| put(place, it)),
            Place::Milliseconds(place) => {
                self.number(text).map(|it| *place = Duration::from_millis(it))
            }
            Place::Size(place) => self.number(text).and_then(|it| put(place, it)),
            Place::Size64(place) => self.number(text).map(|it| *place = it),
            Place::MaybeSize(place) => self.number(text).map(|it| *place = Some(it)),
            Place::Time(place) => self.time(text).map(|it| *place = it),
            Place::Switch(place) => switch(text).map(|it| *place = it),
            Place::Address(place) => text.parse::<SocketAddr>().ok().map(|it| *place = it),
            Place::Text(place) => self.text(text).map(|it| *place = it),
            Place::MaybeAddress(place) => text.parse().ok().map(|it| *place = Some(it)),
            Place::MaybeText(place) => self.text(text).map(|it| *place = Some(it)),
            Place::MaybePath(place) => self.text(text).map(|it| *place = Some(PathBuf::from(it))),
            Place::Only(place) => {
                Projection::parse_only(text).ok().filter(|it| !it.is_empty()).map(|it| *place = it)
            }
            Place::Since(place) => text.parse().ok().map(|it| *place = Some(it)),
            Place::Texts(place) => {
                let given = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
                given.map(|text| self.element(text)).collect::<Option<Vec<_>>>().map(|mut it| {
                    // Replicas with the same ones hold the same, in whichever order they are named.
                    if self.is_set() {
                        it.sort_unstable();
                        it.dedup();
                    }
                    *place = it;
                })
            }
        };
        done.map_or_else(refused, Ok)
    }

    /// A count, or a size in bytes, within its bounds.
    fn number(self, text: &str) -> Option<u64> {
        let (least, most, number) = match self {
            Self::Count(least, most) => (least, most, text.parse().ok()?),
            Self::Size(least, most) => match text.parse::<u64>() {
                Ok(mebibytes) => (least, most, mebibytes.checked_mul(MIB)?),
                Err(_) => (least, most, text.parse::<ByteSize>().ok()?.as_u64()),
            },
            _ => return None,
        };
        (least..=most).contains(&number).then_some(number)
    }

    fn time(self, text: &str) -> Option<Duration> {
        let Self::Time(least, most) = self else { return None };
        let time: Duration = text.parse::<SignedDuration>().ok()?.try_into().ok()?;
        (least..=most).contains(&time).then_some(time)
    }

    fn text(self, text: &str) -> Option<String> {
        let fits = match self {
            Self::OneOf(words) => words.contains(&text),
            _ => !text.is_empty(),
        };
        fits.then(|| text.to_owned())
    }

    fn element(self, text: &str) -> Option<String> {
        match self {
            // In the form that browsers send.
            Self::Origins => {
                clio_web::is_origin(text).then(|| text.trim_end_matches('/').to_ascii_lowercase())
            }
            Self::Networks => network(text).map(|_| text.to_owned()),
            // The client decides which addresses are valid for serving.
            _ => Some(text.to_owned()),
        }
    }
}

/// An address, or a network such as `10.1.0.0/16`.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn put<T: TryFrom<u64>>(place: &mut T, number: u64) -> Option<()> {
    *place = number.try_into().ok()?;
    Some(())
}

fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" | "" => Some(false),
        _ => None,
    }
}

/// The value of a place, for programs; null if nothing is set.
pub(super) fn shown(place: &Place<'_>) -> Value {
    match place {
        Place::Count(it) => json!(it),
        Place::Count32(it) => json!(it),
        Place::Milliseconds(it) => json!(it.as_millis()),
        Place::Time(it) => json!(time_text(**it)),
        Place::Size(it) => json!(size_text(**it as u64)),
        Place::Size64(it) => json!(size_text(**it)),
        Place::MaybeSize(it) => json!(it.map(size_text)),
        Place::Switch(it) => json!(it),
        Place::Text(it) => json!(it),
        Place::MaybeText(it) => json!(it),
        Place::MaybePath(it) => json!(it.as_ref().map(|it| it.display().to_string())),
        Place::Texts(it) => json!(it),
        Place::Only(it) => json!((!it.is_empty()).then(|| Projection::only_text(it))),
        Place::Since(it) => json!(it.map(|it| it.to_string())),
        Place::Address(it) => json!(it.to_string()),
        Place::MaybeAddress(it) => json!(it.map(|it| it.to_string())),
    }
}

/// A value of [`shown`] in the form of a file; `None` for null.
pub(crate) fn in_file(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::String(text) => toml::Value::String(text.clone()).to_string(),
        Value::Array(values) => {
            let elements: Vec<_> = values.iter().filter_map(in_file).collect();
            format!("[{}]", elements.join(", "))
        }
        other => other.to_string(),
    })
}

fn time_text(time: Duration) -> String {
    SignedDuration::try_from(time).map_or_else(|_| format!("{time:?}"), |it| format!("{it:#}"))
}

/// In the largest unit that gives a whole number.
fn size_text(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut size = bytes;
    let mut index = 0;
    while size > 0 && size.is_multiple_of(1024) && index + 1 < units.len() {
        size /= 1024;
        index += 1;
    }
    format!("{size}{}", units[index])
}
