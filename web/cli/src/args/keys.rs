//! The arguments of `clio keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::ReportFormat;

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key for a program, and print it: it is shown this once
    #[command(
        after_help = "Example:\n  clio keys create etl-bot --expires 2027-06-30 --keys keys.toml"
    )]
    Create {
        /// The name by which roles and logs call it
        name: String,
        /// From when on it opens nothing: a time, or a day, from its beginning in UTC; by default never
        #[arg(long, value_name = "WHEN", value_parser = when)]
        expires: Option<Timestamp>,
        #[command(flatten)]
        file: KeysFile,
    },
    /// Print all keys, without their secrets, which are stored nowhere
    #[command(after_help = "Example:\n  clio keys list --keys keys.toml")]
    List {
        #[command(flatten)]
        file: KeysFile,
    },
    /// Let a key open nothing from now on
    #[command(after_help = "Example:\n  clio keys revoke etl-bot --keys keys.toml")]
    Revoke {
        /// Its name
        name: String,
        #[command(flatten)]
        file: KeysFile,
    },
}

#[derive(Debug, Args)]
pub(crate) struct KeysFile {
    /// The file of keys; `create` makes it if it does not exist
    #[arg(long, env = "CLIO_ACCESS_KEYS", value_name = "FILE")]
    pub(crate) keys: PathBuf,
    /// How the result is printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
}

/// A time, or the beginning of a day in UTC.
fn when(text: &str) -> Result<Timestamp, String> {
    let wrong = "expected a day like `2027-01-31`, or a time like `2027-01-31T12:00:00Z`";
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
    let begin = day.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    begin.map(|begin| begin.timestamp()).ok_or_else(|| wrong.to_owned())
}

#[cfg(test)]
mod tests {
    use super::when;

    #[test]
    fn a_day_begins_in_utc_and_what_is_neither_is_refused() {
        let of = |text| when(text).map(|time| time.to_string());
        assert_eq!(of("2027-01-31"), Ok("2027-01-31T00:00:00Z".to_owned()));
        assert_eq!(of("2027-01-31T12:00:00+09:00"), Ok("2027-01-31T03:00:00Z".to_owned()));
        for text in ["", "tomorrow", "20270131", "2027-02-30", "2027-01-31T12:00"] {
            assert!(of(text).unwrap_err().contains("expected a day"), "{text}");
        }
    }
}
