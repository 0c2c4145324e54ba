/**
 * The last line: the keys that matter now, from the key table, and what kind of workload the figures come from; or what
 * becomes of a wish for the rollout.
 */
import type { RolloutRecord } from '../../core/nerve/messages/rollout-record.js';
import { keyTable } from '../keys.js';
import { isSteeringKey, type Steering, steeringLine, wishOf } from '../steering.js';
import { Line, Piece } from './Line.js';
import { Split } from './Split.js';

export interface KeyHintsProps {
  readonly note: string;
  readonly steering: Steering;
  /** The rollout that keys can steer; undefined when there is none, or when they may not. */
  readonly steerable: RolloutRecord | undefined;
}

export function KeyHints({ note, steering, steerable }: KeyHintsProps) {
  const said = steeringLine(steering);
  if (said !== undefined) return <Line tone={said.tone}>{` ${said.text}`}</Line>;
  return (
    <Split
      left={
        <Line>
          {hintsFor(steerable).map(({ label, hint }) => (
            <Piece key={label}>
              <Piece tone="accent">{` ${label}`}</Piece>
              <Piece tone="muted">{` ${hint} `}</Piece>
            </Piece>
          ))}
        </Line>
      }
      right={<Line tone="muted">{`${note} `}</Line>}
    />
  );
}

/** A key that would do nothing now is not offered. */
function hintsFor(steerable: RolloutRecord | undefined): { label: string; hint: string }[] {
  return keyTable.flatMap(({ action, label, hint }) => {
    if (hint === undefined) return [];
    if (!isSteeringKey(action)) return [{ label, hint }];
    const wish = steerable && wishOf(action, steerable.state);
    return wish === undefined ? [] : [{ label, hint: wish === 'resume' ? wish : hint }];
  });
}
