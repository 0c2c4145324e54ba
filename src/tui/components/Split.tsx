/** One line with something at the left and something at the right; when both do not fit, the left is cut. */
import { Box } from 'ink';
import type { ReactNode } from 'react';

interface SplitProps {
  readonly left: ReactNode;
  readonly right: ReactNode;
}

export function Split({ left, right }: SplitProps) {
  return (
    <Box height={1} overflow="hidden">
      <Box flexGrow={1} flexShrink={1} flexBasis={0} overflow="hidden">
        {left}
      </Box>
      <Box flexShrink={0} marginLeft={2}>
        {right}
      </Box>
    </Box>
  );
}
