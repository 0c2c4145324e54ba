/** A live figure and the columns of its row in, the row's parts out: the chart gives way first, then notes, then the name. */
import { displayWidth, truncateToWidth } from '../cli/terminal-text.js';
import { sparkline } from './chart.js';
import type { LiveMetric } from './metrics.js';

/** Put side by side they are no wider than the row; each brings its own gap. */
export interface MetricRow {
  readonly name: string;
  readonly value: string;
  readonly remark: string;
  readonly chart: string;
}

const nameColumns = 12;
const valueColumns = 10;
const remarkColumns = 10;
/** A usual change with the gap before it: ` -14.1 %`. */
const changeColumns = 8;
const noteGap = 2;
const chartColumnsMin = 4;

export function metricRow(metric: LiveMetric, columns: number): MetricRow {
  const isChange = metric.remark.endsWith('%');
  const changeNeeds = Math.max(changeColumns, isChange ? displayWidth(metric.remark) + 1 : 0);
  const left = Math.max(0, Math.min(nameColumns + valueColumns, columns - changeNeeds));
  const room = columns - left;
  const remark = isChange ? metric.remark : noteFor(metric.remark, room);
  const remarkRoom = Math.min(room, Math.max(remarkColumns, displayWidth(remark) + noteGap));
  const chart = room - remarkRoom - 1;
  const name = truncateToWidth(metric.name, left - displayWidth(metric.value) - 1);
  return {
    name,
    value: metric.value.padStart(left - displayWidth(name)),
    remark: remark.padStart(remarkRoom),
    chart: chart < chartColumnsMin ? '' : ` ${sparkline(metric.series, chart, metric.rangeMin)}`,
  };
}

/** Since when something is counted goes without saying here; other notes are shown whole or not at all. */
function noteFor(remark: string, room: number): string {
  return remark.startsWith('since ') || displayWidth(remark) + noteGap > room ? '' : remark;
}
