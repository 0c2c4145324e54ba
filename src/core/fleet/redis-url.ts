/** The URL of a Redis that runs elsewhere in, an error out when nobody can listen there; so a wrong one is told at once. */
import { createConnection } from 'node:net';
import { DreamnetError } from '../errors.js';
import { addressesIn, withoutPassword } from '../nerve/address.js';

const connectMsMax = 5_000;

/** Accepts `redis:`, `rediss:` and a list of them separated by commas, of which one must answer. */
export async function requireReachable(redisUrl: string): Promise<void> {
  const addresses = addressesOf(redisUrl);
  const reached = await Promise.all(addresses.map(connects));
  if (reached.includes(true)) return;
  throw new DreamnetError({
    code: 'DN312',
    kind: 'unreachable',
    message: `No Redis answers at ${addresses.map(({ host, port }) => `${host}:${port}`).join(', ')}`,
    hint: 'Start it, correct REDIS_URL, or unset REDIS_URL to get a private Redis.',
  });
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function addressesOf(text: string): Address[] {
  try {
    return addressesIn(text).map((url) => {
      const { hostname, port } = new URL(url);
      return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
    });
  } catch {
    throw new DreamnetError({
      code: 'DN312',
      kind: 'bad-input',
      message: `"${withoutPassword(text)}" is not the URL of a Redis`,
      hint: 'Write it as redis://host:port, or rediss://host:port for TLS; servers of a cluster are separated by commas.',
    });
  }
}

function connects(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(address);
    const finish = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.setTimeout(connectMsMax, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
