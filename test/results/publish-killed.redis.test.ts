import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readResult } from '../../src/core/results/publish.js';
import { seededRandom } from '../support/seeded-random.js';
import { setUpRedis } from '../support/set-up-redis.js';

const server = setUpRedis('killed');
const main = fileURLToPath(new URL('../support/publishing-process.ts', import.meta.url));

interface Death {
  /** Killed some time after it began with this one, or at the worst moment of it. */
  readonly id: string;
  readonly afterMs?: number;
}

async function publisher(ids: readonly string[], death?: Death): Promise<void> {
  const { socketPath } = server.target;
  const diesAt = death?.afterMs === undefined ? death?.id : undefined;
  const argument = JSON.stringify({ socketPath, prefix: server.names.prefix, ids, diesAt });
  const child = fork(main, [argument], { execArgv: ['--import', 'tsx'] });
  child.on('message', (id) => {
    if (id === death?.id && death.afterMs !== undefined)
      setTimeout(() => child.kill('SIGKILL'), death.afterMs);
  });
  await once(child, 'exit');
}

test('results are on the stream once each, however often their publisher was killed and began again', async () => {
  const ids = Array.from({ length: 400 }, (_, at) => `instr_${at}`);
  const random = seededRandom(17);
  for (let kill = 0; kill < 8; kill++) {
    const id = ids[40 * kill + random.below(40)] as string;
    await publisher(ids, kill % 2 === 0 ? { id } : { id, afterMs: random.below(4) });
  }
  await publisher(ids);
  const { redis, names } = server;
  const entries = await redis.xrange(names.results, '-', '+');
  const published = entries.map(([, fields]) => fields[fields.indexOf('id') + 1]);
  expect([...published].sort()).toEqual([...ids].sort());
  for (const id of [ids[0], ids[200], ids[399]] as string[])
    expect((await readResult(redis, names, id))?.id).toBe(id);
}, 60_000);
