/** One line of text that never wraps, made of pieces that each have a tone in the theme. */
import { Text } from 'ink';
import type { ReactNode } from 'react';
import { type Tone, theme } from '../theme.js';

export interface PieceProps {
  readonly tone?: Tone;
  readonly children: ReactNode;
}

export function Line({ tone = 'plain', children }: PieceProps) {
  return (
    <Text wrap="truncate-end" {...theme[tone]}>
      {children}
    </Text>
  );
}

/** A part of a line. */
export function Piece({ tone = 'plain', children }: PieceProps) {
  return <Text {...theme[tone]}>{children}</Text>;
}
