/** An injector in a process of its own: started ahead of its task, and killed for real. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { InjectorReport, InjectorTask } from './killable-injector.js';

export interface InjectorEnd {
  /** `SIGKILL` when it was killed; null when it came to its end. */
  readonly signal: NodeJS.Signals | null;
  /** Why it ended early by itself. */
  readonly problem: string | undefined;
  readonly steps: readonly string[];
}

/** That many steps, then a while. */
export interface Moment {
  readonly steps: number;
  readonly afterMs: number;
}

export interface InjectorProcess {
  /** Hands it its task, and kills it. */
  run(task: InjectorTask, killAt?: Moment): Promise<InjectorEnd>;
  kill(): void;
}

/** `cacheDir` keeps compiled code, so that all but the first start in a fraction of the time. */
export function startInjectorProcess(cacheDir: string): InjectorProcess {
  const child = fork(fileURLToPath(new URL('./killable-injector.ts', import.meta.url)), [], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, NODE_COMPILE_CACHE: cacheDir },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const steps: string[] = [];
  let problem: string | undefined;
  const ready = new Promise<void>((resolve) => {
    child.on('message', (report: InjectorReport) => {
      if (report.type === 'ready') resolve();
      else if (report.type === 'step') steps.push(report.step);
      else problem = report.problem;
    });
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    async run(task, killAt) {
      await Promise.race([ready, exited.then(([code]) => failedToStart(child, code))]);
      const killWhenDue = () => {
        if (killAt === undefined || steps.length !== killAt.steps) return;
        setTimeout(() => child.kill('SIGKILL'), killAt.afterMs);
      };
      child.on('message', killWhenDue);
      child.send(task);
      killWhenDue();
      const [, signal] = await exited;
      return { signal, problem, steps };
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

function failedToStart({ pid }: ChildProcess, code: number | null): never {
  throw new Error(`the injector process ${pid} ended with ${code} before it had a task`);
}
