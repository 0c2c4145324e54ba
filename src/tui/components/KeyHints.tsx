/** The last line: the keys that matter now, from the key table, and what kind of workload the figures come from. */
import { keyTable } from '../keys.js';
import { Line, Piece } from './Line.js';
import { Split } from './Split.js';

interface KeyHintsProps {
  readonly note: string;
}

export function KeyHints({ note }: KeyHintsProps) {
  return (
    <Split
      left={
        <Line>
          {keyTable
            .filter((binding) => binding.hint !== undefined)
            .map((binding) => (
              <Piece key={binding.action}>
                <Piece tone="accent">{` ${binding.label}`}</Piece>
                <Piece tone="muted">{` ${binding.hint}  `}</Piece>
              </Piece>
            ))}
        </Line>
      }
      right={<Line tone="muted">{`${note} `}</Line>}
    />
  );
}
