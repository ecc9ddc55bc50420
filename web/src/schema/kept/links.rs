//! Short links, with the numbers that their makers saw.

use std::sync::Arc;

use async_graphql::dynamic::{
    Field, FieldValue, InputObject, InputValue, Object, SchemaBuilder, TypeRef,
};
use clio_proto::{
    Answer, Code, ServiceError, Shortened, SnapshotId, answer_from_bytes, answer_to_bytes,
};
use clio_store::{LinkAnswer, LinkDraft, MAX_ANSWERS};

use super::super::answer::{CUBE_ANSWER, CubeAnswer};
use super::super::object::{ObjectOf, text};
use super::super::question::CUBE_QUERY;
use super::super::scalars::{INT64, TIMESTAMP};
use super::{Failure, id_argument, keeps};
use crate::argument::Argument;
use crate::lower;
use crate::names::{Names, enum_name};

const LINK: &str = "Link";
const LINK_ANSWER: &str = "LinkAnswer";
const LINK_INPUT: &str = "LinkInput";
const LINK_QUESTION: &str = "LinkQuestion";

/// A link as GraphQL shows it.
#[derive(Debug, Clone)]
struct Link {
    link: clio_store::Link,
    answers: Vec<Seen>,
}

/// An answer as it was seen.
#[derive(Debug, Clone)]
struct Seen {
    name: String,
    answer: Option<CubeAnswer>,
    problem: Option<String>,
}

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let string = || TypeRef::named_nn(TypeRef::STRING);
    let link = ObjectOf::<Link>::new(LINK, "A state of a page under a short id. It never changes.")
        .leaf("id", TypeRef::named_nn(TypeRef::ID), "Its id: the page is at /l/ID.", |it| {
            it.link.id.as_str().into()
        })
        .leaf(
            "address",
            string(),
            "The page and its state: an address on this host, beginning with `/`.",
            |it| it.link.address.as_str().into(),
        )
        .leaf("snapshot", TypeRef::named(INT64), "The snapshot whose numbers were seen.", |it| {
            it.link.snapshot.into()
        })
        .list("answers", LINK_ANSWER, "The numbers that were seen.", |it| &it.answers)
        .leaf("createdBy", string(), "Who made it.", |it| it.link.owner.as_str().into())
        .leaf("createdAt", TypeRef::named_nn(TIMESTAMP), "When it was made.", |it| {
            it.link.created_at.to_string().into()
        });
    let answer = ObjectOf::<Seen>::new(LINK_ANSWER, "An answer as it was seen.")
        .leaf("name", string(), "What the page calls it.", |it| it.name.as_str().into())
        .maybe("answer", CUBE_ANSWER, "The answer, with its bounds.", |it| it.answer.as_ref())
        .leaf(
            "problem",
            TypeRef::named(TypeRef::STRING),
            "Why there is no answer: names of the model have changed.",
            |it| text(it.problem.as_deref()),
        );
    let input = InputObject::new(LINK_INPUT)
        .description("The content of a link.")
        .field(
            InputValue::new("address", string())
                .description("The page and its state: an address on this host, beginning with `/`."),
        )
        .field(
            InputValue::new("snapshot", TypeRef::named(INT64))
                .description("The snapshot whose numbers were seen; by default the current one."),
        )
        .field(InputValue::new("answers", TypeRef::named_nn_list(LINK_QUESTION)).description(
            "The queries whose answers the gateway is to keep: it repeats them on that snapshot. At most 8, with 1 MiB of answers. \
             Without any, the link only shortens an address, and is removed after 10,000 others were used more recently.",
        ));
    let question = InputObject::new(LINK_QUESTION)
        .description("A query whose answer is kept.")
        .field(InputValue::new("name", string()).description("What the page calls it."))
        .field(InputValue::new("query", TypeRef::named_nn(CUBE_QUERY)).description("The query."));
    let schema = schema.register(link.finish()).register(answer.finish());
    schema.register(input).register(question)
}

/// Looks up a link by its id.
pub(super) fn find(names: &Arc<Names>) -> Field {
    let names = Arc::clone(names);
    keeps("link", TypeRef::named_nn(LINK), move |arguments, keeper| {
        let names = Arc::clone(&names);
        let id = lower::required(arguments, "id")?.text()?.to_owned();
        Ok(Box::pin(async move {
            let store = keeper.keeping.required()?;
            let link = store.link(&keeper.scope, &Shortened(&id).to_string()).await?;
            // Its numbers are what its maker may see, and others perhaps may not.
            let is_own = link.owner == keeper.scope.person;
            Ok(if is_own { shown(link, &names) } else { without_numbers(link) })
        }))
    })
    .argument(id_argument("The link's id."))
    .description("The link of an id.")
}

pub(super) fn mutations(mutation: Object, names: &Arc<Names>) -> Object {
    let names = Arc::clone(names);
    let add = keeps("addLink", TypeRef::named_nn(LINK), move |arguments, keeper| {
        let names = Arc::clone(&names);
        let link = lower::required(arguments, "link")?;
        let address = lower::required_entry(&link, "address")?.text()?.to_owned();
        let snapshot = link.entry("snapshot")?.map(|it| it.count()).transpose()?;
        let questions = match link.entry("answers")? {
            Some(answers) => questions(&names, &answers)?,
            None => Vec::new(),
        };
        Ok(Box::pin(async move {
            // Before querying serving for something that will not be kept.
            let store = keeper.keeping.required()?;
            let mut snapshot = snapshot.map(SnapshotId);
            let mut answers = Vec::with_capacity(questions.len());
            for Question { name, path, query, n_named } in questions {
                let asked = keeper.asker.ask_within(Some(&path), |service| async move {
                    service.query(query, snapshot).await
                });
                let answer = without_effort(asked.await?);
                snapshot = Some(answer.snapshot.id);
                answers.push(LinkAnswer { name, n_named, body: answer_to_bytes(answer) });
            }
            let snapshot = snapshot.map(|id| i64::try_from(id.0)).transpose();
            let snapshot = snapshot.map_err(|_| {
                Failure::from(ServiceError::new(
                    Code::InvalidArgument,
                    "`link.snapshot`: too large",
                ))
            })?;
            let draft = LinkDraft { address, snapshot, answers };
            let link = store.add_link(&keeper.scope, draft).await?;
            Ok(shown(link, &names))
        }))
    });
    let link = InputValue::new("link", TypeRef::named_nn(LINK_INPUT)).description("The content.");
    mutation.field(add.argument(link).description(
        "Adds a link. Links with the same content are the same one, so that a state has one id.",
    ))
}

struct Question {
    name: String,
    /// The name of the argument in errors.
    path: String,
    query: clio_proto::Query,
    n_named: u32,
}

fn questions(names: &Names, answers: &Argument<'_>) -> Result<Vec<Question>, ServiceError> {
    let n_asked = answers.n_items();
    if n_asked > MAX_ANSWERS {
        let message = format!("`link.answers`: {n_asked}; at most {MAX_ANSWERS} can be kept");
        return Err(ServiceError::new(Code::ResourceExhausted, message));
    }
    let question = |(index, item): (usize, &Argument<'_>)| {
        let asked = lower::required_entry(item, "query")?;
        let n_named = asked.entry("measures")?.map_or(0, |list| list.n_items());
        Ok(Question {
            name: lower::required_entry(item, "name")?.text()?.to_owned(),
            path: format!("link.answers[{index}].query"),
            query: lower::query(names, &asked)?,
            n_named: u32::try_from(n_named).unwrap_or(u32::MAX),
        })
    };
    answers.items()?.iter().enumerate().map(question).collect()
}

/// The answer without its work and duration, by which two equal answers would become two links.
fn without_effort(answer: Answer) -> Answer {
    Answer { elapsed: std::time::Duration::ZERO, work: None, ..answer }
}

fn shown(mut link: clio_store::Link, names: &Names) -> FieldValue<'static> {
    let answers = std::mem::take(&mut link.answers).into_iter().map(|kept| seen(kept, names));
    let answers = answers.collect();
    FieldValue::owned_any(Link { link, answers })
}

fn without_numbers(mut link: clio_store::Link) -> FieldValue<'static> {
    let hidden = |kept: LinkAnswer| Seen {
        name: kept.name,
        answer: None,
        problem: Some(
            "these numbers are shown to who kept them; others ask for their own".to_owned(),
        ),
    };
    let answers = std::mem::take(&mut link.answers).into_iter().map(hidden).collect();
    FieldValue::owned_any(Link { link, answers })
}

fn seen(kept: LinkAnswer, names: &Names) -> Seen {
    let LinkAnswer { name, n_named, body } = kept;
    let n_named = n_named as usize;
    let found =
        answer_from_bytes(&body).map_err(|error| error.message).and_then(
            |answer| match unknown_name(&answer, n_named, names) {
                Some(name) => Err(format!("the model no longer has `{}`", Shortened(&name))),
                None => Ok(CubeAnswer::new(answer, n_named)),
            },
        );
    match found {
        Ok(answer) => Seen { name, answer: Some(answer), problem: None },
        Err(problem) => Seen { name, answer: None, problem: Some(problem) },
    }
}

/// The first name of an answer that the model lacks.
fn unknown_name(answer: &Answer, n_named: usize, names: &Names) -> Option<String> {
    let (named, quantiles) = answer.measures.split_at(n_named.min(answer.measures.len()));
    let is_measure = |name: &&String| names.measure(&enum_name(name)).is_some();
    let is_quantile = |name: &&String| {
        let measure = name.rsplit_once('.').map_or(name.as_str(), |(measure, _)| measure);
        names.quantile(&enum_name(measure)).is_some()
    };
    let is_key = |key: &String| names.group_key(&enum_name(key)).is_some();
    let keys = answer.group_by.iter().map(ToString::to_string);
    let mut unknown = named
        .iter()
        .filter(|name| !is_measure(name))
        .chain(quantiles.iter().filter(|name| !is_quantile(name)))
        .cloned()
        .chain(keys.filter(|key| !is_key(key)));
    unknown.next()
}
