/** What is kept of the first seconds after go-live. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { traceLine, traceText } from '../../../../src/cli/views/trace-view.js';
import { waitFor } from '../../../../src/core/fleet/wait.js';
import type { CaptureTrace } from '../../../../src/core/nerve/messages/trace-record.js';
import { readTraces } from '../../../../src/core/tracer/read.js';
import { type TestEngine, useEngine } from '../../../support/docker-engine.js';
import { startTestRedis, type TestRedis } from '../../../support/redis.js';
import { coordinateContainers, startScript } from './support.js';

let server: TestRedis;
let engine: TestEngine;
beforeAll(async () => {
  [server, engine] = await Promise.all([startTestRedis(), useEngine()]);
});
afterAll(() => Promise.all([server.stop(), engine.stop()]));
beforeEach(async () => {
  await server.clear();
  return () => engine.removeContainers();
});

async function captured(): Promise<CaptureTrace[]> {
  const { traces, damaged } = await readTraces(server.redis, server.names, 'agent-1', { count: 10 });
  expect(damaged).toBe(0);
  return traces.flatMap(({ trace }) => (trace.kind === 'capture' ? [trace] : []));
}

const answering = 'cd /injected-programs; trap "printed; sha256sum program.bc >ack" HUP';

describe('the first seconds after go-live', () => {
  it('are kept: what was printed since, and what was used', async () => {
    const printed = `printed() { printf 'red \\033[31m\\n'; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done; }`;
    await startScript(engine, { id: 'agent-1', setup: `echo before; ${printed}; ${answering}` });
    const { rollout } = await coordinateContainers(server, engine, { captureMs: 2_000 });
    await rollout.run();
    await waitFor(async () => (await captured()).length > 0, { timeoutMs: 10_000 });
    const [trace] = await captured();
    expect(trace).toMatchObject({
      lines: ['red \u001b[31m', 'done'],
      linesLeftOut: 0,
      restarts: 0,
      forMs: 2_000,
    });
    expect(trace).toMatchObject({ route: 'direct', instruction: 'instr_one', networkReceived: 0 });
    expect(trace?.cpuPct).toBeGreaterThan(0);
    expect(trace?.memoryAfter).toBeGreaterThan(0);
    const shown = traceText({
      agent: 'agent-1',
      load: null,
      traces: [{ streamId: '1-0', trace: trace as CaptureTrace }],
      damaged: 0,
    });
    expect(shown).toContain('red \\x1b[31m');
    expect(shown).not.toContain('\u001b[31m');
    expect(traceLine(trace as CaptureTrace)).toContain('2 lines printed');
  });

  it('are cut short when the rollout ends before, and what there was is kept', async () => {
    await startScript(engine, {
      id: 'agent-1',
      setup: `printed() { echo done; }; ${answering}`,
    });
    const { rollout } = await coordinateContainers(server, engine, { captureMs: 3_600_000 });
    await rollout.run();
    await rollout.close();
    const [trace] = await captured();
    expect(trace?.lines).toEqual(['done']);
    expect(trace?.forMs).toBeLessThan(60_000);
  });

  it('are bounded, and the newest lines are kept', async () => {
    const printed = `printed() { i=0; while [ $i -lt 500 ]; do echo "line $i ${'x'.repeat(300)}"; i=$((i+1)); done; }`;
    await startScript(engine, { id: 'agent-1', setup: `${printed}; ${answering}` });
    const { rollout } = await coordinateContainers(server, engine, { captureMs: 1_500 });
    await rollout.run();
    await waitFor(async () => (await captured()).length > 0, { timeoutMs: 10_000 });
    const [trace] = await captured();
    expect(trace?.lines?.at(-1)).toMatch(/^line 499 /);
    expect(Buffer.byteLength(trace?.lines?.join('\n') ?? '')).toBeLessThanOrEqual(16_384);
    expect(trace?.linesLeftOut).toBeGreaterThan(0);
  });
});
