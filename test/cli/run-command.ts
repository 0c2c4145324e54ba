/** Runs a command line in a real process and waits for its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

export const ROOT = path.join(import.meta.dirname, '..', '..');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr holds the text. */
  said(text: string): Promise<void>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly node?: string;
}

/** The application of fixture-app, from source. */
export function startFixture(args: readonly string[], options: RunOptions = {}): Started {
  const entry = path.join(import.meta.dirname, 'fixture-app', 'run.ts');
  return start(['--import', 'tsx', entry, ...args], options);
}

export function runFixture(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return startFixture(args, options).ended;
}

/** dreamnet itself, as built. */
export function runDreamnet(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return start([path.join(ROOT, 'bin', 'run.js'), ...args], options).ended;
}

/** Nothing of the surroundings decides colours, Redis or homes. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...extra } as NodeJS.ProcessEnv;
}

export function start(words: readonly string[], { env = {}, node = process.execPath }: RunOptions): Started {
  const child = spawn(node, words, {
    cwd: ROOT,
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    ended,
    async said(text) {
      const over = ended.then(() => true);
      while (!stderr.includes(text)) {
        const isOver = await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 10, false))]);
        if (isOver && !stderr.includes(text)) throw new Error(`ended without saying ${text}: ${stderr}`);
      }
    },
  };
}
