/** Why: the newest decision's playbook, prediction, risk, parameters and reasoning. */
import { Box, Text } from 'ink';
import { formatChange, formatNumber, formatTime } from '../../cli/format.js';
import { rangeText } from '../../cli/progress/headline.js';
import { escapeControls } from '../../cli/terminal-text.js';
import type { Decision } from '../../core/nerve/messages/decision.js';
import { theme } from '../theme.js';
import { Line, Piece } from './Line.js';
import { Panel } from './Panel.js';

interface DecisionPanelProps {
  readonly decision: Decision | undefined;
  readonly width: number;
  readonly height: number;
}

export function DecisionPanel({ decision, width, height }: DecisionPanelProps) {
  return (
    <Panel
      title="Decision"
      remark={decision ? formatTime(decision.at) : undefined}
      width={width}
      height={height}
    >
      {decision === undefined ? (
        <Line tone="muted">Nothing was decided yet.</Line>
      ) : (
        <Figures decision={decision} />
      )}
    </Panel>
  );
}

function Figures({ decision }: { readonly decision: Decision }) {
  const { target } = decision.prediction;
  const { risk } = decision;
  const metric = decision.objective.metric.replaceAll('_', ' ');
  return (
    <>
      <Line>
        <Piece tone="value">{escapeControls(decision.playbook)}</Piece>
        <Piece tone="muted">{`  of ${formatNumber(decision.candidates)} candidates`}</Piece>
      </Line>
      <Line>
        <Piece tone="muted">{`expects ${metric} `}</Piece>
        <Piece>{formatChange(target.mean * 100)}</Piece>
      </Line>
      <Line tone="muted">{`90 % sure: ${rangeText([target.low * 100, target.high * 100])}`}</Line>
      <Line>
        <Piece tone="muted">risk </Piece>
        <Piece tone={risk.score > risk.threshold ? 'warning' : 'plain'}>{formatNumber(risk.score, 2)}</Piece>
        <Piece tone="muted">{` of ${formatNumber(risk.threshold, 2)} allowed`}</Piece>
      </Line>
      <Line tone="muted">{parametersText(decision)}</Line>
      <Box flexDirection="column" marginTop={1} overflow="hidden">
        {decision.reasoning.map((reason, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: reasons are sentences in a fixed order.
          <Text key={at} wrap="wrap" {...theme.muted}>{`· ${escapeControls(reason)}`}</Text>
        ))}
      </Box>
    </>
  );
}

function parametersText(decision: Decision): string {
  return Object.entries(decision.parameters)
    .map(([name, value]) => `${escapeControls(name)} ${formatNumber(value, 2)}`)
    .join(' · ');
}
