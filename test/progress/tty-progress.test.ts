import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { createTtyProgress } from '../../src/cli/progress/tty-progress.js';
import type { PipelineEvent } from '../../src/core/pipeline-events.js';
import { sampleRun } from './sample-run.js';

const startMs = 1_767_225_600_000;

class FakeTerminal extends EventEmitter {
  readonly isTTY = true;
  readonly columns: number;
  readonly rows = 40;
  text = '';

  constructor(columns: number) {
    super();
    this.columns = columns;
  }

  write = (text: string | Uint8Array): boolean => {
    this.text += text;
    return true;
  };

  /** Everything written, without colours and cursor movements. */
  plain(): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: removing what the terminal would obey.
    return this.text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/gu, '');
  }
}

function drawOn(columns: number) {
  const terminal = new FakeTerminal(columns);
  const progress = createTtyProgress({ stderr: terminal as unknown as NodeJS.WriteStream });
  return { terminal, progress };
}

function endOf(terminal: FakeTerminal): string[] {
  return terminal.plain().split('\n').slice(-8);
}

describe('progress drawn on a terminal', () => {
  it('leaves one line per phase, in order, and shows the cursor again', async () => {
    const { terminal, progress } = drawOn(120);
    const { handle } = progress;
    for (const event of sampleRun(startMs)) handle(event);
    await progress.finish();
    const done = terminal
      .plain()
      .split('\n')
      .filter((line) => line.startsWith('✔'));
    // listr2 draws the end of a phase, clears it, and prints it for good.
    expect([...new Set(done.map((line) => line.split('  ')[0]))]).toEqual(
      ['Fleet', 'Decide', 'Compile', 'Inject', 'Go live', 'Measure', 'Feed back'].map((name) => `✔ ${name}`),
    );
    expect(done.find((line) => line.includes('Inject'))).toContain(
      '116 of 116 batches · 1,159 of 1,159 agents staged · 0 failed',
    );
    expect(terminal.text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(
      terminal.text.lastIndexOf('\u001b[?25l'),
    );
  });

  it('draws a bar for each group of batches while they run', async () => {
    const { terminal, progress } = drawOn(100);
    const events = sampleRun(startMs);
    const half = events.findIndex((event) => event.type === 'batch' && event.batch === 40);
    for (const event of events.slice(0, half + 1)) progress.handle(event);
    await vi.waitFor(() => expect(terminal.plain()).toMatch(/batches 30-58 +━+╸?─+ {2}11\/29/), 5_000);
    expect(terminal.plain()).toMatch(/batches 1-29 +━+ {2}29\/29/);
    await progress.finish();
  });

  it('marks the phase in which an error happened and keeps its warnings', async () => {
    const { terminal, progress } = drawOn(100);
    const events: PipelineEvent[] = [
      { type: 'phase', at: startMs, phase: 'inject', state: 'started' },
      {
        type: 'agent-failed',
        at: startMs,
        agent: 'agent-7',
        code: 'DN602',
        reason: 'bad\u001b[2J signature',
      },
    ];
    for (const event of events) progress.handle(event);
    await progress.finish(new Error('12 agents failed to stage; at most 11 may'));
    const end = endOf(terminal).join('\n');
    expect(end).toContain('✖ Inject  failed');
    expect(end).toContain('agent-7: DN602 bad\\x1b[2J signature');
  });

  it('cuts lines to a narrow terminal', async () => {
    const { terminal, progress } = drawOn(30);
    for (const event of sampleRun(startMs)) progress.handle(event);
    await progress.finish();
    const widest = Math.max(
      ...terminal
        .plain()
        .split(/[\r\n]+/)
        .map((line) => line.length),
    );
    expect(widest).toBeLessThanOrEqual(30);
  });

  it('ends at once when nothing was drawn', async () => {
    const { terminal, progress } = drawOn(80);
    await progress.finish(new Error('unreachable'));
    expect(terminal.text).toBe('');
  });
});
