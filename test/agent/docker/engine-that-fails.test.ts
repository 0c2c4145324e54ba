/** Effects on containers whose engine fails, is silent or was away: nothing is lost, and nothing is said to be done that is not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDockerAgents } from '../../../src/core/agent/workloads/docker/docker-agents.js';
import type { ContainerUse } from '../../../src/core/agent/workloads/docker/effects/container-use.js';
import {
  type AskedEffect,
  ContainerEffects,
  type EffectsOptions,
} from '../../../src/core/agent/workloads/docker/effects/effects.js';
import { openFormerValues } from '../../../src/core/agent/workloads/docker/effects/former-values.js';
import { guardMemory } from '../../../src/core/agent/workloads/docker/guard-memory.js';
import {
  idOf,
  type SmallEngine,
  smallContainer,
  startSmallEngine,
} from '../../support/docker/small-engine.js';

const megabyte = 1024 ** 2;
const busy: ContainerUse = {
  ...{ cores: 0.5, memory: 400 * megabyte, workingSet: 60 * megabyte, workingSetMax: 80 * megabyte },
  ...{ bitsPerSecond: 0, growth: 0, idleSeconds: 0 },
};
const applied = { applied: true };
const limitedTo = (megabytes: number) => ({ Memory: megabytes * megabyte, MemorySwap: megabytes * megabyte });

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'dreamnet-limits-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function effectsOn(
  { engine }: SmallEngine,
  { stateDir = directory(), ...options }: Partial<EffectsOptions> & { readonly stateDir?: string } = {},
): ContainerEffects {
  const log = () => undefined;
  return new ContainerEffects({
    ...{ engine, log, clock: Date.now, formerValues: openFormerValues(stateDir, log) },
    ...{ measure: async () => busy, mayNotTouch: () => undefined },
    ...options,
  });
}

function asked(action: string, instruction = 'instr_1', argument = 0.2, container = 0): AskedEffect {
  const { signal } = new AbortController();
  return { container: idOf(container), agent: 'agent-1', instruction, action, argument, signal };
}

const updates = (question: string) => question.endsWith('/update');

describe('an engine that fails while something is taken back', () => {
  it('is asked again by the same undo, which says so until it is done', async () => {
    const small = await startSmallEngine(smallContainer({ CpuQuota: 90_000 }));
    const effects = effectsOn(small);
    expect(await effects.apply(asked('REDUCE_CPU_THROTTLE', 'instr_1'))).toEqual(applied);
    expect(await effects.apply(asked('REDUCE_CPU_THROTTLE', 'instr_2', 0.5))).toEqual(applied);
    expect(small.containers.get(idOf(0))?.limits.CpuQuota).toBe(25_000);
    small.mood = (question) => (updates(question) ? 'fails' : undefined);
    for (let time = 1; time <= 3; time++)
      await expect(effects.revert('agent-1', 'instr_2')).rejects.toMatchObject({ code: 'DN656' });
    small.mood = () => undefined;
    await effects.revert('agent-1', 'instr_2');
    expect(small.containers.get(idOf(0))?.limits.CpuQuota).toBe(40_000);
  });

  it('is not asked about containers that the undone instruction never touched', async () => {
    const small = await startSmallEngine(smallContainer(), smallContainer({}, 'other'));
    const effects = effectsOn(small);
    await effects.apply(asked('REDUCE_CPU_THROTTLE', 'instr_1', 0.2, 0));
    await effects.apply(asked('REDUCE_CPU_THROTTLE', 'instr_2', 0.2, 1));
    small.asked.length = 0;
    await effects.revert('agent-1', 'instr_1');
    expect(small.asked.filter((question) => question.includes(idOf(1)))).toEqual([]);
  });
});

describe('a hook that will not move a container back', () => {
  it('is asked again by the same undo, from where the container is', async () => {
    const small = await startSmallEngine(smallContainer());
    const moves: string[] = [];
    let refusal: string | undefined;
    const move = async ({ from, to }: { from: string; to: string }) => {
      moves.push(`${from} to ${to}`);
      return refusal;
    };
    const effects = effectsOn(small, { regions: { of: () => 'east', cheapest: 'west', move } });
    expect(await effects.apply(asked('ROUTE_TO_CHEAPER_REGION'))).toEqual(applied);
    refusal = 'no room in the east';
    for (let time = 1; time <= 2; time++)
      await expect(effects.revert('agent-1', 'instr_1')).rejects.toMatchObject({ code: 'DN656' });
    expect(effects.regionOf(idOf(0))).toBe('west');
    refusal = undefined;
    await effects.revert('agent-1', 'instr_1');
    expect(moves).toEqual(['east to west', 'west to east', 'west to east', 'west to east']);
    expect(effects.moved()).toEqual([]);
  });
});

describe('a memory limit that was written down before a crash', () => {
  it('is guarded from the start, before anybody knows what agents hold', async () => {
    const small = await startSmallEngine(smallContainer(limitedTo(1_024)));
    const stateDir = directory();
    await effectsOn(small, { stateDir }).apply(asked('REDUCE_MEMORY_CACHE', 'instr_1', 0.5));
    expect(small.containers.get(idOf(0))?.limits.Memory).toBe(200 * megabyte);
    const docker = await openDockerAgents({
      ...{ engine: small.engine, stateDir, filters: {}, ids: ['host'], agents: 1 },
      log: () => undefined,
    });
    onTestFinished(async () => void (await docker.close()));
    Object.assign(small.containers.get(idOf(0)) ?? {}, { memory: 190 * megabyte });
    await expect.poll(() => small.containers.get(idOf(0))?.limits.Memory).toBe(1_024 * megabyte);
  });

  it('of a container that is gone is forgotten', async () => {
    const small = await startSmallEngine(smallContainer(limitedTo(1_024)));
    const stateDir = directory();
    await effectsOn(small, { stateDir }).apply(asked('REDUCE_MEMORY_CACHE', 'instr_1', 0.5));
    small.containers.clear();
    const effects = effectsOn(small, { stateDir });
    expect(await effects.keepOnly(() => true)).toEqual([]);
    expect(effects.limitedMemory()).toEqual([]);
  });

  it('of a container that is gone is forgotten meanwhile, too, and of one that only stopped it is not', async () => {
    const small = await startSmallEngine(smallContainer(limitedTo(1_024)), smallContainer(limitedTo(1_024)));
    const effects = effectsOn(small);
    for (const container of [0, 1])
      await effects.apply(asked('REDUCE_MEMORY_CACHE', 'instr_1', 0.5, container));
    small.containers.delete(idOf(0));
    await effects.forgetGone(() => false);
    expect(effects.limitedMemory().map(({ container }) => container)).toEqual([idOf(1)]);
  });

  it('is not set any more when the container uses more by now', async () => {
    const small = await startSmallEngine(smallContainer(limitedTo(1_024)));
    const stateDir = directory();
    small.mood = (question) => (updates(question) ? 'fails' : undefined);
    // The engine dies with the question, so that what it did is not known.
    const before = effectsOn(small, { stateDir });
    small.mood = (question) => (small.asked.some(updates) || updates(question) ? 'fails' : undefined);
    await before.apply(asked('REDUCE_MEMORY_CACHE', 'instr_1', 0.5));
    small.mood = () => undefined;
    const grown = {
      ...busy,
      memory: 700 * megabyte,
      workingSet: 600 * megabyte,
      workingSetMax: 600 * megabyte,
    };
    const after = effectsOn(small, { stateDir, measure: async () => grown });
    await after.keepOnly(() => true);
    await after.apply(asked('REDUCE_MEMORY_CACHE', 'instr_1', 0.5));
    expect(small.containers.get(idOf(0))?.limits.Memory).toBeGreaterThan(700 * megabyte);
  });

  it('is not lowered by taking another back while the use is not known', async () => {
    const small = await startSmallEngine(smallContainer(limitedTo(1_024)));
    const stateDir = directory();
    let use = busy;
    const before = effectsOn(small, { stateDir, measure: async () => use });
    await before.apply(asked('REDUCE_MEMORY_CACHE', 'instr_1', 0.1));
    use = { ...busy, workingSet: 240 * megabyte, workingSetMax: 240 * megabyte };
    await before.apply(asked('REDUCE_MEMORY_CACHE', 'instr_2', 0.6));
    expect(small.containers.get(idOf(0))?.limits.Memory).toBe(304 * megabyte);
    const after = effectsOn(small, { stateDir, measure: async () => undefined });
    await after.keepOnly((_, instruction) => instruction === 'instr_2');
    expect(small.containers.get(idOf(0))?.limits.Memory).toBe(304 * megabyte);
  });
});

describe('an engine that takes a question and says nothing', () => {
  it('does not keep what comes after from its turn, nor an end from coming', async () => {
    const small = await startSmallEngine(smallContainer({ CpuQuota: 90_000 }));
    const effects = effectsOn(small, { answerMs: 200 });
    small.mood = () => 'is silent';
    expect(await effects.apply(asked('REDUCE_CPU_THROTTLE'))).toMatchObject({ applied: false });
    small.mood = (question) => (updates(question) ? 'is silent' : undefined);
    expect(await effects.apply(asked('REDUCE_CPU_THROTTLE'))).toMatchObject({
      ...{ applied: false, reason: expect.stringContaining('no answer within') },
    });
    // It may do it yet: what was there before is still known, and put back.
    small.containers.get(idOf(0))?.limits.CpuQuota === 90_000 || expect.unreachable();
    Object.assign(small.containers.get(idOf(0))?.limits ?? {}, { CpuQuota: 40_000 });
    small.mood = () => undefined;
    await effects.idle();
    await effects.revert('agent-1', 'instr_1');
    expect(small.containers.get(idOf(0))?.limits.CpuQuota).toBe(90_000);
  });
});

describe('the guard over memory limits', () => {
  it('goes on for the others while one container is being moved, and for that one, too', async () => {
    const small = await startSmallEngine(
      smallContainer(limitedTo(1_024)),
      smallContainer(limitedTo(1_024), 'other'),
    );
    const move = Promise.withResolvers<undefined>();
    const regions = { of: () => 'east', cheapest: 'west', move: () => move.promise };
    const effects = effectsOn(small, { regions });
    for (const container of [0, 1])
      expect(await effects.apply(asked('REDUCE_MEMORY_CACHE', 'instr_1', 0.5, container))).toEqual(applied);
    const moving = effects.apply(asked('ROUTE_TO_CHEAPER_REGION', 'instr_1', 0, 0));
    const stop = new AbortController();
    const used = [195, 100];
    const guarding = guardMemory({
      ...{ effects, signal: stop.signal, log: () => undefined },
      workingSet: async (id) => (used[id === idOf(0) ? 0 : 1] ?? 0) * megabyte,
    });
    const limits = () => [0, 1].map((at) => (small.containers.get(idOf(at))?.limits.Memory ?? 0) / megabyte);
    await expect.poll(limits).toEqual([1_024, 200]);
    used[1] = 195;
    await expect.poll(limits).toEqual([1_024, 1_024]);
    move.resolve(undefined);
    expect(await moving).toEqual(applied);
    stop.abort();
    await guarding;
  });

  it('goes on when one container cannot be read for a long time', async () => {
    const small = await startSmallEngine(
      smallContainer(limitedTo(1_024)),
      smallContainer(limitedTo(1_024), 'other'),
    );
    const effects = effectsOn(small);
    for (const container of [0, 1])
      expect(await effects.apply(asked('REDUCE_MEMORY_CACHE', 'instr_1', 0.5, container))).toEqual(applied);
    const stop = new AbortController();
    let used = 100;
    const guarding = guardMemory({
      ...{ effects, signal: stop.signal, log: () => undefined },
      workingSet: async (id) => (id === idOf(0) ? new Promise<never>(() => undefined) : used * megabyte),
    });
    await expect.poll(() => small.asked.length).toBeGreaterThan(0);
    used = 195;
    await expect.poll(() => small.containers.get(idOf(1))?.limits.Memory).toBe(1_024 * megabyte);
    stop.abort();
    await guarding;
  });
});
