// One function that asks the gateway, and the one error that it throws.

import { t } from '../language';
import type { TypedDocumentString } from './generated';

/** The codes of the gateway, and one of our own for a gateway that does not answer at all. */
export type ErrorCode =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED'
  | 'INTERNAL'
  | 'CONFLICT'
  | 'UNREACHABLE';

export class GatewayError extends Error {
  readonly code: ErrorCode;
  /** Whether the same question may succeed when asked again. */
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, retryable: boolean) {
    super(message);
    this.name = 'GatewayError';
    this.code = code;
    this.retryable = retryable;
  }
}

interface GraphQLBody<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: ErrorCode; readonly retryable?: boolean };
  }[];
}

export async function ask<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Result> {
  let response: Response;
  try {
    response = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query: document.toString(), variables }),
      signal: signal ?? null,
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new GatewayError('UNREACHABLE', t('error.noAnswer', { gateway: location.origin }), true);
  }
  const body = await readBody<Result>(response);
  const first = body?.errors?.[0];
  if (first) {
    const code = first.extensions?.code ?? 'INTERNAL';
    throw new GatewayError(code, first.message, first.extensions?.retryable ?? code === 'UNAVAILABLE');
  }
  if (!body?.data) {
    // A proxy whose session has run out answers itself, or sends one on to its page of signing in.
    if (response.status === 401 || response.redirected) {
      throw new GatewayError('UNAUTHENTICATED', t('error.onlySignedIn', { gateway: location.origin }), false);
    }
    if (response.status === 403) {
      throw new GatewayError('PERMISSION_DENIED', t('error.mayNotAsk'), false);
    }
    // A proxy in between answers in its own words; only its status is reliable.
    const message = t('error.notGraphQL', { gateway: location.origin, status: String(response.status) });
    throw new GatewayError(response.status >= 500 ? 'UNAVAILABLE' : 'INTERNAL', message, response.status >= 500);
  }
  return body.data;
}

async function readBody<Result>(response: Response): Promise<GraphQLBody<Result> | null> {
  try {
    return (await response.json()) as GraphQLBody<Result>;
  } catch {
    return null;
  }
}

export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError('INTERNAL', error instanceof Error ? error.message : String(error), false);
}

/** What happened, in words for analysts. Addresses and system errors belong in the details. */
export function wordsOf(error: GatewayError): string {
  switch (error.code) {
    case 'PERMISSION_DENIED':
    case 'CONFLICT':
    case 'INVALID_ARGUMENT':
    case 'RESOURCE_EXHAUSTED':
      return t(`error.${error.code}`, { message: sentence(error.message) });
    default:
      return t(`error.${error.code}`);
  }
}

/** What `wordsOf` leaves out; null where it already gives the message itself. */
export function detailsOf(error: GatewayError): string | null {
  return wordsOf(error).endsWith(sentence(error.message)) ? null : error.message;
}

/** A message of the gateway, which is lower case without a full stop, as a sentence. */
export function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
