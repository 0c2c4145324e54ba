/** The fleet by what its agents do and which program they run, as bars. */
import { formatNumber } from '../../cli/format.js';
import { barOf } from '../../cli/progress/bar.js';
import { escapeControls, truncateToWidth } from '../../cli/terminal-text.js';
import type { Aggregate } from '../../core/nerve/messages/aggregate.js';
import { Line, Piece } from './Line.js';
import { Panel, panelFrame } from './Panel.js';

interface FleetPanelProps {
  readonly aggregate: Aggregate | undefined;
  /** Digest -> name, for programs that have one. */
  readonly programNames: Readonly<Record<string, string>>;
  readonly width: number;
  readonly height: number;
}

const nameColumns = 16;
const countColumns = 7;

export function FleetPanel({ aggregate, programNames, width, height }: FleetPanelProps) {
  const columns = width - panelFrame.columns;
  const rows = height - panelFrame.rows;
  return (
    <Panel title="Agents" width={width} height={height}>
      {aggregate === undefined ? (
        <Line tone="muted">No measurements yet.</Line>
      ) : (
        linesOf(aggregate, programNames)
          .slice(0, rows)
          .map((line) => (
            <CountLine key={line.key} counted={line} total={aggregate.agentsKnown} columns={columns} />
          ))
      )}
    </Panel>
  );
}

interface Counted {
  readonly key: string;
  readonly name: string;
  readonly count: number;
}

/** Statuses by count, then programs by count. */
function linesOf(aggregate: Aggregate, programNames: Readonly<Record<string, string>>): Counted[] {
  const statuses = sorted(aggregate.statuses).map(([name, count]) => ({
    key: `status:${name}`,
    name,
    count,
  }));
  const programs = sorted(aggregate.programs).map(([digest, count]) => ({
    key: `program:${digest}`,
    name: programNames[digest] ?? (digest === 'none' ? 'no program' : digest.slice(7, 19)),
    count,
  }));
  return [...statuses, ...programs];
}

function sorted(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([, one], [, other]) => other - one);
}

interface CountLineProps {
  readonly counted: Counted;
  readonly total: number;
  readonly columns: number;
}

function CountLine({ counted, total, columns }: CountLineProps) {
  const { name, count } = counted;
  const bar = barOf(total === 0 ? 0 : count / total, columns - nameColumns - countColumns - 1);
  return (
    <Line>
      <Piece tone="muted">{truncateToWidth(escapeControls(name), nameColumns - 1).padEnd(nameColumns)}</Piece>
      <Piece tone="value">{formatNumber(count).padStart(countColumns)}</Piece>
      <Piece tone="accent">{` ${bar.filled}`}</Piece>
    </Line>
  );
}
