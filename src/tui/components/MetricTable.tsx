/** The live figures as short rows in two columns, for screens without room for cards. */
import { Box } from 'ink';
import { metricRow } from '../metric-row.js';
import type { LiveMetric } from '../metrics.js';
import { verdictTone } from '../theme.js';
import { Line, Piece } from './Line.js';
import { Panel, panelFrame } from './Panel.js';

interface MetricTableProps {
  readonly metrics: readonly LiveMetric[];
  readonly title: string;
  readonly width: number;
}

export const metricTableRows = 5;

const rows = 3;

export function MetricTable({ metrics, title, width }: MetricTableProps) {
  const half = Math.floor((width - panelFrame.columns - 2) / 2);
  return (
    <Panel title={title} width={width} height={metricTableRows}>
      {metrics.length === 0 && <Line tone="muted">No measurements yet.</Line>}
      {metrics.slice(0, rows).map((metric, at) => {
        const other = metrics[at + rows];
        return (
          <Box key={metric.name} gap={2}>
            <Row metric={metric} columns={half} />
            {other !== undefined && <Row metric={other} columns={half} />}
          </Box>
        );
      })}
    </Panel>
  );
}

function Row({ metric, columns }: { readonly metric: LiveMetric; readonly columns: number }) {
  const { name, value, remark, chart } = metricRow(metric, columns);
  return (
    <Box width={columns}>
      <Line>
        <Piece tone="muted">{name}</Piece>
        <Piece tone="value">{value}</Piece>
        <Piece tone={verdictTone(metric)}>{remark}</Piece>
        <Piece tone="accent">{chart}</Piece>
      </Line>
    </Box>
  );
}
