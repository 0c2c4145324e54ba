/** Anything that a route threw in, the status and the one format of failures out: `{ code, message, hint }`. */
import type { FastifyError } from 'fastify';
import { DreamnetError, type FailureKind } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { isReachability } from '../core/nerve/connection.js';

export interface FailureAnswer {
  readonly status: number;
  readonly body: { readonly code: string; readonly message: string; readonly hint: string };
  /** A fault of ours, to be logged: the client is told no more than that. */
  readonly isFault: boolean;
}

export function answerFailure(thrown: unknown): FailureAnswer {
  const failure = thrown instanceof DreamnetError ? thrown : translated(thrown);
  const status = statusOf(failure);
  const { code, message, hint = 'See the documentation in docs/services.md.' } = failure;
  return { status, body: { code, message, hint }, isFault: failure.code === 'DN719' };
}

/** What the web server and the connection to Redis throw. */
function translated(thrown: unknown): DreamnetError {
  if (isReachability(thrown) || isNotConnected(thrown)) return redisIsAway();
  const { code, statusCode } = thrown as Partial<FastifyError>;
  if (code === 'FST_ERR_HANDLER_TIMEOUT') return tooSlow();
  if (statusCode === 413)
    return refusal(
      'DN717',
      `The body is larger than ${limits.messageBytesMax} bytes.`,
      'Send a smaller one.',
    );
  if (statusCode === 415)
    return refusal(
      'DN718',
      'The body is no JSON.',
      'Send it with the header `content-type: application/json`.',
    );
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return refusal('DN714', 'The request cannot be read.', 'See the routes in docs/services.md.');
  return new DreamnetError({
    code: 'DN719',
    kind: 'failed',
    message: 'Something went wrong in this service.',
    hint: 'Its log says what.',
  });
}

const statusOfCode: Readonly<Record<string, number>> = {
  DN505: 404,
  DN506: 404,
  DN703: 404,
  DN710: 404,
  DN711: 401,
  DN712: 403,
  DN713: 403,
  DN717: 413,
  DN718: 415,
  DN719: 500,
  // They fit, and come at the wrong time.
  DN504: 409,
  DN508: 409,
  DN512: 409,
  DN513: 409,
  DN514: 409,
  DN515: 409,
  DN516: 409,
  DN517: 409,
  DN518: 409,
  DN519: 409,
  DN536: 409,
};

const statusOfKind: Readonly<Record<FailureKind, number>> = {
  'bad-input': 400,
  failed: 409,
  'stopped-by-gate': 409,
  'partly-done': 409,
  'waits-for-approval': 409,
  unreachable: 503,
  interrupted: 503,
};

function statusOf({ code, kind }: DreamnetError): number {
  return statusOfCode[code] ?? statusOfKind[kind];
}

export function redisIsAway(): DreamnetError {
  return new DreamnetError({
    code: 'DN715',
    kind: 'unreachable',
    message: 'Redis cannot be reached just now; nothing was done.',
    hint: 'Try again in a moment; GET /health tells when it is back.',
  });
}

/** Said by the client when it may not wait for a connection. */
function isNotConnected(thrown: unknown): boolean {
  return thrown instanceof Error && /Stream isn't writeable|enableOfflineQueue/.test(thrown.message);
}

function tooSlow(): DreamnetError {
  return new DreamnetError({
    code: 'DN716',
    kind: 'unreachable',
    message: 'It took too long; whether it was done is not known.',
    hint: 'Look with GET /rollouts before you try again.',
  });
}

function refusal(code: string, message: string, hint: string): DreamnetError {
  return new DreamnetError({ code, kind: 'bad-input', message, hint });
}
