//! How resolvers query serving.

use std::sync::Arc;

use async_graphql::dynamic::{
    Field, FieldFuture, FieldValue, ObjectAccessor, ResolverContext, TypeRef,
};
use clio_proto::{Code, CubeService, ServiceError};
use futures::future::BoxFuture;

use crate::access::Caller;
use crate::argument::no_quoted_names;
use crate::backend::Backend;
use crate::error::graphql_error;
use crate::names::in_graphql;

type Asked = BoxFuture<'static, Result<FieldValue<'static>, ServiceError>>;

/// Serving, and who is asking.
pub(super) struct Asker {
    pub(super) backend: Arc<Backend>,
    pub(super) caller: Caller,
}

impl Asker {
    /// The asker of a context.
    pub(super) fn of(context: &ResolverContext<'_>) -> Result<Self, ServiceError> {
        Ok(Self { backend: backend(context)?, caller: caller(context) })
    }

    pub(super) async fn ask<T, F>(
        &self,
        question: impl FnOnce(Arc<dyn CubeService>) -> F,
    ) -> Result<T, ServiceError>
    where
        F: Future<Output = Result<T, ServiceError>>,
    {
        self.ask_within(None, question).await
    }

    /// Runs a query whose parts are entries of an argument.
    pub(super) async fn ask_within<T, F>(
        &self,
        argument: Option<&str>,
        question: impl FnOnce(Arc<dyn CubeService>) -> F,
    ) -> Result<T, ServiceError>
    where
        F: Future<Output = Result<T, ServiceError>>,
    {
        let answer = self.backend.ask(&self.caller, question).await;
        answer.map_err(|error| self.backend.reports.outward(in_graphql(error, argument)))
    }
}

/// A field that lowers its arguments and queries serving. The one place where an error of serving becomes one of
/// GraphQL: async-graphql would turn it into text without its code.
pub(super) fn asks<F>(name: &str, ty: TypeRef, ask: F) -> Field
where
    F: Fn(&ObjectAccessor<'_>, Asker) -> Result<Asked, ServiceError> + Send + Sync + 'static,
{
    Field::new(name, ty, move |context| {
        let asked = no_quoted_names(&context.item.node)
            .and_then(|()| Asker::of(&context))
            .and_then(|asker| ask(&context.args, asker));
        let field = response_key(&context);
        FieldFuture::new(async move {
            let answer = match asked {
                Ok(asked) => asked.await,
                Err(error) => Err(error),
            };
            answer.map(Some).map_err(|error| graphql_error(error, field))
        })
    })
}

/// The name that the field has in the answer.
pub(super) fn response_key(context: &ResolverContext<'_>) -> String {
    let field = context.field();
    field.alias().unwrap_or_else(|| field.name()).to_owned()
}

pub(super) fn caller(context: &ResolverContext<'_>) -> Caller {
    context.data_opt::<Caller>().cloned().unwrap_or_else(Caller::nobody)
}

pub(super) fn backend(context: &ResolverContext<'_>) -> Result<Arc<Backend>, ServiceError> {
    context.data_opt::<Arc<Backend>>().cloned().ok_or_else(|| {
        ServiceError::new(Code::Internal, "this schema was built to be printed, not to be queried")
    })
}
