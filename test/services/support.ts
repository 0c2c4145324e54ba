/** The injector's service in this process: a real server on a free port, real hosts, a real Redis. */
import { onTestFinished } from 'vitest';
import type { ServiceSettings } from '../../src/core/injector-service/settings.js';
import type { LoopContext } from '../../src/core/loop-context.js';
import { connectRedis } from '../../src/core/nerve/connection.js';
import type { Redis } from '../../src/core/nerve/redis.js';
import { bearerToken } from '../../src/services/bearer-token.js';
import { serveInjector } from '../../src/services/serve-injector.js';
import { key, trustOf } from '../agent/support.js';
import type { TestRedis } from '../support/redis.js';

export const token = 'a-token-of-these-tests-0123456789';

export interface ServiceWish {
  readonly name?: string;
  readonly acceptUnsigned?: boolean;
  readonly defaults?: ServiceSettings;
  readonly names?: readonly string[];
  readonly clock?: () => number;
  /** The connection that its rollouts are made on, before it does anything. */
  readonly onConnected?: (redis: Redis) => void;
}

export interface TestService {
  readonly url: string;
  readonly log: string[];
  /** With the token and a JSON body. */
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** As SIGTERM does it. */
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look at documents of many shapes.
  readonly body: any;
  readonly headers: Headers;
}

export async function startService(server: TestRedis, wish: ServiceWish = {}): Promise<TestService> {
  const controller = new AbortController();
  const name = wish.name ?? 'service-one';
  const log: string[] = [];
  const context = async (patience: 'agent' | 'request'): Promise<LoopContext> => ({
    redis: await connectRedis(server.target, { patience, name }),
    names: server.names,
    key,
    keyring: () => ({ trust: trustOf(key), pairs: [key] }),
    name,
    clock: wish.clock ?? Date.now,
    random: Math.random,
    report: () => undefined,
    signal: controller.signal,
  });
  const [work, requests] = [await context('agent'), await context('request')];
  wish.onConnected?.(work.redis);
  const ready = Promise.withResolvers<string>();
  const ended = serveInjector({
    session: {
      ...{ work, requests, redisAt: 'test' },
      async close() {
        work.redis.disconnect();
        requests.redis.disconnect();
      },
    },
    signal: controller.signal,
    token: bearerToken({ file: undefined, variable: token, keptAt: '' }),
    host: '127.0.0.1',
    port: 0,
    names: wish.names ?? [],
    version: '1.2.3',
    acceptUnsigned: wish.acceptUnsigned ?? false,
    defaults: { batch: '5', maxFailures: '0', bakeMs: 0, windowMs: 1_000, ...wish.defaults },
    log: ({ text }) => log.push(text),
    onReady: ready.resolve,
  });
  ended.catch(ready.reject);
  const stop = async () => {
    controller.abort();
    await ended;
  };
  onTestFinished(stop);
  const url = await ready.promise;
  const ask = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, init);
    return { status: response.status, body: await response.json(), headers: response.headers };
  };
  return {
    url,
    log,
    stop,
    get: (path, headers = {}) => ask(path, { headers }),
    post: (path, body, headers = {}) =>
      ask(path, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
  };
}
