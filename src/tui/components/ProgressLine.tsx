/** One labelled bar: name, bar, and the numbers behind it. */
import { Text } from 'ink';
import type { ReactNode } from 'react';
import { barOf } from '../../cli/progress/bar.js';
import { type Tone, theme } from '../theme.js';
import { Line, Piece } from './Line.js';

interface ProgressLineProps {
  readonly name: string;
  /** 0 to 1. */
  readonly share: number;
  readonly barColumns: number;
  readonly tone: Tone;
  /** The numbers; given as pieces. */
  readonly children: ReactNode;
}

/** Columns of the name, so that bars stand below one another. */
export const progressNameColumns = 9;

export function ProgressLine({ name, share, barColumns, tone, children }: ProgressLineProps) {
  const bar = barOf(share, barColumns);
  return (
    <Line>
      <Piece tone="muted">{name.padEnd(progressNameColumns)}</Piece>
      <Text {...theme[tone]}>{bar.filled}</Text>
      <Piece tone="border">{bar.rest}</Piece>
      {children}
    </Line>
  );
}
