//! What calls keep, give back and refuse.

use super::*;
use crate::limits::{MAX_ANSWER_BYTES, MAX_NAME_BYTES};
use crate::link::LinkAnswer;

#[tokio::test]
async fn a_view_is_added_changed_removed_and_brought_back() {
    let Kept { store, file: _file, folder: _folder } = Kept::new();
    let me = scope("local");
    let added = store.add_view(&me, draft("  Mornings ")).await.unwrap();
    assert_eq!((added.name.as_str(), added.stamp.revision), ("Mornings", 1));
    assert_eq!((added.is_default, added.opened_at), (false, None));
    let renamed = ViewDraft { is_shared: true, ..draft("Evenings") };
    let changed = store.change_view(&me, at(&added), renamed).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.is_shared), ("Evenings", true));
    assert_eq!((changed.id, changed.stamp.revision), (added.id, 2));
    assert_eq!(changed.stamp.created_at, added.stamp.created_at);
    assert!(changed.stamp.changed_at > added.stamp.changed_at);

    let removed = store.remove_view(&me, at(&changed)).await.unwrap();
    assert_eq!(store.views(&me).await.unwrap(), []);
    let again = store.remove_view(&me, at(&removed)).await.unwrap_err();
    assert!(matches!(again, StoreError::Removed { thing: Thing::View, .. }), "{again}");
    let back = store.restore_view(&me, at(&removed)).await.unwrap();
    assert_eq!((back.name.as_str(), back.stamp.revision), ("Evenings", 4));
    assert_eq!(store.views(&me).await.unwrap(), [back]);
}

/// Two windows have a view open. Whoever is second is told who was first, and nothing of theirs is lost or laid over the other's.
#[tokio::test]
async fn of_two_changes_to_one_revision_the_second_is_refused() {
    let Kept { store, file: _file, folder: _folder } = Kept::new();
    let me = scope("local");
    let seen = store.add_view(&me, draft("Mornings")).await.unwrap();
    let first = store.change_view(&me, at(&seen), draft("First")).await.unwrap();
    let refused = store.change_view(&me, at(&seen), draft("Second")).await.unwrap_err();
    let by = "local".to_owned();
    let changed_at = first.stamp.changed_at;
    assert_eq!(
        refused,
        StoreError::Changed { thing: Thing::View, by, at: changed_at, revision: 2 }
    );
    assert!(
        refused.to_string().starts_with("the view was changed in the meantime by local at 2026-")
    );
    assert!(store.remove_view(&me, at(&seen)).await.is_err());
    assert_eq!(store.views(&me).await.unwrap(), [first]);
}

#[tokio::test]
async fn changes_at_once_are_one_after_the_other() {
    let kept = Kept::new();
    let me = scope("local");
    let seen = kept.store.add_view(&me, draft("Mornings")).await.unwrap();
    // Two gateways with one file.
    let other = open(&kept.file).unwrap();
    let mut n_won = 0;
    for round in 0..20 {
        let name = |side| draft(&format!("{side} {round}"));
        let number = seen.stamp.revision + round;
        let at = Revision { id: seen.id, number };
        let one = kept.store.change_view(&me, at, name("one"));
        let two = other.change_view(&me, at, name("two"));
        let (one, two) = tokio::join!(one, two);
        n_won += usize::from(one.is_ok()) + usize::from(two.is_ok());
    }
    assert_eq!(n_won, 20);
    let views = kept.store.views(&me).await.unwrap();
    assert_eq!(views[0].stamp.revision, 21);
}

#[tokio::test]
async fn others_see_what_is_shared_and_change_nothing_of_it() {
    let Kept { store, file: _file, folder: _folder } = Kept::new();
    let (ada, bob) = (scope("ada"), scope("bob"));
    let own = store.add_view(&ada, draft("Mine")).await.unwrap();
    let shared = ViewDraft { is_shared: true, ..draft("Ours") };
    let shared = store.add_view(&ada, shared).await.unwrap();
    assert_eq!(store.views(&bob).await.unwrap(), std::slice::from_ref(&shared));
    let refused = store.change_view(&bob, at(&shared), draft("Bob's")).await.unwrap_err();
    let owner = "ada".to_owned();
    assert_eq!(refused, StoreError::NotYours { thing: Thing::View, owner });
    let unseen = store.open_view(&bob, own.id).await.unwrap_err();
    assert_eq!(unseen.to_string(), format!("there is no view `{}`", own.id));
    // What one begins with, and opened last, is one's own.
    store.set_default_view(&bob, Some(shared.id)).await.unwrap();
    store.open_view(&bob, shared.id).await.unwrap();
    let of_bob = &store.views(&bob).await.unwrap()[0];
    assert!(of_bob.is_default && of_bob.opened_at.is_some());
    assert_eq!(of_bob.stamp.revision, 1);
    let of_ada = store.views(&ada).await.unwrap();
    assert!(of_ada.iter().all(|view| !view.is_default && view.opened_at.is_none()));
    // And another dataset is another world.
    let elsewhere = Scope { dataset: "news".to_owned(), ..ada };
    assert_eq!(store.views(&elsewhere).await.unwrap(), []);
    assert!(store.remove_view(&elsewhere, at(&own)).await.is_err());
}

#[tokio::test]
async fn there_is_one_default_view_or_none() {
    let Kept { store, file: _file, folder: _folder } = Kept::new();
    let me = scope("local");
    let one = store.add_view(&me, draft("one")).await.unwrap();
    let two = store.add_view(&me, draft("two")).await.unwrap();
    let defaults = async || -> Vec<String> {
        let views = store.views(&me).await.unwrap();
        views.into_iter().filter(|view| view.is_default).map(|view| view.name).collect()
    };
    for id in [one.id, two.id] {
        store.set_default_view(&me, Some(id)).await.unwrap();
    }
    assert_eq!(defaults().await, ["two"]);
    // What is removed is no default any more, and is one again when it is back.
    let removed = store.remove_view(&me, at(&two)).await.unwrap();
    assert_eq!(defaults().await, [""; 0]);
    assert!(store.set_default_view(&me, Some(two.id)).await.is_err());
    store.restore_view(&me, at(&removed)).await.unwrap();
    assert_eq!(defaults().await, ["two"]);
    assert_eq!(store.set_default_view(&me, None).await.unwrap(), None);
    assert_eq!(defaults().await, [""; 0]);
}

#[tokio::test]
async fn names_of_views_are_taken_once() {
    let Kept { store, file: _file, folder: _folder } = Kept::new();
    let me = scope("local");
    let one = store.add_view(&me, draft("one")).await.unwrap();
    let two = store.add_view(&me, draft("two")).await.unwrap();
    let taken = StoreError::NameTaken { name: "one".to_owned() };
    assert_eq!(store.add_view(&me, draft(" one")).await.unwrap_err(), taken);
    assert_eq!(store.change_view(&me, at(&two), draft("one")).await.unwrap_err(), taken);
    store.add_view(&scope("bob"), draft("one")).await.unwrap();
    let removed = store.remove_view(&me, at(&one)).await.unwrap();
    store.add_view(&me, draft("one")).await.unwrap();
    assert_eq!(store.restore_view(&me, at(&removed)).await.unwrap_err(), taken);
}

#[tokio::test]
async fn annotations_are_found_by_days_and_members() {
    let Kept { store, file: _file, folder: _folder } = Kept::new();
    let me = scope("local");
    for (from, to, text) in [
        ("2026-01-05", "2026-01-05", "premiere"),
        ("2026-01-01", "2026-01-31", "campaign"),
        ("2026-02-02", "2026-02-03", "outage"),
    ] {
        store.add_annotation(&me, note(from, to, text)).await.unwrap();
    }
    let member = Some(about("title", "Dune"));
    let of_dune = AnnotationDraft { member, ..note("2026-01-06", "2026-01-06", "trailer") };
    store.add_annotation(&me, of_dune).await.unwrap();
    let check = async |from: Option<&str>,
                       to: Option<&str>,
                       members: Vec<Member>,
                       limit,
                       expected: &[&str]| {
        let day = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        let asked = AnnotationsAsked { from: day(from), to: day(to), members, limit };
        let page = store.annotations(&scope("bob"), asked).await.unwrap();
        let found: Vec<_> = page.annotations.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(found, expected, "{from:?} {to:?}");
        page.n_total
    };
    let dune = || vec![about("title", "Dune")];
    let all = ["campaign", "premiere", "outage"];
    assert_eq!(check(None, None, vec![], 10, &all).await, 3);
    let with_dune = ["campaign", "premiere", "trailer", "outage"];
    assert_eq!(check(None, None, dune(), 10, &with_dune).await, 4);
    assert_eq!(check(None, None, dune(), 2, &["trailer", "outage"]).await, 4);
    let others = vec![about("title", "Arrival"), about("asset", "Dune")];
    assert_eq!(check(None, None, others, 10, &all).await, 3);
    let (first, last) = (Some("2026-01-06"), Some("2026-02-02"));
    assert_eq!(check(first, last, dune(), 10, &["campaign", "trailer", "outage"]).await, 3);
    assert_eq!(check(Some("2026-01-06"), Some("2026-01-06"), vec![], 10, &["campaign"]).await, 1);
    assert_eq!(check(Some("2026-02-04"), None, vec![], 10, &[]).await, 0);
}

#[tokio::test]
async fn an_annotation_is_changed_by_its_revision_and_brought_back() {
    let Kept { store, file: _file, folder: _folder } = Kept::new();
    let me = scope("local");
    let added = store.add_annotation(&me, note("2026-01-05", "2026-01-05", "a")).await.unwrap();
    let seen = Revision { id: added.id, number: 1 };
    let member = Some(about("country", "DE"));
    let draft = AnnotationDraft { member, ..note("2026-01-06", "2026-01-07", "b\nc") };
    let changed = store.change_annotation(&me, seen, draft).await.unwrap();
    assert_eq!((changed.text.as_str(), changed.stamp.revision), ("b\nc", 2));
    assert_eq!(changed.member, Some(about("country", "DE")));
    let refused = store.remove_annotation(&me, seen).await.unwrap_err();
    assert!(matches!(refused, StoreError::Changed { revision: 2, .. }), "{refused}");
    let refused = store.remove_annotation(&scope("bob"), seen).await.unwrap_err();
    assert!(matches!(refused, StoreError::NotYours { .. }), "{refused}");
    let seen = Revision { number: 2, ..seen };
    store.remove_annotation(&me, seen).await.unwrap();
    let asked = AnnotationsAsked { limit: 10, ..AnnotationsAsked::default() };
    assert_eq!(store.annotations(&me, asked).await.unwrap().n_total, 0);
    let seen = Revision { number: 3, ..seen };
    let back = store.restore_annotation(&me, seen).await.unwrap();
    assert_eq!((back.text.as_str(), back.stamp.revision), ("b\nc", 4));
}

#[tokio::test]
async fn a_link_that_says_the_same_is_there_once() {
    let Kept { store, file: _file, folder: _folder } = Kept::new();
    let me = scope("local");
    let body = vec![0, 159, 146, 150];
    let answer = |name: &str| LinkAnswer { name: name.to_owned(), n_named: 2, body: body.clone() };
    let address = format!("/?asset.any={}", "x,".repeat(3_000));
    let answers = vec![answer("table"), answer("trend")];
    let draft = LinkDraft { address, snapshot: Some(41), answers };
    let link = store.add_link(&me, draft.clone()).await.unwrap();
    assert_eq!((&link.address, &link.answers), (&draft.address, &draft.answers));
    assert_eq!(store.add_link(&me, draft.clone()).await.unwrap(), link);
    assert_eq!(store.link(&scope("bob"), &link.id).await.unwrap(), link);
    let other = LinkDraft { snapshot: Some(42), ..draft };
    assert_ne!(store.add_link(&me, other).await.unwrap().id, link.id);
    let elsewhere = Scope { dataset: "news".to_owned(), ..me };
    let missing = store.link(&elsewhere, &link.id).await.unwrap_err();
    assert_eq!(missing.to_string(), format!("there is no link `{}`", link.id));
}

/// Every long address that somebody tries makes one, so the ones that nobody came back to have to go.
#[tokio::test]
async fn automatic_links_go_when_others_were_used_after_them() {
    let Kept { store, file: _file, folder: _folder } =
        Kept::within(StoreLimits { max_links: 2, ..StoreLimits::default() });
    let me = scope("local");
    let add = async |address: &str, n_answers: usize| {
        let answer = LinkAnswer { name: "table".to_owned(), n_named: 1, body: vec![1] };
        let answers = vec![answer; n_answers];
        let draft = LinkDraft { address: address.to_owned(), snapshot: None, answers };
        store.add_link(&me, draft).await
    };
    let sent = add("/sent", 1).await.unwrap();
    let (one, two) = (add("/1", 0).await.unwrap(), add("/2", 0).await.unwrap());
    store.link(&me, &one.id).await.unwrap();
    let three = add("/3", 0).await.unwrap();
    for (link, is_there) in [(&sent, true), (&one, true), (&two, false), (&three, true)] {
        assert_eq!(store.link(&me, &link.id).await.is_ok(), is_there, "{}", link.address);
    }
    add("/sent-again", 1).await.unwrap();
    let refused = add("/a-third", 1).await.unwrap_err();
    let part = "links";
    assert_eq!(refused, StoreError::TooMany { part, value: 3, limit: 2 });
}

#[tokio::test]
async fn what_is_over_a_limit_is_refused_with_its_value() {
    let limits = StoreLimits { max_views: 2, max_annotations: 1, ..StoreLimits::default() };
    let Kept { store, file: _file, folder: _folder } = Kept::within(limits);
    let me = scope("local");
    let refused = async |draft| store.add_view(&me, draft).await.unwrap_err().to_string();
    let long = "x".repeat(MAX_NAME_BYTES + 1);
    assert_eq!(refused(draft(&long)).await, "name: 201 bytes; at most 200 are kept");
    assert_eq!(refused(draft(" \n")).await, "the name is empty; write one");
    let unseen = "the name contains characters that cannot be shown; leave them out";
    assert_eq!(refused(draft("a\u{7}")).await, unseen);
    for name in ["one", "two"] {
        store.add_view(&me, draft(name)).await.unwrap();
    }
    let many = "there would be 3 views; at most 2 are kept, so remove some first";
    assert_eq!(refused(draft("three")).await, many);
    store.add_view(&scope("bob"), draft("three")).await.unwrap();

    let day = "2026-01-05";
    let refused = async |draft| store.add_annotation(&me, draft).await.unwrap_err().to_string();
    assert_eq!(
        refused(note("2026-01-06", day, "x")).await,
        "the days 2026-01-06 to 2026-01-05 run backwards"
    );
    let long = "x".repeat(2_001);
    assert_eq!(refused(note(day, day, &long)).await, "text: 2001 bytes; at most 2000 are kept");
    store.add_annotation(&me, note(day, day, "x")).await.unwrap();
    let many = "there would be 2 annotations; at most 1 are kept, so remove some first";
    assert_eq!(refused(note(day, day, "y")).await, many);

    let body = vec![0; MAX_ANSWER_BYTES / 2 + 1];
    let answer = LinkAnswer { name: "table".to_owned(), n_named: 1, body };
    let address = "/".to_owned();
    let draft = LinkDraft { address, snapshot: None, answers: vec![answer.clone(), answer] };
    let refused = store.add_link(&me, draft).await.unwrap_err().to_string();
    assert_eq!(refused, "answers: 1048578 bytes; at most 1048576 are kept");
}
