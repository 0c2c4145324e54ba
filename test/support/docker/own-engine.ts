/** Nothing in, a dockerd of the test's own out: on a socket and data of its own, gone with the test process however that dies. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { answersAt } from '../docker-available.js';

export interface EngineSettings {
  /** Containers go on while the engine is away. */
  readonly liveRestore?: boolean;
}

export interface EngineProcess {
  readonly host: string;
  start(): Promise<void>;
  stop(how: 'orderly' | 'kill'): Promise<void>;
  /** Ends the engine with all its containers, and removes its directory. */
  end(): Promise<void>;
}

export async function startEngineProcess({ liveRestore = false }: EngineSettings): Promise<EngineProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'dreamnet-docker-'));
  const host = `unix://${join(directory, 'docker.sock')}`;
  const command = [join(import.meta.dirname, 'guard-engine.sh'), directory];
  if (liveRestore) command.push('--live-restore');
  // In a group of its own, so that an interrupt from the terminal does not end the guard before its work.
  const guard = spawn('sh', command, { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const exited = once(guard, 'exit');
  const engine: EngineProcess = {
    host,
    start: async () => {
      guard.stdin.write('start\n');
      await untilAnswers(host, join(directory, 'log'));
    },
    stop: async (how) => {
      const ended = once(guard.stdout, 'data');
      guard.stdin.write(how === 'kill' ? 'KILL\n' : 'TERM\n');
      await ended;
    },
    end: async () => {
      guard.stdin.end();
      await exited;
    },
  };
  await engine.start().catch(async (thrown) => {
    await engine.end();
    throw thrown;
  });
  return engine;
}

async function untilAnswers(host: string, logPath: string): Promise<void> {
  const giveUpMs = performance.now() + 30_000;
  while (!(await answersAt(host))) {
    if (performance.now() > giveUpMs) {
      const log = await readFile(logPath, 'utf8').catch(() => '');
      throw new Error(`dockerd does not answer; the end of its log:\n${log.slice(-2_000)}`);
    }
    await pause(50);
  }
}
