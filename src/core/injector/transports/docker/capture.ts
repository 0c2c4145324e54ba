/**
 * Containers that have just gone live in, a trace of the first 30 s of each out: what it printed, and what the engine's
 * statistics say it used. It comes after everything else: nothing is asked while orders are under way.
 */
import { answeredWithin } from '../../../answered-within.js';
import type { Engine } from '../../../docker/engine.js';
import { createLane, type Lane } from '../../../docker/lane.js';
import { readUsage, type Usage } from '../../../docker/usage.js';
import { limits } from '../../../limits.js';
import type { CaptureTrace } from '../../../nerve/messages/trace-record.js';
import type { Names } from '../../../nerve/names.js';
import type { Redis } from '../../../nerve/redis.js';
import { pause } from '../../../pause.js';
import { appendTraces } from '../../../tracer/write.js';
import type { AgentContainer } from './agent-container.js';
import type { ContainerEvents } from './container-events.js';
import { readLines } from './log-lines.js';

export interface LiveContainer {
  readonly container: AgentContainer;
  readonly route: string;
  readonly instruction: string;
  readonly digest: string;
  /** When it was told, in milliseconds since 1970: it may say most before it has confirmed. */
  readonly liveAt: number;
}

export interface Captures {
  begin(live: LiveContainer): void;
  /** Writes what was captured until now, and ends. */
  close(): Promise<void>;
}

export interface CaptureDependencies {
  readonly redis: Redis;
  readonly names: Names;
  readonly clock: () => number;
  readonly engine: Engine;
  readonly events: ContainerEvents;
  /** The orders' own calls. */
  readonly orders: Lane;
  readonly forMs: number;
}

const callsAtOnce = 8;
/** A process that ends waits this long for the engine; what has not answered by then is written without. */
const closeMsMax = 5_000;
/** And this long for Redis, which may be away. */
const writeMsMax = 2_000;
const linesMax = 100;
const textBytesMax = 16_384;

export function captureContainers({
  redis,
  names,
  clock,
  engine,
  events,
  orders,
  forMs,
}: CaptureDependencies): Captures {
  const lane = createLane(callsAtOnce);
  const closing = new AbortController();
  const late = Promise.withResolvers<undefined>();
  let isLate = false;
  const underWay = new Map<string, Promise<void>>();

  /** Undefined for what the engine does not tell, or not in time. */
  const ask = <T>(question: () => Promise<T>): Promise<T | undefined> => {
    const answer = lane.run(async () => {
      if (!closing.signal.aborted) await Promise.race([orders.quiet(), pause(forMs, closing.signal)]);
      return isLate ? undefined : question();
    });
    return Promise.race([answer.catch(() => undefined), late.promise]);
  };

  const capture = async (live: LiveContainer) => {
    const { id } = live.container;
    const startsBefore = events.startsOf(id);
    const first = ask(() => readUsage(engine, id));
    await pause(Math.max(0, live.liveAt + forMs - clock()), closing.signal);
    const last = [
      ask(() => readOutput(engine, live.container, live.liveAt)),
      ask(() => readUsage(engine, id)),
    ] as const;
    const [printed, after, before] = await Promise.all([...last, first]);
    const at = clock();
    const trace: CaptureTrace = {
      ...{ version: 1, kind: 'capture', at, instruction: live.instruction, digest: live.digest },
      ...{ container: live.container.name, route: live.route, forMs: Math.min(forMs, at - live.liveAt) },
      ...printed,
      ...usedBetween(before, after),
      restarts: events.startsOf(id) - startsBefore,
    };
    await appendTraces(redis, names, [{ agent: live.container.agent, trace }]);
  };

  return {
    begin(live) {
      // One that goes live again meanwhile, as after a resume, is captured from its first time on.
      const { id } = live.container;
      if (closing.signal.aborted || underWay.has(id)) return;
      const work = capture(live)
        .catch(() => undefined)
        .finally(() => underWay.delete(id));
      underWay.set(id, work);
    },
    async close() {
      closing.abort();
      const timer = setTimeout(() => {
        isLate = true;
        late.resolve(undefined);
      }, closeMsMax);
      const written = Promise.all(underWay.values());
      await answeredWithin(closeMsMax + writeMsMax, written).catch(() => undefined);
      clearTimeout(timer);
    },
  };
}

/** The newest lines, as many as there is room for. */
async function readOutput({ docker }: Engine, { id, tty }: AgentContainer, sinceMs: number) {
  const output = await docker.getContainer(id).logs({
    ...{ stdout: true, stderr: true, follow: false, tail: linesMax + 1 },
    since: (sinceMs / 1_000).toFixed(3),
  });
  const reader = readLines(tty);
  const all = [...reader.take(Buffer.from(output)), ...reader.rest()];
  const lines: string[] = [];
  let bytes = 0;
  for (const line of all.slice(-linesMax).reverse()) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > textBytesMax) break;
    lines.unshift(line.slice(0, limits.reasonCharactersMax));
  }
  return { lines, linesLeftOut: all.length - lines.length };
}

function usedBetween(before: Usage | undefined, after: Usage | undefined) {
  const memory = {
    ...(before === undefined ? {} : { memoryBefore: before.memory }),
    ...(after === undefined ? {} : { memoryAfter: after.memory }),
  };
  if (before === undefined || after === undefined || after.atMs <= before.atMs) return memory;
  const share = (after.cpuMs - before.cpuMs) / (after.atMs - before.atMs);
  return {
    ...memory,
    cpuPct: Math.max(0, share * 100),
    networkReceived: Math.max(0, (after.network?.received ?? 0) - (before.network?.received ?? 0)),
    networkSent: Math.max(0, (after.network?.sent ?? 0) - (before.network?.sent ?? 0)),
  };
}
