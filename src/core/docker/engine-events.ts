/**
 * An engine and a filter in, its events one by one out, for as long as it is wanted: a stream that is opened again whenever
 * the engine has been away. What happened meanwhile is not told, so that who listens is told that there was a gap.
 */
import type Docker from 'dockerode';
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { pause } from '../pause.js';
import type { Engine } from './engine.js';

export interface EngineEvent {
  /** Such as `die`; for some, words follow: `exec_start: sh`. */
  readonly action: string;
  /** Of the container, or of whatever else it is about. */
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface EventListener {
  take(event: EngineEvent): void;
  /** The engine went away. */
  lost(why: string): void;
  /** It is back: what was known before may be out of date. */
  back(): void;
}

/** As the engine takes them, such as `{ type: ['container'], event: ['die'] }`. */
export type EventFilters = Readonly<Record<string, readonly string[]>>;

const eventSchema = z.object({
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }),
});

const lineBytesMax = 65_536;
/** How long until an engine that went away is asked again. */
const againMs = { first: 250, max: 5_000 } as const;

type EventStream = NodeJS.ReadableStream & { destroy(): void };

/** Resolves when the stream is open, and throws when the engine does not give its events. */
export async function followEvents(
  engine: Engine,
  filters: EventFilters,
  listener: EventListener,
): Promise<{ close(): void }> {
  const closing = new AbortController();
  let stream: EventStream | undefined;

  const open = async () => {
    const options = { filters } as unknown as Docker.GetEventsOptions;
    const opened = (await engine.docker.getEvents(options).catch((thrown: unknown) => {
      throw engine.explain(thrown);
    })) as EventStream;
    stream = opened;
    if (closing.signal.aborted) opened.destroy();
    readLines(opened, (line) => {
      const event = eventOf(line);
      if (event !== undefined) listener.take(event);
    });
    for (const end of ['end', 'close', 'error'] as const) opened.on(end, (thrown) => ended(opened, thrown));
  };
  const ended = (which: EventStream, thrown: unknown) => {
    if (closing.signal.aborted || stream !== which) return;
    stream = undefined;
    which.destroy();
    listener.lost(thrown === undefined ? 'it closed the connection' : messageOf(thrown));
    void openAgain();
  };
  const openAgain = async () => {
    for (let ms: number = againMs.first; ; ms = Math.min(againMs.max, ms * 2)) {
      await pause(ms, closing.signal);
      if (closing.signal.aborted) return;
      try {
        await open();
        break;
      } catch {
        // It is still away, which those who ask it something else are told.
      }
    }
    listener.back();
  };

  await open();
  return {
    close: () => {
      closing.abort();
      stream?.destroy();
    },
  };
}

function readLines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = (lines.pop() ?? '').slice(-lineBytesMax);
    for (const line of lines) take(line);
  });
}

function eventOf(line: string): EngineEvent | undefined {
  try {
    const { Action, Actor } = eventSchema.parse(JSON.parse(line));
    return { action: Action, id: Actor.ID, attributes: Actor.Attributes ?? {} };
  } catch {
    return undefined;
  }
}
