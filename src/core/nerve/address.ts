/** How a Redis is named, by `--redis`, REDIS_URL or an option; what to connect to, and what people are shown of it. */
import { DreamnetError } from '../errors.js';

export interface RedisTarget {
  /** Unix socket of the private Redis, or null. */
  readonly socketPath: string | null;
  /** `redis://` or `rediss://` address, several of one cluster separated by commas, or null. */
  readonly url: string | null;
}

/**
 * The addresses that a text names, each as a URL of its own: `redis://user:password@a:6379,b:6380` has two, which share what
 * stands before the first host. Throws DN202.
 */
export function addressesIn(text: string): [string, ...string[]] {
  const [first = '', ...others] = text.split(',').map((part) => part.trim());
  const shared = /^rediss?:\/\/(?:[^@/]*@)?/.exec(first)?.[0] ?? '';
  const path = /^rediss?:\/\/[^/]*(\/.*)$/.exec(first)?.[1] ?? '';
  const urls = [
    first,
    ...others.map((other) => (/^rediss?:\/\//.test(other) ? other : `${shared}${other}${path}`)),
  ];
  for (const url of urls) if (!isAddress(url)) throw noAddress(text);
  return urls as [string, ...string[]];
}

/** Address as shown to people: without the password. */
export function describeTarget(target: RedisTarget): string {
  return target.socketPath ?? withoutPassword(target.url ?? '');
}

/** The URL without its password, for messages. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/g, '//***@');
}

function isAddress(url: string): boolean {
  return /^rediss?:\/\//.test(url) && URL.canParse(url);
}

function noAddress(text: string): DreamnetError {
  return new DreamnetError({
    code: 'DN202',
    kind: 'bad-input',
    message: `"${withoutPassword(text)}" is no Redis address.`,
    hint: 'Use redis://host:port or rediss://host:port, for example --redis redis://127.0.0.1:6379; servers of a cluster are separated by commas.',
  });
}
