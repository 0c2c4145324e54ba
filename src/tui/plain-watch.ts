/** The fleet as lines of text or JSON, for pipes and logs: one line per happening, one per new aggregate. */
import { formatCount, formatNumber, formatTime } from '../cli/format.js';
import { safeJson } from '../cli/terminal-text.js';
import type { Aggregate } from '../core/nerve/messages/aggregate.js';
import type { Names } from '../core/nerve/names.js';
import type { Redis } from '../core/nerve/redis.js';
import type { FleetEvent } from './hooks/fleet-events.js';
import { type FleetView, startFleetFeed } from './hooks/fleet-feed.js';
import { liveMetrics } from './metrics.js';

export interface StreamWatchOptions {
  readonly redis: Redis;
  readonly names: Names;
  /** Ends the stream when aborted. */
  readonly signal: AbortSignal;
  /** Receives whole lines, without the line feed. */
  readonly write: (line: string) => void;
  readonly json: boolean;
  readonly everyMs?: number;
}

/** Resolves when the signal aborts. */
export async function streamWatch(options: StreamWatchOptions): Promise<void> {
  const { redis, names, signal, write, json } = options;
  if (signal.aborted) return;
  const feed = startFleetFeed({ redis, names, ...(options.everyMs && { everyMs: options.everyMs }) });
  let before: FleetView = { connection: feed.view().connection, events: [] };
  const tell = () => {
    const view = feed.view();
    for (const line of linesBetween(before, view, json)) write(line);
    before = view;
  };
  feed.subscribe(tell);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  feed.close();
}

function linesBetween(before: FleetView, now: FleetView, json: boolean): string[] {
  const told = new Set(before.events.map((event) => event.key));
  const lines = now.events.filter((event) => !told.has(event.key)).map(json ? eventJson : eventLine);
  const aggregate = now.facts?.aggregate;
  if (aggregate !== undefined && aggregate.at !== before.facts?.aggregate?.at)
    lines.push(json ? aggregateJson(aggregate) : aggregateLine(now, aggregate));
  return lines;
}

function eventLine(event: FleetEvent): string {
  return `${formatTime(event.atMs)}  ${event.kind.padEnd(kindColumns)}  ${event.text}`;
}

function aggregateLine(view: FleetView, aggregate: Aggregate): string {
  const metrics = liveMetrics(view.facts);
  const cost = metrics.find((metric) => metric.name === 'cost');
  const success = metrics.find((metric) => metric.name === 'success');
  const change = cost?.remark ? ` (${cost.remark} since go-live)` : '';
  const parts = [
    formatCount(aggregate.agentsAlive, 'agent'),
    formatCount(aggregate.tasks, 'task'),
    ...(aggregate.cost === null ? [] : [`${cost?.value ?? ''}${change}`]),
    ...(aggregate.latency === null ? [] : [`${formatNumber(aggregate.latency, 2)} s`]),
    ...(aggregate.throughput === null ? [] : [`${formatNumber(aggregate.throughput)}/s`]),
    ...(aggregate.completed === null ? [] : [`success ${success?.value ?? ''}`]),
  ];
  return `${formatTime(aggregate.at)}  ${'fleet'.padEnd(kindColumns)}  ${parts.join(' · ')}`;
}

function eventJson({ key: _, atMs, kind, ...rest }: FleetEvent): string {
  return safeJson({ type: kind, at: atMs, ...rest });
}

function aggregateJson(aggregate: Aggregate): string {
  return safeJson({ type: 'aggregate', at: aggregate.at, aggregate });
}

/** The longest kind of event. */
const kindColumns = 11;
