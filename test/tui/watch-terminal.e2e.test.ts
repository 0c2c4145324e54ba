import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import {
  sampleAggregate,
  sampleRollout,
  writeAgents,
  writeAggregate,
  writeRollout,
} from './support/sample-fleet.js';
import { hasTmux, startTmux, type Tmux } from './support/tmux.js';

const root = path.join(import.meta.dirname, '..', '..');
const script = path.join(import.meta.dirname, 'support', 'watch-script.ts');

describe.skipIf(!hasTmux)('the console on a real terminal', () => {
  let test: TestRedis;
  let tmux: Tmux;

  beforeAll(async () => {
    test = await startTestRedis();
    const { redis, names } = test;
    await writeAgents(redis, names, Date.now() + 3_600_000, 50);
    await writeAggregate(redis, names, sampleAggregate(Date.now()));
    await writeRollout(
      redis,
      names,
      sampleRollout({ state: 'injecting', plannedAtMs: Date.now(), batchesDone: 68 }),
    );
  });
  afterAll(() => test.stop());
  afterEach(() => tmux.stop());

  async function open(environment = ''): Promise<void> {
    tmux = startTmux(80, 24);
    await shows('ready>');
    tmux.type(`cd ${root}; clear; echo earlier-output`);
    tmux.press('Enter');
    await shows('earlier-output');
    const environmentAll = `NODE_ENV=production ${environment}`;
    tmux.type(
      `${environmentAll} ${process.execPath} --import tsx ${script} ${test.target.socketPath}; echo code=$?; stty -a`,
    );
    tmux.press('Enter');
    await shows('68/116');
  }

  const shows = (text: string) =>
    vi.waitFor(() => expect(tmux.screen()).toContain(text), { timeout: 15_000, interval: 50 });

  async function terminalIsAsBefore(): Promise<void> {
    await shows('code=0');
    await vi.waitFor(() => expect(tmux.screen()).toMatch(/ icanon/), { timeout: 5_000 });
    const screen = tmux.screen();
    expect(screen).toContain('earlier-output');
    expect(screen).toMatch(/dreamnet: 50 agents · COST_OPTIMIZATION_v2 injecting · watched for/);
    expect(screen).toMatch(/ echo /);
    expect(tmux.value('#{alternate_on} #{cursor_flag}')).toBe('0 1');
  }

  it('starts, resizes without debris, helps, quits, and leaves the terminal as it was', async () => {
    await open();
    expect(tmux.value('#{alternate_on}')).toBe('1');
    for (const [columns, rows] of [
      [120, 40],
      [60, 15],
      [20, 5],
      [80, 24],
    ] as const) {
      tmux.resize(columns, rows);
      await vi.waitFor(
        () => {
          const lines = tmux.screen().trimEnd().split('\n');
          expect(lines.length).toBeLessThanOrEqual(rows - 1);
          expect(tmux.screen().match(/q quit/g)?.length ?? 0).toBe(rows > 5 ? 1 : 0);
          if (columns >= 60) expect(lines[1]).toMatch(new RegExp(`^╭─ Operation .{${columns - 14}}╮$`));
        },
        { timeout: 5_000, interval: 50 },
      );
    }
    tmux.press('?');
    await shows('Leave the console');
    tmux.press('Escape');
    await shows('68/116');
    tmux.press('q');
    await terminalIsAsBefore();
  });

  it('leaves the terminal as it was after SIGTERM', async () => {
    await open();
    const shell = tmux.value('#{pane_pid}');
    const child = execFileSync('ps', ['-o', 'pid=', '--ppid', shell], { encoding: 'utf8' }).trim();
    process.kill(Number(child), 'SIGTERM');
    await terminalIsAsBefore();
  });

  it('leaves the terminal as it was after Ctrl-C', async () => {
    await open();
    tmux.press('C-c');
    await terminalIsAsBefore();
  });

  it('paints nothing with NO_COLOR', async () => {
    await open('NO_COLOR=1');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for colour sequences.
    expect(tmux.screen('coloured')).not.toMatch(/\u001b\[[0-9;]*m/);
    tmux.press('q');
    await terminalIsAsBefore();
  });
});
