/**
 * A tick trace -> about thirty bytes, and back (docs/nerve.md gives the layout). Each stands alone, so that a reader can begin
 * anywhere in a stream that is trimmed. What names the program and its actions is kept once, under a short reference
 * (`trace-names.ts`).
 *
 * Metrics are kept to one part in 1,900, times of evaluation to the microsecond, CPU to a tenth of a percent, memory of the
 * process to 16 KiB. Counts are exact.
 */
import type { TickTrace } from '../nerve/messages/trace-record.js';
import { CompactReader, CompactWriter, isCount, isOnScale } from './compact-bytes.js';

/** First byte: the version of this layout. JSON begins with another one. */
export const tickEncodingVersion = 1;
/** Bytes of a reference to names. */
export const referenceBytes = 4;

export interface EncodedTick {
  /** Of the names; undefined when nothing was live and nothing applied. */
  readonly reference?: Buffer | undefined;
  /** How often each action was applied, by its place in the names. */
  readonly effects: ReadonlyMap<number, number>;
  /** All that names nothing. */
  readonly tick: Omit<TickTrace, 'version' | 'kind' | 'effects' | 'instruction' | 'digest'>;
}

const gauges = ['cost', 'latency', 'throughput', 'memory', 'cpuTime'] as const;
const runs = ['completed', 'failed'] as const;

/** What an entry has otherwise than most: one bit each, the frequent ones first. */
const flag = {
  effects: 1 << 0,
  more: 1 << 1,
  ticks: 1 << 2,
  dropped: 1 << 3,
  noReference: 1 << 4,
  at: 1 << 5,
  measuredAt: 1 << 6,
  wide: 1 << 7,
};
/** A bit for each metric that is not there. */
const absentShift = 8;
const flagsEnd = 1 << (absentShift + gauges.length + runs.length);

const evaluateUnitMs = 1e-3;
const cpuUnitPct = 0.1;
const memoryUnit = 16_384;
/** More than any agent offers. */
const actionsMax = 256;
const writer = new CompactWriter();

/**
 * `atMs` is the time that the entry's id will carry. Undefined for what does not fit this form, a count that is no whole
 * number, say: it is kept as JSON then.
 */
export function encodeTick({ reference, effects, tick }: EncodedTick, atMs: number): Buffer | undefined {
  if (!fits({ effects, tick }, atMs)) return undefined;
  const { metrics, ticks = 1, dropped = 0 } = tick;
  const more = textOf(tick);
  const flags = flagsOf({ reference, effects, tick }, atMs);
  writer.byte(tickEncodingVersion);
  writer.count(flags);
  if (reference !== undefined) writer.raw(reference);
  if (flags & flag.at) writer.signed(tick.at - atMs);
  if (flags & flag.measuredAt) writer.signed(metrics.at - tick.at);
  if (flags & flag.ticks) writer.count(ticks);
  if (flags & flag.dropped) writer.count(dropped);
  writer.count(metrics.tasks);
  for (const gauge of gauges) {
    const value = metrics[gauge];
    if (value !== undefined) flags & flag.wide ? writer.f64(value) : writer.measurement(value);
  }
  for (const run of runs) {
    const value = metrics[run];
    if (value !== undefined) writer.count(value);
  }
  writer.count(metrics.applied);
  writer.count(metrics.refused);
  if (effects.size > 0) {
    writer.count(effects.size);
    for (const [place, count] of effects) {
      writer.count(place);
      writer.count(count);
    }
  }
  writer.count(tick.steps);
  writer.count(Math.round(tick.evaluateMs / evaluateUnitMs));
  writer.count(Math.round(tick.processCpuPct / cpuUnitPct));
  writer.count(Math.round(tick.processMemory / memoryUnit));
  if (more !== undefined) writer.raw(more);
  return writer.take();
}

/** `atMs` is the time of the entry's id. Throws a RangeError or SyntaxError for other versions and for damage. */
export function decodeTick(encoded: Buffer, atMs: number): EncodedTick {
  const bytes = new CompactReader(encoded);
  const version = bytes.byte();
  if (version !== tickEncodingVersion)
    throw new RangeError(`version ${version} of the encoding is not known`);
  const flags = bytes.count();
  if (flags >= flagsEnd) throw new RangeError('something is there that is not known');
  const isAbsent = (metric: number) => (flags & (1 << (absentShift + metric))) !== 0;

  const reference = flags & flag.noReference ? undefined : bytes.raw(referenceBytes);
  const at = flags & flag.at ? atMs + bytes.signed() : atMs;
  const measuredAt = flags & flag.measuredAt ? at + bytes.signed() : at;
  const ticks = flags & flag.ticks ? { ticks: bytes.count() } : {};
  const dropped = flags & flag.dropped ? { dropped: bytes.count() } : {};
  const metrics: Record<string, number> = { at: measuredAt, tasks: bytes.count() };
  gauges.forEach((gauge, metric) => {
    if (!isAbsent(metric)) metrics[gauge] = flags & flag.wide ? bytes.f64() : bytes.measurement();
  });
  runs.forEach((run, metric) => {
    if (!isAbsent(gauges.length + metric)) metrics[run] = bytes.count();
  });
  metrics.applied = bytes.count();
  metrics.refused = bytes.count();
  const effects = new Map<number, number>();
  for (let left = flags & flag.effects ? bytes.count() : 0; left > 0; left--)
    effects.set(bytes.count(), bytes.count());
  const tick = {
    ...{ at, metrics: metrics as unknown as TickTrace['metrics'], ...ticks, ...dropped },
    steps: bytes.count(),
    evaluateMs: bytes.count() * evaluateUnitMs,
    processCpuPct: bytes.count() * cpuUnitPct,
    processMemory: bytes.count() * memoryUnit,
  };
  const more = flags & flag.more ? JSON.parse(bytes.rest().toString('utf8')) : {};
  bytes.end();
  return { reference, effects, tick: { ...more, ...tick } };
}

function fits({ effects, tick }: EncodedTick, atMs: number): boolean {
  const { metrics, ticks = 1, dropped = 0 } = tick;
  if (effects.size > actionsMax) return false;
  for (const [place, count] of effects) if (!isCount(place) || !isCount(count)) return false;
  return (
    isCount(ticks) &&
    isCount(dropped) &&
    isCount(metrics.tasks) &&
    isCount(metrics.completed ?? 0) &&
    isCount(metrics.failed ?? 0) &&
    isCount(metrics.applied) &&
    isCount(metrics.refused) &&
    isCount(tick.steps) &&
    isCount(Math.round(tick.evaluateMs / evaluateUnitMs)) &&
    isCount(Math.round(tick.processCpuPct / cpuUnitPct)) &&
    isCount(Math.round(tick.processMemory / memoryUnit)) &&
    Number.isSafeInteger(2 * (tick.at - atMs)) &&
    Number.isSafeInteger(2 * (metrics.at - tick.at))
  );
}

function flagsOf({ reference, effects, tick }: EncodedTick, atMs: number): number {
  const { metrics, ticks = 1, dropped = 0 } = tick;
  let flags = 0;
  if (effects.size > 0) flags |= flag.effects;
  if (tick.unapplied !== undefined || tick.error !== undefined) flags |= flag.more;
  if (ticks !== 1) flags |= flag.ticks;
  if (dropped !== 0) flags |= flag.dropped;
  if (reference === undefined) flags |= flag.noReference;
  if (tick.at !== atMs) flags |= flag.at;
  if (metrics.at !== tick.at) flags |= flag.measuredAt;
  let bit = 1 << absentShift;
  for (const gauge of gauges) {
    const value = metrics[gauge];
    if (value === undefined) flags |= bit;
    else if (!isOnScale(value)) flags |= flag.wide;
    bit <<= 1;
  }
  for (const run of runs) {
    if (metrics[run] === undefined) flags |= bit;
    bit <<= 1;
  }
  return flags;
}

/** What is rare, and text, stays text. */
function textOf({ unapplied, error }: EncodedTick['tick']): Buffer | undefined {
  if (unapplied === undefined && error === undefined) return undefined;
  return Buffer.from(JSON.stringify({ unapplied, error }));
}
