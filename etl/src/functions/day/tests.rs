//! The days of times, by every type that a time may have.

use super::*;
use datafusion::arrow::array::{
    Date64Array, Int64Array, StringArray, TimestampMillisecondArray, TimestampNanosecondArray,
    TimestampSecondArray,
};
use jiff::civil::date;

fn udf(zone: &str, times_are: TimesAre) -> DayOf {
    let days = DayRange::try_new(FIRST_DAY, LAST_DAY).unwrap();
    let (zone, zone_name) = (TimeZone::get(zone).unwrap(), zone.to_owned());
    let is_utc = is_utc(&zone_name);
    let numbers = number_of(FIRST_DAY)..=number_of(LAST_DAY);
    let calendar = Calendar { zone, zone_name, times_are, days, numbers };
    DayOf { calendar, is_utc, signature: Signature::any(1, Volatility::Immutable) }
}

fn days(zone: &str, array: &ArrayRef) -> Vec<String> {
    days_where(zone, TimesAre::Utc, array)
}

fn days_where(zone: &str, times_are: TimesAre, array: &ArrayRef) -> Vec<String> {
    let days = udf(zone, times_are).days(array).unwrap();
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
                assert_eq!(offsets.at(second), i64::from(expected.seconds()));
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
    let millis: Vec<i64> = seconds(&["2026-03-01T23:30:00Z"]).iter().map(|s| s * 1000).collect();
    let times = TimestampMillisecondArray::from(millis).with_timezone("+02:00");
    let times: ArrayRef = Arc::new(times);
    assert_eq!(days("UTC", &times), ["2026-03-01"]);
}

#[test]
fn a_local_time_is_of_the_day_that_is_written_and_an_instant_of_its_own() {
    let texts = ["2026-03-01T23:30:00", "2026-03-01T23:30:00Z", "2026-03-02"];
    let times: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
    let found = days_where("Europe/Berlin", TimesAre::Local, &times);
    assert_eq!(found, ["2026-03-01", "2026-03-02", "2026-03-02"]);
    let found = days_where("Europe/Berlin", TimesAre::Utc, &times);
    assert_eq!(found, ["2026-03-02", "2026-03-02", "2026-03-02"]);
    // Of the hour that clocks skip, and at both sides of midnight.
    let naive = seconds(&["2026-03-29T02:30:00Z", "2026-03-28T23:59:59Z"]);
    let times: ArrayRef = Arc::new(TimestampSecondArray::from(naive));
    let found = days_where("Europe/Berlin", TimesAre::Local, &times);
    assert_eq!(found, ["2026-03-29", "2026-03-28"]);
}

/// Milliseconds in a column of seconds made the run panic; a day of the year -2 was committed, and no
/// command could read the lake again; days after 9999 were counted on its last one.
#[test]
fn no_time_of_any_unit_and_zone_is_more_than_an_error() {
    let extremes = [i64::MIN, i64::MIN + 1, i64::MAX, 253_402_300_800, -62_135_596_801];
    for zone in ["UTC", "Europe/Berlin", "Pacific/Apia", "America/New_York"] {
        for times_are in TimesAre::ALL {
            let udf = udf(zone, times_are);
            for value in extremes {
                let one = vec![value];
                let arrays: [ArrayRef; 5] = [
                    Arc::new(TimestampSecondArray::from(one.clone())),
                    Arc::new(TimestampSecondArray::from(one.clone()).with_timezone("+02:00")),
                    Arc::new(TimestampMillisecondArray::from(one.clone())),
                    Arc::new(TimestampMicrosecondArray::from(one.clone())),
                    Arc::new(Date64Array::from(one.clone())),
                ];
                for array in arrays {
                    match udf.days(&array) {
                        Ok(days) => {
                            let day = date_of(days.value(0));
                            assert!((FIRST_DAY..=LAST_DAY).contains(&day), "{day}");
                        }
                        Err(error) => {
                            assert!(error.to_string().contains("is not from"), "{error}");
                        }
                    }
                }
                let nanos: ArrayRef = Arc::new(TimestampNanosecondArray::from(one));
                assert!(udf.days(&nanos).is_ok());
            }
            let last: ArrayRef = Arc::new(Int64Array::from(vec![253_402_210_800]));
            let last = cast(&last, &DataType::Timestamp(TimeUnit::Second, Some("UTC".into())));
            assert!(udf.days(&last.unwrap()).is_ok(), "{zone}");
        }
    }
    let millis: ArrayRef = Arc::new(TimestampSecondArray::from(vec![1_767_607_200_000]));
    let error = udf("UTC", TimesAre::Utc).days(&millis).unwrap_err().to_string();
    assert!(error.contains("milliseconds"), "{error}");
    let early: ArrayRef = Arc::new(StringArray::from(vec!["0000-12-31"]));
    let error = udf("UTC", TimesAre::Utc).days(&early).unwrap_err().to_string();
    assert!(error.contains("the day 0000-12-31 is not from 0001-01-01"), "{error}");
}
