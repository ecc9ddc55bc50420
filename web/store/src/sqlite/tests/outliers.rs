//! What people do about outliers: acknowledged for all, muted and seen by one.

use super::*;

const DAYS: (&str, &str) = ("2026-01-20", "2026-01-31");

fn seen(value: &str, kind: &str, (since, through): (&str, &str)) -> AcknowledgementDraft {
    AcknowledgementDraft {
        member: about("asset", value),
        kind: kind.to_owned(),
        since: since.parse().unwrap(),
        through: through.parse().unwrap(),
        note: Some("  asked the artwork team \n".to_owned()),
    }
}

fn of(acknowledgement: &Acknowledgement) -> Revision {
    Revision { id: acknowledgement.id, number: acknowledgement.stamp.revision }
}

fn muted(value: &str, kind: Option<&str>, until: Option<&str>) -> MuteDraft {
    let until = until.map(|day| day.parse().unwrap());
    MuteDraft { member: about("asset", value), kind: kind.map(str::to_owned), until }
}

fn at(mute: &Mute) -> Revision {
    Revision { id: mute.id, number: mute.stamp.revision }
}

fn values(page: &AcknowledgementPage) -> Vec<&str> {
    page.acknowledgements.iter().map(|it| it.member.value.as_str()).collect()
}

#[tokio::test]
async fn everybody_sees_an_acknowledgement_and_its_author_changes_it() {
    let Kept { store, file: _file, folder: _folder } = Kept::new();
    let (me, bob) = (scope("local"), scope("bob"));
    let added = store.add_acknowledgement(&me, seen("a1", "misleading", DAYS)).await.unwrap();
    assert_eq!(added.note.as_deref(), Some("asked the artwork team"));
    assert_eq!(
        (added.since.to_string(), added.through.to_string()),
        (DAYS.0.into(), DAYS.1.into())
    );
    let page = store.acknowledgements(&bob, 10).await.unwrap();
    assert_eq!((page.n_total, &page.acknowledgements[0]), (1, &added));
    let elsewhere = Scope { dataset: "news".to_owned(), ..me.clone() };
    assert_eq!(store.acknowledgements(&elsewhere, 10).await.unwrap().n_total, 0);

    let refused = store.change_acknowledgement(&bob, of(&added), None).await.unwrap_err();
    assert!(matches!(refused, StoreError::NotYours { .. }), "{refused}");
    let note = Some(" taken down".to_owned());
    let changed = store.change_acknowledgement(&me, of(&added), note).await.unwrap();
    assert_eq!((changed.note.as_deref(), changed.stamp.revision), (Some("taken down"), 2));
    let refused = store.remove_acknowledgement(&me, of(&added)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Changed { revision: 2, .. }), "{refused}");
    let none = store.change_acknowledgement(&me, of(&changed), Some(" ".into())).await.unwrap();
    assert_eq!(none.note, None);
    let removed = store.remove_acknowledgement(&me, of(&none)).await.unwrap();
    assert_eq!(store.acknowledgements(&me, 10).await.unwrap().n_total, 0);
    let back = store.restore_acknowledgement(&me, of(&removed)).await.unwrap();
    assert_eq!((back.id, back.stamp.revision), (added.id, 5));
}

/// Two people press the key at the same time: the second is told who was first. A member that is back later is another
/// matter.
#[tokio::test]
async fn days_are_acknowledged_once() {
    let Kept { store, file: _file, folder: _folder } = Kept::new();
    let (me, bob) = (scope("local"), scope("bob"));
    let first = store.add_acknowledgement(&me, seen("a1", "star", DAYS)).await.unwrap();
    for days in [DAYS, ("2026-01-31", "2026-02-04"), ("2026-01-01", "2026-01-20")] {
        let refused = store.add_acknowledgement(&bob, seen("a1", "star", days)).await.unwrap_err();
        let StoreError::Changed { by, revision, .. } = &refused else { panic!("{refused}") };
        assert_eq!((by.as_str(), *revision), ("local", 1), "{days:?}");
    }
    for (value, kind, days) in [
        ("a1", "weak", DAYS),
        ("a2", "star", DAYS),
        ("a1", "star", ("2026-02-01", "2026-02-01")),
        ("a1", "star", ("2026-01-10", "2026-01-19")),
    ] {
        store.add_acknowledgement(&bob, seen(value, kind, days)).await.unwrap();
    }
    let page = store.acknowledgements(&me, 2).await.unwrap();
    assert_eq!((page.n_total, values(&page)), (5, vec!["a1", "a1"]));

    let removed = store.remove_acknowledgement(&me, of(&first)).await.unwrap();
    store.add_acknowledgement(&bob, seen("a1", "star", DAYS)).await.unwrap();
    let refused = store.restore_acknowledgement(&me, of(&removed)).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Changed { by, .. } if by == "bob"), "{refused}");
}

#[tokio::test]
async fn a_mute_is_of_one_person_and_there_once() {
    let Kept { store, file: _file, folder: _folder } = Kept::new();
    let (me, bob) = (scope("local"), scope("bob"));
    let week = store.add_mute(&me, muted("a1", Some("star"), Some("2026-02-07"))).await.unwrap();
    assert_eq!(week.until.unwrap().to_string(), "2026-02-07");
    let every = store.add_mute(&me, muted("a1", None, None)).await.unwrap();
    assert_eq!((every.kind.as_ref(), every.until), (None, None));
    assert_eq!(store.mutes(&bob).await.unwrap(), []);
    // The same again takes the new day.
    let ever = store.add_mute(&me, muted("a1", Some("star"), None)).await.unwrap();
    assert_eq!((ever.id, ever.until, ever.stamp.revision), (week.id, None, 2));
    assert_eq!(store.mutes(&me).await.unwrap(), [every, ever.clone()]);

    let refused = store.remove_mute(&bob, at(&ever)).await.unwrap_err();
    assert!(matches!(refused, StoreError::NotYours { .. }), "{refused}");
    let refused = store.remove_mute(&me, at(&week)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Changed { revision: 2, .. }), "{refused}");
    let removed = store.remove_mute(&me, at(&ever)).await.unwrap();
    assert_eq!(store.mutes(&me).await.unwrap().len(), 1);
    let back = store.restore_mute(&me, at(&removed)).await.unwrap();
    assert_eq!((back.id, back.stamp.revision), (week.id, 4));
    // Muted again before it is brought back: one stays, with the day of the one brought back.
    let removed = store.remove_mute(&me, at(&back)).await.unwrap();
    let again = store.add_mute(&me, muted("a1", Some("star"), Some("2026-02-01"))).await.unwrap();
    let back = store.restore_mute(&me, at(&removed)).await.unwrap();
    assert_eq!((back.id, back.until), (again.id, None));
    assert_eq!(store.mutes(&me).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_last_visit_replaces_the_one_before() {
    let Kept { store, file: _file, folder: _folder } = Kept::new();
    let (me, bob) = (scope("local"), scope("bob"));
    assert_eq!(store.last_visit(&me).await.unwrap(), None);
    let listed = |value: &str| Listed { member: about("asset", value), kind: "star".to_owned() };
    let through = "2026-01-31".parse().unwrap();
    let draft = VisitDraft { through, listed: vec![listed("b"), listed("a"), listed("b")] };
    let visit = store.add_visit(&me, draft).await.unwrap();
    assert_eq!(visit.listed, [listed("a"), listed("b")]);
    assert_eq!(store.last_visit(&me).await.unwrap(), Some(visit.clone()));
    assert_eq!(store.last_visit(&bob).await.unwrap(), None);
    let draft = VisitDraft { through, listed: vec![listed("c")] };
    let next = store.add_visit(&me, draft).await.unwrap();
    assert!(next.at > visit.at);
    assert_eq!(store.last_visit(&me).await.unwrap(), Some(next));
    let draft = VisitDraft { through, listed: vec![listed("a"); 5_001] };
    let many = store.add_visit(&me, draft).await.unwrap_err().to_string();
    assert_eq!(
        many,
        "there would be 5001 outliers of a visit; at most 5000 are kept, so remove some first"
    );
}

#[tokio::test]
async fn what_is_over_a_limit_or_backwards_is_refused() {
    let limits = StoreLimits { max_acknowledgements: 1, max_mutes: 1, ..StoreLimits::default() };
    let Kept { store, file: _file, folder: _folder } = Kept::within(limits);
    let me = scope("local");
    let refused =
        async |draft| store.add_acknowledgement(&me, draft).await.unwrap_err().to_string();
    let backwards = seen("a1", "star", ("2026-01-06", "2026-01-05"));
    assert_eq!(refused(backwards).await, "the days 2026-01-06 to 2026-01-05 run backwards");
    let long = AcknowledgementDraft { note: Some("x".repeat(2_001)), ..seen("a1", "star", DAYS) };
    assert_eq!(refused(long).await, "note: 2001 bytes; at most 2000 are kept");
    assert_eq!(refused(seen("", "star", DAYS)).await, "the value is empty; write one");
    store.add_acknowledgement(&me, seen("a1", "star", DAYS)).await.unwrap();
    let many = "there would be 2 acknowledgements; at most 1 are kept, so remove some first";
    assert_eq!(refused(seen("a2", "star", DAYS)).await, many);

    store.add_mute(&me, muted("a1", None, None)).await.unwrap();
    let many = store.add_mute(&me, muted("a2", None, None)).await.unwrap_err().to_string();
    assert_eq!(many, "there would be 2 mutes; at most 1 are kept, so remove some first");
    store.add_mute(&scope("bob"), muted("a2", None, None)).await.unwrap();
}
