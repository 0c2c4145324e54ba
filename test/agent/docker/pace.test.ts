/** From counters of a container, read now and then, to the pace at which it uses things. */
import { describe, expect, it } from 'vitest';
import { createPaceMeter } from '../../../src/core/agent/workloads/docker/pace.js';
import type { Usage } from '../../../src/core/docker/usage.js';

const start = 1_000_000_000;
const usage = (atMs: number, cpuMs: number, more: Partial<Usage> = {}): Usage => ({
  ...{ atMs, cpuMs, memory: 200, workingSet: 100, network: { received: 0, sent: 0 }, blockBytes: 0 },
  ...more,
});
/** Of a container that has run for a day when it is first seen. */
const old = () => createPaceMeter({ idleCores: 0.01, startedAtMs: start - 86_400_000 });

describe('the pace of a container', () => {
  it('is not known from one reading of a container that has long been running', () => {
    const meter = old();
    meter.take(usage(start, 5_000_000));
    expect(meter.pace()).toBeUndefined();
    meter.take(usage(start + 5_000, 5_002_500));
    expect(meter.pace()).toMatchObject({ cores: 0.5 });
  });

  it('is known from one reading of a container that was started within the last minute: it began with nothing', () => {
    const meter = createPaceMeter({ idleCores: 0.01, startedAtMs: start });
    meter.take(usage(start + 10_000, 2_000, { network: { received: 1_000, sent: 250 }, blockBytes: 500 }));
    expect(meter.pace()).toMatchObject({ cores: 0.2, received: 800, sent: 200, block: 400 });
  });

  it('is that of the last minute, and what came before is forgotten', () => {
    const meter = old();
    meter.take(usage(start, 0));
    meter.take(usage(start + 5_000, 5_000));
    for (let at = 10_000; at <= 65_000; at += 5_000) meter.take(usage(start + at, 5_000));
    expect(meter.pace()).toMatchObject({ cores: 0 });
  });

  it('begins anew with a change of limits, and is the old one until the new one is known', () => {
    const meter = old();
    for (let at = 0; at <= 30_000; at += 5_000) meter.take(usage(start + at, at));
    meter.startAnew();
    meter.take(usage(start + 35_000, 31_000));
    expect(meter.pace()).toMatchObject({ cores: 1 });
    meter.take(usage(start + 40_000, 32_000));
    expect(meter.pace()?.cores).toBeCloseTo(0.2, 9);
  });

  it('begins anew with a change of limits in the first minute, too, without its start', () => {
    const meter = createPaceMeter({ idleCores: 0.01, startedAtMs: start });
    meter.take(usage(start + 5_000, 5_000));
    meter.startAnew();
    meter.take(usage(start + 10_000, 6_000));
    meter.take(usage(start + 15_000, 7_000));
    expect(meter.pace()?.cores).toBeCloseTo(0.2, 9);
  });

  it.each([
    ['CPU time', usage(start + 10_000, 100)],
    ['traffic', usage(start + 10_000, 5_000, { network: { received: 1, sent: 0 } })],
  ])('is never negative: when %s has fallen, counting begins anew', (_, fallen) => {
    const meter = old();
    meter.take(usage(start, 4_000, { network: { received: 9_000, sent: 0 } }));
    meter.take(usage(start + 5_000, 4_500, { network: { received: 9_000, sent: 0 } }));
    meter.take(fallen);
    expect(meter.pace()?.cores).toBeCloseTo(0.1, 9);
    meter.take({ ...fallen, atMs: start + 15_000, cpuMs: fallen.cpuMs + 1_000 });
    expect(meter.pace()).toMatchObject({ cores: 0.2, received: 0 });
  });

  it('does not come from readings that are the same, out of order or too close', () => {
    const meter = old();
    meter.take(usage(start, 0));
    meter.take(usage(start, 0));
    meter.take(usage(start - 1_000, 500));
    meter.take(usage(start + 10, 10));
    expect(meter.pace()).toBeUndefined();
  });

  it('does not come from what was read before the container was started', () => {
    const meter = createPaceMeter({ idleCores: 0.01, startedAtMs: start });
    meter.take(usage(start - 2_000, 900_000));
    expect(meter.pace()).toBeUndefined();
    meter.take(usage(start + 2_000, 1_000));
    expect(meter.pace()?.cores).toBe(0.5);
  });

  it('has no traffic without a network, which is not the same as none', () => {
    const meter = old();
    for (const at of [0, 5_000]) meter.take(usage(start + at, at, { network: undefined }));
    expect(meter.pace()).toMatchObject({ received: undefined, sent: undefined });
  });
});

describe('idleness', () => {
  it('begins when it is first seen, and ends with work', () => {
    const meter = old();
    meter.take(usage(start, 0));
    for (let at = 5_000; at <= 60_000; at += 5_000) meter.take(usage(start + at, 0));
    expect(meter.pace()?.busyAtMs).toBe(start);
    meter.take(usage(start + 65_000, 2_000));
    expect(meter.pace()?.busyAtMs).toBe(start + 65_000);
    meter.take(usage(start + 70_000, 2_000));
    expect(meter.pace()?.busyAtMs).toBe(start + 65_000);
  });

  it('is not ended by a health check, however often it is looked', () => {
    const meter = old();
    // 20 ms of CPU time within one second, once in five: 0.4 % of a core.
    for (let at = 0; at <= 60_000; at += 1_000) meter.take(usage(start + at, Math.floor(at / 5_000) * 20));
    expect(meter.pace()?.busyAtMs).toBe(start);
  });

  it('outlasts a change of limits', () => {
    const meter = old();
    for (const at of [0, 5_000, 10_000]) meter.take(usage(start + at, 0));
    meter.startAnew();
    for (const at of [15_000, 20_000]) meter.take(usage(start + at, 0));
    expect(meter.pace()?.busyAtMs).toBe(start);
  });
});
