/**
 * The fleet in Redis, on the whole terminal, until the user leaves; then one line that says how things stood. Load this
 * file lazily: it brings Ink along.
 */
import { describeTarget, type RedisTarget } from '../core/nerve/connection.js';
import type { Names } from '../core/nerve/names.js';
import type { Redis } from '../core/nerve/redis.js';
import { startFleetFeed } from './hooks/fleet-feed.js';
import type { SteerRollout } from './hooks/use-steering.js';
import { summaryLine } from './summary-line.js';

export interface ShowWatchOptions {
  readonly redis: Redis;
  readonly names: Names;
  readonly target: RedisTarget;
  /** Leaves the screen when aborted. */
  readonly signal: AbortSignal;
  readonly stdin?: NodeJS.ReadStream;
  readonly stdout?: NodeJS.WriteStream;
  /** Does what keys wish of a rollout; without it the console only shows. */
  readonly steer?: SteerRollout | undefined;
  /** False: no colours, as with NO_COLOR. */
  readonly color?: boolean;
  readonly everyMs?: number;
}

/** Resolves when the user quits, presses Ctrl-C, or the signal aborts; the terminal is then as it was. */
export async function showWatch(options: ShowWatchOptions): Promise<void> {
  const { redis, names, target, signal, stdin = process.stdin, stdout = process.stdout } = options;
  await forbidColours(options.color);
  const [{ render }, { createElement }, { Console }] = await Promise.all([
    import('ink'),
    import('react'),
    import('./Console.js'),
  ]);
  if (signal.aborted) return;
  const startedMs = Date.now();
  const feed = startFleetFeed({ redis, names, ...(options.everyMs && { everyMs: options.everyMs }) });
  const screen = render(
    createElement(Console, { feed, target: describeTarget(target), steer: options.steer }),
    // Ink shows nothing where CI is set, terminal or not; whether there is one has been asked already.
    {
      stdin,
      stdout,
      interactive: true,
      alternateScreen: true,
      incrementalRendering: true,
      exitOnCtrlC: true,
    },
  );
  const leave = () => screen.unmount();
  signal.addEventListener('abort', leave, { once: true });
  try {
    await screen.waitUntilExit();
  } finally {
    signal.removeEventListener('abort', leave);
    const line = summaryLine(feed.view(), Date.now() - startedMs);
    feed.close();
    stdout.write(`${line}\n`);
  }
}

/** The screen needs a terminal at both ends; without one, lines are streamed instead. */
export function canShowScreen(stdin: { isTTY?: boolean }, stdout: { isTTY?: boolean }): boolean {
  return stdin.isTTY === true && stdout.isTTY === true && process.env.TERM !== 'dumb';
}

/** Ink knows nothing of NO_COLOR: its painter is told before it is loaded. */
async function forbidColours(color: boolean | undefined): Promise<void> {
  if (color !== false && (process.env.NO_COLOR ?? '') === '') return;
  process.env.FORCE_COLOR = '0';
  const { default: chalk } = await import('chalk');
  chalk.level = 0;
}
