//! The columns of rows of JSON.

use super::*;

fn types(lines: &str, is_lenient: bool) -> Vec<String> {
    let (mut all, mut votes) = (Vec::new(), Votes::default());
    for line in lines.lines() {
        let Ok(keys) = keys_of(line.as_bytes()) else { continue };
        votes.count(keys.clone());
        keys.into_iter().for_each(|(key, kind)| add(&mut all, key, kind));
    }
    let all = if is_lenient { votes.keys() } else { all };
    all.iter().map(|(key, kind)| format!("{key} {}", kind.data_type())).collect()
}

/// Rows that all can be read have the same types whether bad ones would be set aside or not.
#[test]
fn types_of_most_rows_are_those_of_all_where_all_agree() {
    let good = "{\"a\":1,\"b\":{\"x\":1},\"l\":[]}\n{\"b\":{\"y\":\"t\",\"x\":null},\"l\":[{\"p\":1}]}\n\
                {\"a\":1.5,\"c\":null,\"l\":[{\"q\":true}]}\n";
    let all = types(good, false);
    assert_eq!(all[0], "a Float64");
    assert_eq!(types(good, true), all);
    let bad = format!("{good}{{\"a\":\"x\",\"b\":7}}\nnone\n");
    assert_eq!(types(&bad, true), all);
}

#[test]
fn numbers_keep_their_values_or_have_no_type() {
    let of = |values: &str| {
        let lines: Vec<_> = values.split(' ').map(|value| format!("{{\"a\":{value}}}")).collect();
        types(&lines.join("\n"), false)[0].strip_prefix("a ").unwrap().to_owned()
    };
    assert_eq!(of("1 -9223372036854775808 9223372036854775807"), "Int64");
    assert_eq!(of("1 18446744073709551615"), "UInt64");
    assert_eq!(of("-1 18446744073709551615"), "Decimal128(38, 0)");
    assert_eq!(of("1 18446744073709551616"), "Decimal128(38, 0)");
    assert_eq!(of("120 120.5 1e30 9007199254740992 -4611686018427387904"), "Float64");
    // No float has these values.
    for id in
        ["9007199254740993", "-9007199254740993", "18446744073709551615", "18446744073709551616"]
    {
        assert_eq!(of(&format!("{id} 1.5")), "Utf8", "{id}");
        assert_eq!(of(&format!("1.5 {id}")), "Utf8", "{id}");
    }
}

#[test]
fn a_line_says_what_is_wrong_with_it_and_in_which_column() {
    let reason = |line: &[u8]| bad_json(line).unwrap();
    assert_eq!(reason(b"{\"a\":1,\"a\":2}"), "key `a` occurs twice in one object (column 10)");
    assert_eq!(reason(b"7"), "expected a JSON object");
    assert!(reason(b"{\"a\":\"x").starts_with("not JSON: EOF while parsing a string (column "));
    assert!(reason(b"{\"a\":\"\xe9\"}").starts_with("byte 0xe9 is not UTF-8"));
    assert_eq!(bad_json(b"{\"a\":\"\xc3\xa9\"}"), None);
    assert_eq!(bad_json(b" \r"), None);
}
