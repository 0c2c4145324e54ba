/** The whole screen of the running operation: panels where there is room, short lines where there is not. */
import { Box } from 'ink';
import { DecisionPanel } from '../components/DecisionPanel.js';
import { EventLog } from '../components/EventLog.js';
import { FleetPanel } from '../components/FleetPanel.js';
import { Header, type HeaderProps } from '../components/Header.js';
import { KeyHints, type KeyHintsProps } from '../components/KeyHints.js';
import { MetricCards } from '../components/MetricCards.js';
import { MetricTable } from '../components/MetricTable.js';
import { OperationPanel } from '../components/OperationPanel.js';
import { ResultPanel, resultRows } from '../components/ResultPanel.js';
import type { FleetFacts } from '../hooks/fleet-facts.js';
import type { FleetView } from '../hooks/fleet-feed.js';
import { type Layout, layoutFor } from '../layout.js';
import { liveMetrics } from '../metrics.js';
import { operationOf } from '../operation.js';
import { workloadText } from '../workload.js';
import { CompactScreen } from './CompactScreen.js';

export interface OperationScreenProps extends HeaderProps, Omit<KeyHintsProps, 'note'> {
  /** Rows that the frame may use. */
  readonly rows: number;
}

export function OperationScreen(props: OperationScreenProps) {
  const { view, nowMs, columns, rows, steering, steerable } = props;
  const layout = layoutFor(columns, rows);
  if (layout === undefined) return <CompactScreen {...props} />;
  const metrics = liveMetrics(view.facts);
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      <Header {...props} />
      <OperationPanel
        operation={operationOf(view.facts, nowMs)}
        agents={view.facts?.agentsKnown}
        width={columns}
        height={layout.operationRows}
      />
      {layout.cardRows === undefined ? (
        <MetricTable metrics={metrics} title="Fleet" width={columns} />
      ) : (
        <MetricCards metrics={metrics} width={columns} height={layout.cardRows} />
      )}
      <Lower view={view} layout={layout} />
      <KeyHints note={workloadText(view.facts)} {...{ steering, steerable }} />
    </Box>
  );
}

/** Two columns, or three on wide screens; the left ones hold what was decided, measured and is running. */
function Lower({ view, layout }: { readonly view: FleetView; readonly layout: Layout }) {
  const { lowerRows, lowerColumns } = layout;
  const [left = 0, middle = 0, right] = lowerColumns;
  const { facts, events } = view;
  if (lowerRows < 3) return null;
  if (right === undefined)
    return (
      <Box height={lowerRows} flexShrink={0}>
        <SideColumn view={view} width={left} height={lowerRows} expecting={isExpecting(facts)} />
        <EventLog events={events} width={middle} height={lowerRows} />
      </Box>
    );
  return (
    <Box height={lowerRows} flexShrink={0}>
      <DecisionPanel decision={facts?.decision} width={left} height={lowerRows} />
      <SideColumn view={view} width={middle} height={lowerRows} expecting={false} />
      <EventLog events={events} width={right} height={lowerRows} />
    </Box>
  );
}

interface SideColumnProps {
  readonly view: FleetView;
  readonly width: number;
  readonly height: number;
  readonly expecting: boolean;
}

/** What is expected until it is measured, and below it the agents when they have room. */
function SideColumn({ view, width, height, expecting }: SideColumnProps) {
  const { facts } = view;
  const agentRows = height - resultRows;
  const withAgents = agentRows >= 4;
  const upperRows = withAgents ? resultRows : height;
  return (
    <Box flexDirection="column">
      {expecting ? (
        <DecisionPanel decision={facts?.decision} width={width} height={upperRows} />
      ) : (
        <ResultPanel result={facts?.result} decision={facts?.decision} width={width} height={upperRows} />
      )}
      {withAgents && (
        <FleetPanel
          aggregate={facts?.aggregate}
          programNames={facts?.rollout ? { [facts.rollout.program.digest]: facts.rollout.program.name } : {}}
          width={width}
          height={agentRows}
        />
      )}
    </Box>
  );
}

/** The newest decision has no result yet. */
function isExpecting(facts: FleetFacts | undefined): boolean {
  return facts?.decision !== undefined && facts.decision.instruction.id !== facts.result?.id;
}
