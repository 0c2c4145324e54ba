/** The steps of an operation side by side, joined by lines, each with its time below. */
import { Box, Text } from 'ink';
import { type Step, stepColumns } from '../phase-strip.js';
import { stepMarks, theme } from '../theme.js';
import { Piece } from './Line.js';

interface PhaseStripProps {
  readonly steps: readonly Step[];
  readonly columns: number;
}

export function PhaseStrip({ steps, columns }: PhaseStripProps) {
  const widths = stepColumns(steps, columns);
  return (
    <Box flexDirection="column" flexShrink={0}>
      <Text wrap="truncate-end">
        {steps.map((step, at) => (
          <StepHead key={step.name} step={step} width={widths[at] ?? 0} last={at === steps.length - 1} />
        ))}
      </Text>
      <Text wrap="truncate-end" {...theme.muted}>
        {steps.map((step, at) => `  ${step.time}`.padEnd(widths[at] ?? 0)).join('')}
      </Text>
    </Box>
  );
}

function StepHead({
  step,
  width,
  last,
}: {
  readonly step: Step;
  readonly width: number;
  readonly last: boolean;
}) {
  const { mark, tone } = stepMarks[step.state];
  const line = last ? '' : ` ${'─'.repeat(Math.max(0, width - step.name.length - 4))} `;
  return (
    <>
      <Piece tone={tone}>{`${mark} `}</Piece>
      <Text
        {...(step.state === 'active' ? theme.title : step.state === 'waiting' ? theme.muted : theme.plain)}
      >
        {step.name}
      </Text>
      <Piece tone={step.state === 'done' ? 'good' : 'border'}>{line}</Piece>
    </>
  );
}
