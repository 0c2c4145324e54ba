import { describe, expect, test } from 'vitest';
import { createProgramLoader } from '../../src/core/agent/load-program.js';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { digestOf } from '../../src/core/bytecode/digest.js';
import { signProgram } from '../../src/core/bytecode/signature.js';
import { type Capabilities, referenceFleet } from '../../src/core/language/capabilities.js';
import { cache, key, type TestProgram, throttle, trustOf } from './support.js';

const offered = referenceFleet;

const trust = trustOf(key);

function without(name: string): Capabilities {
  return { ...referenceFleet, actions: referenceFleet.actions.filter((action) => action.name !== name) };
}

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
  const load = async (digest: string, capabilities: Capabilities = offered) =>
    loader.load({ digest, capabilities, trust, fetched: await loader.fetch(digest) });
  return { load, loader, asked, store };
}

test('a program is fetched and instantiated once per process, and one instance serves all agents', async () => {
  const { load, asked } = loaderOf(throttle);
  const first = await load(throttle.digest);
  const second = await load(throttle.digest);
  expect(first.ok && second.ok && first.loaded === second.loaded).toBe(true);
  expect(asked).toEqual([throttle.digest]);
  expect(first.timings.verifyMs).toBeGreaterThan(0);
  expect(second.timings).toMatchObject({ fetchMs: 0, verifyMs: 0, instantiateMs: 0 });
  // Digest and signature are looked at for every order.
  expect(second.timings.digestMs).toBeGreaterThan(0);
  expect(second.timings.signatureMs).toBeGreaterThan(0);
});

test('agents of one order share its digest and signature check, but not across keys or orders', async () => {
  const { loader } = loaderOf(throttle);
  const fetched = await loader.fetch(throttle.digest);
  const load = (trusted = trust) =>
    loader.load({ digest: throttle.digest, capabilities: offered, trust: trusted, fetched });
  expect(load().timings.signatureMs).toBeGreaterThan(0);
  expect(load().timings).toMatchObject({ fetchMs: 0, digestMs: 0, signatureMs: 0 });
  const { keyId } = key;
  const revoked = { ...trust, revoked: new Set([keyId]) };
  expect(load(revoked)).toMatchObject({ ok: false, code: 'DN124' });
  expect(load(revoked)).toMatchObject({ ok: false, code: 'DN124' });
  const next = await loader.fetch(throttle.digest);
  const again = loader.load({
    digest: throttle.digest,
    capabilities: offered,
    trust: revoked,
    fetched: next,
  });
  expect(again).toMatchObject({ ok: false, code: 'DN124' });
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
  expect(await load(throttle.digest, without('REDUCE_CPU_THROTTLE'))).toMatchObject({
    ok: false,
    code: 'DN603',
    reason: 'this agent does not offer REDUCE_CPU_THROTTLE',
  });
});

describe('a program that was compiled for another fleet is refused with what differs', () => {
  const throttleAction = referenceFleet.actions.find(({ name }) => name === 'REDUCE_CPU_THROTTLE');
  const amount = throttleAction?.arguments[0];
  const act = 'REDUCE_CPU_THROTTLE(task, 20%)';
  const cases: Record<string, { fleet: object; body: string; reason: string }> = {
    'another code of an action': {
      fleet: withAction({ code: 2 }),
      body: act,
      reason: 'REDUCE_CPU_THROTTLE has the code 1 here, and 2 in the program',
    },
    'no argument where one is taken': {
      fleet: withAction({ arguments: [] }),
      body: 'REDUCE_CPU_THROTTLE(task)',
      reason: 'REDUCE_CPU_THROTTLE takes a ratio here, and no argument in the program',
    },
    'an argument in another unit': {
      fleet: withAction({ arguments: [{ ...amount, unit: 'bytes', max: 1e9 }] }),
      body: 'REDUCE_CPU_THROTTLE(task, 20MB)',
      reason: 'REDUCE_CPU_THROTTLE takes a ratio here, and a size in bytes in the program',
    },
    'an action that nobody has here': {
      fleet: withAction({ name: 'REDUCE_NOISE' }),
      body: 'REDUCE_NOISE(task, 20%)',
      reason: 'this agent does not offer REDUCE_NOISE',
    },
    'a field in another unit': {
      fleet: withField('memory', { unit: 'money' }),
      body: `IF task.memory > $5 THEN ${act}`,
      reason: 'the field memory is a size in bytes here, and an amount of money in the program',
    },
    'a field of names': {
      fleet: withField('memory', { unit: 'name', names: ['low', 'high'] }),
      body: `IF task.memory == "high" THEN ${act}`,
      reason: 'the field memory is a size in bytes here, and a name in the program',
    },
    'a field that tasks do not have here': {
      fleet: withField('memory', { name: 'noise' }),
      body: `IF task.noise > 5MB THEN ${act}`,
      reason: 'the tasks of this agent have no field noise',
    },
  };
  for (const [what, { fleet, body, reason }] of Object.entries(cases)) {
    test(what, async () => {
      const program = compiledFor(fleet as Capabilities, body);
      expect(await loaderOf(program).load(program.digest)).toMatchObject({
        ok: false,
        code: 'DN603',
        reason,
      });
    });
  }

  test('and taken where nothing that it uses differs, or only the range of an argument does', async () => {
    const other = {
      ...(withAction({ arguments: [{ ...amount, max: 0.5 }] }) as Capabilities),
      name: 'other',
    };
    const program = compiledFor(other, act);
    expect(await loaderOf(program).load(program.digest)).toMatchObject({ ok: true });
  });

  test.each([0, 31, 32, 33, 34, 0x7fff_ffff])('a code that no report can hold: %d', async (code) => {
    const fleet = withAction({ code }) as Capabilities;
    const program = compiledFor(fleet, act);
    expect(await loaderOf(program).load(program.digest, fleet)).toMatchObject({
      ok: false,
      code: 'DN603',
      reason: `REDUCE_CPU_THROTTLE has the code ${code}, and this agent measures actions with the codes 1 to 30 only`,
    });
  });

  function withAction(change: object): object {
    const others = referenceFleet.actions.slice(2);
    return { ...referenceFleet, actions: [{ ...throttleAction, ...change }, ...others] };
  }

  function withField(name: string, change: object): object {
    const fields = referenceFleet.fields.map((field) =>
      field.name === name ? { ...field, ...change } : field,
    );
    return { ...referenceFleet, fields };
  }

  function compiledFor(capabilities: Capabilities, body: string): TestProgram {
    const source = `FUNC f() { FOR EACH task IN task_queue { ${body} } }`;
    const result = compileSource(source, { fileName: 'f.dream', capabilities });
    if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join('; '));
    const bytes = signProgram(result.program.bytes, key.privateKey);
    return { bytes, digest: digestOf(bytes) };
  }
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
