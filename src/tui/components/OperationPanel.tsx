/** The operation: goal, state, program, phase strip, batches with their numbers, and what is left of the window. */
import { Box } from 'ink';
import { formatBytes, formatCount, formatDuration, formatNumber } from '../../cli/format.js';
import { gatesLine } from '../../cli/views/gates-view.js';
import type { GateVerdict } from '../../core/nerve/messages/gate-verdict.js';
import { isFinished, type Operation } from '../operation.js';
import { stateTone } from '../theme.js';
import { Line, Piece } from './Line.js';
import { Panel, panelFrame } from './Panel.js';
import { PhaseStrip } from './PhaseStrip.js';
import { ProgressLine, progressNameColumns } from './ProgressLine.js';
import { Split } from './Split.js';

interface OperationPanelProps {
  readonly operation: Operation | undefined;
  readonly agents: number;
  readonly width: number;
  readonly height: number;
}

/** With blank lines between the parts, without, and without the line about the program. */
export const operationRows = { roomy: 10, tight: 8, least: 7 } as const;

export function OperationPanel({ operation, agents, width, height }: OperationPanelProps) {
  return (
    <Panel title="Operation" remark={operation?.id} width={width} height={height}>
      {operation === undefined ? (
        <NoOperation agents={agents} />
      ) : (
        <Details operation={operation} columns={width - panelFrame.columns} height={height} />
      )}
    </Panel>
  );
}

function NoOperation({ agents }: { readonly agents: number }) {
  if (agents === 0)
    return (
      <>
        <Line tone="title">There are no agents here yet.</Line>
        <Line> </Line>
        <Line tone="muted">
          Start a fleet with <Piece tone="accent">dreamnet up --agents 1159</Piece>
        </Line>
        <Line tone="muted">
          or do everything at once with <Piece tone="accent">dreamnet run "reduce costs 15%"</Piece>
        </Line>
      </>
    );
  return (
    <>
      <Line tone="title">No operation yet. The fleet waits for a goal.</Line>
      <Line> </Line>
      <Line tone="muted">
        State one with <Piece tone="accent">dreamnet decide "reduce costs 15%"</Piece>
      </Line>
      <Line tone="muted">
        and roll it out with <Piece tone="accent">dreamnet inject --batch 10</Piece>
      </Line>
    </>
  );
}

interface DetailsProps {
  readonly operation: Operation;
  readonly columns: number;
  readonly height: number;
}

function Details({ operation, columns, height }: DetailsProps) {
  const gap = height >= operationRows.roomy ? 1 : 0;
  return (
    <>
      <Split
        left={<Line tone="title">{operation.goal}</Line>}
        right={<Line tone={stateTone(operation.state)}>{operation.state.replaceAll('_', ' ')}</Line>}
      />
      {height >= operationRows.tight && <Line tone="muted">{programText(operation)}</Line>}
      <Box marginY={gap} flexShrink={0}>
        <PhaseStrip steps={operation.steps} columns={columns} />
      </Box>
      <BatchLine operation={operation} columns={columns} />
      <LastLine operation={operation} columns={columns} />
    </>
  );
}

function programText({ rollout, type, decision }: Operation): string {
  const parts = [type];
  if (rollout !== undefined) {
    const { program, agents, heldOut } = rollout;
    parts.push(`${program.name} ${formatBytes(program.bytes)}`, formatCount(agents, 'agent'));
    if (heldOut > 0) parts.push(`${formatNumber(heldOut)} held out`);
  } else if (decision !== undefined) {
    parts.push(decision.playbook, formatCount(decision.instruction.target_agents, 'agent'));
  }
  return parts.join(' · ');
}

function BatchLine({ operation, columns }: Omit<DetailsProps, 'height'>) {
  const { batches } = operation;
  if (batches === undefined) return <Line tone="muted">not injected yet</Line>;
  const { done, total, staged, failed, perSecond } = batches;
  const rate = perSecond === undefined ? '' : `   ${formatNumber(perSecond)}/s`;
  return (
    <ProgressLine
      name="batches"
      share={total === 0 ? 0 : done / total}
      barColumns={barColumns(operation, columns)}
      tone={failed > 0 ? 'warning' : 'accent'}
    >
      <Piece tone="value">{`  ${formatNumber(done)}/${formatNumber(total)}`}</Piece>
      <Piece>{`   ${formatNumber(staged)} staged`}</Piece>
      <Piece tone={failed > 0 ? 'bad' : 'muted'}>{`   ${formatNumber(failed)} failed`}</Piece>
      <Piece tone="muted">{rate}</Piece>
    </ProgressLine>
  );
}

/** The window while it is open; otherwise why the operation stands where it stands. */
function LastLine({ operation, columns }: Omit<DetailsProps, 'height'>) {
  const { window, reason, state, rollout } = operation;
  if (window !== undefined) {
    const left = formatDuration(Math.ceil(window.remainingMs / 1_000) * 1_000);
    return (
      <ProgressLine
        name="window"
        share={1 - window.remainingMs / window.windowMs}
        barColumns={barColumns(operation, columns)}
        tone="accent"
      >
        <Piece tone="value">{`  ${left} left`}</Piece>
        <Piece tone="muted">{`   of ${formatDuration(window.windowMs)}`}</Piece>
      </ProgressLine>
    );
  }
  if (reason !== undefined)
    return <Line tone={stateTone(state)}>{`${' '.repeat(progressNameColumns)}${reason}`}</Line>;
  if (rollout === undefined) return <Line> </Line>;
  const found = (rollout.gates ?? []).filter(({ estimate }) => estimate !== undefined);
  // Until the window opens: how the canary fares.
  if (found.length > 0 && rollout.liveAt === undefined && !isFinished(state))
    return (
      <Line tone="muted">
        {'gates'.padEnd(progressNameColumns)}
        {gatesLine(newestOf(found), { intervals: columns >= intervalColumns })}
      </Line>
    );
  const text = isFinished(state)
    ? `measured for ${formatDuration(rollout.windowMs)}`
    : `${formatDuration(rollout.windowMs)} from go-live`;
  return (
    <Line tone="muted">
      {'window'.padEnd(progressNameColumns)}
      {text}
    </Line>
  );
}

/** From here on the intervals fit beside the estimates. */
const intervalColumns = 110;

/** Of each gate the newest verdict. */
function newestOf(verdicts: readonly GateVerdict[]): GateVerdict[] {
  return [...new Map(verdicts.map((verdict) => [verdict.gate, verdict])).values()];
}

/** Bars stand below one another and keep their length while the numbers beside them grow. */
function barColumns({ rollout }: Operation, columns: number): number {
  const agents = formatNumber(rollout?.agents ?? 0).length;
  const batches = formatNumber(rollout?.batches ?? 0).length;
  const numbers = 2 * batches + 3 * agents + numbersWords;
  return Math.min(barColumnsMax, Math.max(6, columns - progressNameColumns - numbers));
}

/** The words and gaps of `  116/116   1,159 staged   0 failed   1,159/s`. */
const numbersWords = 31;
/** A longer bar says no more. */
const barColumnsMax = 80;
