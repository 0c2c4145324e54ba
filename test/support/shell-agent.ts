/** The example agent as a real process in a directory of its own, under any shell. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { waitFor } from '../../src/core/fleet/wait.js';

const script = join(import.meta.dirname, '..', '..', 'examples', 'shell-agent', 'agent.sh');

export interface ShellAgent {
  readonly id: string;
  readonly directory: string;
  readonly child: ChildProcess;
  /** Lines that it has printed. */
  readonly log: string[];
  /** Text of a file in its directory; undefined where there is none. */
  file(name: string): string | undefined;
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Waits until it has printed this. */
  said(text: string): Promise<void>;
}

export interface ShellAgentOptions {
  readonly volume: string;
  readonly id: string;
  /** `sh`, or `busybox sh`. */
  readonly shell?: string;
  /** What `sha256sum` is for this agent: a shell script. */
  readonly sha256sum?: string;
}

const running = new Set<() => Promise<void>>();

/** Use in `afterEach`, before what they work in is removed. */
export async function endShellAgents(): Promise<void> {
  await Promise.all([...running].map((kill) => kill()));
  running.clear();
}

/** Resolves when it has announced itself. */
export async function startShellAgent(options: ShellAgentOptions): Promise<ShellAgent> {
  const { volume, id, shell = 'sh' } = options;
  const directory = join(volume, 'agents', id);
  const [command = 'sh', ...words] = shell.split(' ');
  const started = Date.now();
  const child = spawn(command, [...words, script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...pathWith(options), DREAMNET_ID: id, DREAMNET_DIR: directory },
  });
  const log: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => log.push(...text.trimEnd().split('\n')));
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  running.add(kill);
  const file = (name: string) => {
    const path = join(directory, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  };
  const announced = () => file('agent.json')?.includes(`"pid":${child.pid}`) ?? false;
  await within(announced, `${id} did not announce itself in ${Date.now() - started} ms`);
  return {
    ...{ id, directory, child, log, file, kill },
    said: (text) => within(() => log.some((line) => line.includes(text)), `${id} did not say "${text}"`),
  };
}

async function within(holds: () => boolean, otherwise: string): Promise<void> {
  if (!(await waitFor(holds, { timeoutMs: 20_000 }))) throw new Error(otherwise);
}

function pathWith({ volume, id, sha256sum }: ShellAgentOptions): NodeJS.ProcessEnv {
  if (sha256sum === undefined) return {};
  const bin = join(volume, `bin-of-${id}`);
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'sha256sum'), `#!/bin/sh\n${sha256sum}\n`);
  chmodSync(join(bin, 'sha256sum'), 0o755);
  return { PATH: `${bin}${delimiter}${process.env.PATH}` };
}
