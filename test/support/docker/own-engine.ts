/** Nothing in, a dockerd of the test's own out: on a socket and data of its own, gone with the test process however that dies. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

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
  const guard = startGuard([directory, ...(liveRestore ? ['--live-restore'] : [])]);
  const start = async () => {
    if ((await guard.ask('start')) === 'started') return;
    const log = await readFile(join(directory, 'log'), 'utf8').catch(() => 'no log');
    await guard.end();
    throw new Error(`dockerd does not start; the end of its log:\n${log.slice(-2_000)}`);
  };
  await start();
  return {
    host: `unix://${join(directory, 'docker.sock')}`,
    start,
    stop: async (how) => {
      await guard.ask(how === 'kill' ? 'KILL' : 'TERM');
    },
    end: () => guard.end(),
  };
}

/** In a group of its own, so that an interrupt from the terminal does not end the guard before its work. */
function startGuard(words: readonly string[]) {
  const script = join(import.meta.dirname, 'guard-engine.sh');
  const guard = spawn('sh', [script, ...words], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const exited = once(guard, 'exit');
  const answers = createInterface({ input: guard.stdout });
  return {
    ask: async (word: string): Promise<string> => {
      const answer = once(answers, 'line');
      guard.stdin.write(`${word}\n`);
      return (await answer)[0];
    },
    end: async () => {
      guard.stdin.end();
      await exited;
    },
  };
}
