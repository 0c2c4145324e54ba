/** What every HTTP face shares: guards, bounded JSON bodies, one format of failures, and how it listens. */
import { isIP } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ZodType } from 'zod';
import { DreamnetError, messageOf } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { inOurWords, reasonsOf } from '../core/nerve/schema-words.js';
import { parseMessage } from '../core/nerve/streams.js';
import { answerFailure } from './answer-failure.js';
import { type Guard, guardRequest } from './guard-requests.js';

export interface ServerOptions extends Guard {
  /** A fault of ours, for the log. */
  readonly onFault: (text: string) => void;
}

/** Reading and looking up; what waits for agents says so itself. */
const answerMsMax = 10_000;
/** A client that sends its request more slowly than this is none that we wait for. */
const requestMsMax = 30_000;

export function httpServer(options: ServerOptions): FastifyInstance {
  const server = Fastify({
    routerOptions: { maxParamLength: 200 },
    bodyLimit: limits.messageBytesMax,
    handlerTimeout: answerMsMax,
    requestTimeout: requestMsMax,
    forceCloseConnections: true,
    frameworkErrors: (error, _request, reply) => {
      const { status, body } = answerFailure(error);
      void (reply as unknown as FastifyReply).code(status).send(body);
    },
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end(unreadable);
    },
  });
  server.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    guardRequest(options, request);
  });
  // As text, so that it is read with the same bounds as a message of the nerve.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  server.setErrorHandler((thrown, _request, reply) => {
    const { status, body, isFault } = answerFailure(thrown);
    if (isFault) options.onFault(messageOf(thrown));
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(status).send(body);
  });
  server.setNotFoundHandler(() => {
    throw new DreamnetError({
      code: 'DN710',
      kind: 'bad-input',
      message: 'There is no such route.',
      hint: 'See the routes in docs/services.md.',
    });
  });
  return server;
}

const unreadable = `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n${JSON.stringify(
  {
    code: 'DN714',
    message: 'The request cannot be read.',
    hint: 'Send HTTP/1.1; a server for HTTPS can be put before it.',
  },
)}`;

/** The body as the schema has it; no body is an empty object. Throws DN714 with every reason why it does not fit. */
export function bodyOf<T>({ body }: FastifyRequest, schema: ZodType<T>): T {
  const text = typeof body === 'string' && body.trim() !== '' ? body : '{}';
  const message = parseMessage('', text, schema);
  if (message.ok) return message.value;
  throw new DreamnetError({
    code: 'DN714',
    kind: 'bad-input',
    message: `The body does not fit: ${message.reasons.join('; ')}.`.slice(0, limits.reasonCharactersMax),
    hint: 'See the routes in docs/services.md.',
  });
}

/** The query as the schema has it. Throws DN714 with every reason why it does not fit. */
export function queryOf<T>({ query }: FastifyRequest, schema: ZodType<T>): T {
  const parsed = schema.safeParse(query, inOurWords);
  if (parsed.success) return parsed.data;
  throw doesNotFit(reasonsOf(parsed.error).join('; '));
}

export function doesNotFit(why: string): DreamnetError {
  return new DreamnetError({
    code: 'DN714',
    kind: 'bad-input',
    message: `The request does not fit: ${why}.`,
    hint: 'See the routes in docs/services.md.',
  });
}

/** The address that it listens on; throws DN706 when it cannot. */
export async function listen(
  server: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  try {
    await server.listen({ host, port });
  } catch (thrown) {
    throw cannotListen({ host, port }, thrown);
  }
  const address = server.server.address();
  const listening = typeof address === 'object' && address !== null ? address.port : port;
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${listening}`;
}

function cannotListen({ host, port }: { host: string; port: number }, thrown: unknown): DreamnetError {
  const { code } = thrown as NodeJS.ErrnoException;
  const [why, hint] =
    code === 'EADDRINUSE'
      ? ['another process listens there', 'End it, or choose another one with --port.']
      : code === 'EACCES'
        ? ['this user may not', 'Choose a port above 1023 with --port.']
        : code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
          ? ['this machine has no such address', 'Choose an address of this machine with --host.']
          : [messageOf(thrown), 'Choose others with --host and --port.'];
  return new DreamnetError({
    code: 'DN706',
    kind: 'failed',
    message: `Cannot listen on ${host} port ${port}: ${why}.`,
    hint,
    cause: thrown,
  });
}

/** Refused at start, before anything listens; throws DN707. */
export function requireTokenBeyondLoopback(host: string, token: { readonly given: boolean }): void {
  const isLoopback = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  if (isLoopback || token.given) return;
  throw new DreamnetError({
    code: 'DN707',
    kind: 'bad-input',
    message: `${host} can be reached from other machines, and no token was given.`,
    hint: 'Give one with --token-file FILE or DREAMNET_TOKEN, or leave --host out.',
  });
}
