/** What happened, newest at the bottom; only the lines that fit are mounted. */
import { formatTime } from '../../cli/format.js';
import { wrap } from '../../cli/table.js';
import type { FleetEvent } from '../hooks/fleet-events.js';
import { levelTones } from '../theme.js';
import { Line, Piece } from './Line.js';
import { Panel, panelFrame } from './Panel.js';

interface EventLogProps {
  readonly events: readonly FleetEvent[];
  readonly width: number;
  readonly height: number;
}

export function EventLog({ events, width, height }: EventLogProps) {
  const rows = Math.max(1, height - panelFrame.rows);
  const columns = Math.max(10, width - panelFrame.columns - timeColumns);
  const shown = events.slice(-rows).flatMap((event) => linesOf(event, columns));
  return (
    <Panel title="Events" width={width} height={height}>
      {events.length === 0 && <Line tone="muted">Nothing has happened yet.</Line>}
      {wholeEvents(shown.slice(-rows)).map(({ key, event, text, first }) => (
        <Line key={key}>
          <Piece tone="muted">{first ? `${formatTime(event.atMs)} ` : ' '.repeat(timeColumns - 2)}</Piece>
          <Piece tone={levelTones[event.level]}>{first ? marks[event.level] : ' '}</Piece>
          <Piece>{` ${text}`}</Piece>
        </Line>
      ))}
    </Panel>
  );
}

interface LogLine {
  readonly key: string;
  readonly event: FleetEvent;
  readonly text: string;
  /** Only the first line of an event carries its time. */
  readonly first: boolean;
}

function linesOf(event: FleetEvent, columns: number): LogLine[] {
  // A number is not parted from its percent sign.
  return wrap(event.text.replaceAll(' %', '\u00a0%'), columns).map((text, at) => ({
    key: `${event.key}#${at}`,
    event,
    text: text.replaceAll('\u00a0', ' '),
    first: at === 0,
  }));
}

/** The log begins with the beginning of an event, unless one fills it all. */
function wholeEvents(lines: readonly LogLine[]): readonly LogLine[] {
  const first = lines.findIndex((line) => line.first);
  return first < 0 ? lines : lines.slice(first);
}

/** Time, mark, and the spaces after each. */
const timeColumns = 11;

/** Told apart without colours too. */
const marks = { info: '·', good: '●', warning: '▲', bad: '✖' } as const;
