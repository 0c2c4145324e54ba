/**
 * Entry of an injector process that can be killed at any step: a rollout in, carried out to its end, unless the process
 * ends itself with SIGKILL before a certain command to Redis, or just when that has been sent.
 */
import { createPrivateKey } from 'node:crypto';
import { flushCompileCache } from 'node:module';
import { Redis } from 'ioredis';
import { keyIdOf } from '../../src/core/bytecode/signature.js';
import { messageOf } from '../../src/core/errors.js';
import { listAgents } from '../../src/core/fleet/registry.js';
import { openRollout, type RolloutVerdict } from '../../src/core/injector/course/rollout.js';
import { planRollout } from '../../src/core/injector/plan/plan.js';
import { prepareProgram } from '../../src/core/injector/prepare-program.js';
import { connectRedis, type RedisTarget } from '../../src/core/nerve/connection.js';
import type { Instruction } from '../../src/core/nerve/messages/instruction.js';
import { createNames } from '../../src/core/nerve/names.js';

export interface InjectorTask {
  readonly target: RedisTarget;
  readonly prefix: string;
  /** PEM. */
  readonly privateKey: string;
  readonly instruction: Instruction;
  readonly verdict: RolloutVerdict['verdict'];
  readonly batch: string;
  readonly bakeMs: number;
  readonly windowMs: number;
  readonly kill?: StepBoundary | undefined;
}

/** A command that changes something, by name, kind of key, and how many like it there were; and on which side of it. */
export interface StepBoundary {
  readonly step: string;
  readonly side: 'before' | 'sent';
}

export type InjectorReport =
  | { readonly type: 'ready' }
  | { readonly type: 'step'; readonly step: string }
  | { readonly type: 'ended'; readonly problem?: string };

process.on('message', (task: InjectorTask) => {
  injectFor(task).then(
    () => end({ type: 'ended' }),
    (thrown) => end({ type: 'ended', problem: messageOf(thrown) }),
  );
});
process.on('disconnect', () => process.exit(0));
tell({ type: 'ready' });

async function injectFor(task: InjectorTask): Promise<void> {
  const redis = (await connectRedis(task.target, { patience: 'command', name: 'injector' })) as Redis;
  const names = createNames(task.prefix);
  const privateKey = createPrivateKey(task.privateKey);
  const key = { privateKey, keyId: keyIdOf(privateKey) };
  watchSteps(redis, task.kill);
  const { instruction } = task;
  const program = await prepareProgram(redis, names, { instruction, key });
  const targets = (await listAgents(redis, names, Date.now())).filter(({ alive }) => alive);
  const plan = planRollout({
    ...{ instructionId: instruction.id, selector: '', targets, batch: task.batch, maxFailures: '0' },
  });
  const controller = new AbortController();
  const rollout = await openRollout(
    {
      ...{ redis, names, key, name: `injector-${process.pid}`, clock: Date.now },
      report: () => undefined,
      signal: controller.signal,
    },
    { ...{ instruction, program, plan, windowMs: task.windowMs, bakeMs: task.bakeMs }, resume: true },
  );
  await rollout.run();
  await rollout.complete({ verdict: task.verdict });
  await rollout.close();
  redis.disconnect();
}

/**
 * Reads are no steps: being killed before one is being killed after the change that came before it. Nor is the list of
 * rollouts, which is written behind each record.
 */
const changing = /^(set|xadd|pexpire|evalsha)$/;

function watchSteps(redis: Redis, kill: StepBoundary | undefined): void {
  const seen = new Map<string, number>();
  const thisTurn = new Set<string>();
  const send = Redis.prototype.sendCommand;
  redis.sendCommand = function (command, ...rest) {
    if (!changing.test(command.name)) return send.call(this, command, ...rest);
    const kind = kindOf(command.args.map(String));
    // A pipeline is written as a whole, in one turn of the loop: its commands are one step.
    if (kind === undefined || thisTurn.has(kind)) return send.call(this, command, ...rest);
    thisTurn.add(kind);
    process.nextTick(() => thisTurn.delete(kind));
    const nth = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, nth);
    const step = `${command.name} ${kind} ${nth}`;
    tell({ type: 'step', step });
    if (step !== kill?.step) return send.call(this, command, ...rest);
    const dieNow = () => process.kill(process.pid, 'SIGKILL');
    if (kill.side === 'before') dieNow();
    else process.nextTick(dieNow);
    return send.call(this, command, ...rest);
  };
}

/** What a command is about: its key without the ids in it. Looking for wishes goes by the clock, so it is no step. */
function kindOf([first = '', , third = '', epochOnly = '', ...more]: readonly string[]): string | undefined {
  const key = /^[0-9a-f]{40}$/.test(first) ? third : first;
  const isLook = key === third && more.length === 1 && epochOnly !== '';
  return isLook
    ? undefined
    : key.replace(/^[^:]*:/, '').replace(/(program|rollout|host):.*?(?=:[a-z]+$|$)/, '$1');
}

function tell(report: InjectorReport): void {
  process.send?.(report);
}

function end(report: InjectorReport): void {
  // The next process of this kind starts faster.
  flushCompileCache();
  process.send?.(report, () => process.exit(0));
}
