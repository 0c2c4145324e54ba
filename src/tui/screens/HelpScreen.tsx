/** What the keys do and what the marks mean, from the key table and the theme themselves. */
import { Box } from 'ink';
import { Line, Piece } from '../components/Line.js';
import { Panel } from '../components/Panel.js';
import { keyTable } from '../keys.js';
import type { StepState } from '../operation.js';
import { stepMarks } from '../theme.js';

interface HelpScreenProps {
  readonly columns: number;
  readonly rows: number;
}

const markMeanings: readonly (readonly [StepState, string])[] = [
  ['waiting', 'not begun'],
  ['active', 'going on'],
  ['done', 'done'],
  ['failed', 'stopped here'],
];

const notes = [
  'Changes compare now with the moment before go-live, over the whole fleet.',
  'The result compares agents that ran the program with agents held out.',
  'Times are those of this machine.',
];

export function HelpScreen({ columns, rows }: HelpScreenProps) {
  return (
    <Box width={columns} height={rows} overflow="hidden">
      <Panel title="Help" remark="esc goes back" width={columns} height={rows}>
        {keyTable.map((binding) => (
          <Line key={binding.action}>
            <Piece tone="accent">{binding.label.padEnd(5)}</Piece>
            <Piece>{binding.meaning}</Piece>
          </Line>
        ))}
        <Line> </Line>
        {markMeanings.map(([state, meaning]) => (
          <Line key={state}>
            <Piece tone={stepMarks[state].tone}>{stepMarks[state].mark.padEnd(5)}</Piece>
            <Piece>{meaning}</Piece>
          </Line>
        ))}
        <Line> </Line>
        {notes.map((note) => (
          <Line key={note} tone="muted">
            {note}
          </Line>
        ))}
      </Panel>
    </Box>
  );
}
