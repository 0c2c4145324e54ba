/** A frame with a title in its upper edge, of a fixed size; what does not fit is cut. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { displayWidth, truncateToWidth } from '../../cli/terminal-text.js';
import { theme } from '../theme.js';
import { Line, Piece } from './Line.js';

export interface PanelProps {
  readonly title: string;
  /** A short remark in the upper edge at the right; left out when there is no room. */
  readonly remark?: string | undefined;
  readonly width: number;
  readonly height: number;
  readonly children: ReactNode;
}

/** Columns and rows that the frame itself takes. */
export const panelFrame = { columns: 4, rows: 2 } as const;

export function Panel({ title, remark, width, height, children }: PanelProps) {
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden" flexShrink={0}>
      <Box flexShrink={0}>
        <TopEdge title={title} remark={remark} width={width} />
      </Box>
      <Box
        flexDirection="column"
        flexGrow={1}
        flexShrink={1}
        flexBasis={0}
        borderStyle="round"
        borderTop={false}
        borderColor={theme.border.color}
        paddingX={1}
        overflow="hidden"
      >
        <Box flexDirection="column" flexShrink={0}>
          {children}
        </Box>
      </Box>
    </Box>
  );
}

function TopEdge({ title, remark, width }: Pick<PanelProps, 'title' | 'remark' | 'width'>) {
  const head = truncateToWidth(title, Math.max(0, width - 6));
  const room = width - 6 - displayWidth(head);
  const tail = remark !== undefined && displayWidth(remark) + 3 <= room ? ` ${remark} ─` : '';
  return (
    <Line>
      <Piece tone="border">{'╭─ '}</Piece>
      <Piece tone="title">{head}</Piece>
      <Piece tone="border">{` ${'─'.repeat(Math.max(0, room + 1 - displayWidth(tail)))}${tail}╮`}</Piece>
    </Line>
  );
}
