//! Files of roles are parsed with all problems at once, and several roles make one policy.

use super::*;
use crate::model::Model;
use crate::principal::PrincipalKind;

const MODEL: &str = r#"
[dataset]
name = "media"
[source.views]
url = "views/"
format = "parquet"
time = "at"
[dimension.country]
column = "country"
[dimension.audience]
column = "audiences"
multi = true
[measure.views]
source = "views"
kind = "count"
[measure.visitors]
source = "views"
kind = "distinct"
of = "visitor"
[measure.seconds]
source = "views"
kind = "quantile"
of = "seconds"
error = "2%"
[measure.views_each]
kind = "derived"
expr = "views / visitors"
"#;

fn parse(text: &str) -> Roles {
    Roles::parse("roles.toml", text).unwrap()
}

fn user(name: &str, groups: &[&str]) -> Principal {
    let groups = groups.iter().map(ToString::to_string).collect();
    Principal { groups, ..Principal::new(PrincipalKind::User, name) }
}

#[test]
fn whoever_is_named_has_the_role() {
    let roles = parse(
        r#"
[role.by_name]
who = ["user:ann@example.com", "key:etl-bot", "service:reports"]
[role.by_group]
who = ["group:analysts"]
[role.by_claim]
who = ["claim:department=media"]
[role.elsewhere]
who = ["everyone"]
datasets = ["games"]
"#,
    );
    let names = |principal: &Principal, dataset: &str| {
        roles.policy(principal, dataset).map_or(Vec::new(), |policy| policy.roles().to_vec())
    };
    let named = |kind, name: &str| names(&Principal::new(kind, name), "media");
    assert_eq!(named(PrincipalKind::User, "ann@example.com"), ["by_name"]);
    assert_eq!(named(PrincipalKind::Key, "etl-bot"), ["by_name"]);
    assert_eq!(named(PrincipalKind::Service, "reports"), ["by_name"]);
    // A name of another kind, in another case, or only part of a name.
    for (kind, name) in [
        (PrincipalKind::User, "etl-bot"),
        (PrincipalKind::Key, "ann@example.com"),
        (PrincipalKind::User, "Ann@example.com"),
        (PrincipalKind::User, "ann@example.co"),
        (PrincipalKind::User, "analysts"),
    ] {
        assert!(named(kind, name).is_empty(), "{name}");
    }
    assert_eq!(names(&user("bob", &["sales", "analysts"]), "media"), ["by_group"]);
    assert_eq!(names(&user("bob", &["analysts"]), "games"), ["by_group", "elsewhere"]);
    assert!(names(&user("bob", &["Analysts"]), "media").is_empty());
    let mut bob = user("bob", &[]);
    bob.claims.insert("department".to_owned(), vec!["kr".to_owned(), "media".to_owned()]);
    assert_eq!(names(&bob, "media"), ["by_claim"]);
    bob.claims.insert("department".to_owned(), vec!["media2".to_owned()]);
    assert!(names(&bob, "media").is_empty());
    // No role applies to a gateway, not even one for everyone.
    assert!(roles.policy(&Principal::gateway(), "games").is_none());
}

#[test]
fn several_roles_come_to_all_that_any_of_them_may() {
    let roles = parse(
        r#"
[role.korea]
who = ["group:kr"]
rows = "country anyOf (KR)"
measures = ["views"]
rights = ["export"]
limits = { queries_per_second = 2, max_groups = 10 }
[role.japan]
who = ["group:jp"]
rows = ["country anyOf (JP)", "audience anyOf (kids)"]
hidden_measures = ["views"]
rights = ["annotate"]
limits = { queries_per_second = 5, burst = 6, max_groups = 5, max_seconds = 7 }
[role.all]
who = ["group:all"]
"#,
    );
    let of = |groups: &[&str]| roles.policy(&user("a", groups), "media").unwrap();
    let model = Model::parse("model.toml", MODEL).unwrap();
    let seen = |policy: &Policy| -> Vec<String> {
        let names = model.measures().iter().map(|own| own.name.clone());
        names.filter(|name| policy.sees(&model, name)).collect()
    };
    let (korea, japan, both) = (of(&["kr"]), of(&["jp"]), of(&["jp", "kr"]));
    assert_eq!(seen(&korea), ["views"]);
    // Measures derived from a hidden measure are hidden with it.
    assert_eq!(seen(&japan), ["visitors", "seconds"]);
    assert_eq!(seen(&both), ["views", "visitors", "seconds"]);
    assert!(!both.sees(&model, "nothing") && !both.sees_all());
    assert_eq!(
        both.rows().unwrap().to_string(),
        r#"((country anyOf ("JP")) and (audience anyOf ("kids"))) or (country anyOf ("KR"))"#
    );
    assert!(both.may(Right::Export) && both.may(Right::Annotate) && !both.may(Right::Operate));
    let limits = RoleLimits {
        queries_per_second: Some(5),
        burst: Some(6),
        max_groups: Some(10),
        max_seconds: None,
    };
    assert_eq!(*both.limits(), limits);
    let all = of(&["all", "kr", "jp"]);
    assert!(all.rows().is_none() && all.sees_all() && seen(&all).len() == 4);
    assert_eq!(*all.limits(), RoleLimits::default());
}

/// Caches distinguish policies by their texts.
#[test]
fn policies_are_told_apart_by_all_that_they_say() {
    let base = ["who = [\"everyone\"]"];
    let keys = [
        "",
        "rows = \"country anyOf (KR)\"",
        "rows = \"country anyOf ('KR, JP')\"",
        "rows = \"country anyOf (KR, JP)\"",
        "rows = \"country noneOf (KR)\"",
        "measures = [\"views\"]",
        "hidden_measures = [\"views\"]",
        "measures = [\"views\", \"visitors\"]",
        "rights = [\"export\"]",
        "limits = { max_groups = 5 }",
        "limits = { max_seconds = 5 }",
    ];
    let texts: BTreeSet<_> = keys
        .into_iter()
        .map(|key| {
            let roles = parse(&format!("[role.a]\n{}\n{key}\n", base[0]));
            roles.policy(&user("a", &[]), "media").unwrap().canonical().to_string()
        })
        .collect();
    assert_eq!(texts.len(), keys.len());
    // Names and order of roles make no difference.
    let [one, other] = [["a", "b"], ["z", "c"]].map(|[first, second]| {
        let role = |name: &str, rows: &str| {
            format!("[role.{name}]\nwho = [\"everyone\"]\nrows = \"country anyOf ({rows})\"\n")
        };
        let kr_first = first == "a";
        let (kr, jp) = (role(first, "KR"), role(second, "JP"));
        let text = if kr_first { kr + &jp } else { jp + &kr };
        parse(&text).policy(&user("a", &[]), "media").unwrap()
    });
    assert_eq!((one.canonical(), one.digest()), (other.canonical(), other.digest()));
}

#[test]
fn a_bad_file_names_every_problem() {
    let text = r#"
[roles.a]
who = ["everyone"]
[role.b]
wo = ["everyone"]
[role.c]
who = ["ann", "group:", "claim:a", "everybody"]
rows = "country is KR"
rights = ["opreate", 5]
[role.d]
who = []
rows = ["asset.age_day < 7"]
measures = ["views"]
hidden_measures = ["plays"]
limits = { burst = 5, max_groups = 0, max_grups = 1 }
[role.e]
who = ["everyone"]
rows = 5
rights = ["opreate"]
limits = 3
"#;
    let error = Roles::parse("roles.toml", text).unwrap_err().to_string();
    let expected = "\
roles.toml:2: `roles`: unknown key; did you mean `role`?
roles.toml:4: `role.b.who`: is missing; say who has the role, in a list of `user:NAME`, `key:NAME`, `service:NAME`, \
`group:NAME`, `claim:NAME=VALUE` or `everyone`
roles.toml:5: `role.b.wo`: unknown key; did you mean `who`?
roles.toml:7: `role.c.who`: `ann` is nobody; write `user:NAME`, `key:NAME`, `service:NAME`, `group:NAME`, \
`claim:NAME=VALUE` or `everyone`
roles.toml:7: `role.c.who`: `group:` is nobody; write `user:NAME`, `key:NAME`, `service:NAME`, `group:NAME`, \
`claim:NAME=VALUE` or `everyone`
roles.toml:7: `role.c.who`: `claim:a` is nobody; write `user:NAME`, `key:NAME`, `service:NAME`, `group:NAME`, \
`claim:NAME=VALUE` or `everyone`
roles.toml:7: `role.c.who`: `everybody` is nobody; write `user:NAME`, `key:NAME`, `service:NAME`, `group:NAME`, \
`claim:NAME=VALUE` or `everyone`
roles.toml:8: `role.c.rows`: filter `country is KR`: expected `anyOf`, `allOf`, `noneOf`, `prefix`, `between`, `isNull`, \
`isNotNull`, `>=`, `<=`, `>` or `<` at `is KR`; write it as behind `clio query --where`, see docs/asking.md
roles.toml:9: `role.c.rights`: has the type array; write a list of `annotate`, `export`, `operate`
roles.toml:10: `role.d.hidden_measures`: is given beside `measures`, which names all that are seen; keep one of them
roles.toml:11: `role.d.who`: is empty; write a list of `user:NAME`, `key:NAME`, `service:NAME`, `group:NAME`, \
`claim:NAME=VALUE` or `everyone`
roles.toml:12: `role.d.rows`: tests an age, which changes from day to day; name members or attributes, which do not
roles.toml:15: `role.d.limits.max_grups`: unknown key; did you mean `max_groups`?
roles.toml:15: `role.d.limits.max_groups`: is no whole number from 1 on; write one
roles.toml:15: `role.d.limits.burst`: says how many questions may come at once, and nothing how many a second; give \
`queries_per_second` beside it
roles.toml:17: `role.e.who`";
    let (found, expected): (Vec<_>, Vec<_>) = (error.lines().collect(), expected.lines().collect());
    for (at, expected) in expected.iter().enumerate().take(expected.len() - 1) {
        assert_eq!(found.get(at), Some(expected));
    }
    assert_eq!(found.len(), expected.len() + 2, "{error}");
    for (at, begin) in [
        "roles.toml:18: `role.e.rows`",
        "roles.toml:19: `role.e.rights`",
        "roles.toml:20: `role.e.limits`",
    ]
    .iter()
    .enumerate()
    {
        assert!(found[expected.len() - 1 + at].starts_with(begin), "{error}");
    }
    let empty = Roles::parse("roles.toml", "").unwrap_err().to_string();
    assert!(empty.starts_with("roles.toml:1: `role`: there is no role"), "{empty}");
    let no_toml = Roles::parse("roles.toml", "[role.a\n").unwrap_err().to_string();
    assert!(no_toml.starts_with("roles.toml:1: this is not TOML"), "{no_toml}");
}

#[test]
fn a_model_says_which_fields_and_measures_there_are() {
    let model = Model::parse("model.toml", MODEL).unwrap();
    let check = |text: &str| parse(text).check(&model).map_err(|error| error.to_string());
    let role = |keys: &str| format!("[role.a]\nwho = [\"everyone\"]\n{keys}\n");
    for keys in [
        "rows = \"country anyOf (KR) and not audience allOf (a, b)\"",
        "measures = [\"views_each\", \"seconds\"]",
        "hidden_measures = [\"views\"]",
        "datasets = [\"games\"]\nrows = \"level prefix a\"\nmeasures = [\"scores\"]",
    ] {
        assert_eq!(check(&role(keys)), Ok(()), "{keys}");
    }
    let found = check(&role(
        "hidden_measures = [\"view\"]\nrows = [\"contry anyOf (KR)\", \"not (country allOf (a, b) or audience.kind isNull)\"]",
    ));
    assert_eq!(
        found.unwrap_err(),
        "roles.toml:3: `role.a.hidden_measures`: the model has no measure `view`; did you mean `views`? there are: `views`, \
         `visitors`, `seconds`, `views_each`\n\
         roles.toml:4: `role.a.rows`: the model has no field `contry`; did you mean `country`? there are: `country`, `audience`\n\
         roles.toml:4: `role.a.rows`: `country` has one value, and `allOf` asks for several; write `anyOf`\n\
         roles.toml:4: `role.a.rows`: the model has no field `audience.kind`; there are: `country`, `audience`"
    );
}
