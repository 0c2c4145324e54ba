/** A service of queues that the SDK made programmable, and programs and orders for it. */
import { expect, onTestFinished } from 'vitest';
import {
  type AgentOptions,
  createAgent,
  type Fields,
  type RunningAgent,
  type Task,
} from '../../src/core/agent/sdk/index.js';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { digestOf } from '../../src/core/bytecode/digest.js';
import { signProgram } from '../../src/core/bytecode/signature.js';
import type { Capabilities } from '../../src/core/language/capabilities.js';
import { renderDiagnostics } from '../../src/core/language/diagnostics/render-diagnostic.js';
import type { Order } from '../../src/core/nerve/messages/order.js';
import { addressOf, type TestRedis } from '../support/redis.js';
import { key, obeyed, storeProgram, type TestProgram, temporaryDirectory } from './support.js';

export const publicKey = key.publicKey.export({ type: 'spki', format: 'pem' }) as string;

export interface Queue {
  readonly name: string;
  waiting: number;
  format: 'h264' | 'av1';
  concurrency: number;
  paused: boolean;
}

export function newQueue(name: string, change: Partial<Queue> = {}): Queue {
  return { name, waiting: 10, format: 'h264', concurrency: 5, paused: false, ...change };
}

export const queueFields = {
  waiting: 'count',
  format: { unit: 'name', names: ['h264', 'av1'] },
} as const satisfies Fields;

export interface QueueTask extends Task<typeof queueFields> {
  readonly queue: Queue;
}

export type QueueOptions = AgentOptions<typeof queueFields, QueueTask>;

/** What a test does not say otherwise. */
export function queueOptions(queues: readonly Queue[], change: Partial<QueueOptions> = {}): QueueOptions {
  return {
    id: 'worker-1',
    trust: publicKey,
    fields: queueFields,
    tasks: () =>
      queues.map((queue) => ({
        id: queue.name,
        queue,
        waiting: queue.waiting,
        format: queue.format,
      })),
    capabilities: {
      SET_CONCURRENCY: {
        code: 1,
        unit: 'count',
        min: 1,
        max: 64,
        risk: 0.3,
        apply({ queue }, value) {
          const former = queue.concurrency;
          queue.concurrency = value;
          return former;
        },
        revert({ queue }, former: number) {
          queue.concurrency = former;
        },
      },
      PAUSE: {
        code: 2,
        risk: 0.2,
        apply({ queue }) {
          if (queue.paused) return { refused: 'it is paused already' };
          queue.paused = true;
          return undefined;
        },
        revert({ queue }) {
          queue.paused = false;
        },
      },
    },
    ...change,
  };
}

export interface TestAgent {
  readonly agent: RunningAgent;
  readonly log: string[];
  readonly stateDir: string;
}

/** Stopped when the test is over, if not before. */
export async function startQueueAgent(
  server: Pick<TestRedis, 'target' | 'names'>,
  queues: readonly Queue[],
  change: Partial<QueueOptions> = {},
): Promise<TestAgent> {
  const log: string[] = [];
  const stateDir = change.stateDir ?? temporaryDirectory();
  const agent = await createAgent(
    queueOptions(queues, {
      ...(change.connection === undefined && {
        redis: addressOf(server.target),
        prefix: server.names.prefix,
      }),
      log: (line) => log.push(line),
      stateDir,
      ...change,
    }),
  );
  onTestFinished(() => agent.stop());
  return { agent, log, stateDir };
}

/** Signed by the key of the tests. */
export function programFor(capabilities: Capabilities, statements: string): TestProgram {
  const source = `FUNC tune(value = 8 IN 1..64) { FOR EACH queue IN task_queue { ${statements} } }`;
  const result = compileSource(source, { fileName: 'test.dream', capabilities });
  if (!result.ok) throw new Error(renderDiagnostics(result.diagnostics, { source, fileName: 'test.dream' }));
  const bytes = signProgram(result.program.bytes, key.privateKey);
  return { bytes, digest: digestOf(bytes) };
}

export interface Hand {
  /** Sends one order to the agent, and gives its answer: `done`, or the outcome with its code. */
  order(action: Order['action'], instruction?: string, change?: Partial<Order>): Promise<string>;
}

/** Orders as the injector sends them: each with the program and the agent that it was made for. */
export async function handOf(server: TestRedis, id: string, program: TestProgram): Promise<Hand> {
  await storeProgram(server, program);
  return {
    async order(action, instruction = 'instr_one', change = {}) {
      const order = { action, instruction, digest: program.digest, targets: [id], ...change };
      const [answer] = await obeyed(server, order, id);
      return answer?.code === undefined ? `${answer?.outcome}` : `${answer.outcome} ${answer.code}`;
    },
  };
}

/** Stages and goes live. */
export async function bringLive(hand: Hand, instruction = 'instr_one'): Promise<void> {
  expect(await hand.order('stage', instruction)).toBe('done');
  expect(await hand.order('live', instruction)).toBe('done');
}
