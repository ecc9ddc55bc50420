import { afterEach, describe, expect, it, vi } from 'vitest';
import { asGatewayError, ask, detailsOf, type ErrorCode, GatewayError, sentence, wordsOf } from './client';
import { ViewsDocument } from './generated';

afterEach(() => vi.unstubAllGlobals());

const answers = (response: () => Promise<Response>) => vi.stubGlobal('fetch', vi.fn<() => Promise<Response>>(response));
const json = (body: unknown, status = 200) => async () => new Response(JSON.stringify(body), { status });
const failure = async (signal?: AbortSignal) => {
  const thrown: unknown = await ask(ViewsDocument, {}, signal).then(() => null, (error: unknown) => error);
  if (!(thrown instanceof GatewayError)) return thrown;
  return { code: thrown.code, retryable: thrown.retryable, message: thrown.message.replace(location.origin, 'here') };
};

describe('asking the gateway', () => {
  it('returns the data of an answer', async () => {
    answers(json({ data: { views: [] } }));
    expect(await ask(ViewsDocument, {})).toEqual({ views: [] });
  });

  it.each([
    ['with what the gateway says of it', json({ errors: [{ message: 'too many rows', extensions: { code: 'RESOURCE_EXHAUSTED', retryable: false } }] }), { code: 'RESOURCE_EXHAUSTED', retryable: false, message: 'too many rows' }],
    ['that may be retried where only its code says so', json({ errors: [{ message: 'gone', extensions: { code: 'UNAVAILABLE' } }] }, 503), { code: 'UNAVAILABLE', retryable: true, message: 'gone' }],
    ['without a code', json({ data: null, errors: [{ message: 'oops' }] }), { code: 'INTERNAL', retryable: false, message: 'oops' }],
    ['by a proxy, which may recover', async () => new Response('<html>Bad Gateway</html>', { status: 502 }), { code: 'UNAVAILABLE', retryable: true, message: 'the gateway at here answered HTTP 502 without a GraphQL answer' }],
    ['by a proxy, which will not', async () => new Response('Not here', { status: 404 }), { code: 'INTERNAL', retryable: false, message: 'the gateway at here answered HTTP 404 without a GraphQL answer' }],
    ['of the network', () => Promise.reject(new TypeError('Failed to fetch')), { code: 'UNREACHABLE', retryable: true, message: 'the gateway at here does not answer' }],
  ] as const)('throws a failure %s', async (_, response, expected) => {
    answers(response);
    expect(await failure()).toEqual(expected);
  });

  it('lets a cancelled question end as such, and not as a failure', async () => {
    const cancelled = new DOMException('cancelled', 'AbortError');
    answers(() => Promise.reject(cancelled));
    expect(await failure(AbortSignal.abort())).toBe(cancelled);
  });
});

describe('a failure in words', () => {
  const of = (code: ErrorCode) => new GatewayError(code, 'serving at http://10.0.0.1:50051 said `no`', false);

  it.each(['UNREACHABLE', 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'UNAUTHENTICATED', 'INTERNAL'] as const)('keeps addresses in the details: %s', (code) => {
    expect(wordsOf(of(code))).not.toContain('http');
    expect(detailsOf(of(code))).toContain('http://10.0.0.1:50051');
  });

  it.each(['INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED', 'CONFLICT', 'PERMISSION_DENIED'] as const)('is the message itself, without details: %s', (code) => {
    expect(wordsOf(of(code))).toBe('Serving at http://10.0.0.1:50051 said `no`.');
    expect(detailsOf(of(code))).toBeNull();
  });

  it('ends as a sentence', () => {
    expect(['no rows', 'Why?', 'stop.'].map(sentence)).toEqual(['No rows.', 'Why?', 'Stop.']);
    expect(asGatewayError('a text')).toMatchObject({ code: 'INTERNAL', message: 'a text', retryable: false });
  });
});
