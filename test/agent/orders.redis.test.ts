import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bytecodeLimits } from '../../src/core/bytecode/limits.js';
import { readAgentRecords } from '../../src/core/nerve/agent-records.js';
import { signOrder } from '../../src/core/order-signature.js';
import { readTraces } from '../../src/core/tracer/read.js';
import { coordinate, sentOrders } from '../injector/support.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import {
  acknowledgements,
  alertTexts,
  cache,
  key,
  newKey,
  obeyed,
  orderOf,
  programOf,
  sendOrder,
  sendRaw,
  startTestHost,
  storeProgram,
  temporaryDirectory,
  throttle,
  throttleAll,
} from './support.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(async () => {
  await server.clear();
  await storeProgram(server, throttle);
  await storeProgram(server, cache);
});
afterAll(() => server.stop());

const outcomes = (answers: readonly { outcome: string; code?: string | undefined }[]) =>
  answers.map(({ outcome, code }) => (code === undefined ? outcome : `${outcome} ${code}`));
const all = (outcome: string) => [outcome, outcome, outcome];

describe('an order that a host cannot trust', () => {
  const refusals: Record<string, { code: string; text: () => string }> = {
    'is no order at all': { code: 'DN610', text: () => '{"hello":"world"}' },
    'is not JSON': { code: 'DN610', text: () => '\u0000 garbage' },
    'is empty': { code: 'DN610', text: () => '' },
    'is far too long': {
      code: 'DN610',
      text: () => JSON.stringify({ order: 'x'.repeat(2_000_000), keyId: 'k', signature: 's' }),
    },
    'is signed by a stranger': { code: 'DN611', text: () => JSON.stringify(signOrder(orderOf(), newKey())) },
    'is signed by a stranger in the name of the injector': {
      code: 'DN612',
      text: () => JSON.stringify({ ...signOrder(orderOf(), newKey()), keyId: key.keyId }),
    },
    'has a signature of another text': {
      code: 'DN612',
      text: () => {
        const signed = signOrder(orderOf(), key);
        return JSON.stringify({ ...signed, order: signed.order.replace('"stage"', '"live"') });
      },
    },
    'has a signature cut short': {
      code: 'DN612',
      text: () => JSON.stringify({ ...signOrder(orderOf(), key), signature: 'AAAA' }),
    },
    'is signed but does not fit': {
      code: 'DN613',
      text: () => JSON.stringify(signOrder({ ...orderOf(), epoch: -1 }, key)),
    },
    'names a file outside as its digest': {
      code: 'DN613',
      text: () => JSON.stringify(signOrder({ ...orderOf(), digest: 'sha256:../../etc/passwd' }, key)),
    },
    'is for another fleet that shares the Redis': {
      code: 'DN591',
      text: () => JSON.stringify(signOrder(orderOf({ fleet: 'another' }), key)),
    },
    'has expired': {
      code: 'DN614',
      text: () => JSON.stringify(signOrder(orderOf({ expires: Date.now() - 1 }), key)),
    },
    'is for agents of another host': {
      code: 'DN619',
      text: () => JSON.stringify(signOrder(orderOf({ targets: ['agent-0900'] }), key)),
    },
  };

  for (const [how, { code, text }] of Object.entries(refusals)) {
    test(`${how}: is refused with ${code} and an alert, and the next one is obeyed`, async () => {
      const host = await startTestHost(server);
      await sendRaw(server, 'host-1', text());
      expect(outcomes(await obeyed(server, { instruction: 'instr_next' }))).toEqual(all('done'));
      expect(await alertTexts(server)).toEqual([expect.stringContaining(`host-1 refused an order: ${code}`)]);
      expect(await acknowledgements(server)).toEqual([]);
      expect(host.agents.map(({ staged }) => staged?.instruction)).toEqual(all('instr_next'));
    });
  }

  test('lies in a field of another name: it is refused, too', async () => {
    await startTestHost(server);
    const signed = JSON.stringify(signOrder(orderOf(), key));
    await server.redis.xadd(server.names.orders('host-1'), '*', 'x', 'order', 'text', signed);
    await obeyed(server, { instruction: 'instr_next' });
    expect(await alertTexts(server)).toHaveLength(1);
    expect(await acknowledgements(server)).toEqual([]);
  });
});

describe('an order that names its fleet, or comes from a coordinator that does not know of that', () => {
  test.each([{ fleet: 'fleet' }, {}])('is obeyed: %j', async (change) => {
    await startTestHost(server);
    expect(outcomes(await obeyed(server, change))).toEqual(all('done'));
    expect(await alertTexts(server)).toEqual([]);
  });

  test('is told by an injector with the fleet that it works on', async () => {
    await startTestHost(server);
    const run = await coordinate(server);
    await run.rollout.run();
    await run.rollout.close();
    const sent = await sentOrders(server, 'host-1');
    expect(new Set(sent.map(({ fleet }) => fleet))).toEqual(new Set([server.names.prefix]));
    expect(server.names.prefix).toBe('fleet');
  });
});

describe('an order of a coordinator that was replaced', () => {
  test('is refused with DN615 by each agent that heard of the newer one', async () => {
    const host = await startTestHost(server);
    await obeyed(server, { epoch: 7, targets: ['agent-0001'] });
    expect(outcomes(await obeyed(server, { epoch: 6, digest: cache.digest }))).toEqual([
      'refused DN615',
      'done',
      'done',
    ]);
    expect(host.agents[0]?.staged?.loaded.program.digest).toBe(throttle.digest);
  });

  test('does not bring back what its undo took back, when it is sent again', async () => {
    const host = await startTestHost(server);
    for (const action of ['stage', 'live', 'undo'] as const) await obeyed(server, { action });
    expect(outcomes(await obeyed(server, { action: 'stage' }))).toEqual(all('refused DN617'));
    expect(outcomes(await obeyed(server, { action: 'live' }))).toEqual(all('refused DN617'));
    expect(host.agents.map(({ live }) => live)).toEqual([undefined, undefined, undefined]);
    expect(outcomes(await obeyed(server, { action: 'stage', epoch: 6 }))).toEqual(all('done'));
  });
});

describe('the load path', () => {
  const refused: Record<string, { code: string; prepare: () => Promise<string> }> = {
    'bytes that nobody has': { code: 'DN601', prepare: async () => `sha256:${'0'.repeat(64)}` },
    'bytes with another digest': {
      code: 'DN602',
      prepare: async () => {
        const digest = `sha256:${'1'.repeat(64)}`;
        await storeProgram(server, { bytes: cache.bytes, digest });
        return digest;
      },
    },
    'bytes signed by a stranger': {
      code: 'DN1',
      prepare: async () => {
        const program = programOf(throttleAll, newKey());
        await storeProgram(server, program);
        return program.digest;
      },
    },
  };

  for (const [what, { code, prepare }] of Object.entries(refused)) {
    test(`with ${what} fails with ${code}, and the last good program stays`, async () => {
      const host = await startTestHost(server);
      await obeyed(server, { action: 'stage' });
      await obeyed(server, { action: 'live' });
      const digest = await prepare();
      const answers = await obeyed(server, { instruction: 'instr_two', digest });
      for (const answer of answers) {
        expect(answer.outcome).toBe('failed');
        expect(answer.code).toContain(code);
        expect(answer.timings?.totalMs).toBeGreaterThanOrEqual(0);
      }
      expect(outcomes(await obeyed(server, { instruction: 'instr_two', digest, action: 'live' }))).toEqual(
        all('failed DN616'),
      );
      expect(host.agents.map(({ live }) => live?.loaded.program.digest)).toEqual(all(throttle.digest));
      const [record] = await readAgentRecords(server.redis, server.names, ['agent-0001']);
      expect(record).toMatchObject({ live: throttle.digest, instruction: 'instr_one' });
    });
  }

  test('of a value that is no program, or of far too many bytes, fails, and the undo behind it is read', async () => {
    const host = await startTestHost(server);
    for (const action of ['stage', 'live'] as const) await obeyed(server, { action });
    const { redis, names } = server;
    const [list, huge] = ['2', '3'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
    await redis.rpush(names.program(list), 'x');
    await redis.set(names.program(huge), Buffer.alloc(bytecodeLimits.fileBytesMax + 1));
    for (const [digest, code, reason] of [
      [list, 'DN601', 'cannot be read: WRONGTYPE'],
      [huge, 'DN602', 'has more than 524288 bytes'],
    ] as const) {
      const answers = await obeyed(server, { instruction: 'instr_two', digest });
      expect(outcomes(answers)).toEqual(all(`failed ${code}`));
      expect(answers[0]?.reason).toContain(reason);
      expect(answers[0]?.timings?.digestMs, 'nobody hashes them').toBe(0);
    }
    expect(outcomes(await obeyed(server, { action: 'undo' }))).toEqual(all('done'));
    expect(host.agents.map(({ live }) => live)).toEqual([undefined, undefined, undefined]);
  });

  test('that was obeyed but cannot be acknowledged is passed with an alert, and the undo behind it is read', async () => {
    const host = await startTestHost(server);
    for (const action of ['stage', 'live'] as const) await obeyed(server, { action });
    await server.redis.set(server.names.acknowledgements('instr_two'), 'no stream');
    const streamId = await sendOrder(server, { instruction: 'instr_two', digest: cache.digest });
    expect(outcomes(await obeyed(server, { action: 'undo' }))).toEqual(all('done'));
    expect(await alertTexts(server)).toEqual([
      expect.stringMatching(`host-1 refused an order: DN621 order ${streamId} was passed: WRONGTYPE`),
    ]);
    expect(host.log).toEqual([expect.stringContaining(`order ${streamId} passed: WRONGTYPE`)]);
  });

  test('and no alert can be written: the host says so in its log and reads on', async () => {
    const host = await startTestHost(server);
    await server.redis.set(server.names.alerts, 'no stream');
    await sendRaw(server, 'host-1', 'no order');
    expect(outcomes(await obeyed(server))).toEqual(all('done'));
    expect(host.log).toContainEqual(expect.stringContaining('nobody could be told: WRONGTYPE'));
  });

  test('is tried anew when the bytes come later', async () => {
    await server.redis.del(server.names.program(throttle.digest));
    await startTestHost(server);
    expect(outcomes(await obeyed(server))).toEqual(all('failed DN601'));
    await storeProgram(server, throttle);
    expect(outcomes(await obeyed(server))).toEqual(all('done'));
  });

  test('refuses values outside of the declared ranges, and values that the program does not know', async () => {
    const host = await startTestHost(server);
    expect(outcomes(await obeyed(server, { parameters: { amount: 0.51 } }))).toEqual(all('refused DN604'));
    expect(outcomes(await obeyed(server, { parameters: { amount: 0.049 } }))).toEqual(all('refused DN604'));
    expect(outcomes(await obeyed(server, { parameters: { other: 0.2 } }))).toEqual(all('refused DN604'));
    expect(host.agents[0]?.staged).toBeUndefined();
    expect(outcomes(await obeyed(server, { parameters: { amount: 0.5 } }))).toEqual(all('done'));
  });

  test('leaves a trace of each load with its reason', async () => {
    await startTestHost(server);
    await obeyed(server, { digest: `sha256:${'0'.repeat(64)}` });
    await obeyed(server);
    const { traces, damaged } = await readTraces(server.redis, server.names, 'agent-0001', { count: 100 });
    expect(damaged).toBe(0);
    const loads = traces.flatMap(({ trace }) => (trace.kind === 'load' ? [trace.outcome] : []));
    expect(loads).toEqual(['done', 'failed']);
  });
});

describe('a host that starts', () => {
  test('with nothing on disk obeys no order of before its start', async () => {
    await sendOrder(server, { action: 'stage' });
    await sendOrder(server, { action: 'live' });
    const host = await startTestHost(server);
    expect(outcomes(await obeyed(server, { instruction: 'instr_now' }))).toEqual(all('done'));
    expect(await acknowledgements(server)).toEqual([]);
    expect(host.agents.map(({ live, staged }) => [live, staged?.instruction])).toEqual([
      [undefined, 'instr_now'],
      [undefined, 'instr_now'],
      [undefined, 'instr_now'],
    ]);
  });

  test('again is live and staged as it was, and obeys what was sent while it was away', async () => {
    const stateDir = temporaryDirectory();
    const first = await startTestHost(server, { stateDir });
    for (const action of ['stage', 'live'] as const) await obeyed(server, { action });
    await obeyed(server, { instruction: 'instr_two', digest: cache.digest, parameters: { amount: 0.3 } });
    await first.stop();
    await sendOrder(server, {
      instruction: 'instr_two',
      digest: cache.digest,
      action: 'live',
      targets: ['agent-0002'],
    });
    for (const { digest } of [throttle, cache]) await server.redis.del(server.names.program(digest));
    const second = await startTestHost(server, { stateDir });
    expect(second.agents[0]).toMatchObject({
      live: { instruction: 'instr_one', loaded: { program: { digest: throttle.digest } } },
      staged: { instruction: 'instr_two', parameters: { amount: 0.3 } },
      status: 'staged',
    });
    await expect.poll(() => second.agents[1]?.live?.instruction).toBe('instr_two');
    expect(second.agents[2]?.live?.instruction).toBe('instr_one');
    const undone = { instruction: 'instr_two', digest: cache.digest, action: 'undo' as const };
    await obeyed(server, undone);
    expect(second.agents.map(({ live }) => live?.instruction)).toEqual(all('instr_one'));
    await second.stop();
    const third = await startTestHost(server, { stateDir });
    expect(third.agents.map(({ live, staged }) => [live?.instruction, staged])).toEqual(
      [1, 2, 3].map(() => ['instr_one', undefined]),
    );
  });

  test('again does not give an agent what that agent had refused', async () => {
    const stateDir = temporaryDirectory();
    const first = await startTestHost(server, { stateDir });
    await obeyed(server, { epoch: 7, targets: ['agent-0001'] });
    await obeyed(server, { epoch: 6, instruction: 'instr_two', digest: cache.digest });
    await first.stop();
    const second = await startTestHost(server, { stateDir });
    expect(second.agents.map(({ staged }) => staged?.instruction)).toEqual([
      'instr_one',
      'instr_two',
      'instr_two',
    ]);
  });

  test('again after half a line was written to its journal reads the rest of it', async () => {
    const stateDir = temporaryDirectory();
    const first = await startTestHost(server, { stateDir });
    await obeyed(server);
    await first.stop();
    const path = join(stateDir, 'host-1.orders.jsonl');
    appendFileSync(path, readFileSync(path, 'utf8').slice(0, 40));
    const second = await startTestHost(server, { stateDir });
    expect(second.agents.map(({ staged }) => staged?.instruction)).toEqual(all('instr_one'));
    await obeyed(server, { action: 'live' });
    await second.stop();
    const third = await startTestHost(server, { stateDir });
    expect(third.agents.map(({ live }) => live?.instruction)).toEqual(all('instr_one'));
  });

  test('again believes no line of its journal that is not signed', async () => {
    const stateDir = temporaryDirectory();
    const forged = JSON.stringify(signOrder(orderOf({ action: 'live' }), newKey()));
    const line = JSON.stringify({ streamId: '1-0', envelope: forged });
    writeFileSync(join(stateDir, 'host-1.orders.jsonl'), `${line}\n{"streamId":3}\n[]\nnull\n`);
    const host = await startTestHost(server, { stateDir });
    expect(host.agents.map(({ live }) => live)).toEqual([undefined, undefined, undefined]);
    expect(outcomes(await obeyed(server))).toEqual(all('done'));
  });

  test('again fetches a program anew whose file is damaged', async () => {
    const stateDir = temporaryDirectory();
    const first = await startTestHost(server, { stateDir });
    await obeyed(server);
    await first.stop();
    const programs = join(stateDir, 'programs');
    const [file = ''] = readdirSync(programs);
    writeFileSync(join(programs, file), 'damaged');
    const second = await startTestHost(server, { stateDir });
    expect(second.agents.map(({ staged }) => staged?.loaded.program.digest)).toEqual(all(throttle.digest));
  });

  test('again keeps the held-out agents out', async () => {
    const stateDir = temporaryDirectory();
    const first = await startTestHost(server, { stateDir });
    await obeyed(server);
    await obeyed(server, { action: 'observe' });
    await first.stop();
    const second = await startTestHost(server, { stateDir });
    expect(second.agents.map(({ status, live }) => [status, live])).toEqual(
      [1, 2, 3].map(() => ['observing', undefined]),
    );
  });

  test('on a Redis that has lost its streams hears the orders of the new ones', async () => {
    const stateDir = temporaryDirectory();
    const first = await startTestHost(server, { stateDir });
    await obeyed(server);
    await first.stop();
    const journal = join(stateDir, 'host-1.orders.jsonl');
    writeFileSync(
      journal,
      readFileSync(journal, 'utf8').replace(/"streamId":"\d+-/, '"streamId":"9999999999999-'),
    );
    await server.clear();
    await startTestHost(server, { stateDir });
    expect(outcomes(await obeyed(server, { action: 'live' }))).toEqual(all('done'));
  });
});

describe('a host whose disk is full', () => {
  test('fails to stage, still undoes, and writes whole lines again afterwards', async () => {
    const stateDir = temporaryDirectory();
    const host = await startTestHost(server, { stateDir });
    await obeyed(server);
    await obeyed(server, { action: 'live' });
    const journal = join(stateDir, 'host-1.orders.jsonl');
    const { renameSync, mkdirSync, rmdirSync } = await import('node:fs');
    renameSync(journal, `${journal}.away`);
    mkdirSync(journal);
    expect(outcomes(await obeyed(server, { instruction: 'instr_two', digest: cache.digest }))).toEqual(
      all('failed DN620'),
    );
    expect(outcomes(await obeyed(server, { action: 'undo' }))).toEqual(all('done'));
    expect(host.agents.map(({ live }) => live)).toEqual([undefined, undefined, undefined]);
    expect(host.log.join('\n')).toMatch(/not written down.*EISDIR/);
    rmdirSync(journal);
    renameSync(`${journal}.away`, journal);
    appendFileSync(journal, '{"streamId":"1-1","enve');
    await obeyed(server, { instruction: 'instr_three' });
    await host.stop();
    const again = await startTestHost(server, { stateDir });
    expect(again.agents.map(({ staged }) => staged?.instruction)).toEqual(all('instr_three'));
  });
});

describe('a host', () => {
  test('acknowledges each agent of an order, and goes on when one of them fails', async () => {
    const host = await startTestHost(server, { agents: 3 });
    await obeyed(server);
    const broken = host.agents[1];
    Object.assign(broken?.workload ?? {}, {
      view: () => {
        throw new Error('the workload is gone');
      },
    });
    expect(outcomes(await obeyed(server, { action: 'live' }))).toEqual(['done', 'failed DN621', 'done']);
    await expect.poll(() => host.log.join()).toContain('agent-0002 did not tick: the workload is gone');
  });

  test('registers its agents again when Redis has lost them', async () => {
    await startTestHost(server);
    await server.clear();
    await expect
      .poll(async () => (await readAgentRecords(server.redis, server.names, ['agent-0002']))[0]?.host, {
        timeout: 6_000,
      })
      .toBe('host-1');
  });

  test('signs its agents off', async () => {
    const host = await startTestHost(server);
    expect(await server.redis.zcard(server.names.agents)).toBe(3);
    await host.stop();
    expect(await server.redis.zcard(server.names.agents)).toBe(0);
    expect((await readAgentRecords(server.redis, server.names, ['agent-0001']))[0]?.status).toBe('stopped');
  });

  test('reads on after the connection was lost', async () => {
    await startTestHost(server);
    await server.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    expect(outcomes(await obeyed(server))).toEqual(all('done'));
  });
});
