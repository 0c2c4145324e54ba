/** The operation: goal, state, program, phase strip, batches with their numbers, and what is left of the window. */
import { Box } from 'ink';
import { formatBytes, formatCount, formatDuration, formatNumber } from '../../cli/format.js';
import { wrap } from '../../cli/table.js';
import { truncateToWidth } from '../../cli/terminal-text.js';
import { gatesLine } from '../../cli/views/gates-view.js';
import type { GateVerdict } from '../../core/nerve/messages/gate-verdict.js';
import { isFinished, type Operation } from '../operation.js';
import { stateTone, type Tone } from '../theme.js';
import { Line, Piece } from './Line.js';
import { Panel, panelFrame } from './Panel.js';
import { PhaseStrip } from './PhaseStrip.js';
import { ProgressLine, progressNameColumns } from './ProgressLine.js';
import { Split } from './Split.js';

interface OperationPanelProps {
  readonly operation: Operation | undefined;
  /** Undefined while nothing is known yet. */
  readonly agents: number | undefined;
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

function NoOperation({ agents }: Pick<OperationPanelProps, 'agents'>) {
  if (agents === undefined) return <Line tone="muted">Asking Redis what runs here …</Line>;
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

/** What the last line says may take more of the rows than one; then there is less air, and no line about the program. */
function Details({ operation, columns, height }: DetailsProps) {
  const rows = height - panelFrame.rows - rowsAlways;
  const last = lastLine(operation, columns);
  const lines = last === undefined ? [] : linesWithin(last.text, columns - progressNameColumns, rows);
  const spare = rows - Math.max(1, lines.length);
  return (
    <>
      <Split
        left={<Line tone="title">{operation.goal}</Line>}
        right={<Line tone={stateTone(operation.state)}>{operation.state.replaceAll('_', ' ')}</Line>}
      />
      {spare >= 1 && <Line tone="muted">{programText(operation)}</Line>}
      <Box marginTop={spare >= 2 ? 1 : 0} marginBottom={spare >= 3 ? 1 : 0} flexShrink={0}>
        <PhaseStrip steps={operation.steps} columns={columns} />
      </Box>
      <BatchLine operation={operation} columns={columns} />
      {last === undefined ? (
        <WindowLine operation={operation} columns={columns} />
      ) : (
        lines.map((text, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity than their place.
          <Line key={at} tone={last.tone}>
            {`${(at === 0 ? last.name : '').padEnd(progressNameColumns)}${text}`}
          </Line>
        ))
      )}
    </>
  );
}

/** Goal, phase strip and batches. */
const rowsAlways = 4;

/** Cut only where there are no rows left for it. */
function linesWithin(text: string, columns: number, rows: number): string[] {
  const lines = wrap(text, columns).map((line) => line.replaceAll(tied, ' '));
  if (lines.length <= rows) return lines;
  return [...lines.slice(0, rows - 1), truncateToWidth(lines.slice(rows - 1).join(' '), columns)];
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

function WindowLine({ operation, columns }: Omit<DetailsProps, 'height'>) {
  const { window } = operation;
  if (window === undefined) return <Line> </Line>;
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

/** Why the operation stands where it stands; undefined while its window is open, and before there is anything to say. */
function lastLine(
  { window, reason, state, rollout }: Operation,
  columns: number,
): { readonly name: string; readonly text: string; readonly tone: Tone } | undefined {
  if (window !== undefined) return undefined;
  if (reason !== undefined) return { name: '', text: reason, tone: stateTone(state) };
  if (rollout === undefined) return undefined;
  const found = (rollout.gates ?? []).filter(({ estimate }) => estimate !== undefined);
  // Until the window opens: how the canary fares.
  if (found.length > 0 && rollout.liveAt === undefined && !isFinished(state)) {
    const text = gatesLine(newestOf(found), { intervals: columns >= intervalColumns });
    // What is told of one gate stays together.
    const parts = text.split(' · ').map((part) => part.replaceAll(' ', tied));
    return { name: 'gates', text: parts.join(`${tied}· `), tone: 'muted' };
  }
  const text = isFinished(state)
    ? `measured for ${formatDuration(rollout.windowMs)}`
    : `${formatDuration(rollout.windowMs)} from go-live`;
  return { name: 'window', text, tone: 'muted' };
}

/** A space at which no line is broken. */
const tied = '\u00a0';

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
