import { expect, test } from 'vitest';
import type { Agent } from '../../src/core/agent/agent.js';
import { createTickRhythm } from '../../src/core/agent/tick-rhythm.js';
import { limits } from '../../src/core/limits.js';

const calm: readonly Agent[] = [];
const never = new AbortController().signal;

/** Milliseconds until the next tick is due, measured. */
async function waited(rhythm: ReturnType<typeof createTickRhythm>, signal = never): Promise<number> {
  const startedMs = performance.now();
  await rhythm.wait(signal);
  return performance.now() - startedMs;
}

test('the first tick is due at once', async () => {
  expect(await waited(createTickRhythm())).toBeLessThan(50);
});

test('an order wakes a calm host, and short windows are ticked at a twentieth of their length', async () => {
  const rhythm = createTickRhythm();
  rhythm.ticked({ nowMs: Date.now(), tookMs: 1, agents: calm });
  const waiting = waited(rhythm);
  rhythm.orderCame(Date.now(), 4_000);
  expect(await waiting).toBeLessThan(50);
  rhythm.ticked({ nowMs: Date.now(), tookMs: 1, agents: calm });
  const next = await waited(rhythm);
  expect(next).toBeGreaterThan(150);
  expect(next).toBeLessThan(400);
});

test('however short the window, ticks leave time between them', async () => {
  const rhythm = createTickRhythm();
  rhythm.orderCame(Date.now(), 1);
  rhythm.ticked({ nowMs: Date.now(), tookMs: 1, agents: calm });
  expect(await waited(rhythm)).toBeGreaterThan(80);
});

test('a host that needs long for a tick rests as long', async () => {
  const rhythm = createTickRhythm();
  rhythm.orderCame(Date.now(), 1);
  rhythm.ticked({ nowMs: Date.now(), tookMs: 150, agents: calm });
  expect(await waited(rhythm)).toBeGreaterThan(270);
});

test('stopping ends the wait', async () => {
  const rhythm = createTickRhythm();
  rhythm.ticked({ nowMs: Date.now(), tookMs: 1, agents: calm });
  const controller = new AbortController();
  const waiting = waited(rhythm, controller.signal);
  controller.abort();
  expect(await waiting).toBeLessThan(50);
  expect(await waited(rhythm, controller.signal)).toBeLessThan(50);
});

test('task tables are recorded every five seconds, however fast the ticks', () => {
  const rhythm = createTickRhythm();
  const due = Array.from({ length: 100 }, (_, at) => rhythm.snapshotDue(1_000_000 + at * 100));
  expect(due.filter(Boolean)).toHaveLength(2);
  expect(limits.fastTickMs).toBeLessThan(5_000);
});
