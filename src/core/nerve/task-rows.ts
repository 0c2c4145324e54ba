/**
 * The tasks of one window report, row by row: rows in, short text out, and back. One row stands for one task, or for some
 * tasks of one group together where an agent has more tasks than a report has room for, so a report is bounded whatever the
 * number of tasks. Layout, little endian, base64: per row f32 group (index into the report's groups), f32 tasks, then for each
 * metric three f32: what its tasks used before go-live (mean), at go-live (the reading that the program decided on), and in the
 * window (mean). NaN: not known. Seven digits are kept, which no measurement has.
 */
import { z } from 'zod';

/** Rows of a report, unless it has more groups than that: then one for each. */
export const taskRowsMax = 64;
/** Against damage: one row for each of the most groups that a report has. */
const rowsReadMax = 4_096;
const metricsMax = 16;
const valuesPerMetric = 3;

export const taskRowsSchema = z.object({
  metrics: z.array(z.string().max(64)).max(metricsMax),
  values: z.base64().max(4 * Math.ceil((rowsReadMax * 4 * (2 + valuesPerMetric * metricsMax)) / 3)),
});
export type EncodedTaskRows = z.infer<typeof taskRowsSchema>;

/** As they are put together; `TaskRows` is how they are read. */
export interface TaskRow {
  /** Index into the groups of the report. */
  readonly group: number;
  readonly tasks: number;
  /** Metric -> sums over its tasks. */
  readonly metrics: Readonly<Record<string, TaskLevels>>;
}

export interface TaskLevels {
  readonly before: number;
  readonly atGoLive: number;
  readonly after: number;
}

/** As one array, because a large fleet has a million rows. */
export interface TaskRows {
  readonly count: number;
  readonly metrics: readonly string[];
  group(row: number): number;
  tasks(row: number): number;
  /** `metric`: its place in `metrics`; `level`: 0 before go-live, 1 at go-live, 2 in the window. */
  value(row: number, metric: number, level: 0 | 1 | 2): number;
}

/** What a row has to say of a metric that it does not have. */
const unknown: TaskLevels = { before: Number.NaN, atGoLive: Number.NaN, after: Number.NaN };

export function encodeTaskRows(metrics: readonly string[], rows: readonly TaskRow[]): EncodedTaskRows {
  const width = widthOf(metrics.length);
  const bytes = Buffer.alloc(rows.length * width * 4);
  rows.forEach((row, at) => {
    let offset = bytes.writeFloatLE(row.group, at * width * 4);
    offset = bytes.writeFloatLE(row.tasks, offset);
    for (const metric of metrics) {
      const { before, atGoLive, after } = row.metrics[metric] ?? unknown;
      offset = bytes.writeFloatLE(before, offset);
      offset = bytes.writeFloatLE(atGoLive, offset);
      offset = bytes.writeFloatLE(after, offset);
    }
  });
  return { metrics: [...metrics], values: bytes.toString('base64') };
}

/** Undefined when the bytes are no rows. */
export function decodeTaskRows({ metrics, values }: EncodedTaskRows): TaskRows | undefined {
  const bytes = Buffer.from(values, 'base64');
  const width = widthOf(metrics.length);
  const count = bytes.length / (width * 4);
  if (!Number.isInteger(count) || count > rowsReadMax) return undefined;
  const floats = new Float32Array(count * width);
  for (let at = 0; at < floats.length; at++) floats[at] = bytes.readFloatLE(at * 4);
  return {
    count,
    metrics,
    group: (row) => floats[row * width] as number,
    tasks: (row) => floats[row * width + 1] as number,
    value: (row, metric, level) => floats[row * width + 2 + valuesPerMetric * metric + level] as number,
  };
}

function widthOf(metrics: number): number {
  return 2 + valuesPerMetric * metrics;
}
