/** An engine in, what happens to its agents' containers meanwhile out: one stream of events, kept open for all of them. */
import type Docker from 'dockerode';
import { z } from 'zod';
import { messageOf } from '../../../errors.js';
import type { Engine } from './engine.js';

export interface ContainerEvents {
  /** Calls back once, with words, when the container stops or the engine goes away; the function given ends the watch. */
  onEnd(containerId: string, ended: (why: EndOfContainer) => void): () => void;
  /** Whether it was started or stopped since the change was last taken note of: what was known of it is out of date then. */
  hasChanged(containerId: string): boolean;
  /** The same, and takes note of it. */
  takeChange(containerId: string): boolean;
  /** How often it has been started since the stream was opened. */
  startsOf(containerId: string): number;
  close(): void;
}

export interface EndOfContainer {
  readonly reason: string;
  /** Undefined when it is the engine that went away. */
  readonly exitCode: number | undefined;
  readonly engineLost: boolean;
}

const eventSchema = z.object({
  Action: z.enum(['die', 'start']),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()) }),
});

const lineBytesMax = 65_536;

export async function watchContainers({ docker, explain }: Engine): Promise<ContainerEvents> {
  const filters = { type: ['container'], event: ['die', 'start'], label: ['dreamnet.role=agent'] };
  const listeners = new Map<string, Set<(why: EndOfContainer) => void>>();
  const changed = new Set<string>();
  const starts = new Map<string, number>();
  let lost: EndOfContainer | undefined;
  let closed = false;

  const stream = (await docker
    .getEvents({ filters } as unknown as Docker.GetEventsOptions)
    .catch((thrown: unknown) => {
      throw explain(thrown);
    })) as NodeJS.ReadableStream & { destroy(): void };

  const tell = (id: string, why: EndOfContainer) => {
    for (const listener of listeners.get(id) ?? []) listener(why);
    listeners.delete(id);
  };
  const take = (line: string) => {
    const event = eventOf(line);
    if (event === undefined) return;
    const { ID: id, Attributes } = event.Actor;
    changed.add(id);
    if (event.Action === 'start') starts.set(id, (starts.get(id) ?? 0) + 1);
    else tell(id, stopped(Attributes.exitCode));
  };
  const end = (thrown?: unknown) => {
    if (closed || lost !== undefined) return;
    const why = thrown === undefined ? 'it closed the connection' : messageOf(thrown);
    lost = { reason: `the Docker engine went away: ${why}`, exitCode: undefined, engineLost: true };
    for (const id of [...listeners.keys()]) tell(id, lost);
  };

  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = (lines.pop() ?? '').slice(-lineBytesMax);
    for (const line of lines) take(line);
  });
  stream.on('end', () => end());
  stream.on('close', () => end());
  stream.on('error', end);

  return {
    onEnd(id, ended) {
      if (lost !== undefined) {
        ended(lost);
        return () => undefined;
      }
      const all = listeners.get(id) ?? new Set();
      listeners.set(id, all.add(ended));
      return () => {
        all.delete(ended);
        if (all.size === 0 && listeners.get(id) === all) listeners.delete(id);
      };
    },
    hasChanged: (id) => changed.has(id),
    takeChange: (id) => changed.delete(id),
    startsOf: (id) => starts.get(id) ?? 0,
    close() {
      closed = true;
      stream.destroy();
    },
  };
}

function eventOf(line: string) {
  try {
    return eventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function stopped(exitCode: string | undefined): EndOfContainer {
  const code = Number(exitCode);
  return {
    reason: `the container stopped while its answer was waited for (exit code ${exitCode ?? 'unknown'})`,
    exitCode: Number.isInteger(code) ? code : undefined,
    engineLost: false,
  };
}
