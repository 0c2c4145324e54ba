import { expect, test } from 'vitest';
import { createProgramLoader } from '../../src/core/agent/load-program.js';
import { digestOf } from '../../src/core/bytecode/digest.js';
import { signProgram } from '../../src/core/bytecode/signature.js';
import { cache, key, type TestProgram, throttle, trustOf } from './support.js';

const offered = new Set(['REDUCE_CPU_THROTTLE', 'REDUCE_MEMORY_CACHE']);

const trust = trustOf(key);

/** A loader whose store holds these programs, and how often it was asked. */
function loaderOf(...programs: readonly TestProgram[]) {
  const store = new Map(programs.map(({ digest, bytes }) => [digest, bytes]));
  const asked: string[] = [];
  const loader = createProgramLoader({
    clock: () => performance.now(),
    fetch: async (digest) => {
      asked.push(digest);
      return store.get(digest);
    },
  });
  const load = async (digest: string, capabilities: ReadonlySet<string> = offered) =>
    loader.load({ digest, capabilities, trust, ...(await loader.bytes(digest)) });
  return { load, asked, store };
}

test('a program is fetched and instantiated once per process, and one instance serves all agents', async () => {
  const { load, asked } = loaderOf(throttle);
  const first = await load(throttle.digest);
  const second = await load(throttle.digest);
  expect(first.ok && second.ok && first.loaded === second.loaded).toBe(true);
  expect(asked).toEqual([throttle.digest]);
  expect(first.timings.verifyMs).toBeGreaterThan(0);
  expect(second.timings).toMatchObject({ fetchMs: 0, verifyMs: 0, instantiateMs: 0 });
  // Digest and signature are looked at for every agent.
  expect(second.timings.digestMs).toBeGreaterThan(0);
  expect(second.timings.signatureMs).toBeGreaterThan(0);
});

test('the sum of the steps is no more than the whole', async () => {
  const { totalMs, ...steps } = (await loaderOf(throttle).load(throttle.digest)).timings;
  expect(Object.values(steps).reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(totalMs);
});

test('bytes of another digest are refused and asked for again', async () => {
  const { load, asked, store } = loaderOf({ digest: throttle.digest, bytes: cache.bytes });
  expect(await load(throttle.digest)).toMatchObject({ ok: false, code: 'DN602' });
  store.set(throttle.digest, throttle.bytes);
  expect(await load(throttle.digest)).toMatchObject({ ok: true });
  expect(asked).toHaveLength(2);
});

test('every changed byte of a signed program is refused', async () => {
  for (let at = 0; at < throttle.bytes.length; at++) {
    const bytes = Uint8Array.from(throttle.bytes);
    bytes[at] = (bytes[at] ?? 0) ^ 0x41;
    const digest = digestOf(bytes);
    expect((await loaderOf({ bytes, digest }).load(digest)).ok, `byte ${at}`).toBe(false);
  }
});

test('a signature does not make an unsafe module safe', async () => {
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const bytes = signProgram(empty, key.privateKey);
  const digest = digestOf(bytes);
  const load = await loaderOf({ bytes, digest }).load(digest);
  expect(load.ok ? '' : load.code).toMatch(/^DN1[0-9]{2}$/);
});

test('an agent that lacks an action refuses the program; its neighbour that has it does not', async () => {
  const { load } = loaderOf(throttle);
  expect(await load(throttle.digest)).toMatchObject({ ok: true });
  expect(await load(throttle.digest, new Set(['REDUCE_MEMORY_CACHE']))).toMatchObject({
    ok: false,
    code: 'DN603',
    reason: 'this agent does not offer REDUCE_CPU_THROTTLE',
  });
});

test('more programs than are kept ready are loaded anew, not lost', async () => {
  const { load, asked } = loaderOf(throttle, cache);
  await load(throttle.digest);
  for (let other = 0; other < 40; other++) {
    const digest = `sha256:${other.toString(16).padStart(64, '0')}`;
    expect(await load(digest)).toMatchObject({ ok: false, code: 'DN601' });
  }
  expect(await load(throttle.digest)).toMatchObject({ ok: true });
  expect(asked.filter((digest) => digest === throttle.digest)).toHaveLength(1);
});
