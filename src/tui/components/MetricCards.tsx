/** The live figures as cards in a row: value, change since go-live, and a chart of its course. */
import { Box } from 'ink';
import { chartRows } from '../chart.js';
import type { LiveMetric } from '../metrics.js';
import { verdictTone } from '../theme.js';
import { Line } from './Line.js';
import { Panel, panelFrame } from './Panel.js';

interface MetricCardsProps {
  readonly metrics: readonly LiveMetric[];
  readonly width: number;
  readonly height: number;
}

export function MetricCards({ metrics, width, height }: MetricCardsProps) {
  if (metrics.length === 0)
    return (
      <Panel title="Fleet" width={width} height={height}>
        <Line tone="muted">No measurements yet.</Line>
      </Panel>
    );
  const share = Math.floor(width / metrics.length);
  return (
    <Box height={height} flexShrink={0}>
      {metrics.map((metric, at) => (
        <MetricCard
          key={metric.name}
          metric={metric}
          width={at === metrics.length - 1 ? width - share * at : share}
          height={height}
        />
      ))}
    </Box>
  );
}

interface MetricCardProps {
  readonly metric: LiveMetric;
  readonly width: number;
  readonly height: number;
}

function MetricCard({ metric, width, height }: MetricCardProps) {
  const rows = height - panelFrame.rows - 2;
  const chart = chartRows(metric.series, {
    columns: width - panelFrame.columns,
    rows,
    rangeMin: metric.rangeMin,
  });
  return (
    <Panel title={metric.name} width={width} height={height}>
      <Line tone="value">{metric.value}</Line>
      <Line tone={verdictTone(metric)}>{remarkText(metric, width - panelFrame.columns)}</Line>
      {chart.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a chart's rows have no other identity than their place.
        <Line key={at} tone="accent">
          {row}
        </Line>
      ))}
    </Panel>
  );
}

function remarkText({ remark }: LiveMetric, columns: number): string {
  const longer = `${remark} since go-live`;
  return remark.endsWith('%') && longer.length <= columns ? longer : remark === '' ? ' ' : remark;
}
