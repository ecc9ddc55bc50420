// What went wrong, by the code of the error. `message` is what the gateway says, in English: a language of its own says before
// it what kind of error this is.

export default {
  'error.UNREACHABLE': 'Clio is not responding: it may be restarting, or your network may be down.',
  'error.UNAVAILABLE': 'The query service is not available at the moment.',
  'error.DEADLINE_EXCEEDED': 'The answer took too long. Try fewer days, groups or measures.',
  'error.NOT_FOUND': 'The snapshot that this page shows is not available at the moment.',
  'error.UNAUTHENTICATED': 'You are not signed in, or your sign-in has expired. Load the page again to sign in.',
  'error.INTERNAL': 'Something went wrong inside Clio.',
  'error.PERMISSION_DENIED': '{message}',
  'error.CONFLICT': '{message}',
  'error.INVALID_ARGUMENT': '{message}',
  'error.RESOURCE_EXHAUSTED': '{message}',
  'error.noAnswer': 'the gateway at {gateway} does not answer',
  'error.onlySignedIn': 'the gateway at {gateway} is reached only by who is signed in',
  'error.mayNotAsk': 'you are signed in, and may not ask this',
  'error.notGraphQL': 'the gateway at {gateway} answered HTTP {status} without a GraphQL answer',
} as const;
