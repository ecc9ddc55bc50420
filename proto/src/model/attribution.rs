//! Attribution: events of one source, credited to those of another.

use std::fmt;
use std::str::FromStr;

use strum::EnumCount;

use super::SqlColumn;

/// How a source's events (plays) are credited to those of another source (impressions).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// The source whose events are credited. The source that carries this attribution has its files, time and
    /// predicate, too.
    pub event: String,
    /// The source that they are credited to; its own events are not credited to others.
    pub to: String,
    /// What an event and its target have in common, at least one, each once: columns or expressions of both sources; if
    /// one of them lacks it, it comes from a lookup that a dimension uses.
    pub by: Vec<SqlColumn>,
    /// How long before an event its target may lie, including that instant.
    pub within: Window,
    /// Which of several candidates is the target.
    pub credit: Credit,
}

/// Which of several events within the window gets the credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumCount)]
pub enum Credit {
    /// The last one at or before the event.
    Last,
}

impl Credit {
    /// Every way of giving credit.
    pub const ALL: [Self; Self::COUNT] = [Self::Last];

    /// The name in the model: `last`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Last => "last",
        }
    }
}

/// A window of time in whole seconds, from one second to [`Window::MAX_DAYS`] days.
///
/// ```
/// use clio_proto::Window;
///
/// let window: Window = "24h".parse().unwrap();
/// assert_eq!((window.seconds(), window.to_string()), (86_400, "24h".to_owned()));
/// assert!("0h".parse::<Window>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window(u32);

/// The units of a window, with their seconds, longest first.
const UNITS: [(&str, u32); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

impl Window {
    /// A day stays provisional this long, and a run reads as many days around each: beyond a quarter a typing error is
    /// more likely than an intention.
    pub const MAX_DAYS: u32 = 92;

    /// The seconds, at least 1.
    pub fn seconds(self) -> u32 {
        self.0
    }
}

impl FromStr for Window {
    type Err = WindowError;

    /// Parses a whole number with one of the units `s`, `m`, `h` and `d` (of 24 hours).
    fn from_str(text: &str) -> Result<Self, WindowError> {
        let text = text.trim();
        let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, unit) = text.split_at(n_digits);
        let unit = unit.trim_start();
        let Some((_, of_unit)) = UNITS.into_iter().find(|(name, _)| *name == unit) else {
            return Err(if digits.is_empty() {
                WindowError::NoNumber
            } else {
                WindowError::NoUnit
            });
        };
        if digits.is_empty() {
            return Err(WindowError::NoNumber);
        }
        // Digits that do not fit a `u64` are too many.
        let number = digits.parse::<u64>().unwrap_or(u64::MAX);
        let seconds = number.saturating_mul(of_unit.into());
        match u32::try_from(seconds) {
            Ok(0) => Err(WindowError::NotPositive),
            Ok(seconds) if seconds <= Self::MAX_DAYS * 86_400 => Ok(Self(seconds)),
            _ => Err(WindowError::TooLong),
        }
    }
}

impl fmt::Display for Window {
    /// In the longest unit that gives a whole number, except that hours are used up to three days: `24h`, `90m`, `7d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_long = |unit: u32| unit < 86_400 || self.0 >= 3 * 86_400;
        let fits = |(_, unit): &(&str, u32)| is_long(*unit) && self.0.is_multiple_of(*unit);
        let (name, unit) = UNITS.into_iter().find(fits).unwrap_or(("s", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

/// Why a text is not a [`Window`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// It does not begin with a number.
    #[error("is not a length of time")]
    NoNumber,
    /// The number has no unit, or an unknown one.
    #[error("has none of the units `s`, `m`, `h` and `d`")]
    NoUnit,
    /// It is zero.
    #[error("is not positive")]
    NotPositive,
    /// It is longer than [`Window::MAX_DAYS`] days.
    #[error("is longer than {} days", Window::MAX_DAYS)]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_whole_numbers_of_a_unit() {
        let read = |text: &str| text.parse::<Window>();
        for (text, seconds, shown) in [
            ("24h", 86_400, "24h"),
            ("1d", 86_400, "24h"),
            ("7d", 604_800, "7d"),
            (" 90 m ", 5_400, "90m"),
            ("120m", 7_200, "2h"),
            ("1s", 1, "1s"),
            ("92d", 7_948_800, "92d"),
        ] {
            let window = read(text).unwrap();
            assert_eq!((window.seconds(), window.to_string().as_str()), (seconds, shown), "{text}");
        }
        for (text, error) in [
            ("0s", WindowError::NotPositive),
            ("24", WindowError::NoUnit),
            ("24 hours", WindowError::NoUnit),
            ("1.5h", WindowError::NoUnit),
            ("-1h", WindowError::NoNumber),
            ("h", WindowError::NoNumber),
            ("93d", WindowError::TooLong),
            ("99999999999999999999d", WindowError::TooLong),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }
}
