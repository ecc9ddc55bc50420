//! The calendar day of an event in the dataset's time zone.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Date32Array};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Date32Type, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// The day of a timestamp (naive: UTC), of a date (itself), or of a text that is one of these; an
/// event without a time is an error.
pub(crate) fn day_of(zone: &TimeZone, zone_name: &str) -> ScalarUDF {
    let zone = (!is_utc(zone_name)).then(|| Zone(zone.clone(), zone_name.to_owned()));
    // Called volatile, so that no filter on the day is moved in front of the source's own condition,
    // which may be what keeps out the rows without a time.
    ScalarUDF::new_from_impl(DayOf { zone, signature: Signature::any(1, Volatility::Volatile) })
}

/// Whether days of the dataset are days of UTC, so that a folder `dt=` holds exactly one.
pub(crate) fn is_utc(zone_name: &str) -> bool {
    matches!(zone_name, "UTC" | "Etc/UTC" | "Z")
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct DayOf {
    /// `None` for UTC, where a day is a division.
    zone: Option<Zone>,
    signature: Signature,
}

#[derive(Debug, Clone)]
struct Zone(TimeZone, String);

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.1 == other.1
    }
}

impl Eq for Zone {}

impl std::hash::Hash for Zone {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.1.hash(state);
    }
}

impl ScalarUDFImpl for DayOf {
    fn name(&self) -> &'static str {
        "clio_day"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let days = self.days(&arrays[0])?;
        if days.null_count() > 0 {
            return exec_err!(
                "an event without a time; leave such rows out with `where = \"… IS NOT NULL\"`"
            );
        }
        Ok(ColumnarValue::Array(Arc::new(days)))
    }
}

impl DayOf {
    fn days(&self, times: &ArrayRef) -> Result<Date32Array> {
        match times.data_type() {
            DataType::Date32 => Ok(times.as_primitive::<Date32Type>().clone()),
            DataType::Date64 => Ok(cast(times, &DataType::Date32)?.as_primitive().clone()),
            DataType::Timestamp(..) => self.days_of_timestamps(times),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => self.days_of_texts(times),
            DataType::Dictionary(_, value) => self.days(&cast(times, value)?),
            DataType::Null => Ok(Date32Array::new_null(times.len())),
            other => exec_err!(
                "`time` has the type {other}, which is no timestamp; convert it, for instance \
                 with `to_timestamp_seconds(…)`"
            ),
        }
    }

    fn days_of_timestamps(&self, times: &ArrayRef) -> Result<Date32Array> {
        let micros = cast(times, &DataType::Timestamp(TimeUnit::Microsecond, utc(times)))?;
        let micros = micros.as_primitive::<TimestampMicrosecondType>();
        let Some(Zone(zone, _)) = &self.zone else {
            return micros.try_unary(|micros| day_number(micros.div_euclid(MICROS_PER_SECOND)));
        };
        let mut offsets = Offsets::new(zone.clone());
        let mut day = |micros: i64| {
            let second = micros.div_euclid(MICROS_PER_SECOND);
            day_number(second + offsets.at(second)?)
        };
        micros.iter().map(|micros| micros.map(&mut day).transpose()).collect()
    }

    /// A text of ten characters is a date, any other a timestamp; a null where it is null.
    fn days_of_texts(&self, times: &ArrayRef) -> Result<Date32Array> {
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        let texts = cast(times, &DataType::Utf8View)?;
        let texts = texts.as_string_view();
        let is_date = |text: Option<&str>| text.is_none_or(|text| text.len() == 10);
        if texts.iter().all(is_date) {
            let days = cast_with_options(texts, &DataType::Date32, &strict)?;
            return Ok(days.as_primitive().clone());
        }
        if !texts.iter().any(|text| text.is_some_and(|text| text.len() == 10)) {
            let unit = DataType::Timestamp(TimeUnit::Microsecond, None);
            return self.days_of_timestamps(&cast_with_options(texts, &unit, &strict)?);
        }
        let mut days = Vec::with_capacity(texts.len());
        for row in 0..texts.len() {
            let one: ArrayRef = Arc::new(texts.slice(row, 1));
            days.extend(self.days_of_texts(&one)?.iter());
        }
        Ok(Date32Array::from(days))
    }
}

/// Timestamps with a zone keep their instant; naive ones are instants of UTC already.
pub(super) fn utc(times: &ArrayRef) -> Option<Arc<str>> {
    match times.data_type() {
        DataType::Timestamp(_, Some(_)) => Some("UTC".into()),
        _ => None,
    }
}

fn day_number(second: i64) -> Result<i32> {
    match i32::try_from(second.div_euclid(SECONDS_PER_DAY)) {
        Ok(day) => Ok(day),
        Err(_) => exec_err!("a time {second} seconds from 1970 is no calendar day"),
    }
}

/// The zone's offsets, remembered between two transitions: neighbouring events share them.
struct Offsets {
    zone: TimeZone,
    valid: std::ops::Range<i64>,
    seconds: i64,
}

impl Offsets {
    fn new(zone: TimeZone) -> Self {
        Self { zone, valid: 0..0, seconds: 0 }
    }

    fn at(&mut self, second: i64) -> Result<i64> {
        if !self.valid.contains(&second) {
            let Ok(instant) = Timestamp::from_second(second) else {
                return exec_err!("a time {second} seconds from 1970 is no calendar day");
            };
            let last = self.zone.preceding(instant).next();
            let next = self.zone.following(instant).next();
            // The instant of a transition belongs to what follows, which `preceding` leaves out.
            let start = last.map_or(i64::MIN, |last| last.timestamp().as_second());
            let end = next.map_or(i64::MAX, |next| next.timestamp().as_second());
            self.seconds = i64::from(self.zone.to_offset(instant).seconds());
            let start = if self.zone.to_offset(Timestamp::from_second(start).unwrap_or(instant))
                == self.zone.to_offset(instant)
            {
                start
            } else {
                second
            };
            self.valid = start..end;
        }
        Ok(self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{StringArray, TimestampMillisecondArray, TimestampSecondArray};
    use jiff::civil::date;

    fn days(zone: &str, array: &ArrayRef) -> Vec<String> {
        let zone = (zone != "UTC").then(|| Zone(TimeZone::get(zone).unwrap(), zone.to_owned()));
        let udf = DayOf { zone, signature: Signature::any(1, Volatility::Immutable) };
        let days = udf.days(array).unwrap();
        days.iter()
            .map(|day| (date(1970, 1, 1) + jiff::Span::new().days(day.unwrap())).to_string())
            .collect()
    }

    fn seconds(texts: &[&str]) -> Vec<i64> {
        texts.iter().map(|text| text.parse::<Timestamp>().unwrap().as_second()).collect()
    }

    #[test]
    fn a_day_begins_at_midnight_of_the_zone() {
        let instants = ["2026-03-01T04:59:59Z", "2026-03-01T05:00:00Z", "1969-12-31T23:00:00Z"];
        let times: ArrayRef = Arc::new(TimestampSecondArray::from(seconds(&instants)));
        assert_eq!(days("UTC", &times), ["2026-03-01", "2026-03-01", "1969-12-31"]);
        assert_eq!(days("America/New_York", &times), ["2026-02-28", "2026-03-01", "1969-12-31"]);
    }

    #[test]
    fn offsets_agree_with_the_zone_around_every_transition() {
        for name in ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/Dublin"] {
            let zone = TimeZone::get(name).unwrap();
            let first = seconds(&["2025-01-01T00:00:00Z"])[0];
            let mut offsets = Offsets::new(zone.clone());
            for hour in 0..3 * 366 * 24 {
                for second in [first + hour * 3600 - 1, first + hour * 3600] {
                    let expected = zone.to_offset(Timestamp::from_second(second).unwrap());
                    assert_eq!(offsets.at(second).unwrap(), i64::from(expected.seconds()));
                }
            }
        }
    }

    #[test]
    fn texts_are_dates_or_timestamps_with_or_without_a_zone() {
        let texts = ["2026-03-01", "2026-03-01T23:30:00", "2026-03-01 23:30:00-02:00"];
        let times: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
        assert_eq!(days("UTC", &times), ["2026-03-01", "2026-03-01", "2026-03-02"]);
    }

    #[test]
    fn a_zone_of_the_column_keeps_the_instant() {
        let millis: Vec<i64> =
            seconds(&["2026-03-01T23:30:00Z"]).iter().map(|s| s * 1000).collect();
        let times = TimestampMillisecondArray::from(millis).with_timezone("+02:00");
        let times: ArrayRef = Arc::new(times);
        assert_eq!(days("UTC", &times), ["2026-03-01"]);
    }
}
