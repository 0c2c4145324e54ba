/** The last result: the measured change with its interval and prediction, the costs behind it, and on what workload. */
import { Text } from 'ink';
import { formatChange, formatCount, formatMoney, formatShare, formatTime } from '../../cli/format.js';
import { changeText, costsText, headlineOf, rangeText } from '../../cli/progress/headline.js';
import { escapeControls } from '../../cli/terminal-text.js';
import type { Decision } from '../../core/nerve/messages/decision.js';
import type { Result } from '../../core/nerve/messages/result.js';
import { theme } from '../theme.js';
import { Line, Piece } from './Line.js';
import { Panel } from './Panel.js';

interface ResultPanelProps {
  readonly result: Result | undefined;
  readonly decision: Decision | undefined;
  readonly width: number;
  readonly height: number;
}

/** Rows in which everything is shown. */
export const resultRows = 10;

export function ResultPanel({ result, decision, width, height }: ResultPanelProps) {
  return (
    <Panel
      title="Last result"
      remark={result ? formatTime(result.at) : undefined}
      width={width}
      height={height}
    >
      {result === undefined ? (
        <Line tone="muted">Nothing was measured yet.</Line>
      ) : (
        <Figures result={result} decision={decision} />
      )}
    </Panel>
  );
}

function Figures({ result, decision }: Pick<ResultPanelProps, 'decision'> & { readonly result: Result }) {
  const headline = headlineOf(result, decision);
  const { execution } = result;
  const heldOutCosts = execution.holdOut === null ? undefined : costsText(execution.holdOut);
  const success = execution.successRate === null ? '' : `  success ${formatShare(execution.successRate)}`;
  return (
    <>
      <Line>
        <Piece tone="muted">{`${headline.metric} `}</Piece>
        <Text bold {...theme[headline.better ? 'good' : 'bad']}>
          {changeText(headline)}
        </Text>
        {headline.predictedPct !== undefined && (
          <Piece tone="muted">{`  predicted ${formatChange(headline.predictedPct)}`}</Piece>
        )}
      </Line>
      {headline.changePct !== null && (
        <Line tone="muted">
          {headline.interval
            ? `95 % sure: ${rangeText(headline.interval)}`
            : 'no interval: nothing was held out'}
        </Line>
      )}
      {execution.costBefore !== null && execution.costAfter !== null && (
        <Line>
          <Piece>{`${formatMoney(execution.costBefore)}/h → `}</Piece>
          <Piece tone="value">{`${formatMoney(execution.costAfter)}/h`}</Piece>
        </Line>
      )}
      {heldOutCosts !== undefined && <Line tone="muted">{`held out ${heldOutCosts}`}</Line>}
      {execution.latencyChangePct !== null && (
        <Line>
          <Piece tone="muted">latency </Piece>
          <Piece>{formatChange(execution.latencyChangePct)}</Piece>
          <Piece tone="muted">{success}</Piece>
        </Line>
      )}
      <Line tone="muted">{`${escapeControls(execution.workload)} workload`}</Line>
      <Line tone="muted">{`${formatCount(execution.effectsApplied, 'effect')} by ${formatCount(result.succeeded, 'agent')}`}</Line>
      <Line tone="muted">{escapeControls(result.type)}</Line>
    </>
  );
}
