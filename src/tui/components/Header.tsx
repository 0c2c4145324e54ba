/** The first line: whose fleet, how it is, how many agents are alive, which Redis, and how old the data is. */
import { formatCount, formatNumber, formatTime } from '../../cli/format.js';
import { truncateToWidth } from '../../cli/terminal-text.js';
import { fleetState, statusOf } from '../fleet-state.js';
import type { FleetView } from '../hooks/fleet-feed.js';
import { Line, Piece } from './Line.js';
import { Split } from './Split.js';

export interface HeaderProps {
  readonly view: FleetView;
  readonly nowMs: number;
  readonly columns: number;
  /** Address of Redis as shown to people. */
  readonly target: string;
  readonly frozen: boolean;
  readonly readonly: boolean;
}

export function Header({ view, nowMs, columns, target, frozen, readonly }: HeaderProps) {
  const state = fleetState(view, nowMs);
  const status = statusOf(view, nowMs, frozen);
  const showTarget = columns >= 110;
  return (
    <Split
      left={
        <Line>
          <Piece tone="title">{' dreamnet '}</Piece>
          <Piece tone={state.tone}>{` ● ${state.text}`}</Piece>
          <Piece tone="plain">{`   ${agentsText(view)}`}</Piece>
          {readonly && <Piece tone="muted">{'   read-only'}</Piece>}
        </Line>
      }
      right={
        <Line>
          {showTarget && <Piece tone="muted">{`${truncateToWidth(target, 50)}   `}</Piece>}
          <Piece tone={status.tone}>{`${status.text}   `}</Piece>
          <Piece tone="muted">{`${formatTime(nowMs)} `}</Piece>
        </Line>
      }
    />
  );
}

function agentsText({ facts }: FleetView): string {
  if (facts === undefined) return '';
  const { agentsAlive, agentsKnown } = facts;
  if (agentsAlive === agentsKnown) return formatCount(agentsKnown, 'agent');
  return `${formatNumber(agentsAlive)} of ${formatCount(agentsKnown, 'agent')} alive`;
}
